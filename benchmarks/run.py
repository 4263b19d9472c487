"""Train the lessons' models on their full recipes, and keep the results.

    make bench                                    everything that is not done yet
    python benchmarks/run.py list                 the runs, and which of them are done
    python benchmarks/run.py dates/ stress/BiLSTM only these parts, or single names
    python benchmarks/run.py tiny/ --text FILE    a text of your own, split 90 to 10
    python benchmarks/run.py speed/               what takes how long, on this machine

A finished run is in `results.json` at once. Interrupt with Ctrl+C, and start again:
what is finished is not done twice, unless its recipe changed. `--again` does it twice.
Then `python tools/notebooks.py links` writes the tables.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import helpers.runtime  # noqa: F401, I001  (first: it keeps TensorFlow quiet)
import recipes
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
    began = time.perf_counter()

    def show(done, total, note=""):
        passed = time.perf_counter() - began
        left = f"{passed * (total - done) / done:.0f} s left" if done else ""
        line = f"\r{label}: {done / total:4.0%}  {left}  {note}".ljust(100)
        print(line, end="", file=sys.stderr, flush=True)

    return show


def main(arguments):
    """Do the runs that the command line asks for; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="PART/NAME")
    parser.add_argument("--text", help="a file in UTF-8 for the part tiny/")
    parser.add_argument("--again", action="store_true", help="do finished runs, too")
    options = parser.parse_args(arguments)
    listing = options.names == ["list"]
    for part, name in chosen([""] if listing else options.names or [""]):
        file = recipes.PARTS[part][1] or options.text
        if file is None:
            print(f"{part}/{name}: left out, it needs --text FILE")
            continue
        data, (seeds, recipe) = recipes.fingerprint(file), recipes.RECIPES[part][name]
        done = {run["seed"] for run in store.finished(part, name, recipe, data)}
        for seed in range(seeds):
            label = f"{part}/{name}, seed {seed}"
            if listing:
                print("done " if seed in done else "to do", label)
            elif options.again or seed not in done:
                run = recipes.train(part, name, seed, progress(label), file)
                store.add(part, name, recipe, data, {**run, **store.setting()})
                figures = ", ".join(f"{k} {v:.4g}" for k, v in run["metrics"].items())
                print(f"\r{label}: {figures}  ({run['seconds']:.0f} s)".ljust(100))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
