"""Lesson 13, bags, attention pooling and hierarchies, against independent sources."""

import keras
import numpy as np
import pandas as pd
import pytest

import exercises
from helpers import cudnn
from helpers.tasks import reviews
from oracles import lstm_states, sigmoid

NAME = "13_sentiment_of_reviews.ipynb"
KINDS = ["mean", "attention", "BiLSTM", "Conv1D"]
IDS = np.array(
    [[5, 2, 7, 3, 3, 6, 4, 2], [4, 6, 0, 0, 0, 0, 0, 0], [3, 4, 5, 6, 7, 0, 0, 0]]
)
GRID = np.zeros((3, 4, 5), "int32")
GRID[0, 0, :5], GRID[0, 1, :2], GRID[0, 2, :1] = [3, 2, 7, 4, 5], [6, 3], [2]
GRID[1, 0, :3] = [5, 1, 2]
GRID[2, 0, :1], GRID[2, 1, :4] = [7], [2, 3, 4, 6]


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("13")


def randomised(model, scale=0.7):
    """Give every weight of a model, also the biases, a random value."""
    rng = np.random.default_rng(1)
    model.set_weights([scale * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def test_bag_of_by_hand(module):
    assert module.bag_of(["b", "a", "b"]) == ["a", "b"]
    found = module.bag_of(["not", "bad", "not", "good"], pairs=True)
    singles, pairs = ["bad", "good", "not"], ["bad not", "not bad", "not good"]
    assert sorted(found) == sorted(singles + pairs)
    assert module.bag_of([]) == [] and module.bag_of(["a"], pairs=True) == ["a"]


def test_a_bag_is_one_dense_layer_on_what_a_text_has(module):
    bag = module.Bag(9, 0.1)
    bag.build(None)
    w, b = np.random.default_rng(0).normal(size=9), np.array(0.3)
    bag.set_weights([w, b])
    has = np.zeros((3, 9))
    for row, ids in zip(has, IDS, strict=True):
        row[ids] += 1  # once only, whatever stands twice: a bag gets distinct ids
    has[:, 0] = 0
    distinct = [sorted(set(ids) - {0}) for ids in IDS.tolist()]
    rows = keras.utils.pad_sequences(distinct, padding="post")
    np.testing.assert_allclose(bag(rows), np.minimum(has, 1) @ w + b, rtol=1e-5)
    assert float(bag.losses[0]) == pytest.approx(0.1 * np.sum(w**2), rel=1e-5)


TEXTS = [t.split() for t in ("so good !", "so bad !", "good tea", "bad tea")]


def test_a_bag_reads_all_of_a_text_longer_than_any_in_training(module):
    model, vocabulary, encode = module.bag_model([["a", "z"], ["a", "z"]], True, 0.1)
    numbers = np.arange(len(vocabulary), dtype="float32")
    model.set_weights([numbers, np.array(0.5)])
    found = module.answers(model, encode([[*"abcdefghijz"], [], ["z"]]))
    unknown, known = vocabulary.encode(["b", "a"]), vocabulary.encode(["a", "z"])
    assert unknown[0] == 1
    expected = 19 + sum(known) + 0.5  # 9 words and all 10 pairs are new
    np.testing.assert_allclose(found, [expected, 0.5, known[1] + 0.5])


@pytest.mark.parametrize("pairs", [False, True])
def test_bag_model_learns_and_knows_its_features(module, pairs):
    model, vocabulary, encode = module.bag_model(TEXTS * 8, pairs, 1e-4)
    ids = encode([["good", "so", "new"], ["so", "good"]])
    words = [[vocabulary.words[i] for i in row if i] for row in ids]
    assert {"good", "so", "[UNK]"} <= {*words[0]}
    assert ("so good" in words[1]) == pairs
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    y = np.array([1, 0, 1, 0] * 8)
    last = module.train_model(model, encode(TEXTS * 8), y, 60, 0.1, loss, batch=8)
    assert last < 0.2
    assert ((model.predict(encode(TEXTS), verbose=0) > 0) == y[:4]).all()


def test_bag_training_comes_to_the_minimum_of_its_penalised_loss(module):
    # Ten steps an epoch: what Keras does around an epoch takes longer than the step.
    model, _, encode = module.bag_model(TEXTS * 800, False, 0.01)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    x, y = encode(TEXTS * 800), np.array([1, 0, 1, 1] * 800)
    module.train_model(model, x, y, 300, 0.1, loss, batch=320)
    w, b = (v.numpy() for v in model.layers[0].weights)
    p = sigmoid(model.predict(x, verbose=0))
    gradient = 0.02 * w
    for row, error in zip(x, (p - y) / len(y), strict=True):
        gradient[row[row > 0]] += error
    gradient[0] = 0
    assert abs(gradient).max() < 2e-3 and abs((p - y).mean()) < 2e-3 and b != 0


@pytest.mark.parametrize(("rows", "epochs"), [(64, 5), (640, 2), (3_197, 1), (100, 2)])
def test_training_takes_steps_not_epochs(module, rows, epochs, monkeypatch):
    calls = []
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    fit = model.fit
    monkeypatch.setattr(
        model, "fit", lambda *a, **k: calls.append(k["epochs"]) or fit(*a, **k)
    )
    steps = {64: 5, 640: 20, 3_197: 30, 100: 3}[rows]
    module.train_model(model, np.zeros((rows, 1)), np.zeros(rows), steps, 0.1, "mse")
    assert calls == [epochs]


def test_the_rate_falls_to_zero_along_a_cosine(module):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    rates = []
    fit = model.fit
    at_end = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(
            float(model.optimizer.learning_rate)
        )
    )
    model.fit = lambda *a, **k: fit(*a, callbacks=[at_end], **k)
    module.train_model(model, np.zeros((80, 1)), np.zeros(80), 20, 0.1, "mse", batch=8)
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(1, 21) / 20))
    np.testing.assert_allclose(rates, expected, atol=1e-6)
    assert model.optimizer.clipnorm == 1


@pytest.mark.parametrize("kind", [*KINDS, "hierarchy"])
def test_half_of_the_embeddings_and_of_the_vector_is_dropped_in_training(module, kind):
    if kind == "hierarchy":
        model, ids = module.hierarchical_model(8, 4, 5, 3, 2), GRID
    else:
        model, ids = module.reading_model(kind, 8, 8, 3, 4), IDS
    drops = [x for x in model.layers if isinstance(x, keras.layers.Dropout)]
    assert [x.rate for x in drops] == [0.5, 0.5]
    assert isinstance(drops[0].input._keras_history.operation, keras.layers.Embedding)
    randomised(model)
    first, again = (np.array(model(ids, training=True)) for _ in range(2))
    assert abs(first - again).max() > 1e-3
    np.testing.assert_array_equal(model(ids), model(ids))


def softmax(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def attended(weights, h):
    """Return the weighted sum of h (time, n) with a Dense(tanh) and a Dense(1)."""
    W, b, u = weights
    a = softmax((np.tanh(h @ W + b) @ u)[:, 0])
    return a @ h, a


def test_attend_by_hand_at_both_levels(module):
    for shape in ((3, 6, 4), (2, 3, 5, 4)):
        h = keras.Input(shape[1:])
        mask = keras.Input(shape[1:-1], dtype="bool")
        model = keras.Model([h, mask], module.attend(h, mask, 3, "a"))
        randomised(model)
        rng = np.random.default_rng(0)
        x = rng.normal(size=shape)
        real = rng.integers(1, shape[-2] + 1, size=shape[:-2])
        m = np.arange(shape[-2]) < real[..., None]
        found = model.predict([x, m], verbose=0)
        for i in np.ndindex(shape[:-2]):
            expected, _ = attended(model.get_weights(), x[i][: real[i]])
            np.testing.assert_allclose(found[i], expected, rtol=1e-4, atol=1e-5)


def test_average_leaves_padding_out(module):
    h = np.random.default_rng(0).normal(size=(3, 8, 4)).astype("float32")
    found = module.average(h, IDS != 0)
    for row, x, ids in zip(np.array(found), h, IDS, strict=True):
        np.testing.assert_allclose(row, x[ids > 0].mean(axis=0), rtol=1e-5)


def test_reading_models_by_hand(module):
    for kind in ("mean", "attention", "BiLSTM"):
        model = randomised(module.reading_model(kind, 8, 8, 3, 4))
        E, *inner, V, c = model.get_weights()
        for ids, z in zip(IDS, model.predict(IDS, verbose=0), strict=True):
            h = E[ids[ids > 0]]
            if kind == "BiLSTM":
                end = lstm_states(inner[3:6], h[::-1])[::-1]
                h = np.concatenate([lstm_states(inner[:3], h), end], axis=1)
            v = h.mean(axis=0) if kind == "mean" else attended(inner[-3:], h)[0]
            assert z == pytest.approx((v @ V + c)[0], rel=1e-3, abs=1e-4)


def test_the_convolution_by_hand(module):
    model = randomised(module.reading_model("Conv1D", 8, 8, 3, 4), 0.4)
    E, K, k, *lstms, V, c = model.get_weights()
    for ids, z in zip(IDS, model.predict(IDS, verbose=0), strict=True):
        x = np.pad(E[ids] * (ids > 0)[:, None], ((2, 2), (0, 0)))  # (time + 4, 3)
        windows = [np.einsum("tf,tfn->n", x[t : t + 5], K) + k for t in range(8)]
        h = (
            np.maximum(windows, 0)
            .reshape(2, 4, -1)
            .max(axis=1)[: -(-sum(ids > 0) // 4)]
        )
        ends = lstm_states(lstms[:3], h)[-1], lstm_states(lstms[3:], h[::-1])[-1]
        expected = np.concatenate(ends) @ V + c
        assert z == pytest.approx(expected[0], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_more_padding_changes_nothing(module, kind):
    short, long = (module.reading_model(kind, 8, n, 3, 4) for n in (8, 16))
    long.set_weights(randomised(short).get_weights())
    padded = np.pad(IDS, ((0, 0), (0, 8)))
    np.testing.assert_allclose(
        long.predict(padded, verbose=0), short.predict(IDS, verbose=0), atol=1e-4
    )


@pytest.mark.parametrize("kind", [*KINDS, "hierarchy"])
def test_an_empty_review_is_a_number_and_spoils_no_training(module, kind):
    if kind == "hierarchy":
        model, ids = module.hierarchical_model(8, 4, 5, 3, 2), GRID.copy()
    else:
        model, ids = module.reading_model(kind, 8, 8, 3, 4), IDS.copy()
    ids[1] = 0
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    assert np.isfinite(module.train_model(model, ids, np.ones(3), 2, 0.1, loss))
    assert np.isfinite(module.answers(model, ids)).all()


@pytest.mark.parametrize(
    ("kind", "ordered"), [*zip(KINDS, (False, False, True, True), strict=True)]
)
def test_which_models_know_the_order(module, kind, ordered):
    model = randomised(module.reading_model(kind, 8, 8, 3, 4))
    other = IDS.copy()
    other[0] = other[0][::-1]
    apart = model.predict(IDS, verbose=0) - model.predict(other, verbose=0)
    assert (abs(apart[0]) > 1e-3) == ordered and max(abs(apart[1:])) < 1e-6


def test_hierarchical_model_by_hand(module):
    model = randomised(module.hierarchical_model(8, 4, 5, 3, 2))
    E, *rest, V, c = model.get_weights()
    (w1, w2), (a1, a2) = (rest[:6], rest[9:15]), (rest[6:9], rest[15:18])

    def both(weights, x):
        end = lstm_states(weights[3:], x[::-1])[::-1]
        return np.concatenate([lstm_states(weights[:3], x), end], axis=1)

    for grid, z in zip(GRID, model.predict(GRID, verbose=0), strict=True):
        lines = [row[row > 0] for row in grid if row.any()]
        s = np.array([attended(a1, both(w1, E[line]))[0] for line in lines])
        v, _ = attended(a2, both(w2, s))
        assert z == pytest.approx((v @ V + c)[0], rel=1e-3, abs=1e-4)


def test_empty_sentences_and_longer_rows_change_nothing(module):
    small = randomised(module.hierarchical_model(8, 4, 5, 3, 2))
    large = module.hierarchical_model(8, 7, 9, 3, 2)
    large.set_weights(small.get_weights())
    padded = np.pad(GRID, ((0, 0), (0, 3), (0, 4)))
    np.testing.assert_allclose(
        large.predict(padded, verbose=0), small.predict(GRID, verbose=0), atol=1e-5
    )
    cudnn.require(large, padded.any(axis=2))


def test_a_gpu_can_read_every_row_of_a_short_review(module):
    model = module.hierarchical_model(8, 4, 5, 3, 2)
    both = [x for x in model.layers if isinstance(x, keras.layers.Bidirectional)]
    masks = [x._inbound_nodes[0].arguments.kwargs["mask"] for x in both]
    for layer, mask in zip(both, masks, strict=True):
        cudnn.require(layer, keras.Model(model.input, mask)(GRID))


def test_weights_sum_to_one_and_are_those_of_the_sum(module):
    flat = randomised(module.reading_model("attention", 8, 8, 3, 4))
    E, W, b, u, *_ = flat.get_weights()
    for ids, a in zip(IDS, module.weights_of(flat, IDS), strict=True):
        _, expected = attended((W, b, u), E[ids[ids > 0]])
        np.testing.assert_allclose(a[ids > 0], expected, rtol=1e-4)
        assert (a[ids == 0] == 0).all()
    deep = randomised(module.hierarchical_model(8, 4, 5, 3, 2))
    a = module.weights_of(deep, GRID)
    assert a.shape == GRID.shape
    np.testing.assert_allclose(a.sum(axis=(1, 2)), 1, rtol=1e-5)
    assert (a[GRID == 0] < 1e-6).all() and (a[GRID > 0] > 0).all()


@pytest.mark.parametrize("deep", [False, True])
def test_effects_by_taking_out_one_token_at_a_time(module, deep):
    if deep:
        model, ids = module.hierarchical_model(8, 4, 5, 3, 2), GRID
    else:
        model, ids = module.reading_model("BiLSTM", 8, 8, 3, 4), IDS
    before = randomised(model).predict(ids, verbose=0)
    found = module.effects(model, ids)
    assert found.shape == ids.shape
    for place in np.ndindex(ids.shape):
        other = ids.copy()
        other[place] = 1
        moved = abs(model.predict(other, verbose=0) - before)[place[0]]
        expected = moved if ids[place] > 1 else 0
        assert found[place] == pytest.approx(expected, abs=1e-4)


def test_chosen_takes_the_place_of_the_largest(module):
    effect = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    by = np.array([[[0, 9], [1, 2]], [[0, 0], [3, 1]]])
    assert module.chosen(effect, by).tolist() == [2, 7]


def test_twins_have_the_same_words_in_another_order(module):
    praise, complaint = module.twins(["good", "nice"], ["bad"])
    assert praise[1] == ["it", "is", "not", "bad", ".", "it", "is", "nice", "."]
    last = [one[-2] in ("good", "nice") for one in praise]
    assert sum(last) == len(praise) / 2, "the last word alone tells nothing"
    for one, other in zip(praise, complaint, strict=True):
        assert sorted(one) == sorted(other) and one != other
        assert module.bag_of(one) == module.bag_of(other)
        assert module.bag_of(one, True) != module.bag_of(other, True)


def test_one_rater_and_the_rest(module):
    ratings = [np.array([4, 4, 4, 0]), np.array([-1, 2])]
    for seed in range(9):
        one, rest = module.one_and_rest(ratings, np.random.default_rng(seed))
        assert (one[0], rest[0]) in ((4, 8 / 3), (0, 4))
        assert (one[1], rest[1]) in ((-1, 2), (2, -1))


WORDS = reviews.vocabulary([["good", "tea", "."]] * 2)


def test_opinion_is_a_probability_of_what_it_can_read(module):
    model = randomised(module.hierarchical_model(len(WORDS), 3, 4, 3, 2))
    ids = np.zeros((1, 3, 4), "int32")
    ids[0, 0, :3] = WORDS.encode(["good", "tea", "."])
    expected = sigmoid(float(model.predict(ids, verbose=0)[0]))
    found = module.opinion(model, WORDS, "Good TEA.")
    assert found == pytest.approx(expected, rel=1e-4) and 0 < found < 1
    assert 0 < module.opinion(model, WORDS, "good new tea! " * 50) < 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no word in it: write at least one"),
        (" \n", "has no word in it"),
        ("ужасно, не берите", "is among the 3 that the model knows: write in the lang"),
        ("最悪", "is among the 3 that"),
        ("... !!!", "is among the 3 that"),
        ("xqzy", "None of the words of 'xqzy'"),
        (None, "None is no text: give a string"),
        (["good"], "is no text: give a string"),
    ],
)
def test_a_review_that_says_nothing_is_named(module, text, message):
    model = module.hierarchical_model(len(WORDS), 3, 4, 3, 2)
    with pytest.raises(ValueError, match=message):
        module.opinion(model, WORDS, text)


def test_only_readers_in_order_learn_what_not_does(module):
    praise, complaint = module.twins(["good", "nice"], ["bad", "poor"])
    words = reviews.vocabulary(praise + complaint)
    y = np.array([1] * len(praise) + [0] * len(complaint))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    for kind, learns in (("attention", False), ("Conv1D", True)):
        ids = reviews.rows(praise + complaint, words, 12)
        model = module.reading_model(kind, len(words), 12, 8, 8, dropout=0)
        module.train_model(model, np.tile(ids, (8, 1)), np.tile(y, 8), 60, 0.03, loss)
        assert ((model.predict(ids, verbose=0) > 0) == y).all() == learns


def scored(tokens, numbers, bias):
    return bias + np.sum([numbers.get(t, 0) for t in {*tokens}])


def counted(tokens, numbers, bias):
    return bias + sum(numbers.get(t, 0) for t in tokens)


def shortest(one, other):
    for n in range(1, 20):
        a, b = (
            {" ".join(t[i : i + n]) for i in range(len(t) + 1 - n)}
            for t in (one, other)
        )
        if a != b:
            return n


def from_the_left(one, other):
    """Compare only runs that end at a word that differs: a likely mistake."""
    for n in range(1, 20):
        a, b = (
            {tuple(t[i + 1 - n : i + 1]) for i in places if i >= n - 1}
            for t in (one, other)
            for places in [[i for i in range(len(t)) if one[i] != other[i]]]
        )
        if a != b:
            return n


def one(ratings, i, k):
    return np.corrcoef(ratings[:, i], ratings[:, k:].mean(1))[0, 1]


def agreed(ratings, k):
    table = pd.DataFrame({"a": ratings[:, :k].mean(1), "b": ratings[:, k:].mean(1)})
    return table.corr().iloc[0, 1]


E5, LOGS = np.exp(5), np.log([1, 3, 4])  # of exercise 1


def pooled(h, scores, mask, low=-np.inf, axis=1):
    e = np.exp(np.where(mask, scores, low))
    return np.einsum("bt,btf->bf", e / e.sum(axis=axis, keepdims=True), h)


@pytest.mark.parametrize(
    ("exercise", "answer", "verdict"),
    [
        (1, lambda: [2.5, 5], ": correct"),
        (1, lambda: (5 / 2, 5.0), ": correct"),
        (1, lambda: np.float32([2.5, 5]), ": correct"),
        (1, lambda: keras.ops.array([2.5, 5.0]), ": correct"),
        (1, lambda: [np.int64(5) / 2, np.int32(5)], ": correct"),
        (1, lambda: None, "not written yet"),
        (1, lambda: [2.5, None], "not written yet"),
        (1, lambda: [5, 2.5], "exponentials and their sum"),
        (1, lambda: [[2.5, 5]], "shape (1, 2), expected (2,)"),
        (1, lambda: [1 / 8, 3 / 8, 1 / 2], "these are the weights"),
        (1, lambda: [17 / 4, 21 / 4], "of the padding, too"),
        (1, lambda: (np.array([20, 40]) + 9 * E5) / (8 + E5), "leave the fourth step"),
        (
            1,
            lambda: LOGS @ [[4, 0], [0, 8], [4, 4]] / LOGS.sum(),
            "are not the weights",
        ),
        (1, lambda: [8 / 3, 4], "plain mean"),
        (1, lambda: [20, 40], "sum to 1"),
        (1, lambda: [9.0, 8.99], "exponentials and their sum"),
        (2, scored, ": correct"),
        (2, lambda t, n, b: np.float32(scored(t, n, b)), ": correct"),
        (2, lambda t, n, b: keras.ops.array(scored(t, n, b)), ": correct"),
        (2, lambda t, n, b: sum((w in t) * n[w] for w in n) + b, ": correct"),
        (2, lambda t, n, b: sigmoid(scored(t, n, b)), "without the sigmoid"),
        (2, lambda t, n, b: scored(t[:1], n, b), "each distinct token once"),
        (2, lambda t, n, b: scored(t, n, b) > 0, "each distinct token once"),
        (2, lambda t, n, b: b + sum(n.values()), "each distinct token once"),
        (2, lambda t, n, b: [n.get(w, 0) for w in t], "rows of different lengths"),
        (2, lambda t, n, b: None if "new" in t else b, "not written yet"),
        (2, counted, "counts once"),
        (2, lambda t, n, b: scored(t, n, 0), "the bias is missing"),
        (2, lambda t, n, b: sum(n.get(w, 0) + b for w in {*t}), "bias once"),
        (2, lambda t, n, b: b + sum(n[w] for w in {*t}), "stopped by KeyError"),
        (3, shortest, ": correct"),
        (3, lambda a, b: shortest(a, b) - 1, "a run of one token is a word"),
        (
            3,
            lambda a, b: [i == j for i, j in zip(a, b, strict=True)].index(False) + 1,
            "neighbours",
        ),
        (3, lambda a, b: np.int64(shortest(a, b)), ": correct"),
        (3, lambda a, b: float(shortest(a, b)), ": correct"),
        (3, lambda a, b: shortest(" ".join(a), " ".join(b)), "the set of all runs"),
        (3, from_the_left, "the set of all runs of n neighbours"),
        (3, lambda a, b: shortest(a, b) + 1, "the set of all runs"),
        (3, lambda a, b: abs(len(a) - len(b)), "the set of all runs"),
        (3, lambda a, b: None, "not written yet"),
        (3, lambda a, b: 2, "the set of all runs"),
        (4, agreed, ": correct"),
        (4, lambda r, k: np.corrcoef(r[:, :k].mean(1), r.mean(1))[0, 1], "themselves"),
        (4, lambda r, k: np.corrcoef(r[:, k], r[:, k:].mean(1))[0, 1], "not one of"),
        (4, lambda r, k: np.float32(agreed(r, k)), ": correct"),
        (4, lambda r, k: keras.ops.array(agreed(r, k)), ": correct"),
        (
            4,
            lambda r, k: np.corrcoef(r[:, :k].sum(1), r[:, k:].sum(1))[0, 1],
            "correct",
        ),
        (4, lambda r, k: np.corrcoef(r[:, :k].mean(1), r[:, k:].mean(1)), "a number"),
        (4, lambda r, k: np.corrcoef(r[:, :k].mean(0), r[:, k:].mean(0)), "stopped"),
        (4, lambda r, k: agreed(r[:, ::-1], k), "two means over the raters"),
        (4, lambda r, k: agreed(r, k) ** 2, "two means over the raters"),
        (4, lambda r, k: np.mean([one(r, i, k) for i in range(k)]), "k correlations"),
        (4, lambda r, k: None, "not written yet"),
        (4, lambda r, k: np.corrcoef(r[:, 0], r[:, k:].mean(1))[0, 1], "two means"),
        (5, pooled, ": correct"),
        (5, lambda h, r, m: pooled(h, r, m, low=-1e9).tolist(), ": correct"),
        (5, lambda h, r, m: keras.ops.array(pooled(h, r, m)), ": correct"),
        (5, lambda h, r, m: pooled(h, r, m, low=-1.0), "that has padding"),
        (5, lambda h, r, m: np.full((3, 4), np.nan), "NaN"),
        (5, lambda h, r, m: pooled(h, r, m | True), "that has padding"),
        (5, lambda h, r, m: pooled(h, r, m | True) * m.mean(1)[:, None], "that has"),
        (5, lambda h, r, m: pooled(h * m[..., None], r, m | True), "before the sum"),
        (5, lambda h, r, m: pooled(h, r, m)[0], "shape (4,), expected (3, 4)"),
        (5, lambda h, r, m: pooled(h, r, m, low=0.0), "that has padding"),
        (5, lambda h, r, m: pooled(h, r, m, axis=0), "not those of each step"),
    ],
)
def test_exercises_tell_right_answers_from_wrong_ones(exercise, answer, verdict):
    assert verdict in exercises.verdict(NAME, exercise, answer)
