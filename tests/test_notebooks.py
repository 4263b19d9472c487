"""The form of every notebook; nbval checks that they run and print what is stored."""

import ast
import base64
import builtins
import re
import symtable

import pytest

import course
import form
import pages
import scoreboard
from helpers import lessons

MAX_LINES, MAX_WORDS, MAX_RUN = 25, 170, 2
MAX_FIGURE, MAX_NOTEBOOK = 100_000, 900_000
MAX_MAIN, MAX_FURTHER, SECTIONS = 2_000, 1_000, range(6, 11)
MIN_COMPARED, MAX_IGNORED = 5, 2
KNOWN_TAGS = {"predict", "timing", "picture", "solution", "nbval-ignore-output"}
IGNORE_TAGS = {"nbval-ignore-output"}


def parametrize(paths):
    ids = [p.relative_to(lessons.NOTEBOOKS).as_posix() for p in paths]
    return pytest.mark.parametrize("path", paths, ids=ids)


every_notebook = parametrize(form.all_notebooks())
every_lesson = parametrize(lessons.paths())


def cells(path, kind):
    return [c for c in form.read(path).cells if c.cell_type == kind]


def images(cell):
    return [
        o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})
    ]


def tags(cell):
    return set(form.tags(cell))


def words(text):
    """Count the words of prose: no formulas, tables, code or addresses."""
    text = scoreboard.PLACE.sub("", text)
    text = re.sub(r"\$\$.*?\$\$|```.*?```|\$[^$]*\$|`[^`]*`", "", text, flags=re.DOTALL)
    text = re.sub(r"^\|.*$|\]\([^)]*\)", "", text, flags=re.MULTILINE)
    return len(re.findall(r"\w+", text))


def parts(path):
    """Return the Markdown of the main path, and of *Going further*."""
    prose = "\n\n".join(c.source for c in cells(path, "markdown"))
    main, _, rest = prose.partition("\n## Going further\n")
    assert rest, "no part *Going further*"
    further, _, _ = rest.partition("\n## Exercises\n")
    return main, further


def is_compared(cell):
    """Say whether nbval compares text that this cell computes."""
    printed = [
        o.get("text") or o.get("data", {}).get("text/plain") for o in cell.outputs
    ]
    texts = [text for text in printed if text and not text.startswith("<Figure")]
    return bool(texts) and not tags(cell) & IGNORE_TAGS


def test_everything_derived_is_up_to_date():
    assert course.stale(form.all_notebooks()) == []


def test_every_lesson_has_solutions_and_exercises():
    names = [p.name for p in lessons.paths()]
    assert [*names, "find_the_mistakes.ipynb"] == [p.name for p in form.solutions()]
    assert len(form.all_notebooks()) == 3 * len(names) + 2


@pytest.mark.parametrize("name", [path.name for path in lessons.paths()])
def test_each_exercise_says_how_hard_and_how_long_it_is(name):
    heads = [c.source for c in form.read(lessons.NOTEBOOKS / "solutions" / name).cells]
    heads = [source for source in heads if re.match(r"## \d+\.", source)]
    assert 3 <= len(heads) <= 5
    for head in heads:
        assert re.match(r"## .+\n\n\*(Easy|Medium|Hard), \d+ minutes\.\*\n", head), head


@pytest.mark.parametrize("path", form.solutions(), ids=lambda path: path.stem)
def test_only_the_answer_leaves_its_cell(path):
    """What stands behind `# solution` is cut away: a check there is never seen."""
    for cell in cells(path, "code"):
        _, _, answer = cell.source.partition("# solution\n")
        assert not re.search(r"^\S", answer, re.MULTILINE), cell.source


@every_notebook
def test_is_fully_executed(path):
    counts = [c.execution_count for c in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_outputs_are_reproducible_kinds(path):
    for cell in cells(path, "code"):
        assert tags(cell) <= KNOWN_TAGS
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data", "execute_result")
            assert output.get("name") != "stderr", "a warning or a log line was stored"
            assert "WARNING:" not in output.get("text", ""), "so was one on stdout"
            assert "image/svg+xml" not in output.get("data", {})


@every_notebook
def test_sizes(path):
    assert path.stat().st_size <= MAX_NOTEBOOK
    for cell in cells(path, "code"):
        for image in images(cell):
            assert len(base64.b64decode(image)) <= MAX_FIGURE, cell.source


@every_notebook
def test_figures_state_their_message(path):
    for cell in cells(path, "code"):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"], cell.source


@every_notebook
def test_cells_are_small_and_explained(path):
    run = 0
    for cell in form.read(path).cells:
        if cell.cell_type == "code":
            run += 1
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= MAX_LINES, cell.source
            assert not cell.source.endswith(";"), "nbval ignores it: use plt.show()"
            assert "clear_output" not in cell.source
        else:
            run = 0
            prose = scoreboard.PLACE.sub("", cell.source)
            assert len(re.findall(r"\w+", prose)) <= MAX_WORDS, cell.source
        assert run <= MAX_RUN, cell.source


@every_notebook
def test_begins_with_title_badge_and_setup(path):
    first, *_ = form.read(path).cells
    assert re.match(r"# \D", first.source), "a title without a number"
    assert pages.badge(path, path) in first.source
    code = cells(path, "code")
    assert code[0].source == pages.BOOTSTRAP
    assert "runtime.begin(seed=0)" in code[1].source


@every_notebook
def test_links_lead_somewhere(path):
    for cell in cells(path, "markdown"):
        for target in re.findall(r"\]\((?!https?://|#)([^)]+)\)", cell.source):
            assert (path.parent / target.split("#")[0]).exists(), target


@every_lesson
def test_enough_is_compared_and_little_ignored(path):
    code = cells(path, "code")
    assert sum(map(is_compared, code)) >= MIN_COMPARED
    assert sum(bool(tags(c) & IGNORE_TAGS) for c in code) <= MAX_IGNORED
    assert not [c.source for c in code if "NBVAL" in c.source]  # it ignores such a cell
    for cell, after in zip(code, [*code[1:], None], strict=True):
        if tags(cell) & IGNORE_TAGS:
            assert after and re.search(r"claim\(|assert ", after.source), cell.source


@every_lesson
def test_has_every_part_of_a_lesson(path):
    notebook = form.read(path)
    for heading in (r"\*\*(You will)\*\*", r"\*\*(You need)\*\*", r"\*\*(Time)\*\*"):
        assert pages.part(notebook, heading)
    for heading in ("In short", "Going further", "Exercises", "Read on"):
        assert pages.part(notebook, rf"^## ({heading})$")
    assert f"(exercises/{path.name})" in pages.part(
        notebook, r"## Exercises\n+([\s\S]+)## Read on"
    )


@every_lesson
def test_main_path_is_one_sitting(path):
    main, further = parts(path)
    headings = re.findall(r"^## (.+)$", main, re.MULTILINE)
    assert words(main) <= MAX_MAIN and words(further) <= MAX_FURTHER
    assert headings[-1] == "In short" and len(headings) - 1 in SECTIONS, headings
    assert not re.search(r"\bnotes\b", main), "a quarrel with unseen texts"


@every_lesson
def test_a_drawing_stands_near_the_beginning(path):
    assert any("drawings." in c.source for c in cells(path, "code")[2:6])


@every_lesson
def test_the_answer_to_a_prediction_is_folded(path):
    every = form.read(path).cells
    for cell, after in zip(every, every[1:], strict=False):
        asks = cell.cell_type == "markdown" and "*Predict" in cell.source
        assert not asks or "predict" in tags(after), cell.source
        assert asks or "predict" not in tags(after), after.source
        if asks:  # JupyterLab shows the first line of a folded output
            assert after.outputs[0].text.startswith("Answer:\n"), after.source


def names_of(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def calls(tree, function):
    """List the calls of a function in a cell."""
    return [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and getattr(n.func, "id", "") == function
    ]


def origins(tree, names):
    """Add to the names of loop variables those of what the loops run over."""
    for n in ast.walk(tree):
        if isinstance(n, ast.For | ast.comprehension) and names_of(n.target) & names:
            names = names | names_of(n.iter)
    return names


@every_lesson
def test_what_is_measured_is_claimed(path):
    modules = set(vars(lessons.load(path))) | set(vars(builtins))
    trees = [ast.parse(c.source) for c in cells(path, "code")]
    for tree, after in zip(trees, [*trees[1:], ast.parse("")], strict=True):
        claims = [(t, call) for t in (tree, after) for call in calls(t, "claim")]
        read = set().union(*(origins(t, names_of(call)) for t, call in claims))
        for call in calls(tree, "measured"):
            shown = origins(tree, names_of(call.args[1])) - modules
            assert shown & (read - modules), (
                f"no claim reads what is shown: {ast.unparse(call)}"
            )


@every_notebook
def test_functions_read_no_notebook_variables(path):
    defined = set(vars(lessons.load(path))) | set(vars(builtins))
    source = "\n".join(c.source for c in cells(path, "code"))
    top = symtable.symtable(source, path.name, "exec").get_children()
    tables = [(table, False) for table in top]
    while tables:
        table, inside = tables.pop()
        # At the top level these belong to the cell, not to a function.
        loose = ("lambda", "listcomp", "genexpr", "dictcomp", "setcomp")
        inside = inside or table.get_name() not in loose
        tables += [(child, inside) for child in table.get_children()]
        if not inside:
            continue
        used = {s.get_name() for s in table.get_symbols() if s.is_global()}
        assert used <= defined, f"{table.get_name()}() reads {used - defined}"
