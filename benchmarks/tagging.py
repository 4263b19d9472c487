"""Lesson 14's taggers of addresses, trained longer, and its counts."""

import time

import keras
import numpy as np

from helpers import data, lessons
from helpers.tasks import addresses
from helpers.tasks.lines import WordIds


class Texts:
    """The addresses of `train` in ids, for each part or for changed addresses."""

    def __init__(self, here, train, tags, places):
        self.here, self.tags = here, tags
        self.words = WordIds([[here.plain(t) for t in row] for row in train], 10_000)
        self.letters = addresses.LetterIds(train, places)

    def arrays(self, tokens, labels):
        """Return the ids of words, letters and tags, with padding behind."""
        here, time = self.here, max(map(len, tokens))
        rows = [here.bio(names) for names in labels]
        ids = here.encoded(tokens, self.words, self.letters, time)
        return [*ids, addresses.label_ids(rows, self.tags, time)]


def readings_of(texts, train, varied, readings, rng):
    """Return arrays for each reading; `varied`: another form of each, in each."""
    if not varied:
        return [texts.arrays(*train)] * readings
    here, found = texts.here, []
    bank = here.bank_of(*train)
    for _ in range(readings):
        rows = [here.varied(*row, bank, rng) for row in zip(*train, strict=True)]
        found.append(texts.arrays(*zip(*rows, strict=True)))
    return found


def parts_of(file, share, with_validation):
    """Return the tokens and labels to learn from, and those of the test part."""
    table = data.load_table(file)
    train, more, test = (addresses.part_of(table, name) for name in addresses.PARTS)
    count = round(share * len(train[0]))
    train = [rows[:count] for rows in train]
    if with_validation:
        train = [a + b for a, b in zip(train, more, strict=True)]
    return (
        train,
        test,
        sorted({n for p in (train, more, test) for r in p[1] for n in r}),
    )


def counted(progress, file, seed, *, transitions, smooth):
    """Score the counts of lesson 14, with or without transitions, on the test part."""
    here = lessons.load("14")
    train, test, names = parts_of(file, 1, with_validation=False)
    tags = [f"{begin}-{name}" for begin in "BI" for name in names]
    ids = addresses.label_ids([here.bio(r) for r in train[1]], tags, 19)
    counts = here.Counts(train[0], ids, len(tags))
    follows = here.transition_counts(ids, len(tags)) + 0.01
    weights = np.log(follows / follows.sum(axis=1, keepdims=True))
    prior = np.log(counts.every / counts.every.sum())
    found = []
    for row in test[0]:
        p = np.log([counts.probabilities(token, smooth) for token in row])
        path = here.viterbi(p - prior, weights) if transitions else p.argmax(axis=1)
        found.append([tags[k] for k in path])
    return _shares(here, found, test), {}


def tagged(
    progress,
    file,
    seed,
    *,
    reading,
    units,
    spelling,
    readings,
    drop=0.3,
    crf=False,
    varied=False,
    share=1,
    with_validation=False,
):
    """Train lesson 14's tagger; return its measures on the test part.

    share: of the training part. with_validation: learn from the validation part, too.
    """
    here, began = lessons.load("14"), time.process_time()
    train, test, names = parts_of(file, share, with_validation)
    tags = [f"{begin}-{name}" for begin in "BI" for name in names]
    texts, rng = Texts(here, train[0], tags, 16), np.random.default_rng(seed)
    sizes = {"words": len(texts.words), "letters": len(texts.letters)}
    sizes |= {"places": 16, "tags": len(tags)}
    words, letters, _ = texts.arrays(*test)
    progress(0, 1, "shows no progress until the network is done")
    model = here.tagger(sizes, reading, units, spelling, drop)
    every = readings_of(texts, train, varied, readings, rng)
    if crf:
        learned = keras.Variable(np.zeros((len(tags) + 1, len(tags)), "float32"))
        here.train(model, every, rng, here.crf_loss(learned.value), [learned])
        weights = learned.numpy()
    else:
        here.train(model, every, rng)
        weights = here.legal(tags)
    scores = np.array(model([words, letters], training=False))
    found = [
        [tags[i] for i in here.viterbi(s[: len(row)], weights)]
        for s, row in zip(scores, test[0], strict=True)
    ]
    return {
        **_shares(here, found, test),
        "parameters": model.count_params() + crf * np.size(weights),
        "seconds of CPU": time.process_time() - began,
    }, {}


def _shares(here, found, test):
    """Return the shares of tokens and whole addresses, and the F1 of spans."""
    right = [here.bio(names) for names in test[1]]
    shares = {k: v / 100 for k, v in here.measures(found, right).items()}
    return {
        "tokens right": shares["tokens"],
        "whole addresses right": shares["addresses"],
        "F1 of spans": shares["F1"],
    }


BOTH = {"reading": "both", "units": 64, "spelling": True, "readings": 20}
LONG = {
    "reading": "both",
    "units": 128,
    "spelling": True,
    "readings": 40,
    "drop": 0.5,
    "crf": True,
    "varied": True,
}

# name -> (number of seeds, arguments of `tagger_of_addresses`)
RECIPES = {
    "counts": (1, {"transitions": False, "smooth": 0.5}),
    "counts, transitions": (1, {"transitions": True, "smooth": 0.5}),
    "each token alone": (5, {**BOTH, "reading": "alone", "units": 574}),
    "forward LSTM(108)": (5, {**BOTH, "reading": "forward", "units": 108}),
    "BiLSTM(108), words only": (5, {**BOTH, "units": 108, "spelling": False}),
    "BiLSTM(64)": (5, BOTH),
    "BiLSTM(64), CRF": (5, {**BOTH, "crf": True}),
    # As many steps from a quarter and a half as the 40 readings of all have.
    "BiLSTM(128), CRF, varied, from 260 addresses": (
        5,
        {**LONG, "share": 0.25, "readings": 169},
    ),
    "BiLSTM(128), CRF, varied, from 519 addresses": (
        5,
        {**LONG, "share": 0.5, "readings": 89},
    ),
    "BiLSTM(128), CRF, varied, from 1,188 addresses": (
        5,
        {**LONG, "with_validation": True},
    ),
}


def tagger_of_addresses(progress, file, seed, **recipe):
    """Do one run of a recipe: of the counts, or of a network."""
    function = counted if "smooth" in recipe else tagged
    return function(progress, file, seed, **recipe)
