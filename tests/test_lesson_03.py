"""Lesson 03, backpropagation through time, against TensorFlow and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import exercises
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


def test_bptt_is_the_tape(bptt, network):
    x, *weights, y = network
    h = bptt.forward(x, *weights)
    layer = keras_layer(x, weights, return_sequences=True)
    with tf.GradientTape() as tape:
        loss = 0.5 * tf.reduce_sum((layer(tf.constant(x)) - y) ** 2)
    expected = tape.gradient(loss, layer.trainable_variables)
    found = bptt.bptt(x, h, h[:, 1:] - y, *weights[:2])
    for part, by_tape in zip(found, expected, strict=True):
        assert relative_error(part, by_tape) < 1e-12


def stopped_gradients(x, weights, y, horizon):
    """Return the tape's gradients, with a loop of its own and no Keras layer."""
    W_x, W_h, b = variables = [tf.Variable(w) for w in weights]
    with tf.GradientTape() as tape:
        loss = 0.0
        states = [tf.zeros((len(x), len(weights[2])), tf.float64)]
        for t in range(x.shape[1]):
            h = states[max(0, t + 1 - horizon)]
            h = tf.stop_gradient(h)
            for s in range(max(0, t + 1 - horizon), t + 1):
                h = tf.tanh(x[:, s] @ W_x + h @ W_h + b)
            states.append(h)
            loss += 0.5 * tf.reduce_sum((h - y[:, t]) ** 2)
    return loss, tape.gradient(loss, variables)


@pytest.mark.parametrize("horizon", [1, 2, 3, 4, 5, 9])
def test_truncation_is_a_tape_with_stopped_gradients(bptt, network, horizon):
    x, *weights, y = network
    h = bptt.forward(x, *weights)
    _, expected = stopped_gradients(x, weights, y, horizon)
    found = bptt.truncated_bptt(x, h, h[:, 1:] - y, *weights[:2], horizon)
    for part, by_tape in zip(found, expected, strict=True):
        assert relative_error(part, by_tape) < 1e-12


@pytest.mark.parametrize("horizon", [1, 3, 5])
def test_stopped_gradients_of_the_lesson(bptt, network, horizon):
    x, *weights, y = network
    layer = keras_layer(x, weights, return_sequences=True)
    with tf.GradientTape() as tape:
        loss = bptt.truncated_loss(layer, tf.constant(x), y, horizon)
    expected_loss, expected = stopped_gradients(x, weights, y, horizon)
    assert float(loss) == pytest.approx(float(expected_loss))
    found = tape.gradient(loss, layer.trainable_variables)
    for part, by_tape in zip(found, expected, strict=True):
        assert relative_error(part, by_tape) < 1e-12


def test_formula_of_the_title_is_the_tape(bptt, network):
    x, *weights, y = network
    h = bptt.forward(x, *weights)
    _, expected = stopped_gradients(x[:1], weights, y[:1], 5)
    found = bptt.sum_of_products(h[0], h[0, 1:] - y[0], weights[1])
    assert relative_error(found, expected[1]) < 1e-12


def test_truncation_errors_fall_to_the_tail_of_the_chain(bptt):
    errors = bptt.truncation_errors(np.random.default_rng(0), 0.5, [1, 5, 10, 20, 60])
    assert errors[-1] < 1e-14
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
    weights = [np.eye(3), W, np.zeros(3)]
    options = {"activation": activation, "return_sequences": True}
    layer = keras_layer(inputs[None], weights, **options)
    states = np.array(layer(inputs[None]))[0]  # (time, units)
    expected = []
    for back in range(1, 5):
        before = np.vstack([np.zeros(3), states])[4 - back]
        start = tf.Variable(before[None])
        with tf.GradientTape() as tape:
            last = layer(tf.constant(inputs[None, 4 - back :]), initial_state=start)
            last = last[0, -1]
        J = tape.jacobian(last, start).numpy()[:, 0]
        expected.append(np.linalg.svd(J, compute_uv=False)[0])
    found = bptt.jacobian_norms(W, inputs, *f)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_counter_example_by_its_eigenvalue(bptt):
    W = np.array([[2.0, 1.0], [-4.1, -2.0]])
    inputs = np.array([[0.0, 100.0]] + 9 * [[4.1, 100.0]])
    tanh = (np.tanh, lambda h: 1 - h**2)
    norms = bptt.jacobian_norms(W, inputs, *tanh)
    np.testing.assert_allclose(norms[:9], 2.0 ** np.arange(9) * np.sqrt(20.81))
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
    h = keras_layer(x, weights)(x, initial_state=tf.constant([[0.5]], tf.float64))
    expected = 0.5 * (float(h[0, 0]) - 0.2) ** 2
    assert bptt.cliff(*point) == pytest.approx(expected, rel=1e-7)


def test_cliff_takes_arrays(bptt):
    w, b = np.meshgrid([1.0, 1.5], [0.0, 0.1, 0.2])
    losses = bptt.cliff(w, b)
    assert losses.shape == (3, 2)
    assert losses[2, 1] == pytest.approx(bptt.cliff(1.5, 0.2))


def test_descent_steps_are_gradients_and_clipped_ones_are_short(bptt):
    path, norms = bptt.descend([1.5, 0.0], 0.1, 20, 0.5)
    assert path.shape == (21, 2) and norms.shape == (20,)
    point = path[3].copy()
    gradient = numerical_gradient(lambda: bptt.cliff(*point), point)
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


def test_keeping_bias_keeps_the_state_of_an_lstm(bptt):
    bias = bptt.keeping_bias(5.0)
    layer = keras.layers.LSTM(3, bias_initializer=bias, unit_forget_bias=False)
    layer.build((None, 4, 2))
    W, U, b = layer.get_weights()
    assert b.tolist() == [0, 0, 0, 5, 5, 5, 0, 0, 0, 0, 0, 0]
    # With all weights 0 the cell keeps sigmoid(5) of its state at each step.
    layer.set_weights([0 * W, 0 * U, b])
    state = [np.zeros((1, 3), "float32"), np.ones((1, 3), "float32")]  # h, c
    h = np.array(layer(np.zeros((1, 10, 2), "float32"), initial_state=state))
    kept = (1 / (1 + np.exp(-5))) ** 10
    np.testing.assert_allclose(h, 0.5 * np.tanh(kept), rtol=1e-3)


@pytest.mark.parametrize(
    "start, scale, activation",
    [
        ("tanh, halved", 0.5, "tanh"),
        ("tanh, as in Keras", 1, "tanh"),
        ("ReLU, identity", 1, "relu"),
    ],
)
def test_starts_are_what_their_names_say(bptt, start, scale, activation):
    layer = bptt.recurrent_layer(start, units=5)
    layer.build((None, 4, 2))
    W_h = layer.get_weights()[1]
    np.testing.assert_allclose(W_h @ W_h.T, scale**2 * np.eye(5), atol=1e-5)
    assert keras.activations.serialize(layer.activation) == activation
    assert np.array_equal(W_h, np.eye(5)) == (activation == "relu")
    again = bptt.recurrent_layer(start, units=5)
    again.build((None, 4, 2))
    assert np.array_equal(W_h, again.get_weights()[1]) == (activation == "relu")


def test_gradient_of_first_against_last_input(bptt):
    """A linear unit with weight w passes back w ** (T - 1)."""
    weights = [np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1)]
    x = np.ones((2, 6, 1))
    layer = keras_layer(x, weights, activation="linear")
    assert bptt.first_against_last(layer, x) == pytest.approx(0.5**5)


def test_networks_of_a_model_are_independent(bptt):
    model = bptt.first_symbol_model("tanh, as in Keras", length=3, networks=2)
    x, y = bptt.first_symbol_task(np.random.default_rng(0), 8, 3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x)[0])
    reached = [g is not None for g in tape.gradient(loss, model.trainable_variables)]
    assert sum(reached) == 5 and len(reached) == 10
    first, second = model(x)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_allclose(np.sum(first, axis=-1), 1, rtol=1e-5)


def test_three_steps_are_learned(bptt):
    model = bptt.first_symbol_model("tanh, as in Keras", length=3, networks=2)
    found = bptt.accuracies(model, np.random.default_rng(0), 3, batches=100)
    assert len(found) == 2 and min(found) > 0.9


def test_training_is_clipped_by_norm(bptt):
    optimizer = bptt.first_symbol_model("tanh, halved", length=3).optimizer
    assert optimizer.clipnorm == 1 and not optimizer.clipvalue


def test_accuracy_is_that_of_fresh_sequences(bptt, monkeypatch):
    """The networks of the stub have learned by heart; on other sequences they fail."""
    drawn = []

    def task(rng, count, length, symbols=4):
        drawn.append(count)
        y = np.full(count, len(drawn) - 1)  # 0 for training, 1 for the test
        return np.zeros((count, length, symbols), "float32"), y

    class LearnedByHeart:
        outputs = (None, None)

        def fit(self, x, y, **_):
            assert len(x) == 3 * 5 and len(y) == 2

        def __call__(self, x):
            return [np.tile([1.0, 0.0, 0.0, 0.0], (len(x), 1))] * 2

    monkeypatch.setattr(bptt, "first_symbol_task", task)
    found = bptt.accuracies(LearnedByHeart(), None, 4, batches=3, batch=5)
    assert found == [0, 0] and drawn == [15, 1000]


def clipped_by(norm_of):
    """Return a function that clips arrays by the norm that `norm_of` takes of them."""

    def clip(gradients, limit):
        norm = norm_of(gradients)
        return [g * min(1, limit / norm) for g in gradients]

    return clip


def global_norm(gradients):
    return np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))


def always_scaled(gradients, limit):
    return [g * limit / global_norm(gradients) for g in gradients]


def each_for_itself(gradients, limit):
    return [g * min(1, limit / np.linalg.norm(g)) for g in gradients]


def back(J, W, before, after):
    return after @ W.T @ J


def jacobian_by(step):
    """Return a solution that makes one step by `step(J, W_h, slopes before, after)`."""

    def jacobian(W_h, inputs):
        h, J = np.zeros(len(W_h)), np.eye(len(W_h))
        for x in inputs:
            before, h = h, np.tanh(x + h @ W_h)
            J = step(J, W_h, np.diag(1 - before**2), np.diag(1 - h**2))
        return J

    return jacobian


def recurrent_gradient(state=-1, weights=np.transpose, summed=True, slope=1):
    """Return a solution that uses `h[:, t + state]` and `weights(W_h)`."""

    def gradient(h, dh, W_h):
        parts = []
        for t in reversed(range(1, h.shape[1])):
            dz = dh * (1 - h[:, t] ** 2) ** slope
            parts.append(h[:, t + state].T @ dz)
            dh = dz @ weights(W_h)
        return sum(parts) if summed else parts[-1]

    return gradient


@pytest.mark.parametrize(
    ("exercise", "answer", "verdict"),
    [
        (1, lambda: (32, 48, 40, 120), "correct"),
        (1, lambda: np.float32([32, 48, 40, 120]), "correct"),
        (1, lambda: [96, 80, 88, 264], "state before"),
        (1, lambda: [8, 24, 40, 72], "multiplied by w"),
        (1, lambda: [40, 48, 32, 120], "one copy at a time"),
        (2, clipped_by(global_norm), "100: correct"),
        (2, each_for_itself, "limit 14: off by up to 1.4. Hint: each array"),
        (2, always_scaled, "below the limit nothing"),
        (
            2,
            clipped_by(lambda gs: sum(map(np.linalg.norm, gs))),
            "up to 3. Hint: one norm",
        ),
        (2, clipped_by(lambda gs: global_norm(gs) ** 2), "up to 7.2. Hint: one norm"),
        (
            2,
            clipped_by(lambda gs: max(map(np.linalg.norm, gs))),
            "up to 0.83. Hint: one norm",
        ),
        (2, lambda gs, n: tuple(clipped_by(global_norm)(gs, n)), "100: correct"),
        (2, lambda gs, n: map(tf.constant, clipped_by(global_norm)(gs, n)), "correct"),
        (3, jacobian_by(back), "bian: correct"),
        (3, lambda W, x: jacobian_by(back)(W, x).tolist(), "bian: correct"),
        (3, lambda W, x: tf.constant(jacobian_by(back)(W, x)), "bian: correct"),
        (3, jacobian_by(lambda J, W, before, after: J @ W @ after), "the transposed"),
        (3, jacobian_by(lambda J, W, before, after: W.T @ J), "slopes are missing"),
        (3, jacobian_by(lambda J, W, before, after: before @ W.T @ J), "a step back"),
        (3, jacobian_by(lambda J, W, before, after: after @ W @ J), "a step back"),
        (3, jacobian_by(lambda J, W, before, after: J @ after @ W.T), "a step back"),
        (4, recurrent_gradient(), "correct"),
        (4, lambda *given: recurrent_gradient()(*given).tolist(), "correct"),
        (4, lambda *given: tf.constant(recurrent_gradient()(*given)), "correct"),
        (4, recurrent_gradient(state=0), "which state does W_h meet"),
        (4, recurrent_gradient(summed=False), "which steps does the sum"),
        (4, recurrent_gradient(state=0, summed=False), "which steps does the sum"),
        (4, recurrent_gradient(weights=np.array), "or its transposed?"),
        (4, recurrent_gradient(slope=0), "where is the slope of tanh?"),
        (4, lambda *given: recurrent_gradient()(*given).T, "this is the transposed"),
    ],
)
def test_exercises_tell_right_answers_from_wrong_ones(exercise, answer, verdict):
    name = "03_backpropagation_through_time.ipynb"
    found = exercises.verdict(name, exercise, answer)
    assert verdict in found
    if verdict.endswith("correct"):
        assert "off by" not in found
        assert exercise == 3 or found.count(": correct") == len(found.splitlines())


@pytest.mark.parametrize(
    ("prediction", "norm", "noise"),
    [
        ([1, "smaller"], "correct", "correct"),
        ((np.float32(1), np.str_("smaller")), "correct", "correct"),
        ([0, "smaller"], "off by up to 1. Hint: where do the states go", "correct"),
        ([1, "larger"], "correct", "not equal. Hint: where do the states go"),
        (["smaller", 1], "text, expected numbers", "not equal"),
        ([1, None], "correct", "not written yet"),
        (None, "not written yet", "not written yet"),
    ],
)
def test_predictions_are_told_apart(prediction, norm, noise):
    name = "03_backpropagation_through_time.ipynb"
    printed = exercises.verdict(name, 3, lambda *_: prediction)
    assert f"norm without noise: {norm}" in printed
    assert f"with noise it is: {noise}" in printed
