"""The cells of lesson 11 on four tasks: as many parameters, and the same budget.

Each function gets the name of a cell, and whether its gates start with chrono biases.
`score` is "test", or "validation" for choosing the settings.
"""

import keras
import numpy as np
import tensorflow as tf

from helpers import data, lessons
from helpers.tasks import memory
from helpers.text import Vocabulary, split

SEEDS = {"validation": 10_001, "test": 10_002}  # of fresh sequences; no run has these


def adam(rate, steps):
    """Return Adam whose learning rate falls from `rate` along a cosine to 0."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    return keras.optimizers.Adam(schedule, global_clipnorm=1.0)


def sized(name, chrono, longest, inputs, outputs, budget):
    """Return lesson 11's cell, as large as the budget of parameters allows."""
    here = lessons.load("11")
    units = here.units_for(name, inputs, outputs, budget)
    return here.make_cell(name, units, longest if chrono else None)


def remember(
    progress, file, seed, *, cell, chrono, length, batch, steps, rate, budget, score
):
    """Train a cell to say the first number; return its mean squared error.

    All sequences are fresh, so no file is read.
    """
    model = lessons.load("11").network(
        sized(cell, chrono, length, 1, 1, budget), length, 1, 1
    )
    progress(0, 1, "this part shows no progress until it is done")
    model.compile(
        keras.optimizers.Adam(rate, global_clipnorm=1.0), "mse", jit_compile=True
    )
    model.optimizer.build(model.trainable_variables)  # or fit traces its step twice
    x, y = memory.first_number(steps * batch, length, np.random.default_rng(seed))
    model.fit(x, y, batch, verbose=0)
    rng = np.random.default_rng(SEEDS[score])
    loss = model.evaluate(*memory.first_number(2_048, length, rng), 512, verbose=0)
    return {f"{score} loss": loss, "parameters": model.count_params()}, {}


def digits(progress, file, seed, *, cell, chrono, epochs, batch, rate, budget, score):
    """Train a cell on MNIST-1D; return its accuracy.

    The last 500 training signals are for validation.
    """
    frames, arrays = lessons.load("05").frames, data.load_arrays(file)
    x, y = frames(arrays["x_train"], 2), arrays["y_train"]
    held_out = {
        "validation": (x[-500:], y[-500:]),
        "test": (frames(arrays["x_test"], 2), arrays["y_test"]),
    }[score]
    x, y = x[:-500], y[:-500]
    length = x.shape[1]
    model = lessons.load("11").network(
        sized(cell, chrono, length, 2, 10, budget), length, 2, 10
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = adam(rate, epochs * len(x) // batch)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=True)
    optimizer.build(model.trainable_variables)
    show = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress(epoch + 1, epochs)
    )
    model.fit(x, y, batch, epochs, verbose=0, callbacks=[show])
    _, accuracy = model.evaluate(*held_out, 500, verbose=0)
    return {f"{score} accuracy": accuracy, "parameters": model.count_params()}, {}


def characters(
    progress, file, seed, *, cell, chrono, streams, window, rate, budget, score
):
    """Train a cell on one reading of the plays; return its loss in nats.

    The last tenth of the text is the test, and the tenth before it for validation.
    """
    eight, text = lessons.load("08"), data.load_text(file)
    vocabulary = Vocabulary(text)
    train, test = split(text, 0.1)
    train, validation = split(train, 1 / 9)
    held_out = vocabulary.encode({"validation": validation, "test": test}[score])
    size, embedding = len(vocabulary), 32
    model = lessons.load("11").character_network(
        sized(cell, chrono, window, embedding, size, budget), size, embedding
    )
    x, y = eight.streams(vocabulary.encode(train), streams, window)
    windows = [*zip(x, y, strict=True)]
    step = step_of(model, adam(rate, len(windows)))
    state = eight.empty_state(model, streams)
    for i, (x, y) in enumerate(windows):
        state = step(tf.constant(x), tf.constant(y), state)
        if i % 100 == 0:
            progress(i, len(windows))
    loss = eight.evaluate(model, held_out)
    return {f"{score} loss (nats)": loss, "parameters": model.count_params()}, {}


def step_of(model, optimizer):
    """Return a compiled function: ids, next ids, states -> states after a step."""
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=True)
    def step(x, y, state):
        with tf.GradientTape() as tape:
            logits, *state = model([x, *state], training=True)
            loss = cross_entropy(y, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return state

    return step


REMEMBER = {"rate": 0.01, "budget": 3_500, "score": "test"}
SETTINGS = {  # part -> (function, data set, settings of all cells)
    "memory 100": (
        remember,
        "mnist1d.npz",  # not read
        {**REMEMBER, "length": 100, "batch": 128, "steps": 500},
    ),
    "memory 300": (
        remember,
        "mnist1d.npz",  # not read
        {**REMEMBER, "length": 300, "batch": 64, "steps": 700},
    ),
    "cells on mnist1d": (
        digits,
        "mnist1d.npz",
        {"epochs": 20, "batch": 50, "rate": 0.02, "budget": 9_000, "score": "test"},
    ),
    "cells on characters": (
        characters,
        "shakespeare.txt.gz",
        {"streams": 32, "window": 32, "rate": 0.02, "budget": 40_000, "score": "test"},
    ),
}
CELLS = [
    "SimpleRNN",
    "LSTM",
    "peepholes",
    "full peepholes",
    "coupled gates",
    "GRU",
    "MGU",
    "BRC",
    "nBRC",
]
PARTS = {part: (function, file) for part, (function, file, _) in SETTINGS.items()}
RECIPES = {
    part: {
        f"{cell}, {'chrono' if chrono else 'usual start'}": (
            5,
            {"cell": cell, "chrono": chrono, **settings},
        )
        for cell in CELLS
        for chrono in (False, True)
        if cell != "SimpleRNN" or not chrono  # it has no gate to bias
    }
    for part, (_, _, settings) in SETTINGS.items()
}
