"""What every builder of a data set needs: a checked package, a reproducible gzip."""

import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

DATASETS = Path(__file__).resolve().parents[1]


def fetch(command, sha256, path=None):
    """Return the bytes of the one file that `command` puts into its folder.

    command: a list of words, such as ["apt-get", "download", "NAME=VERSION"], or what
    `pip` returns; with `path`, that file is read, and nothing is run.
    Raises ValueError if the SHA-256 is not `sha256`: another file, other data.
    """
    with tempfile.TemporaryDirectory() as folder:
        if path is None:
            subprocess.run(command, cwd=folder, check=True)
            (path,) = Path(folder).iterdir()
        content = Path(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path} has SHA-256 {found}, expected {sha256}: "
            f"fetch it again with: {' '.join(command)}"
        )
    return content


def pip(requirement, source=False):
    """Return the command that downloads a wheel or, with `source`, the sources."""
    name = requirement.split("==")[0]
    kind = ["--no-binary" if source else "--only-binary", name]
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    return [*download, *kind, requirement]


def npm(requirement):
    """Return the command that downloads a package of npm ("name@version")."""
    return ["npm", "pack", "--silent", requirement]


def open_wheel(requirement, sha256, path=None):
    """Open the wheel of `requirement` ("name==version") as a `zipfile.ZipFile`.

    The wheel is downloaded by pip, or read from `path` if one is given.
    Raises ValueError if its SHA-256 is not `sha256`.
    """
    return zipfile.ZipFile(io.BytesIO(fetch(pip(requirement), sha256, path)))


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
