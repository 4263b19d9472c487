"""Lesson 16, tables and networks of words, against definitions and brute force."""

import re
from collections import Counter, defaultdict

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import form
from exercises import verdict
from helpers import lessons
from helpers.tasks import speeches

SIZE = 26


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("16")


def some_ids(length=800):
    """Return ids below SIZE - 1, some of them frequent, some of them rare."""
    ids = np.random.default_rng(0).geometric(0.35, length) - 1
    return np.minimum(ids, SIZE - 2).astype("int32")


def by_definition(ids, order, size):
    """Return a function (context, word) -> p: Kneser-Ney, with dictionaries."""
    ids = [int(i) for i in ids]
    count = {order: Counter(zip(*(ids[i:] for i in range(order)), strict=False))}
    for n in range(order - 1, 0, -1):  # behind how many words did it come?
        before = defaultdict(set)
        for gram in count[n + 1]:
            before[gram[1:]].add(gram[0])
        count[n] = Counter({gram: len(words) for gram, words in before.items()})
    taken = {}
    for n, table in count.items():
        k1, k2, k3, k4 = (sum(c == k for c in table.values()) for k in (1, 2, 3, 4))
        y = k1 / (k1 + 2 * k2)
        d = {1: 1 - 2 * y * k2 / k1, 2: 2 - 3 * y * k3 / k2, 3: 3 - 4 * y * k4 / k3}
        taken[n] = {k: max(0, v) for k, v in d.items()}

    def p(context, word):
        n = len(context) + 1
        lower = p(context[1:], word) if context else 1 / size
        follows = {g[-1]: c for g, c in count[n].items() if g[:-1] == tuple(context)}
        if not follows:
            return lower
        total = sum(follows.values())
        freed = sum(taken[n][min(c, 3)] for c in follows.values())
        own = follows.get(word, 0)
        kept = max(0, own - taken[n][min(own, 3)]) if own else 0
        return (kept + freed * lower) / total

    return p


@pytest.mark.parametrize("order", [2, 3, 4])
def test_kneser_ney_is_what_the_definition_says(module, order):
    ids, rng = some_ids(), np.random.default_rng(1)
    tables, p = module.KneserNey(ids, order, SIZE), by_definition(ids, order, SIZE)
    seen = module.windows(ids, order)[:150]
    rows = np.concatenate([seen, rng.integers(SIZE, size=(150, order))])
    expected = [p([int(i) for i in row[:-1]], int(row[-1])) for row in rows]
    np.testing.assert_allclose(tables.probabilities(rows), expected, rtol=1e-12)
    for row in rows[::10]:
        every = np.array([[*row[:-1], word] for word in range(SIZE)])
        assert tables.probabilities(every).sum() == pytest.approx(1, abs=1e-12)


def test_a_word_that_stands_behind_one_other_is_unlikely_elsewhere(module):
    ids = some_ids(1_000)
    places = np.random.default_rng(1).choice(len(ids), 300, replace=False)
    ids = np.insert(ids, places, 30)
    places = np.flatnonzero(ids == 30)
    ids = np.insert(ids, places + 1, 31)  # 31 is frequent, and stands behind 30 only
    tables = module.KneserNey(ids, 2, 33)
    behind_30, elsewhere = tables.probabilities(np.array([[30, 31], [31, 31]]))
    assert behind_30 > 0.95 and elsewhere < 0.2 * (ids == 31).mean()


def test_discounts_by_hand_and_of_a_short_text(module):
    d = module.discounts(np.array([1] * 8 + [2] * 4 + [3] * 2 + [4]))
    np.testing.assert_allclose(d, [0, 1 - 0.5, 2 - 0.75, 3 - 1.0])
    with pytest.raises(ValueError, match="too short for Kneser-Ney: take a longer"):
        module.KneserNey(np.array([0, 1, 2, 0, 1]), 3, SIZE)


def test_numbers_of_rows_differ_for_the_largest_vocabulary(module):
    rows = np.array([[7_999] * 3, [7_999, 7_999, 7_998], [0, 0, 1], [0, 1, 0]])
    found = module.numbers(rows.astype("int64"), 8_000)
    assert found.tolist() == [8_000**3 - 1, 8_000**3 - 2, 1, 8_000]
    with pytest.raises(ValueError, match="order=5 with 8,000 ids is too much"):
        module.KneserNey(np.arange(100) % 7, 5, 8_000)
    with pytest.raises(ValueError, match="26 is no id below size=26: take a larger"):
        module.KneserNey(np.append(some_ids(), SIZE), 3, SIZE)


def test_windows_begin_with_the_end_of_a_sentence(module):
    rows = module.windows(np.array([5, 6, 7], "int32"), 3)
    assert rows.tolist() == [[1, 1, 5], [1, 5, 6], [5, 6, 7]]


def test_perplexity_and_frequencies(module):
    assert module.perplexity(np.full(7, 1 / 40)) == pytest.approx(40)
    assert module.perplexity(np.array([0.5, 0.125])) == pytest.approx(4)
    train, test = np.array([0, 0, 1, 0, 2]), np.array([0, 3, 1])
    np.testing.assert_allclose(
        module.by_frequency(train, test, 4), [4 / 9, 1 / 9, 2 / 9]
    )


def a_model(module, size=12, drop=0.0):
    return module.word_model(size, 6, 5, drop)


def test_the_scores_are_products_with_the_rows_that_are_read(module):
    model = a_model(module)
    table = module.table_of(model).numpy()
    assert [w.shape for w in model.get_weights()].count((12, 6)) == 1
    ids = np.array([[3, 1, 4, 1, 5]])
    vectors, *_ = model([tf.constant(ids), *module.empty_state(model, 1)])
    expected = np.array(vectors) @ table.T
    np.testing.assert_allclose(module.scores(model, vectors), expected, rtol=1e-5)
    layer = model.get_layer("words")
    np.testing.assert_array_equal(layer(ids), table[ids])


def test_the_state_that_is_carried_is_the_memory(module):
    model = a_model(module)
    ids = np.array([[3, 1, 4, 1, 5, 9, 2]])
    whole, *_ = model([tf.constant(ids), *module.empty_state(model, 1)])
    first, *state = model([tf.constant(ids[:, :3]), *module.empty_state(model, 1)])
    second, *_ = model([tf.constant(ids[:, 3:]), *state])
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, atol=1e-6)
    alone, *_ = model([tf.constant(ids[:, 3:]), *module.empty_state(model, 1)])
    assert abs(np.array(alone) - np.array(second)).max() > 1e-4


def test_dropout_is_not_on_the_way_from_step_to_step(module):
    model = a_model(module, drop=0.5)
    places = [layer for layer in model.layers if "dropout" in layer.name]
    assert len(places) == 2 and all(layer.rate == 0.5 for layer in places)
    (lstm,) = (layer for layer in model.layers if isinstance(layer, keras.layers.LSTM))
    assert lstm.recurrent_dropout == 0 and lstm.dropout == 0
    inputs = [layer._inbound_nodes[0].parent_nodes[0].operation for layer in places]
    assert [layer.name for layer in inputs] == ["words", lstm.name]


@settings(deadline=None)  # the first example loads the lesson
@given(st.integers(0, 1_000))
def test_sampled_loss_is_that_of_tensorflow(lesson, seed):
    module, rng = lesson("16"), np.random.default_rng(seed)
    vectors, table = (tf.constant(rng.normal(size=(n, 4)), tf.float32) for n in (5, 9))
    targets = rng.integers(9, size=5)
    drawn = rng.choice(9, 4, replace=False)
    q = rng.dirichlet(np.ones(9)).astype("float32")
    times = np.ones((5, 1), "float32"), 4 * q[drawn]  # expected: the right word, others
    expected = tf.nn.sampled_softmax_loss(
        weights=table,
        biases=tf.zeros(9),
        labels=targets[:, None].astype("int64"),
        inputs=vectors,
        num_sampled=4,
        num_classes=9,
        sampled_values=(drawn.astype("int64"), *times),
    )
    found = module.sampled_loss(vectors, targets, table, np.log(q), drawn)
    assert float(found) == pytest.approx(float(tf.reduce_mean(expected)), abs=1e-4)


def test_sampled_loss_learns_the_probabilities_of_the_full_softmax(module):
    p = np.array([0.5, 0.25, 0.15, 0.1], "float32")
    rng = np.random.default_rng(0)
    targets = rng.choice(4, 2_000, p=p)
    q = np.array([0.4, 0.1, 0.2, 0.3], "float32")
    table = keras.Variable(np.zeros((4, 1), "float32"))
    one, optimizer = np.ones((2_000, 1), "float32"), keras.optimizers.Adam(0.05)
    for _ in range(150):
        drawn = rng.choice(4, 40, p=q)
        with tf.GradientTape() as tape:
            rows = tf.convert_to_tensor(table)
            loss = module.sampled_loss(one, targets, rows, np.log(q), drawn)
        optimizer.apply(tape.gradient(loss, [table]), [table])
    found = np.array(keras.ops.softmax(table.value[:, 0]))
    np.testing.assert_allclose(found, p, atol=0.06)


def test_nats_are_those_of_the_full_softmax_word_by_word(module):
    model, ids = a_model(module), np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], "int32")
    found = module.nats(model, ids, rows=1, length=4)
    state, before, expected = module.empty_state(model, 1), speeches.END, []
    for word in ids:
        vectors, *state = model([tf.constant([[before]]), *state])
        log_p = np.array(keras.ops.log_softmax(module.scores(model, vectors)[0, 0]))
        expected.append(-log_p[word])
        before = word
    np.testing.assert_allclose(found, expected, atol=1e-5)
    two = module.nats(model, ids, rows=2, length=3)  # 6 in one stream, 5 in the other
    assert two.shape == ids.shape
    np.testing.assert_allclose(two[:6], expected[:6], atol=1e-5)
    state = module.empty_state(model, 1)
    vectors, *_ = model([tf.constant(ids[None, 5:10]), *state])
    log_p = np.array(keras.ops.log_softmax(module.scores(model, vectors)[0]))
    np.testing.assert_allclose(two[6:], -log_p[np.arange(5), ids[6:]], atol=1e-5)


def test_training_carries_the_state_and_lowers_the_loss(module, monkeypatch):
    given, make = [], module.make_train_step

    def watched(*arguments):
        step = make(*arguments)

        def run(x, y, state):
            given.append([np.array(s) for s in state])
            _, *after = model([tf.constant(x), *state])  # before the step
            loss, state = step(x, y, state)
            np.testing.assert_allclose(state, after, rtol=1e-4, atol=1e-6)
            return loss, state

        return run

    monkeypatch.setattr(module, "make_train_step", watched)
    model = a_model(module)
    ids = np.tile(np.arange(2, 8), 60).astype("int32")
    losses = module.train(model, ids, 6, 4, 10, 8, 0.05)
    assert len(losses) == len(given) == 6 * 8
    empty = [not s[0].any() for s in given]
    assert empty == [i % 8 == 0 for i in range(48)]
    assert np.exp(module.nats(model, ids)).mean() < 4 < np.exp(losses[0])


def test_words_are_drawn_by_their_share_in_the_text(module, monkeypatch):
    def share_of_word_2(vectors, targets, table, log_q, drawn):
        return tf.reduce_mean(tf.cast(drawn == 2, "float32")) + 0 * vectors[0, 0]

    monkeypatch.setattr(module, "sampled_loss", share_of_word_2)
    ids = np.where(np.arange(401) % 4, 2, 3).astype("int32")  # three of four are word 2
    (found, *_) = module.train(a_model(module), ids, 1, 4, 10, 5_000, 0.01)
    assert found == pytest.approx(0.75, abs=0.03)


def test_dropout_acts_in_training_alone(module, monkeypatch):
    def length(vectors, *_):
        return tf.reduce_sum(vectors**2)

    monkeypatch.setattr(module, "sampled_loss", length)
    ids = np.arange(41, dtype="int32") % 12
    for drop in (0.0, 0.5):
        model = a_model(module, drop=drop)
        first, second = module.train(model, ids, 2, 4, 10, 5, 0.0)  # the same step
        assert (first == second) == (drop == 0)
        np.testing.assert_array_equal(module.nats(model, ids), module.nats(model, ids))


def test_best_share(module):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.01, 0.3, (2, 500))
    share = module.best_share(a, b)
    means = [np.log(s * a + (1 - s) * b).mean() for s in np.arange(0, 1.01, 0.05)]
    assert share == pytest.approx(0.05 * np.argmax(means))
    assert module.best_share(a, a / 2) == 1 and module.best_share(a / 2, a) == 0


def test_shares_are_chosen_on_the_validation_part(module):
    better = {"validation": np.full(9, 0.2), "test": np.full(9, 0.1)}
    table = {"validation": np.full(9, 0.1), "test": np.full(9, 0.2)}
    names = {"best_share": module.best_share, "by_table": table}
    names |= {"by_network": better, "by_large": better}
    (path,) = lessons.NOTEBOOKS.glob("16_*.ipynb")
    code = "\n".join(c.source for c in form.read(path).cells if c.cell_type == "code")
    chosen = re.findall(r"^(?:alpha|share) = best_share\(.*\)$", code, re.MULTILINE)
    assert [eval(line.partition(" = ")[2], names) for line in chosen] == [1, 1]


probabilities = st.lists(st.integers(0, 9), min_size=2, max_size=8).filter(any)


@settings(deadline=None)
@given(probabilities, st.integers(1, 8))
def test_top_k_by_definition(lesson, weights, k):
    p = np.array(weights) / sum(weights)
    found = lesson("16").top_k(p, k)
    kept = sorted(range(len(p)), key=lambda i: (-p[i], i))[:k]
    expected = [p[i] if i in kept else 0 for i in range(len(p))]
    np.testing.assert_allclose(found, np.array(expected) / sum(expected))


@settings(deadline=None)
@given(probabilities, st.floats(0.05, 0.95))
def test_nucleus_is_the_smallest_set_that_reaches_the_share(lesson, weights, share):
    p = np.array(weights) / sum(weights)
    found = lesson("16").nucleus(p, share)
    kept = found > 0
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found[kept], p[kept] / p[kept].sum())
    assert p[kept].sum() >= share - 1e-9
    assert p[kept].sum() - p[kept].min() < share + 1e-9
    assert p[kept].min() >= p[~kept].max(initial=0)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(module, share):
    with pytest.raises(ValueError, match=f"share={share} does not do: take more than"):
        module.nucleus(np.array([0.4, 0.6]), share)


@pytest.mark.parametrize("k", [0, -1, 1.5, None])
def test_a_number_of_words_that_is_none_is_refused(module, k):
    with pytest.raises(ValueError, match=f"k={k} does not do: take a whole number"):
        module.top_k(np.array([0.4, 0.6]), k)


def test_all_words_are_kept_with_the_largest_settings(module):
    p = np.array([0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(module.nucleus(p, 1), p)
    np.testing.assert_allclose(module.top_k(p, 9), p)


SENTENCES = [["we", "are", "free", "."], ["are", "we", "rare", "?"]]
WORDS = speeches.Words([*SENTENCES, SENTENCES[0], ["?"]], 9)


def test_a_sample_is_drawn_from_the_nucleus_without_unknown(module):
    model = a_model(module, len(WORDS))
    table = module.table_of(model).numpy()
    rng = np.random.default_rng(0)
    table[:] = rng.normal(size=table.shape)
    module.table_of(model).assign(table)
    found = module.write(model, WORDS, "We are", 300, share=1.0)
    assert len(found) == 300 and set(found) == {*WORDS.symbols} - {"<UNK>"}
    greedy = module.write(model, WORDS, "We are", 20, share=1e-9, seed=3)
    ids, state = WORDS.encode([["we", "are"]])[:-1], module.empty_state(model, 1)
    for word in greedy:
        vectors, *state = model([tf.constant(ids[None]), *state])
        p = np.array(module.scores(model, vectors))[0, -1]
        p[speeches.UNKNOWN] = -np.inf
        assert word == WORDS.symbols[p.argmax()]
        ids = np.array([p.argmax()], "int32")
    assert found == module.write(model, WORDS, "We are", 300, share=1.0)
    assert found != module.write(model, WORDS, "We are", 300, share=1.0, seed=1)


def test_a_speech_follows_its_state_and_unknown_takes_no_place(module, monkeypatch):
    def counting(inputs):  # its state is how many words it has read
        _, read = inputs
        return read[:, None], read + 1

    def by_count(model, vectors):  # <UNK> is likeliest, then the word 2 + read
        ahead = tf.one_hot(2 + tf.cast(vectors[..., 0], "int32"), len(WORDS))
        return 20 * ahead + 25 * tf.one_hot([speeches.UNKNOWN], len(WORDS))

    monkeypatch.setattr(module, "scores", by_count)
    monkeypatch.setattr(module, "empty_state", lambda *_: [tf.zeros((1, 1))])
    found = module.write(counting, WORDS, "We are", 3, share=0.5)
    assert found == WORDS.symbols[3:6]


@pytest.mark.parametrize("prompt", ["", "•", "Вперёд"])
def test_bad_prompts_are_named(module, prompt):
    with pytest.raises(ValueError, match="has no word in it|None of the words"):
        module.write(a_model(module, len(WORDS)), WORDS, prompt, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"length": 0}, "length=0 does not do: take a whole number, at least 1"),
        ({"length": 2.5}, "length=2.5 does not do"),
        ({"length": 3, "share": 2}, "share=2 does not do: take more than 0"),
    ],
)
def test_bad_settings_of_a_speech_are_named(module, settings, message):
    with pytest.raises(ValueError, match=message):
        module.write(a_model(module, len(WORDS)), WORDS, "We are", **settings)


def test_a_president_is_found_by_name(module):
    found = [
        speeches.Speech("1961-01-30", "A. Bee", "spoken", "One."),
        speeches.Speech("1962-01-11", "A. Bee", "spoken", "Two."),
        speeches.Speech("1964-01-08", "C. Dee", "spoken", "Three."),
    ]
    assert module.speech_of(found, "A. Bee").text == "One."
    with pytest.raises(ValueError, match="of 'Bee': take one of A. Bee, C. Dee."):
        module.speech_of(found, "Bee")


def test_the_longest_run_of_words(module):
    text = ["we", "the", "people", "of", "the", "united", "states"]
    assert module.longest_run(["of", "the", "people", "of", "the"], text) == [
        *("the", "people", "of", "the")
    ]
    assert module.longest_run(["peop", "he"], text) == []  # whole words only
    assert module.longest_run(text, text) == text


def test_bits_of_spelling_by_hand(module):
    """Two letters and two spaces: Witten-Bell by hand, for contexts up to 4."""
    # " a " has a once and a space twice; 3 ids, 2 kinds, and 200 signs in all
    a, space = (1 + 2 / 200) / 5, (2 + 2 / 200) / 5
    behind_space = (1 + 1 * a) / 2  # a space was followed once, by a
    behind_a = (1 + 1 * space) / 2
    behind_both = (1 + 1 * behind_a) / 2  # " a" was followed by a space
    expected = -np.log2([behind_space, behind_both]).sum()
    assert module.spelling_bits(["a"], ["a"]) == pytest.approx(expected)


def test_bits_of_spelling(module):
    bits = module.spelling_bits(["abba", "abab"] * 20, ["abba"])
    assert 0 < bits < module.spelling_bits(["abba", "abab"] * 20, ["xyz!"])
    more = module.spelling_bits(["abba"], ["abba", "abba"])
    assert more > module.spelling_bits(["abba"], ["abba"])


def test_a_string_has_the_characters_that_are_paid_for(module):
    assert module.string_of(SENTENCES) == "we are free .\nare we rare ?\n"


def test_twins_differ_in_one_word(module):
    rows = [["we", "know", "their", "new", "peace"], ["no", "one"], ["we"] * 9]
    known = {"we", "know", "no", "their", "there", "new", "peace", "one", "won"}
    found = module.twins(rows, known, 9, np.random.default_rng(0))
    assert len(found) == 2 and all(said == rows[0] for said, _ in found)
    changed = [b for _, b in found]
    assert [*rows[0][:1], "no", *rows[0][2:]] in changed
    assert [*rows[0][:2], "there", *rows[0][3:]] in changed


def test_nats_of_sentences_do_not_depend_on_padding(module):
    model = a_model(module, len(WORDS))
    rows = [["we", "are", "."], SENTENCES[1], ["?"]]
    found = module.sentence_nats(model, WORDS, rows)
    for row, value in zip(rows, found, strict=True):
        alone = module.nats(model, WORDS.encode([row]), rows=1)
        assert value == pytest.approx(alone.sum(), abs=1e-4)


def test_parts_are_spoken_and_later_years_are_held_out(module):
    head = "{}\tA\t{}\nWe are free.\n"
    dates = ["1960-01-01", "1961-01-30", "2009-01-01", "2010-01-27", "2014-01-28"]
    text = "".join(head.format(d, f) for d in dates for f in ("spoken", "written"))
    parts = module.parts_of(text)
    assert {p: [s.date for s in found] for p, found in parts.items()} == {
        "train": dates[1:3],
        "validation": dates[3:4],
        "test": dates[4:],
    }
    assert all(s.form == "spoken" for found in parts.values() for s in found)


def test_half_precision(module, half_precision):
    model = a_model(module, len(WORDS))
    ids = WORDS.encode(SENTENCES * 9)
    losses = module.train(model, ids, 1, 2, 5, 4, 0.01)
    assert np.isfinite(losses).all() and np.isfinite(module.nats(model, ids)).all()
    assert len(module.write(model, WORDS, "We are", 5)) == 5


NAME = "16_word_language_model.ipynb"


def by_hand(value):
    return lambda: value


def places(text):
    pairs = {*zip(text, text[1:], strict=False)}
    return {word: sum(b == word for _, b in pairs) for word in text}


def likely_words(p, k):
    kept = sorted(range(1, len(p)), key=lambda i: -p[i])[:k]
    total = sum(p[i] for i in kept)
    return [p[i] / total if i in kept else 0 for i in range(len(p))]


def mixtures(a, b, shares):
    return [np.exp(np.mean(-np.log(s * a + (1 - s) * b))) for s in shares]


RIGHT = [
    (1, by_hand([10, 2, 4])),
    (1, by_hand(np.array([10, 2, 4], "int64"))),
    (1, by_hand(tf.constant([10.0, 2.0, 4.0]))),
    (1, lambda: [10.03, 2.0, 4.04]),  # from rounded logarithms
    (2, places),
    (2, lambda text: {w: np.int64(n) for w, n in places(text).items()}),
    (2, lambda text: Counter(places(text))),
    (2, lambda text: places(text) | {"<EOS>": 1}),
    (3, likely_words),
    (3, lambda p, k: np.array(likely_words(p, k), "float32")),
    (3, lambda p, k: tf.constant(likely_words(p, k))),
    (4, mixtures),
    (4, lambda *given: np.array(mixtures(*given), "float32")),
    (4, lambda *given: np.round(mixtures(*given), 2)),
    (5, lambda nats: np.exp(sum(n.sum() for n in nats) / sum(map(len, nats)))),
    (5, lambda nats: tf.exp(tf.reduce_mean(tf.concat(nats, axis=0)))),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_are_accepted(number, answer):
    assert verdict(NAME, number, answer).rstrip().endswith(": correct")


def unknown_last(p, k):
    best = np.argsort(-p)[:k]
    kept = [i for i in best if i]
    return [p[i] / p[kept].sum() if i in kept else 0 for i in range(len(p))]


def most_likely_out(p, k):
    rest = np.where(p == p.max(), 0, p)
    rest = np.where(rest >= np.sort(rest)[-k], rest, 0)
    return rest / rest.sum()


def all_alike(p, k):
    best = np.where(p >= np.sort(p)[-k], p, 0)
    return best / best.sum()


def and_unknown(p, k):
    found = np.where(np.array(likely_words(p, k)) > 0, p, 0)
    found[0] = p[0]
    return found / found.sum()


def one_more_without_unknown(p, k):
    best = [i for i in np.argsort(-p)[: k + 1] if i]
    return [p[i] / p[best].sum() if i in best else 0 for i in range(len(p))]


def least_likely(p, k):
    p = np.where(np.arange(len(p)) == 0, 0, p)
    found = np.where(p <= np.sort(p)[k - 1], p, 0)
    return found / found.sum()


def least_of_all_words(p, k):
    least = 1 + np.argsort(p[1:])[:k]
    return [p[i] / p[least].sum() if i in least else 0 for i in range(len(p))]


def shifted(p, k):
    best = np.argsort(-p[1:])[:k]
    return [p[i] / p[best].sum() if i in best else 0 for i in range(len(p))]


WRONG = [
    (1, by_hand([10, 2.5, 2**2.5]), "<EOS> is an id, too"),
    (1, by_hand([10, 2, np.exp(2)]), "bits belong to 2"),
    (1, by_hand([10, 2, 31 / 5]), "this is the mean of 1/p"),
    (1, by_hand([10, 2, 80 / 31]), "1 over the mean of p"),
    (1, by_hand([10, 2.5, 5.7]), "<EOS> is an id, too"),  # rounded
    (1, by_hand([6.93, 1.39, 4]), "these are nats"),
    (1, by_hand([10, 2, None]), "not written yet"),
    (1, by_hand([10, 2]), "shape"),
    (2, Counter, "how often each came"),
    (2, lambda text: {**dict.fromkeys(text, 0), **Counter(text[1:])}, "count once"),
    (
        2,
        lambda text: Counter(a for a, _ in {*zip(text, text[1:], strict=False)}),
        "look at those before it",
    ),
    (2, lambda text: None, "not written yet"),
    (2, lambda text: {w: n for w, n in places(text).items() if n}, "it has 0"),
    (2, lambda text: places([text[-1], *text]), "text[-1] is the last"),
    (2, lambda text: places(text) | {text[0]: 0}, "only if it does not come again"),
    (2, lambda text: {**dict.fromkeys(text, 0), **places(text[:-1])}, "the last word"),
    (2, lambda text: [*places(text).values()], "the set of the words before"),
    (2, lambda text: {}, "collect for each word"),
    (2, lambda text: {w: {w} for w in text}, "expected numbers"),
    (3, unknown_last, "take it out first"),
    (3, all_alike, "<UNK> is still there"),
    (3, lambda p, k: p * (np.array(likely_words(p, k)) > 0), "do not sum to 1"),
    (3, lambda p, k: likely_words(p, 9), "keep k"),
    (3, least_likely, "least likely words, and <UNK> with 0"),
    (3, least_of_all_words, "these are the least likely words\n"),
    (3, shifted, "one less than in p"),
    (3, lambda p, k: likely_words(p, k)[1:], "shape"),
    (3, lambda p, k: likely_words(p, 3), "is k fixed"),
    (3, one_more_without_unknown, "not among k + 1"),
    (3, lambda p, k: likely_words(p, k + 1), "which k are not 0"),
    (3, most_likely_out, "not always the most likely"),
    (3, and_unknown, "k words and <UNK>"),
    (3, lambda p, k: np.argsort(-p)[:k], "different lengths"),
    (3, lambda p, k: None, "not written yet"),
    (4, lambda a, b, s: mixtures(b, a, s), "the share belongs to a"),
    (4, lambda a, b, s: np.log(mixtures(a, b, s)), "these are nats"),
    (
        4,
        lambda a, b, s: [
            x * mixtures(a, b, [1])[0] + (1 - x) * mixtures(a, b, [0])[0] for x in s
        ],
        "means of two perplexities",
    ),
    (
        4,
        lambda a, b, s: [
            np.exp(-np.mean(x * np.log(a) + (1 - x) * np.log(b))) for x in s
        ],
        "mixed logarithms",
    ),
    (4, lambda a, b, s: mixtures(a, b, s)[0], "shape"),
    (4, lambda a, b, s: 1 / np.array(mixtures(a, b, s)), "where is the minus"),
    (4, lambda a, b, s: np.log2(mixtures(a, b, s)), "these are bits"),
    (4, lambda a, b, s: np.exp(np.log2(mixtures(a, b, s))), "e belongs to ln"),
    (4, lambda a, b, s: np.power(mixtures(a, b, s), 6), "take the mean"),
    (4, lambda a, b, s: [np.mean(1 / (x * a + (1 - x) * b)) for x in s], "first the"),
    (4, lambda a, b, s: [None for _ in s], "not written yet"),
    (4, lambda a, b, s: min(mixtures(a, b, s)), "shape"),
    (5, lambda nats: np.mean([np.exp(n.mean()) for n in nats]), "of 5 words count"),
    (5, lambda nats: np.exp(np.mean([n.mean() for n in nats])), "like a long one"),
    (5, lambda nats: np.exp(np.concatenate(nats)).mean(), "first the mean"),
    (5, lambda nats: np.concatenate(nats).mean(), "of what is the mean taken"),
    (5, lambda nats: None, "not written yet"),
]


@pytest.mark.parametrize(("number", "answer", "says"), WRONG)
def test_wrong_answers_are_refused_with_a_hint(number, answer, says):
    found = verdict(NAME, number, answer)
    assert "correct" not in found and says in found
