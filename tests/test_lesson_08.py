"""Lesson 08, a character-level language model, against an independent source."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.data import load_text


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.fixture
def characters(lesson):
    return lesson("08")


@pytest.fixture
def random_model(characters):
    """Return a small model with large weights, so that its state matters."""
    model = characters.character_model(symbols=5, embedding=8, units=16)
    rng = np.random.default_rng(0)
    model.set_weights(
        [rng.normal(size=w.shape) * (w.ndim == 2) for w in model.get_weights()]
    )
    return model


def test_targets_are_the_next_inputs(characters):
    inputs, targets = characters.shifted(np.arange(6))
    assert inputs.tolist() == [0, 1, 2, 3, 4]
    assert targets.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_ngram_probabilities_sum_to_one(characters, order):
    text = load_text("shakespeare.txt.gz")[:20_000]
    tables = characters.NGrams(text, order)
    for context in ["", "the ", "KING", "zzzz", text[-4:], text[100:104]]:
        p = np.array([tables.probabilities(c, context) for c in set(text)])
        assert (p > 0).all()
        np.testing.assert_allclose(p.sum(axis=0), np.ones(order), rtol=1e-12)


def test_ngrams_by_hand(characters):
    # "aab": N(a) = 2, N(b) = 1, K = 2, V = 2. After "a": once "a", once "b".
    a = (2 + 2 * 0.5) / (3 + 2)
    b = (1 + 2 * 0.5) / (3 + 2)
    tables = characters.NGrams("aab", 2)
    np.testing.assert_allclose(
        [tables.probabilities("a", "a"), tables.probabilities("b", "a")],
        [[a, (1 + 2 * a) / (2 + 2)], [b, (1 + 2 * b) / (2 + 2)]],
    )


def test_streams_go_on_from_step_to_step(characters):
    ids = np.arange(1000)
    x, y = characters.streams(ids, count=3, length=7)
    assert x.shape == y.shape == (47, 3, 7)
    np.testing.assert_array_equal(y, x + 1)
    for row in x.transpose(1, 0, 2).reshape(3, -1):
        np.testing.assert_array_equal(np.diff(row), 1)


def test_state_carried_is_one_long_pass(characters, random_model):
    ids = np.random.default_rng(1).integers(5, size=241).astype("int32")
    x, y = characters.shifted(ids)
    logits, *_ = random_model(
        [tf.constant(x[None]), *characters.empty_state(random_model, 1)]
    )
    log_p = keras.ops.convert_to_numpy(keras.ops.log_softmax(logits))[0]
    expected = -log_p[np.arange(240), y].mean()
    found = characters.evaluate(random_model, ids, count=1, length=20)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_training_step_carries_the_state_and_learns(characters, random_model):
    step = characters.make_train_step(random_model, keras.optimizers.SGD(0.0))
    x = np.random.default_rng(1).integers(5, size=(2, 6)).astype("int32")
    empty = characters.empty_state(random_model, 2)
    first, state = step(x[:, :3], x[:, :3], empty)
    second, _ = step(x[:, 3:], x[:, 3:], state)
    whole, _ = step(x, x, empty)
    np.testing.assert_allclose((first + second) / 2, whole, rtol=1e-5)
    step = characters.make_train_step(random_model, keras.optimizers.Adam(0.05))
    losses = [float(step(x, x, empty)[0]) for _ in range(30)]
    assert losses[-1] < losses[0] / 2


def generated(characters, model, prompt, temperature, length, seed):
    return characters.generate(
        model,
        tf.constant(prompt, tf.int32),
        tf.constant(temperature, tf.float32),
        tf.constant(length),
        tf.constant(seed),
    ).numpy()


def test_generation_is_repeatable_and_depends_on_the_seed(characters, random_model):
    def texts(seed):
        return generated(characters, random_model, [[1, 2]], [[1.0]], 50, seed)

    np.testing.assert_array_equal(texts(3), texts(3))
    assert (texts(3) != texts(4)).any()


def test_cold_generation_is_greedy_with_the_state_carried(characters, random_model):
    prompts = np.random.default_rng(2).integers(5, size=(20, 3)).astype("int32")
    cold = np.full((20, 1), 1e-4)
    found = generated(characters, random_model, prompts, cold, 12, 0).T
    ids = prompts
    for _ in range(12):  # without any state: the whole text again for each character
        state = characters.empty_state(random_model, 20)
        logits, *_ = random_model([tf.constant(ids), *state])
        ids = np.concatenate([ids, np.argmax(logits[:, -1:], axis=-1)], axis=1)
        ids = ids.astype("int32")
    np.testing.assert_array_equal(found, ids[:, 3:])
    assert len({tuple(row) for row in found}) > 5, "a test with one answer is no test"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_sampling_frequencies_are_probabilities(characters, random_model, temperature):
    n = 20_000
    found = generated(
        characters, random_model, np.full((n, 1), 2), np.full((n, 1), temperature), 1, 5
    )[0]
    state = characters.empty_state(random_model, 1)
    logits, *_ = random_model([tf.constant([[2]]), *state])
    z = np.exp(logits.numpy()[0, -1].astype("float64") / temperature)
    p = z / z.sum()
    spread = np.sqrt(p * (1 - p) / n)
    assert (abs(np.bincount(found, minlength=5) / n - p) < 5 * spread + 1e-9).all()
    np.testing.assert_allclose(
        characters.with_temperature(logits[0, -1], temperature), p, rtol=1e-4
    )


def test_longest_copy_agrees_with_brute_force(characters):
    rng = np.random.default_rng(0)
    for _ in range(20):
        sample, text = ("".join(rng.choice(list("ab"), size=30)) for _ in range(2))
        pieces = [sample[i:j] for i in range(30) for j in range(i + 1, 31)]
        longest = max(len(p) for p in pieces if p in text)
        found = characters.longest_copy(sample, text)
        assert found in sample and found in text and len(found) == longest


def test_known_words(characters):
    assert characters.known_words("To bee; or", "to be or\nnot") == 2 / 3


def test_untrained_model_is_near_the_uniform_loss(characters):
    model = characters.character_model(symbols=63, embedding=64, units=192)
    ids = np.random.default_rng(0).integers(63, size=2001).astype("int32")
    loss = characters.evaluate(model, ids, count=2, length=100)
    assert abs(loss - math.log(63)) < 0.05
