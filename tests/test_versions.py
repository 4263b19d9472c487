"""The table of `make versions` has what pytest reported."""

import json
import sys

import scoreboard
import versions


def test_a_run_is_counted_kept_once_and_shown(monkeypatch, tmp_path, capfd):
    lines = ["import pytest", "def test_a(): pass", "def test_b(): pass"]
    lines += ["def test_c(): assert 0", "def test_d(): pytest.skip('no')"]
    (tmp_path / "test_some.py").write_text("\n".join(lines), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]", "utf-8")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    monkeypatch.setattr(versions, "RESULTS", tmp_path / "versions.json")
    monkeypatch.setattr(versions, "TOGETHER", ["-p", "no:cacheprovider"])
    for what in ((), ("test_some.py",), ()):
        assert versions.main(*what) == 1
    first, second = json.loads(versions.RESULTS.read_text("utf-8"))
    assert [first["what"], second["what"]] == ["everything", "test_some.py"]
    assert [first[k] for k in ("passed", "failed", "skipped")] == [2, 1, 1]
    assert first["python"] == sys.version.split()[0]
    monkeypatch.setattr(scoreboard, "VERSIONS", versions.RESULTS)
    head, _, *rows = scoreboard.versions().splitlines()
    assert head.startswith("| python | tensorflow |") and len(rows) == 2
    assert rows[0].endswith("| everything | 2 | 1 | 1 |")
