"""A notebook starts the same way whatever was done before it."""

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


def test_a_gpu_that_is_in_use_already_is_taken_as_it_is(monkeypatch):
    def refuse(*_):
        raise RuntimeError("Physical devices cannot be modified")

    config = runtime.tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: ["a GPU"])
    monkeypatch.setattr(config.experimental, "set_memory_growth", refuse)
    runtime._start_devices()


@pytest.mark.parametrize("version", ["3.11.3", "3.9.0", "2.15.1"])
def test_a_version_that_is_too_old_is_named_with_the_oldest_that_works(
    monkeypatch, version
):
    monkeypatch.setattr(runtime.keras, "__version__", version)
    with pytest.raises(ImportError, match=rf"keras {version} is too old: 3\.\d+ or"):
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
