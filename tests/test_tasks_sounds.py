"""Words and their pronunciations: parsing, families, splits, ids, batches."""

import numpy as np
import pytest

from helpers.data import load_text
from helpers.tasks import dates, sounds, stress

TEXT = """\
read R EH1 D
read R IY1 D
reads R IY1 D Z
photo F OW1 T OW2
record R AH0 K AO1 R D
record R EH1 K ER0 D
"""
LETTERS = dates.vocabulary_of([sounds.LETTERS])


@pytest.fixture(scope="module")
def texts():
    return [load_text(name) for name in sounds.FILES]


@pytest.fixture(scope="module")
def words(texts):
    return sounds.pronunciations(*texts, stressed=False)


def test_pronunciations_keep_their_order():
    found = sounds.pronunciations(TEXT)
    assert list(found) == ["read", "reads", "photo", "record"]
    assert found["read"] == [("R", "EH1", "D"), ("R", "IY1", "D")]


def test_a_later_text_replaces_whole_words():
    found = sounds.pronunciations(TEXT, "read R EH1 D\nzoo Z UW1\n")
    assert found["read"] == [("R", "EH1", "D")]
    assert found["zoo"] == [("Z", "UW1")] and len(found["record"]) == 2


def test_without_stress_equal_ones_are_listed_once():
    text = "digest D AY0 JH EH1 S T\ndigest D AY1 JH EH2 S T\ndigest D IH0 JH EH1 S T\n"
    assert sounds.pronunciations(text, stressed=False) == {
        "digest": [("D", "AY", "JH", "EH", "S", "T"), ("D", "IH", "JH", "EH", "S", "T")]
    }


def test_the_two_files_are_the_dictionary_of_plain_words(texts, words):
    stressed = sounds.pronunciations(*texts)
    assert len(words) == len(stressed) == 117_493
    assert sum(len(text.splitlines()) for text in texts) == 108_729 + 17_431
    assert sum(map(len, stressed.values())) == 125_853
    assert max(map(len, words)) == sounds.LONGEST
    used = {p for own in words.values() for phonemes in own for p in phonemes}
    assert used == set(stress.PHONEMES) - {""}
    old, new = (sounds.pronunciations(text) for text in texts)
    for word in set(old) & set(new):  # the new file has what the old one has, and more
        assert set(old[word]) < set(new[word])
    assert stressed["cat"] == [("K", "AE1", "T")]
    assert len(stressed["live"]) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "has no word of the letters"),
        ("café K AH0 F EY1", "has no word of the letters"),
        ("r2d2 AA1 R", "has no word of the letters"),
        ("photo", "has no phonemes"),
        ("photo F OW T", "has OW, no phoneme"),
        ("photo F OX1 T", "has OX1, no phoneme"),
        ("photo F1 OW1 T", "has F1, no phoneme"),
        ("photo F OW3 T", "has OW3, no phoneme"),
    ],
)
def test_bad_lines_are_named(line, message):
    with pytest.raises(ValueError, match=message) as error:
        sounds.pronunciations(TEXT + line + "\n" + TEXT)
    assert "Line 7" in str(error.value) and "such as: photo" in str(error.value)


def test_no_line_at_all_is_named():
    with pytest.raises(ValueError, match="no line: read cmudict.txt.gz and sounds"):
        sounds.pronunciations("")


def test_families_are_the_components_of_a_graph(words):
    some = {w: words[w] for w in list(words)[7000:7300]}
    keys = {
        w: {stress.stem(w), *(stress.without_stress(p) for p in own)}
        for w, own in some.items()
    }
    linked = np.array([[bool(keys[a] & keys[b]) for b in some] for a in some])
    reached = linked
    for _ in range(9):  # chains of up to 2 ** 9 words
        reached = reached @ reached
    order = {word: i for i, word in enumerate(some)}
    groups = sounds.families(some)
    assert sorted(w for group in groups for w in group) == sorted(some)
    for group in groups:
        row = reached[order[group[0]]]
        assert set(np.flatnonzero(row)) == {order[w] for w in group}
    assert max(map(len, groups)) > 3


def test_any_pronunciation_links_a_word():
    groups = sounds.families(
        sounds.pronunciations(TEXT + "red R EH1 D\nreed R IY1 D\n")
    )
    assert sorted(map(sorted, groups)) == [
        ["photo"],
        ["read", "reads", "red", "reed"],
        ["record"],
    ]


def test_the_family_split_leaks_no_stem_and_no_sound(words):
    groups = sounds.families(words)
    parts = sounds.split(groups, 2_500, 12_000, np.random.default_rng(1))
    train, validation, test = parts
    assert (len(set(validation)), len(set(test))) == (2_500, 12_000)
    assert len(set(train)) > 100_000 and not set(train) & {*validation, *test}
    keys = [
        {stress.stem(w) for w in part} | {p for w in part for p in words[w]}
        for part in parts
    ]
    assert not keys[0] & keys[1] and not keys[0] & keys[2] and not keys[1] & keys[2]


def test_the_random_split_has_each_word_once(words):
    groups = [[word] for word in words]
    parts = sounds.split(groups, 2_500, 12_000, np.random.default_rng(0))
    assert [len(part) for part in parts] == [117_493 - 14_500, 2_500, 12_000]
    assert len({word for part in parts for word in part}) == 117_493
    again = sounds.split(groups, 2_500, 12_000, np.random.default_rng(0))
    other = sounds.split(groups, 2_500, 12_000, np.random.default_rng(1))
    assert parts == again and len({*parts[2]} & {*other[2]}) < 2_000


def test_a_split_cuts_no_family_in_two_parts():
    groups = [[f"{a}{i}" for i in range(7)] for a in "abcdefgh"]
    parts = sounds.split(groups, 10, 10, np.random.default_rng(0))
    assert [len(part) for part in parts] == [28, 10, 10]
    firsts = [{word[0] for word in part} for part in parts]
    assert len(set.union(*firsts)) == sum(map(len, firsts)) == 8


def test_a_split_that_leaves_nothing_is_named():
    with pytest.raises(ValueError, match="2 words leave none to learn from beside 1"):
        sounds.split([["a"], ["b"]], 1, 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="test=0"):
        sounds.split([["a"], ["b"]], 1, 0, np.random.default_rng(0))


def test_letters_get_ids_and_capitals_are_small_ones():
    ids = sounds.letter_ids(["Ab", " zoo "], LETTERS)
    assert ids.dtype == np.int32 and ids.tolist() == [[3, 4, 0], [28, 17, 17]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mp3"], "'mp3' has '3' in it.*numbers as words"),
        ([None], "None is no string: leave it out"),
        (["cat", float("nan")], "nan is no string"),
        ([12], "12 is no string: .* write it as one"),
        ([""], "an empty word: leave it out"),
        (["cat", "  "], "an empty word"),
        (["слово"], "'слово' has 'с' in it.*letters a to z only: spell it"),
        (["café"], "has 'é' in it"),
        (["don't"], 'has "\'" in it'),
        (["two words"], "has ' ' in it.*one word at a time"),
        (
            ["b" * 29],
            r"'bbbbbbbbbbbbbbbbbbbb...' has 29 letters, .* 28: give its parts",
        ),
        ([], "no words: give at least one"),
        ("cat", "is one string: give a list"),
    ],
)
def test_words_that_cannot_be_read_are_named(words, message):
    with pytest.raises(ValueError, match=message):
        sounds.letter_ids(words, LETTERS)
    assert sounds.letter_ids(["b" * 28], LETTERS).shape == (1, 28)


def test_a_row_for_each_pronunciation_and_back():
    words = sounds.pronunciations(TEXT)
    rows, own = sounds.pairs(words, ["photo", "read"])
    assert rows == ["photo", "read", "read"]
    symbols = dates.vocabulary_of([p for every in words.values() for p in every])
    ids = dates.padded(own, symbols, marks=True)
    assert sounds.spoken(ids[:, 1:], symbols) == own
    unfinished = np.concatenate([ids[:1, 1:3], ids[:1, 1:3]], axis=1)
    assert sounds.spoken(unfinished, symbols) == [("F", "OW1", "F", "OW1")]
    assert sounds.spoken([[2, 5, 5]], symbols) == [()]
    first = symbols.decode([5])
    assert sounds.spoken([[5, 2, 6, 2, 0]], symbols) == [tuple(first)]
