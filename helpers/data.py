"""Read the files of `datasets/`, or a text of your own. Nothing is downloaded."""

import gzip
import hashlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

DATASETS = Path(__file__).resolve().parents[1] / "datasets"


def load_text(name):
    """Return the text of `datasets/<name>`, a gzip file in UTF-8.

    Its SHA-256 must be the one that stands in `datasets/README.md`.
    Raises FileNotFoundError or ValueError with what to do about it.
    """
    return _decode(gzip.decompress(_checked_bytes(name)), name)


def load_arrays(name):
    """Return {name: array} of `datasets/<name>`, an `.npz` file of NumPy.

    Raises as `load_text` does.
    """
    with np.load(io.BytesIO(_checked_bytes(name))) as arrays:
        return dict(arrays)


def load_table(name):
    """Return `datasets/<name>`, tab-separated columns in gzip, as a `pandas.DataFrame`.

    Raises as `load_text` does.
    """
    return pd.read_csv(io.StringIO(load_text(name)), sep="\t")


def read_text(path):
    """Return the text of any UTF-8 file, with line ends as a single newline.

    For a text of your own. Raises FileNotFoundError if there is no such file, and
    ValueError if it is empty or not UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path.resolve()}: check the name and the folder."
        )
    text = _decode(path.read_bytes(), path).removeprefix("\ufeff")
    if not text.strip():
        raise ValueError(f"{path} has no text in it: choose another file.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _checked_bytes(name):
    """Return the bytes of `datasets/<name>` after comparing their checksum."""
    path = DATASETS / name
    restore = f"Restore it with: git checkout -- datasets/{name}"
    listed = (DATASETS / "README.md").read_text(encoding="utf-8")
    expected = re.search(rf"\| `{re.escape(name)}`.*`([0-9a-f]{{64}})`", listed)
    if expected is None:
        known = ", ".join(re.findall(r"\| `(\S+)`.*`[0-9a-f]{64}`", listed))
        raise ValueError(f"There is no data set {name!r}; the data sets are: {known}.")
    if not path.is_file():
        raise FileNotFoundError(f"The data set {path} is missing. {restore}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected[1]:
        raise ValueError(
            f"The data set {path} was changed or is not complete: its SHA-256 is "
            f"{found}, expected {expected[1]}. {restore}"
        )
    return content


def _decode(content, name):
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}. "
            "Save it as UTF-8 (in an editor: Save as, encoding UTF-8)."
        ) from error
