"""Set-up files, the machinery of the notebooks, and a quiet start."""

import ast
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import keras
import nbformat
import numpy as np
import pytest
import yaml

import course
import form
import pages
import scoreboard
from helpers import lessons

ROOT = pages.ROOT


def requirements(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_versions_are_exact(name):
    for line in requirements(name):
        assert re.fullmatch(r"[a-z-]+==[\d.]+|-r requirements\.txt", line), line


def test_gpu_differs_only_by_cuda():
    assert requirements("requirements-gpu.txt") == [
        "-r requirements.txt",
        "tensorflow[and-cuda]",
    ]


def test_conda_takes_every_version_from_requirements():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python, pip, packages = environment["dependencies"]
    assert re.fullmatch(r"python =3\.1[123]", python)  # else Binder takes its default
    assert pip == "pip"
    assert packages == {"pip": ["-r requirements.txt"]}


def test_ci_runs_the_test_command_and_nothing_else():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = [line for line in script.splitlines() if line[:1] not in ("#", "")]
    assert commands[-1] == "make test" and len(commands) == 3


def test_workflow_is_valid_and_runs_the_same():
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["pinned"]["steps"][-1]["run"].startswith("make test")
    assert len(jobs["pinned"]["strategy"]["matrix"]["os"]) == 3


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "TEACHING.md",
        "TESTING.md",
        "CONTRIBUTING.md",
        "hub/README.md",
        "datasets/README.md",
        "benchmarks/README.md",
    ],
)
def test_links_of_a_page_lead_somewhere(name):
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_page_on_testing_names_tests_that_exist():
    page = (ROOT / "TESTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:test_\w+|stress)\.py)(?:::(test_\w+))?`", page)
    assert len(named) > 20
    for file, test in named:
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"def {test}" in source, (file, test)
    page = scoreboard.PLACE.sub("", page)  # these tables promise nothing
    for row in re.findall(r"^\| (?!promise|---)(.+) \|$", page, re.MULTILINE):
        assert "`" in row, "a promise without a test"


def test_limits_of_a_hub_hold_a_lesson_and_its_exercises():
    values = yaml.safe_load((ROOT / "hub" / "kubernetes.yaml").read_text("utf-8"))
    memory = values["singleuser"]["memory"]
    script = (ROOT / "hub" / "tljh.sh").read_text("utf-8")
    assert f"limits.memory {memory['limit']}\n" in script
    page = (ROOT / "hub" / "README.md").read_text("utf-8")
    peaks = [int(n) for n in re.findall(r"^\| \d\d \| (\d+) \|$", page, re.MULTILINE)]
    server = 150
    assert peaks and 2 * max(peaks) + server <= 1000 * int(memory["limit"][:-1])


def test_the_kernel_of_a_lesson_needs_less_than_2_gb():
    page = (ROOT / "hub" / "README.md").read_text("utf-8")
    peaks = dict(re.findall(r"^\| (\d\d) \| (\d+) \|$", page, re.MULTILINE))
    assert set(peaks) == {path.name[:2] for path in lessons.paths()}
    assert max(map(int, peaks.values())) < 2_000, peaks


def test_hub_sets_the_same_for_one_server_and_for_many():
    values = yaml.safe_load((ROOT / "hub" / "kubernetes.yaml").read_text("utf-8"))
    code = (ROOT / "hub" / "settings.py").read_text("utf-8")
    (given,) = (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Dict))
    assert values["singleuser"]["extraEnv"] == ast.literal_eval(given)


def test_a_link_of_the_hub_names_repository_branch_and_file():
    path = lessons.paths()[0]
    query = parse_qs(urlsplit(pages.pull(f"notebooks/{path.name}")).query)
    assert query == {
        "repo": [f"https://github.com/{pages.REPOSITORY}"],
        "branch": [pages.BRANCH],
        "urlpath": [f"lab/tree/{pages.REPOSITORY.split('/')[1]}/notebooks/{path.name}"],
    }


TEACHING = (ROOT / "TEACHING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.stem)
def test_minutes_of_a_lesson_for_a_class_are_its_time_to_read(path):
    notebook = form.read(path)
    title = pages.part(notebook, r"^# (.+)$")
    heading = f"### {path.name[:2]}: [{title}](notebooks/{path.name})\n"
    own = TEACHING.split(heading)[1].split("\n### ")[0]
    parts = re.search(r"^- \*\*Minutes\*\*: (.+)\.$", own, re.MULTILINE)[1].split("; ")
    reading = int(pages.part(notebook, r"^\*\*Time\*\*: .* (\d+) minutes to read"))
    assert sum(int(part.split()[0]) for part in parts) == reading
    assert all(f"- **{name}**: " in own for name in ("Ask", "Wrong answers", "Cut"))


def test_planned_sessions_last_90_minutes():
    plans = re.findall(r"^\| \d \|.* min .*$", TEACHING, re.MULTILINE)
    assert len(plans) == 6 + 3
    for plan in plans:
        assert sum(map(int, re.findall(r"(\d+) min ", plan))) == 90, plan


def test_repository_address_has_one_source():
    slug = pages.REPOSITORY
    for page in [pages.README, *form.all_notebooks()]:
        found = re.findall(
            r"github(?:\.com)?/([\w.-]+/[\w.-]+?)(?=[/\"\\\s)])",
            page.read_text("utf-8"),
        )
        assert found and set(found) == {slug}, page


def run_bootstrap(before, cwd):
    """Run the setup cell in a new Python, after `before`; print which helpers it finds.

    TensorFlow is not started: only the place of helpers.runtime is looked up.
    """
    setup = pages.BOOTSTRAP.replace("/content", cwd.as_posix())  # the disk of Colab
    setup, last = setup.rsplit("\n", 1)
    assert last == "from helpers import runtime"
    find = "import importlib.util as u; print(u.find_spec('helpers.runtime').origin)"
    command = [sys.executable, "-c", f"{before}\n{setup}\n{find}"]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


@pytest.mark.parametrize("folder", ["notebooks", "notebooks/exercises", "."])
def test_setup_cell_finds_the_helpers(folder):
    done = run_bootstrap("", ROOT / folder)
    assert done.stdout.strip() == str(ROOT / "helpers" / "runtime.py"), done.stderr


def test_setup_cell_finds_the_helpers_from_a_folder_of_your_own(tmp_path):
    here = tmp_path.resolve()
    for name in ("helpers/__init__.py", "helpers/runtime.py", "my_work/03.ipynb"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).touch()
    found = run_bootstrap("", here / "my_work").stdout.strip()
    assert found == str(here / "helpers" / "runtime.py")


def test_setup_cell_outside_the_repository_says_so(tmp_path):
    assert (
        "Open this notebook inside its repository" in run_bootstrap("", tmp_path).stderr
    )


COLAB = """
import subprocess, sys
def run(command, check):
    print(*command)
    raise SystemExit
sys.modules["google.colab"], subprocess.run = sys, run
"""


@pytest.mark.parametrize("left", [None, "README.md", "helpers/plotting.py"])
def test_setup_cell_clones_on_colab_also_after_a_clone_that_was_stopped(tmp_path, left):
    folder = tmp_path / pages.REPOSITORY.split("/")[1]
    if left:  # what a stopped clone may leave: never the helper that is looked for
        (folder / left).parent.mkdir(parents=True)
        (folder / left).touch()
    clone, *options = run_bootstrap(COLAB, tmp_path).stdout.split()[1:]
    assert clone == "clone" and f"--branch={pages.BRANCH}" in options
    address = f"https://github.com/{pages.REPOSITORY}"
    assert options[-2:] == [address, str(folder)]
    assert not folder.exists(), "git clones into a new folder only"


def test_setup_cell_on_colab_clones_once(tmp_path):
    folder = tmp_path / pages.REPOSITORY.split("/")[1] / "helpers"
    folder.mkdir(parents=True)
    (folder / "runtime.py").touch()
    (folder / "__init__.py").touch()
    found = run_bootstrap(COLAB, tmp_path).stdout.strip()
    assert found == str(folder / "runtime.py")


def test_exercise_derivation():
    cell = nbformat.v4.new_code_cell
    solution = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Solutions: a title"),
            cell("def f():\n    # solution\n    return 1\n\n\n# more"),
            cell("y = x  # mistake: y = -x"),
            nbformat.v4.new_markdown_cell("why", metadata={"tags": ["solution"]}),
        ]
    )
    derived = [c.source for c in form.exercise_of(solution).cells]
    assert derived == [
        "# Exercises: a title",
        "def f():\n    pass  # Write your code here.",
        "y = -x",
    ]
    assert "# solution" in solution.cells[1].source, "the solution stays as it was"
    for source in derived[1:]:
        ast.parse(source)


def test_normal_form_is_a_fixed_point_and_keeps_ids_apart():
    same = [nbformat.v4.new_code_cell("x = 1  \n") for _ in range(3)]
    same[0].metadata = {"tags": ["picture"], "collapsed": True}
    same[2].metadata = {"tags": ["predict"], "scrolled": True}
    alt = {"image/png": {"alt": "a title", "width": 7}}
    same[2].outputs = [nbformat.v4.new_output("display_data", metadata=alt)]
    same[1].outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=t) for t in ("a", "b\n")
    ]
    once = form.dumps(nbformat.v4.new_notebook(cells=same))
    again = nbformat.reads(once, as_version=4)
    assert form.dumps(again) == once
    assert len({c.id for c in again.cells}) == 3
    assert again.cells[0].metadata == {"tags": ["picture"]}
    assert [o.text for o in again.cells[1].outputs] == ["ab\n"]
    assert again.cells[2].outputs[0].metadata == {"image/png": {"alt": "a title"}}
    assert again.cells[2].metadata == {
        "collapsed": True,
        "jupyter": {"outputs_hidden": True},
        "tags": ["predict", "hide-output"],
        "slideshow": {"slide_type": "fragment"},
    }


def test_a_pasted_picture_stays_and_an_empty_place_for_one_does_not():
    cells = [nbformat.v4.new_markdown_cell(text) for text in ("one", "two")]
    cells[0].attachments, cells[1].attachments = {"a.png": {"image/png": "iVBO"}}, {}
    first, second = form.normalise(nbformat.v4.new_notebook(cells=cells)).cells
    assert "a.png" in first.attachments and "attachments" not in second


def test_slides_follow_from_headings_and_predictions():
    cells = [nbformat.v4.new_markdown_cell(s) for s in ("# A title", "text", "## B")]
    cells += [nbformat.v4.new_code_cell(s) for s in (pages.BOOTSTRAP, "x = 1", "x + 1")]
    cells[-1].metadata = {"tags": ["predict"]}
    notebook = form.normalise(nbformat.v4.new_notebook(cells=cells))
    kinds = [c.metadata.get("slideshow", {}).get("slide_type") for c in notebook.cells]
    assert kinds == ["slide", "subslide", "slide", "skip", None, "fragment"]


def printing(text):
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    return form.compared(cell)


@pytest.mark.parametrize("text", ["", "loss ≈ nan nats", "loss ≈ inf nats"])
def test_a_measured_number_that_is_missing_or_none_is_noticed(text):
    assert printing(text) != printing("loss ≈ 1.63 nats")


@pytest.mark.parametrize("text", ["loss ≈ 1.63 bits", "lose ≈ 1.63 nats", "loss 1.63"])
def test_a_measured_number_with_another_name_or_unit_is_noticed(text):
    assert printing(text) != printing("loss ≈ 1.63 nats")


@pytest.mark.parametrize("number", ["1.7", "-20,800", "4.4e-05", "0"])
def test_the_digits_of_a_measured_number_may_differ(number):
    assert printing(f"loss ≈ {number} nats") == printing("loss ≈ 1.63 nats")
    assert printing(f"loss {number} nats") != printing("loss 1.63 nats")


def test_a_time_is_stored_again_only_with_something_else_that_is_new(tmp_path):
    path, texts = tmp_path / "timing.ipynb", []
    timed = "import time; print('took ≈', time.time(), 's')"
    for source in (
        "print('loss ≈', 1.5)",
        "print('loss ≈', 1.5)",
        "print('loss ≈', 2)",
    ):
        cells = [nbformat.v4.new_code_cell(code) for code in (timed, source)]
        cells[0].metadata = {"tags": ["timing"]}
        if texts:
            stored = form.read(path).cells
            cells[0].outputs, cells[1].outputs = (cell.outputs for cell in stored)
        path.write_text(form.dumps(nbformat.v4.new_notebook(cells=cells)), "utf-8")
        course.execute(path)
        texts.append(form.read(path).cells[0].outputs[0].text)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("how", ["html", "script"])
def test_export_has_text_alternatives_and_is_python(how, tmp_path):
    path = lessons.paths()[0]
    command = ["nbconvert", "--to", how, "--output-dir", tmp_path, path]
    template = ["--template", ROOT / "tools" / "html"] if how == "html" else []
    subprocess.run([sys.executable, "-m", *command, *template], check=True)
    (made,) = tmp_path.iterdir()
    if how == "script":
        assert made.suffix == ".py"
    else:
        figures = re.findall(r'<img ([^>]*)src="data:', made.read_text("utf-8"))
        assert figures
        for figure in figures:
            assert re.search(r'alt="[^"]{10}', figure), figure


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(SystemExit, match="Cannot write .*nothing there was changed"):
        course._write(tmp_path, "a folder cannot be written as a file")


NUMBERS = """
from helpers import runtime; runtime.begin(seed=3); import random, keras, numpy
print(random.random(), numpy.random.rand(), keras.random.normal((2,)).numpy())
"""


@pytest.fixture(scope="module")
def started():
    """Start TensorFlow in a new Python, and print a few random numbers."""
    command = [sys.executable, "-W", "error::SyntaxWarning", "-c", NUMBERS]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_tensorflow_starts_without_a_word(started):
    assert (started.returncode, started.stderr) == (0, "")
    assert len(started.stdout.splitlines()) == 1, "more than the numbers"


def test_same_seed_same_numbers(started, capsys):
    for _ in range(2):  # here, TensorFlow has done much before
        exec(NUMBERS, {})
        assert capsys.readouterr().out == started.stdout != ""


def test_what_native_code_said_is_shown_if_the_start_fails(capfd):
    from helpers import runtime

    with pytest.raises(OSError), runtime._native_stderr_caught():
        runtime.os.write(2, b"the reason\n")
        raise OSError
    assert capfd.readouterr().err == "the reason\n"


def test_no_path_of_a_machine_and_no_stray_file_is_committed():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    assert not [name for name in tracked if "checkpoint" in name or name[0] == "/"]
    for name in tracked:
        content = (ROOT / name).read_bytes()
        for folder in ("home", "root", "Users"):
            assert f"/{folder}/".encode() not in content, name


def test_fit_traces_a_step_once_if_the_optimizer_is_built_and_else_twice(
    lesson, monkeypatch
):
    step, traced = keras.Model.train_step, []

    def counted(model, data):
        traced.append(model)
        return step(model, data)

    monkeypatch.setattr(keras.Model, "train_step", counted)
    model = lesson("01").gru_model(5, 2, features=3, units=4, schedule=0.01)
    x, y = np.ones((4, 2), "int32"), np.ones(4)
    model.fit(x, y, verbose=0)
    assert len(traced) == 1
    model.compile(keras.optimizers.Adam(), model.loss)  # as without the lesson's line
    model.fit(x, y, verbose=0)
    assert len(traced) == 3
