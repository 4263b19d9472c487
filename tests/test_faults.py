"""Faults of a machine, or of a copy: survived, or named in one line with a remedy."""

import ast
import re
import shutil
import subprocess
import sys

import pytest

import form
import pages
from helpers import data
from sandbox import FAULTS, needs_sandbox, sandboxed

ROOT = pages.ROOT
PAGE = (data.DATASETS / "README.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^\| `(\S+)` .*`[0-9a-f]{64}`", PAGE, re.MULTILINE)

# What the lessons do with a machine: read, train, save and load, draw.
WORK = """
import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np

from helpers import data

text = data.load_text("shakespeare.txt.gz")
dates = data.load_table("dates.tsv.gz")
arrays = data.load_arrays("mnist1d.npz")
model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(arrays["x_train"], arrays["y_train"], batch_size=1000, verbose=0)
with tempfile.TemporaryDirectory() as folder:
    model.save(Path(folder) / "model.keras")
    keras.saving.load_model(Path(folder) / "model.keras")
plt.title(dates.source[0])
plt.show()
print("done")
"""
RUN = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.v4.new_notebook()
notebook.cells = [nbformat.v4.new_code_cell(source) for source in sys.argv[1:]]
where = {"metadata": {"path": "notebooks"}}
NotebookClient(notebook, timeout=300, resources=where).execute()
for cell in notebook.cells:
    for output in cell.outputs:
        print(output.get("name") or "figure", ascii(output.get("text", "")))
"""


@needs_sandbox
def test_a_kernel_works_without_network_home_and_a_place_to_write(tmp_path):
    faults = {**FAULTS, "KERAS_BACKEND": "jax"}  # a reader's setting for other work
    cells = [pages.BOOTSTRAP, "runtime.begin(seed=0)", WORK]
    command = sandboxed(tmp_path, sys.executable, "-c", RUN, *cells, **faults)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["figure ''", r"stdout 'done\n'"], "a warning"
    left = {path.suffix for path in (tmp_path / "private").rglob("*")}
    assert not left & {".py", ".keras"}, "files of TensorFlow, or of the lesson"


@needs_sandbox
def test_a_full_disk_is_named(tmp_path):
    fill = 'head -c 2000000 /dev/zero > "$TMPDIR/all"; exec "$0" -c "$1"'
    start = [sys.executable, "from helpers import runtime"]
    command = sandboxed(tmp_path, "sh", "-c", fill, *start, size=1_000_000)
    done = subprocess.run(command, capture_output=True, text=True)
    *_, last = done.stderr.splitlines()
    assert re.match("OSError: Nothing can be written to the temp.*Make room", last)


def other(path):
    return next(data.DATASETS / name for name in NAMES if name != path.name)


DAMAGE = {
    "cut": lambda path, content: path.write_bytes(content[:-1]),
    "empty": lambda path, content: path.write_bytes(b""),
    "one bit": lambda path, content: path.write_bytes(
        content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]
    ),
    "line ends": lambda path, content: path.write_bytes(
        content.replace(b"\n", b"\r\n")
    ),
    "a link to another": lambda path, content: path.symlink_to(other(path)),
    "a link to nothing": lambda path, content: path.symlink_to("nothing"),
    "a folder": lambda path, content: path.mkdir(),
    "missing": lambda path, content: None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_no_damaged_file_is_read(damage, tmp_path, monkeypatch):
    if "link" in damage and sys.platform == "win32":
        pytest.skip("links need rights there")
    assert len(NAMES) > 20
    shutil.copy(data.DATASETS / "README.md", tmp_path)
    monkeypatch.setattr(data, "DATASETS", tmp_path)
    for name in NAMES:
        content = (ROOT / "datasets" / name).read_bytes()
        DAMAGE[damage](tmp_path / name, content)
        with pytest.raises((ValueError, FileNotFoundError), match="git checkout") as e:
            data.path_of(name)
        assert name in str(e.value)


def test_git_gives_every_system_the_same_line_ends():
    command = ["git", "ls-files", "--eol"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    if not listed:
        pytest.skip("not a git checkout")
    for line in listed.splitlines():
        stored, _, *asked = line.partition("\t")[0].split()
        assert stored in ("i/lf", "i/none", "i/-text"), line
        assert stored == "i/-text" or "eol=lf" in asked, line


PIP = """#!/bin/sh
case "$*" in
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip"*) echo "$*" >> pip.log; [ ! -e stop ] || kill -9 $$ ;;
esac
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for Python")
def test_an_installation_that_was_stopped_is_made_anew(tmp_path):
    python = tmp_path / "python"
    python.write_text(PIP)
    python.chmod(0o755)
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)

    def make():
        """Return whether `make` succeeds, and how often pip installed all anew."""
        command = ["make", "PYTHON=./python", ".venv/lab"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True)
        calls = (tmp_path / "pip.log").read_text().splitlines()
        return done.returncode == 0, ["--ignore-installed" in call for call in calls]

    (tmp_path / "stop").touch()
    assert make() == (False, [False])
    (tmp_path / "stop").unlink()
    assert make() == (True, [False, True])
    assert make() == (True, [False, True]), "nothing is left to do"
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / ".venv" / "lab").unlink()
    assert make() == (True, [False, True, False])


RUNS = {"eval", "exec", "__import__", "system", "popen", "getoutput", "get_file"}
RUNS |= {"read_pickle", "unsafe_load", "full_load"}
PICKLES = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
NETWORK = {"urllib", "requests", "socket", "http", "ftplib"}
UNSAFE = {("shell", True), ("allow_pickle", True), ("safe_mode", False)}


def dangers(tree):
    """List what in some code could run what it reads, or is written by others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = {(k.arg, getattr(k.value, "value", None)) for k in node.keywords}
            yield name
            yield from (f"{key}={value}" for key, value in given & UNSAFE)
            of = getattr(getattr(node.func, "value", None), "id", "")
            if (of, name) == ("np", "load") and ("allow_pickle", False) not in given:
                yield "allow_pickle"
            text = node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            if of == "subprocess" and text:
                yield "a command in one string"


def sources():
    """Return {name: code} of the course, without its tests."""
    folders = ("helpers", "tools", "benchmarks", "datasets", "hub")
    paths = [path for name in folders for path in (ROOT / name).rglob("*.py")]
    found = {p.relative_to(ROOT).as_posix(): p.read_text("utf-8") for p in paths}
    for path in form.all_notebooks():
        code = (c.source for c in form.read(path).cells if c.cell_type == "code")
        found[path.relative_to(ROOT).as_posix()] = "\n".join(code)
    return found


def test_nothing_that_is_read_is_executed():
    bad = RUNS | PICKLES | {f"{key}={value}" for key, value in UNSAFE}
    bad |= {"allow_pickle", "a command in one string"}
    for name, code in sources().items():
        offline = NETWORK if name.startswith(("helpers", "notebooks")) else set()
        found = set(dangers(ast.parse(code))) & (bad | offline)
        # It runs functions of the course's own notebooks.
        assert found == ({"exec"} if name == "helpers/lessons.py" else set()), name


def test_only_one_module_opens_the_data_sets():
    for name, code in sources().items():
        if name.startswith(("helpers", "notebooks")) and name != "helpers/data.py":
            assert not re.search(r"DATASETS|[\"'/]datasets", code), name
