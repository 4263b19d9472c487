"""Lesson 10, pronunciations, error rates and beam search, against other sources."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import exercises
from helpers import data
from helpers.tasks import dates, sounds

START, END = 1, 2
SOURCE = np.array([[3, 5, 4, 6, 3], [6, 4, 0, 0, 0], [4, 3, 5, 0, 0]], "int32")
NAME = "10_pronounce_words.ipynb"


@pytest.fixture
def module(lesson):
    return lesson("10")


def random_models(module, seed, symbols=5, scale=1.5):
    """Return a small pair with large random weights, so that everything matters."""
    models = module.reader(7, 3, 4), module.speaker(symbols, 3, 4)
    return randomised(models, seed, scale)


def randomised(models, seed, scale=1.5):
    """Give a pair other random weights, and return it: its graphs stay."""
    rng = np.random.default_rng(seed)
    for model in models:
        weights = [rng.normal(scale=scale, size=w.shape) for w in model.get_weights()]
        model.set_weights(weights)
    return models


def every_text(symbols, length):
    """List every answer: symbols other than padding, up to END or `length`."""
    texts = []
    for n in range(1, length + 1):
        for text in itertools.product(range(1, symbols), repeat=n):
            if END not in text[:-1] and (text[-1] == END or n == length):
                texts.append(text)
    return texts


def log_probabilities(lesson, models, source, texts):
    """Return the log-probability of each text after one source: (texts,)."""
    longest = max(map(len, texts))
    rows = [[START, *text] + [0] * (longest - len(text)) for text in texts]
    source = tf.constant(np.repeat(source[None], len(texts), axis=0))
    logits = lesson("09").forced(*models, source, tf.constant(rows, tf.int32))[0]
    log_p = tf.nn.log_softmax(logits).numpy()
    return np.array(
        [
            sum(log_p[i, t, symbol] for t, symbol in enumerate(text))
            for i, text in enumerate(texts)
        ]
    )


# Error rates


@functools.cache
def recursive(a, b):
    """Return the edit distance by its definition."""
    if not a or not b:
        return len(a) + len(b)
    same = recursive(a[1:], b[1:]) + (a[0] != b[0])
    return min(recursive(a[1:], b) + 1, recursive(a, b[1:]) + 1, same)


def test_edits_are_the_definition(module):
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b = (tuple(rng.integers(3, size=rng.integers(7)).tolist()) for _ in "ab")
        assert module.edits(a, b) == recursive(a, b) == module.edits(b, a)
    assert module.edits("kitten", "sitting") == 3


def test_error_rates_take_the_nearest_pronunciation(module):
    right = [[("A", "B"), ("C", "D", "E")], [("F",)], [("G", "H", "I", "J")]]
    per, wer = module.error_rates([("C", "D", "E"), ("F",), ("G", "H")], right)
    assert (per, wer) == pytest.approx((100 * 2 / 8, 100 / 3))
    per, wer = module.error_rates([("A", "B", "E"), (), ("G", "H", "I", "J")], right)
    assert (per, wer) == pytest.approx((100 * 2 / 7, 200 / 3))  # A B, one edit away
    assert module.error_rates([("X", "Y", "Z")], [[("F",)]]) == (300, 100)


# The network


def test_a_random_split_leaks_families_and_a_split_by_family_does_not(module):
    words = sounds.pronunciations(data.load_text("sounds.txt.gz"), stressed=False)
    groups = sounds.families(words)
    known, validation, tested = module.parts_of(groups)
    assert (len(validation), len(tested)) == (sounds.VALIDATION, sounds.TEST)
    family = {word: i for i, group in enumerate(groups) for word in group}
    sides = [{family[w] for w in part} for part in (known, validation, tested)]
    assert not sides[0] & sides[1] and not sides[0] & sides[2]


def test_reader_and_speaker_are_those_of_lesson_09(module, lesson):
    """With the same weights, they give the same numbers: dropout is at rest."""
    there = lesson("09")
    ours = random_models(module, 0, scale=0.7)
    layer = there.WrittenOutAttention(64)
    theirs = there.two_way_encoder(7, 3, 4), there.attentive_decoder(5, 3, 4, layer)
    for model, other in zip(ours, theirs, strict=True):
        other.set_weights(model.get_weights())
    target = tf.constant([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]])
    found = there.forced(*ours, tf.constant(SOURCE), target)
    wanted = there.forced(*theirs, tf.constant(SOURCE), target)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_dropout_is_on_in_training_only(module):
    reads, writes = module.reader(7, 3, 16, 0.5), module.speaker(5, 3, 16, 0.5)
    quiet, loud = (np.array(reads(SOURCE, training=on)[2]) for on in (False, True))
    assert (quiet[0] != 0).all() and 0.2 < (loud[0] == 0).mean() < 0.8
    inputs = [tf.constant([[1, 3]] * 3), *reads(SOURCE)]
    same = [np.array(writes(inputs)[0]) for _ in range(2)]
    other = np.array(writes(inputs, training=True)[0])
    assert np.array_equal(*same) and not np.allclose(same[0], other)


@pytest.mark.parametrize("part", ["reader", "speaker"])
def test_dropout_is_on_in_both_during_a_training_step(module, part):
    rates = {"reader": 0.0, "speaker": 0.0, part: 0.5}
    reads = module.reader(7, 3, 16, rates["reader"])
    models = reads, module.speaker(5, 3, 16, rates["speaker"])
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    step = module.make_train_step(*models, keras.optimizers.SGD(0.0))
    assert float(step(SOURCE, target)) != float(step(SOURCE, target))


def test_a_training_step_descends_the_masked_loss(module, lesson):
    models = random_models(module, 0, scale=0.5)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    step = module.make_train_step(*models, keras.optimizers.SGD(0.1))
    logits = lesson("09").forced(*models, tf.constant(SOURCE), tf.constant(target))[0]
    log_p = tf.nn.log_softmax(logits).numpy()
    own = [log_p[b, t, k] for (b, t), k in np.ndenumerate(target[:, 1:]) if k]
    losses = [float(step(SOURCE, target)) for _ in range(30)]
    assert losses[0] == pytest.approx(-np.mean(own), rel=1e-4)
    assert losses[-1] < 0.8 * losses[0]
    step(SOURCE[:2, :3], target[:2, :3])
    assert step.experimental_get_tracing_count() == 1


def test_training_learns_to_copy(module):
    rng = np.random.default_rng(0)
    source = rng.integers(3, 7, size=(400, 3)).astype("int32")
    target = np.pad(source, ((0, 0), (1, 1)), constant_values=((0, 0), (START, END)))
    models = module.reader(7, 8, 16), module.speaker(7, 8, 16)
    losses = module.train(models, source, target, 150, rng, peak=0.03)
    assert len(losses) == 150 and losses[-10:].mean() < 0.1 < losses[0]
    ids, total = module.search(models, source, 2, 4)
    assert np.mean((ids[:, 0] == target[:, 1:]).all(axis=1)) > 0.95
    assert np.exp(total[:, 0]).mean() > 0.8


# Beam search


def test_finished_hypotheses_are_not_extended(module):
    # One batch, two hypotheses: [1, 2] is finished at -1, [1, 3] goes on at -2.
    ids = tf.constant([[[1, 2, 0, 0], [1, 3, 0, 0]]])
    log_p = tf.math.log([[[0.25] * 4, [0.4, 0.1, 0.2, 0.3]]])
    found, total, parent = module.extend(
        ids, tf.constant([[-1.0, -2.0]]), log_p, tf.constant(1), END
    )
    assert found.numpy().tolist() == [[[1, 2, 0, 0], [1, 3, 3, 0]]]
    np.testing.assert_allclose(total, [[-1, -2 + np.log(0.3)]], rtol=1e-5)
    assert parent.numpy().tolist() == [[0, 1]]


def test_a_beam_of_1_is_greedy(module, lesson):
    models = random_models(module, 0)
    for seed in range(4):
        ids, total = module.search(randomised(models, seed), SOURCE, 1, 6)
        assert ids.shape == (3, 1, 6)
        greedy = lesson("09").written_by(models, SOURCE, 6)
        np.testing.assert_array_equal(ids[:, 0], greedy)
        for row in range(3):
            text = [tuple(i for i in greedy[row].tolist() if i)]
            log_p = log_probabilities(lesson, models, SOURCE[row], text)
            np.testing.assert_allclose(total[row], log_p, rtol=1e-4)


def test_a_full_beam_is_exhaustive_search(module, lesson):
    models, texts = random_models(module, 0, symbols=4), every_text(4, 4)
    for seed in range(3):
        ids, total = module.search(randomised(models, seed), SOURCE, len(texts), 4)
        log_p = [log_probabilities(lesson, models, row, texts) for row in SOURCE]
        for row in range(3):
            found = {
                tuple(i for i in y if i): p
                for y, p in zip(ids[row], total[row], strict=True)
            }
            assert set(found) == set(texts)
            for text, p in zip(texts, log_p[row], strict=True):
                assert found[text] == pytest.approx(p, rel=1e-4)
            assert total[row].tolist() == sorted(total[row], reverse=True)
        for alpha in (0.0, 0.5, 1.0, 2.0):
            for row, answer in enumerate(module.chosen(ids, total, alpha)):
                score = log_p[row] / np.array([len(t) for t in texts]) ** alpha
                assert tuple(i for i in answer if i) == texts[score.argmax()]


def test_states_follow_their_hypotheses(module):
    """The next symbol depends on the state alone, and the best beginning changes.

    The state is 1 after the start mark, 4 after [1], 6 after [3], 21 after [3, 3].
    """
    even = [1e-9, 1 / 3, 1 / 3, 1 / 3]
    after = {1: [1e-9, 0.6, 1e-9, 0.4], 6: [1e-9, 0.01, 0.01, 0.98]}
    after[21] = [1e-9, 0.01, 0.98, 0.01]
    table = tf.math.log([after.get(state, even) for state in range(200)])

    def encode(source):
        empty = tf.zeros((tf.shape(source)[0], 1))
        return empty, empty

    def decode(inputs):
        ids, h, c = inputs
        h = 3 * h + tf.cast(ids, tf.float32)  # (rows, 1)
        c = 3 * c + tf.cast(ids, tf.float32)
        log_p = tf.gather(table, tf.cast((h + c) / 2, tf.int32))  # (rows, 1, symbols)
        return log_p, h, c

    for width in (2, 3, 5):
        ids, total = module.search(
            (encode, decode), np.zeros((2, 1), "int32"), width, 4
        )
        assert ids[:, 0].tolist() == [[3, 3, 2, 0]] * 2
        np.testing.assert_allclose(
            total[:, 0], np.log([0.4 * 0.98 * 0.98] * 2), atol=1e-4
        )


def test_one_graph_for_any_number_width_and_length(module):
    models = random_models(module, 0)
    for rows, columns, width, length in ((3, 5, 2, 6), (1, 3, 4, 6), (2, 4, 1, 9)):
        ids, total = module.search(models, SOURCE[:rows, :columns], width, length)
        assert ids.shape == (rows, width, length) and total.shape == (rows, width)
    assert module.make_beam(*models).experimental_get_tracing_count() == 1


def test_many_rows_are_searched_like_each(module):
    models = random_models(module, 1)
    many, totals = module.search(models, np.tile(SOURCE, (100, 1)), 3, 6)
    ids, total = module.search(models, SOURCE, 3, 6)
    np.testing.assert_array_equal(many, np.tile(ids, (100, 1, 1)))
    np.testing.assert_allclose(totals, np.tile(total, (100, 1)), rtol=1e-4)


def test_the_search_stops_when_all_is_finished(module):
    models = random_models(module, 0)
    (bias,) = (w for w in models[1].weights if w.shape == (5,))
    bias.assign([0, 0, 50, 0, 0])  # the end mark, at once
    ids, total = module.search(models, SOURCE, 1, 1_000)
    assert ids[:, 0, :3].tolist() == [[END, 0, 0]] * 3
    np.testing.assert_allclose(total, 0, atol=1e-3)


def test_length_normalisation_prefers_longer_answers(module):
    ids = np.array([[[3, 2, 0, 0], [3, 4, 3, 2]]] * 2)
    total = np.array([[-2.0, -3.0], [-1.0, -3.0]])
    picked = {a: module.chosen(ids, total, a).tolist() for a in (0, 1)}
    assert picked[0] == [[3, 2, 0, 0], [3, 2, 0, 0]]
    assert picked[1] == [[3, 4, 3, 2], [3, 2, 0, 0]]


def test_weights_of_half_precision_are_loaded(module, tmp_path, monkeypatch):
    models, others = random_models(module, 0), random_models(module, 1)
    arrays = [w.astype("float16") for m in models for w in m.get_weights()]
    monkeypatch.setattr(
        module.data, "load_arrays", lambda name: dict(enumerate(arrays))
    )
    module.load_weights(others, "any.npz")
    source = tf.constant(SOURCE)
    for a, b in zip(models[0](source), others[0](source), strict=True):
        np.testing.assert_allclose(a, b, atol=0.02)


# The table of neighbours


def test_alignment_is_the_best_of_all(module):
    rng = np.random.default_rng(0)
    scores = {
        (letter, chunk): float(rng.normal())
        for letter in "ab"
        for n in range(3)
        for chunk in itertools.product("XY", repeat=n)
    }
    for word, phonemes in (("ab", "XY"), ("abba", "XYX"), ("aab", "XXYYX")):
        phonemes = tuple(phonemes)
        best = -np.inf
        for sizes in itertools.product(range(3), repeat=len(word)):
            if sum(sizes) == len(phonemes):
                ends = np.cumsum(sizes)
                chunks = [phonemes[e - n : e] for e, n in zip(ends, sizes, strict=True)]
                best = max(best, sum(map(scores.get, zip(word, chunks, strict=True))))
        found = module.aligned(word, phonemes, lambda *key: scores[key])
        assert sum(found, ()) == phonemes
        assert sum(map(scores.get, zip(word, found, strict=True))) == pytest.approx(
            best
        )
    assert module.aligned("a", ("X", "X", "X"), lambda *_: 0.0) is None


def test_a_table_of_neighbours_knows_what_decides(module):
    pairs = [("ce", ("S", "E")), ("ca", ("K", "A")), ("co", ("K", "O"))] * 5
    chunked = module.fit_chunks([*pairs, ("xo", ("K", "S", "O"))])
    assert dict(chunked)["xo"] == (("K", "S"), ("O",))
    table = module.context_table(chunked, 2)
    for word, said in (("ce", "SE"), ("ca", "KA"), ("coce", "KOKE"), ("q", "")):
        assert module.by_table(table, word, 2) == tuple(said)
    assert module.by_table(table, "ce", 0) == ("K", "E")  # alone, c is K


# Words of one's own, and the exercises


def test_words_without_an_answer_get_one_line(module, capsys):
    models = module.reader(29, 4, 8), module.speaker(6, 4, 8)
    letters = dates.vocabulary_of([sounds.LETTERS])
    phonemes = dates.vocabulary_of([["K", "AE", "T"]])
    found = module.pronounce(["cat", "Cat"], models, letters, phonemes)
    assert found["cat"] == found["Cat"] and 1 <= len(found["cat"]) <= 2
    assert capsys.readouterr().out == ""
    for text, said in (
        ("mp3", "'3' in it"),
        ("", "an empty word"),
        ("слово", "'с' in it"),
        ("b" * 29, "29 letters"),
        ("it's", "one word at a time"),
    ):
        assert module.pronounce([text], models, letters, phonemes) == {}
        printed = capsys.readouterr().out
        assert said in printed and printed.count("\n") == 1
    with pytest.raises(ValueError, match="words='cat' is one string: give a list"):
        module.pronounce("cat", models, letters, phonemes)


@pytest.mark.parametrize("size", [{"width": 0}, {"width": 2.5}, {"length": 0}])
def test_a_beam_without_room_is_named(module, size):
    ((name, value),) = size.items()
    with pytest.raises(ValueError, match=f"{name}={value} does not do"):
        module.search(random_models(module, 0), SOURCE, **{"width": 2, **size})


def test_looks_have_a_row_for_each_phoneme_and_for_the_end_mark(module, lesson):
    words = {"cab": [("K", "B")], "ab": [("K",), ("B",)], "cc": [("K", "K", "B")]}
    letters, phonemes = dates.vocabulary_of(["abcd"]), dates.vocabulary_of([["K", "B"]])
    models = random_models(module, 0)
    found = module.looks(models, list(words), words, letters, phonemes)
    assert [a.shape for a in found] == [(3, 3), (2, 2), (4, 2)]
    for word, a in zip(words, found, strict=True):  # each alone, without padding
        target = dates.padded(words[word][:1], phonemes, marks=True)
        ids = tf.constant(sounds.letter_ids([word], letters))
        weights = lesson("09").forced(*models, ids, tf.constant(target))[-1]
        np.testing.assert_allclose(a, weights[0], atol=1e-5)
        np.testing.assert_allclose(a.sum(axis=1), 1, atol=1e-5)


def beam_exercise(width_of=int, result=lambda kept: kept[0][0], per_parent=False):
    """Return answers to exercise 2: a beam that may be wrong.

    width_of: the width it takes; result: what it returns; per_parent: each hypothesis
        keeps its own best, and the list of all is never cut.
    """

    def beam(first, after, length, width):
        width = width_of(width)
        kept = sorted(((p, (i,)) for i, p in enumerate(first)), reverse=True)[:width]
        for _ in range(length - 1):
            families = [
                sorted(
                    ((total + p, (*y, j)) for j, p in enumerate(after[y[-1]])),
                    reverse=True,
                )
                for total, y in kept
            ]
            cut = [
                one for own in families for one in own[: width if per_parent else 99]
            ]
            kept = sorted(cut, reverse=True)[: None if per_parent else width]
        return result(kept)

    return beam


def chosen(power, extra=0, pick=np.argmax):
    return lambda hs, alpha: pick(
        [sum(h) / (len(h) + extra) ** power(alpha) for h in hs]
    )


def tempered(log_p, temperature):
    return log_p / temperature


def scaled(axis, power=-1):
    """Return answers to exercise 3: log_p * temperature ** power, scaled along axis."""

    def answer(log_p, temperature):
        raised = log_p * temperature**power
        return raised - np.log(np.exp(raised).sum(axis=axis, keepdims=True))

    return answer


def advance(rows):
    def step(states, total, log_p):
        every = (total[:, None] + log_p).ravel()
        best = np.argsort(-every)[: len(total)]
        n = log_p.shape[1]
        return states[rows(best, n)], every[best], best % n

    return step


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        (1, lambda: [27.27, 66.67], "correct"),
        (1, lambda: np.array([300 / 11, 200 / 3]), "correct"),
        (1, lambda: tf.constant([27.2727, 66.6667]), "correct"),
        (1, lambda: (27.3, 66.7), "correct"),
        (1, lambda: [36.36, 100], "two right pronunciations: the nearest counts"),
        (1, lambda: [36.36, 66.67], "in tomato there is no edit"),
        (1, lambda: [18.18, 66.67], "one is to replace, and one to delete"),
        (1, lambda: [27.27, 100], "a word with two edits is one wrong word"),
        (1, lambda: [20, 66.67], "not by the letters"),
        (1, lambda: [66.67, 27.27], "comes first"),
        (1, lambda: [27, 67], "one digit after the point"),
        (1, lambda: [27.27, None], "there is still a None"),
        (1, lambda: [23.08, 66.67], "of the right answers"),
        (1, lambda: [44.44, 66.67], "not a mean over words"),
        (1, lambda: [0.2727, 0.6667], "in percent"),
        (1, lambda: [36.36, 33.33], "the edits of all words over all phonemes"),
        (2, beam_exercise(), "correct"),
        (2, beam_exercise(result=lambda kept: tf.constant(kept[0][0])), "correct"),
        (2, beam_exercise(lambda width: 1), "greedy for every width"),
        (2, beam_exercise(lambda width: 4**4), "tries every answer"),
        (2, beam_exercise(lambda width: width + 1), "0.36 with width 2"),
        (2, beam_exercise(per_parent=True), "best of all together"),
        (2, beam_exercise(result=lambda kept: np.exp(kept[0][0])), "are probabilities"),
        (2, beam_exercise(result=lambda kept: kept[0]), "return a number"),
        (2, beam_exercise(result=lambda kept: kept[-1][0]), "the drawing has"),
        (3, scaled(-1), "correct"),
        (3, lambda p, t: tf.nn.log_softmax(p / t), "correct"),
        (3, tempered, "each row has to sum to 1"),
        (3, scaled(-1, power=1), "do not multiply"),
        (3, scaled(None), "own sum"),
        (3, scaled(1), "along the last axis"),
        (3, lambda p, t: np.exp(scaled(-1)(p, t)), "are probabilities"),
        (3, lambda *given: scaled(-1)(*given).tolist(), "correct"),
        (3, scaled(-1, power=-2), "p to the power 1 / temperature"),
        (4, advance(lambda best, n: best // n), "correct"),
        (4, lambda *a: map(tf.constant, advance(lambda b, n: b // n)(*a)), "correct"),
        (4, advance(lambda best, n: np.arange(len(best))), "which row"),
        (4, advance(lambda best, n: best % n), "which beginning"),
        (4, advance(lambda best, n: best // len(best)), "which row"),
        (5, chosen(lambda alpha: alpha), "correct"),
        (5, chosen(lambda alpha: alpha, pick=lambda s: int(np.argmax(s))), "correct"),
        (5, chosen(lambda alpha: 0), "the sum alone"),
        (5, chosen(lambda alpha: 1), "for every alpha"),
        (5, chosen(lambda alpha: alpha, extra=1), "by nothing else"),
        (5, chosen(lambda alpha: alpha, pick=np.argmin), "this is the worst"),
        (5, chosen(lambda alpha: alpha, pick=lambda s: np.argmax(s) + 1), "from 0"),
        (5, chosen(lambda alpha: alpha, pick=max), "return an index"),
        (5, chosen(lambda alpha: 2 * alpha), "to the power 0"),
        *((number, lambda *_: None, "not written yet") for number in (1, 2, 3, 5)),
    ],
)
def test_exercises_tell_right_from_wrong(number, answer, said):
    assert said in exercises.verdict(NAME, number, answer)


def test_mixed_precision_trains_and_searches(module, half_precision):
    models = random_models(module, 0)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    step = module.make_train_step(*models, keras.optimizers.Adam(0.001))
    assert np.isfinite(step(SOURCE, target))
    ids, total = module.search(models, SOURCE, 2, 4)
    assert ids.shape == (3, 2, 4) and np.isfinite(total).all()
