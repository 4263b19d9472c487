"""Live cells: a picture that follows sliders, and a still picture without a kernel."""

import base64

import ipywidgets
import matplotlib.pyplot as plt
from IPython.core.pylabtools import print_figure
from IPython.display import display

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


def _values(controls):
    return {name: control.value for name, control in controls.items()}


def _show(box, picture, text):
    bundle = {"text/plain": text, "image/png": base64.b64encode(picture).decode()}
    bundle[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display(bundle, metadata={"image/png": {"alt": text}}, raw=True)
