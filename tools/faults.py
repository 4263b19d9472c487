"""Run what takes too long for every change, and keep what came of it.

python tools/faults.py [LESSON ...]   LESSON: such as 04; all without it

A test of `tests/stress.py` runs unless it has passed with this code of its lesson and
of `stress.py` itself. What came of each is written at once into `tests/faults.json`, so
a run that was stopped goes on where it was; `python tools/course.py links` makes the
table of TESTING.md from it. Run one of these commands at a time.
"""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

import mutate
from helpers import lessons

TESTS = ROOT / "tests" / "stress.py"
RESULTS = ROOT / "tests" / "faults.json"
SHORT = lessons.paths()[1]  # of the tests that take no lesson


def notebook_of(test):
    """Return the path of the notebook that a test such as "killed[04_x.ipynb]" runs."""
    named = re.search(r"\[(.*)\]", test)
    return lessons.NOTEBOOKS / named[1] if named else SHORT


def _is_there(test):
    name = test.partition("[")[0]
    return f"def {name}(" in TESTS.read_text("utf-8") and notebook_of(test).exists()


def key_of(test):
    """Return a hash of what the result of a test depends on, but for the helpers."""
    return mutate.digest(TESTS.read_text("utf-8"), *mutate.codes(notebook_of(test)))


class Keeper:
    """Writes what came of each test, as a plugin of pytest."""

    def __init__(self, results):
        self.results, self.keys = results, {}

    def pytest_runtest_logstart(self, nodeid):
        """Note the code that a test begins with."""
        test = nodeid.rpartition("::")[2]
        self.keys[test] = key_of(test)

    def pytest_runtest_logreport(self, report):
        """Keep that a test passed, failed or was skipped, with its key and seconds."""
        if report.when != "call" and report.passed:
            return
        test = report.nodeid.rpartition("::")[2]
        found = {"key": self.keys[test], "outcome": report.outcome}
        self.results[test] = found | {"seconds": round(report.duration)}
        mutate.write(RESULTS, dict(sorted(self.results.items())))


def main(*chosen):
    """Run what has not passed yet; return the exit status of pytest."""
    mutate.refuse_unknown(chosen, {path.name[:2] for path in lessons.paths()})
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results = {test: found for test, found in kept.items() if _is_there(test)}
    names = " or ".join(f"{lesson}_" for lesson in chosen)
    known = [
        f"--deselect=tests/stress.py::{test}"
        for test, found in results.items()
        if found["outcome"] == "passed" and found["key"] == key_of(test)
    ]
    how = ["-n", "auto", f"--rootdir={ROOT}", "-k", names, *known]
    status = pytest.main([*how, str(TESTS)], plugins=[Keeper(results)])
    return 0 if status == pytest.ExitCode.NO_TESTS_COLLECTED else int(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
