"""Verdicts: one line, never an exception, and never "correct" by accident."""

import keras
import numpy as np
import pytest

from helpers.checks import check, claim, measured

MATRIX = np.arange(6.0).reshape(2, 3)
UNWRITTEN = "not written yet (nothing returned: is `return` missing, or the cell above \
not run?)"
HALF = "not written yet (there is still a None in it)"


class Unreadable:
    def __array__(self, *_, **__):
        raise RuntimeError("no numbers here")


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda: MATRIX + 1e-7, "correct"),
        (lambda: MATRIX + 0.99e-5, "correct"),  # the tolerance is 1e-5
        (lambda: MATRIX + 1.01e-5, "off by up to 1e-05. Hint: look"),
        (lambda: MATRIX.tolist(), "correct"),
        (lambda: MATRIX.astype("float32"), "correct"),
        (lambda: keras.ops.convert_to_tensor(MATRIX), "correct"),
        (lambda: MATRIX.astype("int8"), "correct"),
        (lambda: None, UNWRITTEN),
        (lambda: [None, MATRIX], HALF),
        (lambda: [[1, 1, 1], [None, None, 2]], HALF),
        (lambda: (2, None), HALF),
        (lambda: MATRIX[0], "shape (3,), expected (2, 3). Hint: look"),
        (lambda: 3, "shape (), expected (2, 3). Hint: look"),
        (lambda: MATRIX + [[0, 0, 0.4]], "off by up to 0.4. Hint: look"),
        (lambda: MATRIX + np.inf, "off by up to inf. Hint: look"),
        (
            lambda: np.where(MATRIX > 3, np.nan, MATRIX),
            "NaN (not a number) in 2 of 6 places. Hint: look",
        ),
        (lambda: MATRIX + 0j, "complex numbers, expected real ones. Hint: look"),
        (
            lambda: [[1, 2], [3]],
            "rows of different lengths, expected shape (2, 3). Hint: look",
        ),
        (lambda: "abc", "text, expected numbers of shape (2, 3). Hint: look"),
        (
            lambda: MATRIX.astype(str),
            "text, expected numbers of shape (2, 3). Hint: look",
        ),
        (lambda: [[3**50, 1, 2], [3, 4, 5]], "off by up to 7.2e+23. Hint: look"),
        (lambda: MATRIX.astype(object), "correct"),
        (
            lambda: [[10**999, 1, 2], [3, 4, 5]],
            "a int, expected numbers of shape (2, 3). Hint: look",
        ),
        (lambda: {1: 2}, "a dict, expected numbers of shape (2, 3). Hint: look"),
        (lambda: unknown, "stopped by NameError: name 'unknown' is not defined"),  # noqa: F821
        (lambda: 1 / 0, "stopped by ZeroDivisionError: division by zero"),
        (lambda: MATRIX @ MATRIX, "stopped by ValueError: matmul: Input operand 1"),
        (lambda: Unreadable(), "stopped by RuntimeError: no numbers here"),
    ],
)
def test_verdicts(capsys, attempt, verdict):
    check("it", attempt, MATRIX, hint="look")
    printed = capsys.readouterr().out
    assert printed.startswith(f"it: {verdict}") and printed.count("\n") == 1
    assert "matmul" in verdict or printed == f"it: {verdict}\n"


def test_an_error_names_the_readers_own_line(capsys):
    cell = "def norm(x):\n    y = x @ x\n    return y\n"
    space = {}
    exec(compile(cell, "/tmp/ipykernel_1/2.py", "exec"), space)
    import linecache

    linecache.cache["/tmp/ipykernel_1/2.py"] = (
        len(cell),
        None,
        cell.splitlines(True),
        "/tmp/ipykernel_1/2.py",
    )
    check("norm", lambda: space["norm"](MATRIX), 0.0)
    assert capsys.readouterr().out.endswith("(at `y = x @ x`)\n")


def test_a_likely_mistake_gets_its_own_hint(capsys):
    wrong = {"it is transposed": MATRIX.T, "it is twice as much": 2 * MATRIX}
    for attempt in (MATRIX.T, 2 * MATRIX, MATRIX + 1, MATRIX):
        check("it", lambda a=attempt: a, MATRIX, hint="look", wrong=wrong)
    assert capsys.readouterr().out.splitlines() == [
        "it: shape (3, 2), expected (2, 3). Hint: it is transposed",
        "it: off by up to 5. Hint: it is twice as much",
        "it: off by up to 1. Hint: look",
        "it: correct",
    ]


def test_only_the_real_part_is_not_enough(capsys):
    check("it", lambda: [1 + 5j, 2], [1, 2])
    assert capsys.readouterr().out == "it: complex numbers, expected real ones.\n"


def test_uneven_rows_against_a_list(capsys):
    check("it", lambda: [[1, 2], 3], [1, 2, 3])
    assert (
        capsys.readouterr().out
        == "it: rows of different lengths, expected shape (3,).\n"
    )


def test_texts_and_booleans(capsys):
    check("text", lambda: "abc", "abc")
    check("text", lambda: "xyz", "abc")
    check("text", lambda: 3, "abc")
    check("truth", lambda: True, True)
    check("truth", lambda: False, True)
    check("count", lambda: np.int64(3), 3)
    assert capsys.readouterr().out.splitlines() == [
        "text: correct",
        "text: not equal.",
        "text: not equal.",
        "truth: correct",
        "truth: off by up to 1.",
        "count: correct",
    ]


def test_claim(capsys):
    claim("water is wet", np.bool_(True))
    assert capsys.readouterr().out == "ok: water is wet\n"
    with pytest.raises(AssertionError, match="not so in this run: pigs fly"):
        claim("pigs fly", False)
    with pytest.raises(TypeError, match="neither True nor False: give a comparison"):
        claim("3 is true", 3)
    assert capsys.readouterr().out == ""


def test_claim_shows_the_number_within_its_bounds(capsys):
    claim("gains over 0.08 nats", np.float32(0.1342), above=0.08)
    claim("less than 2 %", 1.5, below=2)
    claim("about half", 0.5, above=0.4, below=0.6)
    assert capsys.readouterr().out.splitlines() == [
        "ok: gains over 0.08 nats (≈ 0.134)",
        "ok: less than 2 % (≈ 1.50)",
        "ok: about half (≈ 0.500)",
    ]


@pytest.mark.parametrize("value", [0.08, 0.01, -1, np.nan, -np.inf])
def test_claim_fails_on_and_beyond_its_bound(capsys, value):
    with pytest.raises(AssertionError, match="gains .*expected above 0.08"):
        claim("gains", value, above=0.08)
    with pytest.raises(AssertionError, match="expected above 0.08 and below 1"):
        claim("gains", value, above=0.08, below=1)
    with pytest.raises(AssertionError, match="expected below -0.08"):
        claim("loses", -value, below=-0.08)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.63149, "1.63"),
        (0.09996, "0.100"),
        (20752.1, "20,800"),
        (999.9, "1,000"),
        (100, "100"),
        (-0.5, "-0.500"),
        (0, "0"),
        (4.4e-5, "4.4e-05"),
        (3e9, "3.0e+09"),
        (np.nan, "nan"),
        ([1.0, 2.5], "1.00, ≈ 2.50"),
    ],
)
def test_measured_shows_three_digits(capsys, value, shown):
    measured("held-out loss", value, "nats")
    measured("share", value)
    assert capsys.readouterr().out == f"held-out loss ≈ {shown} nats\nshare ≈ {shown}\n"
