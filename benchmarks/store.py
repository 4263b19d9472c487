"""Keep the results of finished runs in `results.json`.

{part: {name: {"recipe", "data", "mean", "standard deviation", "runs"}}}: a run is one
seed, with its metrics, seconds, threads, device and versions.
"""

import json
import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path

import scoreboard

PACKAGES = ["tensorflow", "keras", "numpy"]


def finished(part, name, recipe, data):
    """Return the finished runs of a recipe; [] if the recipe or its data changed."""
    entry = scoreboard.read().get(part, {}).get(name, {"recipe": None, "data": {}})
    same_data = {*entry["data"].values()} == {*data.values()}
    return entry["runs"] if entry["recipe"] == recipe and same_data else []


def remove(part, name):
    """Remove all runs of a recipe."""
    results = scoreboard.read()
    results.get(part, {}).pop(name, None)
    _write(results)


def add(part, name, recipe, data, run):
    """Add a run, in place of one with the same seed. The file is never half written."""
    results = scoreboard.read()
    runs = [r for r in finished(part, name, recipe, data) if r["seed"] != run["seed"]]
    runs = sorted([*runs, run], key=lambda r: r["seed"])
    columns = {m: [r["metrics"][m] for r in runs] for m in run["metrics"]}
    entry = {"recipe": recipe, "data": data}
    entry["mean"] = {m: statistics.mean(values) for m, values in columns.items()}
    if len(runs) > 1:
        spread = {m: statistics.stdev(values) for m, values in columns.items()}
        entry["standard deviation"] = spread
    results.setdefault(part, {})[name] = {**entry, "runs": runs}
    _write(results)


def _write(results):
    scoreboard.write(scoreboard.RESULTS, json.dumps(results, indent=1) + "\n")


def setting():
    """Return what a result depends on beside its recipe: device, threads, versions."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(g) for g in gpus]
    threads = int(os.environ.get("TF_NUM_INTRAOP_THREADS") or 0) or os.cpu_count()
    return {
        "device": f"GPU {details[0].get('device_name')}" if gpus else _processor(),
        "threads": threads,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
    }


def _processor():
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    names = [s.split(":")[1].strip() for s in text.splitlines() if "model name" in s]
    return names[0] if names else platform.processor() or platform.machine()
