"""The recipes of lesson 17: they run, and score what they say."""

import pytest

import captions
import recipes
from helpers import lessons
from helpers.tasks import people


def run(part, name, **shorter):
    function, file = recipes.PARTS[part]
    _, recipe = recipes.RECIPES[part][name]
    return function(lambda *_: None, file, 0, **{**recipe, **shorter})


def test_the_rule_is_scored_on_each_part():
    metrics, _ = run("captions", "rule by hand")
    expected = {f"{part}, whole" for part in (*people.PARTS, "other style")}
    assert set(metrics) == expected
    assert 90 < metrics["combinations, whole"] < 96
    assert metrics["other style, whole"] < metrics["combinations, whole"] - 50


@pytest.mark.parametrize("name", list(captions.RECIPES["captions"])[1::4])
def test_a_network_is_scored_on_each_part_and_keeps_its_models(name):
    metrics, more = run("captions", name, readings=2)
    assert len(more["models"]) == 2
    size = sum(model.count_params() for model in more["models"])
    assert metrics["parameters"] == size == pytest.approx(122_000, rel=0.01)
    assert {"combinations, whole", "combinations, beam of 3, words"} < set(metrics)
    assert all(0 <= v <= 100 for k, v in metrics.items() if k != "parameters")


def test_only_the_training_part_is_learned_from(monkeypatch):
    seen = []

    def train(models, x, y, *_):
        seen.append((len(x), len(y)))

    here, load = lessons.load("17"), lessons.load
    here.train = train
    mine = {"17": here}
    monkeypatch.setattr(lessons, "load", lambda n: mine.get(n) or load(n))
    run("captions", "attention over cells, 30 readings")
    assert seen == [(800, 800)]


@pytest.mark.parametrize("name", ["picture and question", "question only"])
def test_answers_are_scored_by_kind(name):
    metrics, _ = run("questions", name, readings=1)
    for part in ("validation", "combinations", "pictures"):
        shares = [metrics[f"{part}, {kind}"] for kind in people.KINDS]
        assert metrics[f"{part}, all"] == pytest.approx(sum(shares) / 6)
    if name == "question only":
        assert metrics["combinations, role"] < 0.1
