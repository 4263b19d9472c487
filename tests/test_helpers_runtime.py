"""A notebook starts the same way whatever was done before it."""

import json
import random
import re
import shutil

import matplotlib.pyplot as plt
import pytest

from helpers import runtime


def test_a_dark_style_and_another_precision_do_not_stay(monkeypatch):
    plt.style.use("dark_background")
    plt.rcParams["lines.linewidth"] = 9
    runtime.keras.config.set_dtype_policy("mixed_float16")
    runtime.begin(seed=0)
    assert plt.rcParams["axes.facecolor"] == plt.rcParams["figure.facecolor"] == "white"
    assert plt.rcParams["lines.linewidth"] == plt.rcParamsDefault["lines.linewidth"]
    assert plt.rcParams["figure.dpi"] == 144
    assert runtime.keras.config.dtype_policy().name == "float32"


def test_each_seed_gives_its_own_numbers():
    drawn = []
    for seed in (3, 4, 3):
        runtime.begin(seed)
        drawn.append((random.random(), float(runtime.keras.random.normal(()))))
    assert drawn[0] == drawn[2] and not {*drawn[0]} & {*drawn[1]}


def test_a_gpu_that_is_in_use_already_is_taken_as_it_is(monkeypatch):
    def refuse(*_):
        raise RuntimeError("Physical devices cannot be modified")

    config = runtime.tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: ["a GPU"])
    monkeypatch.setattr(config.experimental, "set_memory_growth", refuse)
    runtime._start_devices()


@pytest.mark.parametrize(
    ("package", "version", "oldest"),
    [
        *(("keras", version, "3.13") for version in ("3.12.0", "3.9.0", "2.15.1")),
        *(("tensorflow", version, "2.20") for version in ("2.19.1", "1.99.0")),
    ],
)
def test_a_version_that_is_too_old_is_named_with_the_oldest_that_works(
    monkeypatch, package, version, oldest
):
    module = {"keras": runtime.keras, "tensorflow": runtime.tf}[package]
    monkeypatch.setattr(module, "__version__", version)
    expected = re.escape(f"{package} {version} is too old: {oldest} or newer")
    with pytest.raises(ImportError, match=expected):
        runtime._require_versions()


@pytest.mark.parametrize("version", ["3.13.2", "3.15.1", "4.0.0", "3.16.0.dev2026"])
def test_later_versions_are_taken(monkeypatch, version):
    monkeypatch.setattr(runtime.keras, "__version__", version)
    runtime._require_versions()


def test_a_figure_carries_its_titles_as_text():
    figure, axes = plt.subplots(1, 2)
    figure.suptitle("Both of\nthem")
    axes[0].set_title("first", loc="left")
    axes[1].set_title("second", loc="center")
    png, metadata = runtime._png_with_titles(figure)
    assert metadata == {"alt": "Both of them; first; second"} and len(png) > 1000
    plt.close(figure)
    assert runtime._png_with_titles(plt.Figure()) is None


def test_the_name_of_the_setup_cell_is_the_first_that_a_lesson_uses():
    from helpers import lessons

    for path in lessons.paths():
        text = path.read_text(encoding="utf-8")
        assert '"runtime.begin(seed=0)  # \\"not defined\\"? Run the cell' in text


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return a small copy of the course, which work_on takes for its own."""
    notebooks = runtime.ROOT / "notebooks"
    for path in notebooks.rglob("*"):
        here = tmp_path / "notebooks" / path.relative_to(notebooks)
        here.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == "exercises":
            shutil.copy(path, here)
        elif path.is_file():
            here.touch()
    (tmp_path / "README.md").touch()
    monkeypatch.setattr(runtime, "ROOT", tmp_path.resolve())
    return runtime.ROOT


@pytest.mark.parametrize(
    "lesson", ["03", "3", 3, "find the mistakes", "Find_the_mistakes"]
)
def test_exercises_are_copied_and_their_links_lead_somewhere(course, capsys, lesson):
    runtime.work_on(lesson)
    (copy,) = (course / "my_work").iterdir()
    shown = copy.relative_to(course)
    assert capsys.readouterr().out == f"Your own copy: open {shown}\n"
    original = course / "notebooks" / "exercises" / copy.name
    cells, given = (
        json.loads(path.read_text(encoding="utf-8"))["cells"]
        for path in (copy, original)
    )
    code = [c for c in cells if c["cell_type"] == "code"]
    assert code == [c for c in given if c["cell_type"] == "code"]
    links = re.findall(r"\]\((\.\.[^)]+)\)", str(cells))
    assert len(links) == len(re.findall(r"\]\((\.\.[^)]+)\)", str(given))) > 1
    for target in links:
        assert (copy.parent / target).exists(), target


def test_answers_are_never_overwritten(course, capsys):
    runtime.work_on("03")
    (copy,) = (course / "my_work").iterdir()
    copy.write_text("answers", encoding="utf-8")
    capsys.readouterr()
    runtime.work_on("03")
    assert copy.read_text(encoding="utf-8") == "answers"
    said = capsys.readouterr().out
    assert "nothing was changed" in said and copy.name in said


def test_exercises_go_to_another_folder_too(course, capsys, tmp_path_factory):
    drive = tmp_path_factory.mktemp("drive")
    runtime.work_on("03", drive / "recurrent")
    (copy,) = (drive / "recurrent").iterdir()
    assert str(copy.resolve()) in capsys.readouterr().out


@pytest.mark.parametrize("lesson", ["99", "", None, "../03"])
def test_an_unknown_lesson_is_named_with_those_there_are(course, lesson):
    with pytest.raises(ValueError, match=r"01, 02, .*find the mistakes\.$") as error:
        runtime.work_on(lesson)
    assert repr(lesson) in str(error.value)
    assert not (course / "my_work").exists()


def test_a_folder_that_cannot_be_written_is_named(course, monkeypatch):
    with pytest.raises(OSError, match="Cannot write .*mount your Drive first"):
        runtime.work_on("03", course / "drive" / "MyDrive")  # not mounted

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(runtime.Path, "touch", refuse)
    with pytest.raises(OSError, match="my_work.*Permission denied"):
        runtime.work_on("03")


def test_a_copy_that_was_not_written_whole_is_not_left(course, monkeypatch):
    def half(path, text, **_):
        path.write_bytes(text[:100].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runtime.Path, "write_text", half)
    with pytest.raises(OSError, match="my_work.*No space left"):
        runtime.work_on("03")
    assert not [*(course / "my_work").iterdir()]


def test_a_file_in_place_of_a_folder_is_named(course):
    (course / "my_work").write_text("notes")
    with pytest.raises(OSError, match="my_work is a file"):
        runtime.work_on("03")
    assert (course / "my_work").read_text() == "notes"


def test_git_ignores_what_is_worked_on():
    ignored = (runtime.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "my_work/" in ignored
