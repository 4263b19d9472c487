"""Text as integer ids: a vocabulary, a split in time order, windows."""

import numpy as np


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

    def __len__(self):
        return len(self.symbols)

    def encode(self, text):
        """Return the ids of the symbols of `text`: int32, shape (len(text),).

        Raises ValueError for a symbol that the vocabulary does not have.
        """
        try:
            return np.array([self._ids[symbol] for symbol in text], dtype="int32")
        except KeyError as error:
            symbol = error.args[0]
            raise ValueError(
                f"{symbol!r} at position {list(text).index(symbol)} is not among the "
                f"{len(self)} symbols of this vocabulary: replace it or leave it out."
            ) from None

    def decode(self, ids):
        """Return the symbols of `ids`, a list as long as `ids`."""
        return [self.symbols[i] for i in ids]


def split(sequence, held_out):
    """Cut off the last share `held_out` (between 0 and 1) of a sequence.

    Returns (training part, held-out part). Raises ValueError if either is empty.
    """
    cut = round(len(sequence) * (1 - held_out))
    if not 0 < cut < len(sequence):
        raise ValueError(
            f"held_out={held_out} of {len(sequence)} symbols leaves one part empty: "
            "take a longer text, or a share further from 0 and 1."
        )
    return sequence[:cut], sequence[cut:]


def windows(ids, length):
    """Cut `ids` into windows of inputs, and of targets one step later.

    ids: shape (n,). Returns inputs and targets, both (count, length), one behind the
    other without overlap: targets[i, t] is the id that follows inputs[i, t]. At the
    end, up to `length` ids that fill no window are left out.
    Raises ValueError if there is not one window.
    """
    count = (len(ids) - 1) // length
    if count < 1:
        raise ValueError(
            f"{len(ids)} symbols hold no window of {length} with its targets: "
            f"take at least {length + 1}."
        )
    inputs, targets = ids[: count * length], ids[1 : count * length + 1]
    return inputs.reshape(count, length), targets.reshape(count, length)
