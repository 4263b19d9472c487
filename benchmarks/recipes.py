"""The recipes: models of the lessons, trained longer. No model is defined here.

A recipe is a function and its arguments. The function gets (progress, file, seed) and
these arguments, and returns its metrics, and what else is to be kept of the run.
"""

import hashlib
import os
import re
import time
from pathlib import Path

import keras
import numpy as np

import attention
import captions
import cells
import embeddings
import forecasting
import language
import memories
import pronunciation
import sentiment
import speed
import tagging
from helpers import data, lessons, runtime
from helpers.tasks import dates, lines, stress
from helpers.text import Vocabulary, split

SHORTEST = 75_000  # characters, so that a tenth fills the windows of `evaluate`


def cosine(peak, steps, warmup=60):
    """Return a learning rate that rises to `peak`, then falls along a cosine to 0."""
    warmup = min(warmup, steps // 2)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=peak, warmup_steps=warmup
    )


def save_weights(name, models):
    """Save the weights of models, one after the other, as `datasets/<name>`.

    Its checksum is written into its line of `datasets/README.md`.
    """
    kind = "float16" if name in HALF else "float32"
    weights = [w.astype(kind) for model in models for w in model.get_weights()]
    half, page = data.DATASETS / f"half_{name}", data.DATASETS / "README.md"
    np.savez_compressed(half, *weights)
    digest = hashlib.sha256(half.read_bytes()).hexdigest()
    text = page.read_text(encoding="utf-8")
    line = re.compile(rf"(\| `{re.escape(name)}`.*`)[0-9a-f]{{64}}(` \|)")
    os.replace(half, data.DATASETS / name)
    page.write_text(line.sub(rf"\g<1>{digest}\2", text), encoding="utf-8")


def shakespeare(progress, file, seed, *, units, dropout, readings, window, peak):
    """Train lesson 08's model on 90 % of a text; return its loss on the rest.

    Also the curve [[seconds of training, held-out loss], ...]. The optimiser is Adam,
    with a weight decay of 0.01.
    """
    ours = file == "shakespeare.txt.gz"
    text = data.load_text(file) if ours else data.read_text(file)
    if len(text) < SHORTEST:
        raise SystemExit(
            f"{file} has {len(text):,} characters: take one of at least {SHORTEST:,}."
        )
    vocabulary, here = Vocabulary(text), lessons.load("08")
    train, test = split(text, 0.1)
    train, test = vocabulary.encode(train), vocabulary.encode(test)
    model = here.character_model(len(vocabulary), 64, units, dropout)
    x, y = here.streams(train, 32, window)  # (steps, 32, window) each
    total, passed, losses, curve = readings * len(x), 0.0, [], []
    step = here.make_train_step(
        model,
        keras.optimizers.AdamW(
            cosine(peak, total), weight_decay=0.01, global_clipnorm=1.0
        ),
    )
    for begin in range(0, total, (total + 23) // 24):  # measure 24 times
        started = time.perf_counter()
        for i in range(begin, min(total, begin + (total + 23) // 24)):
            if i % len(x) == 0:
                state = here.empty_state(model, 32)
            loss, state = step(x[i % len(x)], y[i % len(x)], state)
            losses.append(float(loss))
        passed += time.perf_counter() - started
        curve.append([round(passed, 2), here.evaluate(model, test)])
        progress(i + 1, total, f"held out {curve[-1][1]:.3f}")
    return {
        "held-out loss (nats)": curve[-1][1],
        "training loss (nats)": float(np.mean(losses[-100:])),
        "seconds of training": passed,
        "parameters": model.count_params(),
    }, {"curve": curve, "models": [model]}


def mnist1d(progress, file, seed, *, widths, both_ways, in_order, epochs):
    """Train lesson 05's model on MNIST-1D; return its accuracy on the test part.

    in_order: False shuffles the time axis by one permutation, the same for all seeds.
    """
    here, arrays = lessons.load("05"), data.load_arrays(file)
    order = np.arange(40) if in_order else np.random.default_rng(0).permutation(40)
    x, x_test = (here.frames(arrays[k][:, order], 2) for k in ("x_train", "x_test"))
    schedule = cosine(0.01, epochs * len(x) // 32)
    model = here.digit_model(2, widths, schedule, both_ways)
    show = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress(epoch + 1, epochs)
    )
    model.fit(x, arrays["y_train"], 32, epochs, verbose=0, callbacks=[show])
    _, accuracy = model.evaluate(x_test, arrays["y_test"], 500, verbose=0)
    return {"test accuracy": accuracy, "parameters": model.count_params()}, {}


def stressed_vowel(progress, file, seed, *, reading, units, train, epochs):
    """Train lesson 07's model on CMUdict; return the share of words that are right.

    The test has 8,000 words of families (inflections, homophones) not in training.
    """
    here, length = lessons.load("07"), 17
    words = stress.first_pronunciations(data.load_text(file))
    words = {word: p for word, p in words.items() if len(p) <= length}
    rng = np.random.default_rng(seed)
    parts = stress.split_families(stress.families(words), train, 8_000, rng)
    (x, y), (x_test, y_test) = (here.encoded(p, words, length) for p in parts)
    model = here.stress_model(reading, units, length, 32)
    schedule = cosine(0.01, epochs * (len(x) // 256 + 1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(schedule, global_clipnorm=1.0), loss)
    model.optimizer.build(model.trainable_variables)  # or fit traces its step twice
    show = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress(epoch + 1, epochs)
    )
    model.fit(x, y, 256, epochs, verbose=0, callbacks=[show])
    right = model.predict(x_test, 1_000, verbose=0).argmax(axis=1) == y_test
    first = here.is_vowel(x_test).argmax(axis=1) == y_test
    return {
        "words right": float(right.mean()),
        "right by stressing the first vowel": float(first.mean()),
        "parameters": model.count_params(),
    }, {}


def _pair(here, symbols, units, attention):
    """Return lesson 09's two-way encoder, and a decoder with or without attention."""
    sizes = [len(s) for s in symbols]
    if attention:
        return here.with_attention(*sizes, 24, units)
    reads = here.two_way_encoder(sizes[0], 24, units)
    plain = keras.Model(reads.input, reads.outputs[:2])
    return plain, here.decoder(sizes[1], 12, units)


def translation(progress, file, seed, *, attention, units, steps):
    """Train lesson 09's models on dates; return how many test dates are right."""
    here, table = lessons.load("09"), data.load_table(file)
    train, test = (
        table[table.part == p].reset_index(drop=True) for p in ("train", "test")
    )
    symbols = [dates.vocabulary_of([*table[c], ";"]) for c in ("source", "target")]
    (x, y), (x_test, y_test) = (here.ids_of(rows, *symbols) for rows in (train, test))
    pair = _pair(here, symbols, units, attention)
    progress(0, steps, "this part shows no progress until it is done")
    here.train(pair, x, y, steps, np.random.default_rng(seed))
    written = here.written_by(pair, x_test, y.shape[1] - 1)
    metrics = {
        "exact match": float(here.exact(written, y_test).mean()),
        "characters right": float((written == y_test[:, 1:])[:, :10].mean()),
        "parameters": sum(model.count_params() for model in pair),
    }
    if attention:
        own = np.concatenate([y_test[:, :1], written], axis=1)
        weights = here.attention_of(pair, x_test, own)
        metrics["alignment"] = float(here.aligned(weights, test).mean())
    return metrics, {"models": pair}


def lists(progress, file, seed, *, attention, units, steps):
    """Train lesson 09's models on lists of dates; return how many are right.

    The lists have one, two or three dates: 60,000 to learn from, and 1,500 to test,
    which are the same for all seeds.
    """
    here, table = lessons.load("09"), data.load_table(file)
    train, test = (
        table[table.part == p].reset_index(drop=True) for p in ("train", "test")
    )
    symbols = [dates.vocabulary_of([*table[c], ";"]) for c in ("source", "target")]
    rng = np.random.default_rng(seed)
    train = dates.lists_of(train, 60_000, 3, rng)
    test = dates.lists_of(test, 1_500, 3, np.random.default_rng(0))
    (x, y), (x_test, y_test) = (here.ids_of(rows, *symbols) for rows in (train, test))
    pair = _pair(here, symbols, units, attention)
    progress(0, steps, "this part shows no progress until it is done")
    here.train(pair, x, y, steps, rng)
    right = here.exact(here.written_by(pair, x_test, y_test.shape[1] - 1), y_test)
    each = {f"lists of {k}": float(right[test.dates == k].mean()) for k in (1, 2, 3)}
    return {
        "exact match": float(right.mean()),
        **each,
        "parameters": sum(model.count_params() for model in pair),
    }, {"models": pair}


def padding(progress, file, seed, *, side, masked, both_ways, flipped, epochs):
    """Do one run of lesson 06's laboratory; return the share of right answers."""
    here = lessons.load("06")
    every = lines.with_one_order(lines.lines_of(data.load_text(file)))
    train, test = split(every, held_out=0.1)
    words, settings = lines.WordIds(train, size=1_000), (60, 16, 512, epochs, 1)
    progress(0, 1, "this part shows no progress until it is done")
    how = side, masked, both_ways, flipped
    (right,) = here.shares_right(*how, train, test, words, settings, seed)
    return {"right answers": float(right)}, {}


def fingerprint(file):
    """Return {file name: SHA-256} of a data set, or of a file of one's own."""
    if file is None:
        return {"tinyshakespeare.txt": TINY}
    path = data.DATASETS / file if (data.DATASETS / file).exists() else Path(file)
    if not path.is_file():
        raise SystemExit(f"There is no file {path}: check the name and the folder.")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


SHORT = {"dropout": 0.0, "window": 32, "peak": 0.012}
LONG = {"units": 384, "dropout": 0.3, "readings": 10, "window": 64, "peak": 0.004}
MIDDLE = {"units": 256, "dropout": 0.1, "readings": 7, "window": 64, "peak": 0.006}
STRESS = {"train": 80_000, "epochs": 10}
DATES = {"steps": 2150}  # three readings

TINY = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"  # SHA-256

# part -> (function, data set)
PARTS = {
    "shakespeare": (shakespeare, "shakespeare.txt.gz"),
    "tiny": (shakespeare, None),  # --text: tiny Shakespeare, or a text of one's own
    "mnist1d": (mnist1d, "mnist1d.npz"),
    "stress": (stressed_vowel, "cmudict.txt.gz"),
    "padding": (padding, "shakespeare.txt.gz"),
    "dates": (translation, "dates.tsv.gz"),
    "lists": (lists, "dates.tsv.gz"),
    "speed": (speed.measure, "shakespeare.txt.gz"),
    "pronunciation": (pronunciation.measure, "sounds.txt.gz"),
    **cells.PARTS,
    "streets": (forecasting.forecast_streets, "streets.tsv.gz"),
    **sentiment.PARTS,
    "addresses": (tagging.tagger_of_addresses, "addresses.tsv.gz"),
    **captions.PARTS,
    **language.PARTS,
    "attention on characters": (attention.characters, "shakespeare.txt.gz"),
    "attention on dates": (attention.translation, "dates.tsv.gz"),
    **embeddings.PARTS,
    **memories.PARTS,
}

# (part, name) -> the file for the weights of its run with seed 0
WEIGHTS = {
    ("shakespeare", "LSTM(384), 10 readings"): "shakespeare_lstm.npz",
    ("dates", "with attention"): "dates_attention.npz",
    ("lists", "without attention, 9 times as long"): "lists_plain.npz",
    ("pronunciation", "LSTM(256), a quarter of an hour"): "sounds_attention.npz",
    ("captions", "attention over cells, 120 readings"): "captions_attention.npz",
    ("speeches", "LSTM(256), 6 readings"): "speeches_lstm.npz",
    **memories.WEIGHTS,
}
# kept in half precision: nothing is lost
HALF = {"captions_attention.npz", "sounds_attention.npz", "speeches_lstm.npz"}
HALF |= {*memories.WEIGHTS.values()}

# part -> name -> (number of seeds, arguments of the function)
RECIPES = {
    "shakespeare": {
        "LSTM(192), 3 readings": (5, {**SHORT, "units": 192, "readings": 3}),
        "LSTM(384), 10 readings": (3, LONG),
    },
    "tiny": {
        "LSTM(128), 2 readings": (5, {**SHORT, "units": 128, "readings": 2}),
        "LSTM(256), 7 readings": (5, MIDDLE),
        "LSTM(384), 10 readings": (3, LONG),
    },
    "mnist1d": {
        f"{layers} x {kind}({units}){time}": (
            5,
            {
                "widths": [units] * layers,
                "both_ways": kind == "BiLSTM",
                "in_order": time == "",
                "epochs": 30,
            },
        )
        for time in ("", ", shuffled time")
        for layers, kind, units in (  # all with about 36,600 parameters
            (1, "LSTM", 93),
            (2, "LSTM", 54),
            (1, "BiLSTM", 65),
            (2, "BiLSTM", 33),
        )
    },
    "stress": {
        "forward LSTM(96)": (3, {**STRESS, "reading": "forward", "units": 96}),
        "backward LSTM(96)": (3, {**STRESS, "reading": "backward", "units": 96}),
        "BiLSTM(64)": (5, {**STRESS, "reading": "bidirectional", "units": 64}),
    },
    "padding": {
        name: (
            5,
            {
                "side": "post" if "behind" in name else "pre",
                "masked": "with mask" in name,
                "both_ways": "both ways" in name,
                "flipped": "reversed" in name,
                "epochs": 6,
            },
        )
        for name in (
            "behind, no mask",
            "behind, with mask",
            "in front, no mask",
            "in front, with mask",
            "in front, reversed, no mask",
            "behind, both ways, no mask",
            "behind, both ways, with mask",
        )
    },
    "dates": {
        "with attention": (
            5,
            {**DATES, "attention": True, "units": 96},
        ),
        "without attention": (
            5,
            {**DATES, "attention": False, "units": 110},
        ),
    },
    "lists": {
        "with attention": (3, {"attention": True, "units": 96, "steps": 700}),
        "without attention": (3, {"attention": False, "units": 110, "steps": 700}),
        "without attention, 9 times as long": (
            1,
            {"attention": False, "units": 110, "steps": 6300},
        ),
    },
    "speed": {what: (1, {"what": what}) for what in speed.WHAT},
    "pronunciation": pronunciation.RECIPES,
    **cells.RECIPES,
    "streets": forecasting.RECIPES,
    **sentiment.RECIPES,
    "addresses": tagging.RECIPES,
    **captions.RECIPES,
    **language.RECIPES,
    "attention on characters": attention.CHARACTERS,
    "attention on dates": attention.DATES,
    **embeddings.RECIPES,
    **memories.RECIPES,
}


def train(part, name, seed, progress, file):
    """Do one run; return it as `store.add` wants it, and the trained models."""
    (function, _), (_, recipe) = PARTS[part], RECIPES[part][name]
    runtime.begin(seed)
    began = time.process_time()  # other work on the machine does not count
    metrics, more = function(progress, file, seed, **recipe)
    seconds, models = round(time.process_time() - began, 1), more.pop("models", [])
    return {"seed": seed, "metrics": metrics, "seconds": seconds, **more}, models
