"""Verdicts: one line, never an exception, and never "correct" by accident."""

import numpy as np
import pytest

from helpers.checks import check, claim

MATRIX = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda: MATRIX + 1e-7, "correct"),
        (lambda: MATRIX.tolist(), "correct"),
        (lambda: None, "not written yet"),
        (lambda: [None, MATRIX], "not written yet"),
        (lambda: MATRIX[0], "shape (3,), expected (2, 3)"),
        (lambda: 3, "shape (), expected (2, 3)"),
        (lambda: MATRIX + [[0, 0, 0.4]], "off by up to 0.4. Hint: look"),
        (lambda: MATRIX * np.nan, "off by up to nan. Hint: look"),
        (lambda: [[1, 2], [3]], "rows of different lengths, expected shape (2, 3)"),
        (lambda: MATRIX.astype(str), "not equal. Hint: look"),
        (lambda: unknown, "stopped by NameError: name 'unknown' is not defined"),  # noqa: F821
        (lambda: 1 / 0, "stopped by ZeroDivisionError: division by zero"),
    ],
)
def test_verdicts(capsys, attempt, verdict):
    check("it", attempt, MATRIX, hint="look")
    assert capsys.readouterr().out == f"it: {verdict}\n"


def test_uneven_rows_against_a_list(capsys):
    check("it", lambda: [[1, 2], 3], [1, 2, 3])
    assert (
        capsys.readouterr().out
        == "it: rows of different lengths, expected shape (3,)\n"
    )


def test_texts_and_booleans(capsys):
    check("text", lambda: "abc", "abc")
    check("text", lambda: "xyz", "abc")
    check("truth", lambda: True, True)
    check("truth", lambda: False, True)
    assert capsys.readouterr().out.splitlines() == [
        "text: correct",
        "text: not equal.",
        "truth: correct",
        "truth: off by up to 1.",
    ]


def test_claim(capsys):
    claim("water is wet", np.bool_(True))
    assert capsys.readouterr().out == "ok: water is wet\n"
    with pytest.raises(AssertionError, match="not so in this run: pigs fly"):
        claim("pigs fly", False)
    assert capsys.readouterr().out == ""
