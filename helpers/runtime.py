"""Start a notebook: TensorFlow without log noise, seeds, GPU memory, figure style."""

import contextlib
import gc
import logging
import os
import re
import tempfile
from pathlib import Path

from IPython import get_ipython
from IPython.core.pylabtools import print_figure

from helpers import data


@contextlib.contextmanager
def _native_stderr_caught():
    """Keep what C++ code writes to file descriptor 2 out of the notebook.

    TensorFlow logs there before Python can ask it not to. If the block raises, what
    was caught is part of the reason, and is written out after all.
    Python's log is silent, too: Matplotlib writes there that it builds its cache of
    fonts, or that it found no home for it.
    """
    saved, level = os.dup(2), logging.root.manager.disable
    logging.disable()
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        except BaseException:
            caught.seek(0)
            os.write(saved, caught.read())
            raise
        finally:
            logging.disable(level)
            os.dup2(saved, 2)
            os.close(saved)


def _require_room():
    """Raise OSError if the temporary folder takes no file, with the remedy."""
    try:
        with tempfile.TemporaryFile() as file:
            file.write(bytes(100_000))  # TensorFlow writes the code there that it makes
    except OSError as error:
        raise OSError(
            f"Nothing can be written to the temporary folder ({error.strerror}). Make "
            "room there, or set TMPDIR to another folder, and restart the kernel."
        ) from error


# No log lines in a lesson; an error that matters is raised in Python all the same.
_require_room()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever a reader has set for other work
# Modules live as long as the notebook. Not to look through their million objects for
# garbage, again and again, makes the start a sixth shorter, and later steps a little.
gc.disable()
with _native_stderr_caught():
    import keras
    import matplotlib.pyplot as plt
    import tensorflow as tf
    from matplotlib import font_manager
gc.enable()
gc.freeze()
tf.get_logger().setLevel(logging.ERROR)  # no word on each graph that is made anew

# Older ones were not tried, or fail: in Keras 3.12 a seed that is set anew does not
# give the same first weights again.
OLDEST = {keras: (3, 13), tf: (2, 20)}


def _require_versions():
    """Raise ImportError for a version that is too old, with the remedy."""
    for package, oldest in OLDEST.items():
        found = tuple(int(n) for n in package.__version__.split(".")[:2])
        if found < oldest:
            raise ImportError(
                f"{package.__name__.split('.')[0]} {package.__version__} is too old: "
                f"{'.'.join(map(str, oldest))} or newer is needed. "
                "Install what requirements.txt lists, and restart the kernel."
            )


def _start_devices():
    """Take GPU memory as it is needed, so that two notebooks can share one GPU."""
    for gpu in tf.config.list_physical_devices("GPU"):
        # TensorFlow refuses if it was in use before the lesson: then it goes on as is.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    tf.constant(0.0) + 0.0  # the first operation starts, and logs, the devices


_require_versions()
with _native_stderr_caught():
    _start_devices()

ROOT = Path(__file__).resolve().parents[1]

# For characters that the usual font lacks: the style names both fonts.
font_manager.fontManager.addfont(data.path_of("cjk.otf"))


def begin(seed):
    """Seed Python, NumPy, TensorFlow and Keras, and apply the figure style.

    On one CPU, the same seed gives the same results to the last bit. Another CPU or
    a GPU moves the last digits, and training makes more of them.
    Whatever style and precision were set before, a lesson starts from the defaults:
    the figures on white ground, the numbers in float32.
    """
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("float32")
    plt.style.use(["default", Path(__file__).with_name("tutorial.mplstyle")])
    if shell := get_ipython():
        plt.switch_backend(plt.get_backend())  # it sets its own formatter: do so first
        png = shell.display_formatter.formatters["image/png"]
        png.for_type(plt.Figure, _png_with_titles)


def _png_with_titles(figure):
    """Return a figure as PNG, with its titles as the text alternative."""
    places = ("left", "center", "right")
    axes = [ax.get_title(loc=place) for ax in figure.axes for place in places]
    titles = [figure.get_suptitle(), *axes]
    alt = "; ".join(" ".join(title.split()) for title in titles if title)
    png = print_figure(figure, base64=True)  # None for an empty figure
    return png and (png, {"alt": alt})


def work_on(lesson, folder="my_work"):
    """Copy the exercises of a lesson to a folder of your own; print what to open.

    lesson: its number, such as "03", or "find the mistakes" for the worksheet.
    folder: in the folder of the course. Git ignores `my_work`, so an update of the
    course meets no changed file. What stands there already is never overwritten: to
    begin anew, rename it first.

    Colab empties its disk at the end. Mount your Drive before, with
    `from google.colab import drive; drive.mount("/content/drive")`, and give a folder
    of it, such as "/content/drive/MyDrive/recurrent"; then open the copy from Drive.

    Raises ValueError for an unknown lesson, OSError if nothing can be written there.
    """
    exercises, known = ROOT / "notebooks" / "exercises", {}
    for path in sorted(exercises.glob("*.ipynb")):
        number = path.name[:2]
        known[number if number.isdigit() else path.stem.replace("_", " ")] = path
    name = str(lesson).replace("_", " ").lower().zfill(2)
    if name not in known:
        every = ", ".join(known)
        raise ValueError(f"There are no exercises {lesson!r}; there are: {every}.")
    folder = (ROOT / folder).resolve()
    if folder.drive != ROOT.drive:  # Windows has no relative path between drives
        raise ValueError(f"{folder} is on another drive: name a folder on {ROOT.drive}")
    path = folder / known[name].name
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path

    def from_there(link):
        target = os.path.relpath(exercises / link[1], folder)
        return f"]({Path(target).as_posix()})"

    text = known[name].read_text(encoding="utf-8")
    text = re.sub(r"\]\((\.\./[^)\s]+)\)", from_there, text)
    try:
        folder.mkdir(exist_ok=True)  # not its parents: Drive may not be mounted
        path.touch(exist_ok=False)
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError:
            path.unlink()  # half of it would be taken for answers
            raise
        print(f"Your own copy: open {shown}")
    except FileExistsError:
        if not folder.is_dir():
            raise OSError(f"{folder} is a file: name a folder.") from None
        print(f"You have it already, and nothing was changed: open {shown}")
    except OSError as error:
        raise OSError(
            f"Cannot write {path} ({error.strerror}). Work in a copy of the course "
            "that you may change; on Colab, mount your Drive first."
        ) from error
