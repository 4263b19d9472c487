"""Say what came out: numbers (`measured`), claims (`claim`) and exercises (`check`).

The sign ≈ stands before each number that depends on training or on the machine. The
tests compare the line and leave out the digits behind the sign.
"""

import contextlib
import math
import re
import traceback

import numpy as np


def measured(name, value, unit=""):
    """Print a number that was measured: `held-out loss ≈ 1.63 nats`.

    value: a number, or several in a row (runs, seeds): `loss ≈ 1.63, ≈ 1.65 nats`.
    Three significant digits are shown; two of a very small or large number.
    """
    numbers = ", ".join(f"≈ {_digits(v)}" for v in np.ravel(value))
    print(f"{name} {numbers} {unit}".rstrip())


def claim(statement, value, above=None, below=None):
    """Print `ok: statement` if it holds; raise AssertionError if it does not.

    With `above` or `below`, or both, `value` is a number, and has to lie beyond these
    bounds: `ok: beats the table by over 0.08 nats (≈ 0.134)`. Without them it is True
    or False. The line cannot be printed when the statement is false.
    """
    if above is None and below is None:
        if not isinstance(value, bool | np.bool_):
            raise TypeError(
                f"The claim {statement!r} got {value!r}, neither True nor False: "
                "give a comparison, or a number with above= or below=."
            )
        assert value, f"not so in this run: {statement}"
        print(f"ok: {statement}")
        return
    value = float(value)
    low = -math.inf if above is None else above
    high = math.inf if below is None else below
    bounds = " and ".join(
        f"{word} {bound:g}"
        for word, bound in (("above", above), ("below", below))
        if bound is not None
    )
    assert low < value < high, (
        f"not so in this run: {statement} ({value:.4g}, expected {bounds})"
    )
    print(f"ok: {statement} (≈ {_digits(value)})")


def _digits(value):
    """Return a number with three significant digits, as a reader would write it."""
    value = float(value)
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if not 1e-4 <= abs(value) < 1e7:
        return f"{value:.1e}"
    value = float(f"{value:.3g}")
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def check(name, attempt, reference, tolerance=1e-5, hint="", wrong=None):
    """Print one line that compares `attempt()` with `reference`; never raise.

    attempt: a function without arguments, so that unfinished code cannot stop the
        notebook. None (what a stub returns), or a None within, is "not written yet".
    reference: a number, a string or an array of any shape, from an independent source.
    tolerance: the largest absolute difference that counts as equal.
    wrong: {hint: value}, the answers that likely mistakes give. Who gives one of them
        reads its hint.
    hint: for all other answers: what to look at.
    """
    print(f"{name}: {verdict(attempt, reference, tolerance, hint, wrong)}")


def verdict(attempt, reference, tolerance=1e-5, hint="", wrong=None):
    """Return what `check` prints behind the name, from the same arguments."""
    try:  # what an answer returns can still raise when it is read
        return _verdict(attempt(), reference, tolerance, hint, wrong or {})
    except Exception as error:
        return _stopped(error)


def _stopped(error):
    """Say where the reader's own code stopped, and why, in one line."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if re.search("ipykernel|ipython-input", frame.filename)  # a cell, not a module
    ]
    line = own[-1].line if own else ""
    first, *_ = str(error).splitlines() or [""]
    reason = f"{type(error).__name__}: {first}".rstrip(": ")
    return f"stopped by {reason}" + (f" (at `{line}`)" if line else "")


def _verdict(result, reference, tolerance, hint, wrong):
    """Compare a result with the reference, then with the likely wrong answers."""
    if result is None:
        return (
            "not written yet "
            "(nothing returned: is `return` missing, or the cell above not run?)"
        )
    if _has_none(result):
        return "not written yet (there is still a None in it)"
    fault = _fault(result, reference, tolerance)
    if fault is None:
        return "correct"
    known = [h for h, value in wrong.items() if not _fault(result, value, tolerance)]
    hint = known[0] if known else hint
    return f"{fault}. Hint: {hint}" if hint else f"{fault}."


def _has_none(result):
    if isinstance(result, list | tuple):
        return any(_has_none(part) for part in result)
    return result is None


def _fault(result, reference, tolerance):
    """Return in what way a result is not the reference; None if it is."""
    reference = np.asarray(reference)
    try:
        result = np.asarray(result)
    except ValueError:
        return f"rows of different lengths, expected shape {reference.shape}"
    if reference.dtype.kind not in "biuf":  # strings
        return None if np.array_equal(result, reference) else "not equal"
    if result.dtype.kind == "O":  # such as integers that are too long for NumPy
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            result = result.astype(float)
    if result.dtype.kind == "c":
        return "complex numbers, expected real ones"
    if result.dtype.kind not in "biuf":
        found = {"U": "text", "O": f"a {type(result.item(0)).__name__}"}
        kind = found.get(result.dtype.kind, result.dtype.name) if result.size else ""
        return f"{kind or 'nothing'}, expected numbers of shape {reference.shape}"
    if result.shape != reference.shape:
        return f"shape {result.shape}, expected {reference.shape}"
    result = result.astype(float)
    if np.isnan(result).any():
        return f"NaN (not a number) in {np.isnan(result).sum()} of {result.size} places"
    error = np.max(np.abs(result - reference), initial=0.0)
    return None if error <= tolerance else f"off by up to {error:.2g}"
