"""Lines of a play as words: real lines, shuffled copies of them, padded ids."""

import re
from collections import Counter, defaultdict

import numpy as np

PADDING, UNKNOWN = 0, 1


def lines_of(play_text, shortest=5, longest=12):
    """Return the lines of the speeches, each a tuple of words, without repetitions.

    play_text: laid out as `datasets/shakespeare.txt.gz` (a speaker line `NAME:` after
        each blank line). Words are in lower case; an apostrophe belongs to its word.
    Only lines with `shortest` to `longest` words are kept, in the order of the text.
    Raises ValueError if there is none.
    """
    speeches = re.sub(r"(\A|\n\n).+:(?=\n|\Z)", "\n", play_text)
    found = (
        tuple(re.findall(r"[a-z']*[a-z][a-z']*", line))
        for line in speeches.lower().splitlines()
    )
    lines = list(dict.fromkeys(f for f in found if shortest <= len(f) <= longest))
    if not lines:
        raise ValueError(
            f"The text has no line of {shortest} to {longest} words: check the text, "
            "or choose other lengths."
        )
    return lines


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

    rng: a NumPy generator. Every order but the line's own is equally likely, up to
    repeated words. Raises ValueError for a line that has no other order.
    """
    copies = []
    for line in lines:
        if len(set(line)) < 2:
            raise ValueError(
                f"{line} has no second order: leave such lines out (`with_one_order`)."
            )
        copy = line
        while copy == line:
            copy = tuple(line[i] for i in rng.permutation(len(line)))
        copies.append(copy)
    return copies


class WordIds:
    """The most frequent words of some lines, numbered as Keras' TextVectorization does.

    Id 0 is padding, id 1 is any unknown word, then come the words, frequent ones
    first, equally frequent ones in alphabetical order. `size` is the largest number of
    ids, with these two; a smaller vocabulary has fewer, and `len` tells.
    Raises ValueError if `size` leaves no room for a word.
    """

    def __init__(self, lines, size):
        if size < 3:
            raise ValueError(f"size={size} leaves no room for a word: take at least 3.")
        count = Counter(word for line in lines for word in line)
        words = sorted(count, key=lambda word: (-count[word], word))
        self.words = ["", "[UNK]", *words[: size - 2]]
        self._ids = {word: i for i, word in enumerate(self.words) if i > UNKNOWN}

    def __len__(self):
        return len(self.words)

    def encode(self, line):
        """Return the ids of the words of one line: int32, shape (words,)."""
        return np.array([self._ids.get(word, UNKNOWN) for word in line], "int32")

    def padded(self, lines, length):
        """Return the ids of many lines: int32, shape (lines, length), padding behind.

        Raises ValueError for a line longer than `length`: nothing is cut silently.
        """
        ids = np.full((len(lines), length), PADDING, dtype="int32")
        for row, line in zip(ids, lines, strict=True):
            if len(line) > length:
                raise ValueError(
                    f"{' '.join(line)!r} has {len(line)} words, more than {length}: "
                    f"take a length of at least {max(map(len, lines))}."
                )
            row[: len(line)] = self.encode(line)
        return ids
