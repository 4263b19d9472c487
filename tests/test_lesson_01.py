"""Lesson 01, bag of words and one-hot, against an independent source."""

from collections import Counter

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.tasks import lines
from oracles import sigmoid

WORDS = ["he", "she", "is", "a", "teacher", "student"]
some_text = st.lists(st.sampled_from([*WORDS, "dancer"]), min_size=1, max_size=12)
some_ids = st.lists(
    st.lists(st.integers(1, 4), min_size=1, max_size=5), min_size=1, max_size=6
).map(lambda rows: keras.utils.pad_sequences(rows, 5, padding="post"))


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
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


def test_each_of_many_networks_is_an_mlp_of_its_own(module):
    model = module.many_networks(networks=3, texts=2, inputs=5, hidden=4)
    x = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    W1, W2 = model.get_weights()
    assert W1.shape == (3, 5, 4) and W2.shape == (3, 4)
    found = np.array(model(np.tile(x, (3, 1, 1))))
    for n in range(3):
        hidden = np.maximum(x @ W1[n], 0)
        np.testing.assert_allclose(found[n], hidden @ W2[n], rtol=1e-5, atol=1e-6)
    assert len(np.unique(W1)) == W1.size


def test_share_right_counts(module):
    y = np.array([[1.0, 0.0], [1.0, 0.0]])

    def model(x):
        assert x.shape == (2, 2, 3)
        return np.array([[0.5, -0.1], [-2.0, -3.0]])

    assert module.share_right(model, np.zeros((2, 3)), y) == 0.75


def test_bags_and_examples(module):
    real = [("to", "be", "or", "not"), ("be", "not", "to", "to"), ("a", "b")]
    assert len(module.bags(real)) == 3
    assert module.bags([real[0][::-1]]) == module.bags(real[:1])
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


def test_gru_model_learns(module):
    model = module.gru_model(size=5, length=2, features=4, units=4, schedule=0.05)
    ids = np.array([[1, 2], [2, 1], [3, 4], [4, 3]])
    model.fit(ids, np.array([1, 0, 1, 0]), epochs=60, verbose=0)
    assert (np.array(model(ids))[:, 0] > 0).tolist() == [True, False, True, False]
