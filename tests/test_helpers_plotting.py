"""The heatmap puts each value, and its colour, where it belongs."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plotting


def test_heatmap_has_its_labels_numbers_and_symmetric_colours():
    values = np.array([[1.0, -2.5, -0.0], [0.25, 3.0, 9.0]])
    ax = plotting.heatmap(values, ["a", "b"], ["x", "y", "z"], limit=3, numbers=True)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), values)
    assert image.get_clim() == (-3, 3)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x", "y", "z"]
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {
        (0, 0): "1",
        (1, 0): "-2.5",
        (2, 0): "0",
        (0, 1): "0.25",
        (1, 1): "3",
        (2, 1): "9",
    }
    plt.close(ax.figure)


def test_heatmap_writes_no_numbers_unless_asked():
    ax = plotting.heatmap(np.zeros((2, 2)), ["a", "b"], ["x", "y"], limit=1)
    assert len(ax.texts) == 0
    plt.close(ax.figure)


def test_colour_bar_or_numbers_and_a_scale_from_0_without_negative_values():
    ax = plotting.heatmap([[0.0, 2.0]], ["a"], ["x", "y"], label="share")
    assert ax.images[0].get_clim() == (0, 2)
    assert ax.images[0].colorbar.ax.get_ylabel() == "share"
    ax = plotting.heatmap([[0.0, -2.0]], ["a"], ["x", "y"], numbers=True)
    assert ax.images[0].get_clim() == (-2, 2) and ax.images[0].colorbar is None
    plt.close("all")


@pytest.mark.parametrize("numbers", [False, True])
def test_several_matrices_share_one_scale(numbers):
    matrices = {"one": np.eye(2), "two": np.full((1, 2), 3)}
    rows = {"one": ["a", "b"], "two": ["c"]}
    axes = plotting.heatmap(matrices, rows, ["x", "y"], numbers=numbers)
    where = plt.rcParams["axes.titlelocation"]
    assert [ax.get_title(loc=where) for ax in axes] == ["one", "two"]
    assert {ax.images[0].get_clim() for ax in axes} == {(0, 3)}
    assert [len(ax.texts) for ax in axes] == ([4, 2] if numbers else [0, 0])
    assert len(axes[0].figure.axes) == (2 if numbers else 3)
    plt.close("all")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plotting.bars({}, ["a"]),
        lambda: plotting.bars({"x": []}, []),
        lambda: plotting.bars({"x": [1, 2], "y": [1]}, ["a", "b"]),
        lambda: plotting.bars({"x": [1, 2]}, ["a"]),
        lambda: plotting.bars_of_runs({}),
        lambda: plotting.bars_of_runs({"x": [1.0], "y": []}),
        lambda: plotting.lines([1, 2], {}),
        lambda: plotting.lines([1, 2], {"x": [1]}),
        lambda: plotting.letter_bars("ab", [1, 2], [True], "xy"),
        lambda: plotting.letter_bars("", [], [], "xy"),
        lambda: plotting.heatmap({}, {}, "ab"),
        lambda: plotting.heatmap([1, 2], "a", "ab"),
        lambda: plotting.heatmap([[1, 2]], "ab", "a"),
        lambda: plotting.heatmap({"x": [[1]]}, {"y": "a"}, "a"),
        lambda: plotting.heatmap([[1]], "a", "a", limit=0),
    ],
)
def test_what_cannot_be_drawn_is_named_and_leaves_no_figure(draw):
    plt.close("all")
    with pytest.raises(ValueError, match="give|take"):
        draw()
    assert plt.get_fignums() == []


def test_names_may_have_different_numbers_of_runs():
    ax = plotting.bars_of_runs({"x": [1.0, 3.0], "y": [5.0]})
    assert [bar.get_height() for bar in ax.patches] == [2, 5]
    plt.close("all")


def test_lines_differ_even_if_they_are_more_than_the_colours():
    colours = len(plt.rcParams["axes.prop_cycle"])
    values = {f"line {k}": [k, k] for k in range(colours + 3)}
    ax = plotting.lines([0, 1], values)
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    plt.close(ax.figure)
    assert len(looks) == len(values)
