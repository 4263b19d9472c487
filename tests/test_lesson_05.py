"""Lesson 05, stacked LSTMs, against an independent source."""

import keras
import numpy as np
import pytest

from oracles import lstm_states, sigmoid


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("05")


def batch_of_states(weights, x):
    return np.array([lstm_states(weights, sequence) for sequence in x])


def randomized(model):
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.get_weights()])
    return model.get_weights()


@pytest.mark.parametrize("inputs", [1, 2, 28, 100])
@pytest.mark.parametrize("units", [1, 5, 48])
def test_parameters_of_a_layer(module, inputs, units):
    for count, layer in (
        (module.lstm_parameters, keras.layers.LSTM(units)),
        (module.dense_parameters, keras.layers.Dense(units)),
    ):
        layer.build((None, 3, inputs))
        assert count(inputs, units) == layer.count_params()


@pytest.mark.parametrize("widths", [[7], [48, 48], [3, 9], [9, 3], [4, 5, 6, 7]])
@pytest.mark.parametrize("inputs", [1, 2])
def test_parameters_of_a_stack(module, widths, inputs):
    model = module.digit_model(inputs, widths, 0.01)
    assert module.stack_parameters(inputs, widths, 10) == model.count_params()
    assert module.stack_parameters(inputs, widths, 3) == (
        model.count_params() - 7 * (widths[-1] + 1)
    )


def test_notes_model_is_three_lstms_and_two_dense(module):
    model = module.notes_model(steps=5, inputs=3)
    *lstms, W1, b1, W2, b2 = randomized(model)
    x = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")
    h = x
    for layer in range(3):
        h = batch_of_states(lstms[3 * layer : 3 * layer + 3], h)
    expected = sigmoid(np.maximum(h[:, -1] @ W1 + b1, 0) @ W2 + b2)
    assert model.output_shape == (None, 1)
    np.testing.assert_allclose(np.array(model(x)), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("widths", [[6], [6, 4], [3, 4, 5]])
def test_digit_model_stacks_its_layers(module, widths):
    model = module.digit_model(2, widths, 0.01)
    *lstms, W, b = randomized(model)
    assert [w.shape[0] for w in lstms[1::3]] == widths
    x = np.random.default_rng(1).normal(size=(3, 6, 2)).astype("float32")
    h = x
    for layer in range(len(widths)):
        h = batch_of_states(lstms[3 * layer : 3 * layer + 3], h)
    expected = h[:, -1] @ W + b
    assert expected.shape == (3, 10)
    np.testing.assert_allclose(np.array(model(x)), expected, rtol=1e-3, atol=1e-4)


def test_digit_model_has_logits_clipping_and_its_rate(module):
    model = module.digit_model(2, [4], 0.25)
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.optimizer.global_clipnorm == 1.0
    logits = np.random.default_rng(0).normal(size=(5, 10)).astype("float32")
    y = np.array([0, 3, 9, 9, 1])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(5), y]).mean()
    np.testing.assert_allclose(float(model.loss(y, logits)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "flags", [{}, {"return_sequences": True}, {"return_state": True}]
)
def test_twins_have_the_weights_and_the_flags(module, flags):
    layer = keras.layers.LSTM(4)
    layer.build((None, None, 3))
    weights = randomized(layer)
    x = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")
    found = module.with_flags(layer, 3, **flags)(x)
    h = batch_of_states(weights, x)
    if flags == {"return_state": True}:
        assert len(found) == 3
        found = found[1]
    expected = h if flags == {"return_sequences": True} else h[:, -1]
    np.testing.assert_allclose(np.array(found), expected, rtol=1e-3, atol=1e-5)


def test_equal_means_equal(module):
    a = np.ones(3)
    assert module.equal(a, a + 1e-7)
    assert not module.equal(a, a + [0, 0, 0.01])


@pytest.mark.parametrize("size", [1, 2, 4])
def test_frames_keep_the_order(module, size):
    x = np.arange(3 * 8).reshape(3, 8)
    found = module.frames(x, size)
    assert found.shape == (3, 8 // size, size)
    for row in range(3):
        for t in range(8):
            assert found[row, t // size, t % size] == x[row, t]


def test_training_learns_an_order(module):
    """Two classes with the same numbers: rising and falling."""
    rng = np.random.default_rng(0)
    rising = np.sort(rng.normal(size=(128, 8)).astype("float32"), axis=1)
    x = np.concatenate([rising, rising[:, ::-1]])
    y = np.repeat([0, 1], 128)
    history = module.trained([8], x, y, x[::2], y[::2], 6, 16, 0.05)
    assert set(history) >= {"accuracy", "val_accuracy"}
    assert len(history["val_accuracy"]) == 6
    assert history["val_accuracy"][-1] > 0.95


def test_training_follows_the_schedule(module, monkeypatch):
    """Up to the highest rate in the first epoch, down to 0 at the end."""
    kept = []
    made = module.digit_model
    monkeypatch.setattr(
        module, "digit_model", lambda *args: kept.append(args) or made(*args)
    )
    x, y = np.zeros((20, 4), "float32"), np.zeros(20)
    module.trained([2], x, y, x, y, 5, 10, 0.5)
    ((inputs, widths, rate),) = kept
    assert (inputs, widths) == (2, [2])
    rates = [float(rate(step)) for step in range(11)]  # 5 epochs of 2 steps
    expected = [0.0, 0.25] + [0.25 * (1 + np.cos(np.pi * k / 8)) for k in range(9)]
    np.testing.assert_allclose(rates, expected, atol=1e-6)


def test_digit_model_both_ways_joins_two_readers_in_each_layer(module):
    model = module.digit_model(3, [4, 5], 0.01, both_ways=True)
    lower, upper, _ = model.layers
    assert lower.output.shape == (None, None, 8) and upper.output.shape == (None, 10)
    for layer, inputs, units in ((lower, 3, 4), (upper, 8, 5)):
        assert layer.count_params() == 2 * module.lstm_parameters(inputs, units)
