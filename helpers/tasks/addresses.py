"""American addresses with a label for each token: parts, own ones, padded ids."""

import re
from unicodedata import name, normalize

import numpy as np

from helpers.text import at_least, several

PARTS = ("train", "validation", "test")
PADDING, UNKNOWN = 0, 1
LONGEST = 40  # tokens of an address of one's own; the longest of the file has 19


def part_of(table, part):
    """Return the tokens and the labels of one part, two lists of equally long tuples.

    table: what `load_table("addresses.tsv.gz")` returns; part: one of `PARTS`.
    Raises ValueError for another part, and for a row without a label for each token.
    """
    if part not in PARTS:
        raise ValueError(f"There is no part {part!r}: take one of {', '.join(PARTS)}.")
    rows = table[table.part == part]
    tokens = [tuple(str(text).split()) for text in rows.tokens]
    labels = [tuple(str(text).split()) for text in rows.labels]
    for words, names in zip(tokens, labels, strict=True):
        if len(words) != len(names):
            raise ValueError(
                f"{' '.join(words)!r} has {len(words)} tokens and {len(names)} labels: "
                "give one label to each token."
            )
    return tokens, labels


def letters_of(tokens):
    """Return the letters a to z of an address, in lower case, as words in one string.

    Digits and punctuation are left out, so addresses that differ in the numbers, in
    capitals or in commas have the same letters. The parts of the file share none.
    """
    text = " ".join(several("tokens", tokens)).lower()
    return " ".join(re.sub("[^a-z ]", "", text).split())


def tokens_of(text):
    """Return the tokens of an address of one's own: a tuple, cut at spaces and lines.

    Punctuation stays at its token, as in the file. Raises ValueError for what is no
    string, for no token with a letter or digit, and for more than `LONGEST` tokens.
    """
    if not isinstance(text, str):
        raise ValueError(
            f"{text!r} is no string: give an address, such as '1 Main St'."
        )
    tokens = tuple(text.split())
    if not re.search(r"[^\W_]", text):
        raise ValueError(f"{text!r} has no letter and no digit: give an address.")
    if len(tokens) > LONGEST:
        raise ValueError(
            f"{text[:40]!r}... has {len(tokens)} tokens, more than {LONGEST}: give one "
            "address at a time."
        )
    return tokens


class LetterIds:
    """The characters of the tokens of some addresses, numbered, for ids of tokens.

    Id 0 is padding, id 1 any unknown character, then come the characters, sorted.
    rows: lists of tokens. A token of more than `length` characters is cut in the
    middle: as many of its first as of its last ones are kept. `length` is even.
    """

    def __init__(self, rows, length):
        at_least(2, length=length)
        if length % 2:
            raise ValueError(f"length={length} is odd: take an even number.")
        rows = several("rows", rows)
        seen = {character for row in rows for token in row for character in token}
        self.length, self.symbols = length, ["", "[UNK]", *sorted(seen)]
        self._ids = {c: i for i, c in enumerate(self.symbols) if i > UNKNOWN}

    def __len__(self):
        return len(self.symbols)

    def encode(self, token):
        """Return the ids of a token: int32, shape (length,), padding behind.

        Raises ValueError for an empty token, and for one that has letters of another
        alphabet only. An unknown Latin letter, such as one with an accent, has id 1.
        """
        if not token:
            raise ValueError("A token is empty: cut an address with `tokens_of`.")
        # NFKC makes plain letters of º, ª and full-width ones.
        plain = filter(str.isalpha, normalize("NFKC", token))
        scripts = [name(c, "UNNAMED").split()[0] for c in plain]
        if scripts and "LATIN" not in scripts:
            raise ValueError(
                f"{token!r} is in the {scripts[0].title()} alphabet: the addresses are "
                "American. Write it in Latin letters."
            )
        half, ids = self.length // 2, np.zeros(self.length, "int32")
        cut = token if len(token) <= self.length else token[:half] + token[-half:]
        ids[: len(cut)] = [self._ids.get(c, UNKNOWN) for c in cut]
        return ids

    def padded(self, rows, time):
        """Return the ids of the tokens of addresses: int32, (rows, time, length).

        Raises ValueError for an address of more than `time` tokens.
        """
        ids = np.zeros((len(several("rows", rows)), time, self.length), "int32")
        for row, tokens in zip(ids, rows, strict=True):
            _fits(tokens, time)
            for place, token in zip(row, tokens, strict=False):
                place[:] = self.encode(token)
        return ids


def label_ids(rows, names, time):
    """Return the numbers of labels: int32, shape (rows, time), -1 behind the last.

    rows: lists of labels; names: all labels there are, in order.
    Raises ValueError for a label that is not among them, and for more than `time`.
    """
    number = {name: i for i, name in enumerate(names)}
    ids = np.full((len(several("rows", rows)), time), -1, "int32")
    for row, labels in zip(ids, rows, strict=True):
        _fits(labels, time)
        if missing := set(labels) - set(number):
            raise ValueError(
                f"The label {min(missing)!r} is not among the {len(number)} names: "
                "collect the names from all parts."
            )
        row[: len(labels)] = [number[label] for label in labels]
    return ids


def _fits(tokens, time):
    if isinstance(tokens, str):
        raise ValueError(f"{tokens[:40]!r} is one string: cut it with `tokens_of`.")
    if not 0 < len(tokens) <= time:
        raise ValueError(
            f"{' '.join(tokens)[:40]!r} has {len(tokens)} tokens, not 1 to {time}: "
            "take a longer time, or leave it out."
        )
