"""Figures in the look of the collection. Each function returns its axes.

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


def lines(x, series, **style):
    """Draw {name: values over x}, one line each, with a legend beside the axes."""
    _, ax = plt.subplots()
    for name, values in series.items():
        ax.plot(x, values, label=name, **style)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def bars(series, ticks, fmt=None):
    """Draw {name: heights} as groups of bars, one group for each of `ticks`.

    fmt: write the heights over the bars in this format, such as "%.2f".
    """
    _, ax = plt.subplots()
    width = 0.8 / len(series)
    for i, (name, heights) in enumerate(series.items()):
        places = np.arange(len(heights)) + (i - (len(series) - 1) / 2) * width
        drawn = ax.bar(places, heights, width, label=name)
        if fmt:
            ax.bar_label(drawn, fmt=fmt)
    ax.set_xticks(range(len(ticks)), ticks)
    ax.margins(y=0.1)
    if len(series) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def heatmap(values, rows, columns, limit, numbers=False):
    """Draw a matrix in colours: red is negative, white 0, blue positive.

    values: (rows, columns); what lies beyond +-limit has the colour of the limit.
    rows, columns: their labels. numbers: write each value into its field, too.
    """
    _, ax = plt.subplots()
    ax.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if numbers:
        for (row, column), value in np.ndenumerate(values):
            ax.text(column, row, f"{value + 0.0:g}", ha="center", va="center")
    return ax


def heatmaps(panels, columns):
    """Draw {title: (matrix, row labels)} side by side; the columns have one meaning.

    Values from 0 upwards share one scale, and are written into their cells.
    """
    _, axes = plt.subplots(1, len(panels), figsize=(7.5, 3), squeeze=False)
    top = max(np.max(matrix) for matrix, _ in panels.values())
    for ax, (title, (matrix, rows)) in zip(axes[0], panels.items(), strict=True):
        ax.imshow(matrix, cmap="Blues", vmin=0, vmax=1.5 * top)
        for i, j in zip(*np.nonzero(matrix), strict=True):
            ax.text(j, i, f"{matrix[i, j]:g}", ha="center", va="center")
        ax.set_xticks(range(len(columns)), columns, rotation=90)
        ax.set_yticks(range(len(rows)), rows)
        ax.set_title(title, fontsize=10)
    return axes[0]


def bars_of_runs(groups):
    """Draw {name: values} as bars of the means, with error bars from least to largest.

    The values of one name are runs with different seeds.
    """
    _, ax = plt.subplots()
    values = np.array(list(groups.values()), dtype=float)  # (names, runs)
    mean = values.mean(axis=1)
    span = [mean - values.min(axis=1), values.max(axis=1) - mean]
    ax.bar(list(groups), mean, yerr=span, color=BLUE, ecolor=BLACK, capsize=6)
    return ax
