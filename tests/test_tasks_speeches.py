"""The speeches of presidents: the file, tokens, sentences, words and parts."""

import importlib
import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import data
from helpers.tasks import speeches


@pytest.fixture(scope="module")
def every():
    return speeches.speeches_of(data.load_text("speeches.txt.bz2"))


@pytest.fixture(scope="module")
def rows(every):
    """Return {part: its sentences}."""
    return {
        part: [
            row
            for speech in speeches.part_of(every, part)
            for row in speeches.sentences(speech.text)
        ]
        for part in speeches.PARTS
    }


def test_the_file_is_what_its_readme_says(every):
    text = data.load_text("speeches.txt.bz2")
    listed = (data.DATASETS / "README.md").read_text(encoding="utf-8")
    assert f"| {len(every)} speeches, {len(text):,} characters" in listed
    assert {speech.form for speech in every} == {"spoken", "written"}
    dates = [speech.date for speech in every]
    assert dates == sorted(dates) and dates[0] < "1791" and dates[-1] > "2026"
    for speech in every:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", speech.date)
        assert re.fullmatch(r"[A-Z][\w. ]+", speech.president)
        assert len(speech.text) > 2_000, speech[:3]
        assert not re.search(
            r"\[[^]]*\]|\nAudience members?\.|\n\n|[ \t]{2}", speech.text
        )


def test_builder_takes_off_what_others_added(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    builder = importlib.import_module("speeches")
    source = (
        "[As delivered]\n\nThe President.  Thank you. [Applause] Our “path”--\n\n"
        "Audience members. Four more years!\n\nRepresentative Ada B. Lee. No!\n\n"
        "* * *\n\nAudience member.\nAt the [the] end\tof it"
    )
    assert builder.paragraphs(source) == ['Thank you. Our "path"—', "At the end of it"]


def test_parts_are_whole_years(every):
    years = {
        part: {s.date[:4] for s in speeches.part_of(every, part)}
        for part in speeches.PARTS
    }
    assert sum(len(speeches.part_of(every, p)) for p in speeches.PARTS) == len(every)
    assert max(years["train"]) < min(years["validation"])
    assert max(years["validation"]) < min(years["test"]) == "2014"


def test_nothing_long_of_a_test_speech_stands_in_another_part(rows):
    length = 30  # tokens; the longest that both sides quote is shorter
    flat = {p: [t for row in rows[p] for t in row] for p in rows}
    runs = {
        p: {tuple(f[i : i + length]) for i in range(len(f) - length + 1)}
        for p, f in flat.items()
    }
    assert not runs["test"] & (runs["train"] | runs["validation"])


def test_tokens_by_hand():
    text = "Mr. Speaker: the U.S. isn’t America's 21st-century “No. 1”—$1,200.50, 3%!"
    assert " ".join(speeches.tokens(text)) == (
        "mr. speaker : the u.s. isn't america 's 21st - century \" no. 1 \" — "
        "$ 1,200.50 , 3 % !"
    )
    assert speeches.tokens("Henry M. Jackson. So am I. We are") == (
        ["henry", "m.", "jackson", ".", "so", "am", "i", ".", "we", "are"]
    )
    assert speeches.tokens("Вперёд, друзья!") == ["вперёд", ",", "друзья", "!"]
    assert speeches.tokens(" \n•*") == []


def test_sentences_by_hand():
    text = 'He said: "Go." We went. (It was late.)\nThank you\nWhy?! "A" and "B." "C"'
    assert [" ".join(row) for row in speeches.sentences(text)] == [
        'he said : " go . "',
        "we went .",
        "( it was late . )",
        "thank you",
        "why ? !",
        '" a " and " b . "',
        '" c "',
    ]


def test_sentences_lose_no_token(every):
    for speech in every[::40]:
        whole = speeches.tokens(speech.text)
        joined = [t for row in speeches.sentences(speech.text) for t in row]
        assert joined == whole and len(whole) > 400


def test_readable_gives_a_text_that_has_the_same_tokens(rows):
    for row in rows["validation"][:200]:
        assert speeches.tokens(speeches.readable(row)) == row
    row = speeches.tokens('It is "one" nation\'s 21st-century: $5 (or 6%).')
    assert speeches.readable(row) == 'it is "one" nation\'s 21st-century: $5 (or 6%).'


SENTENCES = [["b", "a", "b"], ["c", "a"], ["b", "d"]]


def test_words_by_hand():
    words = speeches.Words(SENTENCES, 4)
    assert words.symbols == ["<UNK>", "<EOS>", "b", "a"] and len(words) == 4
    ids = words.encode(SENTENCES)
    assert ids.tolist() == [2, 3, 2, 1, 0, 3, 1, 2, 0, 1] and ids.dtype == np.int32
    assert words.decode(ids[:4]) == ["b", "a", "b", "<EOS>"]
    assert len(speeches.Words(SENTENCES, 100)) == 4  # c and d occur once
    assert speeches.Words(SENTENCES, 3).symbols[2:] == ["b"]


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=5), min_size=1, max_size=5))
def test_words_are_in_the_order_of_their_counts(sentences):
    words = speeches.Words(sentences, 10)
    ids = words.encode(sentences)
    assert (ids == speeches.END).sum() == len(sentences)
    count = np.bincount(ids, minlength=len(words))[2:]
    assert (np.diff(count) <= 0).all() and (count > 1).all()


WORDS = speeches.Words(SENTENCES + [["free", "."]] * 2, 9)


def test_prompts_of_ones_own():
    assert WORDS.decode(speeches.prompt_ids("B free. Free", WORDS)) == [
        *("b", "free", ".", "<EOS>", "free")
    ]
    assert WORDS.decode(speeches.prompt_ids("Free\nspeech", WORDS)) == [
        *("free", "<EOS>", "<UNK>")
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: speeches.speeches_of("one\ntwo"), "'one.ntwo' begins with no line of"),
        (lambda: speeches.speeches_of(""), "give the text of speeches.txt.bz2"),
        (lambda: speeches.part_of([], "dev"), "no part 'dev': take one of train, val"),
        (
            lambda: speeches.part_of([], "test"),
            "There are no speeches of the part test",
        ),
        (lambda: speeches.tokens(None), "None is no text: give a string"),
        (lambda: speeches.Words(SENTENCES, 2), "size=2"),
        (lambda: speeches.Words([], 9), "There are no sentences"),
        (lambda: WORDS.encode("a b"), "'a b' is one string"),
        (lambda: WORDS.encode(["a b"]), "'a b' is a string: give sentences, lists"),
        (lambda: speeches.prompt_ids("", WORDS), "'' has no word in it: write at"),
        (lambda: speeches.prompt_ids("\n•", WORDS), "has no word in it"),
        (lambda: speeches.prompt_ids(7, WORDS), "7 is no text: give a string"),
        (
            lambda: speeches.prompt_ids("Zur Lage.", WORDS),
            "None of the words of 'Zur L",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
