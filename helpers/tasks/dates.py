"""Pairs of texts as padded ids, batches of similar length, and lists of dates."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from helpers.text import Vocabulary, at_least, several

PADDING, START, END = MARKS = "\0", "\1", "\2"  # ids 0, 1, 2: they sort first


def vocabulary_of(texts):
    """Return a `Vocabulary` of the symbols of `texts`, with the three marks in front.

    texts: strings (their symbols are characters), or lists of words.
    Raises ValueError for no texts, or a word that would take the id of a mark.
    """
    texts = several("texts", texts)
    found = Vocabulary([*MARKS, *(symbol for text in texts for symbol in text)])
    for mark, symbol in zip(MARKS, found.symbols, strict=False):
        if symbol != mark:
            raise ValueError(f"The word {symbol!r} sorts before a mark: leave it out.")
    return found


def padded(texts, vocabulary, marks=False):
    """Return the ids of `texts`: int32, shape (texts, longest), zeros behind.

    marks: put START before and END behind each text.
    Raises ValueError for an unknown symbol, as `Vocabulary.encode` does, for no texts,
    for an empty text without marks, and for a text that has a mark in it.
    """
    start, end = ([1], [2]) if marks else ([], [])
    rows = []
    for text in several("texts", texts):
        if found := set(MARKS) & set(text):
            raise ValueError(
                f"{text!r} has the mark {min(found)!r} in it: take it out."
            )
        rows.append([*start, *vocabulary.encode(text), *end])
        if not rows[-1]:
            raise ValueError(f"Text {len(rows) - 1} is empty: leave it out.")
    return keras.utils.pad_sequences(rows, padding="post")


def texts_of(ids, vocabulary):
    """Return the text of each row of ids, (texts, time), up to END, without marks.

    Raises ValueError for another shape, and for an id that no symbol has.
    """
    ids = np.asarray(ids)
    if ids.ndim != 2:
        raise ValueError(f"The ids have the shape {ids.shape}: give (texts, time).")
    rows = ("".join(vocabulary.decode(row)) for row in ids)
    return [row.split(END)[0].strip(PADDING + START) for row in rows]


def batches(source, target, size, steps, rng, by_target=False):
    """Yield `steps` batches (source, target), of rows with sources of similar length.

    source, target: padded ids, (rows, time). In each reading the rows are shuffled,
    sorted by the length of the source within chunks of 50 batches, cut into batches
    of `size` rows, and these shuffled. Columns without a symbol are left out, so short
    rows cost little time. by_target: among sources of one length, sort by the length of
    the target, too. Raises ValueError, at the call, for a size below 1, steps
    below 0, different numbers of rows or none, and a row without a symbol.
    """
    at_least(1, size=size)
    at_least(0, steps=steps)
    _same_rows(source, target)
    lengths = _lengths(source), _lengths(target)
    for name, of_part in zip(("source", "target"), lengths, strict=True):
        if not of_part.all():
            raise ValueError(
                f"Row {of_part.argmin()} of {name} has no symbol: leave it out."
            )
    keys = lengths[::-1] if by_target else lengths[:1]  # the last one comes first
    return _batches((source, target), lengths, keys, size, steps, rng)


def _same_rows(*arrays):
    rows = [len(array) for array in arrays]
    if not rows or len(set(rows)) > 1 or rows[0] == 0:
        raise ValueError(f"The arrays have {rows} rows: give as many in each, above 0.")


def _lengths(ids):
    """Return how many columns each row needs: up to its last symbol, gaps included."""
    return ((ids != 0) * np.arange(1, ids.shape[1] + 1)).max(axis=1, initial=0)


def _batches(parts, lengths, keys, size, steps, rng):
    while True:
        order, groups = rng.permutation(len(parts[0])), []
        for chunk in np.split(order, range(50 * size, len(order), 50 * size)):
            chunk = chunk[np.lexsort([key[chunk] for key in keys])]
            groups += np.split(chunk, range(size, len(chunk), size))
        for i in rng.permutation(len(groups)):
            if steps == 0:
                return
            steps -= 1
            yield tuple(
                ids[groups[i], : own[groups[i]].max()]
                for ids, own in zip(parts, lengths, strict=True)
            )


def in_parts(run, *arrays, size=200):
    """Call `run` with `size` rows of each array at a time; return all rows it gave.

    Equal parts let TensorFlow use one graph for all of them, and save memory.
    Raises ValueError for a size below 1, different numbers of rows, or none.
    """
    at_least(1, size=size)
    _same_rows(*arrays)
    cuts = [np.split(array, range(size, len(array), size)) for array in arrays]
    return np.concatenate([run(*map(tf.constant, p)) for p in zip(*cuts, strict=True)])


def lists_of(rows, count, longest, rng):
    """Return a table of `count` lists of 1, 2, ... `longest` dates, drawn from `rows`.

    rows: a table with columns `source` and `target`. Those of the result have `;`
    between the dates, and a column `dates` says how many there are. The lengths take
    turns, so they are equally frequent.
    Raises ValueError for a table without rows, and for a count or longest below 1.
    """
    at_least(1, count=count, longest=longest)
    _same_rows(rows)
    source, target, found = rows.source.to_numpy(), rows.target.to_numpy(), []
    for i in range(count):
        drawn = rng.integers(len(rows), size=1 + i % longest)
        found.append((";".join(source[drawn]), ";".join(target[drawn]), len(drawn)))
    return pd.DataFrame(found, columns=["source", "target", "dates"])
