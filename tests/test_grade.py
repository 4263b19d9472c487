"""The grader: what it makes of right, unfinished and hostile submissions."""

import copy
import csv
import json

import nbformat
import pytest

import form
import grade
from sandbox import needs_sandbox

NAME = "02_elman_jordan_toy"  # it trains nothing
KNOWN = grade.masters()
SOLVED, EXERCISE = KNOWN[NAME]
CELLS, _ = grade.exercises_of(SOLVED)


def answered(answers):
    """Return the exercises of lesson 02 with {number: code} in place of the stubs."""
    notebook, number = form.exercise_of(form.read(SOLVED)), 0
    for cell in notebook.cells:
        if cell.source.startswith("## "):
            number = int(cell.source[3])
        names = {name for _, own in CELLS.get(number, ()) for name in own}
        mine = any(f"def {name}(" in cell.source for name in names)
        if cell.cell_type == "code" and mine and number in answers:
            cell.source = answers[number]
    return notebook


def right(number):
    return next(source for source, names in CELLS[number] if names)


def everything():
    return {number: right(number) for number in CELLS}


def test_all_exercises_have_checks_and_something_to_write():
    for path in form.solutions():
        cells, setup = grade.exercises_of(path)
        assert len(setup) == 2 and len(cells) >= 3, path
        for number, own in cells.items():
            assert any(names for _, names in own), (path, number)


@pytest.mark.parametrize("name", KNOWN)
def test_the_exercises_are_recognised(name):
    notebook = form.exercise_of(form.read(KNOWN[name][0]))
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    assert grade.lesson_of(cells, KNOWN) == name
    assert grade.lesson_of(cells[len(cells) // 2 :][::-1], KNOWN) == name


def test_what_is_no_exercise_is_refused():
    with pytest.raises(ValueError, match="none of the course's"):
        grade.lesson_of(
            [("code", "print('a notebook about something else', 1 + 1)")], KNOWN
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("%PDF", "no notebook that can be read"),
        ("", "no notebook that can be read"),
        ("[1, 2]", "no notebook that can be read"),
        ('{"nbformat": 4}', "no notebook that can be read"),
        ('{"nbformat": 99, "cells": []}', "no notebook that can be read"),
        ("[" * 100_000, "no notebook that can be read"),
        ("x" * (grade.LARGEST + 1), "over 20 MB"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, text, reason):
    path = tmp_path / "any name.ipynb"
    path.write_text(text)
    with pytest.raises(ValueError, match=reason):
        grade.read(path)
    lesson, verdicts, remarks = grade.grade(path, KNOWN, None)
    assert not lesson and not verdicts and reason in remarks[0]


def test_a_link_is_not_read(tmp_path):
    path = tmp_path / "link.ipynb"
    path.symlink_to(SOLVED)
    with pytest.raises(ValueError, match="a link"):
        grade.read(path)


def test_an_older_format_is_converted_and_named(tmp_path):
    cells = [
        {"cell_type": "code", "language": "python", "metadata": {}, "outputs": []}
        | {"input": "x = 1", "collapsed": False}
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "x"}}
    path = tmp_path / "old.ipynb"
    path.write_text(
        json.dumps({**old, "worksheets": [{"metadata": {}, "cells": cells}]})
    )
    sources, remarks = grade.read(path)
    assert sources == [("code", "x = 1")]
    assert remarks == ["notebook format 3, converted"]


def test_answers_are_found_wherever_they_stand():
    name = next(names for _, names in CELLS[3] if names)[0]
    moved = f"def {name}():\n    return 1"
    sources = [("markdown", "## 2. Two"), ("code", "a = 1"), ("code", moved)]
    written = grade.by_exercise(sources, CELLS)
    assert written == {1: [], 2: ["a = 1"], 3: [moved], 4: []}


@pytest.mark.parametrize(
    ("code", "remark"),
    [
        ("def check(*args):\n    pass", "redefines"),
        ("check = print", "redefines"),
        ("print('gates: correct')", "“correct”"),
        ("x = 1 +", None),
        ("x = '\ud800'", None),
        pytest.param("-" * 100_000 + "1", None, id="too deep"),
        ("check(1, 2, 3)", None),
    ],
)
def test_remarks_on_code(code, remark):
    found = grade.remarks_on(
        [("code", code)] + [("markdown", s) for s in EXERCISE], EXERCISE
    )
    assert (remark in found[0]) if remark else not found


def test_deleted_exercises_are_counted():
    kept = [("code", s) for s in EXERCISE if not s.startswith(("## 2", "## 3"))]
    assert grade.remarks_on(kept, EXERCISE) == ["2 exercise(s) deleted"]


def test_no_sandbox_no_grades(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="Nothing was graded: bubblewrap"):
        grade.main([str(tmp_path / "in")])
    assert not (tmp_path / "in-graded").exists()


def test_results_are_never_overwritten(tmp_path):
    for name in ("in", "in-graded"):
        (tmp_path / name).mkdir()
    with pytest.raises(SystemExit, match="exists already"):
        grade.main([str(tmp_path / "in")])
    with pytest.raises(SystemExit, match="no folder"):
        grade.main([str(tmp_path / "none")])


def test_spreadsheets_get_no_formula():
    assert grade.plain("=1+1") == "'=1+1" and grade.plain("a=1") == "a=1"


def test_a_folder_without_a_name_is_refused():
    with pytest.raises(SystemExit, match="no folder.*FROM=submissions"):
        grade.main([""])


def test_no_name_and_no_remark_stops_the_grading(tmp_path, monkeypatch):
    names = ["a b.ipynb", "a_b.ipynb", "x" * 240 + ".ipynb", "J\udcfcrgen.ipynb"]
    (tmp_path / "in").mkdir()
    for name in names:
        try:
            (tmp_path / "in" / name).write_text("%PDF")
        except (OSError, UnicodeError):  # not every system takes any name
            names = [other for other in names if other != name]
    (tmp_path / "in" / ".ipynb_checkpoints").mkdir()  # JupyterLab keeps copies there
    (tmp_path / "in" / ".ipynb_checkpoints" / "a b-checkpoint.ipynb").touch()
    monkeypatch.setattr(grade, "require_sandbox", lambda: None)
    verdicts = {1: "stopped by ValueError: \ud800"}
    monkeypatch.setattr(grade, "grade", lambda *_: (NAME, verdicts, ["\ud800"]))
    assert grade.main([str(tmp_path / "in")]) == 0
    made = [path.suffix for path in (tmp_path / "in-graded").iterdir()]
    assert sorted(made) == [".csv"] + [".md"] * len(names)


@needs_sandbox
def test_right_and_hostile_submissions(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    elsewhere, secret = "/srv/another/answers.ipynb", tmp_path / "of another"
    secret.write_text("42")
    hostile = {
        1: "while True:\n    pass",
        2: "while True:\n    print('x' * 100_000)",
        3: "import os\nos._exit(3)",
        4: f"for name in ({elsewhere!r}, {str(secret)!r}):\n"
        "    for mode in 'ra':\n        try:\n            open(name, mode)\n"
        "        except OSError:\n            continue\n        1 / 0\n" + right(4),
    }
    forged = {1: "def check(name, *args, **kwargs):\n    print(f'{name}: correct')"}
    alone = copy.deepcopy(answered({**everything(), 2: "1 / 0"}))
    nbformat.write(alone, folder / "right but one.ipynb")
    nbformat.write(answered(hostile), folder / "hostile.ipynb")
    nbformat.write(answered(forged), folder / "forged.ipynb")
    options = ["--seconds", "10", "--output", "1000000"]
    assert grade.main([str(folder), *options]) == 0
    with open(
        tmp_path / "submissions-graded" / "grades.csv", encoding="utf-8-sig"
    ) as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert len(rows) == 3 and {row["exercises"] for row in rows.values()} == {NAME}
    row = rows["right but one.ipynb"]
    assert [row[n] == "correct" for n in "1234"] == [True, False, True, True]
    assert "ZeroDivisionError" in row["2"] and not row["remarks"]
    row = rows["hostile.ipynb"]
    assert "did not end within 10 seconds" in row["1"]
    assert "printed over 1 MB" in row["2"] and "exit status 3" in row["3"]
    assert row["4"] == "correct" and elsewhere in row["remarks"]
    assert secret.read_text() == "42"
    assert "tries to read" in row["remarks"] and "tries to write" in row["remarks"]
    row = rows["forged.ipynb"]
    assert row["correct"] == "0" and "redefines" in row["remarks"]
    report = (tmp_path / "submissions-graded" / "forged.ipynb.md").read_text("utf-8")
    assert "**1.**" in report and "not written yet" in report
