"""What came of `make stress` is kept, and what has passed is not run again."""

import json
from types import SimpleNamespace

import pytest

import faults
import scoreboard
import slack

TWICE = "test_each_cell_may_be_run_twice_in_a_row[{}02_elman_jordan_toy.ipynb]"
MIXED = "test_mixed_targets_make_a_claim_fail[02_elman_jordan_toy.ipynb]"
WORKSHEET = (
    "test_each_cell_may_be_run_twice_in_a_row[solutions/find_the_mistakes.ipynb]"
)
KILLED = "test_a_lesson_that_is_killed_leaves_nothing"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Let results be written elsewhere, of runs that pass or fail at once."""
    monkeypatch.setattr(faults, "RESULTS", tmp_path / "faults.json")
    monkeypatch.setattr(scoreboard, "FAULTS", faults.RESULTS)
    keeper = faults.Keeper({})
    for test, when, outcome in (
        (TWICE.format(""), "setup", "passed"),
        (TWICE.format(""), "call", "passed"),
        (TWICE.format(""), "teardown", "passed"),
        (TWICE.format("solutions/"), "call", "failed"),
        (MIXED, "setup", "skipped"),
        (KILLED, "call", "passed"),
        (WORKSHEET, "call", "passed"),
    ):
        own = {"when": when, "outcome": outcome, "passed": outcome == "passed"}
        nodeid = f"tests/stress.py::{test}"
        report = SimpleNamespace(nodeid=nodeid, duration=1.6, **own)
        keeper.pytest_runtest_logstart(nodeid)
        keeper.pytest_runtest_logreport(report)
    return json.loads(faults.RESULTS.read_text("utf-8"))


def test_what_came_of_each_test_is_written(kept):
    assert {test: found["outcome"] for test, found in kept.items()} == {
        TWICE.format(""): "passed",
        TWICE.format("solutions/"): "failed",
        MIXED: "skipped",
        KILLED: "passed",
        WORKSHEET: "passed",
    }
    assert {found["seconds"] for found in kept.values()} == {2}
    assert len({found["key"] for found in kept.values()}) == 3  # files


def test_only_what_passed_with_this_code_is_left_out(kept, monkeypatch):
    calls = []
    monkeypatch.setattr(
        pytest, "main", lambda how, plugins: calls.append((how, plugins)) or 5
    )
    kept[MIXED] |= {"outcome": "passed", "key": "of other code"}
    kept["test_that_is_gone[02_elman_jordan_toy.ipynb]"] = kept[KILLED]
    faults.RESULTS.write_text(json.dumps(kept), encoding="utf-8")
    assert faults.main("02", "04") == 0  # nothing is left to be run
    ((how, (keeper,)),) = calls
    passed = TWICE.format(""), KILLED, WORKSHEET
    known = {f"--deselect=tests/stress.py::{test}" for test in passed}
    assert {option for option in how if option.startswith("--deselect")} == known
    assert how[how.index("-k") + 1] == "02_ or 04_"
    assert set(keeper.results) == {*passed, TWICE.format("solutions/"), MIXED}


def test_a_lesson_that_there_is_not_is_refused(kept):
    for main in (faults.main, slack.main):
        with pytest.raises(SystemExit, match="nothing for: 4, 99"):
            main("02", "99", "4")


def test_the_table_counts_what_ran_for_each_lesson(kept):
    head, _, row, worksheet, total = scoreboard.faults().splitlines()
    assert head.count("|") == row.count("|")
    assert row == "| 02 | 1 of 2 |  |  |  |  |"
    assert worksheet == "| worksheet | 1 of 1 |  |  |  |  |"
    assert total == "| all | 2 of 3 |  |  |  |  |"
