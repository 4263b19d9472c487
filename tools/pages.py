"""What is made from the notebooks and the results: addresses, tables, README.png."""

import base64
import os
import re
import tomllib
from pathlib import Path
from urllib.parse import urlencode

import scoreboard
from form import read
from helpers import lessons

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SCOREBOARD = ROOT / "benchmarks" / "README.md"
FILLED = SCOREBOARD, ROOT / "TESTING.md"  # pages that have tables of `scoreboard`
PICTURES = [ROOT / "README.png", ROOT / "README-cell.png"]
HUB = ROOT / "hub" / "README.md"

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["rnn"]
REPOSITORY, BRANCH = SETTINGS["repository"], SETTINGS["branch"]
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/"
BINDER = f"https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?urlpath=lab/tree/README.md"
BADGE_IMAGE = lessons.NOTEBOOKS / "colab.svg"  # our own: shown without a network
TABLES = re.compile(r"(?<=<!-- lessons -->\n).*(?=<!-- end of lessons -->)", re.DOTALL)
LINKS = re.compile(r"(?<=<!-- links -->\n).*(?=<!-- end of links -->)", re.DOTALL)
CLONE = re.compile(r"git clone https://github\.com/[\w.-]+/[\w.-]+")
BADGE = re.compile(r"\[!\[Open in Colab\]\(.*?\)\]\(.*?\)")

BOOTSTRAP_START = "# Setup, the same in every notebook"
BOOTSTRAP = f"""\
{BOOTSTRAP_START}: make `helpers` and `datasets` reachable.
import shutil
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:  # Colab starts with an empty disk
    root = Path("/content/{REPOSITORY.split("/")[1]}")
    if not (root / "helpers" / "runtime.py").is_file():
        shutil.rmtree(root, ignore_errors=True)  # of a clone that was stopped
        url = "https://github.com/{REPOSITORY}"
        clone = ["git", "clone", "--quiet", "--depth=1", "--branch={BRANCH}"]
        subprocess.run([*clone, url, root], check=True)
else:
    folders = [Path.cwd(), *Path.cwd().parents]
    root = next((p for p in folders if (p / "helpers" / "runtime.py").is_file()), None)
    assert root, "Open this notebook inside its repository: it needs the helpers there."
sys.path.insert(0, str(root))

from helpers import runtime"""


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
            cell.source = scoreboard.fill(cell.source)
    return notebook


def part(notebook, pattern):
    """Return what `pattern` captures in the Markdown of a notebook, or fail."""
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise ValueError(f"no {pattern!r} in the notebook {text[:60]!r}")
    return match[1].strip()


def needs(notebook):
    """List the numbers of the lessons that a lesson builds on."""
    cell = part(notebook, r"^\*\*You need\*\*: ([^*]+)")
    return sorted(set(re.findall(r"\]\((\d\d)_", cell)))


def _table(heading, paths):
    """Return a heading and the table of some lessons, from their own first cells."""
    if not paths:
        return ""
    head = ["", "Lesson", "You will be able to", "Needs", "Run, read", "", "Exercises"]
    rows = [head, ["---"] * len(head)]
    for path in paths:
        notebook, name = read(path), path.name
        title = part(notebook, r"^# (.+)$")
        promise = part(notebook, r"^\*\*In one sentence:\*\* (.+)$").rstrip(".")
        run = part(notebook, r"^\*\*Time\*\*: (\d+) minutes? to run")
        reading = part(notebook, r"^\*\*Time\*\*: .* (\d+) minutes to read")
        link_to = f"[{title}](notebooks/{name})"
        minutes = f"{run} + {reading} min"
        exercise = f"[exercises](notebooks/exercises/{name})"
        before = ", ".join(needs(notebook)) or "–"
        row = [path.name[:2], link_to, promise, before, minutes]
        rows.append([*row, badge(path, README), exercise])
    lines = ["| " + " | ".join(row) + " |\n" for row in rows]
    return f"### {heading}\n\n" + "".join(lines) + "\n"


def readme():
    """Return README.md with its tables made anew, from notebooks and benchmarks."""
    page = README.read_text(encoding="utf-8")
    names = ("Core lessons", "0"), ("Electives", "1")
    tables = [
        _table(name, [p for p in lessons.paths() if p.name.startswith(first)])
        for name, first in names
    ]
    page = TABLES.sub(lambda _: "".join(tables), page)
    page = CLONE.sub(f"git clone https://github.com/{REPOSITORY}", page)
    return scoreboard.fill(page)


def pull(path):
    """Return the link that brings the course to a user of the hub, and opens `path`.

    nbgitpuller answers it: it clones the repository, or brings what is new in it, and
    keeps what the user has changed.
    """
    query = {
        "repo": f"https://github.com/{REPOSITORY}",
        "branch": BRANCH,
        "urlpath": f"lab/tree/{REPOSITORY.split('/')[1]}/{path}",
    }
    return f"{SETTINGS['hub']}/hub/user-redirect/git-pull?{urlencode(query)}"


def hub():
    """Return hub/README.md with the links made anew, from the settings."""
    rows = [["", "Lesson", "Exercises"], ["---"] * 3]
    for path in lessons.paths():
        title = part(read(path), r"^# (.+)$")
        lesson = f"[{title}]({pull(f'notebooks/{path.name}')})"
        exercises = f"[exercises]({pull(f'notebooks/exercises/{path.name}')})"
        rows.append([path.name[:2], lesson, exercises])
    lines = ["| " + " | ".join(row) + " |\n" for row in rows]
    lines.append(f"\nThe whole course: {pull('README.md')}\n\nBinder: {BINDER}\n\n")
    page = LINKS.sub(lambda _: "".join(lines), HUB.read_text(encoding="utf-8"))
    return CLONE.sub(f"git clone https://github.com/{REPOSITORY}", page)


def pictures():
    """Return the PNGs of the lessons' cells tagged `picture`, for README.md."""
    return [
        base64.b64decode(output.data["image/png"])
        for path in lessons.paths()
        for cell in read(path).cells
        if "picture" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
