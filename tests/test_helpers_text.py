"""Vocabulary, split and windows, on arbitrary Unicode text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.text import Vocabulary, split, windows

some_text = st.text(min_size=1)


@given(some_text)
def test_decoding_undoes_encoding(text):
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)
    assert ids.dtype == np.int32 and ids.shape == (len(text),)
    assert "".join(vocabulary.decode(ids)) == text
    assert sorted(set(ids.tolist())) == list(range(len(vocabulary)))


@given(some_text, st.characters())
def test_unknown_symbol_is_named(text, symbol):
    vocabulary = Vocabulary(text)
    if symbol in text:
        assert vocabulary.decode(vocabulary.encode(symbol)) == [symbol]
    else:
        with pytest.raises(ValueError) as error:
            vocabulary.encode(text + symbol)
        assert f"{symbol!r} at position {len(text)}" in str(error.value)
        assert "replace it" in str(error.value)


def test_words_can_be_symbols():
    vocabulary = Vocabulary(["to", "be", "or", "not", "to", "be"])
    assert vocabulary.symbols == ["be", "not", "or", "to"]
    assert vocabulary.encode(["or", "be"]).tolist() == [2, 0]


@pytest.mark.parametrize("empty", ["", []])
def test_empty_text(empty):
    with pytest.raises(ValueError, match="empty.*at least 1 symbol"):
        Vocabulary(empty)


@given(st.text(), st.floats(0, 1))
def test_split_loses_nothing(text, share):
    try:
        train, test = split(text, share)
    except ValueError as error:
        assert f"held_out={share} of {len(text)}" in str(error)
        assert round(len(text) * (1 - share)) in (0, len(text))
    else:
        assert train and test and train + test == text


@given(some_text, st.integers(1, 20))
def test_windows_hold_the_text_and_its_next_symbols(text, length):
    ids = Vocabulary(text).encode(text)
    try:
        inputs, targets = windows(ids, length)
    except ValueError as error:
        assert len(ids) <= length and f"at least {length + 1}" in str(error)
    else:
        assert inputs.shape == targets.shape and inputs.shape[1] == length
        np.testing.assert_array_equal(inputs.ravel(), ids[: inputs.size])
        np.testing.assert_array_equal(targets.ravel(), ids[1 : inputs.size + 1])
        assert 0 <= len(ids) - 1 - inputs.size < length


@pytest.mark.parametrize("length", [0, -1, 2.0, True, "3"])
def test_windows_of_no_length(length):
    with pytest.raises(ValueError, match=r"length=.*whole number, at least 1"):
        windows(np.arange(9), length)


def test_windows_of_one_text_only():
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        windows(np.zeros((2, 3)), 1)
    assert windows([1, 2, 3], 2)[1].tolist() == [[2, 3]]


@pytest.mark.parametrize("share", [0, 1, -0.5, 2, float("nan"), float("inf")])
def test_split_by_no_share(share):
    with pytest.raises(ValueError, match=r"held_out=.* between 0 and 1"):
        split("abcdefghij", share)


def test_a_string_is_not_a_list_of_words():
    words = Vocabulary(["to", "be", "a"])
    with pytest.raises(ValueError, match="'a be' is a string.*split"):
        words.encode("a be")
    assert words.encode(iter(["a", "to"])).tolist() == [0, 2]


@pytest.mark.parametrize("ids", [[0, -1], [3], [0.5], [[0, 1]], 2])
def test_decode_takes_ids_only(ids):
    with pytest.raises(ValueError, match="no id of this vocab|have the shape"):
        Vocabulary("abc").decode(ids)
