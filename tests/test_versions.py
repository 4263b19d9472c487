"""The table of `make versions` has what pytest reported."""

import json
import subprocess
import sys

import scoreboard
import versions

TESTS = """
import pytest
def test_a(): pass
def test_b(): pass
def test_c(): assert 0
def test_d(): pytest.skip("no")
"""


def test_a_run_is_counted_kept_once_and_shown(monkeypatch, tmp_path):
    (tmp_path / "test_some.py").write_text(TESTS, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]", "utf-8")
    command = [sys.executable, "-m", "pytest", "--junitxml=report.xml"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 1
    monkeypatch.setattr(versions, "RESULTS", tmp_path / "versions.json")
    for what in ((), ("test_some.py",), ()):
        assert versions.main(tmp_path / "report.xml", *what) == 1
    first, second = json.loads(versions.RESULTS.read_text("utf-8"))
    assert [first["what"], second["what"]] == ["everything", "test_some.py"]
    assert [first[k] for k in ("passed", "failed", "skipped")] == [2, 1, 1]
    assert first["python"] == sys.version.split()[0]
    monkeypatch.setattr(scoreboard, "VERSIONS", versions.RESULTS)
    head, _, *rows = scoreboard.versions().splitlines()
    assert head.startswith("| python | tensorflow |") and len(rows) == 2
    assert rows[0].endswith("| everything | 2 | 1 | 1 |")
