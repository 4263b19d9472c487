"""The normal form of a notebook, and the exercises that its solutions give."""

import copy
import hashlib
import re

import nbformat

from helpers.lessons import NOTEBOOKS

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SOLUTION = re.compile(r"^([ \t]*)# solution\n.*\Z", re.MULTILINE | re.DOTALL)
STUB = r"\1pass  # Write your code here."
MISTAKE = re.compile(r"^([ \t]*)\S.*  # mistake: (.+)$", re.MULTILINE)


def solutions():
    """List the paths of the solved exercises, in order."""
    return sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))


def all_notebooks():
    """List the paths of every notebook of the repository."""
    return sorted(p for p in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_" not in str(p))


def read(path):
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def exercise_of(solution):
    """Derive the student's notebook from the solved one.

    Cells tagged `solution` go. In code, everything from `# solution` on becomes a stub
    that still runs, and a line `right  # mistake: wrong` becomes `wrong`.
    """
    exercise = copy.deepcopy(solution)
    exercise.cells = [
        c for c in exercise.cells if "solution" not in c.metadata.get("tags", [])
    ]
    title = exercise.cells[0]
    title.source = title.source.replace("# Solutions:", "# Exercises:")
    for cell in exercise.cells:
        if cell.cell_type == "code":
            cell.source = MISTAKE.sub(r"\1\2", SOLUTION.sub(STUB, cell.source))
            cell.outputs, cell.execution_count = [], None
    return exercise


def normalise(notebook):
    """Leave only what a reader or nbval needs; cell ids depend on content alone."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    seen = set()
    for cell in notebook.cells:
        lines = cell.source.strip().splitlines()
        cell.source = "\n".join(line.rstrip() for line in lines)
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags" and v}
        cell.pop("attachments", None)
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()
        candidates = (digest[i : i + 8] for i in range(len(digest) - 7))
        cell.id = next(c for c in candidates if c not in seen)
        seen.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(cell.outputs)
    return notebook


def _joined_streams(outputs):
    """Join printed output that the kernel happened to send in several pieces."""
    joined = []
    for output in outputs:
        output.pop("transient", None)
        if "metadata" in output:
            output.metadata = {}
        last = joined[-1] if joined else {}
        if output.get("name") and output.get("name") == last.get("name"):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def dumps(notebook):
    """Return the one serialisation used on disk."""
    return nbformat.writes(normalise(notebook)) + "\n"
