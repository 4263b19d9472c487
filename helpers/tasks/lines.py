"""Lines of a play as words: real lines, shuffled copies of them, padded ids."""

import re
import unicodedata
from collections import Counter, defaultdict

import numpy as np

from helpers.text import at_least

PADDING, UNKNOWN = 0, 1


def lines_of(play_text, shortest=5, longest=12):
    """Return the lines of the speeches, each a tuple of words, without repetitions.

    play_text: laid out as `datasets/shakespeare.txt.gz` (a speaker line `NAME:` after
        each blank line), in any alphabet that parts its words. Words are letters, in
        lower case; an apostrophe belongs to its word, and a typographic one becomes a
        plain one, so that each word has one form. All other signs part words.
    Only lines with `shortest` to `longest` words are kept, in the order of the text.
    Raises ValueError if there is none, and for a length below 1.
    """
    at_least(1, shortest=shortest, longest=longest)
    speeches = re.sub(r"(\A|\n\n).+:(?=\n|\Z)", "\n", play_text)
    speeches = unicodedata.normalize("NFC", speeches.lower())
    letters = {ord(c): _in_words(c) for c in set(speeches)}
    found = (
        tuple(w for w in line.translate(letters).split() if w.strip("'"))
        for line in speeches.splitlines()
    )
    lines = list(dict.fromkeys(f for f in found if shortest <= len(f) <= longest))
    if not lines:
        raise ValueError(
            f"The text has no line of {shortest} to {longest} words: check the text, "
            "or choose other lengths."
        )
    return lines


def _in_words(character):
    """Return what stands for a character where words are cut at the spaces."""
    if character in "'\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}":
        return "'"
    kind = unicodedata.category(character)
    if kind == "Cf":  # without a shape of its own, such as the soft hyphen
        return ""
    return character if kind[0] in "LM" else " "  # letters, and marks on letters


def by_bag(lines):
    """Group distinct lines that have the same words, in whatever order.

    Returns a list of groups, in the order of their first lines. A group of more than
    one line means that the words alone do not tell which line it was.
    """
    groups = defaultdict(list)
    for line in lines:
        groups[tuple(sorted(line))].append(line)
    return list(groups.values())


def with_one_order(lines):
    """Return the lines whose words stand in one order only, and in two could.

    Left out are lines that are permutations of each other, since each is a shuffled
    copy of the other and real too, and lines of one word repeated, which have no
    shuffled copy. What is left has no bag of words twice. So in whatever way it is
    split, no line and no shuffled copy of it is on both sides.
    """
    groups = by_bag(lines)
    return [g[0] for g in groups if len(g) == 1 and len(set(g[0])) > 1]


def shuffled(lines, rng):
    """Return one shuffled copy of each line: the same words, never in the same order.

    lines: sequences of words, of any type; the copies are tuples.
    rng: a NumPy generator. Every order but the line's own is equally likely, up to
    repeated words. Raises ValueError for a line that has no other order.
    """
    copies = []
    for line in map(tuple, lines):
        if len(set(line)) < 2:
            raise ValueError(
                f"{line} has no second order: leave such lines out (`with_one_order`)."
            )
        copy = line
        while copy == line:
            copy = tuple(line[i] for i in rng.permutation(len(line)))
        copies.append(copy)
    return copies


def _words(line):
    if isinstance(line, str):
        raise ValueError(f"{line[:40]!r} is a string: give its words, line.split().")
    return line


class WordIds:
    """The most frequent words of some lines, numbered as Keras' TextVectorization does.

    Id 0 is padding, id 1 is any unknown word, then come the words, frequent ones
    first, equally frequent ones in alphabetical order. `size` is the largest number of
    ids, with these two; a smaller vocabulary has fewer, and `len` tells.
    Raises ValueError if `size` leaves no room for a word, and wherever a line is a
    string: its words would be characters.
    """

    def __init__(self, lines, size):
        at_least(3, size=size)
        count = Counter(word for line in lines for word in _words(line))
        words = sorted(count, key=lambda word: (-count[word], word))
        self.words = ["", "[UNK]", *words[: size - 2]]
        self._ids = {word: i for i, word in enumerate(self.words) if i > UNKNOWN}

    def __len__(self):
        return len(self.words)

    def encode(self, line):
        """Return the ids of the words of one line: int32, shape (words,)."""
        return np.array(
            [self._ids.get(word, UNKNOWN) for word in _words(line)], "int32"
        )

    def padded(self, lines, length):
        """Return the ids of many lines: int32, shape (lines, length), padding behind.

        Raises ValueError for a line longer than `length`: nothing is cut silently.
        """
        at_least(1, length=length)
        ids = np.full((len(lines), length), PADDING, dtype="int32")
        for row, line in zip(ids, lines, strict=True):
            if len(_words(line)) > length:
                raise ValueError(
                    f"{' '.join(line)!r} has {len(line)} words, more than {length}: "
                    f"take a length of at least {max(map(len, lines))}."
                )
            row[: len(line)] = self.encode(line)
        return ids
