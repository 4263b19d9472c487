"""Check a gradient that was derived by hand."""

import numpy as np


def numerical_gradient(loss, array, step=1e-6):
    """Return the gradient of `loss()` with respect to `array`, by central differences.

    loss: a function without arguments that reads `array` and returns a number.
    array: float64, any shape; its entries are moved by `step` one at a time, in place,
        and put back.
        If `loss` fails or is interrupted, the entry that was moved is put back, too.
    Returns an array of the same shape. Its error is of order step**2, plus rounding.
    Raises ValueError if `array` is not float64 (float32 is too coarse for differences)
    or cannot be written to, if `step` is not above 0, or `loss()` is not one number.
    """
    _require_movable(array, step)
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        try:
            array[place] = kept + step
            above = _number(loss())
            array[place] = kept - step
            below = _number(loss())
        finally:
            array[place] = kept
        gradient[place] = (above - below) / (2 * step)
    return gradient


def _require_movable(array, step):
    """Raise ValueError if the entries of `array` cannot be moved by `step`."""
    if not isinstance(array, np.ndarray):
        raise ValueError(
            f"The array is a {type(array).__name__}: use np.array(..., dtype='float64')"
            " everywhere, in the loss as well."
        )
    if array.dtype != np.float64:
        raise ValueError(
            f"The array is {array.dtype}: use array.astype('float64') everywhere."
        )
    if not array.flags.writeable:
        raise ValueError("The array is read-only: use array.copy() everywhere.")
    if not 0 < step < np.inf:
        raise ValueError(f"step={step} moves nothing: take a small number above 0.")


def _number(value):
    if np.size(value) != 1 or value is None:
        raise ValueError(
            f"The loss is {value!r}: return one number, such as a sum over all entries."
        )
    return np.asarray(value).item()


def relative_error(found, expected):
    """Return |found - expected| / (|found| + |expected|), with Euclidean norms.

    0 means equal, 1 opposite in sign or of quite another size. Two zeros are equal.
    An entry that is NaN or infinite gives NaN, which is below no bound. Entries as
    small or as large as float64 allows neither vanish nor overflow when squared: both
    arrays are first scaled by a power of two, which rounds nothing.
    Raises ValueError if the shapes differ: broadcasting would hide a mistake.
    """
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape:
        raise ValueError(f"The shapes differ: {found.shape} and {expected.shape}.")
    largest = np.abs([found, expected]).max(initial=0.0)
    if not np.isfinite(largest):
        return np.nan
    if largest == 0:
        return 0.0
    power = -np.frexp(largest)[1]
    found, expected = np.ldexp(found, power), np.ldexp(expected, power)
    scale = np.linalg.norm(found) + np.linalg.norm(expected)
    return float(np.linalg.norm(found - expected) / scale)
