"""Lesson 05, stacked LSTMs, against an independent source."""

import bisect

import keras
import numpy as np
import pytest
from keras.layers import LSTM, Dense

import exercises
import form
from helpers import lessons
from oracles import lstm_states, sigmoid

EXERCISES = "05_stacked_lstms.ipynb"


@pytest.fixture
def module(lesson):
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


def test_yes_no_model_is_three_lstms_and_two_dense(module):
    model = module.yes_no_model(steps=5, inputs=3)
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
    history = module.trained([8], x, y, x[::2], 1 - y[::2], 6, 16, 0.05)
    assert set(history) >= {"accuracy", "val_accuracy"}
    assert len(history["val_accuracy"]) == 6
    assert history["accuracy"][-1] > 0.95
    assert history["val_accuracy"][-1] < 0.05  # all labels of the test are wrong


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


def test_stack_of_lesson_and_drawing_agree(module):
    """The drawing of the two layers of 48 shows the shapes that the model has."""
    (cell,) = [c.source for c in cells_of(lessons.paths()[4]) if "DIGITS =" in c.source]
    scope = {}
    exec(cell.partition("drawings")[0], scope)
    model = module.digit_model(2, [48, 48], 0.01)
    x = np.zeros((3, 20, 2), "float32")
    for layer, (name, shape) in zip(model.layers, scope["DIGITS"][1:], strict=True):
        x = layer(x)
        assert shape == str(tuple(x.shape)).replace("3", "batch", 1)
        assert f"{type(layer).__name__}({x.shape[-1]})" in name
        assert ("return_sequences" in name) == (x.ndim == 3)


def cells_of(path):
    return [c for c in form.read(path).cells if c.cell_type == "code"]


@pytest.mark.parametrize("kind", [np.int64, np.int32, int, float])
def test_exercise_1_takes_all_integers(kind):
    counts = [kind(n) for n in (72, 48, 3)]
    shapes = [tuple(kind(n) for n in s) for s in ((4, 50, 3), (4, 2), (4, 1))]
    for form_of in (list, tuple, np.array):
        for place, answer in enumerate((form_of(counts), [form_of(s) for s in shapes])):
            lines = exercises.verdict(EXERCISES, 1, lambda a=answer: a).splitlines()
            assert lines[place] == ["parameters: correct", "shapes: correct"][place]


@pytest.mark.parametrize(
    ("counts", "hint"),
    [
        ([18, 12, 3], "four sets"),
        ([60, 40, 2], "biases, and Dense"),
        ([60, 40, 3], "four sets has biases"),
        ([72, 48, 2], "Dense has a bias"),
        ([72, 40, 3], "second LSTM read"),
        ([3600, 2400, 150], "and the steps?"),
    ],
)
def test_exercise_1_names_the_mistake(counts, hint):
    first, _ = exercises.verdict(EXERCISES, 1, lambda: counts).splitlines()
    assert hint in first and "parameters: correct" not in first


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        ([(50, 3), (2,), (1,)], "where is the batch?"),
        ([(50, 4, 3), (4, 2), (4, 1)], "first the batch, then time"),
        ([(4, 3, 50), (4, 2), (4, 1)], "along the last axis"),
        ([(4, 50, 3), (4, 50, 2), (4, 50, 1)], "second LSTM return every step?"),
        ([(4, 50, 3), (4, 50, 2), (4, 1)], "which layer does not?"),
        ([(4, 3), (4, 2), (4, 1)], "return_sequences"),
        ([(4, 50, 2), (4, 50, 3), (4, 2)], "what each layer reads"),
        ([(4, 50, 3), (4, 50), (4, 1)], "axis for time?"),
        ([(4, 50, 3), (4, 2), (4,)], "which layers still have an axis"),
        ([(4, 50, 3), None, None], "not written yet"),
        ([(None, 50, 3), (None, 2), (None, 1)], "the batch is 4, not None"),
        (None, "not written yet"),
    ],
)
def test_exercise_1_refuses_wrong_and_half_written_shapes(shapes, says):
    _, second = exercises.verdict(EXERCISES, 1, lambda: shapes).splitlines()
    assert says in second


def two_layers(
    old_input=False, one_memory=False, last=False, time_first=False, lower_one=False
):
    """Return an answer to exercise 2, right or with one mistake."""

    def answer(x, lower, upper):
        states = [lstm_states(lower, sequence) for sequence in x]
        if old_input:
            states = [np.vstack([np.zeros(5), s[:-1]]) for s in states]
        if lower_one:
            return states
        if one_memory:
            return np.stack([[lstm_states(upper, [v])[0] for v in s] for s in states])
        states = np.array([lstm_states(upper, s) for s in states])
        states = states.swapaxes(0, 1) if time_first else states
        return states[:, -1] if last else states

    return answer


def test_exercise_2_tells_right_from_wrong():
    for kind in (np.array, np.ndarray.tolist, keras.ops.convert_to_tensor):

        def right(x, lower, upper, kind=kind):
            return kind(two_layers()(x, lower, upper))

        assert "two layers: correct" in exercises.verdict(EXERCISES, 2, right)
    for mistake, says in (
        ("old_input", "the old or the new"),
        ("one_memory", "kept from step to step?"),
        ("last", "shape (4, 3), expected (4, 9, 3). Hint: return the outputs at all"),
        ("time_first", "the batch comes first"),
        ("lower_one", "of the upper layer"),
    ):
        wrong = two_layers(**{mistake: True})
        assert says in exercises.verdict(EXERCISES, 2, wrong)


def by_search(count):
    """Return the largest width whose count of parameters is within the budget."""
    return lambda layers, inputs, budget: bisect.bisect(
        range(1, 200), budget, key=lambda n: count(layers, inputs, n)
    )


def test_exercise_3_tells_right_from_wrong():
    def by_keras(layers, inputs, n):
        first, other = LSTM(n), LSTM(n)
        first.build((None, None, inputs))
        other.build((None, None, n))
        return first.count_params() + (layers - 1) * other.count_params()

    right = by_search(by_keras)
    cases = [(1, 1, 50_000), (2, 1, 50_000), (3, 28, 10_000), (2, 28, 2_400)]
    cases += [(4, 1, 2_999)]
    known = {case: right(*case) for case in cases}
    for kind in (int, float, np.int64):
        printed = exercises.verdict(EXERCISES, 3, lambda *c, kind=kind: kind(known[c]))
        assert "widest: correct" in printed
    for wrong, says in (
        (lambda *case: known[case] + 1, "over it"),
        (by_search(lambda k, m, n: k * 4 * n * (m + n + 1)), "only the first"),
        (by_search(lambda k, m, n: k * 4 * n * (n + n + 1)), "not `width`"),
        (lambda k, m, budget: right(k, m, budget - 1), "exactly `budget`"),
        (by_search(lambda k, m, n: 4 * n * (m + n + (k - 1) * 2 * n)), "four biases"),
        (by_search(lambda k, m, n: by_keras(k, m, n) - 4 * n * (k - 1)), "by hand"),
        (lambda k, m, budget: known[1, 1, 50_000] // k, "count the first layer"),
    ):
        assert says in exercises.verdict(EXERCISES, 3, wrong)


def happy(*top, every=False):
    """Return an answer to exercise 4 with these layers on top of two LSTMs."""
    lstms = [LSTM(8, return_sequences=True), LSTM(8, return_sequences=every)]
    return lambda: keras.Sequential([keras.Input((3, 4)), *lstms, *top])


def test_exercise_4_takes_probabilities():
    for top in (
        Dense(1, "sigmoid"),
        keras.Sequential([Dense(1), keras.layers.Activation("sigmoid")]),
        Dense(1, "hard_sigmoid"),
    ):
        assert exercises.verdict(EXERCISES, 4, happy(top)) == "happy: correct\n"


def test_exercise_4_refuses_all_else():
    relu, sigmoid = keras.activations.relu, keras.activations.sigmoid
    general = "one answer a sentence? between which numbers?"
    for top, says in (
        (LSTM(1), general),  # the mistake
        (Dense(1), general),
        (Dense(1, "tanh"), general),
        (Dense(1, "softmax"), "the softmax of one number"),
        (Dense(1, lambda z: relu(z + 0.5, max_value=1.5)), general),  # up to 1.5
        (Dense(1, lambda z: relu(z + 0.5)), general),
        (Dense(1, lambda z: 1.5 * sigmoid(z) - 0.25), general),
        (Dense(1, lambda z: 0.4 + 0.2 * sigmoid(z)), "never sure"),
        (Dense(2, "softmax"), "P(sad) is what is left"),
        (Dense(2, "sigmoid"), "P(sad) is what is left"),
        (Dense(1, lambda z: 0 * z + 0.5), "never sure"),
        (keras.Sequential([LSTM(1), keras.layers.Activation("sigmoid")]), "never sure"),
        (LSTM(1, activation="sigmoid"), "h is a gate times"),
    ):
        every = not isinstance(top, Dense)
        printed = exercises.verdict(EXERCISES, 4, happy(top, every=every))
        assert "correct" not in printed and says in printed
    steps = happy(Dense(1, "sigmoid"), every=True)
    assert "for each word" in exercises.verdict(EXERCISES, 4, steps)
