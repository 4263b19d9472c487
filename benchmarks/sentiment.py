"""The recipes of lesson 13: bags and networks on food reviews and on rated tweets."""

import time

import keras
import numpy as np

from helpers import data, lessons
from helpers.tasks import reviews

LENGTH, GRID, SHORT = 120, (16, 16), 40  # tokens; sentences x tokens; tokens of a tweet
SIZES = (500, 1_000, 2_000, None)  # reviews to learn from; None: all
BAG = {"steps": 400, "rate": 0.03}
RATES = {"mean": 0.05, "attention": 0.03, "Conv1D": 0.01, "hierarchy": 0.01}
TWEET_RATES = {
    "bag": 0.05,
    "bag with pairs": 0.05,
    "mean": 0.03,
    "attention": 0.02,
    "Conv1D": 0.01,
    "BiLSTM": 0.01,
}


def parts_of(file, text, length):
    """Return all rows to learn from and the test rows, with their tokens."""
    table = data.load_table(file)
    table["tokens"] = [reviews.tokens(t)[:length] for t in table[text]]
    return table[table.part != "test"], table[table.part == "test"]


def scores(here, model, learn, test, target, length, **training):
    """Train one model of the lesson; return its test scores and its parameters.

    model: "bag", "bag with pairs", or the kind of a network.
    """
    y = learn[target].to_numpy("float32")
    if model.startswith("bag"):
        pairs = model == "bag with pairs"
        network, _, encode = here.bag_model(learn.tokens, pairs, 0.003)
        x, x_test = encode(learn.tokens), encode(test.tokens)
    else:
        words = reviews.vocabulary(learn.tokens)
        parts = learn.tokens, test.tokens
        if model == "hierarchy":
            x, x_test = (reviews.grids(part, words, *GRID) for part in parts)
            network = here.hierarchical_model(len(words), *GRID)
        else:
            x, x_test = (reviews.rows(part, words, length) for part in parts)
            network = here.reading_model(model, len(words), length)
    here.train_model(network, x, y, **training)
    return network.predict(x_test, 1_000, verbose=0), network.count_params()


def foods(progress, file, seed, *, model, whole):
    """Train a model on 500 reviews, on more, and on all; return the accuracies.

    A seed decides which reviews, the first weights, and the order. whole: read whole
    reviews, not only their first 120 tokens.
    """
    here, found, began = lessons.load("13"), {}, time.process_time()
    learn, test = parts_of(file, "review", None if whole else LENGTH)
    order = np.random.default_rng(seed).permutation(len(learn))
    recipe = BAG if model.startswith("bag") else {"steps": 100, "rate": RATES[model]}
    recipe = {**recipe, "loss": keras.losses.BinaryCrossentropy(from_logits=True)}
    for i, size in enumerate(SIZES):
        progress(i, len(SIZES), f"{size or len(learn)} reviews")
        some = learn.iloc[order[:size]]
        z, count = scores(here, model, some, test, "great", LENGTH, **recipe)
        name = f"accuracy with {size}" if size else "test accuracy"
        found[name] = float(np.mean((z > 0) == test.great))
    cpu = time.process_time() - began
    return {**found, "parameters": count, "CPU seconds": cpu}, {}


def tweets(progress, file, seed, *, model):
    """Train a model to say the mean rating; return its correlation with it."""
    here, began = lessons.load("13"), time.process_time()
    learn, test = parts_of(file, "tweet", SHORT)
    progress(0, 1)
    rate, steps = TWEET_RATES[model], 600 if model.startswith("bag") else 300
    recipe = {"steps": steps, "rate": rate, "loss": "mse"}
    z, count = scores(here, model, learn, test, "mean", SHORT, **recipe)
    felt = test["mean"].to_numpy()
    clear = abs(felt) >= 0.5
    return {
        "correlation": float(np.corrcoef(z, felt)[0, 1]),
        "right sign": float(np.mean((z > 0)[clear] == (felt > 0)[clear])),
        "parameters": count,
        "CPU seconds": time.process_time() - began,
    }, {}


PARTS = {"foods": (foods, "foods.tsv.gz"), "tweets": (tweets, "tweets.tsv.gz")}
RECIPES = {
    "foods": {
        "bag": (5, {"model": "bag", "whole": False}),
        "bag with pairs": (5, {"model": "bag with pairs", "whole": False}),
        "bag with pairs, whole reviews": (
            5,
            {"model": "bag with pairs", "whole": True},
        ),
        "mean of embeddings": (5, {"model": "mean", "whole": False}),
        "attention over embeddings": (5, {"model": "attention", "whole": False}),
        "Conv1D and BiLSTM": (5, {"model": "Conv1D", "whole": False}),
        "hierarchical attention": (5, {"model": "hierarchy", "whole": False}),
    },
    "tweets": {
        "bag": (5, {"model": "bag"}),
        "bag with pairs": (5, {"model": "bag with pairs"}),
        "mean of embeddings": (5, {"model": "mean"}),
        "attention over embeddings": (5, {"model": "attention"}),
        "BiLSTM with attention": (5, {"model": "BiLSTM"}),
        "Conv1D and BiLSTM": (5, {"model": "Conv1D"}),
    },
}
