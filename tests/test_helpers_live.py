"""Live cells: their controls move the lessons' own functions, also in JupyterLab."""

import base64
import functools
import io
import re
import socket
import subprocess
import sys
from urllib.request import urlopen

import ipywidgets
import keras
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import form
from browser import CHROMIUM, opened, wait_for
from helpers import data, lessons, live, runtime
from helpers.tasks import dates

LIVE = {  # the lesson, and the controls of its live cell
    "03": ["limit", "rate"],
    "04": ["z_i", "z_f", "z_o", "z_c"],
    "06": ["pads"],
    "08": ["prompt", "temperature"],
    "09": ["date"],
}


def cells_of(number):
    """Return the path of a lesson, and its cells that are live."""
    (path,) = [p for p in lessons.paths() if p.name.startswith(number)]
    return path, [c for c in form.read(path).cells if "live.play(" in c.source]


@pytest.fixture
def played(monkeypatch):
    """Return what was played, by part; the newest figure is the last of `figures`."""
    found, png, play = {"figures": []}, live.png, live.play

    def keep(figure):
        found["figures"].append(figure)
        return png(figure)

    def note_controls(draw, text, **controls):
        found.update(draw=draw, controls=controls)
        play(draw, text, **controls)

    def show(box, picture, text):
        row, note, image = box.children
        assert list(row.children) == list(found["controls"].values())
        assert image.value == picture and text
        found.update(note=note, image=image)

    monkeypatch.setattr(live, "png", keep)
    monkeypatch.setattr(live, "play", note_controls)
    monkeypatch.setattr(live, "_show", show)
    return found


def run_cell(number, **variables):
    """Run the live cell of a lesson with its functions and these variables."""
    (cell,) = cells_of(number)[1]
    exec(cell.source, {**vars(lessons.load(number)), **variables})


def move(played, **values):
    """Set controls; return the axes of the figure that follows."""
    for name, value in values.items():
        played["controls"][name].value = value
    every = {name: c.value for name, c in played["controls"].items()}
    axes = played["figures"][-1].axes
    assert every.items() >= values.items() and not played["note"].value
    assert played["image"].value == played["draw"](**every)
    return axes


def refuse(played, message, **values):
    """Set controls to what cannot be drawn; the picture stays, and a line says why."""
    before = played["image"].value
    for name, value in values.items():
        played["controls"][name].value = value
    assert re.search(message, played["note"].value)
    assert "\n" not in played["note"].value
    assert played["image"].value == before


def title(ax):
    return ax.get_title(loc="left") or ax.get_title()


@pytest.mark.parametrize("number", LIVE)
def test_a_live_cell_is_short_and_its_picture_is_stored_with_a_text(number):
    path, cells = cells_of(number)
    (cell,) = cells
    assert len([line for line in cell.source.splitlines() if line.strip()]) <= 25
    (output,) = cell.outputs
    assert sorted(output.data) == ["image/png", "text/plain"]
    assert output.metadata["image/png"]["alt"] == output.data["text/plain"]
    every = form.read(path).cells
    before = every[[c.id for c in every].index(cell.id) - 1]
    assert before.cell_type == "markdown" and "Run the next cell" in before.source
    for name in LIVE[number]:
        assert f"    {name}=" in cell.source


def test_every_live_cell_is_known():
    texts = {path.name[:2]: path.read_text("utf-8") for path in lessons.paths()}
    assert [n for n in texts if "live.play(" in texts[n]] == sorted(LIVE)


def test_one_display_has_text_picture_and_widgets(monkeypatch):
    shown = []
    monkeypatch.setattr(live, "display", lambda *a, **k: shown.append((a, k)))
    slider = ipywidgets.IntSlider(3)
    live.play(lambda n: b"png of %d" % n, "a text", n=slider)
    [([bundle], options)] = shown
    assert base64.b64decode(bundle["image/png"]) == b"png of 3"
    assert bundle["text/plain"] == "a text" and len(bundle) == 3
    assert set(bundle[form.WIDGETS]) == {"version_major", "version_minor", "model_id"}
    assert options == {"metadata": {"image/png": {"alt": "a text"}}, "raw": True}


def test_normal_form_keeps_text_and_picture():
    data = {"text/plain": "a", "image/png": "b", live.VIEW: {"model_id": "c"}}
    output = nbformat.v4.new_output("display_data", data)
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    kept = form.normalise(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs[0]
    assert kept.data == {"text/plain": "a", "image/png": "b"}


def test_an_error_is_one_line_and_the_next_value_works(played):
    def draw(word):
        if not word:
            raise ValueError("The word is empty: type one.")
        return word.encode()

    text = ipywidgets.Text("one")
    live.play(draw, "a text", word=text)
    refuse(played, r"^The word is empty: type one\. ", word="")
    text.value = "two"
    assert (played["image"].value, played["note"].value) == (b"two", "")


def test_an_error_at_the_start_is_raised():
    def draw(word):
        raise ValueError(f"{word!r} has no picture.")

    with pytest.raises(ValueError, match="'one' has no picture"):
        live.play(draw, "a text", word=ipywidgets.Text("one"))


def test_png_has_the_size_of_the_figure_and_closes_it():
    figure, ax = plt.subplots(figsize=(3, 2), dpi=100)
    ax.set(title="a title that is far too long for the small figure it stands over")
    picture = live.png(figure)
    assert picture[1:4] == b"PNG" and plt.get_fignums() == []
    assert [int.from_bytes(picture[k : k + 4], "big") for k in (16, 20)] == [300, 200]
    with pytest.raises(ValueError, match="empty"):
        live.png(plt.figure())
    assert plt.get_fignums() == []


def test_a_film_has_every_picture_and_stops(monkeypatch):
    shown, pictures = [], []
    monkeypatch.setattr(live, "display", lambda bundle, **_: shown.append(bundle))
    for height in (1, 3, 2):
        figure, ax = plt.subplots(figsize=(3, 2), dpi=100)
        ax.bar([0], [height])
        pictures.append(live.png(figure))
    live.film(pictures, "a text", seconds=0.5)
    [bundle] = shown
    assert bundle["text/plain"] == "a text" and len(bundle) == 2
    film = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert (film.n_frames, film.info["loop"]) == (3, 2)
    for step, picture in enumerate(pictures):
        film.seek(step)
        assert film.info["duration"] == 500
        still = Image.open(io.BytesIO(picture)).convert("RGB")
        np.testing.assert_array_equal(film.convert("RGB"), still)
    with pytest.raises(ValueError, match="one size"):
        live.film([pictures[0], live.png(plt.subplots(figsize=(4, 2))[0])], "a text")


def test_09_the_film_has_a_picture_for_each_symbol_written(played, lesson):
    lesson("09").draw_look(np.eye(3)[[2, 0, 1]], list("123"), list("abc"), step=1)
    (ax,) = played["figures"][-1].axes
    assert [bar.get_height() for bar in ax.patches] == [1, 0, 0]
    assert [label.get_text() for label in ax.get_xticklabels()] == list("abc")
    assert title(ax) == "1 → 2"
    path, _ = cells_of("09")
    (cell,) = [c for c in form.read(path).cells if "live.film(" in c.source]
    stored = base64.b64decode(cell.outputs[0].data["image/png"])
    assert Image.open(io.BytesIO(stored)).n_frames == len("2009-05-03")


@pytest.mark.parametrize(("limit", "rate"), [(0.5, 0.1), (30.0, 0.1), (0.2, 0.3)])
def test_03_the_path_is_that_of_the_limit_and_the_rate(played, lesson, limit, rate):
    run_cell("03")
    left, right = move(played, limit=limit, rate=rate)
    path, _ = lesson("03").descend([1.5, 0.0], rate, steps=200, limit=limit)
    losses = lesson("03").cliff(*path.T)
    np.testing.assert_array_equal(left.lines[0].get_xydata(), path)
    np.testing.assert_array_equal(right.lines[0].get_ydata(), losses)
    assert f"{losses[-1]:.1e}" in title(right)
    assert (losses[-1] < 0.001) == (limit < 1)  # without a limit it is thrown out


def test_04_state_and_half_life_follow_the_logits(played):
    run_cell("04")
    for z in ([-1, 2, 1, -0.5], [3, -2, -4, 2], [-6, 6, 0, 1], [0, 0, 6, 0]):
        left, right = move(played, **dict(zip(LIVE["04"], z, strict=True)))
        i, f, o = 1 / (1 + np.exp(-np.array(z[:3])))
        states = [1.0]
        for _ in range(40):
            states.append(f * states[-1] + i * np.tanh(z[3]))
        bars = [bar.get_height() for bar in left.patches]
        np.testing.assert_allclose(bars, [i, f, o, np.tanh(z[3])])
        C, h, rest = (line.get_ydata() for line in right.lines)
        np.testing.assert_allclose(C, states)
        np.testing.assert_allclose(h, o * np.tanh(states))
        np.testing.assert_allclose(f * rest[0] + i * np.tanh(z[3]), rest[0])
        steps = float(re.search(r"[\d.]+", title(right))[0])
        assert f ** (steps + 0.05) <= 0.5 <= f ** (steps - 0.05)


def test_06_states_are_those_behind_so_many_pads(played, lesson):
    rng, lstm = np.random.default_rng(0), keras.layers.LSTM(16)
    vectors, pad = rng.normal(size=(9, 8, 4)), rng.normal(size=4)
    run_cell("06", lstm=lstm, vectors=vectors, pad_vector=pad)
    spread = functools.partial(lesson("06").spread_of_states, lstm, vectors, pad)
    for pads in (0, 3, 48):
        masked, bare, _ = move(played, pads=pads)
        read = np.array(lstm(np.concatenate([vectors, np.tile(pad, (9, pads, 1))], 1)))
        np.testing.assert_allclose(bare.images[0].get_array(), read[:6], atol=1e-5)
        alone = np.array(lstm(vectors))
        np.testing.assert_allclose(masked.images[0].get_array(), alone[:6], atol=1e-5)
        left = spread(pads, False) / spread(0, False)
        assert f"{left:.1%}" in title(bare)


def test_08_bars_and_text_follow_prompt_and_temperature(played, lesson):
    large, symbols = lesson("08").shipped_model()
    run_cell("08", large=large, play_symbols=symbols)
    for prompt, temperature in (("PROSPER", 1.0), ("My lord", 0.5), ("My lord", 0.0)):
        left, right = move(played, prompt=prompt, temperature=temperature)
        (text,) = lesson("08").write(large, symbols, prompt, [temperature], length=400)
        assert right.texts[0].get_text() == prompt + text
        bars = [bar.get_height() for bar in left.patches]
        names = [label.get_text() for label in left.get_xticklabels()]
        ids = tf.constant([symbols.encode(prompt)])
        logits = np.array(large([ids, *2 * [tf.zeros((1, 384))]])[0])[0, -1]
        best = np.argsort(-logits, stable=True)[:8]
        assert names == [repr(symbols.symbols[k]) for k in best]
        odds = np.exp((logits - logits.max()) / max(temperature, 1e-9))
        np.testing.assert_allclose(bars, odds[best] / odds.sum(), atol=1e-4)
    refuse(played, "prompt is empty", prompt="")
    refuse(played, "'#' at position 1 is not among", prompt="a#")
    move(played, prompt="a", temperature=2.0)


def test_09_the_heatmap_is_that_of_the_date_typed(played, lesson):
    module = lesson("09")
    table = data.load_table("dates.tsv.gz")
    texts = [*table.source, ";"], [*table.target, ";"]
    symbols = tuple(dates.vocabulary_of(part) for part in texts)
    longer = module.with_attention(*map(len, symbols), 24, 96)
    module.load_weights(longer, "dates_attention.npz")
    run_cell("09", longer=longer, both_symbols=symbols)
    days = {"17 Μαρτίου 1901": "1901-03-17", "пт, 16.02.2007 г.": "2007-02-16"}
    for date, day in days.items():
        ax, _ = move(played, date=date)
        weights = ax.images[0].get_array()  # (written, source)
        assert title(ax) == f"{date} → {day}" and weights.shape == (10, len(date))
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
        assert date[weights[:4].sum(axis=0).argmax()] in day[:4]
        assert [label.get_text() for label in ax.get_xticklabels()] == list(date)
    refuse(played, "'!' at position 1 is not among", date="3!")
    refuse(played, "is empty", date="")
    move(played, date="2057/3/13")


PICTURE = """(async () => {
    const image = document.querySelector("img.widget-image");
    if (!image || !image.src) return "";
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
})()"""
READY = """(() => {
    const shell = globalThis.jupyterapp?.shell;
    const notebook = shell && [...shell.widgets("main")].find((w) => w.context);
    if (notebook) shell.activateById(notebook.id);
    return notebook?.context.sessionContext.isReady;
})()"""
HANDLE = """(() => {
    const handle = document.querySelectorAll(".noUi-handle")[1];
    handle.scrollIntoView({block: "center"});
    const place = handle.getBoundingClientRect();
    return [place.x + place.width / 2, place.y + place.height / 2];
})()"""
READOUT = "Number(document.querySelectorAll('.widget-readout')[1].textContent)"


@pytest.fixture
def jupyterlab(tmp_path, monkeypatch):
    """Return a page of JupyterLab with the live cell of lesson 04 in a notebook."""
    pytest.importorskip("jupyterlab")
    load = "from helpers import lessons, runtime\nruntime.begin(seed=0)\n"
    load += "names = vars(lessons.load('04'))\n"
    load += "globals().update({k: v for k, v in names.items() if k[:2] != '__'})"
    sources = [f"import sys\nsys.path.insert(0, {str(runtime.ROOT)!r})\n{load}"]
    sources += [cell.source for cell in cells_of("04")[1]]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = form.normalise(nbformat.v4.new_notebook(cells=cells))
    (tmp_path / "lab").mkdir()
    nbformat.write(notebook, tmp_path / "lab" / "live.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    lab = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    lab += ["--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=it"]
    lab += [f"--ServerApp.root_dir={tmp_path / 'lab'}"]
    lab += ["--LabApp.expose_app_in_browser=True"]
    lab += [f"--LabApp.app_settings_dir={runtime.ROOT / 'tools' / 'jupyterlab'}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(lab, **quiet)
    try:
        address = f"http://127.0.0.1:{port}"
        with opened(tmp_path) as page:
            wait_for(lambda: urlopen(f"{address}/api?token=it").read())
            page.call("Emulation.setFocusEmulationEnabled", enabled=True)
            page.call("Page.navigate", url=f"{address}/lab/tree/live.ipynb?token=it")
            wait_for(lambda: page.value_of(READY))
            yield page
    finally:
        server.terminate()  # and its kernels with it
        server.wait(60)


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")
@pytest.mark.skipif(
    int(ipywidgets.__version__.split(".")[0]) < 8, reason="JupyterLab 4 needs 8"
)
def test_a_slider_moves_the_picture_in_jupyterlab(jupyterlab, lesson):
    page = jupyterlab
    page.value_of("jupyterapp.commands.execute('notebook:run-all-cells')")
    first = wait_for(lambda: page.value_of(PICTURE))
    page.drag(*page.value_of(HANDLE), by=25)
    moved = wait_for(lambda: (v := page.value_of(READOUT)) != 2 and v)
    with plt.rc_context():
        runtime.begin(seed=0)
        expected = lesson("04").draw_gates(z_i=-1, z_f=moved, z_o=1, z_c=-0.5)
    expected = base64.b64encode(expected).decode()
    assert 2 < moved <= 6 and first != expected
    assert wait_for(lambda: page.value_of(PICTURE) == expected)
