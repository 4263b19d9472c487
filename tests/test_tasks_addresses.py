"""Addresses: the file and its split, tokens of one's own, padded ids."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.data import load_table
from helpers.tasks import addresses

ROWS = [("10", "S", "LaSalle", "St."), ("P.O.", "Box", "12,")]


@pytest.fixture(scope="module")
def table():
    return load_table("addresses.tsv.gz")


@pytest.fixture(scope="module")
def parts(table):
    return {name: addresses.part_of(table, name) for name in addresses.PARTS}


def test_the_whole_file(table, parts):
    sizes = [len(tokens) for tokens, _ in parts.values()]
    assert sizes == [1038, 150, 300] and sum(sizes) == len(table) == 1488
    every = [row for tokens, _ in parts.values() for row in tokens]
    assert sum(map(len, every)) == 10_554
    assert max(map(len, every)) == 19 <= addresses.LONGEST
    count = Counter(y for _, rows in parts.values() for row in rows for y in row)
    assert len(count) == 29
    assert count["StreetName"] == 1837 and count["ZipPlus4"] == 2


def test_no_address_is_in_two_parts(parts):
    """Nor one that differs in digits, capitals or punctuation: by another way."""

    def bare(tokens):
        kept = (re.findall("[a-z]", token.lower()) for token in tokens)
        return tuple("".join(letters) for letters in kept if letters)

    seen = [{bare(row) for row in tokens} for tokens, _ in parts.values()]
    for i, first in enumerate(seen):
        for second in seen[i + 1 :]:
            assert not first & second
    for tokens, _ in parts.values():
        assert all(" ".join(bare(row)) == addresses.letters_of(row) for row in tokens)


def test_each_text_stands_once_and_has_one_labelling(parts):
    texts = [" ".join(row) for tokens, _ in parts.values() for row in tokens]
    assert len(texts) == len(set(texts))


def test_no_part_is_a_stretch_of_another_source(parts):
    """Each label of over 40 tokens occurs in every part: the split is at random."""
    counts = [Counter(y for row in rows for y in row) for _, rows in parts.values()]
    total = sum(counts, Counter())
    for name in (n for n, k in total.items() if k > 40):
        assert all(c[name] for c in counts), name


def test_part_of_by_hand(table):
    tokens, labels = addresses.part_of(table.iloc[:2], table.part[0])
    assert tokens[0] == tuple(table.tokens[0].split())
    assert labels[0] == tuple(table.labels[0].split())


def test_bad_parts_and_rows_are_named(table):
    with pytest.raises(ValueError, match="no part 'dev': take one of train, valid"):
        addresses.part_of(table, "dev")
    broken = table.iloc[:1].assign(labels="ZipCode")
    with pytest.raises(ValueError, match="tokens and 1 labels: give one label to each"):
        addresses.part_of(broken, broken.part.iloc[0])


def test_letters_of():
    row = ("10", "S.", "LaSalle,", "#12b")
    assert addresses.letters_of(row) == "s lasalle b"
    assert addresses.letters_of(("12", "34")) == ""


def test_tokens_of_an_own_address():
    assert addresses.tokens_of(" 1 Main St,\nErie  PA ") == (
        "1",
        "Main",
        "St,",
        "Erie",
        "PA",
    )
    long = " ".join(["Main"] * addresses.LONGEST)
    assert len(addresses.tokens_of(long)) == addresses.LONGEST


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' has no letter and no digit: give an address"),
        (" \n\t", "has no letter and no digit"),
        ("-- , _", "has no letter and no digit"),
        ("Main " * 41, "has 41 tokens, more than 40: give one address at a time"),
        (None, "None is no string: give an address, such as"),
        (["1", "Main"], "is no string"),
    ],
)
def test_bad_addresses_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        addresses.tokens_of(text)


def test_letter_ids_by_hand():
    letters = addresses.LetterIds(ROWS, 4)
    assert letters.symbols[:2] == ["", "[UNK]"]
    assert letters.symbols[2:] == sorted(set("10SLaSalleSt.P.O.Box12,"))
    read = ["".join(letters.symbols[i] for i in letters.encode(t)) for t in ROWS[0]]
    assert read == ["10", "S", "Lale", "St."]
    assert letters.encode("Bü").tolist()[1:] == [addresses.UNKNOWN, 0, 0]
    for sign in "#½7ézºªＺ":  # unknown, but no other alphabet
        assert letters.encode(sign).tolist() == [addresses.UNKNOWN, 0, 0, 0]
    ids = letters.padded(ROWS, 5)
    assert ids.shape == (2, 5, 4) and ids.dtype == np.int32
    assert (ids[0, 4] == 0).all() and (ids[1, 3:] == 0).all()
    np.testing.assert_array_equal(ids[1, 1], letters.encode("Box"))


@given(st.lists(st.lists(st.text("abc1,", min_size=1), min_size=1, max_size=5)))
def test_letter_ids_keep_both_ends(rows):
    letters = addresses.LetterIds([["abc1,"]], 6)
    if not rows:
        with pytest.raises(ValueError, match="There are no rows"):
            letters.padded(rows, 5)
        return
    ids = letters.padded(rows, 5)
    for row, tokens in zip(ids, rows, strict=True):
        assert (row.any(axis=1) == (np.arange(5) < len(tokens))).all()
        for place, token in zip(row, tokens, strict=False):
            read = "".join(letters.symbols[i] for i in place)
            assert len(read) == min(6, len(token))
            assert token.startswith(read[:3]) and token.endswith(read[-3:])


def test_every_part_can_be_encoded(parts):
    letters = addresses.LetterIds(parts["train"][0], 12)
    for tokens, _ in parts.values():
        assert letters.padded(tokens, 19).any(axis=(1, 2)).all()


def test_label_ids():
    names = ["A", "B"]
    ids = addresses.label_ids([("B", "A"), ("A",)], names, 3)
    assert ids.tolist() == [[1, 0, -1], [0, -1, -1]] and ids.dtype == np.int32


LETTERS = addresses.LetterIds(ROWS, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: addresses.LetterIds(ROWS, 5), "length=5 is odd: take an even"),
        (lambda: addresses.LetterIds(ROWS, 0), "length=0"),
        (lambda: addresses.LetterIds([], 4), "no rows: give at least one"),
        (lambda: LETTERS.encode(""), "token is empty"),
        (
            lambda: LETTERS.encode("Ленина"),
            "'Ленина' is in the Cyrillic.*American",
        ),
        (lambda: LETTERS.encode("東京都"), "is in the Cjk alphabet.*Latin"),
        (lambda: LETTERS.encode("5µ"), "is in the Greek alphabet.*Latin"),
        (lambda: LETTERS.encode("\U00017000"), "is in the .* alphabet.*Latin"),
        (lambda: LETTERS.padded([("1", "Main")], 1), "2 tokens, not 1 to 1"),
        (lambda: LETTERS.padded([()], 1), "0 tokens, not 1 to 1"),
        (lambda: LETTERS.padded(["1 Box"], 9), "'1 Box' is one string: cut it"),
        (lambda: addresses.label_ids([("C",)], ["A"], 1), "label 'C' is not among"),
        (lambda: addresses.label_ids([("A", "A")], ["A"], 1), "2 tokens, not 1 to 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
