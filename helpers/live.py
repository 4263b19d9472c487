"""Live cells: a picture that follows sliders, and a still picture without a kernel.

And films: a few pictures that a page shows one after the other, with or without one.
"""

import base64
import io

import ipywidgets
import matplotlib.pyplot as plt
from IPython.core.pylabtools import print_figure
from IPython.display import display
from PIL import Image

VIEW = "application/vnd.jupyter.widget-view+json"  # what JupyterLab and Colab make live


def png(figure):
    """Return a Matplotlib figure as PNG (bytes) of its full size, and close it.

    A size that does not depend on the content keeps the picture still when it changes.
    Raises ValueError for a figure without axes.
    """
    try:
        picture = print_figure(figure, bbox_inches=None)
    finally:
        plt.close(figure)
    if picture is None:
        raise ValueError("The figure is empty: draw something before it becomes PNG.")
    return picture


def play(draw, text, **controls):
    """Show controls, and below them the picture that `draw` makes of their values.

    draw: takes the values of the controls by their names, and returns PNG (bytes).
        If it raises ValueError later, the message stands under the controls, and the
        picture stays what it was; at the start, the error is raised.
    text: what the picture shows, for those who do not see it.
    controls: widgets of ipywidgets that have a `value`, such as sliders.
    One display holds text, picture and widgets: the page shows the last that it can.
    """
    note = ipywidgets.Label()
    picture = ipywidgets.Image(value=draw(**_values(controls)), format="png")
    picture.layout.max_width, picture.layout.align_self = "100%", "flex-start"

    def follow(change):
        try:
            picture.value = draw(**_values(controls))
            note.value = ""
        except ValueError as error:
            first, *_ = str(error).splitlines() or ["This cannot be drawn."]
            note.value = f"{first} (The picture is the one before.)"

    for control in controls.values():
        control.style.description_width, control.layout.width = "8em", "26em"
        control.observe(follow, "value")
    row = ipywidgets.Box([*controls.values()])
    row.layout.flex_flow = "row wrap"
    _show(ipywidgets.VBox([row, note, picture]), picture.value, text)


def film(pictures, text, seconds=0.8):
    """Show pictures one after the other, as one animated PNG.

    It plays twice and stops at the last picture.
    pictures: PNGs (bytes) of one size, such as `png` returns.
    text: what the film shows, for those who do not see it.
    seconds: how long each picture stays.
    Raises ValueError for pictures that differ in size.
    """
    opened = (Image.open(io.BytesIO(picture)) for picture in pictures)
    first, *others = (picture.convert("RGB") for picture in opened)
    if {first.size} != {first.size, *(other.size for other in others)}:
        raise ValueError("The pictures of a film have one size: make them with `png`.")
    options = {"save_all": True, "append_images": others, "loop": 2}
    file = io.BytesIO()
    first.save(file, "PNG", duration=1000 * seconds, **options)
    _show(None, file.getvalue(), text)


def _values(controls):
    return {name: control.value for name, control in controls.items()}


def _show(box, picture, text):
    bundle = {"text/plain": text, "image/png": base64.b64encode(picture).decode()}
    if box:
        version = {"version_major": 2, "version_minor": 0}
        bundle[VIEW] = {**version, "model_id": box.model_id}
    display(bundle, metadata={"image/png": {"alt": text}}, raw=True)
