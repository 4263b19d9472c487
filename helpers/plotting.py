"""Figures in the look of the collection. Each function returns its axes.

Colours by role: input grey, target black, first model blue, second vermilion.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

GREY, BLACK, BLUE, VERMILION = "0.45", "black", "#0072B2", "#D55E00"


def letter_bars(letters, heights, marked, labels):
    """Draw one bar for each letter; the `marked` ones (booleans) in vermilion.

    labels: what (unmarked, marked) bars are. Letters, heights, marked: equally long.
    Raises ValueError if they are not, or empty.
    """
    heights, marked = np.asarray(heights), np.asarray(marked, dtype=bool)
    _require_lengths({"heights": heights, "marked": marked}, len(letters))
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
    """Draw {name: values over x}, one line each, with a legend beside the axes.

    When there are more lines than colours, these come again, dashed.
    Raises ValueError for no series, or one that is not as long as x.
    """
    _require_lengths(series, len(x))
    _, ax = plt.subplots()
    colours = len(plt.rcParams["axes.prop_cycle"])
    for i, (name, values) in enumerate(series.items()):
        dashed = {"linestyle": "--"} if i >= colours else {}
        ax.plot(x, values, label=name, **dashed | style)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def bars(series, ticks, fmt=None):
    """Draw {name: heights} as groups of bars, one group for each of `ticks`.

    fmt: write the heights over the bars in this format, such as "%.2f".
    Raises ValueError for no series, or one that is not as long as `ticks`.
    """
    _require_lengths(series, len(ticks))
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


def heatmap(values, rows, columns, limit=None, numbers=False, label=""):
    """Draw a matrix in colours, or several side by side with one scale.

    values: (rows, columns), or {title: matrix} for several with the same columns. If
        there is a negative value, red is negative, white 0 and blue positive; if there
        is none, white is 0 and blue positive.
    rows, columns: their labels; for several matrices, rows is {title: labels}.
    limit: this value, and what lies beyond, is darkest; else the largest value is.
    numbers: write each value into its field, in place of a colour bar.
    label: what the values are, with their unit, beside the colour bar.
    Returns the axes, for several matrices a list of them; label the axes yourself.
    Raises ValueError for a matrix that does not fit its labels, and a limit below 0.
    """
    several = isinstance(values, dict)
    values, rows = (values, rows) if several else ({"": values}, {"": rows})
    panels = {title: np.asarray(matrix) for title, matrix in values.items()}
    _require_labels(panels, rows, columns)
    if limit is None:
        limit = max(np.nanmax(np.abs(matrix)) for matrix in panels.values()) or 1
    if not limit > 0:
        raise ValueError(f"limit={limit} leaves no scale: take a number above 0.")
    signed = any((matrix < 0).any() for matrix in panels.values())
    style = {"cmap": "RdBu", "vmin": -limit} if signed else {"cmap": "Blues", "vmin": 0}
    size = (7.5, 3) if several else None
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False)
    for ax, (title, matrix) in zip(axes[0], panels.items(), strict=True):
        image = ax.imshow(matrix, vmax=limit, aspect="auto", **style)
        ax.set_xticks(range(len(columns)), columns, rotation=90 if several else 0)
        ax.set_yticks(range(len(rows[title])), rows[title])
        ax.set_title(title, fontsize=10)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        if numbers:
            _write_numbers(ax, matrix, image)
    if not numbers:
        figure.colorbar(image, ax=list(axes[0]), label=label)
    return list(axes[0]) if several else axes[0, 0]


def ink(ground):
    """Return the colour of a text that is read well on this ground: black or white.

    The ground's luminance is that of the Web Content Accessibility Guidelines; at 0.18
    black and white have the same contrast to it, 4.6 to 1.
    """
    rgb = np.array(to_rgb(ground))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ (0.2126, 0.7152, 0.0722) < 0.18 else BLACK


def _write_numbers(ax, matrix, image):
    """Write each value into its field, in white where the field is dark."""
    for (row, column), value in np.ndenumerate(matrix):
        colour = ink(image.to_rgba(value))
        text = f"{value + 0.0:g}"
        ax.text(column, row, text, ha="center", va="center", color=colour)


def _require_labels(panels, rows, columns):
    """Raise ValueError unless each row and column of each matrix has a label."""
    if not panels or set(rows) != set(panels):
        raise ValueError(
            f"There are matrices for {list(panels)} and row labels for {list(rows)}: "
            "give both for the same titles, at least one."
        )
    for title, matrix in panels.items():
        labels = len(rows[title]), len(columns)
        if matrix.size == 0 or matrix.shape != labels:
            raise ValueError(
                f"The matrix {title!r} has the shape {matrix.shape}, and labels for "
                f"{labels}: give one to each row and column, at least one."
            )


def _require_lengths(series, length):
    """Raise ValueError if there is no series, or one without `length` values."""
    if not series or length == 0:
        raise ValueError("There is nothing to draw: give at least one value.")
    for name, values in series.items():
        if len(values) != length:
            raise ValueError(
                f"{name!r} has {len(values)} values for {length} places: give as many."
            )


def bars_of_runs(groups):
    """Draw {name: values} as bars of the means, with error bars from least to largest.

    The values of one name are runs with different seeds, however many.
    Raises ValueError for no names, or a name without values.
    """
    if not groups or not all(len(values) for values in groups.values()):
        raise ValueError(
            f"{groups} has a name without runs, or none: give runs to each."
        )
    _, ax = plt.subplots()
    runs = [np.asarray(values, dtype=float) for values in groups.values()]
    mean = np.array([values.mean() for values in runs])  # (names,)
    span = [
        mean - [values.min() for values in runs],
        [values.max() for values in runs] - mean,
    ]
    ax.bar(list(groups), mean, yerr=span, color=BLUE, ecolor=BLACK, capsize=6)
    return ax
