"""Make the tables of README.md, TESTING.md, benchmarks/ and the lessons from results.

`python tools/course.py links` puts them between `<!-- scoreboard: PART -->` and
`<!-- end of scoreboard -->`. PART is a task, or `all` for one line for each task, or
`time to loss`, or `speed NAME`, or `mutations`, `slack` or `versions`, what `make`
found by these names, or `faults`, what `make stress` found. What others published
stands in `published.json`, with its setting and source.
"""

import json
import os
import re
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"
MUTATIONS, SLACK, VERSIONS, FAULTS = (
    ROOT / "tests" / f"{name}.json"
    for name in ("mutations", "slack", "versions", "faults")
)
RESULTS = BENCHMARKS / "results.json"
TASKS = json.loads((BENCHMARKS / "published.json").read_text("utf-8"))
GOAL, SECONDS = 1.886, 213  # a GPT with the setting of nanoGPT's README, on two cores
PLACE = re.compile(
    r"(<!-- scoreboard: ([\w ]+) -->\n).*?(<!-- end of scoreboard -->)", re.DOTALL
)


def write(path, text):
    """Write a text file in place of an older one, and never half of it."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8", newline="\n")
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def read():
    """Return all results; {} if there are none yet."""
    if not RESULTS.exists():
        return {}
    try:
        return json.loads(RESULTS.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SystemExit(
            f"{RESULTS} is not JSON (line {error.lineno}): restore it with "
            "git checkout -- benchmarks/results.json"
        ) from error


def figure(values, digits):
    """Return "mean ± standard deviation" of the runs, or the one value there is."""
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.{digits}f}"
    return text


def ours(part, name, results):
    """Return our figure for one recipe, and the setting it was measured in."""
    task, runs = TASKS[part], results[part][name]["runs"]
    values = [task["scale"] * run["metrics"][task["metric"]] for run in runs]
    minutes = statistics.mean(run["seconds"] for run in runs) / 60
    where = " or ".join(dict.fromkeys(map(_where, runs)))
    count = f"{len(runs)} run{'s' * (len(runs) > 1)}"
    setting = f"{count} of {minutes:.1f} minutes, {where}"
    if "parameters" in runs[0]["metrics"]:
        setting = f"{runs[0]['metrics']['parameters']:,} parameters, {setting}"
    for label, metric in task.get("also", {}).items():
        if metric in runs[0]["metrics"]:
            others = [task["scale"] * run["metrics"][metric] for run in runs]
            other = figure(others, task["digits"])
            setting = f"{label} {other}; {setting}"
    return figure(values, task["digits"]), setting


def _where(run):
    """Return what a run was made on, for a table."""
    if run["device"].startswith("GPU"):
        return run["device"]
    return "1 CPU thread" if run["threads"] == 1 else f"{run['threads']} CPU threads"


def table(part, results):
    """Return the Markdown table of one task: ours, then what others published."""
    task = TASKS[part]
    rows = [["model", task["heading"], "setting", "same data and split?"], ["---"] * 4]
    for name in results.get(part, {}):
        rows.append([f"**{name}**", *ours(part, name, results), "ours"])
    for other in task["published"]:
        setting = f"{other['setting']} ({other['source']})"
        rows.append([other["model"], other["value"], setting, other["same"]])
    return _markdown(rows)


def overview(results):
    """Return the Markdown table with one line for each task."""
    head = ["task", "measure", "ours, best recipe", "published", "same data and split?"]
    rows = [head, ["---"] * len(head)]
    for part, task in TASKS.items():
        if task["best"] not in results.get(part, {}):
            continue
        others = [other for other in task["published"] if other["overview"]]
        beside = "; ".join(f"{other['model']} {other['value']}" for other in others)
        beside = beside or "none that compares"
        same = "; ".join(dict.fromkeys(other["same"] for other in others))
        best = f"**{ours(part, task['best'], results)[0]}**, {task['best']}"
        rows.append([task["title"], task["heading"], best, beside, same or "–"])
    return _markdown(rows)


def time_to_loss(results):
    """Return the Markdown table of how fast the loss on tiny Shakespeare falls."""
    head = [f"seconds to {GOAL} nats", f"loss at the end, or after {SECONDS} s"]
    rows = [["model", *head, "setting"], ["---"] * 4]
    for name, entry in results.get("tiny", {}).items():
        curves = [run["curve"] for run in entry["runs"]]
        reached = [next(s for s, loss in c if loss <= GOAL) for c in curves]
        ends = [[loss for s, loss in curve if s <= SECONDS][-1] for curve in curves]
        setting = f"{len(curves)} runs, {_where(entry['runs'][0])}"
        rows.append([f"**{name}**", figure(reached, 0), figure(ends, 3), setting])
    return _markdown(rows)


def speed(name, results):
    """Return the Markdown table of one measurement of `speed.py`.

    A value called "row: column" stands in that row and column.
    """
    runs = results.get("speed", {}).get(name, {"runs": []})["runs"]
    cells = {
        tuple(what.split(": ")): f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
        for run in runs
        for what, value in run["metrics"].items()
    }
    columns = [*dict.fromkeys(column for _, column in cells)]
    rows = [["measured", *columns], ["---"] * (1 + len(columns))]
    for row in dict.fromkeys(row for row, _ in cells):
        rows.append([row, *(cells.get((row, column), "") for column in columns)])
    return _markdown(rows)


def mutations():
    """Return how many false changes of each lesson were noticed, and by what."""
    kinds, tried = ["a test", "the notebook alone", "nothing"], {}
    for found in json.loads(MUTATIONS.read_text("utf-8")).values():
        by = str(found["by"])
        kind = kinds[by.startswith("notebooks") + 2 * (by == "None")]
        where = found["where"] if found["where"].isdigit() else "helpers"
        tried.setdefault(where, []).append(kind)
    tried = {**dict(sorted(tried.items())), "all": sum(tried.values(), [])}
    rows = [["", "changes", *kinds], ["---"] * 5]
    for where, by in tried.items():
        rows.append([where, str(len(by)), *(str(by.count(kind)) for kind in kinds)])
    return _markdown(rows)


def slack():
    """Return the smallest reserve of each lesson, in spreads of the claim's value."""
    rows = [["", "seeds", "values", "missed", "tight", "least", "of the claim"]]
    rows.append(["---"] * len(rows[0]))
    for lesson, found in json.loads(SLACK.read_text("utf-8")).items():
        own = (str(found.get(name, "")) for name in ("tight", "least", "of"))
        counts = (str(found[name]) for name in ("seeds", "claims", "missed"))
        rows.append([lesson, *counts, *own])
    return _markdown(rows)


def faults():
    """Return how many tests of `make stress` each lesson passed, of those that ran."""
    kinds = {
        "each cell twice": "test_each_cell_may_be_run_twice_in_a_row",
        "all cells twice": "test_all_cells_may_be_run_twice_in_one_kernel",
        "under faults": "test_a_lesson_prints_the_same_under_faults",
        "mixed targets": "test_mixed_targets_make_a_claim_fail",
        "no implicit masks": "test_a_lesson_holds_without_implicit_masks",
    }
    ran = {}
    for test, found in json.loads(FAULTS.read_text("utf-8")).items():
        name, _, notebook = test.partition("[")
        if notebook and found["outcome"] != "skipped":
            lesson = notebook.removeprefix("solutions/")[:2]
            lesson = lesson if lesson.isdigit() else "worksheet"
            for row in (lesson, "all"):
                own = ran.setdefault(row, {}).setdefault(name, [])
                own.append(found["outcome"] == "passed")
    rows = [["", *kinds], ["---"] * (1 + len(kinds))]
    for lesson in sorted(ran, key=lambda name: (name == "all", name)):
        own = [ran[lesson].get(name, ()) for name in kinds.values()]
        rows.append([lesson, *(f"{sum(o)} of {len(o)}" if o else "" for o in own)])
    return _markdown(rows)


def versions():
    """Return what came of the tests with other versions."""
    found = json.loads(VERSIONS.read_text("utf-8"))
    rows = [[*found[0]], ["---"] * len(found[0])]
    rows += [[str(value) for value in own.values()] for own in found]
    return _markdown(rows)


def _markdown(rows):
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def fill(text):
    """Return a page or cell with the tables in its marked places made anew."""
    if not PLACE.search(text):
        return text
    results = read()

    def made(part):
        if part.startswith("speed "):
            return speed(part.removeprefix("speed "), results)
        if part in (whole := {"all": overview, "time to loss": time_to_loss}):
            return whole[part](results)
        found = {"mutations": mutations, "slack": slack, "versions": versions}
        found |= {"faults": faults}
        return found[part]() if part in found else table(part, results)

    return PLACE.sub(lambda m: m[1] + made(m[2]) + m[3], text)
