"""Pairs of texts as padded ids, batches of similar length, and lists of dates."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from helpers.text import Vocabulary

PADDING, START, END = MARKS = "\0", "\1", "\2"  # ids 0, 1, 2: they sort first


def vocabulary_of(texts):
    """Return a `Vocabulary` of the symbols of `texts`, with the three marks in front.

    texts: strings (their symbols are characters), or lists of words.
    """
    return Vocabulary([*MARKS, *(symbol for text in texts for symbol in text)])


def padded(texts, vocabulary, marks=False):
    """Return the ids of `texts`: int32, shape (texts, longest), zeros behind.

    marks: put START before and END behind each text.
    Raises ValueError for an unknown symbol, as `Vocabulary.encode` does.
    """
    ends = ([START], [END]) if marks else ([], [])
    rows = [vocabulary.encode([*ends[0], *text, *ends[1]]) for text in texts]
    return keras.utils.pad_sequences(rows, padding="post")


def texts_of(ids, vocabulary):
    """Return the text of each row of ids, up to END, without marks."""
    rows = ("".join(vocabulary.decode(row)) for row in np.asarray(ids))
    return [row.split(END)[0].strip(PADDING + START) for row in rows]


def batches(source, target, size, steps, rng):
    """Yield `steps` batches (source, target), of rows with sources of similar length.

    source, target: padded ids, (rows, time). In each reading the rows are shuffled,
    sorted by the length of the source within chunks of 50 batches, cut into batches
    of `size` rows, and these shuffled. Columns without a symbol are left out, so short
    rows cost little time.
    """
    length = (source != 0).sum(axis=1)
    while True:
        order, groups = rng.permutation(len(source)), []
        for chunk in np.split(order, range(50 * size, len(order), 50 * size)):
            chunk = chunk[np.argsort(length[chunk], kind="stable")]
            groups += np.split(chunk, range(size, len(chunk), size))
        for i in rng.permutation(len(groups)):
            if steps == 0:
                return
            steps -= 1
            yield tuple(
                ids[groups[i]][:, : (ids[groups[i]] != 0).sum(axis=1).max()]
                for ids in (source, target)
            )


def in_parts(run, *arrays, size=200):
    """Call `run` with `size` rows of each array at a time; return all rows it gave.

    Equal parts let TensorFlow use one graph for all of them, and save memory.
    """
    cuts = [np.split(array, range(size, len(array), size)) for array in arrays]
    return np.concatenate([run(*map(tf.constant, p)) for p in zip(*cuts, strict=True)])


def lists_of(rows, count, longest, rng):
    """Return a table of `count` lists of 1, 2, ... `longest` dates, drawn from `rows`.

    rows: a table with columns `source` and `target`. Those of the result have `;`
    between the dates, and a column `dates` says how many there are. The lengths take
    turns, so they are equally frequent.
    """
    source, target, found = rows.source.to_numpy(), rows.target.to_numpy(), []
    for i in range(count):
        drawn = rng.integers(len(rows), size=1 + i % longest)
        found.append((";".join(source[drawn]), ";".join(target[drawn]), len(drawn)))
    return pd.DataFrame(found, columns=["source", "target", "dates"])
