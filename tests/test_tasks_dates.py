"""Ids with marks, batches of similar length, and lists of dates."""

import numpy as np
import pandas as pd
import pytest

from helpers.tasks import dates


def test_marks_have_the_first_ids():
    vocabulary = dates.vocabulary_of(["ba", " c"])
    assert vocabulary.symbols == ["\0", "\1", "\2", " ", "a", "b", "c"]
    words = dates.vocabulary_of([["to", "be"], ["be"]])
    assert words.symbols[3:] == ["be", "to"]


def test_padded_and_back():
    vocabulary = dates.vocabulary_of(["abc"])
    ids = dates.padded(["ab", "c"], vocabulary, marks=True)
    assert ids.tolist() == [[1, 3, 4, 2], [1, 5, 2, 0]]
    assert dates.texts_of(ids, vocabulary) == ["ab", "c"]
    assert dates.texts_of([[3, 2, 4, 4]], vocabulary) == ["a"]
    assert dates.padded(["ab", "c"], vocabulary).tolist() == [[3, 4], [5, 0]]
    with pytest.raises(ValueError, match="'x'"):
        dates.padded(["x"], vocabulary)


@pytest.mark.parametrize(("rows", "size"), [(23, 4), (23, 30), (24, 4), (450, 4)])
def test_batches_hold_every_row_once_in_each_reading(rows, size):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, size=rows)
    source = np.where(np.arange(9) < lengths[:, None], 1 + np.arange(rows)[:, None], 0)
    target = np.where(np.arange(4) < 1 + lengths[:, None] % 3, source[:, :1], 0)
    each = -(-rows // size)
    found = list(dates.batches(source, target, size, 2 * each, rng))
    assert len(found) == 2 * each
    for reading in (found[:each], found[each:]):
        seen = np.concatenate([x[:, 0] for x, _ in reading])
        np.testing.assert_array_equal(np.sort(seen), 1 + np.arange(rows))
    for x, y in found:
        assert len(x) <= size
        np.testing.assert_array_equal(x[:, 0], y[:, 0])
        assert (x[:, -1] != 0).any() and (y[:, -1] != 0).any()  # no empty column
        np.testing.assert_array_equal((x != 0).sum(axis=1), lengths[x[:, 0] - 1])
    orders = [np.concatenate([x[:, 0] for x, _ in r]) for r in (found[:each], found)]
    assert orders[0].tolist() != orders[1][-rows:].tolist()


def test_batches_are_of_similar_length():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, size=1000)
    source = (np.arange(30) < lengths[:, None]).astype("int32")
    widths = [x.size for x, _ in dates.batches(source, source, 20, 50, rng)]
    assert sum(widths) < 1.1 * lengths.sum()


def test_batches_by_target_have_rows_of_nearly_equal_lengths():
    rng = np.random.default_rng(0)
    n = rng.integers(1, 9, size=(2, 3_000))
    place = np.arange(8)
    source, target = (np.where(place < m[:, None], 5, 0) for m in n)
    source[:, 0] = np.arange(3_000) + 1  # a number for each row
    target[:, 0] = np.arange(3_000) + 1
    seen, waste = [], 0
    for x, y in dates.batches(source, target, 32, 94, rng, by_target=True):
        assert np.array_equal(x[:, 0], y[:, 0]) and len(x) == len(y) <= 32
        assert (x != 0).any(axis=0).all() and (y != 0).any(axis=0).all()
        rows = x[:, 0] - 1
        assert np.array_equal((x != 0).sum(axis=1), n[0][rows])
        assert np.array_equal((y != 0).sum(axis=1), n[1][rows])
        seen.extend(rows)
        waste += (x == 0).mean() + (y == 0).mean()
    assert sorted(seen) == list(range(3_000))  # one reading has each row once
    assert waste / 94 < 0.25


def test_lists_of_dates():
    rows = pd.DataFrame({"source": list("abc"), "target": list("ABC")})
    found = dates.lists_of(rows, 60, 3, np.random.default_rng(0))
    assert found.dates.tolist() == [1, 2, 3] * 20
    assert (found.source.str.upper() == found.target).all()
    assert (found.source.str.count(";") + 1 == found.dates).all()
    assert set("".join(found.source)) == set("abc;")


@pytest.mark.parametrize("rows", [1, 4, 9])
def test_in_parts_is_all_at_once(rows):
    a, b = np.arange(2 * rows).reshape(rows, 2), np.arange(rows)
    sizes = []

    def run(x, y):
        sizes.append(len(x))
        return x * y[:, None]

    np.testing.assert_array_equal(dates.in_parts(run, a, b, size=4), a * b[:, None])
    assert max(sizes) <= 4 and sum(sizes) == rows


WORDS = dates.vocabulary_of(["abc"])
IDS = np.array([[3, 4], [5, 0]])
TABLE = pd.DataFrame({"source": ["a"], "target": ["A"]})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dates.padded([], WORDS), "no texts: give at least one"),
        (lambda: dates.padded("abc", WORDS), "'abc' is one string: give a list"),
        (lambda: dates.padded(["a", ""], WORDS), "Text 1 is empty: leave it out"),
        (lambda: dates.padded(["a\0b"], WORDS), "has the mark"),
        (lambda: dates.padded(["ax"], WORDS, marks=True), "'x' at position 1 "),
        (lambda: dates.vocabulary_of([]), "no texts"),
        (lambda: dates.vocabulary_of([["", "a"]]), "'' sorts before a mark"),
        (lambda: dates.texts_of([3, 4], WORDS), r"shape \(2,\): give"),
        (lambda: dates.texts_of([], WORDS), r"shape \(0,\): give"),
        (lambda: dates.texts_of([[9]], WORDS), "9 is no id"),
        (lambda: dates.batches(IDS, IDS, 0, 1, None), "size=0.*at least 1"),
        (lambda: dates.batches(IDS, IDS, 1, -1, None), "steps=-1.*at least 0"),
        (lambda: dates.batches(IDS, IDS[:1], 1, 1, None), r"\[2, 1\] rows"),
        (lambda: dates.batches(IDS[:0], IDS[:0], 1, 1, None), r"\[0, 0\] rows"),
        (lambda: dates.batches(IDS, 0 * IDS, 1, 1, None), "Row 0 of target has no"),
        (lambda: dates.in_parts(len), r"\[\] rows"),
        (lambda: dates.in_parts(len, IDS, IDS[:1]), r"\[2, 1\] rows"),
        (lambda: dates.in_parts(len, IDS, size=0), "size=0"),
        (lambda: dates.lists_of(TABLE[:0], 1, 1, None), r"\[0\] rows"),
        (lambda: dates.lists_of(TABLE, 0, 1, None), "count=0"),
        (lambda: dates.lists_of(TABLE, 1, 0, None), "longest=0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_batches_lose_no_symbol_behind_a_gap():
    ids = np.array([[0, 0, 7]])
    ((x, _),) = dates.batches(ids, ids, 1, 1, np.random.default_rng(0))
    assert x.tolist() == [[0, 0, 7]]
    assert list(dates.batches(ids, ids, 1, 0, np.random.default_rng(0))) == []
