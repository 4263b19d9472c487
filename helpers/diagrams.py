"""A small vocabulary for drawings of networks.

A drawing lies on a sheet. All lengths and places are in inches, with the origin at
the lower left. Things that come later in a lesson can be drawn `pale`: an outline
without words, which keeps its place.
"""

import math

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path

from helpers.plotting import BLACK, BLUE, GREY, VERMILION

LINE, FAINT = "0.3", "0.85"
ROLES = {  # role: (edge, fill)
    "input": (GREY, "0.95"),
    "target": (BLACK, "white"),
    "first": (BLUE, "#DDEAF4"),
    "second": (VERMILION, "#FBE7DB"),
    "plain": (LINE, "white"),
}
SYMBOLS = {"sigma": r"$\sigma$", "tanh": "tanh", "times": "×", "plus": "+"}
SIDES = {  # side: (dx, dy, horizontal and vertical alignment)
    "above": (0, 0.06, "center", "bottom"),
    "below": (0, -0.06, "center", "top"),
    "left": (-0.07, 0, "right", "center"),
    "right": (0.07, 0, "left", "center"),
}


def choice(name, value, allowed):
    """Return `value`, or raise an error that says what `name` may be."""
    if value not in allowed:
        remedy = ", ".join(repr(each) for each in allowed)
        raise ValueError(f"{name} is {value!r}; give one of {remedy}")
    return value


def canvas(width, height, title):
    """Return axes for a drawing of this size (inches), with room for the title above.

    One unit of the axes is one inch.
    """
    room = 0.35
    figure = plt.figure(
        figsize=(width, height + room), layout="none", facecolor="white"
    )
    ax = figure.add_axes((0, 0, 1, height / (height + room)))
    ax.set(xlim=(0, width), ylim=(0, height), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(False)
    ax.set_title(title, fontsize=11)
    return ax


def write(ax, x, y, text, side="center", size=9, color=BLACK):
    """Write at a point, or at one `side` of it: "above", "below", "left", "right"."""
    sides = {"center": (0, 0, "center", "center"), **SIDES}
    dx, dy, ha, va = sides[choice("side", side, sides)]
    return ax.text(x + dx, y + dy, text, ha=ha, va=va, fontsize=size, color=color)


def box(ax, x, y, text, role="plain", width=0.9, height=0.36, pale=False):
    """Draw a box around (x, y), in inches, with its text.

    role: "input", "target", "first", "second" (model) or "plain".
    """
    edge, fill = ROLES[choice("role", role, ROLES)]
    edge, fill = (FAINT, "white") if pale else (edge, fill)
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.06",
            edgecolor=edge,
            facecolor=fill,
            linewidth=1.2,
            zorder=2 - pale,
        )
    )
    if not pale:
        write(ax, x, y, text)


def gate(ax, x, y, symbol, role="plain", pale=False):
    """Draw a circle of radius 0.19 inches around (x, y), with a symbol.

    symbol: "sigma", "tanh", "times" or "plus"; role: as for a box.
    """
    sign = SYMBOLS[choice("symbol", symbol, SYMBOLS)]
    edge, fill = ROLES[choice("role", role, ROLES)]
    edge, fill = (FAINT, "white") if pale else (edge, fill)
    look = {"edgecolor": edge, "facecolor": fill, "linewidth": 1.2}
    ax.add_patch(Circle((x, y), 0.19, zorder=2 - pale, **look))
    if not pale:
        write(ax, x, y, sign, size=8.5 if symbol == "tanh" else 13)


def arrow(ax, start, end, label="", via=(), side=None, back=False, pale=False):
    """Draw an arrow between two points, in inches, straight or by the corners `via`.

    label: stands at the middle of the longest part, on one `side` of it.
    back: a gradient that flows back, dashed in vermilion.
    """
    points = [start, *via, end]
    colour = FAINT if pale else VERMILION if back else LINE
    ax.add_patch(
        FancyArrowPatch(
            path=Path(points),
            arrowstyle="-|>",
            mutation_scale=9,
            color=colour,
            linewidth=1.2,
            linestyle=(0, (3, 2)) if back else "-",
            joinstyle="round",
            zorder=1.1 if pale else 1.5,
        )
    )
    if label and not pale:
        parts = zip(points, points[1:], strict=False)
        (x0, y0), (x1, y1) = max(parts, key=lambda ends: math.dist(*ends))
        side = side or ("above" if abs(x1 - x0) > abs(y1 - y0) else "right")
        write(ax, (x0 + x1) / 2, (y0 + y1) / 2, label, side)


def repeated(ax, x, y):
    """Draw three dots around (x, y): more steps of the same kind."""
    for dx in (-0.1, 0, 0.1):
        ax.add_patch(Circle((x + dx, y), 0.022, color=GREY))


def mask(ax, x, y, text="padding", width=0.9, height=0.36):
    """Draw a hatched grey box around (x, y), in inches: a step that is no word."""
    corner = x - width / 2, y - height / 2
    look = {"facecolor": "0.95", "edgecolor": "0.8", "linewidth": 0}
    ax.add_patch(Rectangle(corner, width, height, hatch="////", **look))
    ground = {"facecolor": "0.95", "edgecolor": "none", "pad": 1.5}
    write(ax, x, y, text, color="0.35").set_bbox(ground)


def grid(ax, x, y, rows, role="first", width=0.5, height=0.26):
    """Draw a table of numbers or words; (x, y) is its upper left corner, in inches.

    rows: lists of equal length. What is not 0 stands on the colour of the role.
    """
    tint = ROLES[choice("role", role, ROLES)][1]
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            corner = x + j * width, y - (i + 1) * height
            fill = "white" if value == 0 else tint
            look = {"facecolor": fill, "edgecolor": GREY, "linewidth": 0.8}
            ax.add_patch(Rectangle(corner, width, height, **look))
            write(ax, corner[0] + width / 2, corner[1] + height / 2, str(value))
