"""The web book: it builds without a warning, and needs nothing from elsewhere."""

import json
import re
import runpy
import subprocess
import sys
from urllib.parse import unquote

import pytest

import form
import pages
from browser import CHROMIUM, opened, wait_for
from helpers import lessons


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the book once; return its folder."""
    pytest.importorskip("myst_nb")  # the weekly workflow does without
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


def test_every_figure_has_its_text(site):
    for page in pages_of(site):
        assert not re.findall(r"alt=\"[^\"]*\.png\"", page.read_text("utf-8")), page


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


def test_the_first_page_tells_how_to_get_the_files(site):
    text = (site / "book" / "index.html").read_text("utf-8")
    assert f"git clone https://github.com/{pages.REPOSITORY} course" in text


def test_launch_buttons_lead_to_the_notebook(site):
    where = {
        f"{pages.COLAB}notebooks/04_lstm_gates.ipynb",
        pages.BINDER.replace("README.md", "notebooks/04_lstm_gates.ipynb"),
    }
    text = (site / "notebooks" / "04_lstm_gates.html").read_text("utf-8")
    assert where <= set(re.findall(r"href=\"([^\"]+)", text))


def test_a_hub_of_your_own_gets_a_button(monkeypatch):
    for hub, shown in (
        ("https://h.example.org", ""),
        ("https://h.edu", "https://h.edu"),
    ):
        monkeypatch.setitem(pages.SETTINGS, "hub", hub)
        options = runpy.run_path(pages.ROOT / "book" / "conf.py")["html_theme_options"]
        assert options["launch_buttons"]["jupyterhub_url"] == shown


NOTE = """globalThis.faults = [];
    addEventListener("error", (e) => faults.push(e.message || e.target.src), true);
    console.error = (...words) => faults.push(words.join(" "));"""
LOADED = """new Promise((done) => document.readyState == "complete"
    ? done() : addEventListener("load", done))"""
TOO_WIDE = """(() => {
    const page = document.documentElement;
    return page.scrollWidth > page.clientWidth;
})()"""
FOUND = "[...document.querySelectorAll('#search-results a')].map((a) => a.href)"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a page of a browser that keeps what goes wrong in `faults`."""
    if not CHROMIUM:
        pytest.skip("no Chromium here")
    with opened(tmp_path_factory.mktemp("chromium")) as page:
        page.call("Page.enable")
        page.call("Page.addScriptToEvaluateOnNewDocument", source=NOTE)
        yield page


def go(page, path, query="", width=1000):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.call("Emulation.setDeviceMetricsOverride", **size)
    page.call("Page.navigate", url=path.as_uri() + query)
    page.value_of(LOADED)


def test_every_page_opens_without_an_error_and_fits_400_pixels(site, page):
    for path in pages_of(site):
        if path.name not in ("index.html", "genindex.html") or path.parent != site:
            go(page, path, width=400)
            assert page.value_of("faults") == [], path
            assert not page.value_of(TOO_WIDE), path


def test_formulas_are_set_and_paper_is_white_and_does_not_scroll(site, page):
    go(page, site / "notebooks" / "04_lstm_gates.html")
    page.value_of("MathJax.startup.promise.then(() => true)")
    assert page.value_of("document.querySelectorAll('mjx-container').length") > 10
    page.value_of("document.documentElement.dataset.theme = 'dark'")
    page.value_of("dispatchEvent(new Event('beforeprint'))")
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.value_of("document.documentElement.dataset.theme") == "light"
    wide = "[...document.querySelectorAll('article pre')]"
    wide += ".filter((e) => e.scrollWidth > e.clientWidth).length"
    assert page.value_of(wide) == 0
    symbol = "document.querySelector('mjx-container path')"
    assert page.value_of(f"getComputedStyle({symbol}).strokeWidth") == "0px"
    page.call("Emulation.setEmulatedMedia", media="")


def test_a_figure_keeps_its_white_ground_in_dark_mode(site, page):
    go(page, site / "notebooks" / "04_lstm_gates.html")
    page.value_of("document.documentElement.dataset.theme = 'dark'")
    ground = "getComputedStyle(document.querySelector('{}')).backgroundColor"
    white = "rgb(255, 255, 255)"
    assert page.value_of(ground.format("body")) != white
    assert page.value_of(ground.format(".cell_output img")) == white


def test_the_search_page_finds_the_forget_gate(site, page):
    go(page, site / "search.html", "?q=forget+gate")
    lesson = (site / "notebooks" / "04_lstm_gates.html").as_uri()
    assert wait_for(lambda: any(a.startswith(lesson) for a in page.value_of(FOUND)))
