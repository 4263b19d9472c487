"""Lesson 06, masking padded sequences, against an independent source."""

import contextlib
import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

import grade
from helpers import lessons
from helpers.tasks import lines
from oracles import lstm_states

LINES = [("to", "be", "or", "not"), ("i", "am", "here"), ("we", "go", "up", "a", "b")]
IDS = np.array([[3, 1, 4, 1, 5, 2], [6, 2, 3, 0, 0, 0], [2, 0, 0, 0, 0, 0]])


@pytest.fixture
def module(lesson):
    return lesson("06")


@pytest.fixture(scope="module")
def functions(lesson):  # for hypothesis, which wants no fixture of each example
    return lesson("06")


@pytest.fixture(scope="module")
def lstm():
    layer = layers.LSTM(3, bias_initializer="random_normal", use_cudnn=False)
    layer.build((None, None, 2))
    return layer


def randomise(model):
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])


# The loop and its mask


@settings(deadline=None, max_examples=30)  # TensorFlow starts slowly
@given(mask=st.lists(st.booleans(), min_size=6, max_size=6))
def test_masked_loop_skips_what_is_masked(functions, lstm, mask):
    x = np.random.default_rng(0).normal(size=(1, 6, 2)).astype("float32")
    found = functions.masked_loop(lstm.cell, x, np.array([mask]))[0]
    read = x[0][np.array(mask)]  # the masked steps are not there at all
    expected = lstm_states(lstm.get_weights(), read)[-1] if any(mask) else np.zeros(3)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(mask=st.lists(st.booleans(), min_size=4, max_size=4))
def test_halving_loop_skips_what_is_masked(functions, mask):
    numbers = np.array([[4, 2, 1, 3]])
    expected, h = [], 0
    for number, read in zip(numbers[0].tolist(), mask, strict=True):
        h = h / 2 + number if read else h
        expected.append(h)
    found = functions.halving_loop(numbers, np.array([mask]))
    np.testing.assert_allclose(found, [expected])


def test_fate_of_mask(module):
    x = layers.Embedding(9, 4, mask_zero=True)(IDS)
    assert module.fate_of_mask(layers.Activation("relu"), x) == "lives"
    assert module.fate_of_mask(layers.Flatten(), x) == "dies with a warning"
    assert module.fate_of_mask(module.Twice(), x) == "dies with a warning"
    assert module.fate_of_mask(lambda e: e - 1, x) == "dies silently"
    witness = module.Witness()
    np.testing.assert_array_equal(np.array(witness(x)), np.array(x))
    np.testing.assert_array_equal(np.array(witness.seen), IDS != 0)


# The invariance test


def test_change_beside_is_the_change_of_the_score(module):
    def width(ids):  # a model that sees nothing but the padding
        return np.full((len(ids), 1), np.asarray(ids).shape[1])

    def first_word(ids):
        return np.asarray(ids)[:, :1]

    assert module.change_beside(width, [3, 1, 4], [1] * 9) == 9 - 3
    assert module.change_beside(first_word, [3, 1, 4], [1] * 9) == 0


def test_skip_model_reads_the_words_and_no_padding(module):
    model = module.skip_model(7, 4, "explicit")
    randomise(model)
    E, *weights, V, c = model.get_weights()
    found = np.array(model(IDS))
    for row, score in zip(IDS, found, strict=True):
        e = E[row[row != 0]]
        h = lstm_states(weights[:3], e)
        last = lstm_states(weights[3:], e + h)[-1]
        np.testing.assert_allclose(score, last @ V + c, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("masking", ["none", "implicit"])
def test_without_an_explicit_mask_the_padding_is_read(module, masking):
    model = module.skip_model(7, 4, masking)
    randomise(model)
    assert module.change_beside(model, [3, 1, 4], [1] * 9) > 1e-3


# The laboratory


def test_spread_of_states_by_hand(module, lstm):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5, 3, 2)).astype("float32")
    pad = np.array([0.5, -1.0], dtype="float32")
    for masked in (True, False):
        read = [[*v] if masked else [*v, *[pad] * 4] for v in vectors]
        last = [lstm_states(lstm.get_weights(), v)[-1] for v in read]
        expected = np.std(last, axis=0).mean()
        found = module.spread_of_states(lstm, vectors, pad, 4, masked)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("side", ["pre", "post"])
def test_examples(module, side):
    words = lines.WordIds(LINES, size=30)
    rng = np.random.default_rng(0)
    ids, labels = module.examples(LINES, words, 8, side, rng)
    assert ids.shape == (6, 8) and sorted(labels) == [0, 0, 0, 1, 1, 1]
    known = {tuple(words.encode(line)) for line in LINES}
    bags = {tuple(sorted(line)) for line in known}
    for row, label in zip(ids, labels, strict=True):
        line = tuple(row[row != 0])
        zeros = row[: 8 - len(line)] if side == "pre" else row[len(line) :]
        assert not zeros.any() and len(zeros) == 8 - len(line)
        assert (line in known) == label and tuple(sorted(line)) in bags


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("both_ways", [True, False])
@pytest.mark.parametrize("side", ["pre", "post"])
def test_line_model_by_hand(module, masked, both_ways, side):
    reader = layers.LSTM(4, use_cudnn=False)
    reader = layers.Bidirectional(reader) if both_ways else reader
    model = module.line_model(7, 4, [reader], masked)
    randomise(model)
    E, *weights, V, c = model.get_weights()
    ids = IDS if side == "post" else np.array([np.roll(r, sum(r == 0)) for r in IDS])
    found = np.array(model(ids))
    for row, score in zip(ids, found, strict=True):
        e = E[row[row != 0] if masked else row]
        h = lstm_states(weights[:3], e)[-1]
        if both_ways:
            h = np.concatenate([h, lstm_states(weights[3:], e[::-1])[-1]])
        np.testing.assert_allclose(score, h @ V + c, rtol=1e-4, atol=1e-5)


def test_the_side_of_masked_padding_does_not_change_what_is_learned(module):
    ids, labels = np.pad(IDS, ((0, 0), (0, 9))), np.array([1, 0, 1])
    learned = []
    for x in (ids, np.array([np.roll(r, sum(r == 0)) for r in ids])):
        keras.utils.set_random_seed(0)
        model = module.line_model(7, 4, [layers.LSTM(4, use_cudnn=False)], True)
        module.learn(model, x, labels, batch=2, epochs=3)
        learned.append(np.array(model(x)))
    np.testing.assert_allclose(*learned, atol=1e-4)


def test_networks_learn_side_by_side(module):
    model = module.line_model(5, 4, [layers.LSTM(4), layers.LSTM(4)], masked=True)
    ids = np.array([[1, 2], [2, 1], [3, 4], [4, 3]])
    ids, labels = np.pad(ids, ((0, 0), (0, 30))), np.array([1, 0, 1, 0])
    module.learn(model, ids, labels, batch=4, epochs=60)
    assert ((np.array(model(ids)) > 0) == labels[:, None]).all()
    assert module.right_answers(model, ids, labels).tolist() == [100, 100]
    assert module.right_answers(model, ids, 1 - labels).tolist() == [0, 0]
    rate = model.optimizer.learning_rate  # the schedule has come to its end
    assert float(rate) == pytest.approx(0, abs=1e-6)
    loss = model.loss(np.ones((1, 2)), np.zeros((1, 2)))  # a score of 0: real by 1/2
    assert float(loss) == pytest.approx(np.log(2))


def test_right_answers_are_per_cent_of_each_network(module):
    def model(ids):  # two networks: "real" to all, and "real" to the first line
        return np.array([[0.5, 0.1], [2, -1], [0.1, -1], [1, -1]])

    labels = np.array([1, 0, 0, 0])
    assert module.right_answers(model, IDS, labels).tolist() == [25, 100]


def test_networks_side_by_side_are_networks_alone(module):
    both = module.line_model(7, 4, [layers.LSTM(4), layers.LSTM(4)], True)
    randomise(both)
    w = both.get_weights()  # two embeddings, two LSTMs of three, two Dense of two
    for k, score in enumerate(np.array(both(IDS)).T):
        alone = module.line_model(7, 4, [layers.LSTM(4)], True)
        alone.set_weights([w[k], *w[2 + 3 * k : 5 + 3 * k], *w[8 + 2 * k : 10 + 2 * k]])
        np.testing.assert_allclose(score, np.array(alone(IDS))[:, 0], atol=1e-5)


@pytest.mark.parametrize(
    ("how", "first_is_word", "last_is_word", "masked"),
    [
        (("post", True, False, False), True, False, True),
        (("pre", True, False, False), False, True, True),
        (("pre", False, True, False), False, True, False),
        (("pre", False, False, True), True, False, False),
    ],
)
def test_shares_right_trains_what_the_setting_says(
    module, monkeypatch, how, first_is_word, last_is_word, masked
):
    made, learned, checked, asked = [], [], [], []

    def line_model(size, units, readers, masked):
        def says(x):
            asked.append(len(x))
            return np.ones((len(x), len(readers)))  # "real" to everything

        made.append((units, readers, masked))
        return says

    def learn(model, x, y, batch, epochs):
        learned.append(x)
        assert len(y) == len(x) and (batch, epochs) == (4, 2)

    monkeypatch.setattr(module, "line_model", line_model)
    monkeypatch.setattr(module, "learn", learn)
    monkeypatch.setattr(module.cudnn, "require", lambda *a: checked.append(a))
    words = lines.WordIds(LINES, size=30)
    settings = (8, 5, 4, 2, 3)
    shares = module.shares_right(*how, LINES, LINES[:2], words, settings, 0)
    assert shares.tolist() == [0.5] * 3 and asked == [4]  # two real lines, two copies
    (units, readers, was_masked), (x,) = made[0], learned
    assert was_masked == masked and units == 5 and len(set(map(id, readers))) == 3
    assert (x[:, 0] != 0).all() == first_is_word
    assert (x[:, -1] != 0).all() == last_is_word
    left_mask = how[0] == "pre" and masked
    for reader in readers:
        assert isinstance(reader, layers.Bidirectional) == how[2]
        one = reader.forward_layer if how[2] else reader
        assert one.units == 5 and one.use_cudnn == (False if left_mask else "auto")
    assert len(checked) == (not left_mask)


def test_shares_right_starts_alike_whatever_came_before(module, monkeypatch):
    starts = []

    def learn(model, *_):
        starts.append(model.get_weights())

    monkeypatch.setattr(module, "learn", learn)
    words, settings = lines.WordIds(LINES, size=30), (8, 4, 2, 1, 2)
    for seed in (0, 0, 1):
        how = ("post", True, False, False)
        module.shares_right(*how, LINES, LINES, words, settings, seed)
    first, again, other = starts
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[1])  # two networks, two embeddings


# Accuracy and loss


def test_knowing_only_padding(module):
    logits = module.know_only_padding(np.array([[2, 3, 0, 0]]), 5)
    p = np.array(keras.ops.softmax(logits))[0]
    np.testing.assert_allclose(p[:2], np.full((2, 5), 0.2), rtol=1e-6)
    np.testing.assert_allclose(p[2:], np.eye(5)[[0, 0]], atol=1e-6)


def test_pairs_are_next_words(module):
    words = lines.WordIds(LINES, size=30)
    x, y, w = module.pairs(LINES, words, length=7)
    for row, line in enumerate(LINES):
        n, ids = len(line), words.encode(line)
        np.testing.assert_array_equal(x[row, :n], ids)
        np.testing.assert_array_equal(y[row, : n - 1], ids[1:])
        assert w[row].tolist() == [1] * (n - 1) + [0] * (7 - n)
        assert not y[row, n - 1 :].any()


@pytest.mark.parametrize("pads", [0, 9])
def test_next_word_model_counts_words_only(module, pads):
    model = module.next_word_model(7, 4)
    randomise(model)
    E, *weights, V, c = model.get_weights()
    ids = np.pad(IDS[:2], ((0, 0), (0, pads)))  # the third line has no next word
    x, y = ids[:, :-1], ids[:, 1:]
    losses, hits = [], []
    for row in IDS[:2]:
        line = row[row != 0]
        logits = lstm_states(weights, E[line[:-1]]) @ V + c
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        losses += [-log_p[t, i] for t, i in enumerate(line[1:])]
        hits += (logits.argmax(axis=1) == line[1:]).tolist()
    found = model.evaluate(x, y, sample_weight=(y != 0) * 1.0, verbose=0)
    np.testing.assert_allclose(found, [np.mean(losses), np.mean(hits)], rtol=1e-5)


def test_next_word_model_learns(module):
    model = module.next_word_model(7, 8)
    x, y = IDS[:2, :-1], IDS[:2, 1:]
    model.fit(x, y, sample_weight=(y != 0) * 1.0, epochs=80, verbose=0)
    loss, accuracy = model.evaluate(x, y, sample_weight=(y != 0) * 1.0, verbose=0)
    assert loss < 0.5 and accuracy == 1


def test_mean_over_words_and_its_gradient(module):
    losses = keras.ops.convert_to_tensor([2.0, 4.0, 9.0])
    for weights, mean, gradient in (
        ([1, 1, 0], 3, [0.5, 0.5, 0]),
        ([0, 0, 0.5], 9, [0, 0, 1]),
        ([0, 0, 0], 0, [0, 0, 0]),
    ):
        weights = np.array(weights, "float32")
        with tf.GradientTape() as tape:
            tape.watch(losses)
            found = module.mean_over_words(losses, weights)
        assert float(found) == mean
        np.testing.assert_allclose(tape.gradient(found, losses), gradient)


def test_a_batch_without_one_word_has_loss_0_and_moves_nothing(module):
    model = module.next_word_model(7, 4)
    before = model.get_weights()
    x, y = np.array([[3, 0], [2, 0]]), np.zeros((2, 2), "int32")
    loss, _ = model.train_on_batch(x, y, sample_weight=y * 1.0)
    assert loss == 0
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# The exercises: what their checks refuse, and accept


def verdicts(replaced):
    """Run the exercises that ask for some functions, with others; return their lines.

    replaced: name -> function, put in place after the cell that defines the name.
    """
    space, printed = {}, io.StringIO()
    (path,) = (lessons.NOTEBOOKS / "solutions").glob("06_*.ipynb")
    cells, (_, setup) = grade.exercises_of(path)
    exec(setup.replace("runtime.begin(seed=0)", ""), space)
    with contextlib.redirect_stdout(printed):
        for own in cells.values():
            names = {name for _, asked in own for name in asked}
            for source, asked in own if names & {*replaced} else ():
                exec(source, space)
                space.update({n: replaced[n] for n in asked if n in replaced})
    pairs = [line.partition(": ") for line in printed.getvalue().splitlines()]
    return {name: verdict for name, _, verdict in pairs}


def constant_model(size, units):
    ids = keras.Input((None,), dtype="int32")
    e = layers.Embedding(size, units)(ids) * 0.0
    h = layers.LSTM(units)(e, mask=keras.ops.not_equal(ids, 0))
    return keras.Model(ids, layers.Dense(1)(h * 0.0))


def model_without_factor(size, units):
    ids = keras.Input((None,), dtype="int32")
    e = layers.Embedding(size, units)(ids)
    h = layers.LSTM(units)(e, mask=keras.ops.not_equal(ids, 0))
    return keras.Model(ids, layers.Dense(1)(h))


def model_that_reads_padding(size, units):
    ids = keras.Input((None,), dtype="int32")
    e = layers.Embedding(size, units)(ids) * units**0.5
    return keras.Model(ids, layers.Dense(1)(layers.LSTM(units)(e)))


def model_with_a_mask(size, units):
    ids = keras.Input((None,), dtype="int32")
    e = layers.Rescaling(units**0.5)(layers.Embedding(size, units)(ids))
    h = layers.LSTM(units)(e, mask=keras.ops.not_equal(ids, 0))
    return keras.Model(ids, layers.Dense(1)(h))


def padding_share(lengths, size):
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    zeros = sum(max(batch) - n for batch in batches for n in batch)
    return zeros / (zeros + sum(lengths))


def last_states(s, i):
    return tf.gather(s, (i != 0).sum(axis=1) - 1, batch_dims=1)


PADDED = [[0, 7, 8], [3, 4, 5], [2, -2, 0]]


def longer(ids, extra):
    return np.pad(ids, ((0, 0), (0, extra)))


@pytest.mark.parametrize(
    ("name", "function", "check", "hint"),
    [
        ("sentence_model", constant_model, "the model", "which operation"),
        ("sentence_model", model_without_factor, "the model", "the factor is gone"),
        ("sentence_model", model_that_reads_padding, "the model", "still reads"),
        (
            "largest_change",
            lambda m, i, k: np.max(np.array(m(longer(i, k))) - np.array(m(i))),
            "largest change",
            "a score may also fall",
        ),
        (
            "largest_change",
            lambda m, i, k: np.abs(np.array(m(longer(i, k))) - np.array(m(i))).mean(),
            "largest change",
            "not the mean",
        ),
        (
            "largest_change",
            lambda m, i, k: np.abs(
                np.array(m(np.pad(i, ((0, 0), (k, 0))))) - np.array(m(i))
            ).max(),
            "largest change",
            "in front of the words",
        ),
        (
            "largest_change",
            lambda m, i, k: np.abs(np.array(m(longer(i, k))) - np.array(m(i))).min(),
            "largest change",
            "the largest of the three changes",
        ),
        ("at_last_word", lambda s, i: s[:, -1], "state at the last word", "after"),
        ("at_last_word", lambda s, i: s[:, 0], "state at the last word", "first word"),
        (
            "at_last_word",
            lambda s, i: s[range(3), (i != 0).sum(axis=1) - 2],
            "state at the last word",
            "of which step",
        ),
        (
            "share_of_padding",
            lambda n, size: 1 - padding_share(n, size),
            "share of padding",
            "the share of words",
        ),
        (
            "share_of_padding",
            lambda n, size: padding_share(n, size - (size == 7)),
            "share of padding",
            "the last too",
        ),
        (
            "share_of_padding",
            lambda n, size: 1 - sum(n) / (len(n) * max(n)),
            "share of padding",
            "of its own",
        ),
        (
            "share_of_padding",
            lambda n, size: np.mean(
                [
                    1
                    - sum(n[i : i + size])
                    / (len(n[i : i + size]) * max(n[i : i + size]))
                    for i in range(0, len(n), size)
                ]
            ),
            "share of padding",
            "divide once",
        ),
        (
            "padded_by_hand",
            lambda: [[0, 7, 8], [3, 4, 5], [2, -3, 0]],
            "padded",
            "towards zero",
        ),
        (
            "padded_by_hand",
            lambda: [[0, 7, 8], [3, 4, 5], [3, -3, 1]],
            "padded",
            "not rounded",
        ),
        ("padded_by_hand", lambda: [[7, 8, 0], *PADDED[1:]], "padded", "do the zeros"),
        (
            "padded_by_hand",
            lambda: [PADDED[0], [1, 2, 3], PADDED[2]],
            "padded",
            "which end is cut by",
        ),
        (
            "padded_by_hand",
            lambda: [*PADDED[:2], [2.9, -2.9, 0.9]],
            "padded",
            "which type",
        ),
        ("padded_by_hand", lambda: [[7, 8], *PADDED[1:]], "padded", "three decisions"),
        ("mask_of", lambda ids: ids == 0, "mask", "wrong way round"),
        ("mask_of", lambda ids: ids.any(axis=1), "mask", "for each sentence"),
        ("mask_of", lambda ids: ids > 1, "mask", "True at words"),
    ],
)
def test_checks_refuse_likely_mistakes(name, function, check, hint):
    found = verdicts({name: function})[check]
    assert "correct" not in found and hint in found


@pytest.mark.parametrize(
    ("name", "function", "check"),
    [
        ("padded_by_hand", lambda: np.array(PADDED), "padded"),
        ("padded_by_hand", lambda: tuple(map(tuple, PADDED)), "padded"),
        ("padded_by_hand", lambda: tf.constant(PADDED, "float32"), "padded"),
        ("at_last_word", last_states, "state at the last word"),
        (
            "at_last_word",
            lambda s, i: last_states(s, i).numpy().tolist(),
            "state at the last word",
        ),
        ("share_of_padding", padding_share, "share of padding"),
        (
            "share_of_padding",
            lambda n, size: np.float32(padding_share(n, size)),
            "share of padding",
        ),
        (
            "share_of_padding",
            lambda n, size: tf.constant(padding_share(n, size)),
            "share of padding",
        ),
        (
            "largest_change",
            lambda m, i, k: keras.ops.max(keras.ops.abs(m(longer(i, k)) - m(i))),
            "largest change",
        ),
        ("sentence_model", model_with_a_mask, "the model"),
        ("mask_of", lambda ids: (ids != 0).tolist(), "mask"),
        ("mask_of", lambda ids: keras.ops.not_equal(ids, 0), "mask"),
    ],
)
def test_checks_accept_other_forms(name, function, check):
    assert verdicts({name: function})[check] == "correct"


def test_the_next_word_model_skips_padding_also_in_a_gap(module):
    model = module.next_word_model(9, 4)
    for layer in model.layers:
        if isinstance(layer, layers.LSTM):
            layer.use_cudnn = False  # cuDNN takes padding behind only
    with_gap, without = np.array([[3, 0, 0, 5, 7]]), np.array([[3, 5, 7]])
    found, wanted = np.array(model(with_gap)), np.array(model(without))
    np.testing.assert_allclose(found[:, [0, 3, 4]], wanted, rtol=1e-5, atol=1e-6)
