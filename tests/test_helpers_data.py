"""Reading data: every bad input gives one clear error with a remedy."""

import bz2
import datetime
import gzip
import hashlib
import importlib
import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from helpers import data, runtime


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


def test_loads_a_checked_text_in_bzip2(folder):
    for name, content in (("a", bz2.compress("thé\n".encode())), ("b", b"other")):
        (folder / f"{name}.txt.bz2").write_bytes(content)
        line = f"| `{name}.txt.bz2` | | `{hashlib.sha256(content).hexdigest()}` |\n"
        with open(folder / "README.md", "a", encoding="utf-8") as page:
            page.write(line)
    assert data.load_text("a.txt.bz2") == "thé\n"
    with pytest.raises(ValueError, match=r"b.txt.bz2 is of another kind"):
        data.load_text("b.txt.bz2")


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


def test_mnist1d_is_what_its_readme_says():
    arrays = data.load_arrays("mnist1d.npz")
    train, test = ({*map(bytes, arrays[f"x_{part}"])} for part in ("train", "test"))
    assert not train & test
    for part, rows in (("train", 4_000), ("test", 1_000)):
        x, y = arrays.pop(f"x_{part}"), arrays.pop(f"y_{part}")
        assert (x.shape, x.dtype, y.dtype) == ((rows, 40), "float32", "int32")
        assert np.bincount(y).min() > 0.08 * rows and np.isfinite(x).all()
        assert abs(x.mean()) < 0.05 and abs(x.std() - 1) < 0.05
    assert arrays == {}


def test_changed_arrays_are_noticed(folder):
    (folder / "good.txt.gz").write_bytes(b"no longer")
    with pytest.raises(ValueError, match=r"SHA-256.*git checkout"):
        data.load_arrays("good.txt.gz")


def test_cmudict_is_what_its_readme_says():
    entries = [e.split() for e in data.load_text("cmudict.txt.gz").splitlines()]
    listed = (data.DATASETS / "README.md").read_text(encoding="utf-8")
    words = len({word for word, *_ in entries})
    assert f"{len(entries):,} pronunciations of {words:,} words" in listed
    assert ["photograph", *["F", "OW1", "T", "AH0", "G", "R", "AE2", "F"]] in entries
    for word, *phonemes in entries:
        assert re.fullmatch("[a-z]+", word), word
        assert all(re.fullmatch("[A-Z]{1,2}[012]?", p) for p in phonemes), word
        stresses = [p[-1] for p in phonemes if p[-1].isdigit()]
        assert 2 <= len(stresses) <= 6 and stresses.count("1") == 1, word


def test_builder_of_cmudict_filters(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    builder = importlib.import_module("cmudict")
    source = (
        "a AH0\na's EY1 Z\nrecord R AH0 K AO1 R D\nrecord(2) R EH1 K ER0 D # noun\n"
        "it's IH1 T S AH0\nhotdog HH AA1 T D AO1 G\nuh-oh AH1 OW0\n"
    )
    found = list(builder.entries(source))
    assert found[3] == ("record", ["R", "EH1", "K", "ER0", "D"])
    assert [e for e in found if builder.kept(*e)] == found[2:4]


def test_dates_are_what_their_readme_says():
    table = data.load_table("dates.tsv.gz")
    listed = (data.DATASETS / "README.md").read_text(encoding="utf-8")
    patterns = len(table[["language", "pattern"]].drop_duplicates())
    languages = table.language.nunique()
    assert f"{len(table):,} dates in {languages} languages and {patterns} p" in listed
    assert f"**Characters.** {len(set(''.join(table.source)))}." in listed
    assert table.part.value_counts().to_dict() == {
        "train": 46_000,
        "validation": 2_000,
        "test": 2_000,
    }
    assert table.target.is_unique, "a date in two parts would have been seen"
    assert table.source.is_unique and table.target.between("1900", "2100").all()
    meanings = {}  # of each way to write a month
    for row in table.itertuples():
        date = datetime.date.fromisoformat(row.target)
        assert int(row.source[row.year_start : row.year_end]) == date.year, row
        assert int(row.source[row.day_start : row.day_end]) == date.day, row
        month = row.source[row.month_start : row.month_end]
        assert meanings.setdefault(month.lstrip("0"), date.month) == date.month, row


def test_builder_of_dates_leaves_out_what_can_be_read_in_two_ways(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    builder = importlib.import_module("dates")
    for pattern in ("y/M/d", "d.M.y", "d MMM y", "y年M月d日", "dd.MM.y 'г'."):
        assert builder.is_clear(pattern), pattern
    for pattern in ("M/d/y", "E d/M/y", "d-M-y", "dd/MM/y"):
        assert not builder.is_clear(pattern), pattern
    endings = [builder.ending("en", day) for day in (1, 2, 3, 4, 11, 12, 13, 21, 22)]
    assert endings == ["st", "nd", "rd", "th", "th", "th", "th", "st", "nd"]
    assert [builder.ending("fr", day) for day in (1, 2, 21)] == ["er", "", ""]


def test_every_character_of_the_dates_can_be_drawn():
    runtime.begin(seed=0)
    families = plt.rcParams["font.family"]
    fonts = [FT2Font(font_manager.findfont(f)).get_charmap() for f in families]
    text = "".join(data.load_table("dates.tsv.gz").source) + "我今天早上8點起床"
    assert not [c for c in set(text) if not any(ord(c) in font for font in fonts)]


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
        common.save_gzip("x.gz", "text", "4 characters")


def test_builder_refuses_another_package(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(data.DATASETS / "build"), *sys.path])
    common = importlib.import_module("common")
    write = [sys.executable, "-c", "open('package', 'w').write('another')"]
    with pytest.raises(
        ValueError, match=r"SHA-256 \w{64}, expected 00: fetch it again"
    ):
        common.fetch(write, "00")
    found = hashlib.sha256(b"another").hexdigest()
    assert common.fetch(write, found) == b"another"
    (tmp_path / "package").write_bytes(b"another")
    assert common.fetch(["not run"], found, tmp_path / "package") == b"another"


def test_each_kind_of_file_has_its_reader():
    other = "another kind: load_text reads .txt.gz and .txt.bz2, load_table .tsv.gz, an"
    with pytest.raises(ValueError, match=other):
        data.load_text("mnist1d.npz")
    with pytest.raises(ValueError, match=other):
        data.load_text("cjk.otf")
    with pytest.raises(ValueError, match=other):
        data.load_table("mnist1d.npz")
    with pytest.raises(ValueError, match=other):
        data.load_arrays("dates.tsv.gz")
    with pytest.raises(ValueError, match="no columns: read it with load_text"):
        data.load_table("shakespeare.txt.gz")


@pytest.mark.parametrize("name", ["datasets/good.txt.gz", "../good.txt.gz", "", "."])
def test_a_data_set_is_named_without_a_folder(folder, name):
    with pytest.raises(ValueError, match="Give the name alone, without a folder"):
        data.load_text(name)


@pytest.mark.parametrize("text", ["two words\n", "Привет, мир\n", "Привет"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le"])
def test_own_text_in_utf16(tmp_path, text, encoding):
    path = tmp_path / "own.txt"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(
        ValueError, match="own.txt .*(UTF-16|not UTF-8).*Save it as UTF"
    ):
        data.read_text(path)


def test_own_text_with_tabs_and_pages_and_a_folder(tmp_path):
    path = tmp_path / "own.txt"
    path.write_bytes(b"a\tb\x0cc\n")
    assert data.read_text(path) == "a\tb\x0cc\n"
    with pytest.raises(ValueError, match="is a folder: name a file"):
        data.read_text(tmp_path)
