"""Check a gradient that was derived by hand."""

import numpy as np


def numerical_gradient(loss, array, step=1e-6):
    """Return the gradient of `loss()` with respect to `array`, by central differences.

    loss: a function without arguments that reads `array` and returns a number.
    array: float64, any shape; its entries are moved by `step` one at a time, in place,
        and put back.
    Returns an array of the same shape. Its error is of order step**2, plus rounding.
    Raises ValueError if `array` is not float64: float32 is too coarse for differences.
    """
    if array.dtype != np.float64:
        raise ValueError(
            f"The array is {array.dtype}: use array.astype('float64') everywhere."
        )
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        above = loss()
        array[place] = kept - step
        below = loss()
        array[place] = kept
        gradient[place] = (above - below) / (2 * step)
    return gradient


def relative_error(found, expected):
    """Return |found - expected| / (|found| + |expected|), with Euclidean norms.

    0 means equal, 1 opposite in sign or of quite another size. Two zeros are equal.
    Raises ValueError if the shapes differ: broadcasting would hide a mistake.
    """
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise ValueError(f"The shapes differ: {found.shape} and {expected.shape}.")
    scale = np.linalg.norm(found) + np.linalg.norm(expected)
    return float(np.linalg.norm(found - expected) / scale) if scale else 0.0
