"""Lines of a play, shuffled copies, word ids."""

import re
from collections import Counter

import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.data import load_text
from helpers.tasks import lines
from helpers.text import split

PLAY = """\
KING:
Thanks, Rosencrantz and gentle Guildenstern.

QUEEN:
Thanks, Guildenstern and gentle Rosencrantz.
O, 'tis I: too short
Thanks, Guildenstern and gentle Rosencrantz.

KING LEAR:
Never, never, never, never, never!
To' be, or not to be' ' -- that is
"""

# Few different words and short lines, so that equal bags are common.
some_lines = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple), max_size=30
).map(lambda found: list(dict.fromkeys(found)))
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def real():
    return lines.lines_of(load_text("shakespeare.txt.gz"))


def test_lines_keep_words_and_lose_speakers_short_lines_and_repetitions():
    assert [" ".join(line) for line in lines.lines_of(PLAY)] == [
        "thanks rosencrantz and gentle guildenstern",
        "thanks guildenstern and gentle rosencrantz",
        "o 'tis i too short",
        "never never never never never",
        "to' be or not to be' that is",
    ]
    assert lines.lines_of(PLAY, shortest=8) == [
        ("to'", "be", "or", "not", "to", "be'", "that", "is")
    ]
    with pytest.raises(ValueError, match="no line of 20 to 30 words"):
        lines.lines_of(PLAY, 20, 30)


def test_lines_that_have_another_real_order_or_no_other_are_left_out():
    kept = [" ".join(line) for line in lines.with_one_order(lines.lines_of(PLAY))]
    assert kept == ["o 'tis i too short", "to' be or not to be' that is"]


def test_lines_of_the_plays(real):
    assert len(real) == len(set(real))
    assert {len(line) for line in real} == set(range(5, 13))
    assert not any("romeo:" in word for line in real for word in line)
    assert all(any("a" <= c <= "z" for c in word) for line in real for word in line)
    assert real[0] == ("two", "households", "both", "alike", "in", "dignity")


@given(some_lines)
def test_groups_are_the_permutations(found):
    groups = lines.by_bag(found)
    assert sorted(line for group in groups for line in group) == sorted(found)
    for i, group in enumerate(groups):
        for other, members in enumerate(groups):
            for a in group:
                for b in members:
                    assert (Counter(a) == Counter(b)) == (i == other)


@given(some_lines, seeds, st.floats(0.1, 0.9))
def test_no_line_and_no_copy_crosses_a_split(found, seed, held_out):
    kept = lines.with_one_order(found)
    assume(0 < round(len(kept) * (1 - held_out)) < len(kept))
    rng = np.random.default_rng(seed)
    train, test = (
        {*side, *lines.shuffled(side, rng)} for side in split(kept, held_out)
    )
    assert not train & test
    for a in train:
        assert not any(Counter(a) == Counter(b) for b in test)


@given(some_lines, seeds)
def test_a_copy_has_the_same_words_and_is_no_real_line(found, seed):
    kept = lines.with_one_order(found)
    copies = lines.shuffled(kept, np.random.default_rng(seed))
    assert len(copies) == len(kept)
    assert not set(copies) & set(found)
    for line, copy in zip(kept, copies, strict=True):
        assert Counter(copy) == Counter(line) and copy != line


def test_copies_are_repeatable_and_every_other_order_is_equally_likely():
    line, n = ("a", "b", "c"), 6000
    first, second = (
        lines.shuffled([line] * n, np.random.default_rng(0)) for _ in range(2)
    )
    assert first == second
    counts = Counter(first)
    assert len(counts) == 5 and line not in counts
    expected = n / 5
    assert all(abs(c - expected) < 5 * expected**0.5 for c in counts.values())


def test_a_line_without_a_second_order_is_named():
    with pytest.raises(ValueError, match="'never', 'never'.*with_one_order"):
        lines.shuffled([("never", "never")], np.random.default_rng(0))


def test_ids_are_those_of_text_vectorization(real):
    known, new = real[:300], real[300:330]
    words = lines.WordIds(known, size=200)
    layer = keras.layers.TextVectorization(
        max_tokens=200, standardize=None, output_sequence_length=12
    )
    layer.adapt(np.array([" ".join(line) for line in known]))
    theirs = [str(word) for word in layer.get_vocabulary()]
    count = Counter(word for line in known for word in line)
    assert len(words) == len(theirs) == 200 and words.words[:2] == theirs[:2]
    # Keras breaks ties in another way: compare how frequent the words are.
    assert [count[w] for w in words.words] == [count[w] for w in theirs]
    layer = keras.layers.TextVectorization(
        vocabulary=words.words[2:], standardize=None, output_sequence_length=12
    )
    expected = np.array(layer(np.array([" ".join(line) for line in new])))
    ids = words.padded(new, 12)
    assert ids.dtype == np.int32
    np.testing.assert_array_equal(ids, expected)
    assert (ids == 0).any() and (ids == 1).any()


@given(some_lines, st.integers(3, 6))
def test_ids_stand_for_their_words_and_padding_is_behind(found, size):
    words = lines.WordIds(found, size)
    assert len(words) <= size
    for line, row in zip(found, words.padded(found, 6), strict=True):
        np.testing.assert_array_equal(row[: len(line)], words.encode(line))
        assert (row[: len(line)] > 0).all() and (row[len(line) :] == 0).all()
        for word, i in zip(line, row, strict=False):
            assert words.words[i] == (word if word in words.words else "[UNK]")


def test_the_names_of_the_first_two_ids_are_no_words():
    words = lines.WordIds([("", "[UNK]", "a")], size=9)
    assert words.words[:2] == ["", "[UNK]"] and words.encode(["a"])[0] > 1


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="size=2 .*at least 3"):
        lines.WordIds([("a",)], size=2)
    words = lines.WordIds([("a", "b")], size=9)
    with pytest.raises(ValueError, match="'a b a' has 3 words.*at least 3"):
        words.padded([("a",), ("a", "b", "a")], length=2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It was a cliché, Über-cool", "it was a cliché über cool"),
        ("Я помню чудное мгновенье!", "я помню чудное мгновенье"),
        ("I don’t, can’t; ’tis o’er", "i don't can't 'tis o'er"),
        ("п’ять ПʼЯТЬ", "п'ять п'ять"),
        ("cliche\u0301 Œuvre straße", "cliché œuvre straße"),  # a letter and its mark
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("a\u00adb c_d e2f ' ’", "ab c d e f"),
    ],
)
def test_words_of_any_alphabet(text, words):
    assert lines.lines_of(text, 1, 20) == [tuple(words.split())]


def test_the_plays_have_the_words_that_ascii_gives():
    text = load_text("shakespeare.txt.gz")
    speeches = re.sub(r"(\A|\n\n).+:(?=\n|\Z)", "\n", text).lower()
    expected = (re.findall(r"[a-z']*[a-z][a-z']*", s) for s in speeches.splitlines())
    expected = dict.fromkeys(tuple(e) for e in expected if 1 <= len(e) <= 40)
    assert lines.lines_of(text, 1, 40) == list(expected)


@pytest.mark.parametrize("kind", [tuple, list, np.array, "".join])
def test_a_copy_is_never_the_line_of_whatever_type(kind):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        assert lines.shuffled([kind(["a", "b"])], rng) == [("b", "a")]


def test_strings_and_lengths_that_do_not_do():
    words = lines.WordIds([("a", "b")], size=9)
    for call in (
        lambda: lines.WordIds(["to be"], size=9),
        lambda: words.encode("to be"),
        lambda: words.padded(["to be"], 9),
    ):
        with pytest.raises(ValueError, match="'to be' is a string.*split"):
            call()
    with pytest.raises(ValueError, match="length=0"):
        words.padded([("a",)], 0)
    with pytest.raises(ValueError, match="shortest=0"):
        lines.lines_of(PLAY, 0, 3)
