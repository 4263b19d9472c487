"""Lesson 07, both directions, against an independent source."""

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

import exercises
from helpers import cudnn
from helpers.tasks import stress
from oracles import lstm_states

LENGTHS = np.array([6, 1, 4, 2, 6])
MASK = np.arange(6) < LENGTHS[:, None]  # (batch, time)


@pytest.fixture
def module(lesson):
    return lesson("07")


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(5, 6, 3)).astype("float32")


def lstm_layer(units, features=3):
    """Return an LSTM with large random weights."""
    layer = keras.layers.LSTM(units, return_sequences=True)
    layer.build((None, 6, features))
    rng = np.random.default_rng(units)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def test_reverse_words_is_reverse_sequence(module, x):
    found = np.array(module.reverse_words(x, MASK))
    np.testing.assert_array_equal(found, tf.reverse_sequence(x, LENGTHS, seq_axis=1))
    np.testing.assert_array_equal(module.reverse_words(found, MASK), x)
    whole = module.reverse_words(x, np.ones_like(MASK))
    np.testing.assert_array_equal(whole, x[:, ::-1])


def test_backward_pass_reads_only_the_words_of_a_row(module, x):
    layer = lstm_layer(4)
    found = np.array(module.backward_pass(layer, x, MASK))
    assert found.shape == (5, 6, 4)
    for row, words, n in zip(found, x, LENGTHS, strict=True):
        expected = lstm_states(layer.get_weights(), words[:n][::-1])[::-1]
        np.testing.assert_allclose(row[:n], expected, rtol=1e-4, atol=1e-5)


def test_both_directions_keep_their_state_at_the_padding(module, x):
    layers = [lstm_layer(4), lstm_layer(4)]
    back = np.array(module.backward_pass(layers[1], x, MASK))
    both = np.array(module.bidirectional(*layers, x, MASK, "concat"))
    front = np.array(layers[0](x))
    for row, n in enumerate(LENGTHS):
        kept = [*front[row, n - 1], *back[row, 0]]  # each has read all words
        for t in range(n, 6):
            np.testing.assert_allclose(both[row, t], kept, atol=1e-5)
            np.testing.assert_allclose(back[row, t], kept[4:], atol=1e-5)


@pytest.mark.parametrize(
    ("mode", "layer"),
    [
        ("concat", keras.layers.Concatenate),
        ("sum", keras.layers.Add),
        ("mul", keras.layers.Multiply),
        ("ave", keras.layers.Average),
    ],
)
def test_merged(module, x, mode, layer):
    a, b = x, 2 * x + 1
    np.testing.assert_allclose(module.merged(a, b, mode), layer()([a, b]), rtol=1e-6)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("mask", [MASK, np.ones_like(MASK)], ids=["mask", "none"])
def test_bidirectional_by_hand(module, x, mode, mask):
    layers = [lstm_layer(4), lstm_layer(4)]
    layers[1].set_weights([w[..., ::-1] for w in layers[0].get_weights()])
    found = np.array(module.bidirectional(*layers, x, mask, mode))
    merge = {
        "concat": lambda a, b: np.concatenate([a, b], axis=1),
        "sum": np.add,
        "mul": np.multiply,
        "ave": lambda a, b: np.mean([a, b], axis=0),
    }[mode]
    for row, words, n in zip(found, x, mask.sum(axis=1), strict=True):
        a = lstm_states(layers[0].get_weights(), words[:n])
        b = lstm_states(layers[1].get_weights(), words[:n][::-1])[::-1]
        np.testing.assert_allclose(row[:n], merge(a, b), rtol=1e-4, atol=1e-5)


def test_stressed_place(module):
    assert module.stressed_place(("F", "OW1", "T", "OW2")) == 1
    assert module.stressed_place(("AH0", "B", "AE1", "N")) == 2


@pytest.mark.parametrize("step", [1, -1])
def test_contradictions_by_brute_force(module, step):
    rng = np.random.default_rng(0)
    words = []
    for _ in range(150):
        bare = rng.choice(["T", "AH", "IY"], size=rng.integers(1, 6)).tolist()
        vowels = [i for i, p in enumerate(bare) if p != "T"]
        if vowels:
            chosen = rng.choice(vowels)
            words.append(
                tuple(
                    p + ("1" if i == chosen else "0") if p != "T" else p
                    for i, p in enumerate(bare)
                )
            )
    expected = Counter()
    for a in words:
        for b in words:
            if len(a) < len(b):
                part = b[: len(a)] if step == 1 else b[len(b) - len(a) :]
                alike = [p.strip("01") for p in a] == [p.strip("01") for p in part]
                if alike and "1" in "".join(part) and a != part:
                    expected[a, b] += 1
    assert Counter(module.contradictions(words, step)) == expected
    assert len(expected) > 20


def test_contradictions_of_photograph(module):
    words = {
        "photograph": ("F", "OW1", "T", "AH0", "G", "R", "AE2", "F"),
        "photographic": ("F", "OW2", "T", "AH0", "G", "R", "AE1", "F", "IH0", "K"),
        "photographs": ("F", "OW1", "T", "AH0", "G", "R", "AE2", "F", "S"),
    }
    found = module.contradictions(words.values(), 1)
    assert found == [(words["photograph"], words["photographic"])]
    assert module.contradictions(words.values(), -1) == []


def test_encoded_and_vowels(module):
    words = {"photo": ("F", "OW1", "T", "OW2"), "ago": ("AH0", "G", "OW1")}
    ids, places = module.encoded(["ago", "photo"], words, 5)
    assert places.tolist() == [2, 1]
    names = np.array(stress.PHONEMES)[ids]
    assert names[1].tolist() == ["F", "OW", "T", "OW", ""]
    vowels = [[name[:1] in {*"AEIOU"} for name in row] for row in names]
    np.testing.assert_array_equal(module.is_vowel(ids), vowels)


def test_stress_rates_by_counting(module):
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 8, size=(40, 5))
    places = rng.integers(5, size=40)
    rates = module.stress_rates(ids, places)
    assert rates.shape == (len(stress.PHONEMES),)
    for i in range(len(rates)):
        hits = [places[r] == t for (r, t), v in np.ndenumerate(ids) if v == i]
        assert rates[i] == (sum(hits) / len(hits) if hits else 0)


@pytest.mark.parametrize(("units", "features"), [(1, 1), (48, 16), (5, 9)])
def test_lstm_parameters(module, units, features):
    layer = keras.layers.LSTM(units)
    layer.build((None, 3, features))
    assert module.lstm_parameters(units, features) == layer.count_params()


IDS = np.array([[20, 12, 33, 3, 21, 2], [3, 16, 4, 0, 0, 0], [5, 16, 7, 6, 1, 0]])


def randomised(model):
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("reading", ["forward", "backward", "bidirectional"])
def test_stress_model_by_hand(module, reading):
    model = randomised(module.stress_model(reading, units=4, length=6, features=3))
    E, *lstms, V, c = model.get_weights()
    found = np.array(model(IDS))
    assert found.shape == (3, 6)
    for row, ids in zip(found, IDS, strict=True):
        x = E[[i for i in ids if i]]
        front = lstm_states(lstms[:3], x)
        end = lstm_states(lstms[-3:], x[::-1])[::-1]
        h = {"forward": front, "backward": end}.get(
            reading, np.concatenate([front, end], axis=1)
        )
        scores = (h @ V + c)[:, 0]
        for t, i in enumerate(ids):
            if 1 <= i <= 15:
                np.testing.assert_allclose(row[t], scores[t], rtol=1e-3, atol=1e-4)
            else:
                assert row[t] == -1e9


@pytest.mark.parametrize("reading", ["forward", "backward", "bidirectional"])
def test_more_padding_changes_nothing(module, reading):
    short, long = (
        module.stress_model(reading, units=4, length=n, features=3) for n in (6, 11)
    )
    long.set_weights(randomised(short).get_weights())
    padded = np.pad(IDS, ((0, 0), (0, 5)))
    np.testing.assert_allclose(
        np.array(long(padded))[:, :6], short(IDS), rtol=1e-4, atol=1e-4
    )
    cudnn.require(long, padded != 0)


@pytest.mark.parametrize("reading", ["forward", "bidirectional"])
def test_stress_model_skips_what_the_mask_leaves_out(module, reading):
    # Padding behind never reaches the score of a vowel; in a gap the mask is seen.
    gap = np.array([[20, 12, 0, 0, 33, 3], [3, 0, 16, 0, 4, 0]])
    packed = np.array([[20, 12, 33, 3, 0, 0], [3, 16, 4, 0, 0, 0]])
    model = randomised(module.stress_model(reading, units=4, length=6, features=3))
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.LSTM):
            layer.use_cudnn = False  # cuDNN would stop at the gap
    found, expected = np.array(model(gap)), np.array(model(packed))
    np.testing.assert_allclose(
        found[module.is_vowel(gap)], expected[module.is_vowel(packed)], rtol=1e-4
    )


@pytest.mark.parametrize(
    ("reading", "learns"), [("forward", False), ("backward", True), ("both", True)]
)
def test_only_a_reader_from_the_end_learns_a_rule_of_the_end(module, reading, learns):
    # Two vowels that are alike; the last consonant says which of them is stressed.
    ids = np.array([[1, 16, 1, 17], [1, 16, 1, 18]])
    places = np.array([0, 2])
    model = module.stress_model(reading, units=4, length=4, features=4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss)
    model.fit(np.tile(ids, (8, 1)), np.tile(places, 8), epochs=60, verbose=0)
    found = np.array(model(ids)).argmax(axis=1)
    assert (found == places).all() == learns


@pytest.mark.parametrize("reading", ["forward", "backward", "bidirectional"])
def test_a_saved_model_gives_the_same_scores(module, reading, tmp_path):
    model = randomised(module.stress_model(reading, units=4, length=6, features=3))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(IDS), model(IDS), rtol=1e-6)


def test_train_moves_the_loss_of_the_right_vowel(module):
    ids = np.array([[1, 16, 2, 17], [2, 16, 1, 17]] * 8)
    places = np.array([0, 2] * 8)  # the stressed vowel has id 1
    model = module.stress_model("forward", units=4, length=4, features=4)
    loss = module.train(model, ids, places, epochs=60, batch=4, rate=0.05)
    assert 0 <= loss < 0.1
    assert (np.array(model(ids)).argmax(axis=1) == places).all()


EXERCISES = "07_bidirectional_lstm.ipynb"
HAND = [[8, 9, 11], [7, 18, 28], [4, 4.5, 5.5]]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (HAND, "correct"),
        (np.float32(HAND), "correct"),
        (keras.ops.convert_to_tensor(HAND), "correct"),
        ([[5, 9, 14], [4, 18, 49], [2.5, 4.5, 7]], "word 1"),
        ([[17, 18, 20], [16, 45, 91], [8.5, 9, 10]], "padding"),
        (tuple(map(tuple, HAND)), "correct"),
        (HAND[::-1], "then a row for each of sum"),
    ],
)
def test_exercise_1(answer, line):
    assert line in exercises.verdict(EXERCISES, 1, lambda: answer)


def reversed_in_place(x, mask):
    for row, n in zip(x, mask.sum(axis=1), strict=True):
        row[:n] = row[:n][::-1].copy()
    return x.tolist()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (reversed_in_place, "correct"),
        (lambda x, mask: tf.constant(reversed_in_place(x, mask)), "correct"),
        (lambda x, mask: np.float32(reversed_in_place(x, mask)), "correct"),
        (lambda x, mask: x[:, ::-1], "padding, too"),
        (lambda x, mask: reversed_in_place(x * mask[..., None], mask), "keep its"),
        (lambda x, mask: x[..., ::-1], "count its words in the mask"),
        (lambda x, mask: x, "only these change places"),
    ],
)
def test_exercise_2(answer, line):
    assert line in exercises.verdict(EXERCISES, 2, answer)


def reaching(model, x, step, size=np.abs, axis=(0, 2)):
    other = np.where(np.arange(x.shape[1])[None, :, None] == step, x + 1.0, x)
    return size(np.array(model(other)) - np.array(model(x))).max(axis) > 1e-6


GENERAL = "Hint: change a copy of x"
OTHERS = ["the output at the changed step changes, too"] * 3
STAY = [*["that stay as they were"] * 2, "compare with the old x?"]
FROM_1 = ["count the steps from 0"] * 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda m, x, t: np.flatnonzero(reaching(m, x, t)), ["correct"] * 3),
        (lambda m, x, t: np.nonzero(reaching(m, x, t)), ["correct"] * 3),
        (lambda m, x, t: {*np.flatnonzero(reaching(m, x, t))}, ["correct"] * 3),
        (lambda m, x, t: reaching(m, x, t), ["not True and False"] * 3),
        (lambda m, x, t: np.flatnonzero(~reaching(m, x, t)), STAY),
        (lambda m, x, t: np.flatnonzero(reaching(m, x, t)) + 1, FROM_1),
        (lambda m, x, t: np.flatnonzero(reaching(m, x, t, axis=(0, 1))), ["axis"] * 3),
        (lambda m, x, t: {*np.flatnonzero(reaching(m, x, t))} - {t}, OTHERS),
        (lambda m, x, t: [], ["compare with the old x?"] * 3),
        (lambda m, x, t: range(t, 6), ["correct", *[GENERAL] * 2]),
        (lambda m, x, t: [t], [GENERAL] * 3),
    ],
)
def test_exercise_3(answer, said):
    lines = exercises.verdict(EXERCISES, 3, answer).splitlines()
    for line, part in zip(lines, said, strict=True):
        assert part in line


def test_exercise_3_takes_no_rise_for_a_change():
    def answer(m, x, t):
        return np.flatnonzero(reaching(m, x, t, size=np.positive))

    lines = exercises.verdict(EXERCISES, 3, answer).splitlines()
    refused = [line for line in lines if not line.endswith(": correct")]
    assert refused and all("may rise or fall" in line for line in refused)


def ends(y, mask, units):
    last = mask.sum(axis=1) - 1
    rows = [[*row[t, :units], *row[0, units:]] for row, t in zip(y, last, strict=True)]
    return [[float(v) for v in row] for row in rows]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (ends, "correct"),
        (lambda *given: tf.constant(ends(*given)), "correct"),
        (lambda *given: np.array(ends(*given)), "correct"),
        (lambda y, m, n: y[:, -1], "at the last step of a row"),
        (
            lambda y, m, n: np.concatenate([y[:, -1, :n], y[:, 0, n:]], axis=1),
            "not in the last place",
        ),
        (lambda y, m, n: y[range(3), m.sum(axis=1) - 1], "the backward LSTM has"),
        (lambda y, m, n: y[:, 0], "the forward LSTM has only begun"),
        (lambda y, m, n: y.mean(axis=1), "two halves"),
    ],
)
def test_exercise_4(answer, line):
    assert line in exercises.verdict(EXERCISES, 4, answer)


@pytest.mark.parametrize(
    ("back", "line"),
    [
        (lambda h: h[:, ::-1], "correct"),
        (lambda h: h, "backward layer read first?"),
        (lambda h: h[..., ::-1], "write down, for three words"),  # the mistake
        (lambda h: h[:, ::-1, ::-1], "the units keep their order"),
        (lambda h: h[::-1], "the sentences of the batch"),
        (lambda h: h[::-1, ::-1], "write down, for three words"),
    ],
)
def test_exercise_5(back, line):
    for kind in (np.array, np.ndarray.tolist, tf.constant):

        def answer(forward, backward, x, kind=kind):
            both = [forward(x), back(backward(x[:, ::-1]))]
            return kind(np.concatenate(both, axis=-1))

        assert line in exercises.verdict(EXERCISES, 5, answer)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda f, b, x: [f(x), b(x)], "still read from the end?"),
        (lambda f, b, x: [b(x[:, ::-1])[:, ::-1], f(x)], "forward layer come first"),
        (lambda f, b, x: [f(x), b(x)[:, ::-1]], "write down, for three words"),
    ],
)
def test_exercise_5_names_other_mistakes(answer, line):
    def both(*given):
        return np.concatenate(answer(*given), axis=-1)

    assert line in exercises.verdict(EXERCISES, 5, both)
