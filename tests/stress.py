"""What takes too long for every change: `make stress`."""

import copy

import pytest
from nbclient import NotebookClient

import form
from helpers import lessons

PATHS = [*lessons.paths(), *form.solutions()]
IDS = [p.relative_to(lessons.NOTEBOOKS).as_posix() for p in PATHS]


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_each_cell_may_be_run_twice_in_a_row(path):
    notebook = form.read(path)
    notebook.cells = [
        copy.deepcopy(cell)
        for cell in notebook.cells
        for _ in range(2 if cell.cell_type == "code" else 1)
    ]
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, resources=where).execute()
