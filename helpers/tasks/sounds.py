"""Words as letters, and their pronunciations as phonemes: data and splits."""

from collections import defaultdict

import numpy as np

from helpers.tasks import dates, stress
from helpers.text import at_least, several

FILES = "cmudict.txt.gz", "sounds.txt.gz"  # words in the second have all theirs there
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST = 28  # letters of the longest word in the dictionary
VALIDATION, TEST = 2_500, 12_000  # words; all others are to learn from


def pronunciations(*texts, stressed=True):
    """Return {word: list of its pronunciations}, in the order of the dictionary.

    texts: laid out as `datasets/cmudict.txt.gz`; a word of a later text replaces the
        same word of an earlier one. A pronunciation is a tuple of phonemes.
    stressed: keep the digits of stress at the vowels. Without them, pronunciations
        that become equal are listed once.
    Raises ValueError for texts without a line, and for a line without a word in
    letters, without phonemes, with an unknown phoneme, or a vowel without stress.
    """
    words = {}
    for text in texts:
        found = defaultdict(dict)  # as an ordered set
        for number, line in enumerate(text.splitlines(), start=1):
            word, *phonemes = line.split() or [""]
            if fault := _fault(word, phonemes):
                raise ValueError(
                    f"Line {number}, {line!r}, {fault}. A line is a word and its "
                    "phonemes, such as: photo F OW1 T OW2"
                )
            kept = phonemes if stressed else stress.without_stress(phonemes)
            found[word][tuple(kept)] = None
        words |= {word: list(own) for word, own in found.items()}
    if not words:
        raise ValueError(f"There is no line: read {' and '.join(FILES)}.")
    return words


def _fault(word, phonemes):
    """Return what is wrong with a line, or None."""
    if not word or set(word) - set(LETTERS):
        return "has no word of the letters a to z"
    if not phonemes:
        return "has no phonemes"
    for phoneme in phonemes:
        vowel = phoneme[:-1] in stress.VOWELS and phoneme[-1] in "012"
        if not vowel and phoneme not in stress.CONSONANTS:
            return f"has {phoneme}, no phoneme of the dictionary"
    return None


def families(words):
    """Group words that share a stem or any of their pronunciations: a list of lists.

    words: {word: pronunciations}. Stress does not count. Two words are in one family,
    too, if a chain of other words links them.
    """
    links = defaultdict(list)
    for word, own in words.items():
        links["stem", stress.stem(word)].append(word)
        for phonemes in dict.fromkeys(map(stress.without_stress, own)):
            links["sound", phonemes].append(word)
    return stress.linked(words, links.values())


def split(groups, validation, test, rng):
    """Split groups of words at random: lists of words (training, validation, test).

    groups: lists of words, such as `families` returns, or [[word] for word in words].
    The test part gets `test` words, the validation part `validation`; where one is
    full, the rest of a group is left out. Raises ValueError if nothing is left.
    """
    at_least(1, validation=validation, test=test)
    sides, wanted = ([], [], []), (test, validation, None)
    for i in rng.permutation(len(groups)):
        side = next(s for s, n in enumerate(wanted) if n is None or len(sides[s]) < n)
        room = wanted[side] and wanted[side] - len(sides[side])
        sides[side].extend(groups[i][:room])
    if not sides[2]:
        count = sum(map(len, groups))
        raise ValueError(
            f"{count} words leave none to learn from beside {validation} and {test}: "
            "take fewer for validation and test, or more words."
        )
    return sides[2], sides[1], sides[0]


def letter_ids(words, symbols):
    """Return the ids of words: int32, (words, longest), zeros behind.

    words: strings; capital letters count as small ones. symbols: a vocabulary of the
    letters. Raises ValueError for a string in place of a list, no words, one that is no
    string or empty, one with another character than the letters a to z, and a longer
    one than LONGEST.
    """
    words = several("words", words)
    for word in words:
        if not isinstance(word, str):  # such as a missing value, None or nan
            raise ValueError(
                f"{word!r} is no string: leave it out, or write it as one."
            )
        _require_letters(word.strip().lower())
    return dates.padded([word.strip().lower() for word in words], symbols)


def _require_letters(word):
    """Raise ValueError, with the remedy, unless a word can be pronounced here."""
    if not word:
        raise ValueError("There is an empty word: leave it out.")
    if other := [c for c in word if c not in LETTERS]:
        kind = "write numbers as words" if other[0].isdigit() else "spell it with these"
        raise ValueError(
            f"{word!r} has {other[0]!r} in it, and the dictionary knows the letters a "
            f"to z only: {kind}, one word at a time."
        )
    if len(word) > LONGEST:
        raise ValueError(
            f"{word[:20] + '...'!r} has {len(word)} letters, and the longest word of "
            f"the dictionary {LONGEST}: give its parts, one at a time."
        )


def pairs(words, chosen):
    """Return two lists, words and pronunciations: a row for each pronunciation.

    words: {word: pronunciations}; chosen: the words to take, in this order.
    """
    rows = [(word, own) for word in several("chosen", chosen) for own in words[word]]
    return [word for word, _ in rows], [own for _, own in rows]


def spoken(ids, symbols):
    """Return the phonemes of each row of ids, (words, time): a list of tuples.

    A row ends at its end mark, or at its first padding.
    """
    rows = []
    for row in np.asarray(ids):
        ended = np.flatnonzero((row == 2) | (row == 0))
        row = row[: ended[0]] if len(ended) else row
        rows.append(tuple(symbols.decode(row[row > 2])))
    return rows
