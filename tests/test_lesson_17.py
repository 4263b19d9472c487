"""Lesson 17, captions and answers, against definitions, NumPy and brute force."""

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

from exercises import verdict
from helpers import cudnn, data
from helpers.tasks import dates, people, sounds

NAME = "17_caption_pictures.ipynb"
PALETTE = np.array([[1, 1, 1], [0.9, 0.7, 0.1], [0.2, 0.3, 0.8], [0, 0, 0]], "float32")
WHITE = 0


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("17")


@pytest.fixture(scope="module")
def arrays():
    return data.load_arrays("people.npz")


def some_pictures(rows=3, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (rows, 1024)).astype("int32")


def test_nearest_by_brute_force(module):
    rng = np.random.default_rng(0)
    known, new = (rng.integers(0, 256, (n, 4, 4, 3), "uint8") for n in (9, 5))
    expected = [
        min(range(9), key=lambda k: ((known[k].astype(int) - one) ** 2).sum())
        for one in new.astype(int)
    ]
    assert module.nearest(known, new).tolist() == expected


def convolved(image, kernel):
    """Return the 3 x 3 convolution of an image (side, side, channels), in loops."""
    side = len(image)
    wide = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    return np.array(
        [
            [
                np.einsum("ijc,ijcf->f", wide[r : r + 3, c : c + 3], kernel)
                for c in range(side)
            ]
            for r in range(side)
        ]
    )


def pooled(image):
    side = len(image) // 2
    return image.reshape(side, 2, side, 2, -1).max(axis=(1, 3))


def test_the_cells_by_loops_in_numpy(module):
    numbers = keras.Input((1024,), dtype="int32")
    grid = module.cells_of(numbers, PALETTE, (2, 3, 4))
    model = keras.Model(numbers, grid)
    assert grid.shape[1:] == (8, 8, 4)
    rng = np.random.default_rng(0)
    weights = [
        abs(w) + rng.uniform(0.1, 1, w.shape) if w.ndim == 1 else w
        for w in model.get_weights()
    ]
    model.set_weights(weights)
    picture = some_pictures(1)
    image = 1 - PALETTE[picture[0]].reshape(32, 32, 3).astype("float64")
    of_pixels, *weights = weights
    image = np.maximum(image @ of_pixels, 0)
    for i in range(3):
        kernel, gamma, beta, mean, variance = weights[5 * i : 5 * i + 5]
        image = (convolved(image, kernel) - mean) / np.sqrt(variance + 1e-3)
        image = np.maximum(image * gamma + beta, 0)
        image = pooled(image) if i < 2 else image
    found = np.array(model(picture, training=False))[0]
    np.testing.assert_allclose(found, image, atol=1e-4)


def test_white_is_nothing_and_edges_are_as_white(module):
    """A white picture gives the same cells everywhere: padding is white, too."""
    encode = module.eye(PALETTE, (4, 5), 6)
    h, c, cells, mask = encode(np.full((1, 1024), WHITE))
    np.testing.assert_allclose(cells, np.broadcast_to(cells[:, :1], cells.shape))
    assert np.array(mask).all() and mask.shape == (1, 64)
    assert h.shape == c.shape == (1, 6) and cells.shape == (1, 64, 6)


@pytest.mark.parametrize(("row", "column"), [(0, 7), (7, 0), (3, 5)])
def test_cells_stand_row_by_row(module, row, column):
    """One dark spot changes the cell above it, and its neighbours, and no others."""
    encode = module.eye(PALETTE, (4, 5), 6)
    blank = np.full((1, 32, 32), WHITE)
    spot = blank.copy()
    spot[0, 4 * row + 1 : 4 * row + 3, 4 * column + 1 : 4 * column + 3] = 3
    a, b = (np.array(encode(p.reshape(1, -1))[2])[0] for p in (blank, spot))
    moved = abs(a - b).max(axis=1).reshape(8, 8)
    assert moved[row, column] > 0
    far = [
        (r, c)
        for r in range(8)
        for c in range(8)
        if abs(r - row) > 2 or abs(c - column) > 2
    ]
    assert max(moved[place] for place in far) == 0


def test_a_cell_sees_26_pixels_each_way(module):
    encode = module.eye(PALETTE, (2, 2, 2), 2)  # four convolutions, as in the lesson
    for layer in encode.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(keras.ops.ones_like(layer.kernel))
    spots = np.full((2, 32, 32, 32), WHITE)  # one dark pixel, in each row and column
    spots[0, range(32), range(32), 16] = spots[1, range(32), 16, range(32)] = 3
    cells = np.array(encode(spots.reshape(64, -1))[2]).reshape(2, 32, 8, 8, 2)
    for seen in cells[..., 4, 4, 0] > 0:
        assert np.flatnonzero(seen).tolist() == [*range(5, 31)]


def test_the_first_state_is_that_of_the_mean(module):
    encode = module.eye(PALETTE, (4,), 6)
    h, c, cells, _ = encode(some_pictures())
    dense = [part for part in encode.layers if type(part) is keras.layers.Dense][1:]
    mean = np.array(cells).mean(axis=1)
    states = [mean @ d.kernel.numpy() + d.bias.numpy() for d in dense]
    np.testing.assert_allclose(h, np.tanh(states[0]), atol=1e-5)
    np.testing.assert_allclose(c, states[1], atol=1e-5)


SMALL = {"widths": (4, 5), "features": 6, "units": 7}


@pytest.mark.parametrize("looks", [False, True])
def test_a_pair_has_the_interface_of_lesson_09(module, lesson, looks):
    pair = (module.with_cells if looks else module.with_vector)(PALETTE, 9, **SMALL)
    target = np.array([[1, 4, 5, 2], [1, 6, 2, 0], [1, 3, 3, 2]], "int32")
    logits = lesson("09").forced(*pair, *map(tf.constant, (some_pictures(), target)))[0]
    assert logits.shape == (3, 3, 9)
    cudnn.require(pair[1])
    written = lesson("09").written_by(pair, some_pictures(), 5)
    ids, _ = lesson("10").search(pair, some_pictures(), 1, 5)
    np.testing.assert_array_equal(ids[:, 0], written)


def test_attention_is_what_differs(module, lesson):
    target = np.array([[1, 4, 5, 2]] * 3, "int32")
    pair = module.with_cells(PALETTE, 9, **SMALL)
    weights = lesson("09").attention_of(pair, some_pictures(), target)
    assert weights.shape == (3, 3, 64)
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)
    assert len(module.with_vector(PALETTE, 9, **SMALL)[0].outputs) == 2


def test_varied_pictures_are_mirrored_or_moved(module):
    picture = some_pictures(1, seed=1)
    ways = {one[0].astype("int32").tobytes() for one in module.moves(picture, WHITE)}
    rows = np.repeat(picture, 600, axis=0)
    found = module.varied(rows, WHITE, np.random.default_rng(0))
    assert found.shape == rows.shape and found.dtype == np.int32
    grid, seen = picture.reshape(32, 32), {}
    for turned in (False, True):
        base = grid[:, ::-1] if turned else grid
        for down in range(-2, 3):
            for right in range(-2, 3):
                moved = np.full((32, 32), WHITE)
                for r in range(32):
                    for c in range(32):
                        if 0 <= r - down < 32 and 0 <= c - right < 32:
                            moved[r, c] = base[r - down, c - right]
                seen[moved.astype("int32").tobytes()] = 0
    assert len(seen) == 50 and ways == {*seen}
    for one in found:
        seen[one.tobytes()] += 1  # a KeyError: something else was made of it
    assert min(seen.values()) > 0


@pytest.mark.parametrize("looks", [False, True])
def test_training_learns_a_few_pictures(module, lesson, looks):
    pair = (module.with_cells if looks else module.with_vector)(PALETTE, 9, **SMALL)
    x = np.repeat(np.arange(4), 2)[:, None] * np.ones((1, 1024), "int32")
    y = np.array([[1, 3 + k, 8 - k, 2] for k in range(4)], "int32").repeat(2, axis=0)
    rng = np.random.default_rng(0)
    x, how = x.astype("int32"), {"peak": 0.02, "size": 4}
    losses = module.train(pair, x, y, WHITE, 150, rng, **how)
    assert losses.shape == (300,) and losses[-10:].mean() < 0.2 * losses[:10].mean()
    written = lesson("09").written_by(pair, x, 3)
    assert (written == y[:, 1:]).all(axis=1).mean() > 0.7


def test_scores_by_hand(module):
    target = np.array([[1, 4, 5, 2], [1, 6, 2, 0]])
    assert module.scores(target[:, 1:], target) == [100, 100]
    written = np.array([[4, 6, 2], [6, 2, 0]])
    whole, words = module.scores(written, target)
    assert whole == 50 and words == pytest.approx(80)
    longer = np.array([[4, 5, 2], [6, 2, 9]])
    assert module.scores(longer, target)[0] == 50, "what follows the end counts"


def test_parse_agrees_with_the_file(module, arrays):
    columns = (arrays[name].tolist() for name in ("who", "role", "tone"))
    expected = list(zip(*columns, strict=True))
    assert [module.parse(c) for c in people.captions(arrays)] == expected


def test_shares_of_skin_by_brute_force(module):
    x, skin = some_pictures(), np.array([1, 2, 3])
    found = module.skin_share(x, skin)
    for k in range(3):
        grid = x[k].reshape(32, 32)
        for row in range(8):
            for column in range(8):
                square = grid[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
                expected = (square == skin[k]).mean()
                assert found[k, 8 * row + column] == pytest.approx(expected)


def test_the_rule_by_brute_force(module):
    known, x = some_pictures(5), some_pictures(3, seed=9)
    skin = dict(zip(people.TONES, (1, 2, 3, 9, 9, 9), strict=True))
    versions = [known, some_pictures(5, seed=4)]
    found, tones = module.by_rule(x, versions, PALETTE, skin)
    for one, picture, tone in zip(found, x, tones, strict=True):
        away = [
            min(((PALETTE[v[k]] - PALETTE[picture]) ** 2).sum() for v in versions)
            for k in range(5)
        ]
        assert away[one] == min(away)
        counts = {t: np.count_nonzero(picture == n) for t, n in skin.items()}
        assert counts[tone] == max(counts.values())


def test_recoloured_changes_one_colour_of_each(module):
    x, old, new = some_pictures(2), np.array([1, 2]), np.array([3, 0])
    found = module.recoloured(x, old, new)
    for before, after, a, b in zip(x, found, old, new, strict=True):
        assert [b if n == a else n for n in before] == after.tolist()


def test_hidden_cells_are_white_and_no_others(module):
    x = 1 + some_pictures(2) % 3
    places = np.array([[0, 9, 63], [7, 56, 30]])
    found = module.hidden(x, places, WHITE)
    assert (x != WHITE).all(), "the pictures given stay as they were"
    for picture, before, cells in zip(found, x, places, strict=True):
        for pixel in range(1024):
            row, column = pixel // 32 // 4, pixel % 32 // 4
            gone = 8 * row + column in cells
            assert picture[pixel] == (WHITE if gone else before[pixel])


def test_changes_counts_each_part(module):
    before = [("man", "cook"), ("cook", "dark", "skin", "tone")]
    after = [("woman", "cook", "light", "skin", "tone"), before[1]]
    np.testing.assert_allclose(module.changes(before, after), [0.5, 0, 0.5])


def test_filled_puts_weights_in_their_order(module):
    pair = module.with_cells(PALETTE, 9, **SMALL)
    stored = [w.astype("float16") for m in pair for w in m.get_weights()]
    keras.utils.set_random_seed(5)
    again = module.with_cells(PALETTE, 9, **SMALL)
    module.filled(again, {str(i): w for i, w in enumerate(stored)})
    found = [w for m in again for w in m.get_weights()]
    for a, b in zip(stored, found, strict=True):
        np.testing.assert_array_equal(a.astype("float32"), b)


def questions(arrays, rows=(0, 400, 900)):
    return people.asked(arrays, rows, np.random.default_rng(0))


def test_encoded_questions(module, arrays):
    asked = questions(arrays)
    texts, replies = module.texts_of(asked)
    rows, ids, answers = module.encoded(asked, texts, replies)
    assert rows.tolist() == asked[0] and len(ids) == len(answers) == 18
    for words, own, answer, number in zip(
        asked[1], ids, asked[2], answers, strict=True
    ):
        assert tuple(texts.symbols[k] for k in own if k) == words
        assert replies.symbols[number] == answer


@pytest.fixture
def listener(module):
    return module.asker(9, 5, 6, features=4, units=7)


def test_an_answer_depends_on_question_order_and_picture(module, listener):
    rng = np.random.default_rng(0)
    ids = np.array([[3, 4, 5, 0], [5, 4, 3, 0]], "int32")
    cells = np.repeat(rng.normal(size=(1, 64, 6)), 2, axis=0).astype("float32")
    first = np.array(listener([ids, cells], training=False))
    assert first.shape == (2, 5) and abs(first[0] - first[1]).max() > 1e-4
    other = np.array(listener([ids, cells + 1], training=False))
    assert abs(first - other).max() > 1e-4
    short = np.array(listener([ids[:, :3], cells], training=False))
    np.testing.assert_allclose(first, short, atol=1e-6)  # padding changes nothing
    cudnn.require(listener, ids != 0)


@pytest.mark.parametrize("sees", [True, False])
@pytest.mark.parametrize("hears", [True, False])
def test_a_blind_or_deaf_model_gets_nothing(module, sees, hears):
    ids = np.array([[3, 4, 5, 0], [5, 4, 0, 0]], "int32")
    cells = np.random.default_rng(0).normal(size=(2, 64, 6)).astype("float32")
    q, seen = module.sensed(ids, cells, sees, hears)
    assert q.shape == ids.shape and seen.shape == cells.shape
    assert np.array_equal(q, ids) == hears and np.array_equal(seen, cells) == sees
    if not hears:
        assert len({tuple(row) for row in q.tolist()}) == 1 and (q[:, 0] != 0).all()
    if not sees:
        assert (seen == seen[0]).all() and (seen != 0).all()  # 0 makes it deaf, too


def test_learning_answers(module, listener):
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(4, 64, 6)).astype("float32")
    rows = rng.integers(0, 4, 6_400)
    ids = rng.integers(3, 5, (6_400, 1)).astype("int32")
    answers = np.where(ids[:, 0] == 3, rows, 4)  # which picture, or always the same
    arrays, senses = (rows, ids, answers), (True, True)
    module.learn(listener, arrays, cells, senses, rng, peak=0.02)
    kinds = ["a"] * 3_200 + ["b"] * 3_200
    found = module.shares_right(listener, arrays, cells, senses, kinds)
    assert set(found) == {"a", "b"} and min(found.values()) > 0.95


def test_a_blind_model_learns_the_same_from_other_cells(module):
    rng = np.random.default_rng(0)
    rows, answers = rng.integers(0, 4, (2, 640))
    arrays = rows, rng.integers(3, 5, (640, 2)).astype("int32"), answers
    found = []
    for seed in (0, 1):
        cells = np.random.default_rng(seed).normal(size=(4, 64, 6)).astype("float32")
        keras.utils.set_random_seed(0)
        model = module.asker(9, 5, 6, features=4, units=7)
        own = np.random.default_rng(0)
        module.learn(model, arrays, cells, (False, True), own)
        shares = module.shares_right(model, arrays, cells, (False, True), ["a"] * 640)
        found.append([*model.get_weights(), shares["a"]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_picture_and_question_are_multiplied(module):
    """Where the picture's features are 0, the question does not come through."""
    model = module.asker(9, 5, 6, features=4, units=7)
    ids = np.array([[3, 4], [5, 4]], "int32")
    found = np.array(model([ids, np.zeros((2, 64, 6), "float32")], training=False))
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)  # biases are 0 at first


def test_shares_right_by_kind(module, listener):
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(2, 64, 6)).astype("float32")
    rows, ids = np.array([0, 1, 0]), np.array([[3], [4], [5]], "int32")
    best = np.array(listener([ids, cells[rows]], training=False)).argmax(axis=1)
    answers = best.copy()
    answers[1] += 1
    kinds = ["x", "x", "y"]
    found = module.shares_right(
        listener, (rows, ids, answers), cells, (True, True), kinds
    )
    assert found == {"x": 0.5, "y": 1.0}


def test_the_shipped_weights_caption_new_combinations(module, lesson, arrays):
    captions = people.captions(arrays)
    words = dates.vocabulary_of(captions)
    palette, (x, _) = people.sources(arrays, data.load_arrays("people_flat.npz"))
    pair = module.with_cells(palette, len(words), (16, 32, 64), 32, 64)
    module.filled(pair, data.load_arrays("captions_attention.npz"))
    rows = people.rows_of(arrays, "combinations")
    said = sounds.spoken(lesson("09").written_by(pair, x[rows], 8), words)
    right = [captions[i] for i in rows]
    assert np.mean([a == b for a, b in zip(said, right, strict=True)]) > 0.9
    assert tf.reduce_all(pair[0](x[:2])[3])


def ask(number, answer):
    return verdict(NAME, number, answer)


@pytest.mark.parametrize(
    "answer",
    [
        [100 / 3, 900 / 11],
        (33.3, 81.8),
        np.array([33.33, 81.82], "float32"),
        tf.constant([33.33, 81.82]),
        np.array([33, 82]),
    ],
)
def test_the_two_measures_are_accepted(answer):
    assert "shares: correct" in ask(1, lambda: answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ([100 / 3, 700 / 8], "end marks count"),
        ([100 / 3, 1000 / 11], "should stand"),
        ([100 / 3, 100 * 7 / 9], "not a mean over captions"),
        ([200 / 3, 900 / 11], "says more than is right"),
        ([1 / 3, 9 / 11], "in percent"),
        ([200 / 3, 700 / 8], "the third caption ends too late"),
        ([33.3, 64.3], "not of what was said"),
        ([33.3, 72.7], "*farmer* itself is right"),
        ([81.8, 33.3], "whole captions first"),
        ([33.3, 50.0], "add the right words"),
        ([33.3], "shape (1,)"),
        (None, "not written yet"),
    ],
)
def test_other_measures_get_a_hint(answer, hint):
    assert hint in ask(1, lambda: answer)


def counted(questions, answers, new, last=False, read=list):
    """Return the most frequent answer of each question, in another way."""
    found = []
    for one in map(read, new):
        own = [a for q, a in zip(questions, answers, strict=True) if read(q) == one]
        own = own or list(answers)
        most = max(map(own.count, own))
        found.append(sorted({a for a in own if own.count(a) == most})[-last])
    return found


def of_all(questions, answers, new):
    return [max(sorted({*answers}), key=answers.count)] * len(new)


def as_met(questions, answers, new):
    """Return what `Counter` says, which takes the first of equals."""
    found = {}
    for question, answer in zip(questions, answers, strict=True):
        found.setdefault(tuple(question), Counter())[answer] += 1
    rest = Counter(answers)
    return [found.get(tuple(q), rest).most_common(1)[0][0] for q in new]


def first_answer(questions, answers, new):
    return [answers[questions.index(q)] if q in questions else "?" for q in new]


def test_the_best_blind_answer_is_accepted():
    assert "blind: correct" in ask(2, counted)
    assert "blind: correct" in ask(2, lambda *a: np.array(counted(*a)))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (of_all, "most frequent answer of all"),
        (first_answer, "count the answers of each question"),
        (lambda *a: counted(*a, last=True), "in the alphabet, not the last"),
        (as_met, "first in the alphabet"),
        (lambda *a: counted(*a, read=sorted), "order of the words"),
        (lambda *a: counted(*a, read=lambda q: q[:1]), "all of its words"),
        (lambda *a: counted(*a)[:-1], "count the answers"),
        (lambda *a: counted(*a)[0], "count the answers"),
        (lambda *a: [[answer] for answer in counted(*a)], "count the answers"),
        (lambda q, a, n: [{**dict.fromkeys(a)}], "not equal"),
        (lambda q, a, n: sorted(a)[: len(n)], "count the answers"),
        (lambda q, a, n: None, "not written yet"),
        (lambda q, a, n: n[9_999], "stopped by IndexError"),
    ],
)
def test_other_blind_answers_get_a_hint(answer, hint):
    assert hint in ask(2, answer).splitlines()[0]


def turned(numbers, upside_down):
    grid = np.asarray(numbers).reshape(-1, 32, 32)
    return np.flip(grid, axis=1 if upside_down else 2).reshape(numbers.shape)


def turned_in_place(numbers, upside_down):
    numbers[:] = turned(numbers.copy(), upside_down)
    return numbers


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (turned, "turned: correct"),
        (lambda x, down: tf.constant(turned(x, down)), "turned: correct"),
        (lambda x, down: turned(x, down).tolist(), "turned: correct"),
        (turned_in_place, "turned: correct"),
        (lambda x, down: turned(x, not down), "left and right is the other axis"),
        (lambda x, down: x[:, ::-1], "half a circle"),
        (lambda x, down: x[:, ::-1] if down else turned(x, False), "upside down, this"),
        (lambda x, down: turned(x, False), "above and below are not"),
        (lambda x, down: turned(x, True), "left and right are not"),
        (lambda x, down: x[::-1] if down else x[:, ::-1], "counts the pictures"),
        (lambda x, down: x, "nothing is turned"),
        (lambda x, down: np.sort(x)[::-1], "rows and columns"),
        (lambda x, down: turned(x, down).reshape(-1, 32, 32), "expected (2, 2, 1024)"),
        (lambda x, down: None, "not written yet"),
    ],
)
def test_turned_pictures(answer, hint):
    assert hint in ask(3, answer).splitlines()[0]


def cells_by_sums(picture):
    rows = np.add.reduceat(np.asarray(picture), range(0, 32, 4), axis=0)
    return np.add.reduceat(rows, range(0, 32, 4), axis=1) / 16


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (cells_by_sums, "cell_means: correct"),
        (lambda p: cells_by_sums(p).tolist(), "cell_means: correct"),
        (lambda p: p.reshape(8, 8, 16).mean(axis=2), "runs of 16 pixels"),
        (lambda p: cells_by_sums(p).T, "rows and columns are swapped"),
        (lambda p: 16 * cells_by_sums(p), "ever move a number"),
        (lambda p: cells_by_sums(p).ravel(), "shape (64,)"),
    ],
)
def test_the_mistake_in_the_cells(answer, hint):
    assert hint in ask(4, answer).splitlines()[0]
