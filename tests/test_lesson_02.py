"""Lesson 02, Elman and Jordan networks, against an independent source."""

import re

import keras
import numpy as np
import pytest

import exercises

TOY = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]])


@pytest.fixture
def module(lesson):
    return lesson("02")


@pytest.mark.parametrize(
    ("network", "wiring", "inputs", "hidden", "outputs"),
    [
        ("elman", np.ones((2, 2)), TOY, [2, 6, 16], [4, 12, 32]),
        ("elman", np.ones((2, 2)), TOY[::-1], [4, 10, 22], [8, 20, 44]),
        ("jordan", np.ones((2, 2)), TOY, [2, 10, 44], [4, 20, 88]),
        ("jordan", np.ones((2, 2)), TOY[::-1], [4, 18, 74], [8, 36, 148]),
        ("elman", np.eye(2), TOY, [2, 4, 8], [4, 8, 16]),
        ("elman", np.eye(2), TOY[::-1], [4, 6, 8], [8, 12, 16]),
        ("jordan", np.eye(2), TOY, [2, 6, 16], [4, 12, 32]),
        ("jordan", np.eye(2), TOY[::-1], [4, 10, 22], [8, 20, 44]),
    ],
)
def test_toy_by_hand(module, network, wiring, inputs, hidden, outputs):
    ones = np.ones((2, 2))
    found = getattr(module, network)(inputs, ones, wiring, ones)
    np.testing.assert_array_equal(found[0], np.transpose([hidden, hidden]))
    np.testing.assert_array_equal(found[1], np.transpose([outputs, outputs]))


def test_elman_is_simple_rnn_for_any_weights(module):
    rng = np.random.default_rng(0)
    W_x, W_m, W_y = (rng.normal(size=s) for s in [(3, 4), (4, 4), (4, 2)])
    x = rng.normal(size=(5, 3))
    layer = keras.layers.SimpleRNN(
        4, activation="linear", use_bias=False, return_sequences=True, dtype="float64"
    )
    layer.build((None, 5, 3))
    layer.set_weights([W_x, W_m])
    hidden, outputs = module.elman(x, W_x, W_m, W_y)
    expected = keras.ops.convert_to_numpy(layer(x[None]))[0]
    np.testing.assert_allclose(hidden, expected, rtol=1e-12)
    np.testing.assert_allclose(outputs, expected @ W_y, rtol=1e-12)


def test_jordan_cell_remembers_its_output(module):
    cell = module.JordanCell(4, 3, "tanh", "softmax", dtype="float64")
    layer = keras.layers.RNN(cell, return_sequences=True, dtype="float64")
    x = np.random.default_rng(0).normal(size=(2, 6, 5))
    found = keras.ops.convert_to_numpy(layer(x))
    W_x, b, W_m, W_y, b_y = layer.get_weights()
    y = np.zeros((2, 3))
    for t in range(6):
        logits = np.tanh(x[:, t] @ W_x + b + y @ W_m) @ W_y + b_y
        y = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found[:, t], y, rtol=1e-6)


@pytest.fixture
def jordan_layer(module):
    cell = module.JordanCell(4, 3, "tanh", "softmax")
    return keras.layers.RNN(cell, return_sequences=True)


def test_jordan_cell_is_saved_loaded_and_cloned(jordan_layer, tmp_path):
    model = keras.Sequential([keras.Input((6, 5)), jordan_layer])
    x = np.random.default_rng(0).normal(size=(2, 6, 5)).astype("float32")
    model.save(tmp_path / "jordan.keras")
    loaded = keras.models.load_model(tmp_path / "jordan.keras")
    np.testing.assert_allclose(loaded(x), model(x), rtol=1e-6)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(clone(x), model(x), rtol=1e-6)


def test_jordan_cell_reads_in_both_directions(jordan_layer):
    x = np.random.default_rng(0).normal(size=(2, 6, 5)).astype("float32")
    both = keras.layers.Bidirectional(jordan_layer)
    found = np.array(both(x))
    assert found.shape == (2, 6, 6) and len(both.get_weights()) == 10
    alone = np.array(both.forward_layer(x))
    back = np.array(both.backward_layer(x))[:, ::-1]  # it reads from the end
    np.testing.assert_allclose(found, np.concatenate([alone, back], -1), atol=1e-6)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 2), (26, 64, 26)])
def test_parameter_formula(module, sizes):
    n_x, n_h, n_y = sizes
    elman = keras.Sequential(
        [keras.Input((None, n_x)), keras.layers.SimpleRNN(n_h), keras.layers.Dense(n_y)]
    )
    jordan = keras.layers.RNN(module.JordanCell(n_h, n_y, "tanh", "linear"))
    jordan.build((None, None, n_x))
    assert module.parameters(n_x, n_h, n_y, n_h) == elman.count_params()
    assert module.parameters(n_x, n_h, n_y, n_y) == jordan.count_params()


def test_letters_keep_words_and_lose_speakers(module):
    play = "KING:\nWe'll go: these two lords\nsay:\nno!\n\nALL:\nAy.\n"
    letters, starts = module.letters_of(play)
    assert letters == "wellgothesetwolordssaynoay"
    words = re.findall("[A-Z][a-z]*", "WellGoTheseTwoLordsSayNoAy")
    assert starts.tolist() == [i == 0 for word in words for i in range(len(word))]
    places = module.places_in_word(starts)
    assert places.tolist() == [i for word in words for i in range(len(word))]


def test_words_are_counted_in_training_alone(module):
    words = ["to", "be", "or", "not", "to", "be", "to"]
    starts = np.array([i == 0 for word in words for i in range(len(word))])
    n_train = len("tobeornot")
    seen, length = module.words_of("".join(words), starts, n_train)
    counted = {"to": 1, "be": 1, "or": 1, "not": 1}
    assert seen.tolist() == [counted[w] for w in words for _ in w]
    seen, _ = module.words_of("".join(words), starts, n_train + 4)
    counted |= {"to": 2, "be": 2}
    assert seen.tolist() == [counted[w] for w in words for _ in w]
    assert length.tolist() == [len(w) for w in words for _ in w]


@pytest.mark.parametrize("network", ["elman", "jordan"])
def test_letter_models_are_the_formula_on_one_hot_letters(module, network):
    model = getattr(module, f"{network}_letters")(5, 4)
    n_memory = {"elman": 5, "jordan": 4}[network]
    rng = np.random.default_rng(0)  # values for the biases, too; none for the one-hot
    weights = [rng.normal(size=w.shape) for w in model.trainable_weights]
    assert sum(w.size for w in weights) == module.parameters(4, 5, 4, n_memory)
    for variable, value in zip(model.trainable_weights, weights, strict=True):
        variable.assign(value)
    if network == "elman":
        W_x, W_m, b, W_y, b_y = weights
    else:
        W_x, b, W_m, W_y, b_y = weights
    ids = rng.integers(4, size=(3, 6))
    found = np.array(model(ids))
    memory = np.zeros((3, n_memory))
    for t in range(6):
        h = np.tanh(np.eye(4)[ids[:, t]] @ W_x + b + memory @ W_m)
        y = np.exp(h @ W_y + b_y)
        y /= y.sum(axis=1, keepdims=True)
        memory = h if network == "elman" else y
        np.testing.assert_allclose(found[:, t], y, atol=1e-5)


def simple_rnn(steps, W_x, W_m, b):
    """Return the hidden states in NumPy: (batch, time, units)."""
    h, states = np.zeros((len(steps), len(b))), []
    for t in range(steps.shape[1]):
        h = np.tanh(steps[:, t] @ W_x + h @ W_m + b)
        states.append(h)
    return np.stack(states, axis=1)


def test_patterns_read_and_write_what_their_names_say(module):
    models = module.patterns(features=3, units=4, read=5, write=7)
    rng = np.random.default_rng(0)
    vector, steps = rng.normal(size=(2, 3)), rng.normal(size=(2, 5, 3))
    w = {name: model.get_weights() for name, model in models.items()}

    def repeated(x):
        return np.repeat(x[:, None], 7, axis=1)

    many, aligned, unaligned = list(w)[2:]
    last = simple_rnn(steps, *w[unaligned][:3])[:, -1]
    expected = {
        "one to one": vector @ w["one to one"][0],
        "one to many": simple_rnn(repeated(vector), *w["one to many"]),
        many: simple_rnn(steps, *w[many])[:, -1],
        aligned: simple_rnn(steps, *w[aligned]),
        unaligned: simple_rnn(repeated(last), *w[unaligned][3:]),
    }
    for name, model in models.items():
        found = np.array(model(vector if len(model.input_shape) == 2 else steps))
        np.testing.assert_allclose(found, expected[name], atol=1e-5, err_msg=name)


def test_errors_are_cross_entropies(module):
    model = module.letter_model([keras.layers.Dense(4, "softmax")], 4)
    x, y = np.random.default_rng(0).integers(4, size=(2, 3, 7))
    found = module.errors_of(model, x, y)
    expected = model.evaluate(x, y, verbose=0)
    assert found.shape == (3, 7)
    np.testing.assert_allclose(found.mean(), expected, rtol=1e-5)


def steps(w, start, bound=0.01):
    """Return the first t >= start with w**t below a bound, counted from start."""
    t = start
    while w**t >= bound:
        t += 1
    return t


def jordan_with(remembered):
    """Return a linear network whose memory is "y", "h" or "x": what a mistake keeps."""

    def run(inputs, W_x, W_m, W_y):
        memory, outputs = np.zeros(len(W_m)), []
        for x in inputs:
            h = x @ W_x + memory @ W_m
            y = h @ W_y
            memory = {"y": y, "h": h, "sum": memory + y}[remembered]
            outputs.append(y)
        return outputs

    return run


@pytest.mark.parametrize(
    ("exercise", "answer", "verdict"),
    [
        (1, lambda: [[1, 1], [3, 3], [8, 8]], "correct"),
        (1, lambda: np.float32([[1, 1], [3, 3], [8, 8]]), "correct"),
        (1, lambda: [[1, 1], [2, 2], [4, 4]], "both memory cells"),
        (1, lambda: [[1, 1], [1, 1], [2, 2]], "memory is missing"),
        (1, lambda: [[1, 1], [3, 3], [10, 10]], "write down the two memory cells"),
        (2, lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b), "correct"),
        (2, lambda x, h, W, U, b: keras.ops.tanh(x @ W + h @ U + b), "correct"),
        (2, lambda x, h, W, U, b: np.tanh(x @ W + h @ U), "bias"),
        (2, lambda x, h, W, U, b: np.tanh(x @ W + h @ U) + b, "tanh"),
        (2, lambda x, h, W, U, b: np.tanh(x @ W + h @ U.T + b), "which vector meets"),
        (3, lambda w: steps(w, 0), "correct"),
        (3, lambda w: np.int64(steps(w, 0)), "correct"),
        (3, lambda w: steps(w, 0) + 1, "count from step 0"),
        (3, lambda w: steps(w, 0) - 1, "step 0 counts"),
        (3, lambda w: round(1 / (1 - w)), "run the network for w = 0.5"),
        (4, jordan_with("y"), "correct"),
        (4, lambda *given: np.float32(jordan_with("y")(*given)), "correct"),
        (4, jordan_with("h"), "Elman"),
        (4, jordan_with("sum"), "what does the memory hold"),
    ],
)
def test_exercises_tell_right_answers_from_wrong_ones(exercise, answer, verdict):
    found = exercises.verdict("02_elman_jordan_toy.ipynb", exercise, answer)
    assert verdict in found
