"""Reading data: every bad input gives one clear error with a remedy."""

import gzip
import hashlib
import importlib
import re
import sys

import pytest

from helpers import data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of data sets with one good file, `good.txt.gz`."""
    content = gzip.compress("thé\n".encode(), mtime=0)
    (tmp_path / "good.txt.gz").write_bytes(content)
    line = f"| `good.txt.gz` | a word | `{hashlib.sha256(content).hexdigest()}` |\n"
    (tmp_path / "README.md").write_text(line, encoding="utf-8")
    monkeypatch.setattr(data, "DATASETS", tmp_path)
    return tmp_path


def test_loads_a_checked_text(folder):
    assert data.load_text("good.txt.gz") == "thé\n"


def test_wrong_checksum(folder):
    (folder / "good.txt.gz").write_bytes(gzip.compress(b"other"))
    with pytest.raises(ValueError, match=r"SHA-256.*git checkout.*good\.txt\.gz"):
        data.load_text("good.txt.gz")


def test_missing_file(folder):
    (folder / "good.txt.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"good\.txt\.gz is missing.*Restore"):
        data.load_text("good.txt.gz")


def test_unknown_data_set(folder):
    with pytest.raises(ValueError, match=r"'goood'; the data sets are: good\.txt\.gz"):
        data.load_text("goood")


def test_own_text(tmp_path):
    path = tmp_path / "own.txt"
    path.write_bytes("\ufeffone\r\ntwo\rthree\n".encode())
    assert data.read_text(path) == "one\ntwo\nthree\n"


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_own_text_that_is_empty(tmp_path, content):
    path = tmp_path / "own.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"own\.txt has no text.*another file"):
        data.read_text(path)


def test_own_text_that_is_not_utf8(tmp_path):
    path = tmp_path / "own.txt"
    path.write_bytes("thé".encode("latin-1"))
    with pytest.raises(ValueError, match=r"byte 2 is 0xe9.*Save it as UTF-8"):
        data.read_text(path)


def test_own_text_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*own\.txt: check"):
        data.read_text(tmp_path / "own.txt")


def test_shakespeare_is_what_its_readme_says():
    text = data.load_text("shakespeare.txt.gz")
    listed = (data.DATASETS / "README.md").read_text(encoding="utf-8")
    assert f"{len(text):,} characters, {len(set(text))} symbols" in listed
    assert 1_000_000 <= len(text) <= 1_200_000
    assert re.fullmatch(r"[A-Za-z\n !$&',\-.3:;?]+", text)
    for speech in text.rstrip("\n").split("\n\n"):
        speaker, *lines = speech.split("\n")
        assert re.fullmatch(r"[A-Z][A-Za-z ,'&-]*:", speaker), speech
        assert lines and all(line.strip() == line != "" for line in lines), speech


def test_builder_keeps_speeches_and_drops_directions(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    builder = importlib.import_module("shakespeare")
    play = (
        "# Title\n\n## ACT I\n\n### SCENE I.\n\n_Enter A_\n\n**A**  \nOne,  \n"
        "_\\[Aside]_  \ntwo.\n\n_Exit B,\nrunning_\n\nThree.\n\n**B**  \nFour.\n"
        "### SCENE II.\n\nno one says this\n"
    )
    assert list(builder.speeches(play)) == [
        ("A", ["One,", "two.", "Three."]),
        ("B", ["Four."]),
    ]


def test_builder_says_that_a_folder_is_read_only(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    common = importlib.import_module("common")
    monkeypatch.setattr(common, "DATASETS", tmp_path)
    (tmp_path / "x.gz").mkdir()  # a folder cannot be written as a file, by root either
    with pytest.raises(SystemExit, match=r"Cannot write .*x\.gz.*in a copy"):
        common.save_gzip("x.gz", "text")
