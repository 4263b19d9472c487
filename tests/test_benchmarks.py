"""The benchmarks: what is kept, what the tables say, and that the recipes still run."""

import json
import re
import statistics
import xml.etree.ElementTree as ElementTree

import keras
import numpy as np
import pytest

import captions
import course
import forecasting
import pages
import pronunciation
import recipes
import run
import scoreboard
import speed
import store
import tagging
from helpers import data, lessons
from helpers.tasks import dates, lines, sounds
from helpers.text import Vocabulary, split

RUNS = {
    (part, name): recipe
    for part, named in recipes.RECIPES.items()
    for name, recipe in named.items()
}
RESULTS = scoreboard.read()
CORE = [*recipes.PARTS][: [*recipes.PARTS].index("lists") + 1]  # lessons 01 to 09


def no_progress(*_):
    pass


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """Let `store` write into an empty folder."""
    monkeypatch.setattr(scoreboard, "RESULTS", tmp_path / "results.json")
    return scoreboard.RESULTS


def a_run(seed, loss):
    return {"seed": seed, "metrics": {"loss": loss}, "seconds": 60.0, "threads": 1}


def test_runs_are_added_and_repeated_ones_replaced(empty):
    for seed, loss in [(1, 2.0), (0, 5.0), (0, 4.0)]:
        store.add("part", "name", {"units": 2}, {"a.gz": "0"}, a_run(seed, loss))
    entry = scoreboard.read()["part"]["name"]
    assert [r["seed"] for r in entry["runs"]] == [0, 1]
    assert entry["mean"] == {"loss": 3.0}
    assert entry["standard deviation"] == {"loss": pytest.approx(2**0.5)}
    assert [p.name for p in empty.parent.iterdir()] == ["results.json"]


def test_a_finished_run_counts_only_with_its_recipe_and_data(empty):
    store.add("part", "name", {"units": 2}, {"a.gz": "0"}, a_run(0, 1.0))
    assert store.finished("part", "name", {"units": 2}, {"a.gz": "0"})
    assert not store.finished("part", "name", {"units": 3}, {"a.gz": "0"})
    assert not store.finished("part", "name", {"units": 2}, {"a.gz": "1"})
    assert not store.finished("part", "other", {"units": 2}, {"a.gz": "0"})
    store.add("part", "name", {"units": 3}, {"a.gz": "0"}, a_run(1, 1.0))
    assert [r["seed"] for r in scoreboard.read()["part"]["name"]["runs"]] == [1]


def test_results_that_are_not_json_are_not_overwritten(empty):
    empty.write_text("{]")
    with pytest.raises(SystemExit, match="line 1.*git checkout"):
        store.add("part", "name", {}, {}, a_run(0, 1.0))
    assert empty.read_text() == "{]"


@pytest.fixture
def short(empty, monkeypatch):
    """Let `run` do one recipe of three seeds, without training; return what it did."""
    done = []

    def train(part, name, seed, progress, file):
        if seed in done.fails_at:
            raise KeyboardInterrupt
        done.append(seed)
        return a_run(seed, 1.0), []

    done = type("Seeds", (list,), {"fails_at": ()})()
    monkeypatch.setattr(recipes, "train", train)
    monkeypatch.setattr(recipes, "WEIGHTS", {})
    named = {"dates": {"short": (3, {"steps": 1})}, "tiny": {"any": (1, {})}}
    monkeypatch.setattr(recipes, "RECIPES", named)
    monkeypatch.setattr(run.figures, "draw", lambda: None)
    monkeypatch.setattr(course, "write_links", lambda: None)
    return done


def test_an_interrupted_benchmark_goes_on_where_it_was(short, capsys):
    short.fails_at = [1]
    with pytest.raises(KeyboardInterrupt):
        run.main([])
    short.fails_at = []
    run.main(["dates/"])
    assert short == [0, 1, 2]
    run.main(["list"])
    assert "3 of 3 done  dates/short" in capsys.readouterr().out
    run.main(["dates/"])
    assert short == [0, 1, 2]


def test_every_recipe_has_one_run_before_any_has_two(short, monkeypatch):
    order = []

    def train(part, name, seed, progress, file):
        order.append((name, seed))
        return a_run(seed, 1.0), []

    monkeypatch.setattr(recipes, "train", train)
    named = {"dates": {"a": (3, {}), "b": (1, {}), "c": (2, {})}}
    monkeypatch.setattr(recipes, "RECIPES", named)
    run.main([])
    assert order == [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("c", 1), ("a", 2)]


def test_again_keeps_tiny_shakespeare_if_its_text_is_missing(short):
    data = recipes.fingerprint(None)
    store.add("tiny", "any", {}, data, a_run(0, 1.0))
    run.main(["--again"])
    assert store.finished("tiny", "any", {}, data)


def test_again_forgets_what_is_finished_once(short):
    run.main(["dates/"])
    short.fails_at = [1]
    with pytest.raises(KeyboardInterrupt):
        run.main(["--again", "dates/"])
    short.fails_at = []
    run.main(["dates/"])
    assert short == [0, 1, 2, 0, 1, 2]


def test_only_tiny_shakespeare_is_kept_as_tiny_shakespeare(short, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    run.main(["tiny/", "--text", str(tmp_path / "mine.txt")])
    assert short == [0] and scoreboard.read() == {}
    assert "not kept" in capsys.readouterr().out


def test_wrong_names_and_files_are_reported_by_name(short):
    with pytest.raises(SystemExit, match="no run 'date/'(.|\n)*dates/short"):
        run.main(["date/"])
    with pytest.raises(SystemExit, match="no file nowhere.txt"):
        run.main(["tiny/", "--text", "nowhere.txt"])


def test_a_folder_without_permission_is_reported_at_once(short, monkeypatch):
    monkeypatch.setattr(run.os, "access", lambda folder, mode: False)
    with pytest.raises(SystemExit, match="Cannot write into .*may change"):
        run.main(["dates/"])


def test_a_text_that_is_too_short_is_reported_with_its_length(tmp_path):
    (tmp_path / "short.txt").write_text("To be.", encoding="utf-8")
    with pytest.raises(SystemExit, match="has 6 characters.*at least 75,000"):
        recipes.shakespeare(no_progress, tmp_path / "short.txt", 0, **recipes.LONG)


def test_a_part_without_its_text_is_left_out(short, capsys):
    assert run.main(["tiny/"]) == 0
    assert "needs --text FILE" in capsys.readouterr().out


@pytest.mark.parametrize(("part", "name"), RUNS)
def test_committed_results_are_those_of_the_recipes(part, name):
    seeds, recipe = RUNS[part, name]
    entry = RESULTS[part][name]
    assert entry["recipe"] == json.loads(json.dumps(recipe))
    assert [r["seed"] for r in entry["runs"]] == list(range(seeds))
    for metric, mean in entry["mean"].items():
        values = [r["metrics"][metric] for r in entry["runs"]]
        assert mean == pytest.approx(statistics.mean(values))
        if seeds > 1:
            spread = entry["standard deviation"][metric]
            assert spread == pytest.approx(statistics.stdev(values))
    for r in entry["runs"]:
        assert r["seconds"] > 0 and r["threads"] > 0 and r["device"] and r["versions"]
    assert entry["data"] == recipes.fingerprint(recipes.PARTS[part][1])


def test_no_result_is_left_of_a_recipe_that_is_gone():
    done = {(part, name) for part, rows in RESULTS.items() for name in rows}
    assert done == {*RUNS}


@pytest.mark.parametrize("part", scoreboard.TASKS)
def test_the_recipe_that_is_called_best_is(part):
    task = scoreboard.TASKS[part]
    means = {name: mean(part, name, task["metric"]) for name in RESULTS[part]}
    best = min if re.search("loss|error|perplexity|bits", task["heading"]) else max
    assert task["best"] == best(means, key=means.get)


def mean(part, name, metric):
    return RESULTS[part][name]["mean"][metric]


def test_what_the_pages_say_of_the_results_holds():
    tiny = "held-out loss (nats)"
    best = mean("tiny", "LSTM(384), 10 readings", tiny)
    gpt = {p["model"]: float(p["value"]) for p in scoreboard.TASKS["tiny"]["published"]}
    assert best < gpt["character GPT, 6 layers, 384 wide"] < 1.50
    for entry in RESULTS["tiny"].values():
        assert max(r["seconds"] for r in entry["runs"]) < 40 * 60
    for name in ("LSTM(128), 2 readings", "LSTM(256), 7 readings"):
        for r in RESULTS["tiny"][name]["runs"]:
            assert next(s for s, loss in r["curve"] if loss <= scoreboard.GOAL) < 30
    for r in RESULTS["tiny"]["LSTM(256), 7 readings"]["runs"]:
        assert [loss for s, loss in r["curve"] if s <= scoreboard.SECONDS][-1] < 1.53
    for name, (_, recipe) in recipes.RECIPES["mnist1d"].items():
        accuracy = mean("mnist1d", name, "test accuracy")
        assert accuracy > 0.95 if recipe["in_order"] else 0.5 < accuracy < 0.65
    assert mean("dates", "with attention", "exact match") >= 0.999
    one, two, one_both, two_both = (
        100 * mean("mnist1d", name, "test accuracy")
        for name in [*recipes.RECIPES["mnist1d"]][:4]
    )
    assert 0 < two - one < 1 <= one - one_both < 2 and 1 <= two - two_both < 2
    assert max(one, two) - min(one_both, two_both) < 2
    assert mean("dates", "without attention", "exact match") > 0.99
    assert mean("lists", "with attention", "lists of 3") > 0.95
    assert mean("lists", "without attention", "exact match") < 0.02
    patient = RESULTS["lists"]["without attention, 9 times as long"]["mean"]
    assert patient["lists of 2"] > 0.95 and patient["lists of 3"] < 0.35
    right = {n: mean("padding", n, "right answers") for n in RESULTS["padding"]}
    assert right["behind, no mask"] < 0.55 > right["in front, reversed, no mask"]
    assert right["in front, with mask"] < right["in front, no mask"] + 0.005
    both = right["behind, both ways, with mask"] - right["behind, both ways, no mask"]
    assert 0.005 < both < 0.02
    words = [
        mean("stress", name, "words right")
        for name in ("forward LSTM(96)", "backward LSTM(96)", "BiLSTM(64)")
    ]
    assert words == sorted(words) and words[1] - words[0] > 0.05


def test_what_the_pages_say_of_addresses_holds():
    names = list(RESULTS["addresses"])
    tokens, whole, f1 = (
        100 * RESULTS["addresses"][names[-1]]["mean"][metric]
        for metric in ("tokens right", "whole addresses right", "F1 of spans")
    )
    rival = scoreboard.TASKS["addresses"]["published"][0]
    shares = re.match(r"tokens ([\d.]+); whole addresses ([\d.]+);", rival["setting"])
    assert max(tokens, float(shares[1])) < 95 and max(whole, float(shares[2])) < 75
    assert 0 < f1 - float(rival["value"]) < 4 > float(shares[2]) - whole > 0
    curve = [100 * mean("addresses", name, "F1 of spans") for name in names[-3:]]
    assert 1 < curve[1] - curve[0] < curve[2] - curve[1]
    steps = []
    for name in names[-3:]:
        recipe = recipes.RECIPES["addresses"][name][1]
        share, more = recipe.get("share", 1), recipe.get("with_validation", False)
        (rows, _), _, _ = tagging.parts_of("addresses.tsv.gz", share, more)
        assert f"from {len(rows):,} addresses" in name
        steps.append(recipe["readings"] * -(-len(rows) // 32))
    assert max(steps) - min(steps) < 0.01 * max(steps), "as many steps"
    page = pages.SCOREBOARD.read_text("utf-8")
    assert "1,038 American addresses to learn from, 150 to choose" in page
    here, new = lessons.load("14"), []
    (_, labels), (_, names), _ = tagging.parts_of("addresses.tsv.gz", 1, False)
    for part in (1, 2, 4):
        known = {here.order(row) for row in labels[: len(labels) // part]}
        new.append(sum(here.order(row) not in known for row in names))
    assert f"{new[0]} have an order of parts that the training part has not" in page
    assert f"{new[1]} have one that half of it has not" in page
    assert f"{new[2]} one that a quarter has not." in page


def test_what_the_benchmarks_page_says_of_the_data_holds():
    page = pages.SCOREBOARD.read_text(encoding="utf-8")
    assert f"`{recipes.TINY}`" in page
    plays = data.load_text("shakespeare.txt.gz")
    assert f"{len(plays):,} characters, {len(set(plays))} symbols.\n" in page
    parts = data.load_table("dates.tsv.gz").part.value_counts()
    assert f"{parts.train:,} to learn from, {parts.test:,} to test.\n" in page
    arrays = data.load_arrays("mnist1d.npz")
    sizes = (*arrays["x_train"].shape, len(arrays["x_test"]), len({*arrays["y_test"]}))
    assert sizes == (4_000, 40, 1_000, 10)
    assert (
        "4,000 signals of 40 numbers to learn from, 1,000 to test, 10 classes" in page
    )
    assert {r["epochs"] for _, r in recipes.RECIPES["mnist1d"].values()} == {30}
    assert "10 classes; 30 epochs." in page
    assert f"{recipes.STRESS['train']:,} words to learn from, 8,000 to test" in page
    assert recipes.DATES["steps"] == pytest.approx(3 * parts.train / 64, rel=0.01)
    every = lines.with_one_order(lines.lines_of(plays))
    assert f"all lines, {len(split(every, 0.1)[0]) / 6_000:.1f} times as many" in page
    assert {len(line) for line in every} == {*range(5, 13)}
    for name in RESULTS["stress"]:
        first = mean("stress", name, "right by stressing the first vowel")
        assert first == pytest.approx(2 / 3, abs=0.01)
    core = [RESULTS[part] for part in CORE]
    runs = [r for rows in core for e in rows.values() for r in e["runs"]]
    assert sum(r["seconds"] for r in runs) / 3600 == pytest.approx(1.75, abs=0.25)


def test_what_the_figures_say_of_the_results_holds():
    curves = [rows["runs"][0]["curve"] for rows in RESULTS["tiny"].values()]
    end = curves[0][-1][0]  # when the smallest network is done
    then = [[loss for s, loss in curve if s <= end][-1] for curve in curves]
    assert then[0] == min(then)
    last = [curve[-1][1] for curve in curves]
    assert last == sorted(last, reverse=True)


def test_what_the_pages_say_of_the_forecasts_holds():
    error = {name: mean("streets", name, "error") for name in RESULTS["streets"]}
    lstm, ridge = error["LSTM(64) over days"], error["one ridge for all"]
    assert 0.01 < 1 - lstm / ridge < 0.04
    assert 0.09 < 1 - lstm / error["a ridge for each street"] < 0.12
    anew = [
        error[f"{kind}, each quarter"]
        for kind in ("LSTM(64) over days", "one ridge for all")
    ]
    assert 0.03 < 1 - anew[0] / anew[1] < 0.05
    same = "one linear model, absolute error"
    assert 0.003 < 1 - lstm / error[same] < 0.025
    assert 0.98 < error["MLP(64)"] / error[same] < 1.02
    assert 0.01 < 1 - anew[0] / error[f"{same}, each quarter"] < 0.04
    hours = [e for name, e in error.items() if "over hours" in name]
    assert len(hours) == 2 and min(hours) > 1.1 * ridge
    there = "error at 45 Queen Street"
    for name in RESULTS["streets"]:
        if "over hours" in name:
            copied = mean("streets", "last week", there)
            assert mean("streets", name, there) > 1.1 * copied
    for kind in ("one ridge for all", "a ridge for each street", "LSTM(64) over days"):
        assert 0.01 < 1 - error[f"{kind}, each quarter"] / error[kind] < 0.06
    each = error["a ridge for each street"]
    assert each - ridge > 0.5 * (each - lstm), "most comes from all streets"
    gain, *others = (
        1 - error[f"{kind}, each quarter"] / error[kind]
        for kind in ("LSTM(64) over days", "one ridge for all", same)
    )
    assert gain > max(others)


@pytest.mark.parametrize("name", [*recipes.RECIPES["streets"]])
def test_recipes_of_forecasts_run(name, monkeypatch):
    monkeypatch.setattr(forecasting, "FIRST", "2024-05-01")
    monkeypatch.setattr(forecasting, "EPOCHS", 1)
    monkeypatch.setattr(forecasting, "QUARTERS", ["2025-10-01", "2025-12-31"])
    monkeypatch.setattr(forecasting, "TEST", "2025-10-01")
    monkeypatch.setattr(forecasting, "VALIDATION", "2024-07-01")
    if "over hours" in name or "five" in name:  # else these train for long
        monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: None)
    recipe = recipes.RECIPES["streets"][name][1]
    metrics, more = forecasting.forecast_streets(
        no_progress, "streets.tsv.gz", 0, **recipe
    )
    assert set(metrics) == set(RESULTS["streets"][name]["mean"])
    size = metrics.get("parameters")
    assert size == RESULTS["streets"][name]["mean"].get("parameters")
    assert 20 < metrics["error"] < 500 and len(more["streets"]) == 18


def test_what_lesson_10_says_of_longer_training_holds():
    names = (
        "LSTM(128), a minute",
        "LSTM(256), a quarter of an hour",
        "LSTM(384), an hour",
    )
    minute, quarter, hour = (mean("pronunciation", name, "PER") for name in names)
    assert 0.30 < 1 - quarter / minute < 0.37
    assert 0.025 < 1 - hour / quarter < 0.042


def test_what_the_pages_say_of_the_speed_holds():
    growth, training = (RESULTS["speed"][n]["mean"] for n in ("growth", "training"))
    powers = [growth[f"exponent of {name}"] for name in ("batch", "window", "units")]
    assert powers == sorted(powers) and powers[0] < 0.9 < powers[1] < 1.2 < powers[2]
    widths = (128, 192, 256, 384)
    shares = [training[f"{n} units: share of its product's rate"] for n in widths]
    assert shares[0] < 0.7 < min(shares[1:3]) <= max(shares[1:3]) < 0.9 < shares[3]
    beside = [training[f"{n} units: times PyTorch's rate"] for n in widths]
    assert max(beside[:3]) < 0.95 and beside[3] > 1.2
    graph, call, predict = RESULTS["speed"]["generation"]["mean"].values()
    assert graph > 2 * call > 100 * predict


def test_a_page_that_disagrees_with_the_results_is_reported(tmp_path, monkeypatch):
    assert course.stale(lessons.paths()) == []
    changed = json.loads(scoreboard.RESULTS.read_text("utf-8"))
    for entry in changed["mnist1d"].values():
        for r in entry["runs"]:
            r["metrics"]["test accuracy"] -= 0.01
    monkeypatch.setattr(scoreboard, "RESULTS", tmp_path / "results.json")
    scoreboard.RESULTS.write_text(json.dumps(changed), encoding="utf-8")
    faults = " ".join(course.stale(lessons.paths()))
    for page in ("05_stacked_lstms.ipynb", "README.md: its", "benchmarks/README.md"):
        assert page in faults


def test_figures_have_mean_and_standard_deviation():
    assert scoreboard.figure([1.0], 2) == "1.00"
    assert scoreboard.figure([1.0, 3.0], 1) == "2.0 ± 1.4"


def test_measured_speeds_stand_in_rows_and_columns(empty):
    measured = {"a: chars/s": 52345.6, "a: Gflop/s": 64.25, "b: Gflop/s": 3.0}
    store.add("speed", "training", {}, {}, {"seed": 0, "metrics": measured})
    assert scoreboard.speed("training", scoreboard.read()).splitlines() == [
        "| measured | chars/s | Gflop/s |",
        "| --- | --- | --- |",
        "| a | 52,346 | 64.2 |",
        "| b |  | 3 |",
    ]


def test_published_figures_have_setting_and_source():
    for task in scoreboard.TASKS.values():
        for other in task["published"]:
            assert other["setting"] and other["source"]
            assert other["same"] in ("yes", "no")


def test_a_text_is_split_and_trained_and_its_weights_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DATASETS", tmp_path)  # weights go here
    text = "To be, or not to be: that is the question.\n" * 1800
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    here, read = lessons.load("08"), []
    cut = here.streams
    here.streams = lambda ids, *size: read.append(ids) or cut(ids, *size)
    monkeypatch.setattr(recipes.lessons, "load", {"08": here}.get)
    recipe = {**recipes.LONG, "units": 8, "readings": 1}
    file = str(tmp_path / "text.txt")
    metrics, more = recipes.shakespeare(no_progress, file, 0, **recipe)
    first, *others = ["".join(Vocabulary(text).decode(ids)) for ids in read]
    assert (first, {*others}) == (split(text, 0.1)[0], {split(text, 0.1)[1]})
    seconds, losses = zip(*more["curve"], strict=True)
    assert list(seconds) == sorted(seconds) and losses[-1] < losses[0]
    assert metrics["held-out loss (nats)"] == losses[-1]
    line = "| `w.npz` | weights | `run.py` | `{}` |\n"
    (tmp_path / "README.md").write_text(line.format("0" * 64), encoding="utf-8")
    recipes.save_weights("w.npz", more["models"])
    kept = data.load_arrays("w.npz")  # it compares the checksum
    for ours, theirs in zip(kept.values(), more["models"][0].weights, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.fixture
def little(monkeypatch):
    """Let recipes read little of the plays, with all symbols, and few lists of dates.

    Few of the dates are answered.
    """
    load, write, draw = data.load_text, dates.in_parts, dates.lists_of

    def short(file):
        text = load(file)
        if file != "shakespeare.txt.gz":
            return text
        return text[:120_000] + "".join(sorted(set(text)))

    def few(step, *arrays):
        written = write(step, *(array[:40] for array in arrays))
        rest = [(0, len(arrays[0]) - len(written)), *[(0, 0)] * (written.ndim - 1)]
        return np.pad(written, rest)

    def fewer(rows, count, *options):
        return draw(rows, count // 20, *options)

    monkeypatch.setattr(data, "load_text", short)
    monkeypatch.setattr(dates, "in_parts", few)
    monkeypatch.setattr(dates, "lists_of", fewer)


@pytest.mark.parametrize(
    ("part", "name", "shorter"),
    [
        ("mnist1d", "2 x BiLSTM(33), shuffled time", {"epochs": 1}),
        ("stress", "backward LSTM(96)", {"train": 500, "epochs": 1}),
        ("padding", "behind, with mask", {"epochs": 1}),
        ("dates", "with attention", {"steps": 60}),
        ("lists", "without attention", {"steps": 60}),
        ("addresses", "counts, transitions", {}),
        ("addresses", "BiLSTM(64), CRF", {"readings": 2}),
        (
            "addresses",
            "BiLSTM(128), CRF, varied, from 1,188 addresses",
            {"readings": 1},
        ),
    ],
)
@pytest.mark.usefixtures("little")
def test_other_recipes_run(part, name, shorter):
    function, file = recipes.PARTS[part]
    recipe = {**recipes.RECIPES[part][name][1], **shorter}
    metrics, _ = function(no_progress, file, 0, **recipe)
    assert set(metrics) == set(RESULTS[part][name]["mean"])
    assert metrics.get("parameters") == RESULTS[part][name]["mean"].get("parameters")
    assert 0 <= metrics[scoreboard.TASKS[part]["metric"]] <= 1


@pytest.mark.parametrize(
    ("part", "name", "shorter"),
    [
        ("memory 300", "full peepholes, chrono", {"steps": 2, "length": 10}),
        ("cells on mnist1d", "MGU, usual start", {"epochs": 1}),
        ("cells on characters", "nBRC, chrono", {"streams": 512}),
    ],
)
@pytest.mark.usefixtures("little")
def test_the_cells_of_lesson_11_run_on_each_task(part, name, shorter):
    function, file = recipes.PARTS[part]
    recipe = {**recipes.RECIPES[part][name][1], **shorter}
    found = []
    for score in ("test", "validation"):
        keras.utils.set_random_seed(0)
        metrics, _ = function(no_progress, file, 0, **{**recipe, "score": score})
        value, parameters = metrics.values()
        assert parameters == pytest.approx(recipe["budget"], rel=0.06)
        found.append(value)
        if score == "test":
            assert set(metrics) == {scoreboard.TASKS[part]["metric"], "parameters"}
    assert 0 < found[0] < 5 and found[0] != found[1], "scored on the same part"


@pytest.mark.parametrize(
    ("part", "shorter"),
    [
        ("attention on characters", {"readings": 1, "batch": 64}),
        ("attention on dates", {"steps": 10}),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.usefixtures("little")
def test_recipes_of_lesson_18_run_with_equal_parameters(part, place, shorter):
    function, file = recipes.PARTS[part]
    rows = [*recipes.RECIPES[part].values()]
    recipe = {**rows[place][1], **shorter}
    metrics, more = function(no_progress, file, 0, **recipe)
    assert scoreboard.TASKS[part]["metric"] in metrics
    assert metrics["parameters"] == pytest.approx(
        111_600 if place < 2 and "characters" in part else 105_300, rel=0.015
    )
    seconds, _ = zip(*more["curve"], strict=True)
    assert list(seconds) == sorted(seconds)
    assert seconds[-1] == metrics["seconds of CPU"]


@pytest.mark.parametrize("name", ["SimpleRNN", "nBRC", "Transformer"])
@pytest.mark.usefixtures("little")
def test_the_readers_of_lesson_19_have_equal_parameters(name):
    function, file = recipes.PARTS["readers"]
    recipe = {**recipes.RECIPES["readers"][name][1], "readings": 1, "batch": 64}
    metrics, more = function(no_progress, file, 0, **recipe)
    assert metrics["parameters"] == pytest.approx(112_319, rel=0.005)
    assert 1.5 < metrics["test loss (nats)"] < 4.5
    assert more["curve"][-1][0] == metrics["seconds of CPU"]


def test_all_cells_of_a_task_have_the_same_budget_and_data():
    for part in recipes.cells.RECIPES:
        settings = [dict(recipe) for _, recipe in recipes.RECIPES[part].values()]
        for recipe in settings:
            del recipe["cell"], recipe["chrono"]
        assert all(recipe == settings[0] for recipe in settings)
        assert settings[0]["score"] == "test"
        assert {seeds for seeds, _ in recipes.RECIPES[part].values()} == {5}


def test_weights_of_lesson_08_reach_what_the_results_say(lesson):
    here = lesson("08")
    text = data.load_text("shakespeare.txt.gz")
    vocabulary = Vocabulary(text)
    model = here.character_model(len(vocabulary), 64, 384)
    model.set_weights([*data.load_arrays("shakespeare_lstm.npz").values()])
    loss = here.evaluate(model, vocabulary.encode(split(text, 0.1)[1]))
    run_0 = RESULTS["shakespeare"]["LSTM(384), 10 readings"]["runs"][0]
    assert loss == pytest.approx(run_0["metrics"]["held-out loss (nats)"], abs=1e-3)


def test_weights_of_lesson_09_reach_what_the_results_say(lesson):
    here, table = lesson("09"), data.load_table("dates.tsv.gz")
    symbols = [dates.vocabulary_of([*table[c], ";"]) for c in ("source", "target")]
    x, y = here.ids_of(table[table.part == "test"], *symbols)
    models = recipes._pair(here, symbols, 96, attention=True)
    here.load_weights(models, "dates_attention.npz")
    right = here.exact(here.written_by(models, x, y.shape[1] - 1), y).mean()
    run_0 = RESULTS["dates"]["with attention"]["runs"][0]
    assert right == pytest.approx(run_0["metrics"]["exact match"], abs=2e-3)


def test_weights_of_lesson_10_reach_what_the_results_say(lesson):
    here = lesson("10")
    words, (_, chosen, _) = pronunciation._parts(here, by_family=False)
    plain = f"the {len(words):,} plain words of CMUdict"
    assert plain in pages.SCOREBOARD.read_text("utf-8")
    letters = dates.vocabulary_of([sounds.LETTERS])
    phonemes = dates.vocabulary_of([p for own in words.values() for p in own])
    units = pronunciation.QUARTER["units"]
    models = (
        here.reader(len(letters), 32, units),
        here.speaker(len(phonemes), 32, units),
    )
    here.load_weights(models, "sounds_attention.npz")
    # the validation part: the test part has five times as many words
    chosen = sorted(chosen, key=len)  # short ones together: their search ends early
    ids, _ = here.search(models, sounds.letter_ids(chosen, letters), pronunciation.BEAM)
    said = sounds.spoken(ids[:, 0], phonemes)
    found = here.error_rates(said, [words[word] for word in chosen])
    run_0 = RESULTS["pronunciation"]["LSTM(256), a quarter of an hour"]["runs"][0]
    rates = [run_0["metrics"][f"validation {name}"] for name in ("PER", "WER")]
    assert found == pytest.approx(rates, abs=0.2)  # five of 2,500 words


def test_weights_of_lesson_17_reach_what_the_results_say(lesson):
    here, own = lesson("17"), captions.Pictures("people.npz")
    models = here.with_cells(own.palette, len(own.words), **captions.CELLS)
    here.filled(models, data.load_arrays("captions_attention.npz"))
    write = lesson("09").written_by
    found = here.tested(write, models, own.x, own.y, own.rows)
    name = "attention over cells, 120 readings"
    metrics = RESULTS["captions"][name]["runs"][0]["metrics"]
    for part, (whole, words) in found.items():
        one = 100 / len(own.rows[part])  # picture
        assert whole == pytest.approx(metrics[f"{part}, whole"], abs=1.1 * one)
        assert words == pytest.approx(metrics[f"{part}, words"], abs=1.1 * one)


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM"])
def test_weights_of_lesson_19_reach_what_the_results_say(lesson, name):
    text, here = data.load_text("shakespeare.txt.gz"), lesson("18")
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(split(split(text, 0.2)[1], 0.5)[1])
    model = lesson("19").trained_reader(name, len(vocabulary))
    parts = lesson("08").streams(ids, 20, 64)
    loss = here.losses(here.compiled(model), here.empty(model, 20), *parts)
    run_0 = RESULTS["readers"][name]["runs"][0]["metrics"]["test loss (nats)"]
    assert loss[..., 32:].mean() == pytest.approx(run_0, abs=1e-3)


def test_weights_for_lists_reach_what_the_results_say(lesson):
    here, table = lesson("09"), data.load_table("dates.tsv.gz")
    symbols = [dates.vocabulary_of([*table[c], ";"]) for c in ("source", "target")]
    rows = table[table.part == "test"].reset_index(drop=True)
    rows = dates.lists_of(rows, 1_500, 3, np.random.default_rng(0))
    models = recipes._pair(here, symbols, 110, attention=False)
    here.load_weights(models, "lists_plain.npz")
    found = here.by_length(models, rows, *here.ids_of(rows, *symbols))
    name = "without attention, 9 times as long"
    metrics = RESULTS["lists"][name]["runs"][0]["metrics"]
    assert found == pytest.approx(
        [metrics[f"lists of {k}"] for k in (1, 2, 3)], abs=6e-3
    )


def test_operations_are_those_of_a_small_case_by_hand():
    # 2 units: 4 gates of 2 units see 64 + 2 numbers, 65 symbols see 2
    assert speed.operations(2) == 3 * 2 * (8 * 66 + 65 * 2)


def test_pytorch_does_the_same_step():
    pytest.importorskip("torch")
    step = speed.torch_step(units=4, batch=2, window=3)
    assert step() == pytest.approx(np.log(speed.SYMBOLS), abs=0.5)
    assert min(step() for _ in range(20)) < step() + 0.1


def test_the_report_of_the_tests_is_read_by_notebook():
    case = '<testcase classname="{}" time="{}"/>'
    cases = [("notebooks.01_a.ipynb", 2), ("notebooks.01_a.ipynb", 3)]
    cases += [("notebooks.exercises.01_a.ipynb", 4), ("tests.test_x", 5)]
    report = "<r>" + "".join(case.format(*c) for c in cases) + "</r>"
    assert speed.seconds_of_notebooks(ElementTree.fromstring(report)) == {
        "01_a.ipynb: seconds": 5,
        "exercises and solutions: seconds": 4,
        "other tests: seconds": 5,
    }


def test_the_exponent_of_a_power_law_is_found():
    sizes = [2, 4, 16]
    assert speed.exponent(sizes, [5 * s**1.5 for s in sizes]) == pytest.approx(1.5)


def test_seconds_are_those_of_one_call_of_each():
    import time

    waits = [lambda: time.sleep(0.01), lambda: time.sleep(0.1)]
    short, long = speed.seconds(*waits, at_least=0.4, rounds=4)
    assert 0.01 < short < 0.05 and 0.1 < long < 0.3


def test_the_step_that_is_timed_trains_the_model_of_the_lesson():
    step = speed.training_step(units=4, batch=2, window=3)
    first = step()
    assert first == pytest.approx(np.log(speed.SYMBOLS), abs=0.2)
    assert [step() for _ in range(20)][-1] < first - 0.01


def test_a_network_that_pronounces_is_scored_on_the_named_parts(monkeypatch):
    read = pronunciation.sounds.pronunciations

    def some(*texts, **options):
        return dict([*read(*texts, **options).items()][::20])

    monkeypatch.setattr(pronunciation.sounds, "pronunciations", some)
    monkeypatch.setattr(pronunciation.sounds, "TEST", 60)
    monkeypatch.setattr(pronunciation.sounds, "VALIDATION", 40)
    _, recipe = pronunciation.RECIPES["LSTM(128), a minute, with stress"]
    short = {**recipe, "units": 8, "steps": 20}
    metrics, more = pronunciation.measure(no_progress, None, 0, **short)
    for prefix in ("", "greedy ", "validation "):
        assert metrics[f"{prefix}PER"] <= metrics[f"{prefix}stressed PER"]
    assert metrics["right among five"] >= 100 - metrics["WER"]
    assert metrics["parameters"] == sum(m.count_params() for m in more["models"])


def test_weights_are_kept_in_half_precision(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DATASETS", tmp_path)
    (tmp_path / "README.md").write_text("no line", encoding="utf-8")
    model = type("Model", (), {"get_weights": lambda self: [np.ones(2, "float32")]})
    recipes.save_weights("sounds_attention.npz", [model()])
    with np.load(tmp_path / "sounds_attention.npz") as kept:
        assert kept["arr_0"].dtype == np.float16


def test_weights_of_lesson_16_reach_what_the_results_say(lesson):
    here = lesson("16")
    model, words = here.shipped_model()
    parts = here.parts_of(data.load_text("speeches.txt.bz2"))
    ids = words.encode(here.sentences_of(parts["validation"]))
    found = here.perplexity(np.exp(-here.nats(model, ids)))
    run_0 = RESULTS["speeches"]["LSTM(256), 6 readings"]["runs"][0]
    expected = run_0["metrics"]["validation perplexity"]
    assert found == pytest.approx(expected, rel=1e-3)  # kept in half precision


@pytest.fixture
def few_speeches(lesson, monkeypatch):
    """Let the recipes of lesson 16 learn from three speeches, and score one."""
    here = lesson("16")
    found = here.parts_of(data.load_text("speeches.txt.bz2"))
    few = {
        part: rows[:3] if part == "train" else rows[:1] for part, rows in found.items()
    }
    monkeypatch.setattr(here, "parts_of", lambda text: few)
    monkeypatch.setattr(recipes.language.lessons, "load", lesson)


@pytest.mark.parametrize("name", recipes.RECIPES["speeches"])
@pytest.mark.usefixtures("few_speeches")
def test_recipes_of_speeches_run(name):
    recipe = {**recipes.RECIPES["speeches"][name][1]}
    recipe |= {"units": 8, "readings": 1} if "readings" in recipe else {}
    metrics, _ = recipes.language.measure(no_progress, "speeches.txt.bz2", 0, **recipe)
    assert 50 < metrics["perplexity"] < 3_000 and 1 < metrics["bits per character"] < 4
    if "readings" in recipe:
        assert metrics["mixed with trigrams"] <= metrics["perplexity"]


@pytest.mark.usefixtures("few_speeches")
def test_the_share_of_the_network_is_chosen_on_the_validation_part(lesson, monkeypatch):
    here, given = lesson("16"), []
    choose = here.best_share
    monkeypatch.setattr(here, "best_share", lambda *p: given.append(p) or choose(*p))
    recipe = {"units": 8, "drop": 0.0, "readings": 1, "rate": 0.01}
    metrics, _ = recipes.language.measure(no_progress, "speeches.txt.bz2", 0, **recipe)
    ((network, table),) = given
    _, _, ids = recipes.language.read(here, "speeches.txt.bz2")
    assert len(network) == len(table) == len(ids["validation"]) != len(ids["test"])
    assert here.perplexity(network) == metrics["validation perplexity"]


@pytest.mark.usefixtures("few_speeches")
def test_characters_of_speeches_are_learned():
    metrics, _ = recipes.language.characters(
        no_progress, "speeches.txt.bz2", 0, units=8, drop=0.1, readings=2
    )
    assert 2 < metrics["bits per character"] < 6


@pytest.mark.parametrize("name", recipes.RECIPES["word vectors"])
def test_recipes_of_vectors_run(name, lesson, monkeypatch):
    monkeypatch.setattr(recipes.embeddings.lessons, "load", lesson)
    recipe = {**recipes.RECIPES["word vectors"][name][1], "since": 2016, "width": 8}
    recipe["readings"] = min(1, recipe["readings"])
    metrics, _ = recipes.embeddings.measure(no_progress, None, 0, **recipe)
    for part in ("", "validation "):
        assert -1 <= metrics[f"{part}WordSim"] <= 1
        assert 0 <= metrics[f"{part}analogies right"] < 0.5
    assert 50_000 < metrics["tokens"] < 200_000
