"""Lesson 08, a character-level language model, against an independent source."""

import math
import re
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

import exercises
import form
from helpers import data, lessons, runtime
from helpers.data import load_text
from helpers.text import Vocabulary
from oracles import lstm_states


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


def test_dropout_works_in_training_alone(characters):
    model = characters.character_model(5, embedding=8, units=16, dropout=0.5)
    step = characters.make_train_step(model, keras.optimizers.SGD(0.0))
    x, empty = np.array([[0, 3, 1]]), characters.empty_state(model, 1)
    assert len({float(step(x, x, empty)[0]) for _ in range(5)}) == 5
    assert len({characters.evaluate(model, np.arange(5), 1, 4) for _ in range(5)}) == 1
    text = generated(characters, model, [[0, 3]], [[0.0]], 60, 0)
    np.testing.assert_array_equal(
        text, generated(characters, model, [[0, 3]], [[0.0]], 60, 0)
    )


def test_the_end_of_a_text_is_held_out(characters):
    text = "".join(map(chr, range(1000, 76_000)))
    first, rest = characters.parts(text)
    assert first + rest == text and len(rest) == 7_500


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


@pytest.mark.parametrize("temperature", [1e-4, 0.0])
def test_cold_generation_is_greedy(characters, random_model, temperature):
    prompts = np.random.default_rng(2).integers(5, size=(20, 3)).astype("int32")
    cold = np.full((20, 1), temperature)
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


def test_each_step_draws_anew(characters, random_model):
    random_model.set_weights([0 * w for w in random_model.get_weights()])
    (ids,) = generated(characters, random_model, [[2]], [[1.0]], 2_000, 0).T
    pairs = np.bincount(5 * ids[:-1] + ids[1:], minlength=25) / 1_999
    assert (abs(pairs - 1 / 25) < 0.022).all()  # five standard deviations


def test_longest_copy_agrees_with_brute_force(characters):
    rng = np.random.default_rng(0)
    for _ in range(20):
        sample, text = ("".join(rng.choice(list("ab"), size=30)) for _ in range(2))
        pieces = [sample[i:j] for i in range(30) for j in range(i + 1, 31)]
        longest = max(len(p) for p in pieces if p in text)
        found = characters.longest_copy(sample, text)
        assert found in sample and found in text and len(found) == longest


def test_known_words(characters):
    assert characters.known_words("To bee; or", "to BE Or\nnot") == 2 / 3


def test_untrained_model_is_near_the_uniform_loss(characters):
    model = characters.character_model(symbols=63, embedding=64, units=192)
    ids = np.random.default_rng(0).integers(63, size=2001).astype("int32")
    loss = characters.evaluate(model, ids, count=2, length=100)
    assert abs(loss - math.log(63)) < 0.05


def test_ngrams_at_the_start_of_a_text(characters):
    tables = characters.NGrams("abab" * 5 + "b", 4)
    for context in ["", "a", "ab"]:
        p = tables.probabilities("b", context)
        allowed = tables.probabilities("b", "zzz"[: 3 - len(context)] + context)
        np.testing.assert_allclose(p, allowed)
        assert p[len(context) :] == p[len(context) : len(context) + 1] * (
            4 - len(context)
        )


def test_greedy_rows_beside_drawn_rows(characters, random_model):
    prompt, heat = np.full((3, 2), 2), [[0.0], [1.0], [0.0]]
    mixed = generated(characters, random_model, prompt, heat, 30, 0).T
    cold = generated(characters, random_model, prompt, [[0.0]] * 3, 30, 0).T
    np.testing.assert_array_equal(mixed[0], cold[0])
    np.testing.assert_array_equal(mixed[2], cold[0])
    assert (mixed[1] != cold[0]).any()


@pytest.fixture
def letters():
    return Vocabulary("abcde")


def test_write_takes_integers_and_zero(characters, random_model, letters):
    def write(*temperatures):
        return characters.write(random_model, letters, "ab", temperatures, 20)

    assert write(1) == write(1.0) != write(0)
    assert len(write(0, 1)) == 2 and all(len(text) == 20 for text in write(0, 1))


@pytest.mark.parametrize("prompt, temperature", [("", 1), ("a", -1), ("a", np.nan)])
def test_write_names_what_is_wrong(
    characters, random_model, letters, prompt, temperature
):
    with pytest.raises(ValueError, match="prompt is empty|temperatures="):
        characters.write(random_model, letters, prompt, [temperature], 5)


def test_write_in_mixed_precision(characters, letters, half_precision):
    model = characters.character_model(5, 8, 16)
    (text,) = characters.write(model, letters, "ab", [0.7], 20)
    assert len(text) == 20 and set(text) <= set("abcde")


def test_saved_and_loaded_it_is_the_same(characters, random_model, letters, tmp_path):
    characters.save(random_model, letters, tmp_path)
    model, vocabulary = characters.load(tmp_path)
    assert vocabulary.symbols == letters.symbols
    ids = tf.constant([[0, 3, 1]])
    state = characters.empty_state(model, 1)
    for a, b in zip(model([ids, *state]), random_model([ids, *state]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_shipped_weights_fit_the_model(characters):
    model, vocabulary = characters.shipped_model()
    ids = vocabulary.encode(load_text("shakespeare.txt.gz")[-8_000:])
    assert characters.evaluate(model, ids) < 1.6


def test_loss_after_is_the_loss_of_the_last_prediction(characters, random_model):
    ids = np.random.default_rng(1).integers(5, size=60).astype("int32")
    ends, losses = np.array([7, 20, 33]), []
    kernels = random_model.get_weights()
    for end in ends:
        vectors = kernels[0][ids[end - 6 : end]]
        z = lstm_states(kernels[1:4], vectors)[-1] @ kernels[4] + kernels[5]
        losses.append(np.log(np.exp(z).sum()) - z[ids[end]])
    found = characters.loss_after(random_model, ids, ends, 6)
    np.testing.assert_allclose(found, np.mean(losses), rtol=1e-4)


def test_circle(characters):
    found = characters.circle("to be or " + "xyz" * 30)
    assert found in ("xyz", "yzx", "zxy")
    assert characters.circle("to be or not to be, that is the question") == ""


def test_too_short_a_text_says_how_long_it_must_be(characters):
    with pytest.raises(ValueError, match="5,000 characters.*75,000"):
        characters.parts("words " * 833 + "ab")
    with pytest.raises(ValueError, match="7,401"):
        characters.streams(np.zeros(7_400, int), 20, 370)


def in_signs(text):
    """Return a text with one of 1,000 signs for each word: most pairs are rare."""
    signs = {word: chr(0x4E00 + i % 1000) for i, word in enumerate(set(text.split()))}
    return "".join(signs[word] for word in text.split())


@pytest.mark.parametrize(
    ("length", "written"),
    [(100_000, str), (450_000, in_signs)],
)
def test_cells_run_on_a_text_of_ones_own(
    length, written, tmp_path, monkeypatch, capsys
):
    """What runs is the change that the lesson prints for it, on a file in UTF-8.

    The cells of the larger network, which stays with the plays, run once, with a fifth
    of them and each of their symbols.
    """
    plays = load_text("shakespeare.txt.gz")
    few = plays[:200_000] + "".join(sorted(set(plays)))
    monkeypatch.setattr(data, "load_text", lambda file: few)
    text = written(plays[:length])
    (tmp_path / "my_text.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(plt, "show", plt.close)
    monkeypatch.chdir(tmp_path)
    (path,) = lessons.NOTEBOOKS.glob("08_*.ipynb")
    cells = form.read(path).cells
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    (change,) = re.findall(r"```python\n(text = .*?)\n```", prose, re.DOTALL)
    names, found = {"runtime": runtime, "Path": Path}, 0
    for i, cell in enumerate(c for c in cells if c.cell_type == "code"):
        larger = re.search(
            r"^(finished|large|seen_ids|real_words)|draw_writing, large",
            cell.source,
            re.M,
        )
        if i == 0 or (larger and written is not str):
            continue
        own = cell.source.replace("\ntext = plays\n", f"\n{change}\n")
        found += own != cell.source
        own = own.replace("RATE = 3, ", "RATE = 2, ")  # two readings are enough here
        file = tmp_path / f"cell_{i}.py"  # TensorFlow reads the source of a function
        file.write_text(own, encoding="utf-8")
        exec(compile(own, str(file), "exec"), names)
    plt.close("all")
    assert found == 1 and set("".join(names["samples"])) <= set(text)
    assert "for the plays: the LSTM beats" in capsys.readouterr().out


EXERCISES = "08_character_level_shakespeare.ipynb"


def tempered(p, T, eps=0.0):
    with np.errstate(divide="ignore"):
        z = np.exp(np.log(p + eps) / T)
    return z / z.sum()


def bigrams(train, test, size, pair=(0, 1), last=False, added=1):
    """Return the mean loss in nats; the arguments with a default are for mistakes."""
    follows = np.full((size, size), float(added))
    first, second = (train[i : len(train) - 1 + i] for i in pair)
    for i, j in zip(first, second, strict=True):
        follows[i, j] += 1
    total = follows.sum(axis=1)
    total[train[-1]] += last
    with np.errstate(divide="ignore", invalid="ignore"):
        p = follows / total[:, None]
        return -np.log(p)[test[:-1], test[1:]].mean()


def in_windows(lstm, x, carry=lambda h, c: [h, c]):
    state, outputs = carry(*[tf.zeros((len(x), lstm.units))] * 2), []
    for start in range(0, x.shape[1], 10):
        out, h, c = lstm(x[:, start : start + 10], initial_state=state)
        state = carry(h, c)
        outputs.append(out)
    return tf.concat(outputs, axis=1)


def nothing(h, c):
    return [0 * h, 0 * c]


@pytest.mark.parametrize(
    ("exercise", "answer", "verdict"),
    [
        (1, lambda: [2, 4], "correct"),
        (1, lambda: np.array([2, 4], "float32"), "correct"),
        (1, lambda: [2 * math.log(2), 4], "nats"),
        (1, lambda: [-math.log2(0.3), 1 / 0.3], "loss of the mean"),
        (1, lambda: [10, 1024], "not the sum"),
        (1, lambda: (2.0, tf.constant(4.0)), "correct"),
        (1, lambda: [4, 2], "write each probability as a power"),
        (2, tempered, "correct"),
        (2, lambda p, T: tempered(p, T).tolist(), "correct"),
        (2, lambda p, T: tf.constant(tempered(p, T), tf.float32), "correct"),
        (2, lambda p, T: tempered(p, 1 / T), "even them out"),
        (2, lambda p, T: p ** (1 / T), "sum to 1"),
        (2, lambda p, T: tempered(np.exp(p), T), "not logits"),
        (2, lambda p, T: tempered(p, T, eps=1e-9), "0 must stay 0"),
        (3, bigrams, "correct"),
        (3, lambda *a: np.float32(bigrams(*a)), "correct"),
        (3, lambda *a: bigrams(*a) / np.log(2), "in bits"),
        (3, lambda *a: bigrams(*a, pair=(1, 0)), "comes first"),
        (3, lambda *a: bigrams(*a, last=True), "leaves it out"),
        (3, lambda *a: bigrams(*a, added=0), "add 1"),
        (4, in_windows, "correct"),
        (4, lambda *given: in_windows(*given).numpy().tolist(), "correct"),
        (4, lambda *given: in_windows(*given, nothing), "window know of the first?"),
        (4, lambda *given: in_windows(*given, lambda h, c: [c, h]), "comes first, h"),
        (4, lambda *given: in_windows(*given, lambda h, c: [h, 0 * c]), "know c?"),
        (4, lambda *given: in_windows(*given, lambda h, c: [0 * h, c]), "know h?"),
        (4, lambda *given: in_windows(*given, lambda h, c: [h, h]), "not the same"),
        (
            4,
            lambda *given: in_windows(*given, lambda h, c: [c, c]),
            "know of the first?",
        ),
        (
            4,
            lambda *given: in_windows(*given)[:, -10:],
            "expected (2, 47, 8). Hint: what",
        ),
    ],
)
def test_exercises_tell_right_answers_from_wrong_ones(exercise, answer, verdict):
    found = exercises.verdict(EXERCISES, exercise, answer)
    assert verdict in found
    assert (verdict == "correct") == ("Hint" not in found)
