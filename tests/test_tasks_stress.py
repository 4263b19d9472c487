"""Words as phonemes: parsing, families, the split, ids and places of the stress."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.data import load_text
from helpers.tasks import stress

FAMILY = ["photograph", *("photograph" + e for e in ("s", "ed", "ing", "er", "ers"))]
TEXT = """\
photo F OW1 T OW2
record R AH0 K AO1 R D
record R EH1 K ER0 D
abandon AH0 B AE1 N D AH0 N
"""


@pytest.fixture(scope="module")
def words():
    return stress.first_pronunciations(load_text("cmudict.txt.gz"))


@pytest.fixture(scope="module")
def groups(words):
    return stress.families(words)


def test_the_first_pronunciation_counts():
    found = stress.first_pronunciations(TEXT)
    assert list(found) == ["photo", "record", "abandon"]
    assert found["record"] == ("R", "AH0", "K", "AO1", "R", "D")


def test_the_whole_dictionary(words):
    lines = load_text("cmudict.txt.gz").splitlines()
    assert len(words) == len({line.split()[0] for line in lines}) == 101_281
    firsts = {}
    for line in reversed(lines):
        word, phonemes = line.split(" ", 1)
        firsts[word] = tuple(phonemes.split())
    assert firsts == words
    used = {p for phonemes in words.values() for p in stress.without_stress(phonemes)}
    assert used == set(stress.PHONEMES) - {""}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("photo F OW T OW2", "vowel OW without a stress"),
        ("photo F OW1 T OX2", "unknown phoneme OX2"),
        ("photo F OW3 T OW1", "unknown phoneme OW3"),
        ("photo F OW1 T1 OW2", "unknown phoneme T1"),
        ("photo F OW1 T OW1", "2 primary stresses, not 1"),
        ("photo F OW0 T OW2", "0 primary stresses, not 1"),
        ("photo", "0 primary stresses, not 1"),
        ("", "0 primary stresses, not 1"),
    ],
)
def test_bad_lines_are_named(line, message):
    with pytest.raises(ValueError, match=message) as error:
        stress.first_pronunciations(TEXT + line + "\n" + TEXT)
    assert "Line 5" in str(error.value) and "such as: photo" in str(error.value)


def test_an_empty_text_is_named():
    with pytest.raises(ValueError, match=r"no line: read datasets/cmudict.txt.gz"):
        stress.first_pronunciations("")


def test_no_digit_is_left(words):
    for phonemes in words.values():
        bare = stress.without_stress(phonemes)
        assert len(bare) == len(phonemes)
        assert not any(c.isdigit() for phoneme in bare for c in phoneme)


@pytest.mark.parametrize(
    "family",
    [
        FAMILY,
        ["hurry", "hurries", "hurried", "hurrying"],
        ["admit", "admits", "admitted", "admitting"],
        ["celebrate", "celebrates", "celebrated", "celebrating"],
        ["baby", "babies"],
        ["happy", "happier", "happiest", "happily", "happiness"],
        ["teacher", "teachers", "teaching", "teachings"],
        ["address", "addresses", "addressed", "addressing"],
        ["visit", "visits", "visited", "visitor", "visitors"],
    ],
)
def test_inflections_have_one_stem(family):
    assert len({stress.stem(word) for word in family}) == 1


def test_other_words_keep_their_stem():
    some = ["photograph", "photographic", "telephone", "economic", "economy", "hotel"]
    assert len({stress.stem(word) for word in some}) == len(some)
    assert all(len(stress.stem(word)) >= 2 for word in ["bees", "erring", "essess"])


def test_families_are_the_components_of_a_graph(words):
    some = dict(list(words.items())[5000:5400])
    parts = {word: {word} for word in some}  # by brute force: merge until at rest
    keys = {w: (stress.stem(w), stress.without_stress(p)) for w, p in some.items()}
    merged = True
    while merged:
        merged = False
        for a in some:
            for b in some:
                linked = keys[a][0] == keys[b][0] or keys[a][1] == keys[b][1]
                if linked and parts[a] is not parts[b]:
                    joined = parts[a] | parts[b]
                    for word in joined:
                        parts[word] = joined
                    merged = True
    found = stress.families(some)
    assert sum(map(len, found)) == len(some)
    for family in found:
        assert len(set(family)) == len(family)
        assert all(parts[word] == set(family) for word in family)
    assert 1 < max(map(len, found)) < 50


def test_split_keeps_families_together(words, groups):
    train, test = stress.split_families(
        groups, 20_000, 5000, np.random.default_rng(0), ["photograph", "economic"]
    )
    assert (len(set(train)), len(set(test))) == (20_000, 5000)
    assert {"photograph", "economic"} <= set(test)
    assert not set(FAMILY) & set(train)
    sides = [set(train), set(test)]
    stems, sounds = (
        [{key(word) for word in side} for side in sides]
        for key in (stress.stem, lambda w: stress.without_stress(words[w]))
    )
    assert not sides[0] & sides[1]
    assert not stems[0] & stems[1]
    assert not sounds[0] & sounds[1]


def test_split_depends_on_the_generator_alone(groups):
    def parts(seed):
        return stress.split_families(groups, 500, 100, np.random.default_rng(seed))

    assert parts(0) == parts(0)
    assert parts(0) != parts(1)
    assert len(set(parts(0)[1]) & set(parts(1)[1])) < 20


def test_bad_splits_are_named():
    groups = stress.families(stress.first_pronunciations(TEXT))
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"\['zoo'\] are not among the words: leave"):
        stress.split_families(groups, 1, 1, rng, ["zoo", "photo"])
    with pytest.raises(ValueError, match="3 words do not give 2 .* 2 others: take few"):
        stress.split_families(groups, 2, 2, rng)
    with pytest.raises(ValueError, match="3 words do not give 1 for the test"):
        stress.split_families(groups, 1, 1, rng, ["photo", "record"])


def test_encode_by_hand():
    words = stress.first_pronunciations(TEXT)
    ids, places = stress.encode(list(words.values()), 8)
    assert ids.dtype == places.dtype == np.int32
    assert ids.shape == (3, 8) and places.tolist() == [1, 3, 2]
    names = [[stress.PHONEMES[i] for i in row] for row in ids]
    assert names[0] == ["F", "OW", "T", "OW", "", "", "", ""]
    assert names[2] == ["AH", "B", "AE", "N", "D", "AH", "N", ""]
    assert ids[0].tolist()[4:] == [stress.PADDING] * 4


some_phonemes = st.tuples(
    st.lists(st.sampled_from([*stress.CONSONANTS, "AH0", "IY2"]), max_size=4),
    st.sampled_from([v + "1" for v in stress.VOWELS]),
    st.lists(st.sampled_from([*stress.CONSONANTS, "AH0", "IY2"]), max_size=4),
).map(lambda parts: (*parts[0], parts[1], *parts[2]))


@given(st.lists(some_phonemes, min_size=1, max_size=6))
def test_encode_keeps_the_phonemes_and_hides_the_stress(pronunciations):
    ids, places = stress.encode(pronunciations, 9)
    for row, place, phonemes in zip(ids, places, pronunciations, strict=True):
        assert phonemes[place].endswith("1")
        vowel = (row >= 1) & (row <= len(stress.VOWELS))
        assert vowel[place]
        assert vowel.sum() == sum(p[-1].isdigit() for p in phonemes)
        assert [stress.PHONEMES[i] for i in row if i] == [
            p[:2].rstrip("012") for p in phonemes
        ]
        assert (row[len(phonemes) :] == 0).all()


def test_bad_words_are_named():
    words = stress.first_pronunciations(TEXT)
    with pytest.raises(ValueError, match="7 phonemes, more than 6: take .* at least 7"):
        stress.encode(list(words.values()), 6)
    with pytest.raises(ValueError, match="'F OW T' has the vowel OW without a stress"):
        stress.encode([("F", "OW", "T")], 6)
    with pytest.raises(ValueError, match="no pronunciations: give at least one"):
        stress.encode([], 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stress.encode([("F", "OW1")], 0), "length=0"),
        (lambda: stress.encode("F OW1", 6), "is one string: give a list"),
        (lambda: stress.without_stress("F OW1"), "is one string: give a list"),
        (lambda: stress.split_families([["a"]], 0, 1, None), "train=0"),
        (lambda: stress.split_families([["a"]], 1, -1, None), "test=-1"),
        (lambda: stress.split_families([["a"]], 1, 1, None, "a"), "is one string"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
