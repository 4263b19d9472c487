"""The web book: every page is made from the committed notebooks and READMEs.

`make book` calls `sphinx-build` with this file. Nothing is executed and nothing is
fetched; formulas are set by the MathJax in `_static`.
"""

import copy
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import form  # noqa: E402
import pages  # noqa: E402
from helpers import lessons  # noqa: E402

HUB = pages.SETTINGS["hub"]
project = "Recurrent neural networks in Keras"
author = "the authors of the course"
language = "en"
extensions = ["myst_nb", "sphinx_copybutton", "sphinx_design"]
root_doc = "book/index"
include_patterns = [
    "book/index.md",
    "notebooks/*.ipynb",
    "notebooks/exercises/*.ipynb",
    "datasets/README.md",
    "benchmarks/README.md",
    "TEACHING.md",
    "hub/README.md",
    "CONTRIBUTING.md",
]
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "repository_url": f"https://github.com/{pages.REPOSITORY}",
    "repository_branch": pages.BRANCH,
    "use_repository_button": True,
    "use_download_button": False,
    "launch_buttons": {
        "notebook_interface": "jupyterlab",
        "colab_url": "https://colab.research.google.com",
        "binderhub_url": "https://mybinder.org",
        "jupyterhub_url": "" if "example.org" in HUB else HUB,
    },
    "show_toc_level": 2,
    "navbar_persistent": [],
}
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]
mathjax_path = "mathjax.js"
mathjax3_config = {"svg": {"fontCache": "local"}}
copybutton_exclude = ".linenos, .gp, .go"


def page_of(path):
    """Return a notebook as the book shows it: JSON.

    The setup cells are folded, and the titles get their numbers. Exercises have their
    solutions under a lid. The badge goes, since each page has a button for it.
    """
    solved = lessons.NOTEBOOKS / "solutions" / path.name
    notebook = form.read(path)
    if path.parent.name == "exercises":
        notebook = form.read(solved)
        notebook.cells = [c for cell in notebook.cells for c in with_lid(cell)]
        title = notebook.cells[0]
        title.source = title.source.replace("# Solutions:", "# Exercises:")
    for cell in notebook.cells:
        cell.source = re.sub(r"\(solutions/", "(exercises/", cell.source)
        cell.source = re.sub(r"\(\.\./solutions/", "(", cell.source)
        cell.source = cell.source.replace("../README.md", "../book/index.md")
        if cell.metadata.get("slideshow", {}).get("slide_type") == "skip":
            folded(cell, "Setup")
        figures = (
            o.get("metadata", {}).get("image/png") for o in cell.get("outputs", [])
        )
        if alternatives := [figure["alt"] for figure in figures if figure]:
            image = {"alt": "; ".join(alternatives)}
            cell.metadata.setdefault("mystnb", {})["image"] = image
    title = pages.BADGE.sub("", notebook.cells[0].source)
    if number := re.match(r"\d\d", path.name):
        title = re.sub(r"^# (Exercises: )?", rf"# {number[0]}. \1", title)
    notebook.cells[0].source = title
    return json.dumps(notebook)


def with_lid(cell):
    """Return the cells that show an exercise, then its solution under a lid."""
    if cell.cell_type == "markdown":
        if "solution" in form.tags(cell):
            cell.source = f"::::{{dropdown}} Solution\n{cell.source}\n::::"
        return [cell]
    asked = form.MISTAKE.sub(r"\1\2", form.SOLUTION.sub(form.STUB, cell.source))
    if asked == cell.source:
        return [cell]
    stub = copy.deepcopy(cell)
    stub.source, stub.outputs, stub.id = asked, [], f"{cell.id}-stub"
    return [stub, folded(cell, "Solution")]


def folded(cell, name):
    """Return a code cell under a lid with a name."""
    cell.metadata["tags"] = ["hide-input"]
    cell.metadata["mystnb"] = {"code_prompt_show": name, "code_prompt_hide": name}
    return cell


def setup(app):
    """Give Sphinx the pages of `page_of` in place of the files."""

    def read(app, name, source):
        path = ROOT / f"{name}.ipynb"
        if path.is_file():
            source[0] = page_of(path)
        elif "/" not in name:
            source[0] = re.sub(r"\(README\.md(#[^)]*)?\)", "(book/index.md)", source[0])
        source[0] = source[0].replace("(notebooks/solutions/", "(notebooks/exercises/")
        if name == root_doc:
            address = f"github.com/{pages.REPOSITORY}"
            source[0] = source[0].replace("github.com/OWNER/recurrent", address)

    app.connect("source-read", read)
