"""Lesson 09, encoder, decoder, attention and beam search, against other sources."""

import itertools

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

START, END = 1, 2


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("09")


def loud(models, seed, scale=1.5):
    """Give models large random weights, so that everything in them matters."""
    rng = np.random.default_rng(seed)
    for model in models:
        weights = [rng.normal(scale=scale, size=w.shape) for w in model.get_weights()]
        model.set_weights(weights)
    return models


def random_models(module, seed, attention=True, symbols=5, bidirectional=True):
    layer = module.WrittenOutAttention(3) if attention else None
    return loud(
        (module.encoder(7, 3, 4, bidirectional), module.decoder(symbols, 3, 4, layer)),
        seed,
    )


def forced(module, models, source, target):
    return module.forced(*models, tf.constant(source), tf.constant(target))


SOURCE = np.array([[3, 5, 4, 6, 3], [6, 4, 0, 0, 0], [4, 3, 5, 0, 0]], "int32")


def additive(hd, he, W_d, W_e, v, valid):
    """Return context and weights of one decoder state, position by position."""
    scores = [v @ np.tanh(W_e.T @ h + W_d.T @ hd) for h in he]
    exps = np.array([np.exp(s) * k for s, k in zip(scores, valid, strict=True)])
    weights = exps / exps.sum()
    return sum(a * h for a, h in zip(weights, he, strict=True)), weights


@pytest.mark.parametrize("seed", range(3))
def test_attention_is_the_formula(module, seed):
    rng = np.random.default_rng(seed)
    hd, he = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 6, 5))
    valid = np.arange(6) < np.array([[6], [4]])
    layer = module.WrittenOutAttention(7)
    layer(hd, he, valid)
    (layer,) = loud([layer], seed)
    v, W_d, W_e = layer.get_weights()
    assert W_d.shape == (4, 7) and W_e.shape == (5, 7) and v.shape == (7,)
    context, weights = map(np.array, layer(hd, he, valid))
    assert (weights[1, :, 4:] == 0).all()
    for b, t in np.ndindex(2, 3):
        c, a = additive(hd[b, t], he[b], W_d, W_e, v, valid[b])
        np.testing.assert_allclose(weights[b, t], a, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(context[b, t], c, rtol=1e-4, atol=1e-5)


def test_attention_is_that_of_keras_with_projections(module):
    rng = np.random.default_rng(0)
    hd, he = (rng.normal(size=s).astype("float32") for s in [(2, 3, 4), (2, 6, 5)])
    valid = np.arange(6) < np.array([[6], [2]])
    layer, theirs = module.WrittenOutAttention(7), keras.layers.AdditiveAttention()
    ours = layer(hd, he, valid)
    v, W_d, W_e = layer.get_weights()
    inputs = [tf.constant(a) for a in (hd @ W_d, he, he @ W_e)]  # query, value, key
    theirs.build([a.shape for a in inputs])
    theirs.set_weights([v])
    expected = theirs(
        inputs, mask=[None, tf.constant(valid)], return_attention_scores=True
    )
    for found, wanted in zip(ours, expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_encoder_reads_no_padding(module, bidirectional):
    encode, _ = random_models(module, 0, bidirectional=bidirectional)
    he, h, c = map(np.array, encode(SOURCE))
    assert he.shape == (3, 5, 4)
    for row, n in enumerate([5, 2, 3]):
        alone = [np.array(a)[0] for a in encode(SOURCE[row : row + 1, :n])]
        np.testing.assert_allclose(he[row, :n], alone[0], atol=1e-5)
        assert (he[row, n:] == 0).all()
        np.testing.assert_allclose([h[row], c[row]], alone[1:], atol=1e-5)
        forward = 2 if bidirectional else 4  # units of the first direction
        np.testing.assert_allclose(h[row, :forward], he[row, n - 1, :forward], 1e-5)
        np.testing.assert_allclose(h[row, forward:], he[row, 0, forward:], 1e-5)


def test_decoder_with_attention_is_the_formulas(module):
    _, decode = random_models(module, 1)
    rng = np.random.default_rng(0)
    h, c = rng.normal(size=(2, 1, 4)).astype("float32")
    he = rng.normal(size=(1, 5, 4)).astype("float32")
    valid = np.array([[True] * 3 + [False] * 2])
    ids = np.array([[1, 3, 4, 3]])
    logits, *_, weights = map(np.array, decode([ids, h, c, he, valid]))
    by_kind = {type(layer).__name__: layer for layer in decode.layers}
    dense = [la for la in decode.layers if isinstance(la, keras.layers.Dense)]
    (W_c, b_c), (W_s, b_s) = (layer.get_weights() for layer in dense)
    v, W_d, W_e = by_kind["WrittenOutAttention"].get_weights()
    E, W, U, b = by_kind["Embedding"].get_weights() + by_kind["LSTM"].get_weights()
    h, c = h[0], c[0]
    for t, i in enumerate(ids[0]):
        z = E[i] @ W + h @ U + b
        gate_i, gate_f, gate_o = (1 / (1 + np.exp(-z[k : k + 4])) for k in (0, 4, 12))
        c = gate_f * c + gate_i * np.tanh(z[8:12])
        h = gate_o * np.tanh(c)
        context, a = additive(h, he[0], W_d, W_e, v, valid[0])
        out = np.tanh(np.concatenate([context, h]) @ W_c + b_c)
        np.testing.assert_allclose(weights[0, t], a, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(logits[0, t], out @ W_s + b_s, rtol=1e-3, atol=1e-4)


def test_without_attention_only_the_state_is_handed_over(module):
    encode, decode = random_models(module, 0, attention=False)
    he, h, c = encode(SOURCE)
    ids = tf.constant([[1, 3]] * 3)
    first = module.decoded(decode, ids, h, c, he, tf.constant(SOURCE))
    again = module.decoded(decode, ids, h, c, 0 * he, tf.constant(SOURCE[::-1]))
    assert len(first) == 3 and len(decode.inputs) == 3
    np.testing.assert_array_equal(first[0], again[0])


def test_the_teacher_comes_one_step_late(module):
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 2, 0, 0]], "int32")

    def decode(inputs):
        np.testing.assert_array_equal(inputs[0], target[:, :-1])
        np.testing.assert_array_equal(inputs[4], SOURCE > 0)
        return "logits"

    decode.inputs = range(5)
    found = module.forced(lambda x: (x, x, x), decode, tf.constant(SOURCE), target)
    assert found == "logits"


def test_loss_leaves_padding_out(module):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 5)).astype("float32")
    labels = np.array([[3, 4, 2], [2, 0, 0]])
    z = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    places = [(0, 0), (0, 1), (0, 2), (1, 0)]
    expected = -np.mean([np.log(z[b, t, labels[b, t]]) for b, t in places])
    np.testing.assert_allclose(module.masked_loss(logits, labels), expected, rtol=1e-5)


@pytest.mark.parametrize("attention", [False, True])
def test_models_learn_to_write_alone(module, attention):
    layer = module.WrittenOutAttention(8) if attention else None
    models = module.encoder(7, 8, 16, True), module.decoder(5, 8, 16, layer)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    losses = module.train(models, SOURCE, target, 150, np.random.default_rng(0), 0.02)
    assert losses.shape == (150,) and losses[-1] < 0.1 < losses[0]
    answers = module.written_by(models, SOURCE, 3)
    np.testing.assert_array_equal(answers, target[:, 1:])
    assert module.exact(answers, target).tolist() == [True] * 3
    assert module.exact(answers, target[::-1]).tolist() == [False, True, False]


def log_probabilities(module, models, source, texts):
    """Return the log-probability of each text after one source: (texts,)."""
    longest = max(map(len, texts))
    rows = [[START, *text] + [0] * (longest - len(text)) for text in texts]
    source = np.repeat(source[None], len(texts), axis=0)
    logits = forced(module, models, source, np.array(rows, "int32"))[0]
    log_p = tf.nn.log_softmax(logits).numpy()
    return np.array(
        [
            sum(log_p[i, t, symbol] for t, symbol in enumerate(text))
            for i, text in enumerate(texts)
        ]
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("attention", [False, True])
def test_greedy_takes_the_best_symbol_and_stops(module, seed, attention):
    models = random_models(module, seed, attention)
    found = module.written_by(models, SOURCE, 6)
    for row in range(3):
        text = []
        while len(text) < 6 and END not in text:
            target = np.array([[START, *text, 0]], "int32")
            logits = forced(module, models, SOURCE[row : row + 1], target)[0]
            text.append(1 + int(np.argmax(logits[0, -1, 1:])))
        assert found[row].tolist() == text + [0] * (6 - len(text))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_beam_of_width_1_is_greedy(module, seed, alpha):
    models = random_models(module, seed)
    found, _ = module.beam_search(*models, tf.constant(SOURCE), 1, 6, alpha)
    np.testing.assert_array_equal(found, module.written_by(models, SOURCE, 6))


def every_text(symbols, length):
    """List every answer: symbols other than padding, up to END or `length`."""
    texts = []
    for n in range(1, length + 1):
        for text in itertools.product(range(1, symbols), repeat=n):
            if END not in text[:-1] and (text[-1] == END or n == length):
                texts.append(text)
    return texts


@pytest.mark.parametrize("seed", range(3))
def test_a_full_beam_is_exhaustive_search(module, seed):
    models, texts = random_models(module, seed, symbols=4), every_text(4, 4)
    for alpha in (0.0, 0.5, 1.0, 2.0):
        answers, totals = module.beam_search(
            *models, tf.constant(SOURCE), len(texts), 4, alpha
        )
        for row in range(3):
            log_p = log_probabilities(module, models, SOURCE[row], texts)
            score = log_p / np.array([len(t) for t in texts]) ** alpha
            best = score.argmax()
            text = texts[best] + (0,) * (4 - len(texts[best]))
            assert tuple(answers.numpy()[row]) == text
            np.testing.assert_allclose(totals[row], log_p[best], rtol=1e-4)


def test_length_normalisation_prefers_longer_answers(module):
    sizes = []
    for alpha in (0.0, 2.0):
        found = [
            module.beam_search(
                *random_models(module, seed), tf.constant(SOURCE), 6, 6, alpha
            )[0]
            for seed in range(4)
        ]
        sizes.append(np.count_nonzero(found, axis=-1).ravel())
    assert (sizes[1] >= sizes[0]).all() and (sizes[1] > sizes[0]).any()


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


def test_attention_of_many_rows_is_that_of_each(module):
    models = random_models(module, 0)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    source, target = np.tile(SOURCE, (5, 1)), np.tile(target, (5, 1))
    found = module.attention_of(models, source, target)
    assert found.shape == (15, 3, 5)
    expected = forced(module, models, source[:3], target[:3])[3]
    np.testing.assert_allclose(found, np.tile(expected, (5, 1, 1)), atol=1e-6)


def test_aligned_by_hand(module):
    weights = np.zeros((2, 11, 12))
    for step in range(11):  # a source "05/2009 03..": month 0-2, year 3-7, day 8-10
        weights[0, step, 3 if step < 4 else 0 if step < 7 else 9] = 1
    weights[1] = 0.01
    weights[1, 0, 11], weights[1, 1:4, 6] = 0.9, 0.5  # the sum counts, not the peak
    weights[1, 5, 2], weights[1, 8, 8] = 0.9, 0.9  # one beyond the month; the day
    names = ["year_start", "year_end", "month_start", "month_end", "day_start"]
    rows = pd.DataFrame([[3, 7, 0, 2, 8, 10]] * 2, columns=[*names, "day_end"])
    assert module.aligned(weights, rows).tolist() == [[1, 1, 1], [1, 0, 1]]


def test_backwards_leaves_padding_behind(module):
    assert module.backwards(SOURCE).tolist() == [
        [3, 6, 4, 5, 3],
        [4, 6, 0, 0, 0],
        [5, 3, 4, 0, 0],
    ]


def test_truth_beaten_counts_answers_as_probable_as_the_truth(module):
    models = random_models(module, 0)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    truth = [
        log_probabilities(module, models, SOURCE[i], [[s for s in row[1:] if s]])[0]
        for i, row in enumerate(target.tolist())
    ]
    found = module.truth_beaten(
        models, tf.constant(SOURCE), target, truth + np.array([0.1, -0.1, 0.0])
    )
    assert np.isclose(found, 2 / 3)


def test_sentences_are_those_of_the_notes(module):
    pairs = {" ".join(a): "".join(b) for a, b in module.sentence_pairs()}
    assert len(pairs) == 3 * 3 * 6 * 2 * 6
    assert pairs["I woke up at 8 a.m. today"] == "我今天早上8點起床"
    assert pairs["he ate at 11 p.m. on Friday"] == "他星期五晚上11點吃飯"


def test_word_encoder_knows_no_neighbours(module):
    encode = module.word_encoder(7, 4)
    he, h, c = map(np.array, encode(SOURCE))
    np.testing.assert_array_equal(he, encode.layers[1].get_weights()[0][SOURCE])
    assert h.shape == c.shape == (3, 4) and not h.any() and not c.any()
