"""Text as integer ids: a vocabulary, a split in time order, windows."""

import numpy as np


def at_least(least, **values):
    """Raise ValueError unless each of `values` is a whole number, `least` or more."""
    for name, value in values.items():
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or value < least:
            raise ValueError(
                f"{name}={value!r} does not do: take a whole number, at least {least}."
            )


def several(name, items):
    """Return `items` as a list; raise ValueError for one string, or for none at all."""
    if isinstance(items, str):
        raise ValueError(f"{name}={items[:40]!r} is one string: give a list, [...].")
    if not (items := list(items)):
        raise ValueError(f"There are no {name}: give at least one.")
    return items


class Vocabulary:
    """The distinct symbols of a text, in sorted order, numbered from 0.

    text: a string (its symbols are characters) or a list of words.
    Raises ValueError if it is empty.
    """

    def __init__(self, text):
        if len(text) == 0:
            raise ValueError("The text is empty: a vocabulary needs at least 1 symbol.")
        self.symbols = sorted(set(text))
        self._ids = {symbol: i for i, symbol in enumerate(self.symbols)}
        self._has_words = any(len(symbol) > 1 for symbol in self.symbols)

    def __len__(self):
        return len(self.symbols)

    def encode(self, text):
        """Return the ids of the symbols of `text`: int32, shape (len(text),).

        Raises ValueError for a symbol that the vocabulary does not have, and for a
        string if the vocabulary has words: its symbols would be characters.
        """
        if isinstance(text, str) and self._has_words:
            raise ValueError(
                f"{text[:40]!r} is a string, and this vocabulary has words: give a "
                "list of words, such as text.split()."
            )
        text = list(text)
        try:
            return np.array([self._ids[symbol] for symbol in text], dtype="int32")
        except KeyError as error:
            symbol = error.args[0]
            raise ValueError(
                f"{symbol!r} at position {text.index(symbol)} is not among the "
                f"{len(self)} symbols of this vocabulary: replace it or leave it out."
            ) from None

    def decode(self, ids):
        """Return the symbols of `ids`, a list as long as `ids`.

        ids: shape (n,). Raises ValueError for an id that no symbol has.
        """
        ids = np.asarray(ids)
        if ids.ndim != 1:
            raise ValueError(
                f"The ids have the shape {ids.shape}: decode one row, of the shape "
                "(n,), at a time."
            )
        for i in ids.tolist():
            if i not in range(len(self)):
                raise ValueError(
                    f"{i} is no id of this vocabulary: ids are whole numbers from 0 to "
                    f"{len(self) - 1}."
                )
        return [self.symbols[int(i)] for i in ids]


def split(sequence, held_out):
    """Cut off the last share `held_out` (between 0 and 1) of a sequence.

    Returns (training part, held-out part). Raises ValueError for another share, or if
    either part is empty.
    """
    cut = round(len(sequence) * (1 - held_out)) if 0 < held_out < 1 else 0
    if not 0 < cut < len(sequence):
        raise ValueError(
            f"held_out={held_out} of {len(sequence)} symbols leaves one part empty: "
            "take a longer text, or another share between 0 and 1, such as 0.1."
        )
    return sequence[:cut], sequence[cut:]


def windows(ids, length):
    """Cut `ids` into windows of inputs, and of targets one step later.

    ids: shape (n,). Returns inputs and targets, both (count, length), one behind the
    other without overlap: targets[i, t] is the id that follows inputs[i, t]. At the
    end, up to `length` ids that fill no window are left out.
    Raises ValueError if there is not one window, for a length below 1, and for ids of
    another shape.
    """
    at_least(1, length=length)
    ids = np.asarray(ids)
    if ids.ndim != 1:
        raise ValueError(
            f"The ids have the shape {ids.shape}: give one text, of the shape (n,)."
        )
    count = (len(ids) - 1) // length
    if count < 1:
        raise ValueError(
            f"{len(ids)} symbols hold no window of {length} with its targets: "
            f"take at least {length + 1}."
        )
    inputs, targets = ids[: count * length], ids[1 : count * length + 1]
    return inputs.reshape(count, length), targets.reshape(count, length)
