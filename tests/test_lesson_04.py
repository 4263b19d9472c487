"""Lesson 04: its LSTM, gradients and measures, against an independent source."""

import itertools
import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import form
import oracles
from helpers import checks
from helpers.gradients import relative_error


@pytest.fixture
def gates(lesson):
    return lesson("04")


def as_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def random_lstm(inputs, units, scale=1.0, seed=0, **options):
    """Return a float64 Keras LSTM with random weights, and these weights."""
    layer = keras.layers.LSTM(
        units, return_sequences=True, return_state=True, dtype="float64", **options
    )
    layer.build((None, None, inputs))
    rng = np.random.default_rng(seed)
    weights = [scale * rng.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    return layer, weights


def test_sigmoid_is_right_and_silent(gates):
    z = np.array([-999.0, -40, -2, -0.1, 0, 0.1, 2, 40, 999])
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise"):
        warnings.simplefilter("error")
        found = gates.sigmoid(z)
    np.testing.assert_allclose(found[1:-1], 1 / (1 + np.exp(-z[1:-1])), rtol=1e-13)
    assert (found[0], found[-1]) == (0, 1)


TABLE = (
    [2, -1, 1, 2, -1],
    [999, 999, -999, 999, 999],
    [999, 999, 999, -999, -999],
    [999, -999, 999, 999, -999],
)


@pytest.mark.parametrize(
    ("activation", "C", "h"),
    [
        (lambda v: v, [2, 1, 1, 2, -1], [2, 0, 1, 2, 0]),
        (np.tanh, [0.964, 0.202, 0.202, 0.964, -0.762], [0.746, 0, 0.2, 0.746, 0]),
    ],
)
def test_gate_table(gates, activation, C, h):
    rows = gates.run_gates(*map(np.array, TABLE), activation)
    np.testing.assert_allclose(rows[3:], [C, h], atol=6e-4)
    np.testing.assert_array_equal(rows[:3], np.array(TABLE[1:]) > 0)
    assert gates.identity(3.5) == 3.5


def test_gates_between_zero_and_one(gates):
    x, z_i, z_f, z_o = np.random.default_rng(0).normal(size=(4, 6))
    rows = gates.run_gates(x, z_i, z_f, z_o, np.tanh)
    C = 0.0
    for t in range(6):
        i, f, o = (1 / (1 + np.exp(-z[t])) for z in (z_i, z_f, z_o))
        C = f * C + i * np.tanh(x[t])
        np.testing.assert_allclose(rows[:, t], [i, f, o, C, o * np.tanh(C)])


def test_hand_set_lstm_uses_the_order_i_f_c_o(gates):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1, 6, 4)).astype("float32")
    kernel, bias = np.eye(4), rng.normal(size=4)
    layer = gates.hand_set_lstm(kernel, bias, "tanh")
    i, f, candidate, o = (z[0] + bias).T
    expected = gates.run_gates(candidate, i, f, o, np.tanh)
    np.testing.assert_allclose(gates.states_of(layer, z), expected[3], atol=1e-3)
    np.testing.assert_allclose(as_numpy(layer(z)[0])[0, :, 0], expected[4], atol=1e-3)


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (2, 7, 3, 5), (4, 20, 6, 2)])
def test_lstm_is_keras(gates, sizes):
    batch, steps, inputs, units = sizes
    layer, weights = random_lstm(inputs, units)
    x = np.random.default_rng(1).normal(size=(batch, steps, inputs))
    sequence, h, C = map(as_numpy, layer(x))
    found = gates.lstm(x, *weights)
    np.testing.assert_allclose(found["h"], sequence, atol=1e-9)
    np.testing.assert_allclose(found["h"][:, -1], h, atol=1e-9)
    np.testing.assert_allclose(found["C"][:, -1], C, atol=1e-9)
    for name in "ifo":
        assert ((found[name] > 0) & (found[name] < 1)).all()


def test_one_step_with_any_state(gates):
    layer, weights = random_lstm(3, 4)
    rng = np.random.default_rng(1)
    x, h, C = rng.normal(size=(2, 3)), rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    _, new_h, new_C = layer(x[:, None], initial_state=[h, C])
    found = gates.lstm_step(x, h, C, *weights)
    np.testing.assert_allclose(found["h"], new_h, atol=1e-9)
    np.testing.assert_allclose(found["C"], new_C, atol=1e-9)


def test_steps_backward_through_time_are_keras_gradients(gates):
    layer, weights = random_lstm(3, 4, scale=0.7)
    rng = np.random.default_rng(1)
    x, h0, C0 = (rng.normal(size=s) for s in [(2, 6, 3), (2, 4), (2, 4)])
    into_h, into_C = rng.normal(size=(2, 2, 4))  # gradients at the last h and C
    sources = [tf.constant(a) for a in (x, h0, C0)]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        _, h, C = layer(sources[0], initial_state=sources[1:])
        loss = tf.reduce_sum(h * into_h) + tf.reduce_sum(C * into_C)
    variables = [v.value for v in layer.trainable_weights]
    expected = [as_numpy(g) for g in tape.gradient(loss, [*sources, *variables])]

    states = [(h0, C0)]
    for t in range(6):
        s = gates.lstm_step(x[:, t], *states[-1], *weights)
        states.append((s["h"], s["C"]))
    dh, dC, sums, dx = into_h, into_C, [0, 0, 0], []
    for t in reversed(range(6)):
        back = gates.lstm_step_backward(dh, dC, x[:, t], *states[t], *weights)
        dh, dC = back["h"], back["C"]
        dx.insert(0, back["x"])
        sums = [total + back[n] for total, n in zip(sums, "WUb", strict=True)]
    found = [np.stack(dx, axis=1), dh, dC, *sums]
    for ours, keras_gradient in zip(found, expected, strict=True):
        assert relative_error(ours, keras_gradient) < 1e-7


def test_printed_gradients_are_as_printed(gates):
    # One unit, and easy numbers: tanh C = 0.5, so o (1 - tanh^2 C) dh = 0.75.
    s = {"i": 0.5, "f": 0.25, "o": 1.0, "candidate": 0.5, "C": np.arctanh(0.5)}
    found = gates.printed_gradients(dh=1.0, dC=2.0, C_prev=3.0, s=s)
    expected = 2 * 0.5 + 0.75 * 0.5 * 0.5 * (1 - np.tanh(0.5) ** 2)
    np.testing.assert_allclose(found["z_c"], expected)
    np.testing.assert_allclose(found["z_i"], 2 * 0.5 + 0.75 * 0.5 * 0.25)
    np.testing.assert_allclose(found["z_f"], 2 * 3 + 0.75 * 3 * 0.1875)


def test_printed_gradients_fail_and_two_pass_without_dC(gates):  # noqa: N802
    for seed in range(10):
        wrong = gates.errors_of_printed(np.random.default_rng(seed), 1)
        assert min(wrong.values()) > 0.1
        last = gates.errors_of_printed(np.random.default_rng(seed), 0)
        assert last["z_c"] > 0.1 and max(last["z_i"], last["z_f"]) < 1e-7


@pytest.mark.parametrize("f", [0.2, 0.5, 0.9, 0.99])
def test_half_life(gates, f):
    steps, left = 0, 1.0
    while left * f > 0.5:
        left, steps = left * f, steps + 1
    assert steps <= gates.half_life(f) <= steps + 1


@pytest.mark.parametrize("sizes", [(1, 1), (28, 28), (7, 3)])
def test_parameter_formula(gates, sizes):
    layer = keras.layers.LSTM(sizes[1])
    layer.build((None, None, sizes[0]))
    assert gates.lstm_parameters(*sizes) == layer.count_params()
    assert gates.lstm_parameters(28, 28) == 6384


def test_gradient_norms_are_those_of_keras(gates):
    steps, units = 7, 6
    found = gates.gradient_norms(forget_bias=2, gain=3, steps=steps, units=units)
    rng = np.random.default_rng(0)  # the same numbers in the same order
    W = rng.normal(size=(4, 4 * units)) / np.sqrt(2 * units)
    U = 3 * np.linalg.qr(rng.normal(size=(4 * units, units)))[0].T
    np.testing.assert_allclose(U @ U.T, 9 * np.eye(units), atol=1e-12)
    layer, _ = random_lstm(4, units)
    layer.set_weights([W, U, np.repeat([0, 2, 0, 0], units)])
    start = [tf.zeros((1, units), "float64")] * 2
    start = [tf.identity(s) for s in start]
    with tf.GradientTape() as tape:
        tape.watch(start)
        _, h, _ = layer(rng.normal(size=(1, steps, 4)), initial_state=start)
        loss = tf.reduce_sum(h) / np.sqrt(units)
    gradients = np.concatenate([as_numpy(g) for g in tape.gradient(loss, start)])
    np.testing.assert_allclose(found[-1], np.linalg.norm(gradients), rtol=1e-8)
    assert len(found) == steps


def test_first_symbol_is_shown_once(gates):
    x, y = gates.first_symbol_data(200, 10, np.random.default_rng(0))
    assert x.shape == (200, 10, 2)
    np.testing.assert_array_equal(x[:, 0], np.stack([2 * y - 1, 0 * y], axis=1))
    assert not x[:, 1:, 0].any() and abs(x[:, 1:, 1].std() - 1) < 0.1
    assert 60 < y.sum() < 140


def test_forget_bias_lands_in_the_forget_gate(gates):
    bias = gates.first_symbol_model(5, units=3).layers[0].get_weights()[2]
    np.testing.assert_array_equal(bias, np.repeat([0, 5, 0, 0], 3))


def test_brackets_leave_the_words_and_the_state_is_known(gates):
    words = [f"w{chr(97 + k % 26)}" for k in range(900)]
    text = gates.bracketed(words, np.random.default_rng(0))
    assert re.sub(r"[\[\]]", "", text).split() == words
    assert re.fullmatch(r"([^\[\]]*\[[^\[\]]+\])*[^\[\]]*(\[[^\[\]]*)?", text)
    texts = gates.passages(words, 40, np.random.default_rng(0))
    assert len(texts) == 900 // 21 and {len(t) for t in texts} == {40}
    states = gates.inside_of(texts)
    for t, row in zip(texts, states, strict=True):
        expected = [t[: k + 1].rfind("[") > t[: k + 1].rfind("]") for k in range(40)]
        assert row.tolist() == expected
    assert 0.2 < states.mean() < 0.8


def test_bracket_model_reads_one_hot_and_can_learn(gates):
    model = gates.bracket_model(symbols=3, units=4)
    rng = np.random.default_rng(0)
    x = rng.integers(3, size=(400, 12))
    y = np.zeros(x.shape, bool)  # the state: set by 1, unset by 2, kept by 0
    for t in range(12):
        y[:, t] = (x[:, t] == 1) | ((x[:, t] == 0) & (y[:, t - 1] if t else False))
    assert model.layers[1].get_weights()[0].shape == (3, 16)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], np.eye(3))
    assert not model.layers[0].trainable
    model.fit(x, y[..., None], epochs=30, verbose=0)
    assert ((model.predict(x, verbose=0)[..., 0] > 0) == y).mean() > 0.95


def test_auc_agrees_with_all_pairs(gates):
    rng = np.random.default_rng(0)
    for _ in range(10):
        scores, positive = rng.normal(size=30), rng.random(30) < 0.4
        pairs = itertools.product(scores[positive], scores[~positive])
        expected = np.mean([a > b for a, b in pairs])
        np.testing.assert_allclose(gates.auc(scores, positive), expected)


def test_letters_since_the_last_bracket(gates):
    letters = np.array([[1, 1, 0, 1, 1, 1], [0, 0, 1, 0, 1, 1]], bool)
    expected = [[1, 2, 0, 1, 2, 3], [0, 0, 1, 0, 1, 2]]
    np.testing.assert_array_equal(gates.letters_since(letters), expected)


def test_lstm_is_the_reference_in_numpy(gates):
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=shape) for shape in [(3, 16), (4, 16), (16,)]]
    x = rng.normal(size=(2, 9, 3))
    found = gates.lstm(x, *weights)["h"]
    for row, expected in zip(x, found, strict=True):
        np.testing.assert_allclose(oracles.lstm_states(weights, row), expected)


ANSWERS = {  # exercise: (its function, {answer: part of the verdict})
    1: (
        "gate_table_by_hand",
        {
            "[[3, 4, 4, 5, 0, 1], [0, 4, 4, 0, 0, 1]]": "correct",
            "np.array([[3, 4, 4, 5, 0, 1], [0, 4, 4, 0, 0, 1]], 'float32')": "correct",
            "[[3, 4, 4, 5, 5, 6], [0, 4, 4, 0, 5, 6]]": "forget gate of 0",
            "[[3, 4, 4, 5, 0, 1], [3, 4, 4, 5, 0, 1]]": "second row",
            "[[3, 1, 0, 5, 0, 1], [0, 1, 0, 0, 0, 1]]": "f = 1 keeps",
            "[[3, 1, 0, 5, 5, 1], [0, 1, 0, 0, 5, 1]]": "share that is kept",
            "[[3, 4, 2, 5, 4, 5], [0, 4, 2, 0, 4, 5]]": "where i is 0",
            "[[3, 1, 1, 5, 0, 1], [0, 1, 1, 0, 0, 1]]": "takes C, not h",
            "[[0, 4, 4, 0, 0, 1], [3, 4, 4, 5, 0, 1]]": "the first row is C",
            "np.zeros((2, 6))": "step by step",
            "[[3, 4], [0, 4]]": "shape",
            "[[3, None], [0, 4]]": "not written yet",
        },
    ),
    2: (
        "memory_weights",
        {
            "([[0, 0, 1, 0], [99, -99, 0, 0]], [-50, 50, 0, 50])": "correct",
            "np.array([[0, 0, 1, 0], [99, -99, 0, 9]]), np.array([-50, 50, 0, 50])": (
                "correct"
            ),
            "[[0, 0, 1, 0], [100, 0, 0, 0]], [-50, 50, 0, 50]": "adds up",
            "[[0, 0, 1, 0], [100, -100, 0, 100]], [-50, 50, 0, -50]": "marked steps",
            "[[0, 0, 1, 0], [0, 0, 0, 0]], [50, -50, 0, 50]": "x itself",
            "[[0, 0, 1, 0], [-100, 100, 0, 0]], [50, -50, 0, 50]": "stores when s = 0",
            "[[0, 0, 1, 0], [10, -10, 0, 0]], [-5, 5, 0, 5]": "near 0 or 1",
            "[[0, 1, 0, 0], [99, 0, -99, 0]], [-50, 0, 50, 50]": "is c equal to x",
            "[[0, 0, 1, 0], [99, -99, 0, 0]], [-50, None, 0, 50]": "not written yet",
            "None, None": "not written yet",
        },
    ),
    3: (
        "steps_to_half",
        {
            "{1: 3, 3: 15, 4: 39, 5: 104}[b]": "correct",
            "np.int64({1: 3, 3: 15, 4: 39, 5: 104}[b])": "correct",
            "float({1: 3, 3: 15, 4: 39, 5: 104}[b])": "correct",
            "{1: 2, 3: 14, 4: 38, 5: 103}[b]": "one too few",
            "{1: 4, 3: 16, 4: 40, 5: 105}[b]": "one too many",
            "np.log(0.5) / np.log(1 / (1 + np.exp(-b)))": "whole steps",
            "round(np.exp(b))": "the gate is not the bias",
            "print(b)": "is `return` missing",
        },
    ),
    4: (
        "cell_output",
        {
            "out(np.tanh(z), z_i, z_f, z_o, c)": "correct",
            "np.float32(out(np.tanh(z), z_i, z_f, z_o, c))": "correct",
            "[keras.ops.array(a) for a in out(np.tanh(z), z_i, z_f, z_o, c)]": (
                "correct"
            ),
            "out(z, z_i, z_f, z_o, c)": "hold each line against the formulas",
            "out(np.tanh(z), z_f, z_i, z_o, c)": "hold each line",
            "out(z, z_f, z_i, z_o, c)": "in their places",
            "out(1 / (1 + np.exp(-z)), z_i, z_f, z_o, c)": "no gate",
            "out(z, z_i, z_f, z_o, c, inner=np.tanh)": "around all of it",
            "out(z, z_i, z_f, z_o, c, outer=lambda c: c)": "the last line was right",
            "out(np.tanh(z), z_i, z_f, z_o, c)[::-1]": "the output comes first",
        },
    ),
}
CASES = [
    (number, name, answer, verdict)
    for number, (name, answers) in ANSWERS.items()
    for answer, verdict in answers.items()
]


def out(candidate, z_i, z_f, z_o, c, inner=lambda c: c, outer=np.tanh):
    """Return output and state of one step, with the candidate given, and with tanh
    around the state and before the output as a student may have put it."""
    i, f, o = (oracles.sigmoid(z) for z in (z_i, z_f, z_o))
    c = inner(f * c + i * candidate)
    return o * outer(c), c


@pytest.mark.parametrize(("number", "name", "answer", "verdict"), CASES)
def test_checks_tell_right_from_wrong(number, name, answer, verdict, capsys):
    [path] = [p for p in form.solutions() if p.name.startswith("04_")]
    given = {"np": np, "keras": keras, "check": checks.check, "out": out}
    found, names = 0, {**given, "sigmoid": oracles.sigmoid}
    for cell in form.read(path).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found = int(cell.source.split()[1].rstrip("."))
        elif cell.cell_type == "code" and found == number:
            exec(cell.source, names)
            if f"def {name}(" in cell.source:
                arguments = re.search(rf"def {name}\((.*)\)", cell.source)[1]
                exec(f"def {name}({arguments}):\n    return {answer}", names)
    assert verdict in capsys.readouterr().out
