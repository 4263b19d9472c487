"""Lesson 01, bag of words and one-hot, against an independent source."""

from collections import Counter

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exercises
from helpers.tasks import lines
from oracles import sigmoid

WORDS = ["he", "she", "is", "a", "teacher", "student"]
some_text = st.lists(st.sampled_from([*WORDS, "dancer"]), min_size=1, max_size=12)
some_ids = st.lists(
    st.lists(st.integers(1, 4), min_size=1, max_size=5), min_size=1, max_size=6
).map(lambda rows: keras.utils.pad_sequences(rows, 5, padding="post"))


@pytest.fixture
def module(lesson):
    return lesson("01")


@pytest.fixture(scope="module")
def functions(lesson):  # for hypothesis, which wants no fixture of each example
    return lesson("01")


@pytest.fixture(scope="module")
def vectorize():
    layers = {
        mode: keras.layers.TextVectorization(vocabulary=WORDS, output_mode=mode)
        for mode in ("count", "int")
    }
    return lambda mode, text: np.array(layers[mode](np.array([" ".join(text)])))[0]


def test_words_of(module):
    assert module.words_of("He's a teacher. SHE--is!") == [
        *("he's", "a", "teacher", "she", "is")
    ]


@settings(deadline=None, max_examples=30)  # TensorFlow starts slowly
@given(text=some_text)
def test_bag_and_one_hot_agree_with_keras(functions, vectorize, text):
    bag = functions.bag_of_words(text, WORDS)
    np.testing.assert_array_equal(bag, vectorize("count", text)[1:])
    matrix = functions.one_hot(text, WORDS)
    expected = keras.ops.one_hot(vectorize("int", text), len(WORDS) + 2)[:, 2:]
    np.testing.assert_array_equal(matrix, np.array(expected))
    np.testing.assert_array_equal(matrix.sum(axis=0), bag)


@pytest.mark.parametrize("start", [0, 1, 4])
def test_flattened_is_the_matrix_further_down(module, start):
    text = ["she", "is", "a", "student"]
    rows = module.flattened(text, WORDS, start, length=8).reshape(8, len(WORDS))
    for t, row in enumerate(rows):
        here = text[t - start] if 0 <= t - start < len(text) else None
        assert [w for w, x in zip(WORDS, row, strict=True) if x] == (
            [here] if here else []
        )


def test_small_network_is_an_mlp(module):
    model = module.small_network(inputs=5, hidden=4)
    x = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    W, b, V, c = model.get_weights()
    assert W.shape == (5, 4) and V.shape == (4, 1)
    expected = np.maximum(x @ W + b, 0) @ V + c
    np.testing.assert_allclose(np.array(model(x)), expected, rtol=1e-5, atol=1e-6)


def test_small_network_takes_scores_for_logits(module):
    model = module.small_network(inputs=2, hidden=4)
    x, y = np.eye(2, dtype="float32"), np.array([1.0, 0.0])
    score = np.array(model(x))[:, 0]
    expected = np.mean(np.log1p(np.exp(-np.where(y == 1, score, -score))))
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), expected, rtol=1e-5)


def test_examples(module):
    real = [("to", "be", "or", "not"), ("be", "not", "to", "to"), ("a", "b")]
    words = lines.WordIds(real, size=20)
    ids, labels = module.examples(real, words, 5, np.random.default_rng(0))
    assert ids.shape == (6, 5) and labels.tolist() == [1, 1, 1, 0, 0, 0]
    np.testing.assert_array_equal(ids[:3], words.padded(real, 5))
    np.testing.assert_array_equal(np.sort(ids[:3]), np.sort(ids[3:]))
    assert (ids[:3] != ids[3:]).any(axis=1).all()


def test_perceptron_by_hand(module):
    ids = np.array([[1, 1], [1, 2], [2, 3], [1, 3]])
    # 1: real, sum 0, wrong: w1 = 2.  2: shuffled, sum 2, wrong: w1 = 1, w2 = -1.
    # 3: shuffled, sum -1, right.     4: real, sum 1, right.
    weights = module.perceptron(ids, [1, 0, 0, 1], size=5)
    assert weights.tolist() == [0, 1, -1, 0, 0] and weights.dtype == np.int64


@given(ids=some_ids, seed=st.integers(0, 99))
def test_any_bag_of_words_is_right_for_half_of_a_pair(functions, ids, seed):
    rng = np.random.default_rng(seed)
    copies = np.array([rng.permutation(row) for row in ids])
    weights = functions.perceptron(rng.permuted(ids), rng.integers(2, size=len(ids)), 5)
    real, shuffled = (weights[x].sum(axis=1) > 0 for x in (ids, copies))
    assert real.sum() + (~shuffled).sum() == len(ids)


@given(ids=some_ids, edges=st.booleans())
def test_pairs_are_those_of_neighbours(functions, ids, edges):
    found = functions.pair_ids(ids, 5, edges)
    assert found.shape == (len(ids), 6)
    for row, pairs in zip(ids, found, strict=True):
        text = [i for i in row.tolist() if i]
        text = [0, *text, 0] if edges else text
        expected = Counter(zip(text[:-1], text[1:], strict=True))
        assert Counter(divmod(p, 5) for p in pairs.tolist() if p) == expected


@given(real=some_ids, copies=some_ids)
def test_log_ratios_by_counting(functions, real, copies):
    ratios = functions.log_ratios(real, copies, 6)
    for i in range(1, 6):
        n_r, n_s = (
            sum(x.ravel().tolist().count(i) for x in [a]) for a in (real, copies)
        )
        assert np.isclose(np.exp(ratios[i]), (n_r + 1) / (n_s + 1))
    assert ratios[0] == 0 and len(ratios) == 6


@pytest.mark.parametrize("edges", [False, True])
def test_share_by_counting_a_game_by_hand(functions, edges):
    real, copy = [1, 2, 3], [2, 1, 3]
    training = [(np.array([real, copy]), np.array([1, 0]))] * 2
    # Without edges: 12, 23 speak for real; 21, 13 for shuffled. 3, 1, 2: only 12.
    test = np.array([real, copy, [3, 1, 2], [0, 0, 0]]), np.array([1, 0, 1, 1])
    share = functions.share_by_counting(training, test, 5, edges)
    assert share == 0.75


def test_edges_decide_where_pairs_are_unknown(functions):
    training = [(np.array([[1, 2], [3, 4]]), np.array([1, 0]))]
    test = np.array([[1, 4, 2], [3, 1, 4]]), np.array([1, 0])
    assert functions.share_by_counting(training, test, 5, True) == 1
    assert functions.share_by_counting(training, test, 5, False) == 0.5


def test_every_round_of_training_is_counted(functions):
    labels = np.array([1, 0])
    rounds = [np.array([[1, 2], [2, 1]]), np.array([[3, 4], [4, 3]])]
    test = np.array([[1, 2], [3, 4]]), np.array([1, 1])
    training = [(ids, labels) for ids in rounds]
    assert functions.share_by_counting(training, test, 5, False) == 1


def test_share_right_by_hand(functions):
    scores = np.array([[2.0], [-0.1], [0.3], [-3.0]])
    assert (
        functions.share_right(lambda ids: scores, None, np.array([1, 1, 0, 0])) == 0.5
    )
    assert (
        functions.share_right(lambda ids: scores, None, np.array([1, 0, 1, 1])) == 0.75
    )


def gru_score(weights, ids):
    """Return the score of one line, without padding: the GRU written out."""
    E, W, U, b, V, c = weights
    units = len(U)
    h = np.zeros(units)
    for i in ids:
        x, m = E[i] @ W + b[0], h @ U + b[1]
        (xz, xr, xh), (mz, mr, mh) = (np.split(a, 3) for a in (x, m))
        z, r = sigmoid(xz + mz), sigmoid(xr + mr)
        h = z * h + (1 - z) * np.tanh(xh + r * mh)
    return h @ V + c


def test_gru_model_reads_the_words_and_no_padding(module):
    model = module.gru_model(size=7, length=6, features=3, units=4, schedule=0.01)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    ids = np.array([[3, 1, 4, 1, 5, 2], [6, 2, 3, 0, 0, 0], [3, 2, 6, 0, 0, 0]])
    found = np.array(model(ids))
    expected = [gru_score(model.get_weights(), [i for i in row if i]) for row in ids]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert abs(found[1] - found[2]) > 1e-3  # the same bag
    assert model.count_params() == 7 * 3 + 3 * 4 * (3 + 4 + 2) + 4 + 1


def test_gru_model_takes_scores_for_logits_and_the_schedule_for_its_steps(module):
    model = module.gru_model(size=5, length=2, features=4, units=4, schedule=0.05)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    ids, y = np.array([[1, 2], [3, 4]]), np.array([1.0, 0.0])
    score = np.array(model(ids))[:, 0]
    expected = np.mean(np.log1p(np.exp(-np.where(y == 1, score, -score))))
    np.testing.assert_allclose(model.evaluate(ids, y, verbose=0), expected, rtol=1e-5)


def test_gru_model_learns(module):
    model = module.gru_model(size=5, length=2, features=4, units=4, schedule=0.05)
    ids = np.array([[1, 2], [2, 1], [3, 4], [4, 3]])
    model.fit(ids, np.array([1, 0, 1, 0]), epochs=60, verbose=0)
    assert (np.array(model(ids))[:, 0] > 0).tolist() == [True, False, True, False]


EXERCISES = "01_bag_of_words_vs_one_hot.ipynb"


@pytest.mark.parametrize(
    ("exercise", "answer", "verdict"),
    [
        (1, lambda: [2, 2, 1, 1, 180], "correct"),
        (1, lambda: np.array([2.0, 2, 1, 1, 180]), "correct"),
        (1, lambda: [2, 2, 1, 1, 720], "can change places"),
        (1, lambda: [2, 2, 1, 1, 360], "two pairs"),
        (1, lambda: [1, 1, 1, 1, 180], "how often"),
        (1, lambda: [2, 2, 1, 1, 179], "this text is one"),
        (1, lambda: [2, 2, 1, 1, 24], "six words"),
        (1, lambda: [2, 2, 1, 0, 180], "is each word of the text counted"),
        (2, lambda ids, size: bincounts(ids, size), "correct"),
        (2, lambda ids, size: bincounts(ids, size).tolist(), "correct"),
        (2, lambda ids, size: bincounts(ids, size, empty=False), "column 0"),
        (2, lambda ids, size: np.minimum(bincounts(ids, size), 1), "how often"),
        (2, lambda ids, size: bincounts(ids, size)[:, 1:], "column 0 stays"),
        (2, lambda ids, size: bincounts(ids, size).T, "which axis is the time"),
        (3, lambda a, b: first_n(a, b, sorted), "correct"),
        (3, lambda a, b: np.int64(first_n(a, b, sorted)), "correct"),
        (3, lambda a, b: first_n(a, b, set), "it counts"),
        (3, lambda a, b: first_n(a, b, list), "no order"),
        (3, lambda a, b: max(2, first_n(a, b, sorted)), "n = 1"),
        (3, lambda a, b: 2, "try your function on the texts of the lesson"),
        (4, lambda w, v, E: E[[v.index(i) for i in w]], "correct"),
        (4, lambda w, v, E: [E[v.index(i)] for i in w], "correct"),
        (4, lambda w, v, E: E[[len(i) for i in w]], "characters"),
        (4, lambda w, v, E: E[range(len(w))], "place in the text"),
        (4, lambda w, v, E: E[[sorted(v).index(i) for i in w]], "order of the voc"),
        (4, lambda w, v, E: E[[v.index(i) - 1 for i in w]], "which number belongs"),
    ],
)
def test_exercises_tell_right_answers_from_wrong_ones(exercise, answer, verdict):
    assert verdict in exercises.verdict(EXERCISES, exercise, answer)


def bincounts(ids, size, empty=True):
    """Return the counts of each id below `size`; column 0 only if not `empty`."""
    counts = np.array([np.bincount(row, minlength=size) for row in ids])
    counts[:, 0] *= not empty
    return counts


def first_n(a, b, kind):
    """Return the first n whose pieces, collected as `kind`, differ; 0 for none."""
    for n in range(1, len(a) + 1):
        x, y = (
            kind([tuple(t[i : i + n]) for i in range(len(t) - n + 1)]) for t in (a, b)
        )
        if x != y:
            return n
    return 0
