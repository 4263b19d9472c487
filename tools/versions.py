"""Keep what came of the tests with the packages of this environment.

python tools/versions.py REPORT [WHAT]   REPORT: what pytest wrote with `--junitxml`
                                         WHAT: what it ran, if not everything

In a fresh clone, `make versions PYTHON=python3.13` runs them with another Python. The
counts stay in `tests/versions.json`, for the table of TESTING.md.
"""

import json
import platform
import sys
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

import scoreboard

RESULTS = Path(__file__).resolve().parents[1] / "tests" / "versions.json"
PACKAGES = ["tensorflow", "keras", "numpy", "pandas", "matplotlib"]


def counts(report):
    """Return how many tests a report of pytest has as passed, failed and skipped."""
    own = ElementTree.parse(report).getroot().find("testsuite").attrib
    skipped, failed = int(own["skipped"]), int(own["failures"]) + int(own["errors"])
    passed = int(own["tests"]) - failed - skipped
    return {"passed": passed, "failed": failed, "skipped": skipped}


def main(report, what="everything"):
    """Keep the counts in place of older ones, print them; return 1 if a test failed."""
    versions = {name: metadata.version(name) for name in PACKAGES}
    system = f"{sys.platform} {platform.machine()}"
    own = {"python": platform.python_version(), **versions, "system": system}
    own["what"] = what
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []
    kept = [old for old in kept if not own.items() <= old.items()]
    found = own | counts(report)
    kept.append(found)
    kept.sort(key=lambda each: list(map(str, each.values())))
    lines = ",\n".join(map(json.dumps, kept))
    scoreboard.write(RESULTS, f"[\n{lines}\n]\n")
    print(found)
    return int(found["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
