"""Pairs of words that people judged or that share a relation: files, split, ids."""

import importlib
import sys

import numpy as np
import pytest

from helpers import data
from helpers.tasks import speeches, wordsets


@pytest.fixture(scope="module")
def tables():
    return {
        name: data.load_table(f"{name}.tsv.gz") for name in ("wordsim", "analogies")
    }


def a_words(*known):
    return speeches.Words([[*known, *known]], 99)


def test_the_whole_files(tables):
    listed = (data.DATASETS / "README.md").read_text(encoding="utf-8")
    for name, table in tables.items():
        assert f"`{name}.tsv.gz` | {len(table)} pairs" in listed
        share = (table.part == "validation").mean()
        assert share == pytest.approx(1 / 3, abs=0.02)
        for column in ("first", "second"):
            assert (table[column] == table[column].str.lower()).all()
    scores = tables["wordsim"].score
    assert scores.between(0, 10).all() and scores.max() > 9 and scores.min() < 1
    assert tables["analogies"].relation.nunique() == 14


@pytest.mark.parametrize("name", ["wordsim", "analogies"])
def test_no_pair_stands_in_two_parts(tables, name):
    """Nor twice in one, in whatever order of its words."""
    table = tables[name]
    pairs = [frozenset(p) for p in zip(table["first"], table["second"], strict=True)]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(pairs) == len(set(pairs))


def test_no_answer_of_a_test_question_was_an_answer_in_validation(tables):
    words = speeches.Words(
        [[*tables["analogies"][c]] * 2 for c in ("first", "second")], 9_999
    )
    seen = [
        {tuple(q[k : k + 2]) for q in found.tolist() for k in (0, 2)}
        for found, _ in (
            wordsets.questions(tables["analogies"], part, words)
            for part in wordsets.PARTS
        )
    ]
    assert seen[0] and seen[1] and not seen[0] & seen[1]


def test_judged_by_hand(tables):
    table = tables["wordsim"]
    row = table[table.part == "test"].iloc[3]
    words = a_words(row["first"], row["second"], "zebra")
    ids, scores = wordsets.judged(table, "test", words)
    assert words.decode(ids[0]) == [row["first"], row["second"]]
    assert scores.tolist() == [row["score"]] and ids.dtype == np.int32


def test_questions_by_hand(tables):
    table = tables["analogies"].iloc[:0].copy()
    for row in [
        ("test", "family", "boy", "girl"),
        ("test", "family", "man", "woman"),
        ("test", "family", "king", "queen"),
        ("test", "plural", "cat", "cats"),
        ("validation", "family", "son", "daughter"),
    ]:
        table.loc[len(table)] = row
    words = a_words("boy", "girl", "man", "woman", "cat", "cats", "king")
    ids, names = wordsets.questions(table, "test", words)
    said = [" ".join(words.decode(row)) for row in ids]
    assert said == ["boy girl man woman", "man woman boy girl"]
    assert names.tolist() == ["family"] * 2


def test_id_of():
    words = a_words("peace", "war")
    assert words.symbols[wordsets.id_of("Peace", words)] == "peace"


@pytest.mark.parametrize("word", ["", "<UNK>", "<EOS>", "zebra", "war peace", 3, None])
def test_words_without_a_vector_are_named(word):
    with pytest.raises(ValueError, match="is not among the 2 words that have a vector"):
        wordsets.id_of(word, a_words("peace", "war"))


def test_bad_input_is_named(tables):
    words = a_words("zzz", "yyy")
    for name, call in (("wordsim", wordsets.judged), ("analogies", wordsets.questions)):
        with pytest.raises(ValueError, match="no part 'train': take one of validation"):
            call(tables[name], "train", words)
        with pytest.raises(ValueError, match="of the part test is known: take more"):
            call(tables[name], "test", words)
    with pytest.raises(ValueError, match="no column 'score': give wordsim.tsv.gz"):
        wordsets.judged(tables["analogies"], "test", words)
    with pytest.raises(ValueError, match="no column 'relation'.*analogies.tsv.gz"):
        wordsets.questions(tables["wordsim"], "test", words)


def test_builder_keeps_each_pair_once(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    builder = importlib.import_module("wordsets")
    text = "# head\nMoney\tcash\t9.1\ntiger\ttiger\t10\ncash\tmoney\t9\n"
    assert builder.judged(text) == {("money", "cash"): "9.1"}
    text = ": a\nOslo Norway Rome Italy\n: b\nRome Italy Bern Switzerland\n"
    assert builder.related(text) == [
        ("a", "oslo", "norway"),
        ("a", "rome", "italy"),
        ("b", "bern", "switzerland"),
    ]
    rows = builder.split([(str(i),) for i in range(9)])
    assert [row[1] for row in rows] == [str(i) for i in range(9)]
    assert sum(row[0] == "validation" for row in rows) == 3
