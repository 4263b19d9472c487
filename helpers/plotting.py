"""Figures that more than one cell needs. Each function returns its axes.

Colours by role: input grey, target black, first model blue, second vermilion.
"""

import matplotlib.pyplot as plt
import numpy as np

GREY, BLACK, BLUE, VERMILION = "0.6", "black", "#0072B2", "#D55E00"


def letter_bars(letters, heights, marked, labels):
    """Draw one bar for each letter; the `marked` ones (booleans) in vermilion.

    labels: what (unmarked, marked) bars are. Letters, heights, marked: equally long.
    """
    _, ax = plt.subplots()
    places = np.arange(len(letters))
    for chosen, label, colour in zip(
        (~marked, marked), labels, (BLUE, VERMILION), strict=True
    ):
        ax.bar(places[chosen], heights[chosen], color=colour, label=label)
    ax.set_xticks(places, letters, fontsize=8)
    ax.tick_params(axis="x", length=0)
    ax.margins(x=0.01)
    ax.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1), borderpad=0)
    return ax


def grouped_bars(groups):
    """Draw groups of bars: {group: {series: height}}, the same series in each."""
    _, ax = plt.subplots()
    series = list(next(iter(groups.values())))
    width = 0.8 / len(series)
    for i, name in enumerate(series):
        places = np.arange(len(groups)) + (i - (len(series) - 1) / 2) * width
        bars = ax.bar(places, [g[name] for g in groups.values()], width, label=name)
        ax.bar_label(bars, fmt="%.2f", fontsize=8)
    ax.margins(y=0.1)
    ax.set_xticks(range(len(groups)), groups)
    ax.tick_params(axis="x", length=0)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
