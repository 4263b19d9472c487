"""The recipes of lesson 13: what they train on, and what they measure."""

import numpy as np
import pandas as pd
import pytest

import scoreboard
import sentiment
from helpers import data
from helpers.tasks import reviews


def no_progress(*_):
    pass


class Here:
    """Stand in for lesson 13: a bag that answers with the number of known features."""

    def __init__(self):
        self.learnt, self.tested = [], []

    def bag_model(self, texts, pairs, penalty):
        self.learnt.append(list(texts))
        return self, None, lambda texts: self.tested.append(list(texts)) or texts

    def train_model(self, model, x, y, **settings):
        self.settings = settings
        assert len(x) == len(y)

    def predict(self, texts, batch, verbose):
        return np.array([1.0 if "great" in text else -1.0 for text in texts])

    def count_params(self):
        return 7


@pytest.fixture
def here(monkeypatch):
    stand_in = Here()
    monkeypatch.setattr(sentiment.lessons, "load", {"13": stand_in}.get)
    return stand_in


@pytest.mark.parametrize("whole", [False, True])
def test_foods_learn_from_growing_parts_and_never_from_the_test(here, whole):
    found, _ = sentiment.foods(no_progress, "foods.tsv.gz", 0, model="bag", whole=whole)
    assert [len(texts) for texts in here.learnt] == [500, 1_000, 2_000, 3_977]
    assert here.learnt[0] == here.learnt[3][:500], "more reviews, not others"
    table = data.load_table("foods.tsv.gz")
    test = table[table.part == "test"]
    tested = [reviews.tokens(text) for text in test.review]
    cut = [text[: None if whole else 120] for text in tested]
    assert here.tested[1] == cut
    assert not {*map(tuple, cut)} & {*map(tuple, here.learnt[3])}
    right = np.mean(
        [("great" in text) == y for text, y in zip(cut, test.great, strict=True)]
    )
    assert found["test accuracy"] == pytest.approx(right)
    assert (
        found["accuracy with 500"] == pytest.approx(right) and found["parameters"] == 7
    )
    assert here.settings["steps"] == 400


def test_another_seed_takes_other_reviews(here):
    for seed in (0, 1):
        sentiment.foods(no_progress, "foods.tsv.gz", seed, model="bag", whole=False)
    assert here.learnt[0] != here.learnt[4]
    assert sorted(here.learnt[3]) == sorted(here.learnt[7])


def test_tweets_are_scored_by_correlation_and_sign(here):
    found, _ = sentiment.tweets(no_progress, "tweets.tsv.gz", 0, model="bag")
    table = data.load_table("tweets.tsv.gz")
    test = table[table.part == "test"].reset_index(drop=True)
    assert len(here.learnt[0]) == 3_400 and len(here.tested[1]) == 800
    z = pd.Series([2.0 * ("great" in t) - 1 for t in here.tested[1]])
    assert found["correlation"] == pytest.approx(z.corr(test["mean"]))
    clear = test[test["mean"].abs() >= 0.5]
    right = np.sign(z[clear.index]) == np.sign(clear["mean"])
    assert found["right sign"] == pytest.approx(right.mean())


@pytest.mark.parametrize("part", sentiment.RECIPES)
def test_every_recipe_names_a_model_of_the_lesson(part):
    models = [recipe["model"] for _, recipe in sentiment.RECIPES[part].values()]
    known = sentiment.RATES if part == "foods" else sentiment.TWEET_RATES
    assert {*models} <= {*known, "bag", "bag with pairs"}
    assert {seeds for seeds, _ in sentiment.RECIPES[part].values()} == {5}


@pytest.mark.parametrize("model", ["hierarchy", "mean"])
def test_a_network_is_trained_and_scored(lesson, model, monkeypatch):
    monkeypatch.setattr(sentiment, "GRID", (2, 4))
    texts = [["so", "good", "."], ["so", "bad", "."]] * 40
    table = pd.DataFrame({"tokens": texts, "great": [1, 0] * 40})
    settings = {"steps": 40, "rate": 0.05, "loss": "mse"}
    z, count = sentiment.scores(
        lesson("13"), model, table, table[:2], "great", 4, **settings
    )
    assert z.shape == (2,) and z[0] - z[1] > 0.3 and count > 100


def test_what_the_page_says_of_the_tweets_holds():
    results = scoreboard.read()["tweets"]
    sign = {name: entry["mean"]["right sign"] for name, entry in results.items()}
    assert max(sign, key=sign.get) == "bag"
    table = data.load_table("tweets.tsv.gz")
    test = table[table.part == "test"]
    assert np.corrcoef(test["mean"], test.vader)[0, 1] == pytest.approx(0.869, abs=5e-4)
