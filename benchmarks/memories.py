"""Lesson 19's five readers of characters, with as many parameters each."""

import keras
import numpy as np
import tensorflow as tf

from attention import adam
from helpers import data, lessons
from helpers.text import Vocabulary, split


def make_train_step(model, optimizer):
    """Return a compiled function: x, y, memory -> loss in nats, new memory."""
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer.build(model.trainable_variables)  # or the step is traced twice

    @tf.function
    def train_step(x, y, memory):
        with tf.GradientTape() as tape:
            logits, *new = model([x, *memory], training=True)
            loss = cross_entropy(y, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss, new

    return train_step


def read(progress, file, seed, *, network, rate, batch, readings, score):
    """Train a network on windows of 64 characters of the plays; return its loss.

    Each window begins with an empty memory, for all networks. The last tenth of the
    text is the test, and the tenth before it for validation (`score` says which). The
    loss is that of the second half of such windows.
    """
    here, eight, eighteen = (lessons.load(number) for number in ("19", "08", "18"))
    vocabulary, rng = Vocabulary(data.load_text(file)), np.random.default_rng(seed)
    ids = vocabulary.encode(data.load_text(file))
    train, rest = split(ids, 0.2)
    held_out = dict(zip(("validation", "test"), split(rest, 0.5), strict=True))[score]
    model = here.reader(network, len(vocabulary))
    parts = [eighteen.mixed(train, batch, 64, rng) for _ in range(readings)]
    step = make_train_step(model, adam(rate, sum(len(x) for x, _ in parts)))
    watch = eight.streams(held_out, 20, 64)  # (steps, 20, 64) each
    progress(0, 1, "this part shows no progress until it is done")
    few = [part[::4] for part in watch]
    run, curve = eighteen.trained(model, step, parts, False, few)
    loss = eighteen.losses(run, eighteen.empty(model, 20), *watch)[..., 32:].mean()
    return {
        f"{score} loss (nats)": float(loss),
        "seconds of CPU": float(curve[-1, 0]),
        "parameters": model.count_params(),
    }, {"curve": curve.tolist(), "models": [model]}


RATES = {"SimpleRNN": 0.012, "LSTM": 0.012, "GRU": 0.012, "nBRC": 0.012}
RATES["Transformer"] = 0.006
SETTING = {"batch": 16, "readings": 3, "score": "test"}
PARTS = {"readers": (read, "shakespeare.txt.gz")}
RECIPES = {  # part -> name -> (number of seeds, arguments of the function)
    "readers": {
        name: (3, {"network": name, "rate": rate, **SETTING})
        for name, rate in RATES.items()
    }
}
WEIGHTS = {
    ("readers", name): f"readers_{name.lower()}.npz" for name in ("SimpleRNN", "LSTM")
}
