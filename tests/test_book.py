"""The web book: it builds without a warning, and needs nothing from elsewhere."""

import json
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote

import pytest

import form
import pages
from helpers import lessons

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the book once; return its folder."""
    folder = tmp_path_factory.mktemp("book")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-c",
        "book",
    ]
    command += ["-d", str(folder / "doctrees"), str(pages.ROOT), str(folder / "site")]
    done = subprocess.run(command, cwd=pages.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def pages_of(site):
    return sorted(p for p in site.rglob("*.html") if "_static" not in p.parts)


def test_every_lesson_and_every_exercise_has_a_page(site):
    for path in form.all_notebooks():
        page = site / path.relative_to(pages.ROOT).with_suffix(".html")
        assert page.is_file() == (path.parent.name != "solutions")


def test_nothing_is_loaded_from_elsewhere(site):
    for page in pages_of(site):
        text = page.read_text("utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=\"([^\"]+)", text)
        loaded += re.findall(r"<link[^>]* href=\"([^\"]+)", text)
        assert not [one for one in loaded if one.startswith(("http", "//"))], page


def test_every_link_and_picture_is_there(site):
    for page in pages_of(site):
        text = page.read_text("utf-8")
        for target in re.findall(r"(?:href|src)=\"([^\"#?]+)[^\"]*\"", text):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / unquote(target)).exists(), (page, target)


def known(index, word):
    """Return the numbers of the pages that have a word, in a title or in the text."""
    lists = [index[kind].get(word, []) for kind in ("terms", "titleterms")]
    return {
        n for found in lists for n in ([found] if isinstance(found, int) else found)
    }


def test_the_search_knows_the_forget_gate(site):
    text = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    found = set.intersection(*(known(index, word) for word in ("forget", "gate")))
    assert "notebooks/04_lstm_gates" in {index["docnames"][i] for i in found}


def test_exercises_show_the_stub_and_hide_the_solution(site):
    for path in lessons.paths():
        text = (site / "notebooks" / "exercises" / f"{path.stem}.html").read_text(
            "utf-8"
        )
        assert "Write your code here." in text
        assert (
            len(re.findall(r"<details[^>]*>\s*<summary[^>]*>.*?Solution", text, re.S))
            >= 3
        )


def test_the_site_is_small(site):
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert size < 30_000_000


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")
def test_a_page_in_a_browser(site):
    page = site / "notebooks" / "04_lstm_gates.html"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu"]
    command += ["--virtual-time-budget=20000", "--dump-dom", "--enable-logging=stderr"]
    done = subprocess.run(
        [*command, page.as_uri()], capture_output=True, text=True, timeout=120
    )
    assert len(re.findall("<mjx-container", done.stdout)) > 10  # formulas are set
    assert not re.search(r"CONSOLE.*(Uncaught|Error)", done.stderr)
