"""Lesson 14, tags and their best path, against definitions and brute force."""

import itertools
import re
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tagging
from exercises import verdict
from helpers import cudnn, data, lessons
from helpers.tasks import addresses

NAME = "14_tag_each_token.ipynb"
ROWS = [("12", "Oak", "St.,", "Erie"), ("PO", "Box", "7"), ("1", "Oak", "St")]
LABELS = [("N", "S", "S", "P"), ("B", "B", "I"), ("N", "S", "S")]
NAMES = ["B", "I", "N", "P", "S"]
TAGS = [f"{begin}-{name}" for begin in "BI" for name in NAMES]


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("14")


some_tags = st.lists(
    st.sampled_from(["O", "B-x", "I-x", "B-y", "I-y"]), min_size=1, max_size=8
)


def begins(tags, i):
    """Say whether a span begins at i, from the definition."""
    if tags[i] == "O":
        return False
    return tags[i][0] == "B" or i == 0 or tags[i - 1][1:] != tags[i][1:]


@settings(deadline=None)  # the first example loads the lesson
@given(some_tags)
def test_spans_by_brute_force(lesson, tags):
    expected = {
        (a, b, tags[a][2:])
        for a, b in itertools.combinations(range(len(tags) + 1), 2)
        if begins(tags, a)
        and all(tags[i] == "I-" + tags[a][2:] for i in range(a + 1, b))
        and (b == len(tags) or tags[b] != "I-" + tags[a][2:])
    }
    assert lesson("14").spans(tags) == expected


@settings(deadline=None)  # the first example loads the lesson
@given(st.lists(st.sampled_from("xyz"), min_size=1, max_size=8))
def test_bio_marks_each_run(lesson, labels):
    module = lesson("14")
    runs = [(name, len([*run])) for name, run in itertools.groupby(labels)]
    expected = [
        ("I-" if k else "B-") + name for name, length in runs for k in range(length)
    ]
    assert module.bio(labels) == expected
    assert len(module.spans(expected)) == len(runs)


@settings(deadline=None)  # the first example loads the lesson
@given(st.lists(st.tuples(some_tags, some_tags), min_size=1, max_size=4))
def test_f1_is_the_harmonic_mean_of_precision_and_recall(lesson, pairs):
    module = lesson("14")
    found, right = (
        [
            {(r, *span) for span in module.spans(tags)}
            for r, tags in enumerate(pair[k] for pair in pairs)
        ]
        for k in (0, 1)
    )
    a, b = (set().union(*rows) for rows in (found, right))
    if not a or not b:
        return
    hits = len([span for span in a if span in b])
    precision, recall = hits / len(a), hits / len(b)
    expected = hits and 2 * precision * recall / (precision + recall)
    assert module.f1(found, right) == pytest.approx(expected)


def test_measures_by_hand(module):
    right = [["B-N", "B-S", "I-S"], ["B-P"]]
    found = [["B-N", "B-S", "B-S"], ["B-N"]]
    assert module.measures(right, right) == {"tokens": 100, "addresses": 100, "F1": 100}
    got = module.measures(found, right)
    assert got["tokens"] == pytest.approx(75)
    assert got["addresses"] == pytest.approx(50)
    assert got["F1"] == pytest.approx(100 * 2 * 1 / (4 + 3))


@pytest.mark.parametrize(
    ("token", "plain", "shape"),
    [
        ("St.,", "st", "Aa.,"),
        ("60602-1234", "00000-0000", "0-0"),
        ("#5", "#0", "#0"),
        ("&", "&", "&"),
        ("--", "--", "--"),
        (",", ",", ","),
        ("P.O.", "po", "A.A."),
        ("McCormick", "mccormick", "AaAa"),
        ("½", "½", "½"),
    ],
)
def test_plain_and_shape(module, token, plain, shape):
    assert module.plain(token) == plain and module.shape(token) == shape


def test_counts_are_backed_off(module):
    ids = addresses.label_ids([module.bio(r) for r in LABELS], TAGS, 4)
    counts = module.Counts(ROWS, ids, len(TAGS))
    seen = Counter(t for row in ids for t in row if t >= 0)
    every = np.array([0.1 + seen[k] for k in range(len(TAGS))])
    every /= every.sum()
    street = TAGS.index("B-S")
    p = counts.probabilities("oak!", 1)  # a shape of its own; the word twice B-S
    assert p[street] == pytest.approx((2 + every[street]) / 3)
    p = counts.probabilities("777", 1)  # shape 0: N, N and I; plain 000: never seen
    shape = np.zeros(len(TAGS))
    shape[TAGS.index("B-N")], shape[TAGS.index("B-I")] = 2, 1
    np.testing.assert_allclose(p, (shape + every) / 4)
    np.testing.assert_allclose(counts.probabilities("~", 1), every)


def test_transition_counts(module):
    ids = np.array([[0, 1, 1, -1], [1, 0, -1, -1]])
    expected = [[0, 1], [1, 1], [1, 1]]
    assert module.transition_counts(ids, 2).tolist() == expected


@pytest.mark.parametrize("length", range(1, 6))
@pytest.mark.parametrize("size", [2, 4])
def test_viterbi_and_the_forward_algorithm_by_exhaustive_search(module, length, size):
    rng = np.random.default_rng(10 * length + size)
    scores, weights = rng.normal(size=(length, size)), rng.normal(size=(size + 1, size))
    weights *= 3  # the start decides often
    every = {}
    for path in itertools.product(range(size), repeat=length):
        value = weights[size, path[0]] + scores[0, path[0]]
        for t in range(1, length):
            value += weights[path[t - 1], path[t]] + scores[t, path[t]]
        every[path] = value
        assert module.total(path, scores, weights) == pytest.approx(value)
    assert tuple(module.viterbi(scores, weights)) == max(every, key=every.get)
    real = np.arange(length + 2)[None] < length
    padded = np.concatenate([scores, rng.normal(size=(2, size))])[None]
    found = np.array(module.log_sum_of_paths(tf.constant(padded), weights, real))
    exact = np.logaddexp.reduce([*every.values()])
    assert found.shape == (1,) and float(found[0]) == pytest.approx(exact)
    for path, value in list(every.items())[:: max(1, len(every) // 7)]:
        ids = np.array([[*path, -1, -1]])
        arrays = (padded.astype("float32"), weights.astype("float32"))
        one = float(module.totals(ids, *arrays)[0])
        assert one == pytest.approx(value, abs=1e-4)


def test_the_forward_algorithm_does_not_overflow(module):
    scores = np.full((1, 3, 4), 5_000.0)
    found = module.log_sum_of_paths(scores, np.zeros((5, 4)), np.ones((1, 3), bool))
    assert float(found[0]) == pytest.approx(15_000 + 3 * np.log(4))


def test_crf_loss_and_its_gradient(module):
    rng = np.random.default_rng(0)
    scores = tf.constant(rng.normal(size=(2, 3, 2)), "float32")
    weights = tf.Variable(rng.normal(size=(3, 2)), dtype="float32")
    ids = np.array([[0, 1, 1], [1, 0, -1]])
    with tf.GradientTape() as tape:
        loss = module.crf_loss(weights)(ids, scores)
    missed = 0
    for row, length in ((0, 3), (1, 2)):
        s, every = scores[row].numpy(), {}
        for path in itertools.product(range(2), repeat=length):
            every[path] = module.total(path, s, weights.numpy())
        right = tuple(ids[row, :length].tolist())
        missed += np.logaddexp.reduce([*every.values()]) - every[right]
    assert float(loss) == pytest.approx(missed / 5, abs=1e-5)
    assert abs(tape.gradient(loss, weights).numpy()).min() > 0


def test_legal_by_definition(module):
    tags = ["B-x", "I-x", "B-y", "I-y", "O"]
    rules = module.legal(tags)
    assert rules.shape == (6, 5)
    for i, before in enumerate([*tags, None]):
        for j, now in enumerate(tags):
            goes_on = before in ("B" + now[1:], "I" + now[1:])
            assert (rules[i, j] == 0) == (now[0] != "I" or goes_on), (before, now)
    assert rules.min() <= -1e6
    rng = np.random.default_rng(0)
    for _ in range(20):
        path = module.viterbi(rng.normal(size=(6, 5)), rules)
        found = [tags[k] for k in path]
        assert all(t[0] != "I" or not begins(found, i) for i, t in enumerate(found))


def test_masked_loss_leaves_the_padding_out(module):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2, 3, 4)).astype("float32")
    ids = np.array([[3, 0, -1], [1, -1, -1]])
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    expected = -(logs[0, 0, 3] + logs[0, 1, 0] + logs[1, 0, 1]) / 3
    assert float(module.masked_loss(ids, scores)) == pytest.approx(expected, abs=1e-6)
    scores[0, 2] += 100
    assert float(module.masked_loss(ids, scores)) == pytest.approx(expected, abs=1e-6)


def test_batches_keep_rows_together_and_lose_none(module):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 8, size=50)
    words = np.where(np.arange(8) < lengths[:, None], np.arange(1, 51)[:, None], 0)
    arrays = [words, np.repeat(words[..., None], 3, axis=2), words - 1]
    seen, cells = [], 0
    for a, b, c in module.batches(arrays, 8, rng):
        assert len(a) <= 8 and (b[..., 0] == a).all() and (c == a - 1).all()
        assert (a != 0).sum(axis=1).max() == a.shape[1]
        seen += a[:, 0].tolist()
        cells += a.size
    assert sorted(seen) == list(range(1, 51))
    assert cells < 1.2 * lengths.sum(), "of similar length"


SIZES = {"words": 9, "letters": 11, "places": 4, "tags": 5}


def arrays(rows=3, time=6):
    rng = np.random.default_rng(0)
    lengths = np.array([time, 2, 4])[:rows, None]
    words = np.where(np.arange(time) < lengths, rng.integers(2, 9, (rows, time)), 0)
    letters = rng.integers(1, 11, (rows, time, 4)) * (words > 0)[..., None]
    tags = np.where(words > 0, rng.integers(0, 5, (rows, time)), -1)
    return [a.astype("int32") for a in (words, letters, tags)]


@pytest.mark.parametrize("reading", ["alone", "forward", "both"])
@pytest.mark.parametrize("spelling", [True, False])
def test_what_a_tag_depends_on(module, reading, spelling):
    model = module.tagger(SIZES, reading, 7, spelling)
    words, letters, _ = arrays()
    scores = np.array(model([words, letters], training=False))
    assert scores.shape == (3, 6, 5)
    if reading != "alone":
        cudnn.require(model, words != 0)
    other = words.copy()
    other[0, 2] = 1 + other[0, 2] % 8
    moved = abs(np.array(model([other, letters], training=False)) - scores).max(axis=-1)
    reached = {"alone": [2], "forward": [2, 3, 4, 5], "both": range(6)}[reading]
    assert np.flatnonzero(moved[0] > 1e-7).tolist() == list(reached)
    assert moved[1:].max() == 0
    other = letters.copy()
    other[0, 2] = other[0, 2] % 10 + 1
    moved = abs(np.array(model([words, other], training=False)) - scores).max()
    assert (moved > 0) == spelling


@pytest.mark.parametrize("reading", ["forward", "both"])
def test_padding_changes_nothing(module, reading):
    model = module.tagger(SIZES, reading, 7, True)
    words, letters, _ = arrays()
    long = np.array(model([words, letters], training=False))
    short = np.array(model([words[1:2, :2], letters[1:2, :2]], training=False))
    np.testing.assert_allclose(long[1, :2], short[0], atol=1e-6)


def test_a_step_makes_words_unknown_and_trains_every_weight(module):
    words, letters, tags = arrays()
    model = module.tagger(SIZES, "both", 7, True, drop=0.0)
    seen = []

    def loss(tag_ids, scores):
        seen.append(1)
        return module.masked_loss(tag_ids, scores)

    before = [w.numpy() for w in model.trainable_variables]
    optimiser = keras.optimizers.SGD(1.0)
    step = module.make_step(model, loss, optimiser, model.trainable_variables)
    for _ in range(40):
        step(words, letters, tags)
    assert seen == [1], "compiled once"
    after = [w.numpy() for w in model.trainable_variables]
    for a, b, w in zip(before, after, model.trainable_variables, strict=True):
        assert not np.array_equal(a, b), w.path
    (old,), (new,) = ([w for w in ws if w.shape == (9, 64)] for ws in (before, after))
    assert not np.allclose(new[1], old[1]), "the unknown word is learned"
    np.testing.assert_array_equal(new[0], old[0])  # padding is read by none


def test_word_dropout_leaves_the_padding_alone(module):
    words, letters, tags = arrays()
    ids, spelled = (keras.Input(shape, dtype="int32") for shape in [(None,), (None, 4)])
    copy = keras.layers.Embedding(9, 9, embeddings_initializer="identity")
    read = copy(ids) + 0.0 * keras.ops.cast(spelled[..., :1], "float32")
    model = keras.Model([ids, spelled], read)  # its scores tell which words it read

    def loss(tag_ids, scores):
        made_up = (tag_ids < 0) & (tf.argmax(scores, axis=-1) != 0)
        return tf.reduce_sum(tf.cast(made_up, "float32")) + 0 * tf.reduce_sum(scores)

    rest = keras.optimizers.SGD(0.0)
    step = module.make_step(model, loss, rest, model.trainable_variables)
    assert sum(float(step(words, letters, tags)) for _ in range(20)) == 0


def test_a_step_drops_features(module):
    words, letters, tags = arrays()
    words = np.minimum(words, 1)  # all unknown: word dropout changes nothing
    model = module.tagger(SIZES, "both", 7, True)
    rest = keras.optimizers.SGD(0.0)
    step = module.make_step(model, module.masked_loss, rest, model.trainable_variables)
    assert len({float(step(words, letters, tags)) for _ in range(4)}) == 4


def test_training_reads_each_reading_once(module, monkeypatch):
    seen, cut = [], module.batches
    monkeypatch.setattr(module, "batches", lambda a, *b: seen.append(a) or cut(a, *b))
    readings = [arrays() for _ in range(3)]
    model = module.tagger(SIZES, "both", 7, True)
    module.train(model, readings, np.random.default_rng(0))
    assert list(map(id, seen)) == list(map(id, readings))


def test_training_learns_and_moves_the_transitions(module):
    data_ = arrays()
    model = module.tagger(SIZES, "both", 16, True, drop=0.0)
    weights = keras.Variable(np.zeros((6, 5), "float32"))
    loss = module.crf_loss(weights.value)
    first = float(loss(data_[2], model(data_[:2])))
    module.train(model, [data_] * 60, np.random.default_rng(0), loss, [weights])
    last = float(loss(data_[2], model(data_[:2])))
    assert last < 0.5 * first and abs(weights.numpy()).max() > 0.01
    scores = np.array(model(data_[:2]))
    for s, ids in zip(scores, data_[2], strict=True):
        ids = ids[ids >= 0].tolist()
        assert module.viterbi(s[: len(ids)], weights.numpy()) == ids


def test_encoded(module):
    words = module.WordIds([[module.plain(t) for t in row] for row in ROWS], 50)
    letters = addresses.LetterIds(ROWS, 4)
    a, b = module.encoded([("99", "OAK", "Zz")], words, letters, 5)
    assert a.shape == (1, 5) and b.shape == (1, 5, 4)
    assert [words.words[k] for k in a[0]] == ["00", "oak", "[UNK]", "", ""]
    assert (b[0, 3:] == 0).all()


@pytest.fixture
def small(module):
    words = module.WordIds([[module.plain(t) for t in row] for row in ROWS], 50)
    letters = addresses.LetterIds(ROWS, 4)
    sizes = {"words": len(words), "letters": len(letters), "places": 4}
    model = module.tagger(sizes | {"tags": len(TAGS)}, "both", 7, True)
    return model, words, letters, TAGS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no letter and no digit"),
        (" , ", "no letter and no digit"),
        ("ул. Ленина 1", "'ул.' is in the Cyrillic alphabet"),
        ("Oak " * 60, "60 tokens, more than 40: give one address"),
        (None, "is no string"),
    ],
)
def test_bad_addresses_of_a_reader_are_named(module, small, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        module.label(text, *small)


@pytest.mark.parametrize("text", ["12 Oak St", "Z", "½ Oák #3\n(Erie)", "Oak " * 40])
def test_own_addresses_get_one_label_for_each_token(module, small, text):
    found = module.label(text, *small)
    assert [token for token, _ in found] == text.split()
    assert {name for _, name in found} <= set(NAMES)


def test_twins_by_brute_force(module):
    table = data.load_table("addresses.tsv.gz")
    parts = [addresses.part_of(table, name) for name in addresses.PARTS]
    rows = [row for tokens, _ in parts for row in tokens]
    labels = [row for _, names in parts for row in names]

    def bare(token):
        return "".join(c for c in token.lower() if "a" <= c <= "z")

    keys = [tuple(map(bare, row)) for row in rows]
    expected = sum(a == b and any(a) for a, b in itertools.combinations(keys, 2))
    groups = module.twins(rows, labels)
    pairs = [p for group in groups for p in itertools.combinations(group, 2)]
    assert len(pairs) == expected
    assert all(len(a[0]) == len(b[0]) and a[0] != b[0] for a, b in pairs)


@settings(deadline=None)  # the first example loads the lesson
@given(st.lists(st.sampled_from("xyz"), min_size=1, max_size=8))
def test_order_is_that_of_the_spans(lesson, labels):
    module = lesson("14")
    spans = sorted(module.spans(module.bio(labels)))
    assert module.order(labels) == tuple(name for _, _, name in spans)


def test_varied_addresses_have_the_same_parts_in_order(module):
    bank, rng = module.bank_of(ROWS, LABELS), np.random.default_rng(0)
    assert sorted(bank["S"]) == [("Oak", "St"), ("Oak", "St.,")]
    seen = set()
    for _ in range(200):
        row, names = module.varied(ROWS[0], LABELS[0], bank, rng)
        assert len(row) == len(names) and all(row)
        assert [n for n, _ in itertools.groupby(names)] == ["N", "S", "P"]
        for start, end, name in module.spans(module.bio(names)):
            bare = tuple(t.lower().rstrip(",;.") for t in row[start:end])
            known = [tuple(t.lower().rstrip(",;.") for t in s) for s in bank[name]]
            assert bare in known
        seen.add(row)
    assert len(seen) > 10 and any("1" in row for row in seen)


def test_training_of_the_recipe_sees_no_test_address():
    train, test, names = tagging.parts_of("addresses.tsv.gz", 1, True)
    table = data.load_table("addresses.tsv.gz")
    assert len(train[0]) == 1188 and len(test[0]) == 300 and len(names) == 29
    held_out = {*table.tokens[table.part == "test"]}
    assert not held_out & {" ".join(row) for row in train[0]}
    assert {" ".join(row) for row in test[0]} == held_out
    quarter, _, _ = tagging.parts_of("addresses.tsv.gz", 0.25, False)
    assert len(quarter[0]) == len(quarter[1]) == 260


def shares(right, mask):
    """Return the mean over rows, each with its own share."""
    return np.mean([r[m].mean() for r, m in zip(right, mask, strict=True)])


def costs(change, measure=None):
    """Return an answer to exercise 3: change(tags, i), then measure(found, right)."""

    def answer(tags):
        spans = lessons.load("14").spans
        right, found = spans(tags), []
        for i in range(len(tags)):
            found.append((measure or by_counts)(spans(change(tags, i)), right))
        return found

    return answer


def by_counts(found, right):
    return 2 * len(found & right) / (len(found) + len(right))


def put(tag, copied=True):
    """Return a function that puts a tag at a place, in a copy or in the list itself."""

    def change(tags, i):
        tags = list(tags) if copied else tags
        tags[i] = tag
        return tags

    return change


def paths(start=-1, step=None, after=lambda e: e / e.sum(), transposed=False):
    """Return an answer to exercise 4; each argument makes it wrong in one way."""

    def answer(s, t):
        found = []
        first = np.zeros(2) if start is None else t[start]
        inner = t[:2] if step is None else t[step] if step else np.zeros((2, 2))
        inner = inner.T if transposed else inner
        for a, b, c in itertools.product(range(2), repeat=3):
            scores = s[0, a] + s[1, b] + s[2, c]
            found.append(scores + first[a] + inner[a, b] + inner[b, c])
        return after(np.exp(found))

    return answer


def best_path(axis=0, transposed=False, first=-1, turned=True, column=True):
    """Return an answer to exercise 5; each argument makes it wrong in one way."""

    def answer(s, t):
        best, came, step = s[0] + (0 if first is None else t[first]), [], t[:-1]
        step = step.T if transposed else step
        for score in s[1:]:
            ways = (best[:, None] if column else best) + step
            came.append(ways.argmax(axis=axis))
            best = ways.max(axis=axis) + score
        path = [int(best.argmax())]
        for before in reversed(came):
            path.append(int(before[path[-1]]))
        return path[::-1] if turned else path

    return answer


WRONG = [
    (1, lambda: [0.6, 0.4, 0.5, 4 / 9], "only its tag is wrong"),
    (1, lambda: [0.8, 0.5, 0.4, 4 / 9], "recall by the right ones"),
    (1, lambda: [0.8, 0.6, 0.75, 2 / 3], "right in part is not right"),
    (1, lambda: [0.8, 0.5, 0.5, 0.5], "two of the spans that were found"),
    (1, lambda: [0.8, 0.4, 0.5, 0.45], "harmonic mean"),
    (1, lambda: [0.8, 0.4, 0.5, 0.22], "there is a 2 in F1"),
    (1, lambda: [80, 40, 50, 400 / 9], "between 0 and 1"),
    (1, lambda: [0.8, 0.8, 0.8, 0.8], "list the spans"),
    (1, lambda: [0.8, 0.4, 0.5], "shape (3,), expected (4,)"),
    (1, lambda: [0.8, 0.4, None, None], "not written yet"),
    (2, lambda s, y: (s.argmax(-1) == y).mean(), "in the denominator"),
    (2, lambda s, y: (s.argmax(-1) == np.maximum(y, 0)).mean(), "taken for tag 0"),
    (2, lambda s, y: (s.argmax(-1) == y)[y > 0].mean(), "0 is a tag like any other"),
    (2, lambda s, y: (s.argmax(-1) == y).sum(), "divide by the real tokens"),
    (2, lambda s, y: shares(s.argmax(-1) == y, y >= 0), "the same"),
    (2, lambda s, y: (s.argmax(-1) == y)[y >= 0], "expected ()"),
    (2, lambda s, y: (s.argmin(-1) == y)[y >= 0].mean(), "where is tag_ids -1"),
    (2, lambda s, y: (s.argmax(1) == y)[y >= 0].mean(), "stopped by"),
    (3, lambda tags: [6 / 7] * 7, "share of right tags"),
    (3, lambda tags: [3 / 4] * 7, "F1 also counts the spans too many"),
    (3, costs(put("B-Other", copied=False)), "begin with the right ones"),
    (3, costs(put("B-Other"), lambda a, b: len(a & b) / len(a)), "the precision"),
    (3, costs(put("B-Other"), lambda a, b: 1 - by_counts(a, b)), "return F1 itself"),
    (3, lambda tags: np.ones(7), "before the change"),
    (3, costs(put("O")), "put B-Other there"),
    (3, costs(lambda tags, i: tags[:i] + tags[i + 1 :]), "change a copy"),
    (3, costs(put("B-Other"), lambda a, b: len(a & b) / len(a | b)), "change a copy"),
    (3, lambda tags: 6 / 9, "shape (), expected (7,)"),
    (4, lambda s, t: np.ones(8) / 8, "three scores, three transitions"),
    (4, paths(start=None), "the first tag has a transition, too"),
    (4, paths(transposed=True), "the row is the tag before"),
    (4, paths(after=lambda e: e), "divide by the sum"),
    (4, paths(after=lambda e: np.log(e / e.sum())), "three scores"),
    (4, paths(after=np.log), "three scores"),
    (4, paths(start=None, step=[]), "the transitions are missing"),
    (4, paths(start=0, step=[1, 2]), "the start is the last row"),
    (4, paths(after=lambda e: e / e.max()), "three scores"),
    (4, paths(after=lambda e: (e / e.sum())[::-1]), "three scores"),
    (4, paths(after=lambda e: e[:4] / e.sum()), "shape (4,), expected (8,)"),
    (5, lambda s, t: s.argmax(axis=1).tolist(), "each token alone"),
    (5, best_path(turned=False), "turn the path round"),
    (5, best_path(column=False), "which axis"),
    (5, best_path(axis=1), "which axis"),
    (5, best_path(transposed=True), "which axis"),
    (5, best_path(transposed=True, column=False), "which axis"),
    (5, best_path(first=None), "which axis"),
    (5, best_path(first=0), "which axis"),
    (5, lambda s, t: None, "stopped by TypeError"),
]
RIGHT = [
    (1, lambda: (4 / 5, 2 / 5, 2 / 4, 4 / 9)),
    (1, lambda: [0.8, 0.4, 0.5, 0.44]),
    (1, lambda: np.array([0.8, 0.4, 0.5, 0.444], "float32")),
    (1, lambda: tf.constant([0.8, 0.4, 0.5, 0.4444])),
    (2, lambda s, y: float((s.argmax(-1) == y)[y >= 0].mean())),
    (2, lambda s, y: (s.argmax(-1) == y).sum() / (y >= 0).sum()),
    (2, lambda s, y: np.float32((s.argmax(-1) == y)[y != -1].mean())),
    (2, lambda s, y: tf.reduce_mean(tf.cast(s.argmax(-1) == y, "float32")[y >= 0])),
    (3, costs(put("B-Other"))),
    (3, costs(put("I-Other"))),
    (3, lambda tags: np.float32(costs(put("B-Other"))(tags))),
    (3, lambda tags: tf.constant(costs(put("B-Other"))(tags))),
    (4, paths()),
    (4, paths(after=lambda e: (e / e.sum()).tolist())),
    (4, paths(after=lambda e: np.float32(e / e.sum()))),
    (4, paths(after=lambda e: tf.nn.softmax(np.log(e)))),
    (5, best_path()),
    (5, best_path(axis=1, transposed=True, column=False)),
    (5, lambda s, t: np.array(best_path()(s, t))),
    (5, lambda s, t: tuple(map(np.int32, best_path()(s, t)))),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_likely_wrong_answers_of_the_exercises_are_told(number, answer, hint):
    printed = verdict(NAME, number, answer)
    assert hint in printed and "correct" not in printed


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_in_other_forms_are_accepted(number, answer):
    assert ": correct" in verdict(NAME, number, answer)
