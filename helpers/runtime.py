"""Start a notebook: TensorFlow without log noise, seeds, GPU memory, figure style."""

import contextlib
import os
import tempfile
from pathlib import Path


@contextlib.contextmanager
def _native_stderr_caught():
    """Keep what C++ code writes to file descriptor 2 out of the notebook.

    TensorFlow logs there before Python can ask it not to. If the block raises, what
    was caught is part of the reason, and is written out after all.
    """
    saved = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        except BaseException:
            caught.seek(0)
            os.write(saved, caught.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


# No log lines in a lesson; an error that matters is raised in Python all the same.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _native_stderr_caught():
    import keras
    import matplotlib.pyplot as plt
    import tensorflow as tf
    from matplotlib import font_manager

    for gpu in tf.config.list_physical_devices("GPU"):
        # Take GPU memory as it is needed: two notebooks can then share one GPU.
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.constant(0.0) + 0.0  # the first operation starts, and logs, the devices

# For characters that the usual font lacks: the style names both fonts.
FONT = Path(__file__).resolve().parents[1] / "datasets" / "cjk.otf"
font_manager.fontManager.addfont(FONT)


def begin(seed):
    """Seed Python, NumPy, TensorFlow and Keras, and apply the figure style.

    On one CPU, the same seed gives the same results to the last bit. Another CPU or
    a GPU moves the last digits, and training makes more of them.
    """
    keras.utils.set_random_seed(seed)
    plt.style.use(Path(__file__).with_name("tutorial.mplstyle"))
