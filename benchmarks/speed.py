"""What takes how long: seconds, characters per second, and how the cost grows."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import course
import store
from helpers import lessons

SYMBOLS, EMBEDDING = 65, 64
BASE = {"units": 128, "batch": 32, "window": 64}  # of `training_step`
SIZES = {
    "units": [32, 64, 128, 256, 512],
    "batch": [4, 8, 16, 32, 64, 128],
    "window": [8, 16, 32, 64, 128, 256],
}


def seconds(*actions, at_least=4.0, rounds=20):
    """Return the seconds that each of `actions` takes: the least of its rounds' means.

    The least, because other programs can only slow a round down; and the actions take
    turns, so that a slow minute of the machine is one for all of them.
    """
    repeats, means = [], []
    for action in actions:
        action()  # the first call compiles
        began = time.perf_counter()
        action()
        passed = time.perf_counter() - began
        repeats.append(max(1, round(at_least / rounds / passed)))
    for _ in range(rounds):
        means.append([])
        for action, repeat in zip(actions, repeats, strict=True):
            began = time.perf_counter()
            for _ in range(repeat):
                action()
            means[-1].append((time.perf_counter() - began) / repeat)
    return np.min(means, axis=0).tolist()


def training_step(units, batch, window):
    """Return a function without arguments that does one training step of lesson 08."""
    here = lessons.load("08")
    model = here.character_model(SYMBOLS, EMBEDDING, units)
    step = here.make_train_step(model, keras.optimizers.Adam(global_clipnorm=1.0))
    x = tf.random.uniform((batch, window), 0, SYMBOLS, tf.int32)
    state = here.empty_state(model, batch)
    return lambda: step(x, x, state)[0].numpy()


def torch_step(units, batch, window):
    """Return the same step with PyTorch's `nn.LSTM`, on as many threads of the CPU.

    Returns None if torch is not installed, or if TensorFlow computes on a GPU.
    """
    if not importlib.util.find_spec("torch") or tf.config.list_physical_devices("GPU"):
        return None
    import torch
    from torch import nn

    torch.set_num_threads(store.setting()["threads"])
    parts = nn.ModuleList(
        [
            nn.Embedding(SYMBOLS, EMBEDDING),
            nn.LSTM(EMBEDDING, units, batch_first=True),
            nn.Linear(units, SYMBOLS),
        ]
    )
    optimizer = torch.optim.Adam(parts.parameters())
    x = torch.randint(SYMBOLS, (batch, window))

    def step():
        logits = parts[2](parts[1](parts[0](x))[0])
        loss = nn.functional.cross_entropy(logits.reshape(-1, SYMBOLS), x.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def operations(units):
    """Return the floating-point operations for one character of training.

    Two for each weight of a matrix (multiply, add), three times: forwards, and
    backwards for the inputs and for the weights. The embedding is a lookup.
    """
    return 3 * 2 * (4 * units * (EMBEDDING + units) + units * SYMBOLS)


def products(rows, inner, columns, repeats=100):
    """Return (a function that does `repeats` matrix products, their operations).

    They are done inside one graph, each with what the last one gave.
    """
    a, b = tf.random.normal((rows, inner)), tf.random.normal((inner, columns))

    @tf.function
    def compute(a):
        for _ in tf.range(repeats):
            a = tf.matmul(a, b)[:, :inner] / 100.0
        return tf.reduce_sum(a)

    return lambda: compute(a).numpy(), 2 * rows * inner * columns * repeats


def training(progress):
    """Return characters per second of training, beside PyTorch and matrix products."""
    found, more, widths, (batch, window) = {}, {}, (128, 192, 256, 384), (32, 64)
    large, count = products(1024, 1024, 1024, repeats=10)
    found["product 1024 x 1024 x 1024: Gflop/s"] = count / seconds(large)[0] / 1e9
    for i, units in enumerate(widths):
        progress(i, len(widths), f"{units} units")
        small, count = products(batch, EMBEDDING + units, 4 * units)
        step, theirs = (f(units, batch, window) for f in (training_step, torch_step))
        passed = seconds(step, small, *([theirs] if theirs else []))
        rate = batch * window / passed[0]
        flops = operations(units) * rate
        found |= {
            f"{units} units: Gflop/s": flops / 1e9,
            f"{units} units: share of its product's rate": flops / count * passed[1],
            f"{units} units: characters/s": rate,
        }
        if theirs:
            found[f"{units} units: times PyTorch's rate"] = passed[2] / passed[0]
            more["torch"] = version("torch")
    return found, more


def generation(progress):
    """Return characters per second of three ways to write, one text at a time."""
    here, units, length = lessons.load("08"), 192, 500
    model = here.character_model(SYMBOLS, EMBEDDING, units)
    one, state = np.zeros((1, 1), "int32"), here.empty_state(model, 1)
    ids, call = tf.constant(one), tf.function(model)
    heat, length_, seed = tf.ones((1, 1)), tf.constant(length), tf.constant(0)
    inputs = [one, *[s.numpy() for s in state]]
    ways = {
        "one graph": lambda: here.generate(model, ids, heat, length_, seed).numpy(),
        "one tf.function call each": lambda: call([ids, *state])[0].numpy(),
        "one predict each": lambda: model.predict(inputs, verbose=0),
    }
    progress(0, 1)
    characters = (length, 1, 1)
    return {
        f"{name}: characters/s": many / passed
        for name, many, passed in zip(
            ways, characters, seconds(*ways.values()), strict=True
        )
    }, {}


def exponent(sizes, times):
    """Return p of the best fit times = c * sizes ** p."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def growth(progress):
    """Return seconds per step when one of units, batch and window changes.

    The exponents are fitted to the three largest sizes, where the work outweighs what
    every call costs.
    """
    found = {}
    for i, (name, values) in enumerate(SIZES.items()):
        progress(i, len(SIZES), name)
        times = seconds(*(training_step(**{**BASE, name: v}) for v in values))
        found |= {f"{name} {v}": t for v, t in zip(values, times, strict=True)}
        found[f"exponent of {name}"] = exponent(values[-3:], times[-3:])
    return found, {}


def make_test(progress):
    """Return the seconds of each notebook in `make test`, and of everything."""
    progress(0, 1, "make test, some minutes")
    course.write_links()  # what was measured before this is in the tables now
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        # The tests of the benchmarks would ask for the result that is made here.
        options = f"--junitxml={report} --ignore-glob=tests/test_benchmarks*"
        environment = {**os.environ, "PYTEST_ADDOPTS": options}
        began = time.perf_counter()
        done = subprocess.run(
            ["make", "test"], cwd=course.ROOT, env=environment, stdout=sys.stderr
        )
        passed = time.perf_counter() - began
        if done.returncode:
            raise SystemExit("make test failed: mend that first, then measure it.")
        found = seconds_of_notebooks(ElementTree.parse(report))
    return {**found, "all of these, two at a time: seconds": passed}, {}


def seconds_of_notebooks(report):
    """Return {notebook, or other tests: seconds} of a report in JUnit's format."""
    found = Counter()
    for case in report.iter("testcase"):
        place = case.get("classname")
        name = place.removeprefix("notebooks.") if ".ipynb" in place else "other tests"
        if name.startswith(("exercises", "solutions")):
            name = "exercises and solutions"
        found[f"{name}: seconds"] += float(case.get("time"))
    return dict(sorted(found.items()))


WHAT = {
    "training": training,
    "generation": generation,
    "growth": growth,
    "make test": make_test,
}


def measure(progress, file, seed, *, what):
    """Measure one of `WHAT`; file and seed are not used."""
    return WHAT[what](progress)
