"""Lesson 17's captions of pictures and answers to questions, trained longer."""

import numpy as np

from helpers import data, lessons
from helpers.tasks import dates, people

BEAM = 3
CELLS = {"widths": (16, 32, 64), "features": 32, "units": 64}
VECTOR = {"widths": (16, 32, 64), "features": 32, "units": 71}


class Pictures:
    """The pictures of both styles as numbers of colours, and the captions as ids."""

    def __init__(self, file):
        self.arrays = data.load_arrays(file)
        other = data.load_arrays("people_flat.npz")
        self.palette, (self.x, self.other) = people.sources(self.arrays, other)
        captions = people.captions(self.arrays)
        self.words = dates.vocabulary_of(captions)
        self.y = dates.padded(captions, self.words, marks=True)
        self.rows = {part: people.rows_of(self.arrays, part) for part in people.PARTS}


def captioned(progress, file, seed, *, looks, dropout, readings):
    """Train lesson 17's network; return the percentages of captions that are right.

    looks: with attention over the cells, or from one vector. Each part is scored with
    greedy captions and with a beam of 3; "other style" has the pictures of the part
    "combinations" in the style that was never seen.
    """
    here, own = lessons.load("17"), Pictures(file)
    sizes = own.palette, len(own.words)
    if looks:
        models = here.with_cells(*sizes, **CELLS, dropout=dropout)
    else:
        models = here.with_vector(*sizes, **VECTOR)
    known = own.rows["train"]
    white = int(own.palette.sum(axis=1).argmax())
    progress(0, readings, "this part shows no progress until it is done")
    rng = np.random.default_rng(seed)
    here.train(models, own.x[known], own.y[known], white, readings, rng)
    cases = {part: (own.x[rows], own.y[rows]) for part, rows in own.rows.items()}
    cases["other style"] = own.other[own.rows["combinations"]], cases["combinations"][1]
    metrics = {"parameters": sum(model.count_params() for model in models)}
    search = lessons.load("10").search
    for part, (x, y) in cases.items():
        for width in (1, BEAM):
            ids, _ = search(models, x, width, y.shape[1] - 1)
            whole, each = here.scores(ids[:, 0], y)
            prefix = part if width == 1 else f"{part}, beam of {width}"
            metrics[f"{prefix}, whole"] = float(whole)
            metrics[f"{prefix}, words"] = float(each)
    return metrics, {"models": models}


def ruled(progress, file, seed):
    """Caption by lesson 17's rule: the nearest picture, and a count of colours."""
    here, own = lessons.load("17"), Pictures(file)
    known, arrays = own.rows["train"], own.arrays
    skin = people.skin_colours(arrays["palette"])
    cases = {part: (own.x[rows], rows) for part, rows in own.rows.items()}
    rows, metrics = own.rows["combinations"], {}
    cases["other style"] = own.other[rows], rows
    for part, (x, rows) in cases.items():
        found, tone = here.by_rule(x, [own.x[known]], own.palette, skin)
        right = [arrays[c][known[found]] == arrays[c][rows] for c in ("who", "role")]
        right.append(tone == arrays["tone"][rows])
        metrics[f"{part}, whole"] = float(100 * np.all(right, axis=0).mean())
    return metrics, {}


def measure(progress, file, seed, *, model, **recipe):
    """Do one run of a recipe of captions: `model` is "network" or "rule"."""
    return {"network": captioned, "rule": ruled}[model](progress, file, seed, **recipe)


def answered(progress, file, seed, *, sees, hears, readings):
    """Train lesson 17's network for questions on its trained eye; return shares right.

    sees, hears: whether it gets the picture, and the question.
    """
    here, own, senses = lessons.load("17"), Pictures(file), (sees, hears)
    models = here.with_cells(own.palette, len(own.words), **CELLS)
    here.filled(models, data.load_arrays("captions_attention.npz"))
    cells = dates.in_parts(lambda numbers: models[0](numbers)[2], own.x)
    rng = np.random.default_rng(seed)
    asked = people.asked(own.arrays, [*own.rows["train"]] * readings, rng)
    texts, replies = here.texts_of(asked)
    progress(0, readings, "this part shows no progress until it is done")
    model = here.asker(len(texts), len(replies), cells.shape[2])
    here.learn(model, here.encoded(asked, texts, replies), cells, senses, rng)
    metrics = {"parameters": model.count_params()}
    for part in ("validation", "combinations", "pictures"):
        rows = [*own.rows[part]] * 4
        asked = people.asked(own.arrays, rows, np.random.default_rng(0))
        arrays = here.encoded(asked, texts, replies)
        shares = here.shares_right(model, arrays, cells, senses, asked[3])
        shares["all"] = np.mean([*shares.values()])  # as many questions of each kind
        metrics |= {f"{part}, {kind}": float(share) for kind, share in shares.items()}
    return metrics, {}


def _network(looks, readings, dropout=0.0):
    kind = {"model": "network", "looks": looks, "readings": readings}
    return {**kind, "dropout": dropout}


RECIPES = {
    "captions": {
        "rule by hand": (1, {"model": "rule"}),
        "one vector, 30 readings": (5, _network(False, 30)),
        "attention over cells, 30 readings": (5, _network(True, 30)),
        "one vector, 120 readings": (3, _network(False, 120)),
        "attention over cells, 120 readings": (3, _network(True, 120, 0.1)),
    },
    "questions": {
        name: (5, {"sees": sees, "hears": hears, "readings": 8})
        for name, (sees, hears) in {
            "picture and question": (True, True),
            "question only": (False, True),
            "picture only": (True, False),
        }.items()
    },
}
PARTS = {
    "captions": (measure, "people.npz"),
    "questions": (answered, "people.npz"),
}
