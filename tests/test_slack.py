"""The table of `make slack` has what the claims of a lesson said."""

import json
import random

import keras
import numpy as np
import pytest

import scoreboard
import slack
from helpers import checks, lessons


def test_rows_have_the_smallest_reserve_and_the_spread():
    above, below, both = (0.5, None), (None, 4.0), (1.0, 4.0)
    runs = [
        [["a", True, first, *above], ["a", True, second, *below], ["b", True, 2, *both]]
        for first, second in ((0.6, 3.0), (0.8, 3.5))
    ]
    rows = slack.rows_of("04", runs)  # "b" is the same in each run: no spread, no row
    numbers = [row[:3] for row in rows]
    spreads = 0.2 / np.sqrt(2), 0.5 / np.sqrt(2)
    expected = [
        (0.1 / spreads[0], 0.1, spreads[0]),
        (0.5 / spreads[1], 0.5, spreads[1]),
    ]
    np.testing.assert_allclose(numbers, expected)
    assert [row[3:] for row in rows] == [("04", "a")] * 2
    missed = [[["c", False, own, *above]] for own in (0.3, 0.7)]
    ((ratio, reserve, *_),) = slack.rows_of("04", missed)
    assert ratio < 0 and reserve == pytest.approx(-0.2)


def test_a_magnitude_is_measured_by_its_logarithm():
    runs = [[["a", True, own, 1.0, None]] for own in (100.0, 10_000.0)]
    ((ratio, reserve, spread, *_),) = slack.rows_of("04", runs)
    assert reserve == pytest.approx(np.log(100)) and ratio == pytest.approx(2**0.5)
    both = [[["a", True, own, 1e-6, 0.1]] for own in (0.01, 0.001)]
    assert slack.rows_of("04", both)[0][1] == pytest.approx(np.log(10))
    near = [[["a", True, own, 1.0, None]] for own in (9.0, 10_000.0)]
    assert slack.rows_of("04", near)[0][1] == 8.0


def test_claims_are_recorded_and_seeds_moved(monkeypatch, capsys):
    monkeypatch.setattr(checks, "claim", checks.claim)
    monkeypatch.setattr(keras.utils, "set_random_seed", keras.utils.set_random_seed)
    keras.utils.set_random_seed(5)
    expected = random.random()
    space = {}
    exec(slack.RECORD.format(seed=2), space)
    keras.utils.set_random_seed(3)
    assert random.random() == expected
    checks.claim("over 1", np.float32(2), above=1)
    checks.claim("over 3", 2, above=3)
    checks.claim("is", np.bool_(True))
    checks.claim("is not", False)
    capsys.readouterr()
    exec(slack.REPORT, space)
    assert json.loads(capsys.readouterr().out) == [
        ["over 1", True, 2.0, 1.0, None],
        ["over 3", False, 2.0, 3.0, None],
        ["is", True, 1.0, None, None],
        ["is not", False, 0.0, None, None],
    ]


def test_a_result_belongs_to_the_code_of_a_lesson_and_a_seed():
    first, second = lessons.paths()[:2]
    keys = {slack.key_of(path, seed) for path in (first, second) for seed in (0, 1)}
    assert len(keys) == 4 and slack.key_of(first, 0) in keys


def test_what_stops_a_lesson_is_a_claim_that_does_not_hold(monkeypatch, tmp_path):
    monkeypatch.setattr(slack, "RESULTS", tmp_path / "build" / "slack.json")
    path = tmp_path / "lesson.ipynb"
    shown = "CLAIMS_SHOWN.append(['a', True, 2, 1, None])"
    cells = ["x = 1", "raise ValueError('no')", shown]
    new = slack.nbformat.v4
    notebook = new.new_notebook(cells=[new.new_code_cell(code) for code in cells])
    slack.nbformat.write(notebook, path)
    monkeypatch.setattr(slack, "RECORD", "CLAIMS_SHOWN, seed = [], {seed}")
    results = {}
    claims = slack.claims_of(path, 0, results)
    assert claims == [["a", True, 2, 1, None], ["ValueError: no", False, 0, None, None]]
    assert json.loads(slack.RESULTS.read_text("utf-8")) == results
    monkeypatch.setattr(slack, "run", None)  # what is known is not run again
    assert slack.claims_of(path, 0, results) == claims


def test_the_summary_names_the_smallest_reserve(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(slack, "RESULTS", tmp_path / "runs.json")
    monkeypatch.setattr(slack, "SUMMARY", tmp_path / "slack.json")
    monkeypatch.setattr(slack, "claims_of", lambda path, seed, results: runs[seed])
    runs = [
        [["wide", True, x, 0, None], ["tight", True, x, 1, None]] for x in (1.1, 1.3)
    ]
    assert slack.main("02", "--seeds", "2") == 1  # 0.1 is less than 1.5 times 0.14
    expected = {"seeds": 2, "claims": 2, "missed": 0, "least": 0.71}
    expected |= {"of": "tight", "tight": 1}
    assert json.loads(slack.SUMMARY.read_text("utf-8")) == {"02": expected}
    runs = [[["wide", True, x, 0, None], ["no", False, 0, None, None]] for x in (1, 1)]
    assert slack.main("02", "--seeds", "2") == 1
    kept = json.loads(slack.SUMMARY.read_text("utf-8"))
    assert kept == {"02": {"seeds": 2, "claims": 0, "missed": 2}}
    monkeypatch.setattr(scoreboard, "SLACK", slack.SUMMARY)
    assert scoreboard.slack().endswith("| 02 | 2 | 0 | 2 |  |  |  |\n")
