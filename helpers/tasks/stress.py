"""Words as phonemes, and which of their vowels carries the stress."""

import re
from collections import defaultdict

import numpy as np

from helpers.text import at_least, several

PADDING = 0
SYMBOLS = """\
AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW
B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"""  # of the CMU dictionary
VOWELS, CONSONANTS = (tuple(line.split()) for line in SYMBOLS.splitlines())
PHONEMES = ("", *VOWELS, *CONSONANTS)  # the place in this list is the id
ENDINGS = re.compile("(s|es|ed|ing|ings|er|ers|or|ors|est|ly|y|ies|ied|ier|iest|ness)$")


def first_pronunciations(text):
    """Return {word: phonemes} with the first pronunciation that is listed for a word.

    text: laid out as `datasets/cmudict.txt.gz`. Phonemes are a tuple such as
        ("F", "OW1", "T", ...); the digit at a vowel is its stress, 1 is primary.
    Raises ValueError for a line without a word, with an unknown phoneme, with a vowel
    without stress, or without exactly one primary stress.
    """
    words = {}
    for number, line in enumerate(text.splitlines(), start=1):
        word, *phonemes = line.split() or [""]
        if fault := _fault(phonemes):
            raise ValueError(
                f"Line {number}, {line!r}, {fault}. A line is a word and its phonemes, "
                "such as: photo F OW1 T OW2"
            )
        words.setdefault(word, tuple(phonemes))
    if not words:
        raise ValueError("The text has no line: read datasets/cmudict.txt.gz.")
    return words


def _fault(phonemes):
    """Return what is wrong with the phonemes of one line, or None."""
    for phoneme in phonemes:
        if phoneme[:-1] in VOWELS and phoneme[-1] in "012":
            continue
        if phoneme in VOWELS:
            return f"has the vowel {phoneme} without a stress of 0, 1 or 2"
        if phoneme not in CONSONANTS:
            return f"has the unknown phoneme {phoneme}"
    stressed = sum(phoneme.endswith("1") for phoneme in phonemes)
    return None if stressed == 1 else f"has {stressed} primary stresses, not 1"


def without_stress(phonemes):
    """Return the phonemes, a sequence such as ("F", "OW1"), without digits of stress.

    Raises ValueError for no phonemes, or a string, whose letters are no phonemes.
    """
    phonemes = several("phonemes", phonemes)
    return tuple(phoneme.rstrip("012") for phoneme in phonemes)


def stem(word):
    """Return a word without its simple endings: -s, -ed, -ing, -er, -ly and so on.

    Endings are taken off again and again while three letters are left; then a last e
    or doubled consonant is evened out: hurry, hurried and hurries give one stem, and
    so do admit and admitted. It is coarse: it may join words that are not related.
    """
    while len(shorter := ENDINGS.sub("", word)) >= 3 and shorter != word:
        word = shorter
    word = re.sub("[eiy]$", "", word)
    return re.sub(r"([^aeiou])\1$", r"\1", word)


def families(words):
    """Group words that share a stem or a pronunciation: a list of lists, in order.

    words: {word: phonemes}. Two words are in one family, too, if a chain of other words
    links them. So whatever is split by families, no word has on the other side an
    inflected form of itself, or a word that sounds the same.
    """
    links = defaultdict(list)
    for word, phonemes in words.items():
        links["stem", stem(word)].append(word)
        links["sound", without_stress(phonemes)].append(word)
    return linked(words, links.values())


def linked(words, links):
    """Group words that are linked, directly or by others: a list of lists, in order.

    links: lists of words; all words of a list are linked.
    """
    neighbours = defaultdict(set)
    for first, *rest in links:
        for word in rest:
            neighbours[first].add(word)
            neighbours[word].add(first)
    seen, found = set(), []
    for word in words:
        family, waiting = [], [word]
        while waiting:
            member = waiting.pop()
            if member not in seen:
                seen.add(member)
                family.append(member)
                waiting += sorted(neighbours[member])
        if family:
            found.append(family)
    return found


def split_families(groups, train, test, rng, tested=()):
    """Split families of words at random, so that none stands on both sides.

    groups: what `families` returns. train, test: how many words each side gets.
    rng: a NumPy generator. tested: words whose families shall all be on the test side.
    Returns two lists of words. A family is cut where a side is full; what is cut off
    is left out. Raises ValueError if there are too few words, if one of `tested` is
    not among them, or if a side is to have less than 1 word.
    """
    at_least(1, train=train, test=test)
    tested = several("tested", tested) if len(tested) else []
    words = {word for group in groups for word in group}
    if missing := set(tested) - words:
        raise ValueError(f"{sorted(missing)} are not among the words: leave them out.")
    groups = [groups[i] for i in rng.permutation(len(groups))]
    groups.sort(key=lambda group: not set(group) & set(tested))  # stable: tested first
    sides, wanted = ([], []), (test, train)
    for group in groups:
        side = 0 if len(sides[0]) < test else 1
        sides[side].extend(group[: wanted[side] - len(sides[side])])
    if len(sides[1]) < train or not set(tested) <= set(sides[0]):
        raise ValueError(
            f"{len(words)} words do not give {test} for the test, with the families of "
            f"{list(tested)}, and {train} others: take fewer, or more words."
        )
    return sides[1], sides[0]


def encode(pronunciations, length):
    """Return the ids of phonemes without stress, and the place of the stress.

    pronunciations: tuples of phonemes, with digits. Returns ids, int32 and of the shape
    (words, length), with padding behind, and places, int32 and of the shape (words,):
    where in its row the vowel with primary stress stands. Ids 1 to len(VOWELS) are
    vowels. Raises ValueError for no words, for phonemes that `first_pronunciations`
    would not take, and for more than `length` of them: nothing is cut silently.
    """
    pronunciations = several("pronunciations", pronunciations)
    at_least(1, length=length)
    ids = np.full((len(pronunciations), length), PADDING, dtype="int32")
    for row, phonemes in zip(ids, pronunciations, strict=True):
        if fault := _fault(phonemes):
            raise ValueError(
                f"{' '.join(phonemes)!r} {fault}: take a pronunciation as "
                "`first_pronunciations` returns it."
            )
        if len(phonemes) > length:
            longest = max(map(len, pronunciations))
            raise ValueError(
                f"{' '.join(phonemes)} has {len(phonemes)} phonemes, more than "
                f"{length}: take a length of at least {longest}."
            )
        row[: len(phonemes)] = [PHONEMES.index(p) for p in without_stress(phonemes)]
    places = [[p[-1:] for p in phonemes].index("1") for phonemes in pronunciations]
    return ids, np.array(places, dtype="int32")
