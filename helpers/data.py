"""Read the files of `datasets/`, or a text of your own. Nothing is downloaded."""

import bz2
import gzip
import hashlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
SAVE = "Save it as UTF-8 (in an editor: Save as, plain text, encoding UTF-8)."
GZIP, BZIP2, ZIP = b"\x1f\x8b", b"BZh", b"PK"  # how these files begin


def load_text(name):
    """Return the text of `datasets/<name>`, a gzip or a bzip2 file in UTF-8.

    Its SHA-256 must be the one that stands in `datasets/README.md`.
    Raises FileNotFoundError or ValueError with what to do about it.
    """
    if str(name).endswith(".bz2"):
        return _decode(bz2.decompress(_checked_bytes(name, BZIP2)), name)
    return _decode(gzip.decompress(_checked_bytes(name, GZIP)), name)


def load_arrays(name):
    """Return {name: array} of `datasets/<name>`, an `.npz` file of NumPy.

    Raises as `load_text` does.
    """
    content = io.BytesIO(_checked_bytes(name, ZIP))
    with np.load(content, allow_pickle=False) as arrays:
        return dict(arrays)


def load_table(name):
    """Return `datasets/<name>`, tab-separated columns in gzip, as a `pandas.DataFrame`.

    Raises as `load_text` does.
    """
    text = load_text(name)
    if "\t" not in text.partition("\n")[0]:
        raise ValueError(f"{name} has no columns: read it with load_text.")
    return pd.read_csv(io.StringIO(text), sep="\t")


def path_of(name):
    """Return the path of `datasets/<name>`, for what is read by others: the font.

    Raises as `load_text` does.
    """
    _checked_bytes(name, b"")
    return DATASETS / name


def read_text(path):
    """Return the text of any UTF-8 file, with line ends as a single newline.

    For a text of your own. Raises FileNotFoundError if there is no such file, and
    ValueError if it is a folder, empty, not UTF-8, or has control characters other than
    tabs and the ends of lines and pages: then it is most likely UTF-16.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path.resolve()} is a folder: name a file in it.")
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path.resolve()}: check the name and the folder."
        )
    text = _decode(path.read_bytes(), path).removeprefix("\ufeff")
    if not text.strip():
        raise ValueError(f"{path} has no text in it: choose another file.")
    if control := re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise ValueError(
            f"{path} has the control character {control[0]!r} at position "
            f"{control.start()}, so it is most likely UTF-16. {SAVE}"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _checked_bytes(name, start):
    """Return the bytes of `datasets/<name>` after comparing checksum and `start`."""
    name = str(name)
    path = DATASETS / name
    restore = f"Restore it with: git checkout -- datasets/{name} (or fetch all anew)."
    listed = (DATASETS / "README.md").read_text(encoding="utf-8")
    expected = re.search(rf"\| `{re.escape(name)}`.*`([0-9a-f]{{64}})`", listed)
    if expected is None:
        known = ", ".join(re.findall(r"\| `(\S+)`.*`[0-9a-f]{64}`", listed))
        raise ValueError(
            f"There is no data set {name!r}; the data sets are: {known}. "
            "Give the name alone, without a folder; read_text reads any other text."
        )
    if not path.is_file():
        raise FileNotFoundError(f"The data set {path} is missing. {restore}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected[1]:
        raise ValueError(
            f"The data set {path} was changed or is not complete: its SHA-256 is "
            f"{found}, expected {expected[1]}. {restore}"
        )
    if not content.startswith(start):
        raise ValueError(
            f"{name} is of another kind: load_text reads .txt.gz and .txt.bz2, "
            "load_table .tsv.gz, and load_arrays .npz."
        )
    return content


def _decode(content, name):
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}. "
            f"{SAVE}"
        ) from error
