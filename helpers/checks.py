"""Verdicts: on an exercise (`check`) and on a claim of a lesson (`claim`)."""

import numpy as np


def check(name, attempt, reference, tolerance=1e-5, hint=""):
    """Print one line that compares `attempt()` with `reference`; never raise.

    attempt: a function without arguments, so that unfinished code cannot stop the
        notebook. None (what a stub returns), or a list with a None in it, means
        "not written yet".
    reference: a number, a string or an array of any shape, from an independent source.
    tolerance: the largest absolute difference that counts as equal.
    hint: what to look at if the shape is right and the values are not.
    """
    print(f"{name}: {_verdict(attempt, reference, tolerance, hint)}")


def _verdict(attempt, reference, tolerance, hint):
    try:
        result = attempt()
    except Exception as error:
        return f"stopped by {type(error).__name__}: {error}"
    if result is None or (
        isinstance(result, list) and any(part is None for part in result)
    ):
        return "not written yet"
    hint = f" Hint: {hint}" if hint else ""
    reference = np.asarray(reference)
    try:
        result = np.asarray(result)
    except ValueError:
        return f"rows of different lengths, expected shape {reference.shape}"
    if result.shape != reference.shape:
        return f"shape {result.shape}, expected {reference.shape}"
    if result.dtype.kind not in "biufc" or reference.dtype.kind not in "biufc":
        return "correct" if np.array_equal(result, reference) else f"not equal.{hint}"
    error = np.max(np.abs(result.astype(float) - reference), initial=0.0)
    # Written so that a NaN is never "correct".
    return "correct" if error <= tolerance else f"off by up to {error:.2g}.{hint}"


def claim(statement, holds):
    """Print `ok: statement` if it `holds`; raise AssertionError if it does not.

    The printed line is the same on every machine, so that nbval can compare it,
    and it cannot be printed when the statement is false.
    """
    assert holds, f"not so in this run: {statement}"
    print(f"ok: {statement}")
