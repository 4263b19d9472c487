"""What takes too long for every change: `make stress`."""

import copy

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import form
import mutate
import slack
from helpers import lessons

ONLY_LOADS = ("19",)  # these lessons train nothing
CONTROL = """
sys.path.append(str(root / "tests"))
import controls

controls.{}()
"""


def each(paths):
    ids = [p.relative_to(lessons.NOTEBOOKS).as_posix() for p in paths]
    return pytest.mark.parametrize("path", paths, ids=ids)


@each([*lessons.paths(), *form.solutions()])
def test_each_cell_may_be_run_twice_in_a_row(path):
    notebook = form.read(path)
    notebook.cells = [
        copy.deepcopy(cell)
        for cell in notebook.cells
        for _ in range(2 if cell.cell_type == "code" else 1)
    ]
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, resources=where).execute()


@each([p for p in lessons.paths() if not p.name.startswith(ONLY_LOADS)])
def test_mixed_targets_make_a_claim_fail(path):
    with pytest.raises(CellExecutionError) as stopped:
        slack.run(path, CONTROL.format("shuffle_targets"))
    assert stopped.value.ename == "AssertionError", stopped.value


@each([p for p in lessons.paths() if any("mask" in c for c in mutate.codes(p))])
def test_a_lesson_holds_without_implicit_masks(path):
    slack.run(path, CONTROL.format("drop_implicit_masks"))
