"""Lesson 16's models of words, trained longer, its tables of counts, and characters."""

import time

import keras
import numpy as np

from helpers import data, lessons
from helpers.tasks import speeches
from helpers.text import Vocabulary


def read(here, file):
    """Return the lesson's sentences, its words, and the ids of each part."""
    found = here.parts_of(data.load_text(file))
    sentences = {part: here.sentences_of(rows) for part, rows in found.items()}
    words = speeches.Words(sentences["train"], size=8_000)
    return sentences, words, {part: words.encode(s) for part, s in sentences.items()}


def bits(here, sentences, words, p):
    """Return the bits per character of the test part, with the spelling of <UNK>."""
    known = set(words.symbols)
    rare, unknown = (
        [token for row in sentences[part] for token in row if token not in known]
        for part in ("train", "test")
    )
    spelled = here.spelling_bits(rare, unknown)
    return (spelled - np.log2(p).sum()) / len(here.string_of(sentences["test"]))


def by_counts(here, ids, words, order, part):
    """Return Kneser-Ney's probabilities of the ids of a part: (ids,)."""
    tables = here.KneserNey(ids["train"], order, len(words))
    return tables.probabilities(here.windows(ids[part], order))


def counted(progress, file, seed, *, order):
    """Score the lesson's Kneser-Ney tables on the test part."""
    here = lessons.load("16")
    sentences, words, ids = read(here, file)
    p = {part: by_counts(here, ids, words, order, part) for part in ids}
    return {
        "perplexity": here.perplexity(p["test"]),
        "validation perplexity": here.perplexity(p["validation"]),
        "bits per character": bits(here, sentences, words, p["test"]),
    }, {}


def trained(progress, file, seed, *, units, drop, readings, rate):
    """Train the lesson's network; score it alone, and mixed with trigrams."""
    here, began = lessons.load("16"), time.process_time()
    sentences, words, ids = read(here, file)
    model = here.word_model(len(words), 128, units, drop)
    progress(0, readings, "shows no progress until it is done")
    losses = here.train(model, ids["train"], readings, 16, 35, 512, rate)
    seconds = time.process_time() - began
    held_out = ("validation", "test")
    alone = {part: np.exp(-here.nats(model, ids[part])) for part in held_out}
    table = {part: by_counts(here, ids, words, 3, part) for part in held_out}
    share = here.best_share(alone["validation"], table["validation"])
    mixed = share * alone["test"] + (1 - share) * table["test"]
    return {
        "perplexity": here.perplexity(alone["test"]),
        "mixed with trigrams": here.perplexity(mixed),
        "share of the network": share,
        "validation perplexity": here.perplexity(alone["validation"]),
        "e to the sampled loss": float(np.exp(np.mean(losses[-100:]))),
        "bits per character": bits(here, sentences, words, mixed),
        "parameters": model.count_params(),
        "seconds of CPU": seconds,
    }, {"models": [model]}


def measure(progress, file, seed, **recipe):
    """Do one run of a recipe: of counts, or of a network."""
    function = counted if "order" in recipe else trained
    return function(progress, file, seed, **recipe)


def characters(progress, file, seed, *, units, drop, readings):
    """Train lesson 08's network on the same text; return its bits per character."""
    here, began = lessons.load("08"), time.process_time()
    words = lessons.load("16")
    sentences, _, _ = read(words, file)
    train, test = (words.string_of(sentences[part]) for part in ("train", "test"))
    vocabulary = Vocabulary(train + test)
    train, test = vocabulary.encode(train), vocabulary.encode(test)
    model = here.character_model(len(vocabulary), 64, units, drop)
    x, y = here.streams(train, 32, 64)  # (steps, 32, 64) each
    steps = readings * len(x)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - 60, warmup_target=0.008, warmup_steps=60
    )
    step = here.make_train_step(
        model, keras.optimizers.Adam(schedule, global_clipnorm=1.0)
    )
    for reading in range(readings):
        progress(reading, readings)
        state = here.empty_state(model, 32)
        for pair in zip(x, y, strict=True):
            _, state = step(*pair, state)
    return {
        "bits per character": here.evaluate(model, test) / np.log(2),
        "parameters": model.count_params(),
        "seconds of CPU": time.process_time() - began,
    }, {}


# How units, dropout, readings and rates were chosen is not on record.
# part -> name -> (number of seeds, arguments of the function)
RECIPES = {
    "speeches": {
        "Kneser-Ney, trigrams": (1, {"order": 3}),
        "Kneser-Ney, 4-grams": (1, {"order": 4}),
        "LSTM(192), 2 readings": (
            5,
            {"units": 192, "drop": 0.2, "readings": 2, "rate": 0.008},
        ),
        "LSTM(256), 6 readings": (
            3,
            {"units": 256, "drop": 0.4, "readings": 6, "rate": 0.008},
        ),
    },
    "speeches by letters": {
        "LSTM(256) of characters, 5 readings": (
            3,
            {"units": 256, "drop": 0.1, "readings": 5},
        ),
    },
}
PARTS = {
    "speeches": (measure, "speeches.txt.bz2"),
    "speeches by letters": (characters, "speeches.txt.bz2"),
}
