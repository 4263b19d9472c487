"""Letters to phonemes: lesson 10's network and its table, on the whole dictionary."""

import numpy as np

from helpers import data, lessons
from helpers.tasks import dates, sounds, stress

BEAM = 5


def _parts(here, by_family):
    """Return the pronunciations without stress, and the lesson's split of the words.

    The split is the same for all seeds, and with and without stress.
    """
    texts = [data.load_text(name) for name in sounds.FILES]
    words = sounds.pronunciations(*texts, stressed=False)
    groups = sounds.families(words) if by_family else [[word] for word in words]
    return words, here.parts_of(groups)


def _rates(here, said, words, chosen, prefix=""):
    """Return {name: PER or WER in percent} of the answers to the chosen words."""
    per, wer = here.error_rates(said, [words[word] for word in chosen])
    return {f"{prefix}PER": float(per), f"{prefix}WER": float(wer)}


def _bare(phonemes):
    return stress.without_stress(phonemes) if phonemes else ()


def network(
    progress, file, seed, *, stressed, by_family, units, dropout, size, steps, peak
):
    """Train lesson 10's network; return error rates without stress, in percent.

    If it is trained with stress, the digits are taken off its answers, and the rates
    with stress are returned, too. A beam of 5 searches, without length normalisation;
    "greedy" and "validation" are named so.
    """
    here = lessons.load("10")
    bare, (train, validation, test) = _parts(here, by_family)
    texts = [data.load_text(name) for name in sounds.FILES]
    words = sounds.pronunciations(*texts) if stressed else bare
    letters = dates.vocabulary_of([sounds.LETTERS])
    phonemes = dates.vocabulary_of([p for own in words.values() for p in own])
    spelled, spoken = sounds.pairs(words, train)
    x = sounds.letter_ids(spelled, letters)
    y = dates.padded(spoken, phonemes, marks=True)
    models = (
        here.reader(len(letters), 32, units, dropout),
        here.speaker(len(phonemes), 32, units, dropout),
    )
    progress(0, steps, "this part shows no progress until it is done")
    here.train(models, x, y, steps, np.random.default_rng(seed), peak, size)
    metrics = {"parameters": sum(model.count_params() for model in models)}
    for prefix, chosen, width in (
        ("", test, BEAM),
        ("greedy ", test, 1),
        ("validation ", validation, BEAM),
    ):
        ids, _ = here.search(models, sounds.letter_ids(chosen, letters), width)
        said = sounds.spoken(ids[:, 0], phonemes)
        metrics |= _rates(here, [_bare(p) for p in said], bare, chosen, prefix)
        if stressed:
            metrics |= _rates(here, said, words, chosen, f"{prefix}stressed ")
        lists = [sounds.spoken(beam, phonemes) for beam in ids]
        hits = [
            any(_bare(p) in bare[word] for p in own)
            for own, word in zip(lists, chosen, strict=True)
        ]
        if width > 1:
            metrics[f"{prefix}right among five"] = float(100 * np.mean(hits))
    return metrics, {"models": models}


def table(progress, file, seed, *, by_family, widest):
    """Fit lesson 10's table of letters and neighbours; return its error rates."""
    here = lessons.load("10")
    words, (train, validation, test) = _parts(here, by_family)
    pairs = list(zip(*sounds.pairs(words, train), strict=True))
    progress(0, 1, "this part shows no progress until it is done")
    found = here.context_table(here.fit_chunks(pairs), widest)
    metrics = {"windows": len(found)}
    for prefix, chosen in (("", test), ("validation ", validation)):
        said = [here.by_table(found, word, widest) for word in chosen]
        metrics |= _rates(here, said, words, chosen, prefix)
    return metrics, {}


def measure(progress, file, seed, *, model, **recipe):
    """Do one run of a recipe: `model` is "network" or "table"."""
    return {"network": network, "table": table}[model](progress, file, seed, **recipe)


MINUTE = {"units": 128, "dropout": 0.0, "size": 64, "steps": 2_400, "peak": 0.006}
QUARTER = {"units": 256, "dropout": 0.2, "size": 128, "steps": 12_000, "peak": 0.004}
HOUR = {"units": 384, "dropout": 0.3, "size": 128, "steps": 28_000, "peak": 0.003}


def _network(recipe, stressed=False, by_family=False):
    kind = {"model": "network", "stressed": stressed, "by_family": by_family}
    return {**kind, **recipe}


RECIPES = {
    "LSTM(128), a minute": (3, _network(MINUTE)),
    "LSTM(128), a minute, with stress": (3, _network(MINUTE, stressed=True)),
    "LSTM(256), a quarter of an hour": (3, _network(QUARTER)),
    "LSTM(256), a quarter of an hour, by family": (1, _network(QUARTER, False, True)),
    "LSTM(384), an hour": (1, _network(HOUR)),
    "table of neighbours": (1, {"model": "table", "by_family": False, "widest": 5}),
    "table of neighbours, by family": (
        1,
        {"model": "table", "by_family": True, "widest": 5},
    ),
}
