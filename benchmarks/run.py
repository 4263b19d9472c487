"""Train the lessons' models on their full recipes, and keep the results.

    make bench                                     everything that is not done yet
    python benchmarks/run.py list                  the runs, and which of them are done
    python benchmarks/run.py dates/ stress/BiLSTM  only these parts, or single names
    python benchmarks/run.py --again dates/        forget these results, and begin anew
    python benchmarks/run.py tiny/ --text FILE     tiny Shakespeare, or your own text
    python benchmarks/run.py speed/                what takes how long, on this machine

All recipes are run with seed 0, then all with seed 1, and so on: whenever it stops,
each has as many runs as the others, give or take one.
A finished run is in `results.json` at once. Interrupt with Ctrl+C, and start again:
what is finished is not done twice, unless its recipe or its data changed. At the end
the figures and tables are made anew. Run one of these commands at a time.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import helpers.runtime  # noqa: F401, I001  (first: it keeps TensorFlow quiet)
import figures
import course
import recipes
import scoreboard
import store


def chosen(names):
    """Return the (part, name) for which "part/name" begins with one of `names`."""
    every = {f"{p}/{n}": (p, n) for p, rows in recipes.RECIPES.items() for n in rows}
    for name in names:
        if not any(label.startswith(name) for label in every):
            known = "\n".join(every)
            raise SystemExit(f"There is no run {name!r}; the runs are:\n{known}")
    return [pair for label, pair in every.items() if label.startswith(tuple(names))]


def progress(label):
    """Return a function (done, total, note) that rewrites one line of the terminal."""
    began, width = time.perf_counter(), shutil.get_terminal_size().columns - 1

    def show(done, total, note=""):
        passed = time.perf_counter() - began
        left = f"{passed * (total - done) / done:.0f} s left" if done else ""
        line = f"{label}: {done / total:.0%}  {left}  {note}"[:width].ljust(width)
        print(f"\r{line}", end="", file=sys.stderr, flush=True)

    return show


def do(part, name, seed, recipe, file):
    """Do the run of a recipe with this seed, if it is not done, and keep it."""
    data = recipes.fingerprint(file)
    if seed in {run["seed"] for run in store.finished(part, name, recipe, data)}:
        return
    label = f"{part}/{name}, seed {seed}"
    run, models = recipes.train(part, name, seed, progress(label), file)
    shown = ", ".join(f"{k} {v:.4g}" for k, v in run["metrics"].items())
    print(f"\r{label}: {shown}  ({run['seconds']:.0f} s)")
    if part == "tiny" and data != recipes.fingerprint(None):
        print("This text is not tiny Shakespeare, so its result is not kept.")
        return
    if seed == 0 and (part, name) in recipes.WEIGHTS:
        recipes.save_weights(recipes.WEIGHTS[part, name], models)
    store.add(part, name, recipe, data, {**run, **store.setting()})


def main(arguments):
    """Do the runs that the command line asks for; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="PART/NAME")
    parser.add_argument("--text", help="a file in UTF-8 for the part tiny/")
    parser.add_argument("--again", action="store_true", help="forget what is finished")
    options = parser.parse_args(arguments)
    if options.names == ["list"]:
        for part, name in chosen([""]):
            seeds, recipe = recipes.RECIPES[part][name]
            data = recipes.fingerprint(recipes.PARTS[part][1])
            done = len(store.finished(part, name, recipe, data))
            print(f"{done} of {seeds} done  {part}/{name}")
        return 0
    for folder in (scoreboard.RESULTS.parent, recipes.data.DATASETS):
        if not os.access(folder, os.W_OK):
            raise SystemExit(
                f"Cannot write into {folder}, where results are kept. "
                "Work in a copy of the repository that you may change."
            )
    pairs = chosen(options.names or [""])
    for part, name in pairs if options.again else []:
        if part != "tiny" or options.text:
            store.remove(part, name)
    try:
        runs = [
            (seed, part, name)
            for part, name in pairs
            for seed in range(recipes.RECIPES[part][name][0])
        ]
        for seed, part, name in sorted(runs, key=lambda run: run[0]):
            file = recipes.PARTS[part][1] or options.text
            if file is None:
                print(f"{part}/{name}: left out, it needs --text FILE")
            else:
                do(part, name, seed, recipes.RECIPES[part][name][1], file)
    finally:
        figures.draw()
        course.write_links()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(
            "\nInterrupted. What is finished is kept; without --again, it goes on."
        )
