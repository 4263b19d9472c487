"""Say how much room the claims of the lessons have, over seeds.

python tools/slack.py [LESSON ...] [--seeds N]   LESSON: such as 04; all without it

Each lesson runs with the seeds 0 to N - 1 (5 without it) in place of its own: seed 2
adds 2 to each seed that it gives to Keras. For each claim with a bound, the table has
the smallest distance of its value from the bound, its reserve, and the standard
deviation of the value over the seeds, its spread; where a value is over ten times a
bound above 0 with each seed, those of their logarithms. What was found stays in
`build/slack.json`, and is looked for again only if the code of the lesson changes;
`tests/slack.json` has the least for each lesson, for the table of TESTING.md. Run one
of these commands at a time.
"""

import argparse
import json
import math
import os
import statistics
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

import mutate
import scoreboard
from helpers import lessons

RESULTS = ROOT / "build" / "slack.json"
SUMMARY = ROOT / "tests" / "slack.json"
LEAST = 1.5  # no claim should have a smaller reserve, in spreads of its value
LIMIT = 3600  # seconds of a cell
RECORD = """
import keras
from helpers import checks

CLAIMS_SHOWN, _claim, _set_seed = [], checks.claim, keras.utils.set_random_seed


def claim(statement, value, above=None, below=None):
    try:
        _claim(statement, value, above, below)
        held = True
    except AssertionError as error:
        held, _ = False, print(error)
    bounds = [None if bound is None else float(bound) for bound in (above, below)]
    CLAIMS_SHOWN.append([statement, held, float(value), *bounds])


checks.claim = claim
keras.utils.set_random_seed = lambda seed: _set_seed(seed + {seed})
"""
REPORT = "import json; print(json.dumps(CLAIMS_SHOWN))"


def run(path, before="", after="", go_on=False):
    """Run a notebook, with code of ours behind its setup cell and at its end.

    Returns the notebook with its outputs. go_on: an error stops its cell alone.
    """
    notebook = nbformat.read(path, as_version=4)
    codes = [i for i, c in enumerate(notebook.cells) if c.cell_type == "code"]
    notebook.cells.insert(codes[0] + 1, nbformat.v4.new_code_cell(before))
    notebook.cells.append(nbformat.v4.new_code_cell(after))
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook,
        timeout=LIMIT,
        startup_timeout=600,
        allow_errors=go_on,
        resources=where,
    )
    return client.execute()


def errors_of(notebook):
    """List the errors of a notebook that ran: (place of the cell, name: value)."""
    return [
        (i, f"{output.ename}: {output.evalue}")
        for i, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]


def key_of(path, seed):
    """Return a hash of what the claims of a lesson depend on, but for the helpers."""
    return mutate.digest(seed, *mutate.codes(path))


def claims_of(path, seed, results):
    """Return what a lesson claims with a seed: [statement, held, value, above, below].

    A cell that stops is a claim that does not hold.
    """
    key = key_of(path, seed)
    if key not in results:
        done = run(path, RECORD.format(seed=seed), REPORT, go_on=True)
        claims = json.loads(done.cells[-1].outputs[-1].text)
        claims += [[error, False, 0, None, None] for _, error in errors_of(done)]
        results[key] = claims
        RESULTS.parent.mkdir(exist_ok=True)
        scoreboard.write(RESULTS, json.dumps(results))
        missed = sum(not held for _, held, *_ in claims)
        print(
            f"{path.stem}, seed {seed}: {len(claims)} claims, {missed} missed",
            flush=True,
        )
    return results[key]


def rows_of(name, runs):
    """Return the rows of a lesson: (reserve / spread, reserve, spread, name, claim).

    runs: what `claims_of` returns, for each seed. Without spread, there is no row.
    """
    values, bounds, rows = {}, {}, []
    for claims in runs:
        times = {}
        for statement, _, value, *own in claims:
            times[statement] = nth = times.get(statement, 0) + 1
            if own != [None, None]:
                values.setdefault((statement, nth), []).append(value)
                bounds[statement, nth] = own
    for (statement, nth), own in values.items():
        above, below = bounds[statement, nth]
        if above is not None and 0 < 10 * above < min(own):  # it is a magnitude
            own, above = [*map(math.log, own)], math.log(above)
            below = None if below is None else math.log(below)
        rooms = [value - above for value in own] if above is not None else []
        rooms += [below - value for value in own] if below is not None else []
        if len(own) > 1 and (spread := statistics.stdev(own)) > 0:
            rows.append((min(rooms) / spread, min(rooms), spread, name, statement))
    return rows


def main(*arguments):
    """Print the table; return 1 if a claim was missed, or had too little reserve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON")
    parser.add_argument("--seeds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    mutate.refuse_unknown(chosen.lessons, {path.name[:2] for path in lessons.paths()})
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    summary = json.loads(SUMMARY.read_text("utf-8")) if SUMMARY.exists() else {}
    rows, missed = [], []
    for path in lessons.paths():
        name = path.name[:2]
        if chosen.lessons and name not in chosen.lessons:
            continue
        runs = [claims_of(path, seed, results) for seed in range(chosen.seeds)]
        own = sorted(rows_of(name, runs))
        lost = [
            f"{name}, seed {seed}: {statement}"
            for seed, claims in enumerate(runs)
            for statement, held, *_ in claims
            if not held
        ]
        summary[name] = {"seeds": chosen.seeds, "claims": len(own), "missed": len(lost)}
        if own:
            ratio, *_, statement = own[0]
            tight = sum(ratio < LEAST for ratio, *_ in own)
            summary[name] |= {"least": round(ratio, 2), "of": statement, "tight": tight}
        mutate.write(SUMMARY, dict(sorted(summary.items())))
        rows, missed = rows + own, missed + lost
    print("reserve / spread, reserve, spread, lesson, claim")
    for ratio, reserve, spread, name, statement in sorted(rows):
        print(f"{ratio:8.2f} {reserve:10.3g} {spread:10.3g}  {name}  {statement}")
    print(f"{len(missed)} missed", *missed, sep="\n")
    return int(bool(missed) or any(ratio < LEAST for ratio, *_ in rows))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
