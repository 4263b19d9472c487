"""Lesson 15, vectors of words, against definitions, brute force and NumPy's SVD."""

import itertools
import math

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from exercises import verdict
from helpers.tasks import speeches

NAME = "15_word_embeddings.ipynb"
UNKNOWN, END = speeches.UNKNOWN, speeches.END
IDS = np.array([2, 3, 0, 2, 4, 1, 5, 1, 1, 3, 3, 2, 5, 4, 2], "int32")


@pytest.fixture
def module(lesson):
    return lesson("15")


def near_pairs(ids, window):
    """Return (place, place, gap) of two words in one sentence, by going through all."""
    for i, j in itertools.combinations(range(len(ids)), 2):
        between = ids[i : j + 1].tolist()
        if j - i <= window and END not in between and UNKNOWN not in (ids[i], ids[j]):
            yield i, j, j - i


def full_counts(ids, size, window):
    expected = np.zeros((size, size))
    for i, j, gap in near_pairs(ids, window):
        for a, b in ((i, j), (j, i)):
            expected[ids[a], ids[b]] += 1 - (gap - 1) / window
    return expected


@pytest.mark.parametrize("gap", [1, 2, 5])
def test_places_by_brute_force(module, gap):
    expected = [i for i, _, g in near_pairs(IDS, 14) if g == gap]
    assert module.places(IDS, gap).tolist() == expected


@pytest.mark.parametrize("window", [1, 2, 5])
def test_counts_by_brute_force(module, window):
    counts = module.count_pairs(IDS, 7, window)
    np.testing.assert_allclose(counts, full_counts(IDS, 7, window), atol=1e-5)
    assert counts.shape == (7, 7) and (counts == counts.T).all()


@pytest.mark.parametrize("power", [1, 0.75])
def test_ppmi_by_definition(module, power):
    counts = module.count_pairs(IDS, 7, 3)
    found = module.ppmi(counts, power)
    total, weight = counts.sum(), [row.sum() ** power for row in counts]
    for a, b in itertools.product(range(7), repeat=2):
        expected = 0
        if counts[a, b]:
            chance = counts[a].sum() / total * weight[b] / sum(weight)
            expected = max(0, math.log(counts[a, b] / total / chance))
        assert found[a, b] == pytest.approx(expected, abs=1e-5)


def test_svd_against_numpy(module):
    rng = np.random.default_rng(0)
    a, b = (np.linalg.qr(rng.normal(size=(90, 90)))[0] for _ in range(2))
    matrix = ((a * 0.9 ** np.arange(90)) @ b.T).astype("float32")
    left, values = module.svd(matrix, 8, rng)
    u, s, _ = np.linalg.svd(matrix)
    assert left.shape == (90, 8)
    np.testing.assert_allclose(values, s[:8], rtol=1e-3)
    np.testing.assert_allclose(abs((left * u[:, :8]).sum(axis=0)), 1, atol=1e-3)


def test_unit_and_nearest(module):
    rng = np.random.default_rng(0)
    vectors = module.unit(np.vstack([rng.normal(size=(9, 3)), np.zeros((1, 3))]))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1] * 9 + [0])
    kept = vectors.copy()
    cosine = {j: float(vectors[j] @ vectors[4]) for j in range(2, 10) if j != 4}
    expected = sorted(cosine, key=lambda j: -cosine[j])[:3]
    assert module.nearest(vectors, 4, 3).tolist() == expected
    assert (vectors == kept).all()


def test_ranks_and_spearman(module):
    rng = np.random.default_rng(0)
    for _ in range(9):
        a, b = rng.integers(0, 6, (2, 20))
        expected = pd.Series(a).rank()
        np.testing.assert_allclose(module.ranks(a), expected - 1)
        both = np.corrcoef(expected, pd.Series(b).rank())[0, 1]
        assert module.spearman(a, b) == pytest.approx(both)
    assert module.spearman([1, 2, 3], [9, 5, 1]) == pytest.approx(-1)


def test_agreement_is_of_cosines(module):
    angles = np.array([0, 0.1, 0.5, 1.2, 2.5])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pairs = np.array([[0, 1], [0, 2], [0, 3], [0, 4]])
    assert module.agreement(vectors, pairs, [9, 7, 5, 2]) == pytest.approx(1)
    assert module.agreement(vectors, pairs, [2, 5, 7, 9]) == pytest.approx(-1)


def sigma(x):
    return 1 / (1 + np.exp(-x))


def loss_by_hand(read, right, drawn, k):
    losses = []
    for w, c in zip(read, right, strict=True):
        wrong = [-math.log(sigma(-w @ n)) for n in drawn]
        losses.append(-math.log(sigma(w @ c)) + k * sum(wrong) / len(wrong))
    return np.mean(losses)


def test_loss_by_definition(module):
    rng = np.random.default_rng(0)
    read, right, drawn = (rng.normal(size=(n, 3)) for n in (4, 4, 6))
    found = float(module.sgns_loss(*map(tf.constant, (read, right, drawn)), 5))
    assert found == pytest.approx(loss_by_hand(read, right, drawn, 5))


def test_thinning(module):
    rng = np.random.default_rng(0)
    ids = np.repeat([0, 1, 2, 3, 4], [5_000, 3_000, 60_000, 30_000, 10_000])
    times = np.bincount(module.thinned(ids, 0.15, rng), minlength=5)
    assert times[UNKNOWN] == 0 and times[END] == 3_000
    for i, n in ((2, 60_000), (3, 30_000), (4, 10_000)):
        expected = n * min(1, math.sqrt(0.15 / (n / 100_000)))
        assert times[i] == pytest.approx(expected, rel=0.03)


class Full:
    """In place of a random generator: each word reaches far, and nothing is mixed."""

    def integers(self, low, high, size):
        return np.full(size, high - 1)

    def permutation(self, rows):
        return rows


def test_skip_grams_with_full_reach(module):
    found = module.skip_grams(IDS, 3, Full()).tolist()
    expected = [
        [int(IDS[x]) for x in pair]
        for i, j, _ in near_pairs(IDS, 3)
        for pair in ((i, j), (j, i))
    ]
    assert sorted(found) == sorted(expected)


def test_skip_grams_have_the_counts_on_average(module):
    rng, found = np.random.default_rng(0), np.zeros((7, 7))
    for _ in range(1_500):
        np.add.at(found, tuple(module.skip_grams(IDS, 4, rng).T), 1 / 1_500)
    np.testing.assert_allclose(found, full_counts(IDS, 7, 4), atol=0.15)


def test_bags_with_full_reach(module):
    found = module.bags(IDS, 2, Full())
    expected = []
    for i, word in enumerate(IDS):
        pairs = [p for p in near_pairs(IDS, 2) if i in p[:2]]
        around = [int(IDS[a + b - i]) for a, b, _ in pairs]
        expected += [(sorted(around), int(word))] if around else []
    rows = [(sorted(x for x in row[:-1].tolist() if x), int(row[-1])) for row in found]
    assert found.shape[1] == 5 and sorted(rows) == sorted(expected)


def test_bags_draw_their_reach(module):
    rng = np.random.default_rng(0)
    ids = np.arange(2, 9, dtype="int32")
    sizes = [(module.bags(ids, 3, rng)[:, :-1] > 0).sum() for _ in range(300)]
    weighed = sum(2 * (7 - gap) * (4 - gap) / 3 for gap in (1, 2, 3))
    assert np.mean(sizes) == pytest.approx(weighed, rel=0.05)


def test_drawn_words(module):
    rng = np.random.default_rng(0)
    drawn = module.draw(IDS, 7, (400, 100), rng)
    assert drawn.shape == (400, 100)
    times = np.array([0, 0, 4, 3, 2, 2, 0]) ** 0.75
    found = np.bincount(drawn.ravel(), minlength=7) / 40_000
    np.testing.assert_allclose(found, times / times.sum(), atol=0.01)


def test_mean_of_leaves_the_empty_places_out(module):
    table = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    found = module.mean_of(tf.constant(table), tf.constant([[2, 0, 5], [0, 0, 3]]))
    np.testing.assert_allclose(found, [(table[2] + table[5]) / 2, table[3]], atol=1e-6)


def test_a_step_goes_down_the_gradient(module):
    rng = np.random.default_rng(0)
    start = [rng.normal(size=(6, 3)).astype("float32") for _ in range(2)]
    tables = [keras.Variable(table) for table in start]
    step = module.make_step(tables, keras.optimizers.SGD(0.5), k=5)
    rows = np.array([[2, 3], [2, 4], [5, 2]], "int32")
    drawn = np.array([4, 4, 3, 2], "int32")
    w, c = (table.astype(float) for table in start)
    expected = loss_by_hand(w[rows[:, 0]], c[rows[:, 1]], c[drawn], 5)
    assert float(step(rows, drawn)) == pytest.approx(expected, abs=1e-4)
    slopes = np.zeros_like(w), np.zeros_like(c)
    for a, b in rows:
        pull = (sigma(w[a] @ c[b]) - 1) / len(rows)
        slopes[0][a] += pull * c[b]
        slopes[1][b] += pull * w[a]
        for n in drawn:
            push = 5 * sigma(w[a] @ c[n]) / len(drawn) / len(rows)
            slopes[0][a] += push * c[n]
            slopes[1][n] += push * w[a]
    for table, old, slope in zip(tables, (w, c), slopes, strict=True):
        np.testing.assert_allclose(np.array(table), old - 0.5 * slope, atol=1e-5)


def planted(sentences=600):
    """Return ids of sentences of five words, each of one of two groups of four."""
    rng = np.random.default_rng(0)
    first = 2 + 4 * rng.integers(0, 2, (sentences, 1))
    rows = first + rng.integers(0, 4, (sentences, 5))
    ends = np.full((sentences, 1), END)
    return np.concatenate([rows, ends], axis=1).ravel().astype("int32")


def group_cosines(vectors):
    cosine = vectors[2:10] @ vectors[2:10].T
    same = np.equal.outer(np.arange(8) // 4, np.arange(8) // 4)
    return cosine[same].mean(), cosine[~same].mean()


@pytest.mark.parametrize("rows", ["skip_grams", "bags"])
def test_training_finds_planted_groups(module, rows, half_precision):
    make = getattr(module, rows)
    rng = np.random.default_rng(0)
    w, c, losses = module.train(planted(), 10, 4, 12, rng, make, 128, limit=1)
    assert w.shape == c.shape == (10, 4) and len(losses) == 12
    assert w.dtype == np.float32 and losses[0] > losses[-1]
    within, across = group_cosines(module.unit(w))
    assert within > across + 0.5


def test_a_text_that_is_too_short_is_named(module):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="rows fill no batch: take a longer text"):
        module.train(IDS, 7, 4, 1, rng, module.skip_grams)


def test_text_since_a_year(module):
    rows = module.text_since(2025)
    assert len(rows) > 100 and "tariffs" in {t for row in rows for t in row}
    assert module.text_since(3000) == []


def test_counting_finds_planted_groups(module):
    matrix = module.ppmi(module.count_pairs(planted(), 10, 5))
    left, values = module.svd(matrix, 2, np.random.default_rng(0))
    within, across = group_cosines(module.unit(left * np.sqrt(values)))
    assert within > across + 0.5


@pytest.mark.parametrize("without", [True, False])
def test_analogies_by_brute_force(module, without):
    rng = np.random.default_rng(0)
    vectors = module.unit(rng.normal(size=(15, 4)))
    questions = np.array([rng.permutation(np.arange(2, 15))[:4] for _ in range(40)])
    best = []
    for a, b, c, _ in questions.tolist():
        aim = vectors[b] - vectors[a] + vectors[c]
        rest = [i for i in range(2, 15) if not (without and i in (a, b, c))]
        best.append(max(rest, key=lambda i, aim=aim: float(vectors[i] @ aim)))
    questions[::2, 3] = best[::2]
    found = module.solved(vectors, questions, without)
    assert found.tolist() == [
        q == b for q, b in zip(questions[:, 3], best, strict=True)
    ]


def test_frequent_pairs(module):
    a, b = module.frequent_pairs(np.array([[0, 3], [2, 5]]), 3)
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (1, 1)]


def test_counts_without_a_pair_are_named(module):
    alone = np.array([2, END, 3, END, UNKNOWN, 2, END], "int32")
    for counts in (module.count_pairs(alone, 4, 5), module.count_pairs(IDS, 7, 0)):
        with pytest.raises(ValueError, match="take a longer text or window"):
            module.ppmi(counts)


def test_nearest_of_equal_words_is_the_first(module):
    vectors = np.eye(3)[[0] * 40]
    assert module.nearest(vectors, 5, 4).tolist() == [2, 3, 4, 6]


def test_watched_words_are_apart_in_the_older_part(module):
    found = module.apart(IDS, [3, 2], np.arange(len(IDS)) < 10, 7)
    expected = [{3: 7, 2: 8}.get(x, x) if k < 10 else x for k, x in enumerate(IDS)]
    assert found.tolist() == expected and IDS.max() == 5


def test_mixed_places_keep_how_often_each_word_is_old(module):
    rng = np.random.default_rng(0)
    ids = rng.integers(2, 6, 400)
    older = np.arange(400) < 150
    kept, found = older.copy(), module.mixed(ids, [3, 5], older, rng)
    others = ~np.isin(ids, [3, 5])
    assert (older == kept).all() and (found == older)[others].all()
    for i in (3, 5):
        places = np.flatnonzero(found & (ids == i))
        assert len(places) == (older & (ids == i)).sum()
        assert places.max() > 300


def test_by_counting_finds_planted_groups(module):
    rng = np.random.default_rng(0)
    vectors = module.by_counting(planted(), 10, 5, 2, rng)
    within, across = group_cosines(vectors)
    assert vectors.shape == (10, 2) and within > across + 0.5
    np.testing.assert_allclose(np.linalg.norm(vectors[2:], axis=1), 1, atol=1e-5)


def test_leaning(module):
    female, male = ["she", "her", "woman", "women"], ["he", "his", "man", "men"]
    every = [*female, *male, "nurse", "army"]
    words = speeches.Words([every, every], 99)
    vectors = np.zeros((len(words), 2))
    for word in every:
        i = words.symbols.index(word)
        vectors[i] = (1, 0) if word in (*female, "nurse") else (0, 1)
    found = module.leaning(vectors, words, "nurse army")
    assert found.tolist() == [1, -1]
    with pytest.raises(ValueError, match="'pilot' is not among the 10 words"):
        module.leaning(vectors, words, "pilot")


def by_hand(value):
    return lambda: value


def slope(w, c, drawn):
    found = [(sigma(sum(w * c)) - 1) * c]
    found += [sigma(sum(w * n)) * n for n in drawn]
    return np.sum(found, axis=0)


def left(share, limits):
    return [sum(min(f, math.sqrt(t * f)) for f in share) for t in limits]


def best_of(forbidden, sign=1):
    def answer(vectors, a, b, c):
        scores = vectors @ (sign * (vectors[b] - vectors[a]) + vectors[c])
        scores[list(forbidden(a, b, c))] = -9
        return scores.argmax()

    return answer


RIGHT = [
    (1, by_hand([2, math.log(2), 0])),
    (1, by_hand(np.array([2, np.log(2), 0], "float32"))),
    (1, by_hand((2.0, 0.69, 0))),
    (2, slope),
    (2, lambda *given: slope(*given).astype("float32")),
    (2, lambda *given: slope(*given).tolist()),
    (2, lambda *given: tf.constant(slope(*given))),
    (3, left),
    (3, lambda *given: np.array(left(*given), "float32")),
    (3, lambda *given: tf.constant(left(*given))),
    (4, best_of(lambda *q: q)),
    (4, lambda *given: np.int64(best_of(lambda *q: q)(*given))),
    (4, lambda *given: float(best_of(lambda *q: q)(*given))),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_are_accepted(number, answer):
    assert verdict(NAME, number, answer).rstrip().endswith(": correct")


WRONG = [
    (1, by_hand([2, 1, 0]), "not that of base 2"),
    (1, by_hand([2, 0.301, 0]), "not that of base 10"),
    (1, by_hand([2, 2, 1]), "a logarithm of how many times"),
    (1, by_hand([2, math.log(2), math.log(2) / 2]), "do not halve the PMI"),
    (1, by_hand([2, math.log(2), -math.inf]), "divide the share of the pair"),
    (1, by_hand([0.1, math.log(0.1), math.log(0.05)]), "divide the share of the pair"),
    (1, by_hand(["2", "ln 2", "0"]), "expected numbers"),
    (1, by_hand([0.5, -math.log(2), 0]), "chance divided by what was counted"),
    (1, by_hand([0.005, math.log(0.005), math.log(0.0025)]), "product of two shares"),
    (1, by_hand([2, None, 0]), "not written yet"),
    (1, by_hand([2, 0.7]), "shape"),
    (2, lambda *given: -slope(*given), "the step, not the gradient"),
    (2, lambda w, c, drawn: (sigma(w @ c) - 1) * c, "the drawn words are missing"),
    (2, lambda w, c, drawn: sigma(drawn @ w) @ drawn, "the real neighbour is missing"),
    (2, lambda w, c, d: (sigma(w @ c) - 1) * c + sigma(d @ w) @ d / 4, "no mean"),
    (2, lambda w, c, d: (sigma(w @ c) - 1) * c - sigma(d @ w) @ d, "signs differ"),
    (2, lambda w, c, d: sigma(d @ w) @ d - sigma(w @ c) * c, "1 - sigma(x)"),
    (2, lambda w, c, d: (sigma(w @ c) - 1) * w, "1 - sigma(x)"),
    (2, lambda w, c, d: sigma(d @ w), "shape (4,), expected (3,)"),
    (2, lambda w, c, drawn: w, "the derivative of the logarithm"),
    (2, lambda w, c, drawn: None, "not written yet"),
    (3, lambda f, ts: [np.minimum(1, np.sqrt(t / f)).mean() for t in ts], "weigh each"),
    (3, lambda *given: 1 - np.array(left(*given)), "thinned away"),
    (3, lambda f, ts: [np.sqrt(t * f).sum() for t in ts], "not several times"),
    (3, lambda f, ts: [np.minimum(f, t).sum() for t in ts], "square root is missing"),
    (3, lambda f, ts: left(f, ts)[0], "shape"),
    (3, lambda f, ts: [(f * np.minimum(1, (f / t) ** 0.5)).sum() for t in ts], "f / t"),
    (3, lambda f, ts: [f * np.minimum(1, (t / f) ** 0.5) for t in ts], "shape"),
    (3, lambda f, ts: [1.0, None, None, None], "not written yet"),
    (4, best_of(lambda a, b, c: (a, b)), "may still be the answer"),
    (4, best_of(lambda *q: ()), "all words of the question"),
    (4, best_of(lambda *q: q, -1), "the difference goes from a to b"),
    (4, best_of(lambda a, b, c: (c,)), "which words may be the answer"),
    (4, best_of(lambda a, b, c: (b, c)), "the first word may be the answer"),
    (4, best_of(lambda a, b, c: (a, c)), "which words may be the answer"),
    (4, lambda *given: None, "not written yet"),
]


@pytest.mark.parametrize(("number", "answer", "says"), WRONG)
def test_wrong_answers_are_refused_with_a_hint(number, answer, says):
    found = verdict(NAME, number, answer)
    assert "correct" not in found and says in found
