"""Lesson 09, encoder, decoder and attention, against other sources."""

import math

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import oracles
from exercises import verdict
from helpers.tasks import dates

START, END = 1, 2
NAME = "09_seq2seq_with_attention.ipynb"


@pytest.fixture
def module(lesson):
    return lesson("09")


def loud(models, seed, scale=1.5):
    """Give models large random weights, so that everything in them matters."""
    rng = np.random.default_rng(seed)
    for model in models:
        weights = [rng.normal(scale=scale, size=w.shape) for w in model.get_weights()]
        model.set_weights(weights)
    return models


def random_models(module, seed, attention=True, symbols=5, bidirectional=True):
    reads = (module.two_way_encoder if bidirectional else module.encoder)(7, 3, 4)
    if attention:
        layer = module.WrittenOutAttention(3)
        writes = module.attentive_decoder(symbols, 3, 4, layer)
    else:
        reads = keras.Model(reads.input, reads.outputs[:2])
        writes = module.decoder(symbols, 3, 4)
    return loud((reads, writes), seed)


def forced(module, models, source, target):
    return module.forced(*models, tf.constant(source), tf.constant(target))


SOURCE = np.array([[3, 5, 4, 6, 3], [6, 4, 0, 0, 0], [4, 3, 5, 0, 0]], "int32")


def additive(d, s, W_d, W_s, v, valid):
    """Return context and weights of one decoder state, position by position."""
    scores = [v @ np.tanh(W_s.T @ row + W_d.T @ d) for row in s]
    exps = np.array([np.exp(r) * k for r, k in zip(scores, valid, strict=True)])
    weights = exps / exps.sum()
    return sum(a * row for a, row in zip(weights, s, strict=True)), weights


@pytest.mark.parametrize("seed", range(3))
def test_attention_is_the_formula(module, seed):
    rng = np.random.default_rng(seed)
    d, s = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 6, 5))
    valid = np.arange(6) < np.array([[6], [4]])
    layer = module.WrittenOutAttention(7)
    layer(d, s, valid)
    (layer,) = loud([layer], seed)
    v, W_d, W_s = layer.get_weights()
    assert W_d.shape == (4, 7) and W_s.shape == (5, 7) and v.shape == (7,)
    context, weights = map(np.array, layer(d, s, valid))
    assert (weights[1, :, 4:] == 0).all()
    for b, t in np.ndindex(2, 3):
        z, a = additive(d[b, t], s[b], W_d, W_s, v, valid[b])
        np.testing.assert_allclose(weights[b, t], a, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(context[b, t], z, rtol=1e-4, atol=1e-5)


def test_a_decoder_with_attention_is_saved_and_loaded_without_help(module, tmp_path):
    encode, decode = random_models(module, 0)
    decode.save(tmp_path / "decode.keras")
    again = keras.saving.load_model(tmp_path / "decode.keras")
    inputs = [tf.constant([[1, 3]] * 3), *encode(SOURCE)]
    for found, wanted in zip(again(inputs), decode(inputs), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_mixed_precision_trains_and_writes(module, half_precision):
    models = random_models(module, 0)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    step = module.make_train_step(*models, keras.optimizers.Adam(0.001))
    assert np.isfinite(step(SOURCE, target))
    assert module.written_by(models, SOURCE, 4).shape == (3, 4)


def test_encoders_read_no_padding(module):
    encode, _ = random_models(module, 0)
    h, c, s, mask = map(np.array, encode(SOURCE))
    assert s.shape == (3, 5, 4)
    np.testing.assert_array_equal(mask, SOURCE != 0)
    for row, n in enumerate([5, 2, 3]):
        alone = [np.array(a)[0] for a in encode(SOURCE[row : row + 1, :n])]
        np.testing.assert_allclose(s[row, :n], alone[2], atol=1e-5)
        assert (s[row, n:] == 0).all()
        np.testing.assert_allclose([h[row], c[row]], alone[:2], atol=1e-5)
        np.testing.assert_allclose(h[row, :2], s[row, n - 1, :2], 1e-5)
        np.testing.assert_allclose(h[row, 2:], s[row, 0, 2:], 1e-5)


def test_encoder_ends_with_the_state_of_its_last_symbol(module):
    (encode,) = loud([module.encoder(7, 3, 4)], 0, scale=0.7)
    embedding, lstm = (la for la in encode.layers if la.get_weights())
    h, c = map(np.array, encode(SOURCE))
    assert h.shape == c.shape == (3, 4)
    for row, n in enumerate([5, 2, 3]):
        vectors = embedding.get_weights()[0][SOURCE[row, :n]]
        states = oracles.lstm_states(lstm.get_weights(), vectors)
        np.testing.assert_allclose(h[row], states[-1], atol=1e-5)


def test_plain_decoder_is_the_formulas(module):
    (decode,) = loud([module.decoder(5, 3, 4)], 0, scale=0.7)
    ids, zeros = np.array([[1, 3, 4, 3]]), np.zeros((1, 4), "float32")
    logits = np.array(decode([ids, zeros, zeros])[0])
    embedding, lstm, out, last = (la for la in decode.layers if la.get_weights())
    vectors = embedding.get_weights()[0][ids[0]]
    states = oracles.lstm_states(lstm.get_weights(), vectors)
    u = np.tanh(states @ out.get_weights()[0] + out.get_weights()[1])
    expected = u @ last.get_weights()[0] + last.get_weights()[1]
    np.testing.assert_allclose(logits[0], expected, atol=1e-4)


def test_decoder_with_attention_is_the_formulas(module):
    _, decode = random_models(module, 1)
    rng = np.random.default_rng(0)
    h, c = rng.normal(size=(2, 1, 4)).astype("float32")
    s = rng.normal(size=(1, 5, 4)).astype("float32")
    valid = np.array([[True] * 3 + [False] * 2])
    ids = np.array([[1, 3, 4, 3]])
    logits, *_, weights = map(np.array, decode([ids, h, c, s, valid]))
    by_kind = {type(layer).__name__: layer for layer in decode.layers}
    dense = [la for la in decode.layers if isinstance(la, keras.layers.Dense)]
    (W_u, b_u), (W_y, b_y) = (layer.get_weights() for layer in dense)
    v, W_d, W_s = by_kind["WrittenOutAttention"].get_weights()
    E, W, U, b = by_kind["Embedding"].get_weights() + by_kind["LSTM"].get_weights()
    h, c = h[0], c[0]
    for t, i in enumerate(ids[0]):
        x = E[i] @ W + h @ U + b
        gate_i, gate_f, gate_o = (1 / (1 + np.exp(-x[k : k + 4])) for k in (0, 4, 12))
        c = gate_f * c + gate_i * np.tanh(x[8:12])
        h = gate_o * np.tanh(c)
        z, a = additive(h, s[0], W_d, W_s, v, valid[0])
        u = np.tanh(np.concatenate([z, h]) @ W_u + b_u)
        np.testing.assert_allclose(weights[0, t], a, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(logits[0, t], u @ W_y + b_y, rtol=1e-3, atol=1e-4)


def test_the_teacher_comes_one_step_late(module):
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 2, 0, 0]], "int32")

    def decode(inputs):
        np.testing.assert_array_equal(inputs[0], target[:, :-1])
        assert inputs[1:] == ["h", "c", "s", "mask"]
        return "logits"

    def encode(source):
        np.testing.assert_array_equal(source, SOURCE)
        return ["h", "c", "s", "mask"]

    found = module.forced(encode, decode, tf.constant(SOURCE), target)
    assert found == "logits"


def test_loss_leaves_padding_out(module):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 5)).astype("float32")
    labels = np.array([[3, 4, 2], [2, 0, 0]])
    z = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    places = [(0, 0), (0, 1), (0, 2), (1, 0)]
    expected = -np.mean([np.log(z[b, t, labels[b, t]]) for b, t in places])
    np.testing.assert_allclose(module.masked_loss(logits, labels), expected, rtol=1e-5)


def test_a_batch_of_padding_costs_nothing_and_changes_nothing(module):
    models = random_models(module, 0)
    before = [w for model in models for w in model.get_weights()]
    step = module.make_train_step(*models, keras.optimizers.Adam(0.1))
    assert step(SOURCE, np.zeros((3, 4), "int32")) == 0
    after = [w for model in models for w in model.get_weights()]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_an_answer_without_its_end_mark_is_not_exact(module):
    target = np.array([[START, 3, 4, END]] * 4)
    written = np.array([[3, 4, END], [3, 4, 3], [3, 3, END], [4, 4, END]])
    assert module.exact(written, target).tolist() == [True, False, False, False]


@pytest.mark.parametrize("attention", [False, True])
def test_models_learn_to_write_alone(module, attention):
    models = module.encoder(7, 8, 16), module.decoder(5, 8, 16)
    if attention:
        models = module.with_attention(7, 5, 8, 16)
    target = np.array([[1, 3, 4, 2], [1, 4, 2, 0], [1, 3, 3, 2]], "int32")
    losses = module.train(models, SOURCE, target, 150, np.random.default_rng(0), 0.02)
    assert losses.shape == (150,) and losses[-1] < 0.1 < losses[0]
    answers = module.written_by(models, SOURCE, 3)
    np.testing.assert_array_equal(answers, target[:, 1:])
    assert module.exact(answers, target).tolist() == [True] * 3
    assert module.exact(answers, target[::-1]).tolist() == [False, True, False]


@pytest.mark.parametrize("attention", [False, True])
def test_greedy_takes_the_best_symbol_and_stops(module, attention):
    models = random_models(module, 0, attention)
    for seed in range(4):
        found = module.written_by(loud(models, seed), SOURCE, 6)
        for row in range(3):
            text = []
            while len(text) < 6 and END not in text:
                target = np.array([[START, *text, 0]], "int32")
                logits = forced(module, models, SOURCE[row : row + 1], target)[0]
                text.append(1 + int(np.argmax(logits[0, -1, 1:])))
            assert found[row].tolist() == text + [0] * (6 - len(text))


def test_one_graph_for_any_number_and_length(module):
    models = random_models(module, 0)
    for rows, columns, length in ((3, 5, 6), (1, 3, 6), (2, 4, 9)):
        found = module.written_by(models, SOURCE[:rows, :columns], length)
        assert found.shape == (rows, length)
    greedy = module.make_greedy(*models)
    assert greedy.experimental_get_tracing_count() == 1


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


def test_lists_are_counted_by_their_length(module):
    models = random_models(module, 0)
    rows = pd.DataFrame({"dates": [1, 2, 3]})
    own = module.written_by(models, SOURCE, 3)
    target = np.concatenate([np.full((3, 1), START), own], axis=1)
    target[1, 1] += 1
    assert module.by_length(models, rows, SOURCE, target) == [1, 0, 1]


def test_texts_without_an_answer_get_one_line(module, capsys):
    models = random_models(module, 0)
    symbols = dates.vocabulary_of(["abcd"]), dates.vocabulary_of(["12"])
    assert len(module.translate(["ab", "c"], models, symbols)) == 2
    for texts, said in ((["x"], "'x' at"), ([""], "is empty"), ([], "no texts")):
        capsys.readouterr()
        assert module.translate(texts, models, symbols) == []
        printed = capsys.readouterr().out
        assert said in printed and printed.count("\n") == 1


def test_sentences_reorder_their_words(module):
    pairs = {" ".join(a): "".join(b) for a, b in module.sentence_pairs()}
    assert len(pairs) == 3 * 3 * 6 * 2 * 6
    assert pairs["I woke up at 8 a.m. today"] == "我今天早上8點起床"
    assert pairs["he ate at 11 p.m. on Friday"] == "他星期五晚上11點吃飯"


def test_word_encoder_knows_no_neighbours(module):
    encode = module.word_encoder(7, 4)
    h, c, s, mask = map(np.array, encode(SOURCE))
    (embedding,) = (la for la in encode.layers if la.get_weights())
    np.testing.assert_array_equal(s, embedding.get_weights()[0][SOURCE])
    np.testing.assert_array_equal(mask, SOURCE != 0)
    assert h.shape == c.shape == (3, 4) and not h.any() and not c.any()


def softmax(r):
    exps = np.exp(r - r.max())
    return exps / exps.sum()


def scores(d, s, W_d, W_s, v):
    return np.tanh(s @ W_s + d @ W_d) @ v


WRONG_SCORES = [
    lambda d, s, W_d, W_s, v: np.tanh(s @ W_s) @ v,
    lambda d, s, W_d, W_s, v: (s @ W_s + d @ W_d) @ v,
    lambda d, s, W_d, W_s, v: np.tanh(s @ W_s + d @ W_d).mean(axis=1),
    lambda d, s, W_d, W_s, v: (np.tanh(s @ W_s) + np.tanh(d @ W_d)) @ v,
]


def weights(masked, scores=scores):
    """Return a solution whose weights are `masked(scores, valid)`."""
    return lambda *case: masked(scores(*case[:-1]), case[-1])


def context(masked, scores=scores):
    """Return a solution whose context has the weights `masked(scores, valid)`."""
    return lambda *case: weights(masked, scores)(*case) @ case[1]


def masked(r, valid, low=-1e9):
    return softmax(np.where(valid, r, low))


def zero_after(r, valid):
    return softmax(r) * valid


def in_place(r, valid):
    """Compute the weights of the words alone, and put them where the words are."""
    found = np.zeros(len(r))
    found[valid] = softmax(r[valid])
    return found


def share(n, N, r, of=0.0):
    """Return what softmax gives to padding, whose score is `of`."""
    exps = np.exp([r] * n + [of] * (N - n))
    return sum(exps[n:]) / sum(exps)


A = [0.3, 0.6, 0.1]  # by hand
LN = [1.0986, 1.7918, 0]
RIGHT = [
    (1, lambda: [*A, 4, 7]),
    (1, lambda: (0.3, 0.6, 0.1, 4.0, 7.0)),
    (1, lambda: np.float32([*A, 4, 7])),
    (1, lambda: tf.constant([*A, 4, 7])),
    (1, lambda: [*softmax(np.log([3, 6, 1])), np.float64(4), np.int64(7)]),
    (1, lambda: [0.3006, 0.5993, 0.1001, 4.007, 6.994]),  # e to 1.1 and to 1.79
    (2, context(masked)),
    (2, lambda *case: context(in_place)(*case).tolist()),
    (2, lambda *case: tf.constant(context(masked)(*case))),
    (3, share),
    (3, lambda n, N, r: (N - n) / (N - n + n * math.exp(r))),
    (3, lambda n, N, r: 1 - n / (n + (N - n) * np.exp(-r))),
    (3, lambda n, N, r: tf.reduce_sum(tf.nn.softmax([r] * n + [0.0] * (N - n))[n:])),
    (3, lambda n, N, r: np.array(share(n, N, r), "float32")),
    (4, weights(masked)),
    (4, weights(lambda r, valid: masked(r, valid, -np.inf))),
    (4, weights(lambda r, valid: softmax(r - 1e9 * ~valid))),
    (4, weights(lambda r, valid: np.exp(r) * valid / (np.exp(r) * valid).sum())),
    (4, weights(lambda r, valid: in_place(r, valid).tolist())),
    (4, weights(lambda r, valid: tuple(in_place(r, valid)))),
    (4, weights(lambda r, valid: tf.nn.softmax(np.where(valid, r, -1e9)))),
]
WRONG = [
    (1, lambda: [1 / 3, 2 / 3, 0, 10 / 3, 20 / 3], "is no padding"),
    (1, lambda: [0.333, 0.667, 0, 3.33, 6.67], "is no padding"),
    (1, lambda: [*LN, 10.986, 17.918], "what does softmax make"),
    (1, lambda: [1.1, 1.79, 0, 10.99, 17.92], "what does softmax make"),
    (1, lambda: [3, 6, 1, 40, 70], "divide each by their sum"),
    (1, lambda: [*A, 40, 70], "not the exponentials"),
    (1, lambda: [0.6, 0.3, 0.1, 7, 4], "meets s_1"),
    (1, lambda: [*A, 3, 6], "s_3 has a share"),
    (1, lambda: [9 / 46, 36 / 46, 1 / 46, 100 / 46, 370 / 46], "e to the power of"),
    (1, lambda: [3, 6, 1, 4, 7], "do your weights sum to 1"),
    (1, lambda: [*A, (4, 7)], "different lengths"),
    (1, lambda: A, "shape (3,), expected (5,)"),
    (1, lambda: [*A, 4, None], "not written yet"),
    *((2, context(masked, s), "are tanh, both projections") for s in WRONG_SCORES),
    (2, context(lambda r, valid: softmax(r)), "still has weight"),
    (2, context(zero_after), "leave the sum"),
    (2, context(lambda r, valid: softmax(r * valid)), "to the power of 0"),
    (3, lambda n, N, r: 1 - share(n, N, r), "stays on real"),
    (3, lambda n, N, r: 100 * share(n, N, r), "no per cent"),
    (3, lambda n, N, r: 1 / (N - n + n * np.exp(r)), "of one padding symbol"),
    (3, lambda n, N, r: (n - N) / (n - N + N * np.exp(r)), "N is the length"),
    (3, lambda n, N, r: share(n, n + N, r), "N counts the real symbols, too"),
    (3, lambda n, N, r: share(n, N, 0.0, of=r), "padding has the score 0"),
    (3, lambda n, N, r: (N - n) / N, "softmax: e to the power"),
    (3, lambda n, N, r: (N - n) / (N - n + n * (r + 1)), "softmax: e to the power"),
    (3, lambda n, N, r: (N - n) / (n * np.exp(r)), "over the sum of all N"),
    (3, lambda *_: None, "not written yet"),
    *((4, weights(masked, s), "print the weights") for s in WRONG_SCORES),
    (4, weights(lambda r, valid: softmax(r * valid)), "print the weights"),  # in place
    (4, weights(lambda r, valid: masked(r, valid, 1e-9)), "sum those of the real"),
    (4, weights(lambda r, valid: softmax(r)), "where is `valid` used"),
    (4, weights(zero_after), "leave the sum"),
    (4, weights(lambda r, valid: softmax(r * np.where(valid, 1, -1e9))), "times -1e9"),
    (4, weights(lambda r, valid: masked(r, ~valid)), "only padding has weight"),
    (4, weights(lambda r, valid: softmax(r[valid])), "padding keeps its place"),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_exercises_accept_right_answers_in_any_usual_form(number, answer):
    assert verdict(NAME, number, answer).endswith(": correct\n")


@pytest.mark.parametrize(("number", "answer", "said"), WRONG)
def test_exercises_refuse_likely_mistakes_with_a_hint(number, answer, said):
    found = verdict(NAME, number, answer)
    assert said in found and "correct" not in found
