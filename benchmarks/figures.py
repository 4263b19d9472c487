"""Draw `loss.png` and `growth.png` from the results."""

from pathlib import Path

import matplotlib.pyplot as plt

import scoreboard
import speed
from helpers import plotting, runtime

HERE = Path(__file__).resolve().parent


def loss():
    """Draw the held-out loss on tiny Shakespeare over the seconds of training.

    The runs are those with seed 0.
    """
    _, ax = plt.subplots()
    for name, entry in scoreboard.read()["tiny"].items():
        ax.plot(*zip(*entry["runs"][0]["curve"], strict=True), label=name)
    end = scoreboard.SECONDS, scoreboard.GOAL
    ax.plot(
        *end, "*", color=plotting.BLACK, label="GPT, 4 layers,\nat its end, two cores"
    )
    ax.set(title="A short recipe is fast, a long one gets further", xscale="log")
    ax.set(xlabel="seconds of training", ylabel="held-out loss (nats)")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    plt.savefig(HERE / "loss.png")
    plt.close()


def growth():
    """Draw the seconds of a training step over its sizes, with the fitted exponents."""
    (run,) = scoreboard.read()["speed"]["growth"]["runs"]
    _, ax = plt.subplots()
    for name, sizes in speed.SIZES.items():
        times = [run["metrics"][f"{name} {size}"] for size in sizes]
        power = run["metrics"][f"exponent of {name}"]
        factor = times[-1] / sizes[-1] ** power
        (line,) = ax.plot(sizes, times, "o", label=f"{name}: exponent {power:.2f}")
        tail = [factor * size**power for size in sizes[-3:]]
        ax.plot(sizes[-3:], tail, color=line.get_color())
    ax.set(
        title="Beyond 128 units, twice the width costs most", xscale="log", yscale="log"
    )
    ax.set(xlabel="units, batch or window", ylabel="seconds for a training step")
    ax.legend(loc="upper left")
    plt.savefig(HERE / "growth.png")
    plt.close()


def draw():
    """Draw the figures for which there are results."""
    runtime.begin(seed=0)
    results = scoreboard.read()
    if "tiny" in results:
        loss()
    if "growth" in results.get("speed", {}):
        growth()
