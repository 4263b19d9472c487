"""Make small false changes in a copy of the course, one at a time; say what notices.

python tools/mutate.py [WHERE ...]   WHERE: a lesson, such as 04, or a module of
                                     `helpers/`, such as tasks/dates; all without it

For each change of `tests/mutations.toml` the tests of its lesson or module run, and if
they all pass, the notebook. What was found stays in `tests/mutations.json`, and is
looked for again only if the change, the code or the tests have become others;
`python tools/course.py links` makes the table of TESTING.md from it. Run one of these
commands at a time.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

import scoreboard
from helpers import lessons

CATALOGUE = ROOT / "tests" / "mutations.toml"
RESULTS = ROOT / "tests" / "mutations.json"
JOBS, LIMIT = 2, 3600  # at once; seconds of a run, after which it counts as noticed
LOCK = threading.Lock()


def catalogue():
    """Return {lesson or module: its changes}, in the order of the file."""
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def source_of(where):
    """Return the path of a lesson or of a module, within the repository."""
    for path in lessons.paths():
        if path.name.startswith(f"{where}_"):
            return path.relative_to(ROOT)
    return Path("helpers", f"{where}.py")


def runs_of(where):
    """Return what could notice a change: the tests, then a notebook that has it."""
    if where.isdigit():
        return [Path("tests", f"test_lesson_{where}.py"), source_of(where)]
    kind, _, name = where.rpartition("/")
    imports = re.compile(rf"^(?:from|import) helpers\b.*\b{name}\b", re.MULTILINE)
    notebook = next(p for p in lessons.paths() if imports.search("\n".join(codes(p))))
    tests = Path("tests", f"test_{kind or 'helpers'}_{name}.py")
    return [tests, notebook.relative_to(ROOT)]


def codes(path):
    """List the code of a notebook, cell by cell, or the whole of a module."""
    text = path.read_text(encoding="utf-8")
    return [text] if path.suffix == ".py" else list(_cells(json.loads(text)).values())


def _cells(notebook):
    """Return {place: code} of the code cells of a notebook."""
    cells = enumerate(notebook["cells"])
    return {i: "".join(c["source"]) for i, c in cells if c["cell_type"] == "code"}


def changed(path, old, new):
    """Return the text of a notebook or of a module with one piece of its code changed.

    Raises ValueError unless the piece occurs there exactly once.
    """
    if (count := sum(code.count(old) for code in codes(path))) != 1:
        raise ValueError(f"{path.name} has {count} times in its code, not once: {old}")
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text.replace(old, new)
    notebook = json.loads(text)
    for i, code in _cells(notebook).items():
        notebook["cells"][i]["source"] = code.replace(old, new)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def key_of(where, entry, root=ROOT):
    """Return a hash of what a result depends on, but for the other helpers."""
    code, tests = codes(root / source_of(where)), root / runs_of(where)[0]
    return digest(entry["old"], entry["new"], *code, tests.read_text(encoding="utf-8"))


def digest(*parts):
    """Return a short hash of texts and numbers."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def noticed(copy, target):
    """Run pytest on a file of the copy; return what failed first, or None."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", str(target)]
    command += [f"--nbval-cell-timeout={LIMIT}", "--nbval-kernel-startup-timeout=600"]
    own = {"TF_NUM_INTRAOP_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    own["PYTHONDONTWRITEBYTECODE"] = "1"
    with tempfile.TemporaryFile() as printed:
        how = {"cwd": copy, "env": os.environ | own, "stderr": subprocess.STDOUT}
        try:
            done = subprocess.run(command, stdout=printed, timeout=LIMIT, **how)
        except subprocess.TimeoutExpired:
            return f"the limit of {LIMIT} seconds"
        if done.returncode == 0:
            return None
        printed.seek(0)
        text = printed.read().decode("utf-8", "replace")
    # nbval gives up if the output of a cell is 5 seconds late.
    if re.search(r"Timeout of \S+ seconds exceeded", text):
        raise RuntimeError(f"too slow here for {target}: begin again with less load")
    if failed := re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", text, re.M):
        return failed[1]
    if done.returncode == 2:  # somebody stopped it: nothing was found out
        raise RuntimeError(f"pytest was interrupted in {target}")
    return f"the exit status {done.returncode}"


def try_out(where, entry, copy, results):
    """Make a change in the copy, find out what notices, keep that, and undo it."""
    key, began = key_of(where, entry, copy), time.monotonic()
    if key in results:
        return results[key]
    path = copy / source_of(where)
    kept = path.read_bytes()
    path.write_text(changed(path, entry["old"], entry["new"]), encoding="utf-8")
    by = None
    for target in runs_of(where):
        by = by or noticed(copy, target)
    path.write_bytes(kept)
    found = {"where": where, "change": entry["change"], "by": by}
    found["seconds"] = round(time.monotonic() - began)
    with LOCK:
        print(line(found), flush=True)
        old = [k for k, v in results.items() if _name(v) == _name(found)]
        _keep({key: found}, results, without=old)
    return found


def _keep(new, results, without=()):
    """Add to the results, take some keys out of them, and write them, a line each."""
    for key in without:
        del results[key]
    results.update(new)
    write(RESULTS, results)


def write(path, entries):
    """Write a dictionary as JSON, a line for each entry."""
    lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in entries.items())
    scoreboard.write(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _name(found):
    return found["where"], found["change"]


def line(found):
    """Return a result as a line of the table."""
    by = found["by"] or "NOTHING"
    return f"{found['where']:15} {found['seconds']:5} s  {found['change']}\n{'':25}{by}"


def prove(where, results):
    """Return ([(change, result)] of one lesson or module, what fails without a change).

    If its tests fail without any change, nothing else is tried; the notebook runs
    unchanged only if it alone noticed a change.
    """
    entries = catalogue()[where]
    if all(key_of(where, entry) in results for entry in entries):
        return [(entry, results[key_of(where, entry)]) for entry in entries], None
    leave_out = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(ROOT, copy, ignore=leave_out)
        tests, notebook = runs_of(where)
        if own := noticed(copy, tests):
            return [], own
        found = [(entry, try_out(where, entry, copy, results)) for entry in entries]
        bare = [key_of(where, entry, copy) for entry, r in found if _bare(r)]
        if own := noticed(copy, notebook) if bare else None:
            with LOCK:
                _keep({}, results, without=bare)
        return found, own


def _bare(found):
    """Return whether a notebook alone noticed a change."""
    return str(found["by"]).startswith("notebooks")


def refuse_unknown(chosen, known):
    """Stop if a name of the command line is none of those that are known."""
    if unknown := sorted(set(chosen) - set(known)):
        raise SystemExit(f"There is nothing for: {', '.join(unknown)}")


def main(*chosen):
    """Try the changes of these lessons and modules; return the exit status."""
    known = catalogue()
    refuse_unknown(chosen, known)
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    pool = concurrent.futures.ThreadPoolExecutor(JOBS)
    try:
        parts = list(pool.map(lambda where: prove(where, results), chosen or known))
    finally:
        pool.shutdown(cancel_futures=True)
    found = [pair for pairs, _ in parts for pair in pairs]
    broken = [(w, p[1]) for w, p in zip(chosen or known, parts, strict=True) if p[1]]
    left = [(entry, own) for entry, own in found if not own["by"]]
    bare = [own for _, own in found if _bare(own)]
    print("\nAll results:\n", *(line(own) for _, own in found), sep="\n")
    print(f"\n{len(found) - len(left)} of {len(found)} noticed,", end=" ")
    print(f"{1 - len(left) / max(1, len(found)):.1%}; {len(bare)} by a notebook alone")
    for entry, own in left:
        why = entry.get("survives", "not explained in the catalogue")
        print(f"{own['where']}: {entry['change']}: {why}")
    for where, by in broken:
        print(f"{where}: says nothing, for it fails without any change: {by}")
    return int(bool(broken) or any("survives" not in entry for entry, _ in left))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
