"""Build `mnist1d.npz`: 5,000 noisy signals of 40 steps, in 10 classes.

    pip install scipy
    python datasets/build/mnist1d_npz.py [WHEEL]

The signals are computed by `make_dataset` of the package `mnist1d` (Apache-2.0), with
its standard arguments and seed. Nothing but the wheel is downloaded.
"""

import io
import sys
import tempfile

import numpy as np
from common import open_wheel, save

WHEEL = "mnist1d==0.0.2.post1"
WHEEL_SHA256 = "e780fadc12ab6e45994dcb02bbe728b347243e0a5d13790f2a86992500eceb86"


def build(wheel):
    """Return {name: array}: x_train, y_train, x_test, y_test."""
    with tempfile.TemporaryDirectory() as folder:
        wheel.extractall(folder)
        sys.path.insert(0, folder)
        import mnist1d.data

        made = mnist1d.data.make_dataset(mnist1d.data.get_dataset_args())
    return {
        "x_train": made["x"].astype("float32"),
        "y_train": made["y"].astype("int32"),
        "x_test": made["x_test"].astype("float32"),
        "y_test": made["y_test"].astype("int32"),
    }


if __name__ == "__main__":
    arrays = build(open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2]))
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    shapes = [arrays[f"x_{part}"].shape for part in ("train", "test")]
    save("mnist1d.npz", content.getvalue(), " and ".join(map(str, shapes)))
