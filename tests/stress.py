"""What takes too long for every change: `make stress`."""

import copy
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

import form
import mutate
import pages
import slack
from helpers import lessons
from sandbox import FAULTS, needs_sandbox, sandboxed

ROOT = pages.ROOT
PATHS = [*lessons.paths(), *form.solutions()]
SHORT = lessons.paths()[1]  # it trains and saves, and is soon at its end
ONLY_LOADS = ("19",)  # these lessons train nothing
CONTROL = """
sys.path.append(str(root / "tests"))
import controls

controls.{}()
"""


def parametrize(paths):
    ids = [p.relative_to(lessons.NOTEBOOKS).as_posix() for p in paths]
    return pytest.mark.parametrize("path", paths, ids=ids)


def client(notebook, path):
    where = {"metadata": {"path": str(path.parent)}}
    return NotebookClient(notebook, timeout=600, resources=where)


@parametrize(PATHS)
def test_each_cell_may_be_run_twice_in_a_row(path):
    notebook = form.read(path)
    notebook.cells = [
        copy.deepcopy(cell)
        for cell in notebook.cells
        for _ in range(2 if cell.cell_type == "code" else 1)
    ]
    client(notebook, path).execute()


@parametrize(PATHS)
def test_all_cells_may_be_run_twice_in_one_kernel(path):
    notebook = form.read(path)
    notebook.cells += copy.deepcopy(notebook.cells)
    client(notebook, path).execute()


def nbval(path):
    """Return the command that runs a notebook, and compares what it prints."""
    name = path.relative_to(ROOT)
    return [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", name]


@needs_sandbox
@parametrize(lessons.paths())
def test_a_lesson_prints_the_same_under_faults(path, tmp_path):
    command = sandboxed(tmp_path, *nbval(path), **FAULTS)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@needs_sandbox
def test_two_copies_of_a_lesson_run_at_once(tmp_path):
    both = 'export HOME="$TMPDIR"; "$@" & "$@" && wait $!'
    command = sandboxed(tmp_path, "sh", "-c", both, "sh", *nbval(SHORT))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


KILL = """
import os, signal

kill = lambda batch, logs: os.kill(os.getpid(), signal.SIGKILL)
stop, fit = keras.callbacks.LambdaCallback(on_train_batch_end=kill), keras.Model.fit
keras.Model.fit = lambda *given, **named: fit(*given, **named, callbacks=[stop])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signal kills at once there")
def test_a_lesson_that_is_killed_leaves_nothing(tmp_path, monkeypatch):
    def seen():
        command = ["git", "status", "--porcelain", "--ignored"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        return {line for line in done.stdout.splitlines() if "__pycache__" not in line}

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before, notebook = seen(), form.read(SHORT)
    notebook.cells.insert(4, nbformat.v4.new_code_cell(KILL))  # after the imports
    with pytest.raises(DeadKernelError):
        client(notebook, SHORT).execute()
    assert seen() == before
    # TensorFlow removes the code that it made when it ends, and a kill is no end.
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert all(name.startswith("__autograph_") for name in left), left


@parametrize([p for p in lessons.paths() if not p.name.startswith(ONLY_LOADS)])
def test_mixed_targets_make_a_claim_fail(path):
    with pytest.raises(CellExecutionError) as stopped:
        slack.run(path, CONTROL.format("shuffle_targets"))
    assert stopped.value.ename == "AssertionError", stopped.value
    assert "not so in this run" in stopped.value.evalue, stopped.value


@parametrize([p for p in lessons.paths() if any("mask" in c for c in mutate.codes(p))])
def test_a_lesson_holds_without_implicit_masks(path):
    slack.run(path, CONTROL.format("drop_implicit_masks"))
