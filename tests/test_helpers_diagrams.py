"""The drawings are complete, readable and small, and a wrong parameter is named."""

import itertools
import pathlib

import matplotlib.pyplot as plt
import pytest
from matplotlib import font_manager
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path

from helpers import diagrams, drawings

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAIRS = [("input", "(batch, 20, 2)"), ("LSTM(32)", "(batch, 32)")]
DRAWINGS = [
    ("bag_and_matrix", {}),
    ("reading_network", {}),
    *(("recurrent_network", {"kind": kind}) for kind in ("elman", "jordan")),
    *(
        ("unrolled_gradients", {"losses": losses, "horizon": horizon})
        for losses in ("last", "each")
        for horizon in (None, 1, 2, 3, 4)
    ),
    *(("lstm_cell", {"upto": part}) for part in drawings.PARTS),
    *(("stack", {"layers": layers}) for layers in (drawings.STACK, PAIRS)),
    *(("padded_batch", {"through": name}) for name in drawings.TRAVELS),
    ("masked_steps", {}),
    *(("bidirectional", {"upto": upto}) for upto in drawings.DIRECTIONS),
    ("streams", {}),
    ("generation_loop", {}),
    *(("encoder_decoder", {"attention": attention}) for attention in (False, True)),
    *(("tagger", {"upto": upto}) for upto in drawings.TAGGED),
    ("word_model", {}),
    *(("gated_cell", {"kind": kind}) for kind in drawings.GATED),
    *(("captioner", {"upto": upto}) for upto in drawings.CAPTIONED),
    *(("forecaster", {"step": step}) for step in ("day", "hour")),
    ("word_hierarchy", {}),
    ("beam", {}),
    *(("self_attention", {"causal": causal}) for causal in drawings.SEEN),
    ("transformer_block", {}),
    ("word_window", {}),
    ("tested_picture", {}),
]


@pytest.fixture(autouse=True, scope="module")
def style():
    font_manager.fontManager.addfont(ROOT / "datasets" / "cjk.otf")
    with plt.style.context(ROOT / "helpers" / "tutorial.mplstyle"):
        yield
    plt.close("all")


@pytest.fixture(params=DRAWINGS, ids=lambda drawing: str(drawing), scope="module")
def ax(request):
    """Draw once for all tests, none of which changes a drawing."""
    name, parameters = request.param
    ax = getattr(drawings, name)(**parameters)
    ax.figure.dpi = 144
    ax.figure.canvas.draw()
    yield ax
    plt.close(ax.figure)


def texts_of(ax):
    """Return (text, its extent in pixels) for each text and the title."""
    texts = [text for text in (*ax.texts, ax._left_title) if text.get_text()]
    return [(text.get_text(), text.get_window_extent()) for text in texts]


def test_has_a_title_and_no_small_text(ax):
    assert ax.get_title(loc="left")
    assert all(text.get_fontsize() >= 8 for text in ax.texts)


def test_no_text_covers_another_or_leaves_the_figure(ax):
    texts = texts_of(ax)
    for (a, first), (b, second) in itertools.combinations(texts, 2):
        assert not first.overlaps(second), (a, b)
    page = ax.figure.bbox
    for text, extent in texts:
        assert page.x0 <= extent.x0 and extent.x1 <= page.x1, text
        assert page.y0 <= extent.y0 and extent.y1 <= page.y1, text


def outlines_of(ax):
    """Return the outlines of boxes, circles and arrows in pixels, as paths."""
    paths = [
        patch.get_transform().transform_path(patch.get_path())
        for patch in ax.patches
        if not isinstance(patch, Rectangle)
    ]
    return [
        Path(line) for path in paths for line in path.to_polygons(closed_only=False)
    ]


def test_no_box_or_arrow_cuts_a_text(ax):
    for outline, (text, extent) in itertools.product(outlines_of(ax), texts_of(ax)):
        assert not outline.intersects_bbox(extent, filled=False), text


def test_nothing_is_drawn_outside_of_the_sheet(ax):
    for outline in outlines_of(ax):
        left, bottom, right, top = outline.get_extents().extents
        assert ax.bbox.x0 <= left and right <= ax.bbox.x1
        assert ax.bbox.y0 <= bottom and top <= ax.bbox.y1


def test_file_is_small_and_not_too_wide(ax, tmp_path):
    file = tmp_path / "drawing.png"
    ax.figure.savefig(file, dpi=144, bbox_inches="tight")
    assert file.stat().st_size <= 100_000
    pixels = plt.imread(file)
    assert pixels.shape[1] <= 7.2 * 144 and pixels.shape[0] <= 4.6 * 144
    assert (pixels[..., 3:] == 1).all()  # an opaque ground


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("recurrent_network", {"kind": "gru"}, "kind is 'gru'; give one of 'elman', "),
        ("unrolled_gradients", {"losses": "all"}, "losses is 'all'; give one of "),
        ("unrolled_gradients", {"horizon": 9}, "horizon is 9; give one of None, 1, 2"),
        ("lstm_cell", {"upto": "end"}, "upto is 'end'; give one of 'forget', "),
        ("stack", {"layers": []}, "the number of layers is 0; give one of 2, 3"),
        ("padded_batch", {"through": "GRU"}, "through is 'GRU'; give one of 'Dense'"),
        ("bidirectional", {"upto": 2}, "upto is 2; give one of 'forward', "),
        ("encoder_decoder", {"attention": "no"}, "attention is 'no'; give one of "),
        ("tagger", {"upto": "tags"}, "upto is 'tags'; give one of 'scores', 'path'"),
        ("gated_cell", {"kind": "LSTM"}, "kind is 'LSTM'; give one of 'reset before'"),
        ("self_attention", {"causal": 2}, "causal is 2; give one of False, True"),
        ("forecaster", {"step": "week"}, "step is 'week'; give one of 'day', 'hour'"),
    ],
)
def test_wrong_parameter_is_named_with_its_remedy(name, parameters, message):
    with pytest.raises(ValueError, match="^" + message):
        getattr(drawings, name)(**parameters)


def test_unknown_role_symbol_and_side_are_named():
    ax = diagrams.canvas(2, 1, "title")
    with pytest.raises(ValueError, match="^role is 'third'; give one of 'input', "):
        diagrams.box(ax, 1, 0.5, "text", role="third")
    with pytest.raises(ValueError, match="^symbol is 'minus'; give one of 'sigma', "):
        diagrams.gate(ax, 1, 0.5, "minus")
    with pytest.raises(ValueError, match="^side is 'top'; give one of 'center', "):
        diagrams.write(ax, 1, 0.5, "text", side="top")


def test_one_unit_is_one_inch():
    ax = diagrams.canvas(5, 2, "title")
    ax.figure.canvas.draw()
    (x0, y0), (x1, y1) = ax.transData.transform([(0, 0), (1, 1)]) / ax.figure.dpi
    assert (x1 - x0, y1 - y0) == pytest.approx((1, 1))


def test_gradient_is_dashed_and_of_another_colour():
    ax = diagrams.canvas(2, 1, "title")
    diagrams.arrow(ax, (0.2, 0.5), (1.8, 0.5))
    diagrams.arrow(ax, (1.8, 0.5), (0.2, 0.5), back=True)
    forward, back = (p for p in ax.patches if isinstance(p, FancyArrowPatch))
    assert forward.get_linestyle() == "-" != back.get_linestyle()
    assert forward.get_edgecolor() != back.get_edgecolor()


def test_a_pale_box_keeps_its_place_and_has_no_text():
    ax = diagrams.canvas(2, 1, "title")
    diagrams.box(ax, 1, 0.5, "text", pale=True)
    assert len(ax.patches) == 1 and not ax.texts
