"""Lesson 03, backpropagation through time, against TensorFlow and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.gradients import numerical_gradient, relative_error

IDENTITY = (lambda z: z, np.ones_like)


@pytest.fixture
def bptt(lesson):
    return lesson("03")


@pytest.fixture
def network():
    """Return inputs, weights and targets of a small network, float64."""
    rng = np.random.default_rng(0)
    shapes = [(3, 5, 2), (2, 4), (4, 4), (4,), (3, 5, 4)]
    return [rng.normal(size=shape) for shape in shapes]


def keras_layer(x, weights, **options):
    layer = keras.layers.SimpleRNN(weights[1].shape[0], dtype="float64", **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    return layer


def test_forward_is_simple_rnn(bptt, network):
    x, *weights, _ = network
    h = bptt.forward(x, *weights)
    expected = np.array(keras_layer(x, weights, return_sequences=True)(x))
    assert h.shape == (3, 6, 4) and not h[:, 0].any()
    np.testing.assert_allclose(h[:, 1:], expected, rtol=1e-12)


def test_cell_backward_is_the_tape(bptt, network):
    x, W_x, W_h, b, y = network
    x, h_before, dh = x[:, 0], y[:, 0], y[:, 1]
    inside = [tf.constant(a) for a in (W_x, W_h, b, x, h_before)]
    with tf.GradientTape() as tape:
        tape.watch(inside)
        h = tf.tanh(inside[3] @ inside[0] + inside[4] @ inside[1] + inside[2])
    expected = tape.gradient(h, inside, output_gradients=tf.constant(dh))
    found = bptt.cell_backward(dh, h.numpy(), h_before, x, W_x, W_h)
    for part, by_tape in zip(found, expected, strict=True):
        np.testing.assert_allclose(part, by_tape, rtol=1e-10)


@pytest.mark.parametrize("horizon", [None, 1, 2, 4, 5, 9])
def test_bptt_is_the_tape_also_when_truncated(bptt, network, horizon):
    x, W_x, W_h, b, y = network
    h = bptt.forward(x, W_x, W_h, b)
    dh = h[:, 1:] - y
    found = bptt.bptt(x, h, dh, W_x, W_h, horizon)
    first = max(0, 5 - (horizon or 5))  # the tape starts from this state, as a constant
    layer = keras_layer(x, [W_x, W_h, b], return_sequences=True)
    with tf.GradientTape() as tape:
        states = layer(x[:, first:], initial_state=tf.constant(h[:, first]))
        loss = 0.5 * tf.reduce_sum((states - y[:, first:]) ** 2)
    expected = tape.gradient(loss, layer.trainable_variables)
    for part, by_tape in zip(found, expected, strict=True):
        assert relative_error(part, by_tape) < 1e-12


def test_truncation_error_falls_to_the_tail_of_the_chain(bptt):
    errors = bptt.truncation_error(np.random.default_rng(0), 0.5, [1, 5, 10, 20, 60])
    assert errors[-1] == 0
    assert all(a > 4 * b for a, b in zip(errors, errors[1:], strict=False))
    # Each step back multiplies by at most 0.5, so 15 steps by less than 2 ** -15.
    assert errors[3] < 3 * 2**-15 * errors[1]


def test_orthogonal_keeps_lengths(bptt):
    Q = bptt.orthogonal(np.random.default_rng(0), 7)
    np.testing.assert_allclose(Q @ Q.T, np.eye(7), atol=1e-12)


def test_softmax_is_that_of_keras(bptt):
    z = np.array([800.0, -3.0, 799.0])  # too large for exp
    expected = keras.ops.softmax(keras.ops.convert_to_tensor(z))
    np.testing.assert_allclose(bptt.softmax(z), expected, rtol=1e-6)


@pytest.mark.parametrize("w", [1.0, 1.01, 0.99, 0.01, -0.9])
@pytest.mark.parametrize("steps", [1, 2, 1000])
def test_last_state_is_a_power(bptt, w, steps):
    np.testing.assert_allclose(bptt.last_state(w, steps), w ** (steps - 1), rtol=1e-10)


@pytest.mark.parametrize("activation", ["linear", "tanh", "sigmoid", "relu"])
def test_jacobian_norms_are_those_of_the_tape(bptt, activation):
    f = {
        "linear": IDENTITY,
        "tanh": (np.tanh, lambda h: 1 - h**2),
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h)),
        "relu": (lambda z: np.maximum(z, 0), lambda h: 1.0 * (h > 0)),
    }[activation]
    rng = np.random.default_rng(0)
    W, inputs = rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
    weights = [np.eye(3), W.T, np.zeros(3)]
    options = {"activation": activation, "return_sequences": True}
    layer = keras_layer(inputs[None], weights, **options)
    start = tf.Variable(np.zeros((1, 3)))
    with tf.GradientTape() as tape:
        states = layer(tf.constant(inputs[None]), initial_state=start)[0]
    jacobians = tape.jacobian(states, start).numpy()[:, :, 0]  # (time, units, units)
    expected = [np.linalg.svd(J, compute_uv=False)[0] for J in jacobians]
    found = bptt.jacobian_norms(W, inputs, *f)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_counter_example_by_its_eigenvalue(bptt):
    W = np.array([[2.0, -4.1], [1.0, -2.0]])
    inputs = np.array([[0.0, 100.0]] + 9 * [[4.1, 100.0]])
    tanh = (np.tanh, lambda h: 1 - h**2)
    norms = bptt.jacobian_norms(W, inputs, *tanh)
    np.testing.assert_allclose(norms, 2.0 ** np.arange(10) * np.sqrt(20.81))
    silent = bptt.jacobian_norms(W, 0 * inputs, *tanh)
    np.testing.assert_allclose(silent[1::2], 0.1 ** np.arange(1, 6))


@pytest.mark.parametrize(
    "gradient", [[12.0, 0.3], [0.3, -0.4], [0.0, 0.0], [-3.0, 4.0]]
)
def test_clipping_is_that_of_tensorflow(bptt, gradient):
    gradient = np.array(gradient)
    for limit in (0.25, 5.0):
        by_norm = tf.clip_by_norm(gradient, limit)
        np.testing.assert_allclose(bptt.clip_by_norm(gradient, limit), by_norm)
        by_value = tf.clip_by_value(gradient, -limit, limit)
        np.testing.assert_allclose(bptt.clip_by_value(gradient, limit), by_value)


@pytest.mark.parametrize("point", [(1.5, 0.0), (0.7, 0.1), (1.2, -0.05), (3.0, 4.0)])
def test_cliff_is_a_recurrent_unit(bptt, point):
    weights = [np.zeros((1, 1)), np.full((1, 1), point[0]), np.full(1, point[1])]
    x = np.zeros((1, 20, 1))
    layer = keras_layer(x, weights)
    with tf.GradientTape() as tape:
        h = layer(tf.constant(x), initial_state=tf.constant([[0.5]], tf.float64))
        loss = 0.5 * tf.reduce_sum((h - 0.2) ** 2)
    _, by_w, by_b = tape.gradient(loss, layer.trainable_variables)
    expected = [float(loss), float(by_w[0, 0]), float(by_b[0])]
    np.testing.assert_allclose(bptt.cliff(*point), expected, rtol=1e-7, atol=1e-14)


def test_cliff_takes_arrays(bptt):
    w, b = np.meshgrid([1.0, 1.5], [0.0, 0.1, 0.2])
    losses = bptt.cliff(w, b)[0]
    assert losses.shape == (3, 2)
    assert losses[2, 1] == pytest.approx(bptt.cliff(1.5, 0.2)[0])


def test_descent_steps_are_gradients_and_clipped_ones_are_short(bptt):
    path, norms = bptt.descend([1.5, 0.0], 0.1, 20, 0.5)
    assert path.shape == (21, 2) and norms.shape == (20,)
    point = path[3].copy()
    gradient = numerical_gradient(lambda: bptt.cliff(*point)[0], point)
    assert norms[3] == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
    step = path[4] - path[3]
    np.testing.assert_allclose(
        step, -0.1 * gradient * min(1, 0.5 / np.linalg.norm(gradient)), rtol=1e-4
    )
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() <= 0.05 + 1e-12


def test_task_is_to_name_the_first_symbol(bptt):
    x, y = bptt.first_symbol_task(np.random.default_rng(0), 500, 6, symbols=4)
    assert x.shape == (500, 6, 4) and (x.sum(axis=-1) == 1).all()
    np.testing.assert_array_equal(x[:, 0].argmax(axis=-1), y)
    assert (np.bincount(y, minlength=4) > 80).all()  # about 125 each
    later = (x[:, 1:].argmax(axis=-1) == y[:, None]).mean(axis=0)
    assert (later < 0.35).all(), "the later symbols give the first away"


def test_forget_bias_reaches_the_forget_gate(bptt):
    layer = bptt.recurrent_layer("LSTM, forget bias 5", units=3)
    layer.build((None, 4, 2))
    W, U, b = layer.get_weights()
    assert b.tolist() == [0, 0, 0, 5, 5, 5, 0, 0, 0, 0, 0, 0]
    # With all weights 0 the cell keeps sigmoid(5) of its state at each step.
    layer.set_weights([0 * W, 0 * U, b])
    state = [np.zeros((1, 3), "float32"), np.ones((1, 3), "float32")]  # h, c
    h = np.array(layer(np.zeros((1, 10, 2), "float32"), initial_state=state))
    kept = (1 / (1 + np.exp(-5))) ** 10
    np.testing.assert_allclose(h, 0.5 * np.tanh(kept), rtol=1e-3)


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM"])
def test_other_layers_are_those_of_keras(bptt, name):
    layer = bptt.recurrent_layer(name, units=3)
    assert type(layer) is getattr(keras.layers, name)
    layer.build((None, 4, 2))
    ones = 3 if name == "LSTM" else 0
    assert np.sum(layer.get_weights()[2]) == ones


def test_gradient_of_first_against_last_input(bptt):
    """A linear unit with weight w passes back w ** (T - 1)."""
    weights = [np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1)]
    x = np.ones((2, 6, 1))
    layer = keras_layer(x, weights, activation="linear")
    assert bptt.first_against_last(layer, x) == pytest.approx(0.5**5)


def test_networks_of_a_model_are_independent(bptt):
    keras.utils.set_random_seed(0)
    model = bptt.first_symbol_model("SimpleRNN", length=3, networks=2)
    x, y = bptt.first_symbol_task(np.random.default_rng(0), 8, 3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x)[0])
    reached = [g is not None for g in tape.gradient(loss, model.trainable_variables)]
    assert sum(reached) == 5 and len(reached) == 10
    first, second = model(x)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_allclose(np.sum(first, axis=-1), 1, rtol=1e-5)


def test_three_steps_are_learned(bptt):
    keras.utils.set_random_seed(0)
    model = bptt.first_symbol_model("SimpleRNN", length=3, networks=2)
    found = bptt.accuracies(model, np.random.default_rng(0), 3, batches=100)
    assert len(found) == 2 and min(found) > 0.9
