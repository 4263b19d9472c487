"""The normal form of a notebook, and the exercises that its solutions give."""

import copy
import hashlib
import re

import nbformat

from helpers.lessons import NOTEBOOKS

# What JupyterLab writes when it saves, without the version, which differs by reader.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
SANITISER = NOTEBOOKS.parent / "tests" / "nbval.cfg"  # what nbval does not compare
RULES = re.findall(r"^regex: (.*)\nreplace: (.*)$", SANITISER.read_text("utf-8"), re.M)
WIDGETS = "application/vnd.jupyter.widget-view+json"
FOLDED = {"collapsed": True, "jupyter": {"outputs_hidden": True}}
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
    exercise.cells = [c for c in exercise.cells if "solution" not in tags(c)]
    title = exercise.cells[0]
    title.source = title.source.replace("# Solutions:", "# Exercises:")
    for cell in exercise.cells:
        if cell.cell_type == "code":
            cell.source = MISTAKE.sub(r"\1\2", SOLUTION.sub(STUB, cell.source))
            cell.outputs, cell.execution_count = [], None
    return exercise


def tags(cell):
    """List the tags of a cell that authors give: all metadata follows from them."""
    return [tag for tag in cell.metadata.get("tags", []) if tag != "hide-output"]


def _metadata(cell):
    """Return the metadata of a cell: tags, folded outputs, and its place in slides.

    `predict`: the output stays folded until the reader has made a guess and runs it; on
    a slide the cell comes with the next key.
    """
    metadata, given = {}, tags(cell)
    if "predict" in given:
        metadata, given = copy.deepcopy(FOLDED), [*given, "hide-output"]
    if given:
        metadata["tags"] = given
    if cell.cell_type == "markdown":
        kind = "slide" if cell.source.startswith("#") else "subslide"
        metadata["slideshow"] = {"slide_type": kind}
    elif re.search(r"^from helpers import runtime|^runtime\.begin", cell.source, re.M):
        metadata["slideshow"] = {"slide_type": "skip"}
    elif "predict" in given:
        metadata["slideshow"] = {"slide_type": "fragment"}
    return metadata


def normalise(notebook):
    """Leave only what a reader or nbval needs; cell ids depend on content alone."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = copy.deepcopy(METADATA)
    seen = set()
    for cell in notebook.cells:
        lines = cell.source.strip().splitlines()
        cell.source = "\n".join(line.rstrip() for line in lines)
        cell.metadata = _metadata(cell)
        if not cell.get("attachments"):  # JupyterLab writes an empty one
            cell.pop("attachments", None)
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()
        candidates = (digest[i : i + 8] for i in range(len(digest) - 7))
        cell.id = next(c for c in candidates if c not in seen)
        seen.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(cell.outputs)
    return notebook


def _joined_streams(outputs):
    """Join printed output that the kernel happened to send in several pieces.

    Of an output's metadata only the alternative text of a figure is kept, and of a live
    cell its text and picture: widgets live as long as their kernel.
    """
    joined = []
    for output in outputs:
        output.pop("transient", None)
        output.get("data", {}).pop(WIDGETS, None)
        if "metadata" in output:
            alt = output.metadata.get("image/png", {}).get("alt")
            output.metadata = {"image/png": {"alt": alt}} if alt else {}
        last = joined[-1] if joined else {}
        if output.get("name") and output.get("name") == last.get("name"):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def compared(cell):
    """Return what nbval compares of the printed text of a code cell."""
    texts = [o.get("text") or o.get("data", {}).get("text/plain") for o in cell.outputs]
    text = "".join(filter(None, texts))
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return text


def dumps(notebook):
    """Return the one serialisation used on disk."""
    return nbformat.writes(normalise(notebook)) + "\n"
