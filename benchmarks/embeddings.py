"""Lesson 15's vectors of words: by counting and by learning, from less or more text."""

import time

import numpy as np

from helpers import data, lessons
from helpers.tasks import speeches, wordsets


def measure(progress, file, seed, *, rows, readings, since, width):
    """Make vectors in one way; return how they do in WordSim and in analogies.

    rows: None counts; "skip_grams" or "bags" learns from such rows, so often.
    """
    here, began = lessons.load("15"), time.process_time()
    sentences = here.text_since(since)
    words = speeches.Words(sentences, size=8_000)
    ids, rng = words.encode(sentences), np.random.default_rng(seed)
    progress(0, 1, "shows no progress until it is done")
    if rows is None:
        matrix = here.ppmi(here.count_pairs(ids, len(words), 5))
        left, values = here.svd(matrix, width, rng)
        vectors = left * np.sqrt(values)
    else:
        how = getattr(here, rows)
        vectors, *_ = here.train(ids, len(words), width, readings, rng, how)
    seconds, vectors = time.process_time() - began, here.unit(vectors)
    judged, related = (data.load_table(f"{n}.tsv.gz") for n in ("wordsim", "analogies"))
    metrics = {}
    for part, before in (("test", ""), ("validation", "validation ")):
        pairs = wordsets.judged(judged, part, words)
        asked, _ = wordsets.questions(related, part, words)
        metrics[f"{before}WordSim"] = here.agreement(vectors, *pairs)
        right = here.solved(vectors, asked)
        metrics[f"{before}analogies right"] = float(right.mean())
    return {**metrics, "tokens": len(ids), "seconds of CPU": seconds}, {}


COUNT = {"rows": None, "readings": 0, "since": 1900, "width": 64}
LEARN = {"rows": "skip_grams", "readings": 2, "since": 1900, "width": 64}

# part -> name -> (number of seeds, arguments of the function)
RECIPES = {
    "word vectors": {
        "PPMI + SVD(64)": (5, COUNT),
        "skip-gram(64), 2 readings": (5, LEARN),
        "CBOW(64), 2 readings": (5, {**LEARN, "rows": "bags"}),
        "skip-gram(64), 10 readings": (3, {**LEARN, "readings": 10}),
        "PPMI + SVD(64), since 1790": (3, {**COUNT, "since": 1790}),
        "skip-gram(64), 10 readings, since 1790": (
            3,
            {**LEARN, "readings": 10, "since": 1790},
        ),
    }
}
PARTS = {"word vectors": (measure, "speeches.txt.bz2")}
