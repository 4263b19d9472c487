"""The heatmap puts each value, and its colour, where it belongs."""

import matplotlib.pyplot as plt
import numpy as np

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
