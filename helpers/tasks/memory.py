"""Sequences that begin with what is to be remembered, with noise behind it."""

import numpy as np

from helpers.text import at_least


def first_number(count, length, rng, noise=1.0):
    """Return sequences of numbers, and the first number of each.

    All numbers are drawn anew: the first from the normal distribution, the others from
    the normal distribution with the standard deviation `noise`. So no sequence tells
    its first number later on, and to know nothing costs a mean squared error of 1.

    rng: a NumPy generator. Returns x, float32 and of the shape (count, length, 1), and
    y, float32 and of the shape (count, 1).
    Raises ValueError for a count or length below 1, and for noise below 0.
    """
    at_least(1, count=count, length=length)
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise={noise} does not do: take a number of 0 or more.")
    x = rng.normal(size=(count, length, 1)).astype("float32")
    x[:, 1:] *= noise
    return x, x[:, 0].copy()


def first_symbol(count, length, symbols, rng):
    """Return sequences of symbols as one-hot vectors, and the first symbol of each.

    Every symbol is drawn at random, so the ones behind the first are noise.

    rng: a NumPy generator. Returns x, float32 and of the shape (count, length,
    symbols), and y, int32 and of the shape (count,).
    Raises ValueError for a count or length below 1, and for fewer than 2 symbols.
    """
    at_least(1, count=count, length=length)
    at_least(2, symbols=symbols)
    ids = rng.integers(symbols, size=(count, length), dtype="int32")
    return np.eye(symbols, dtype="float32")[ids], ids[:, 0].copy()
