"""Load the functions and classes of a lesson, for a test, a recipe or a lesson."""

import ast
import json
import linecache
import os
import types
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def paths():
    """List the paths of the lessons, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def load(lesson):
    """Return a module with the imports, functions and classes of a lesson.

    lesson: its number, such as "08", or the path of any notebook.
    Nothing else of it runs: no training, no figure.
    Raises ValueError if there is no such lesson.
    """
    path = lesson if isinstance(lesson, Path) else _path(lesson)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    source = "\n\n".join(code) + "\n"
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    body = [node for node in ast.parse(source).body if isinstance(node, kept)]
    module = types.ModuleType(path.stem)
    # TensorFlow reads the source of a function to compile it, and tracebacks show it.
    lines = source.splitlines(keepends=True)
    # It takes no name that UTF-8 cannot hold, as a path may be in the locale C.
    name = os.fsencode(path).decode("utf-8", "replace")
    linecache.cache[name] = (len(source), None, lines, name)
    exec(compile(ast.Module(body, []), name, "exec"), module.__dict__)
    return module


def _path(number):
    for path in paths():
        if path.name.startswith(f"{number}_"):
            return path
    known = ", ".join(path.name[:2] for path in paths())
    raise ValueError(f"There is no lesson {number!r}; the lessons are: {known}.")
