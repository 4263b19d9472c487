"""Keep the notebooks executed, normalised, linked and in step with their solutions.

python tools/course.py refresh [FILE ...]  all of `links`, then execute and store
python tools/course.py links               derive the exercises, and write addresses
                                           and all tables anew; run nothing
python tools/course.py check [FILE ...]    name the files that are not in form
"""

import copy
import itertools
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

import form
import pages
import scoreboard
from helpers.lessons import NOTEBOOKS


def _write(path, text):
    try:
        scoreboard.write(path, text)
    except OSError as error:
        raise SystemExit(
            f"Cannot write {path} ({error.strerror}): nothing there was changed. "
            "Work in a copy of the repository that you may change."
        ) from error


def write_links():
    """Derive the exercises; write badges, setup cells and tables."""
    for path in form.all_notebooks():
        _write(path, form.dumps(pages.link(form.read(path), path)))
    for path in form.solutions():
        exercise = NOTEBOOKS / "exercises" / path.name
        derived = pages.link(form.exercise_of(form.read(path)), exercise)
        stored = form.read(exercise) if exercise.exists() else derived
        for cell, old in zip(derived.cells, stored.cells, strict=False):
            if cell.cell_type == "code" and cell.source == old.source:
                cell.outputs, cell.execution_count = old.outputs, old.execution_count
        _write(exercise, form.dumps(derived))
    _write(pages.README, pages.readme())
    _write(pages.HUB, pages.hub())
    for path in pages.FILLED:
        _write(path, scoreboard.fill(path.read_text(encoding="utf-8")))


def execute(path):
    """Execute a notebook in a fresh kernel and write it back, normalised."""
    notebook = form.read(path)
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=600, record_timing=False, resources=where)
    stored = copy.deepcopy(notebook.cells)
    client.execute()
    pairs = [*zip(form.normalise(notebook).cells, stored, strict=True)]
    timed = ["timing" in form.tags(cell) for cell, _ in pairs]
    others = [pair for pair, is_timed in zip(pairs, timed, strict=True) if not is_timed]
    if all(cell.get("outputs") == old.get("outputs") for cell, old in others):
        # A time differs at each run: where nothing else does, it stays as it was.
        for cell, old in itertools.compress(pairs, timed):
            if form.compared(cell) == form.compared(old):
                cell.outputs = old.outputs
    _write(path, form.dumps(notebook))


def stale(paths):
    """List what is wrong with the form of the notebooks and of what is made from them.

    One line a fault, with the command that mends it.
    """
    faults = []
    for path in paths:
        stored = path.read_text(encoding="utf-8")
        if stored != form.dumps(pages.link(nbformat.reads(stored, as_version=4), path)):
            faults.append(f"{path.relative_to(ROOT)}: not in normal form (run `links`)")
    for path in form.solutions():
        exercise = NOTEBOOKS / "exercises" / path.name
        derived = pages.link(form.exercise_of(form.read(path)), exercise)
        committed = form.read(exercise).cells if exercise.exists() else []
        if [c.source for c in committed] != [c.source for c in derived.cells]:
            faults.append(f"exercises/{path.name}: not what solutions/ gives (`links`)")
    if pages.README.read_text(encoding="utf-8") != pages.readme():
        faults.append("README.md: its tables are not up to date (run `links`)")
    if pages.HUB.read_text(encoding="utf-8") != pages.hub():
        faults.append("hub/README.md: its links are not up to date (run `links`)")
    for path in pages.FILLED:
        page = path.read_text(encoding="utf-8")
        if page != scoreboard.fill(page):
            name = path.relative_to(ROOT)
            faults.append(f"{name}: not what the results give (run `links`)")
    for path, content in zip(pages.PICTURES, pages.pictures(), strict=True):
        if not path.exists() or path.read_bytes() != content:
            faults.append(f"{path.name}: not the lesson's picture (run `refresh`)")
    return faults


def main(command="", *names):
    """Run one of the commands of this file; return its exit status."""
    paths = [Path(name).resolve() for name in names] or form.all_notebooks()
    if command == "check":
        faults = stale(paths)
        print(*faults or ["All notebooks are in form."], sep="\n")
        return bool(faults)
    if command not in ("links", "refresh"):
        print(__doc__)
        return 2
    write_links()
    if command == "refresh":
        for path in paths:
            execute(path)
            print("refreshed", path.relative_to(ROOT), flush=True)
        for path, content in zip(pages.PICTURES, pages.pictures(), strict=True):
            path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
