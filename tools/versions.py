"""Run the tests with the packages of this environment, and keep what came of it.

python tools/versions.py [WHAT ...]   WHAT: as for pytest, such as notebooks; else all

In a fresh clone, `make versions PYTHON=python3.13` does so with another Python. What
came of it stays in `tests/versions.json`, for the table of TESTING.md.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "versions.json"
PACKAGES = ["tensorflow", "keras", "numpy", "pandas", "matplotlib"]
TOGETHER = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def counts(report):
    """Return how many tests a report of pytest has as passed, failed and skipped."""
    own = ElementTree.parse(report).getroot().find("testsuite").attrib
    skipped, failed = int(own["skipped"]), int(own["failures"]) + int(own["errors"])
    passed = int(own["tests"]) - failed - skipped
    return {"passed": passed, "failed": failed, "skipped": skipped}


def main(*what):
    """Run the tests, print and keep the counts; return the exit status of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", *TOGETHER, f"--junitxml={report}"]
        done = subprocess.run([*command, *what], cwd=ROOT, env=os.environ | THREADS)
        found = counts(report)
    versions = {name: metadata.version(name) for name in PACKAGES}
    system = f"{platform.system()} {platform.machine()}"
    own = {"python": platform.python_version(), **versions, "system": system}
    own["what"] = " ".join(what) or "everything"
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []
    kept = [old for old in kept if not own.items() <= old.items()]
    kept.append({**own, **found})
    kept.sort(key=lambda each: list(map(str, each.values())))
    lines = ",\n".join(map(json.dumps, kept))
    RESULTS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(own, found)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
