"""Lesson 19, pictures of memory and their tests, against brute force and NumPy."""

import re
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises import verdict
from helpers import data

NAME = "19_what_networks_remember.ipynb"
SYMBOLS, UNITS = 5, 6


@pytest.fixture
def module(lesson):
    return lesson("19")


@pytest.fixture
def model(lesson):
    """A small LSTM of characters whose weights are large enough to matter."""
    model = lesson("08").character_model(SYMBOLS, 4, UNITS)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def some_ids(rows, length, seed=0):
    return np.random.default_rng(seed).integers(SYMBOLS, size=(rows, length), dtype="i")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def stepped(model, ids, held, value):
    """Read one row at a time in NumPy; return logits and c, (time, batch, ...)."""
    E, W, U, b, D, d = model.get_weights()
    every = []
    for row, hold, v in zip(ids, held, value, strict=True):
        h, c, found = np.zeros(UNITS), np.zeros(UNITS), []
        for i in row:
            i, f, g, o = np.split(E[i] @ W + h @ U + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            c = np.where(hold, v, c)
            found.append((h @ D + d, c))
        every.append(found)
    return (np.stack([[s[k] for s in row] for row in every], axis=1) for k in (0, 1))


@pytest.mark.parametrize("holds", [False, True])
def test_reading_with_cells_held(module, model, holds):
    ids = some_ids(3, 8)
    held = np.zeros((3, UNITS), bool)
    if holds:
        held[[0, 1, 1], [2, 0, 5]] = True
    value = np.array([[2.0], [-1.0], [0.5]], "float32")
    found = module.read(model, tf.constant(ids), held, value)
    for mine, expected in zip(found, stepped(model, ids, held, value), strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-4)


def test_writing_with_cells_held(module, model):
    prompt, length = some_ids(4, 3), 10
    held, value = module.held_at([3.0, -3.0, 0.0, 1.0], [1, 2, 3, 4], 4, UNITS)
    held[3] = False
    numbers = tf.constant(length), tf.constant(7)
    written = np.array(module.write(model, tf.constant(prompt), held, value, *numbers))
    assert written.shape == (length, 4)
    for r in range(4):
        begin = tf.constant(prompt[r : r + 1])
        logits, h, c = model([begin, *empty(model, 1)])
        for t in range(length):
            batch = np.zeros((4, SYMBOLS), "float32")
            batch[r] = np.array(logits)[0, -1] / 0.7
            drawn = tf.random.stateless_categorical(batch, 1, [7, t], tf.int32)[r, 0]
            assert int(drawn) == written[t, r]
            c = np.where(held[r : r + 1], value[r : r + 1], c).astype("float32")
            logits, h, c = model([tf.constant([[int(drawn)]]), h, tf.constant(c)])


def test_held_at(module):
    held, value = module.held_at(-2, 3, 2, 5)
    assert held.tolist() == [[False] * 3 + [True, False]] * 2
    for cell in (5, -1, [0, 5]):
        with pytest.raises(ValueError, match="No such cell: .* from 0 to 4"):
            module.held_at(-2, cell, 2, 5)
    assert value.tolist() == [[-2], [-2]] and value.dtype == np.float32
    held, value = module.held_at([1, 2], [4, 0], 2, 5)
    assert np.argwhere(held).tolist() == [[0, 4], [1, 0]]
    assert value.tolist() == [[1], [2]]


@given(st.text("ab\n"))
def test_read_of_line_by_slicing(lesson, text):
    expected = [len(text[: i + 1].split("\n")[-1]) for i in range(len(text))]
    assert lesson("19").read_of_line(text).tolist() == expected


def test_correlations_are_those_of_numpy(module):
    rng = np.random.default_rng(0)
    cells, counts = rng.normal(3, 2, size=(50, 4)), rng.normal(size=50)
    expected = [np.corrcoef(cells[:, k], counts)[0, 1] for k in range(4)]
    np.testing.assert_allclose(module.correlations(cells, counts), expected)


def test_ends_of_lines_by_brute_force(module):
    symbols = ["\n", " ", "a"]
    rng = np.random.default_rng(0)
    ids = rng.choice(3, p=[0.04, 0.2, 0.76], size=(400, 3))  # (time, batch)
    rows = ["".join(symbols[i] for i in column) for column in ids.T]
    counts = np.array([module.read_of_line(row) for row in rows]).T
    logits = rng.normal(size=(400, 3, 3))
    found = module.ends_of_lines(logits, ids, counts, symbols)
    assert found.shape == (2, 3)
    for b in range(3):
        due, middle = [], []
        for t in range(399):
            e = np.exp(logits[t, b])
            if ids[t + 1, b] == 0 and counts[t, b] >= 25:
                due.append(e[0] / e.sum())
            if ids[t + 1, b] == 1 and 10 <= counts[t, b] <= 20:
                middle.append(e[0] / e.sum())
        np.testing.assert_allclose(found[:, b], [np.mean(due), np.mean(middle)])
    with pytest.raises(ValueError, match="No line of 25 characters .* take more text"):
        module.ends_of_lines(logits[:20], ids[:20], counts[:20], symbols)


@pytest.fixture
def gru(module):
    model = module.reader("GRU", SYMBOLS, budget=3_000)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) / 3 for w in model.get_weights()])
    return model


def empty(model, rows):
    return [tf.zeros((rows, part.shape[-1])) for part in model.outputs[1:]]


@pytest.mark.parametrize("kind", ["model", "gru"])
def test_slopes_by_small_steps(module, kind, request):
    model, ids = request.getfixturevalue(kind), some_ids(2, 5)
    first, rest = module.from_vectors(model)
    vectors, memory = np.array(first(ids)), empty(model, 2)
    logits = model([tf.constant(ids), *memory])[0]
    np.testing.assert_allclose(
        rest([tf.constant(ids), *memory, tf.constant(vectors)]), logits, atol=1e-5
    )
    slopes = module.slopes_of(model, tf.constant(ids), memory)
    best = np.argmax(logits[:, -1], axis=1)
    assert slopes.shape == vectors.shape
    for t, k in [(0, 0), (2, 3), (4, 1)]:
        ends = []
        for step in (0.01, -0.01):
            moved = vectors.copy()
            moved[:, t, k] += step
            after = rest([tf.constant(ids), *memory, tf.constant(moved)])[:, -1]
            log_p = np.array(tf.nn.log_softmax(after))
            ends.append(log_p[[0, 1], best])
        expected = (ends[0] - ends[1]) / 0.02
        np.testing.assert_allclose(slopes[:, t, k], expected, atol=2e-3)


def run_of(model):
    return lambda inputs: model(inputs)


def test_effect_by_brute_force(module, model):
    ids, memory, places = some_ids(6, 7), empty(model, 6), np.array([6, 5, 0, 3, 6, 2])
    letters = [0, 3]
    found = module.effect(run_of(model), ids, memory, places, letters)
    for r, text in enumerate(ids):

        def log_p(row):
            logits = model([tf.constant(row[None]), *empty(model, 1)])[0][0, -1]
            return np.array(tf.nn.log_softmax(logits))

        best, moves = log_p(text).argmax(), []
        for letter in letters:
            if letter != text[places[r]]:
                changed = text.copy()
                changed[places[r]] = letter
                moves.append(abs(log_p(changed)[best] - log_p(text)[best]))
        assert found[r] == pytest.approx(np.mean(moves), abs=1e-4)
    assert any(t[p] in letters for t, p in zip(ids, places, strict=True))
    with pytest.raises(ValueError, match="would keep its character: give two letters"):
        module.effect(run_of(model), ids, memory, places, [ids[0, 6]])
    assert (some_ids(6, 7) == ids).all(), "the texts themselves stay"


def test_effect_follows_the_favourite_of_the_text_as_it_stands(module):
    table = np.log([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])

    def run(inputs):
        return [tf.constant(table[np.array(inputs[0])], tf.float32)]

    ids = np.array([[2, 0]], "int32")  # the last character alone decides
    found = module.effect(run, ids, [], np.array([1]), [1])
    assert found[0] == pytest.approx(np.log(8), abs=1e-5)


def test_confirmed_compares_the_effects(module, model):
    ids, memory = some_ids(6, 7), empty(model, 6)
    pair = np.full(6, 6), np.full(6, 1)
    run = run_of(model)
    found = module.confirmed(run, ids, memory, pair, [1, 2])
    one, two = (module.effect(run, ids, memory, p, [1, 2]) for p in pair)
    assert found.tolist() == (one > two).tolist()
    swapped = module.confirmed(run, ids, memory, pair[::-1], [1, 2])
    assert (found ^ swapped).all()


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_pairs_by_brute_force(lesson, seed):
    module, rng = lesson("19"), np.random.default_rng(seed)
    picture, allowed = rng.random((3, 7)), rng.random((3, 7)) < 0.7
    allowed[:, [1, 4, 6]] = True
    picture[:, 1] = picture.max() + 1  # so that some pair is against the rule
    most, least = module.extremes(picture, allowed)
    rows, (far, near) = module.disputed(picture, allowed)
    assert rows.tolist() == [0, 1, 2]
    for r in range(3):
        places = [t for t in range(7) if allowed[r, t]]
        assert most[r] == max(places, key=lambda t: picture[r, t])
        assert least[r] == min(places, key=lambda t: picture[r, t])
        pairs = [(i, j) for i in places for j in places if i < j]
        best = max(pairs, key=lambda p: picture[r, p[0]] / picture[r, p[1]])
        assert (far[r], near[r]) == best


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU", "nBRC", "Transformer"])
def test_readers_have_equal_parameters_and_know_no_future(module, lesson, name):
    model = module.reader(name, 63)
    assert model.count_params() == pytest.approx(112_319, rel=0.005)
    ids = np.random.default_rng(0).integers(63, size=(2, 6))
    other = ids.copy()
    other[:, 4] = (other[:, 4] + 1) % 63
    memory = lesson("18").empty(model, 2)
    a, b = (np.array(model([tf.constant(x), *memory])[0]) for x in (ids, other))
    moved = abs(a - b).max(axis=2)
    assert (moved[:, :4] < 1e-6).all() and (moved[:, 4] > 1e-6).all()


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM"])
def test_trained_readers_predict_the_test_plays(module, lesson, name):
    plays = data.load_text("shakespeare.txt.gz")
    symbols = sorted(set(plays))
    model = module.trained_reader(name, len(symbols))
    start = len(plays) - 20_000
    ids = np.array([symbols.index(c) for c in plays[start : start + 65 * 40]])
    rows = ids.reshape(40, 65).astype("int32")
    memory = lesson("18").empty(model, 40)
    loss = module.loss_at_end(lambda x: model(x), rows, memory, 32)
    assert 1.5 < loss < 2.0


def test_rows_that_nowhere_contradict_the_rule_are_left_out(module):
    picture = np.array([[1, 2, 3.0], [1, 3, 2], [2, 2, 2], [3, 1, 1]])
    allowed = np.array([[True] * 3] * 3 + [[True, False, False]])
    rows, places = module.disputed(picture, allowed)
    assert rows.tolist() == [1] and places.tolist() == [[1], [2]]
    with pytest.raises(ValueError, match="nowhere contradicts the rule"):
        module.disputed(picture[[0, 2]], allowed[[0, 2]])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, unique=True)
)
def test_pairs_of_texts_by_brute_force(lesson, both):
    a, b = np.array(both, float).T
    pairs = [(i, j) for j in range(len(a)) for i in range(j)]
    expected = np.mean([(a[i] > a[j]) == (b[i] > b[j]) for i, j in pairs])
    assert lesson("19").larger_in_both(a, b) == pytest.approx(expected)


def test_an_unknown_reader_is_named(module):
    with pytest.raises(ValueError, match="no cell 'GRUU'; give one of: SimpleRNN"):
        module.reader("GRUU", 63)


def test_a_text_that_is_too_short_is_named(module):
    with pytest.raises(ValueError, match="No word of four .* of 5: take a longer"):
        module.begun_words("To be", context=64, count=3)


def test_begun_words(module):
    text = "No, the rain it raineth every day, a cat's-paw and so on, indeed. " * 9
    found = module.begun_words(text, context=30, count=12)
    assert len(found) == 12 and found.min() >= 30 and (np.diff(found) > 0).all()
    for end in found:
        assert re.fullmatch(r"[^a-z][a-z]{2}", text[end - 3 : end], re.IGNORECASE)
        assert text[end - 2 : end + 2].islower() and text[end - 2 : end + 2].isalpha()
    ends = {text[e - 2 : e + 2] for e in module.begun_words(text, 30, 200)}
    assert ends == {"rain", "ever", "inde"}


@settings(deadline=None)
@given(st.text("ab \n"), st.integers(0, 9), st.booleans())
def test_what_is_shuffled_and_what_stays(lesson, text, keep, words):
    rng, cut = np.random.default_rng(0), max(0, len(text) - keep)
    found = lesson("19").without_order(text, keep, rng, words)
    assert len(found) == len(text) and found[cut:] == text[cut:]
    parts = [(s[:cut].split() if words else s[:cut]) for s in (found, text)]
    assert Counter(parts[0]) == Counter(parts[1])


def test_order_is_lost(module):
    text, rng = "".join(map(chr, range(97, 123))) * 2, np.random.default_rng(0)
    assert module.without_order(text, 5, rng, False)[:20] != text[:20]
    text = " ".join("abcdefghijklmnop")
    found = module.without_order(text, 2, rng, True)  # what is kept begins at a space
    assert found != text and found[1::2] == text[1::2]


def test_loss_at_end_in_numpy(module, model):
    rows = some_ids(3, 9)
    loss = module.loss_at_end(run_of(model), rows, empty(model, 3), 4)
    free = np.zeros((3, UNITS), bool), np.zeros((3, 1))
    logits, _ = stepped(model, rows[:, :-1], *free)
    log_p = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
    each = [log_p[t, r, rows[r, t + 1]] for r in range(3) for t in range(4, 8)]
    assert loss == pytest.approx(-np.mean(each), abs=1e-4)


def test_the_way_ends_where_the_other_letter_is(module, model):
    ids, other = some_ids(1, 5), some_ids(1, 5)
    other[0, -1] = (ids[0, -1] + 1) % SYMBOLS
    first, rest = module.from_vectors(model)
    way = np.array(first(other) - first(ids))[0, -1]
    walk = module.along(rest, ids, empty(model, 3), np.array(first(ids)), way, 3)
    assert walk.shape == (3, SYMBOLS)
    for point, text in ((0, ids), (2, other)):
        logits = model([tf.constant(text), *empty(model, 1)])[0][0, -1]
        np.testing.assert_allclose(walk[point], tf.nn.log_softmax(logits), atol=1e-4)


def along(slope, a, b, points, scale=1):
    slopes = np.mean([slope(a + s * (b - a)) for s in points], axis=0)
    return scale * slopes @ (b - a)


def middles(n):
    return (np.arange(n) + 0.5) / n


def slopes(slope, a, b, n):
    """Return the mean slopes, multiplied by nothing."""
    return np.mean([slope(a + s * (b - a)) for s in middles(n)], axis=0)


SIZES = (1, 30, 300, 3_000)


def chance(cells, target, size=np.abs):
    r = [np.corrcoef(column, target)[0, 1] for column in cells.T]
    return [size(np.array(r[:n])).max() for n in SIZES]


def moves(change):
    """Return an answer to exercise 4 that compares by change(after, before)."""

    def answer(log_p, ids, place, letters):
        found = []
        for letter in letters:
            row = ids.copy()
            row[place] = letter
            found.append(change(log_p(row), log_p(ids)))
        return np.array(found)

    return answer


def of_favourite(after, before):
    return after[before.argmax()] - before.max()


def at_the_end(log_p, ids, place, letters):
    return moves(lambda a, b: abs(of_favourite(a, b)))(log_p, ids, -1, letters)


WRONG = [
    (1, lambda: [1, 0.5, 0.25, np.tanh(2)], "x1 comes first"),
    (1, lambda: [0.25, 0.5, 1, 2], "put 2 into tanh"),
    (1, lambda: [0.125, 0.25, 0.5, np.tanh(2)], "two more steps"),
    (1, lambda: [0.25, 0.5, 1, 1], "as a function of x3 alone"),
    (1, lambda: [0.25, 0.5, 1, None], "not written yet"),
    (1, lambda: [0.25, 0.5, 1], "shape (3,), expected (4,)"),
    (2, lambda f, a, b, n: f(a) @ (b - a), "slope at the beginning alone"),
    (2, lambda f, a, b, n: f(b) @ (b - a), "slope at the end alone"),
    (2, lambda f, a, b, n: f((a + b) / 2) @ (b - a), "slope in the middle alone"),
    (2, lambda f, a, b, n: along(f, a, b, middles(n) - 0.5 / n), "pieces begin"),
    (2, lambda f, a, b, n: along(f, a, b, middles(n) + 0.5 / n), "pieces end"),
    (2, lambda f, a, b, n: along(f, a, b, np.linspace(0, 1, n)), "at 0 or at 1"),
    (2, lambda f, a, b, n: along(f, a, b, np.linspace(0, 1, n + 1)), "at 0 or at 1"),
    (2, lambda f, a, b, n: along(f, a, b, middles(n), n), "not their sum"),
    (2, lambda f, a, b, n: along(f, b, a, middles(n)), "from a to b"),
    (2, lambda f, a, b, n: slopes(f, a, b, n).sum(), "multiply by b - a"),
    (2, lambda f, a, b, n: slopes(f, a, b, n) * (b - a), "add the parts up"),
    (2, lambda f, a, b, n: along(f, a, b, middles(n)) * np.ones(2), "expected ()"),
    (3, lambda c, t: chance(c, t, lambda r: r), "as large as one of 0.4"),
    (3, lambda c, t: chance(c, t, np.square), "not its square"),
    (
        3,
        lambda c, t: chance(c, t, lambda r: abs(r).mean()),
        "the largest, not the mean",
    ),
    (3, lambda c, t: chance(c[:, ::-1], t), "compare it with np.corrcoef"),
    (3, lambda c, t: [np.corrcoef(c[:, :n].T, t).max() for n in SIZES], "with itself"),
    (3, lambda c, t: chance(c, t)[-1:] * 4, "not all at once"),
    (3, lambda c, t: [chance(c[:, n - 1 :], t)[0] for n in SIZES], "not the last one"),
    (4, moves(lambda a, b: abs(a.max() - b.max())), "follow the first one"),
    (4, moves(of_favourite), "a move has a size"),
    (4, moves(lambda a, b: abs(a.max() - b[a.argmax()])), "of the text as it stands"),
    (4, at_the_end, "print `before` and `after`"),
    (4, lambda *_: None, "not written yet"),
]
RIGHT = [
    (1, lambda: (1 / 4, 1 / 2, 1, np.tanh(2.0))),
    (1, lambda: np.array([0.25, 0.5, 1, 0.964], "float32")),
    (1, lambda: tf.constant([0.25, 0.5, 1, 0.96403])),
    (2, lambda f, a, b, n: along(f, a, b, middles(n))),
    (2, lambda f, a, b, n: sum(f(a + s * (b - a)) @ (b - a) / n for s in middles(n))),
    (2, lambda f, a, b, n: tf.constant(along(f, a, b, middles(n)), tf.float32)),
    (3, chance),
    (3, lambda c, t: np.float32(chance(c, t))),
    (4, moves(lambda a, b: abs(of_favourite(a, b)))),
    (4, lambda *args: moves(lambda a, b: abs(of_favourite(a, b)))(*args).tolist()),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_likely_wrong_answers_of_the_exercises_are_told(number, answer, hint):
    printed = verdict(NAME, number, answer)
    assert hint in printed and "correct" not in printed


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_in_other_forms_are_accepted(number, answer):
    assert ": correct" in verdict(NAME, number, answer)
