"""Lesson 18, attention and the Transformer, against NumPy, Keras and brute force."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import attention
from exercises import verdict
from helpers import data, lessons
from helpers.text import Vocabulary

NAME = "18_transformer.ipynb"


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("18")


def softmax(r):
    e = np.exp(r - r.max())
    return e / e.sum()


def test_attend_by_the_definition(module):
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 3, 4, 9)).astype("float32")
    k = np.concatenate([k, k[:, ::-1] + 1], axis=1)  # (3, 8, 9)
    v = rng.normal(size=(3, 8, 5)).astype("float32")
    allowed = rng.random((3, 4, 8)) < 0.6
    allowed[..., 0] = True
    z, weights = map(np.array, module.attend(*map(tf.constant, (q, k, v)), allowed))
    for b, i in np.ndindex(3, 4):
        may = allowed[b, i]
        scores = [q[b, i] @ k[b, j] / 3 for j in np.flatnonzero(may)]
        expected = softmax(np.array(scores))
        np.testing.assert_allclose(weights[b, i, may], expected, atol=1e-5)
        assert (weights[b, i, ~may] == 0).all()
        np.testing.assert_allclose(z[b, i], expected @ v[b, may], atol=1e-5)


def test_attend_is_the_operation_of_keras(module):
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(3, 2, 5, 2, 4)).astype("float32")  # heads: axis 2
    expected = keras.ops.dot_product_attention(q, k, v, is_causal=True)
    parts = (tf.constant(a.swapaxes(1, 2)) for a in (q, k, v))
    found, _ = module.attend(*parts, np.tril(np.ones((5, 5), bool)))
    np.testing.assert_allclose(np.swapaxes(found, 1, 2), expected, atol=1e-5)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_several_heads_are_the_layer_of_keras(module, heads):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 8)).astype("float32")
    memory = rng.normal(size=(2, 5, 8)).astype("float32")
    allowed = rng.random((2, 1, 3, 5)) < 0.7
    allowed[..., 0] = True
    ours = module.attention_model(8, heads)
    theirs = keras.layers.MultiHeadAttention(heads, 8 // heads)
    theirs.build(x.shape, memory.shape)
    every = [rng.normal(size=w.shape) for w in ours.get_weights()]
    ours.set_weights(every)
    theirs.set_weights(
        [w.reshape(v.shape) for w, v in zip(every, theirs.weights, strict=True)]
    )
    expected = theirs(x, memory, attention_mask=allowed[:, 0])
    found = ours([x, memory, allowed])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def made_by(model, kind):
    """List the layers of a class in the order in which they were made."""
    found = [layer for layer in model.layers if isinstance(layer, kind)]
    return sorted(
        found, key=lambda layer: int(re.search(r"(\d*)$", layer.name)[1] or 0)
    )


def normalised(x, weights):
    gain, shift = weights
    mean = x.mean(axis=-1, keepdims=True)
    return gain * (x - mean) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-3) + shift


def attended(x, asked, dense, heads, may):
    """Return what attention adds to x (n, width), from asked (m, width), by loops."""
    q, k, v = ((a @ W + b) for a, (W, b) in zip((x, asked, asked), dense, strict=False))
    d, found = x.shape[1] // heads, np.zeros_like(x)
    for h in range(heads):
        cut = slice(h * d, (h + 1) * d)
        for i in range(len(x)):
            steps = [j for j in range(len(asked)) if may(i, j)]
            weights = softmax(k[steps][:, cut] @ q[i, cut] / np.sqrt(d))
            found[i, cut] = weights @ v[steps][:, cut]
    return found @ dense[3][0] + dense[3][1]


def forward(model, ids, heads, blocks, read=None):
    """Return the logits of one text in NumPy; read: vectors to look at, (m, width)."""
    E, P = (layer.get_weights()[0] for layer in made_by(model, keras.layers.Embedding))
    norms = made_by(model, keras.layers.LayerNormalization)
    norms = iter([layer.get_weights() for layer in norms])
    dense = [layer.get_weights() for layer in made_by(model, keras.layers.Dense)]
    x = E[ids] + P[: len(ids)]
    for _ in range(blocks):
        y = normalised(x, next(norms))
        x = x + attended(y, y, dense, heads, lambda i, j: j <= i)
        dense = dense[4:]
        if read is not None:
            y = normalised(x, next(norms))
            x = x + attended(y, read, dense, heads, lambda i, j: True)
            dense = dense[4:]
        (W1, b1), (W2, b2), *dense = dense
        x = x + np.maximum(normalised(x, next(norms)) @ W1 + b1, 0) @ W2 + b2
    ((W, b),) = dense
    return normalised(x, next(norms)) @ W + b


def shaken(model):
    """Give a model weights of which none is 0 or 1."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.get_weights()])
    return model


@pytest.mark.parametrize(("heads", "blocks"), [(1, 1), (2, 3), (4, 2)])
def test_the_transformer_in_numpy(module, heads, blocks):
    model = shaken(module.transformer(11, 8, heads, blocks, context=6))
    ids = np.array([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
    logits, *_ = model([tf.constant(ids), *module.empty(model, 2)])
    for row, found in zip(ids, logits, strict=True):
        expected = forward(model, row, heads, blocks)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_the_decoder_that_reads_in_numpy(module):
    model = shaken(module.transformer(11, 8, 2, 2, context=6, reads=True))
    ids = np.array([[3, 1, 4, 1]])
    read = np.random.default_rng(0).normal(size=(1, 5, 8)).astype("float32")
    mask = np.array([[True, True, True, False, False]])
    logits, *_ = model(
        [tf.constant(ids), *module.empty(model, 1)[:2], *map(tf.constant, (read, mask))]
    )
    expected = forward(model, ids[0], 2, 2, read[0, :3])
    np.testing.assert_allclose(logits[0], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("width", "heads", "blocks"), [(8, 2, 1), (64, 4, 2)])
def test_number_of_parameters(module, width, heads, blocks):
    model = module.transformer(63, width, heads, blocks, context=50)
    block = 12 * width**2 + 13 * width
    rest = (63 + 50) * width + 2 * width + (width + 1) * 63
    assert model.count_params() == blocks * block + rest


def test_no_logits_depend_on_later_symbols_and_all_on_earlier_ones(module):
    model = shaken(module.transformer(11, 8, 2, 1, context=7))
    ids = np.array([[3, 1, 4, 1, 5, 9, 2]])
    memory = module.empty(model, 1)
    before = model([tf.constant(ids), *memory])[0]
    for t in range(7):
        other = ids.copy()
        other[0, t] = 7
        moved = abs(np.array(model([tf.constant(other), *memory])[0] - before))
        assert (moved[0].max(axis=1) > 1e-5).tolist() == [i >= t for i in range(7)]


def test_without_positions_and_mask_order_does_not_matter(module):
    rng = np.random.default_rng(0)
    x, order = rng.normal(size=(1, 6, 8)).astype("float32"), rng.permutation(6)
    ours, every = module.attention_model(8, 2), np.ones((1, 1, 6, 6), bool)
    z = np.array(ours([x, x, every]))[:, order]
    np.testing.assert_allclose(z, ours([x[:, order], x[:, order], every]), atol=1e-5)


def test_behind_a_causal_mask_one_layer_cannot_tell_the_order(module):
    rng = np.random.default_rng(0)
    x, order = rng.normal(size=(1, 6, 8)).astype("float32"), [2, 0, 4, 1, 3, 5]
    ours, causal = module.attention_model(8, 2), np.tril(np.ones((1, 1, 6, 6), bool))
    z, moved = (np.array(ours([a, a, causal]))[0, -1] for a in (x, x[:, order]))
    np.testing.assert_allclose(z, moved, atol=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_reading_in_pieces_with_the_cache_is_reading_at_once(lesson, pieces):
    module = lesson("18")
    if not hasattr(module, "of_pieces"):
        module.of_pieces = shaken(module.transformer(11, 8, 2, 2, context=30))
    model = module.of_pieces
    ids = np.random.default_rng(sum(pieces)).integers(11, size=(2, sum(pieces)))
    whole, *memory = model([tf.constant(ids), *module.empty(model, 2)])
    found, cache = [], module.empty(model, 2)
    for piece in np.split(ids, np.cumsum(pieces)[:-1], axis=1):
        logits, *cache = model([tf.constant(piece), *cache])
        found.append(logits)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-3)
    for a, b in zip(memory, cache, strict=True):
        assert a.shape == (2, sum(pieces), 2, 8)
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_empty_memories(module, lesson):
    lstm = lesson("08").character_model(5, 3, 7)
    assert [tuple(m.shape) for m in module.empty(lstm, 4)] == [(4, 7), (4, 7)]
    model = module.transformer(5, 6, 2, 3, context=4)
    assert [tuple(m.shape) for m in module.empty(model, 4)] == [(4, 0, 3, 6)] * 2


def test_places(module):
    assert module.places(np.array([[0, 5, 5], [2, 2, 0]])).numpy().tolist() == [
        [0, 1, 2],
        [0, 1, 2],
    ]


def test_the_encoder_sees_both_sides_and_no_padding(module):
    model = shaken(module.source_encoder(11, 8, 2, context=6))
    ids = np.array([[3, 1, 4, 0, 0], [3, 1, 4, 1, 5]])
    keys, values, vectors, mask = model(tf.constant(ids))
    assert keys.shape == values.shape == (2, 0, 1, 8)
    assert mask.numpy().tolist() == (ids != 0).tolist()
    short = model(tf.constant(ids[:1, :3]))[2]
    np.testing.assert_allclose(vectors[0, :3], short[0], atol=1e-4)
    other = ids[1:].copy()
    other[0, 4] = 7
    moved = abs(np.array(model(tf.constant(other))[2][0] - vectors[1])).max(axis=1)
    assert (moved > 1e-5).all()


def test_padding_of_the_source_changes_no_answer(module):
    encode = shaken(module.source_encoder(11, 8, 2, context=9))
    decode = shaken(module.transformer(7, 8, 2, 1, context=9, reads=True))
    short = np.array([[3, 1, 4]])
    long = np.pad(short, [(0, 0), (0, 5)])
    target = tf.constant([[1, 3, 4, 5]])
    first, second = (
        decode([target, *encode(tf.constant(ids))])[0] for ids in (short, long)
    )
    np.testing.assert_allclose(first, second, atol=1e-4)


@pytest.fixture
def eager():
    """Let what a test compiles run without a graph: for few steps that is faster."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_lesson_09s_training_takes_the_pair(module, lesson, eager):
    nine = lesson("09")
    encode = module.source_encoder(11, 8, 2, context=9)
    decode = module.transformer(7, 8, 2, 1, context=9, reads=True)
    source = tf.constant([[3, 1, 4, 0], [1, 5, 9, 2]])
    target = tf.constant([[1, 3, 4, 2], [1, 5, 2, 0]])
    assert nine.forced(encode, decode, source, target)[0].shape == (2, 3, 7)
    matrices = [w for w in encode.weights + decode.weights if len(w.shape) > 1]
    before = [w.numpy() for w in matrices]
    step = nine.make_train_step(encode, decode, keras.optimizers.Adam(0.02))
    fall = [float(step(source, target)) for _ in range(4)]
    assert fall[-1] < 0.8 * fall[0]
    moved = [(v != w.numpy()).any() for v, w in zip(before, matrices, strict=True)]
    assert all(moved), "it reaches every matrix"


def test_answers_are_greedy_and_stop_at_the_end_mark(module):
    encode = shaken(module.source_encoder(11, 8, 2, context=9))
    decode = shaken(module.transformer(5, 8, 2, 1, context=9, reads=True))
    for model in (encode, decode):  # so that the answers depend on the source
        model.set_weights([3 * w for w in model.get_weights()])
    *_, last = made_by(decode, keras.layers.Dense)
    last.bias.assign(last.bias + np.array([0, 0, 4, 0, 0]))  # it ends now and then
    source = np.random.default_rng(0).integers(1, 11, size=(30, 6)).astype("int32")
    found = module.answers((encode, decode), source, 8)
    read, ids = encode(tf.constant(source)), np.ones((30, 1), "int32")
    for _ in range(8):  # everything anew, without a cache
        logits = np.array(decode([tf.constant(ids), *read])[0])
        best = 1 + logits[:, -1, 1:].argmax(axis=1)
        best[np.isin(ids[:, -1], [0, 2])] = 0  # nothing follows the end mark
        ids = np.hstack([ids, best[:, None].astype("int32")])
    assert found.tolist() == ids[:, 1:].tolist()
    assert len({*map(tuple, found)}) > 3, "the answers hardly differ"
    assert len({*(found == 2).argmax(axis=1)}) > 2, "they end at the same step"


def test_mixed_windows(module):
    ids = np.arange(1000)
    x, y = module.mixed(ids, 4, 10, np.random.default_rng(0))
    assert x.shape == y.shape and x.shape[1:] == (4, 10)
    assert (y == x + 1).all() and (x == x[..., :1] + np.arange(10)).all()
    first = x[..., 0].ravel()
    assert len({*first}) == len(first) and len({*(first % 10)}) == 1
    assert len(first) >= 96 and (np.diff(first) != 10).any()
    other, _ = module.mixed(ids, 4, 10, np.random.default_rng(1))
    assert other[0, 0, 0] % 10 != first[0] % 10


def test_losses_with_the_memory_carried_and_without(module, lesson):
    eight = lesson("08")
    model, ids = (
        eight.character_model(5, 4, 6),
        np.random.default_rng(0).integers(5, size=41, dtype="int32"),
    )
    x, y = eight.streams(ids, 2, 5)  # (4, 2, 5)
    run, begin = module.compiled(model), module.empty(model, 2)
    found = module.losses(run, begin, x, y, carried=True)
    assert found.shape == (4, 2, 5)
    flat = x.transpose(1, 0, 2).reshape(2, 20)
    logits = np.array(model([tf.constant(flat), *begin])[0])
    log_p = np.log([[softmax(r) for r in row] for row in logits])
    targets = y.transpose(1, 0, 2).reshape(2, 20, 1)
    expected = -np.take_along_axis(log_p, targets, axis=2)[..., 0]
    np.testing.assert_allclose(
        found.transpose(1, 0, 2).reshape(2, 20), expected, atol=1e-5
    )
    fresh = module.losses(run, begin, x, y)
    np.testing.assert_allclose(fresh[0], found[0], atol=1e-6)
    assert abs(fresh[1:, :, 0] - found[1:, :, 0]).min() > 1e-6


@pytest.mark.parametrize("carried", [True, False])
def test_training_hands_the_memory_on_within_a_reading(module, lesson, carried):
    eight = lesson("08")
    model = eight.character_model(5, 4, 6)
    x, y = eight.streams(
        np.random.default_rng(0).integers(5, size=101, dtype="int32"), 2, 10
    )
    seen = []

    def step(ids, targets, memory):
        seen.append(float(memory[0][0, 0]))
        return 0.0, [part + 1 for part in memory]

    _, curve = module.trained(model, step, [(x, y)] * 2, carried, (x[:1], y[:1]))
    assert seen == ([0, 1, 2, 3, 4] if carried else [0] * 5) * 2
    assert curve.shape[1] == 2 and (np.diff(curve[:, 0]) >= 0).all()


def test_a_short_training_learns(module, lesson):
    eight = lesson("08")
    ids = np.tile(np.arange(7, dtype="int32"), 400)
    model = module.transformer(7, 16, 2, 1, context=8)
    step = eight.make_train_step(model, keras.optimizers.Adam(0.02))
    parts = [module.mixed(ids, 16, 8, np.random.default_rng(i)) for i in range(2)]
    watch = [part[:1] for part in eight.streams(ids, 4, 8)]
    run, curve = module.trained(model, step, parts, False, watch)
    assert curve[-1, 1] < 0.05 < 1 < curve[0, 1]


@pytest.fixture
def small(module):
    vocabulary = Vocabulary("abcdef \n")
    return shaken(module.transformer(len(vocabulary), 8, 2, 1, context=12)), vocabulary


@pytest.mark.parametrize(
    ("prompt", "length", "message"),
    [
        ("", 3, "A prompt of 0 characters and 3 more: write at least one, and 12 at"),
        ("abc", 10, "A prompt of 3 characters and 10 more"),
        ("abc", -1, "A prompt of 3 characters and -1 more"),
        ("xyz", 3, "'x' at position 0 is not among the 8 symbols"),
    ],
)
def test_bad_prompts_are_named(module, small, prompt, length, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        module.write(*small, prompt, length, 12, np.random.default_rng(0))


def test_what_is_written_is_drawn_by_its_probability(module, small):
    model, vocabulary = small
    text = module.write(model, vocabulary, "abc", 9, 12, np.random.default_rng(5))
    assert len(text) == 12 and text.startswith("abc")
    rng, expected = np.random.default_rng(5), "abc"
    for _ in range(9):  # everything anew, without a cache
        ids = tf.constant(vocabulary.encode(expected)[None])
        logits = np.array(model([ids, *module.empty(model, 1)])[0][0, -1], "float64")
        drawn = np.searchsorted(np.cumsum(softmax(logits)), rng.random())
        expected += vocabulary.decode([drawn])[0]
    assert text == expected
    assert module.write(model, vocabulary, "abc", 0, 12, rng) == "abc"


def test_models_work_in_half_precision(module, half_precision):
    model = module.transformer(5, 8, 2, 2, context=6)
    ids = tf.constant([[1, 2, 3]])
    logits, *memory = model([ids, *module.empty(model, 1)])
    again, *_ = model([ids[:, :1], *memory])
    assert np.isfinite(logits).all() and np.isfinite(again).all()


def test_a_model_can_be_saved_and_loaded(module, tmp_path):
    model = shaken(module.transformer(5, 8, 2, 2, context=6))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs = [tf.constant([[1, 2, 3]]), *module.empty(model, 1)]
    np.testing.assert_allclose(loaded(inputs)[0], model(inputs)[0], atol=1e-6)


def test_recipes_learn_from_no_test_text(monkeypatch):
    plays = data.load_text("shakespeare.txt.gz")
    seen, here = [], lessons.load("18")
    monkeypatch.setattr(here, "trained", lambda *a: seen.append(a) or 1 / 0)
    monkeypatch.setattr(
        attention.lessons,
        "load",
        lambda n, own=lessons.load: here if n == "18" else own(n),
    )
    for name, (_, recipe) in attention.CHARACTERS.items():
        with pytest.raises(ZeroDivisionError):
            attention.characters(lambda *_: 0, "shakespeare.txt.gz", 0, **recipe)
        vocabulary, (_, _, parts, _, watch) = Vocabulary(plays), seen.pop()
        read = "".join(vocabulary.decode(parts[0][0][:, 0].ravel()[:64]))
        held = "".join(vocabulary.decode(watch[0][0, 0]))
        cut = round(0.8 * len(plays))
        assert read in plays[:cut] and held in plays[cut:], name


def clocks(omega, first=0):
    """Return an answer to exercise 2 with these ω: places `first`, first + 1, ..."""

    def answer(count, width):
        angles = np.arange(first, first + count)[:, None] * omega(width)
        return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(count, width)

    return answer


def each_column_its_own(count, width):
    angles = np.arange(count)[:, None] * 10_000.0 ** (-np.arange(width) / width)
    return np.where(np.arange(width) % 2, np.cos(angles), np.sin(angles))


def side_by_side(x):
    return np.hstack([x[:, ::2], x[:, 1::2]])


def cosine_first(x):
    return np.stack([x[:, 1::2], x[:, ::2]], axis=-1).reshape(x.shape)


def omega(width):
    return 10_000.0 ** (-np.arange(0, width, 2) / width)


def heads_of(divisor=2, swap=True):
    """Return an answer to exercise 4 that divides so, and may swap no axes back."""

    def answer(q, k, v, heads):
        q, k, v = (x.reshape(2, 6, 2, 4).swapaxes(1, 2) for x in (q, k, v))
        e = np.exp(q @ k.swapaxes(2, 3) / divisor)
        z = e / e.sum(axis=-1, keepdims=True) @ v
        return (z.swapaxes(1, 2) if swap else z).reshape(2, 6, 8)

    return answer


WRONG = [
    (1, lambda: [1 / 16, 3 / 16, 4 / 16, 8 / 16, 24.5], "step 4 comes later"),
    (1, lambda: [1 / 9, 3 / 9, 4 / 9, 1 / 9, 112 / 9], "a masked score is −∞, not 0"),
    (1, lambda: [0.25, 0.75, 0, 0, 2], "a step also looks at itself"),
    (1, lambda: [1, 3, 4, 0, 72], "the weights have the sum 1"),
    (1, lambda: [1, 3, 4, 0, 9], "divide the exponentials by their sum"),
    (1, lambda: [1 / 26, 9 / 26, 16 / 26, 0, 264 / 26], "divided by √d, which is 2"),
    (1, lambda: [0.2113, 0.366, 0.4226, 0, 8.4530], "divide by √d, not by d"),
    (1, lambda: 9, "shape (), expected (5,)"),
    (2, lambda n, w: np.zeros((n, w)), "look at the row of place 0"),
    (2, clocks(omega, first=1), "the first place is 0"),
    (2, clocks(lambda w: omega(w) ** 0.5), "−2i / width, with a 2"),
    (2, clocks(lambda w: 1 / omega(w)), "−2i / width, with a minus"),
    (2, lambda n, w: side_by_side(clocks(omega)(n, w)), "take turns"),
    (2, lambda n, w: cosine_first(clocks(omega)(n, w)), "the sine comes first"),
    (2, each_column_its_own, "a sine and its cosine share one ω"),
    (2, lambda n, w: clocks(omega)(n, w).T, "shape (8, 20), expected (20, 8)"),
    (3, lambda: [2.08, 2.08, 2.08], "does your mask depend on s?"),
    (3, lambda: [0.26, 0.26, 0.26], "yours are swapped"),
    (3, lambda: [2.08, 1.2, 0.26], "rows ask, columns are asked"),
    (3, lambda: [2.08, 0.01, 0.01], "the last step never sees its target"),
    (4, lambda q, k, v, heads: v, "which numbers does the first head get"),
    (4, heads_of(divisor=8**0.5), "√(width // heads) was right"),
    (4, heads_of(swap=False), "the last line was right"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_likely_wrong_answers_of_the_exercises_are_told(number, answer, hint):
    printed = verdict(NAME, number, answer)
    assert hint in printed and "correct" not in printed


RIGHT = [
    (1, lambda: np.array([0.125, 0.375, 0.5, 0, 9], "float32")),
    (1, lambda: (0.13, 0.38, 0.5, 0, 9)),
    (2, lambda n, w: tf.constant(clocks(omega)(n, w), "float32")),
    (2, lambda n, w: clocks(omega)(n, w).tolist()),
    (3, lambda: (2.09, 0.27, 0.25)),
    (3, lambda: tf.constant([2.08, 0.26, 0.26])),
    (4, heads_of()),
    (4, lambda *a, **k: tf.constant(heads_of()(*a, **k))),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_in_other_forms_are_accepted(number, answer):
    assert "correct" in verdict(NAME, number, answer)
