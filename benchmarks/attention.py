"""Recurrence against attention: lesson 18's races, longer, with several seeds.

Each function returns a curve, too: [[seconds of CPU, measure], ...].
`score` is "test", or "validation" for choosing the settings.
"""

import time

import keras
import numpy as np

from helpers import data, lessons
from helpers.tasks import dates
from helpers.text import Vocabulary, split


def adam(rate, steps):
    """Return Adam whose rate rises to `rate`, then falls along a cosine to 0."""
    warmup = min(60, steps // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=rate, warmup_steps=warmup
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=1.0)


def characters(
    progress, file, seed, *, network, size, batch, window, rate, readings, score
):
    """Train an LSTM or a Transformer on the plays; return its loss in nats.

    size: arguments of its builder. The last tenth of the text is the test, and the
    tenth before it for validation. The loss is that of the second half of windows of
    64 characters, which begin with an empty memory.
    """
    here, eight = lessons.load("18"), lessons.load("08")
    vocabulary, rng = Vocabulary(data.load_text(file)), np.random.default_rng(seed)
    ids = vocabulary.encode(data.load_text(file))
    train, rest = split(ids, 0.2)
    held_out = dict(zip(("validation", "test"), split(rest, 0.5), strict=True))[score]
    recurrent = network == "LSTM"
    build = eight.character_model if recurrent else here.transformer
    model = build(len(vocabulary), **size)
    if recurrent:
        parts = [eight.streams(train, batch, window)] * readings
    else:
        parts = [here.mixed(train, batch, window, rng) for _ in range(readings)]
    step = eight.make_train_step(model, adam(rate, sum(len(x) for x, _ in parts)))
    watch = eight.streams(held_out, 20, 64)  # (steps, 20, 64) each
    progress(0, 1, "this part shows no progress until it is done")
    few = [part[::4] for part in watch]
    run, curve = here.trained(model, step, parts, recurrent, few)
    found = {f"{score} loss (nats)": here.losses(run, here.empty(model, 20), *watch)}
    if recurrent:
        more = here.losses(run, here.empty(model, 20), *watch, carried=True)
        found[f"{score} loss, state carried (nats)"] = more
    return {
        **{name: float(loss[..., 32:].mean()) for name, loss in found.items()},
        "seconds of CPU": float(curve[-1, 0]),
        "parameters": model.count_params(),
    }, {"curve": curve.tolist()}


def pair_of(network, size, symbols, longest):
    """Return an encoder and a decoder: lesson 09's with attention, or lesson 18's."""
    here = lessons.load("18")
    if network == "LSTM":
        return lessons.load("09").with_attention(*symbols, 24, size)
    return (
        here.source_encoder(symbols[0], size, 4, longest[0]),
        here.transformer(symbols[1], size, 4, 1, longest[1], reads=True),
    )


def translation(progress, file, seed, *, network, size, rate, steps, score):
    """Train an encoder and a decoder on dates; return the share that is right.

    The last 2,000 training dates are for validation; the curve is of 500 dates.
    """
    here, nine, table = lessons.load("18"), lessons.load("09"), data.load_table(file)
    learn = table[table.part == "train"]
    held_out = {"validation": learn[-2_000:], "test": table[table.part == "test"]}
    symbols = [dates.vocabulary_of([*table[c], ";"]) for c in ("source", "target")]
    x, y = nine.ids_of(learn[:-2_000], *symbols)
    x_test, y_test = nine.ids_of(held_out[score], *symbols)
    pair = pair_of(network, size, [*map(len, symbols)], (x.shape[1], y.shape[1]))
    write = nine.written_by if network == "LSTM" else here.answers

    def share(count):
        written = write(pair, x_test[:count], y.shape[1] - 1)
        return float(nine.exact(written, y_test[:count]).mean())

    step, passed, curve = nine.make_train_step(*pair, adam(rate, steps)), 0.0, []
    batches = dates.batches(x, y, 64, steps, np.random.default_rng(seed))
    for i, batch in enumerate(batches, start=1):
        began = time.process_time()
        step(*batch)
        passed += time.process_time() - began
        if i % (steps // 10) == 0:
            curve.append([passed, share(500)])
            progress(i, steps, f"right {curve[-1][1]:.3f}")
    return {
        f"{score} exact match": share(None),
        "seconds of CPU": passed,
        "parameters": sum(model.count_params() for model in pair),
    }, {"curve": curve}


LSTM = {"network": "LSTM", "size": {"embedding": 64, "units": 128}, "score": "test"}
TRANSFORMER = {
    "network": "Transformer",
    "size": {"width": 64, "heads": 4, "blocks": 2, "context": 64},
    "score": "test",
}
# name -> (number of seeds, arguments of `characters`); two sizes of training
CHARACTERS = {
    f"{name}, {readings} reading{'s' * (readings > 1)}": (
        3,
        {**network, **settings, "readings": readings},
    )
    for readings in (1, 8)
    for name, network, settings in (
        ("LSTM(128)", LSTM, {"batch": 32, "window": 32, "rate": 0.012}),
        (
            "Transformer, 2 x 64",
            TRANSFORMER,
            {"batch": 16, "window": 64, "rate": 0.006},
        ),
    )
}
# name -> (number of seeds, arguments of `translation`); the second ones: three readings
DATES = {
    f"{name}, {steps} steps": (
        3,
        {"network": kind, "size": size, "rate": rate, "steps": steps, "score": "test"},
    )
    for counts in ((350, 500), (2_150, 2_150))
    for (name, kind, size, rate), steps in zip(
        (
            ("LSTM with attention", "LSTM", 96, 0.008),
            ("Transformer", "Transformer", 56, 0.004),
        ),
        counts,
        strict=True,
    )
}
