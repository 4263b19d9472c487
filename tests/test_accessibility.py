"""Everybody can read it: headings in order, and colours that are told apart."""

import itertools
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import form
import pages
from helpers import diagrams, plotting, runtime

# Colours as people without one kind of cone see them, in linear RGB: Machado, Oliveira
# and Fernandes (2009), A Physiologically-based Model for Simulation of Color Vision
# Deficiency, the matrices for severity 1.0.
VISION = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(  # of linear sRGB; the white point is the sum of the columns
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
LINE, TEXT = 3, 4.5  # contrast asked for by the Web Content Accessibility Guidelines
APART = 10  # CIE 1976 difference of two colours; a person notices about 2.3
with plt.style.context(["default", runtime.ROOT / "helpers" / "tutorial.mplstyle"]):
    CYCLE = plt.rcParams["axes.prop_cycle"].by_key()["color"]


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(colour, ground="white"):
    dark, light = sorted(TO_XYZ[1] @ linear(c) for c in (colour, ground))
    return (light + 0.05) / (dark + 0.05)


def seen(colour, vision):
    """Return a colour as lightness, red-green and yellow-blue (CIE Lab)."""
    rgb = np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1)
    x, y, z = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    x, y, z = (
        np.cbrt(t) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29
        for t in (x, y, z)
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_measures_agree_with_known_values():
    assert contrast("black") == pytest.approx(21)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)  # the usual example
    red = [53.24, 80.09, 67.20]
    np.testing.assert_allclose(seen("red", "all cones"), red, atol=0.1)
    for matrix in VISION.values():
        np.testing.assert_allclose(np.sum(matrix, axis=1), 1, atol=1e-5)  # grey is grey


@pytest.mark.parametrize("vision", VISION)
def test_colours_of_a_figure_are_told_apart(vision):
    roles = [plotting.GREY, plotting.BLACK, *CYCLE]
    for one, other in itertools.combinations(roles, 2):
        distance = np.linalg.norm(seen(one, vision) - seen(other, vision))
        assert distance > APART, (one, other, distance)


def test_lines_stand_out_from_the_ground():
    for colour in [plotting.GREY, plotting.BLACK, diagrams.LINE, *CYCLE]:
        assert contrast(colour) >= LINE, colour


def test_texts_stand_out_from_the_ground():
    for _, fill in diagrams.ROLES.values():
        assert contrast("black", fill) >= TEXT
    for name in ("Blues", "RdBu", "viridis"):  # what a heatmap writes into its fields
        for ground in mpl.colormaps[name](np.linspace(0, 1, 101)):
            assert contrast(plotting.ink(ground), ground[:3]) >= TEXT


@pytest.mark.parametrize("vision", VISION)
def test_a_heatmap_is_read_by_its_lightness(vision):
    for name, values in (("Blues", [0, 1]), ("RdBu", [0.5, 1]), ("RdBu", [0.5, 0])):
        steps = mpl.colormaps[name](np.linspace(*values, 11))
        light = [seen(step, vision)[0] for step in steps]
        assert (np.diff(light) < 0).all(), name
    ends = [seen(mpl.colormaps["RdBu"](t), vision) for t in (0.1, 0.9)]
    assert np.linalg.norm(ends[0] - ends[1]) > APART


def headings(text):
    """Return the levels of the headings of a Markdown text, without its code."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [len(level) for level in re.findall(r"^(#+) ", text, re.MULTILINE)]


def texts():
    for path in form.all_notebooks():
        cells = (c.source for c in form.read(path).cells if c.cell_type == "markdown")
        yield path, "\n\n".join(cells)
    for path in sorted(pages.ROOT.glob("*.md")):
        yield path, path.read_text("utf-8")


def test_headings_go_in_order():
    for path, text in texts():
        levels = headings(text)
        assert levels[0] == 1 and levels.count(1) == 1, path
        steps = np.diff(levels)
        assert (steps <= 1).all(), (path, levels)


def test_every_picture_of_a_text_has_an_alternative():
    for path, text in texts():
        for alternative in re.findall(r"!\[([^\]]*)\]\(", text):
            assert len(alternative) > 5, path
