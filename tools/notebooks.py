"""Keep the notebooks executed, normalised, linked and in step with their solutions.

python tools/notebooks.py refresh [FILE ...]  all of `links`, then execute and store
python tools/notebooks.py links               derive the exercises, and write addresses
                                              and all tables anew; run nothing
python tools/notebooks.py check [FILE ...]    name the files that are not in form
"""

import ast
import base64
import copy
import hashlib
import linecache
import os
import re
import sys
import tomllib
import types
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "benchmarks"))

import report

NOTEBOOKS = ROOT / "notebooks"
README = ROOT / "README.md"
SCOREBOARD = ROOT / "benchmarks" / "README.md"
PICTURE = ROOT / "README.png"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["rnn"]
REPOSITORY, BRANCH = SETTINGS["repository"], SETTINGS["branch"]
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/"
BADGE_IMAGE = NOTEBOOKS / "colab.svg"  # our own: a lesson shows it without a network
BADGE = re.compile(r"\[!\[Open in Colab\]\(.*?\)\]\(.*?\)")
TABLE = re.compile(r"(?<=<!-- lessons -->\n).*(?=<!-- end of lessons -->)", re.DOTALL)
SOLUTION = re.compile(r"^([ \t]*)# solution\n.*\Z", re.MULTILINE | re.DOTALL)
STUB = r"\1pass  # Write your code here."
MISTAKE = re.compile(r"^([ \t]*)\S.*  # mistake: (.+)$", re.MULTILINE)

BOOTSTRAP_START = "# Setup, the same in every notebook"
BOOTSTRAP = f"""\
{BOOTSTRAP_START}: make `helpers` and `datasets` reachable.
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:  # Colab starts with an empty disk
    root = Path("/content/{REPOSITORY.split("/")[1]}")
    if not root.exists():
        url = "https://github.com/{REPOSITORY}"
        clone = ["git", "clone", "--quiet", "--depth=1", "--branch={BRANCH}"]
        subprocess.run([*clone, url, root], check=True)
else:
    folders = [Path.cwd(), *Path.cwd().parents]
    root = next((p for p in folders if (p / "helpers" / "runtime.py").is_file()), None)
    assert root, "Open this notebook inside its repository: it needs the helpers there."
sys.path.insert(0, str(root))

from helpers import runtime"""


def lessons():
    """List the paths of the lessons, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


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


def badge(path, page):
    """Return the Markdown, for the file `page`, that opens `path` in Colab."""
    image = Path(os.path.relpath(BADGE_IMAGE, page.parent)).as_posix()
    address = COLAB + path.relative_to(ROOT).as_posix()
    return f"[![Open in Colab]({image})]({address})"


def link(notebook, path):
    """Write the badge, setup cell and scoreboard of a notebook at `path`."""
    notebook.cells[0].source = BADGE.sub(badge(path, path), notebook.cells[0].source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith(BOOTSTRAP_START):
            cell.source = BOOTSTRAP
        elif cell.cell_type == "markdown":
            cell.source = report.fill(cell.source)
    return notebook


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


def _write(path, text):
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SystemExit(
            f"Cannot write {path} ({error.strerror}): nothing there was changed. "
            "Work in a copy of the repository that you may change."
        ) from error


def write_links():
    """Derive the exercises; write badges, setup cells and tables."""
    for path in all_notebooks():
        _write(path, dumps(link(read(path), path)))
    for path in solutions():
        exercise = NOTEBOOKS / "exercises" / path.name
        derived = link(exercise_of(read(path)), exercise)
        stored = read(exercise) if exercise.exists() else derived
        for cell, old in zip(derived.cells, stored.cells, strict=False):
            if cell.cell_type == "code" and cell.source == old.source:
                cell.outputs, cell.execution_count = old.outputs, old.execution_count
        _write(exercise, dumps(derived))
    _write(README, readme())
    _write(SCOREBOARD, report.fill(SCOREBOARD.read_text(encoding="utf-8")))


def execute(path):
    """Execute a notebook in a fresh kernel and write it back, normalised."""
    notebook = read(path)
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=600, record_timing=False, resources=where)
    client.execute()
    _write(path, dumps(notebook))


def part(notebook, pattern):
    """Return what `pattern` captures in the Markdown of a notebook, or fail."""
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise ValueError(f"no {pattern!r} in the notebook {text[:60]!r}")
    return match[1].strip()


def readme():
    """Return README.md with its tables made anew, from notebooks and benchmarks."""
    rows = ["| | Lesson | You will be able to | Minutes | Colab | Exercises |"]
    rows.append("|---|---|---|---|---|---|")
    for path in lessons():
        notebook, name = read(path), path.name
        title = part(notebook, r"^# (.+)$")
        promise = part(notebook, r"^\*\*In one sentence:\*\* (.+)$").rstrip(".")
        minutes = part(notebook, r"^\*\*Time\*\*: (\d+)")
        exercise = f"[exercises](notebooks/exercises/{name})"
        cells = [path.name[:2], f"[{title}](notebooks/{name})", promise, minutes]
        rows.append("| " + " | ".join([*cells, badge(path, README), exercise]) + " |")
    table = "\n".join(rows) + "\n"
    return report.fill(TABLE.sub(lambda _: table, README.read_text(encoding="utf-8")))


def picture():
    """Return the PNG of the one lesson cell tagged `picture`, for README.md."""
    (content,) = (
        output.data["image/png"]
        for path in lessons()
        for cell in read(path).cells
        if "picture" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    )
    return base64.b64decode(content)


def stale(paths):
    """List what is wrong with the form of the notebooks and of what is made from them.

    One line a fault, with the command that mends it.
    """
    faults = []
    for path in paths:
        stored = path.read_text(encoding="utf-8")
        if stored != dumps(link(nbformat.reads(stored, as_version=4), path)):
            faults.append(f"{path.relative_to(ROOT)}: not in normal form (run `links`)")
    for path in solutions():
        exercise = NOTEBOOKS / "exercises" / path.name
        derived = link(exercise_of(read(path)), exercise)
        committed = read(exercise).cells if exercise.exists() else []
        if [c.source for c in committed] != [c.source for c in derived.cells]:
            faults.append(f"exercises/{path.name}: not what solutions/ gives (`links`)")
    if README.read_text(encoding="utf-8") != readme():
        faults.append("README.md: its tables are not up to date (run `links`)")
    scores = SCOREBOARD.read_text(encoding="utf-8")
    if scores != report.fill(scores):
        faults.append("benchmarks/README.md: not what the results give (run `links`)")
    if not PICTURE.exists() or PICTURE.read_bytes() != picture():
        faults.append("README.png: not the lesson's picture (run `refresh`)")
    return faults


def load(path):
    """Return a module with the imports, functions and classes of a notebook.

    Nothing else of it runs: no training, no figure.
    """
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    code = [c.source for c in read(path).cells if c.cell_type == "code"]
    source = "\n\n".join(c for c in code if not c.startswith(BOOTSTRAP_START)) + "\n"
    body = [node for node in ast.parse(source).body if isinstance(node, kept)]
    module = types.ModuleType(path.stem)
    # TensorFlow reads the source of a function to compile it, and tracebacks show it.
    lines = source.splitlines(keepends=True)
    linecache.cache[str(path)] = (len(source), None, lines, str(path))
    exec(compile(ast.Module(body, []), str(path), "exec"), module.__dict__)
    return module


def lesson(number):
    """Return the functions and classes of the lesson with this number, such as "08"."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return load(path)


def main(command="", *names):
    """Run one of the commands of this file; return its exit status."""
    paths = [Path(name).resolve() for name in names] or all_notebooks()
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
        PICTURE.write_bytes(picture())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
