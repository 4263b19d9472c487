"""Grade a folder of submitted notebooks, each one in a sandbox of its own.

    python tools/grade.py SUBMISSIONS                  results: SUBMISSIONS-graded
    python tools/grade.py SUBMISSIONS --to RESULTS --seconds 60

The files may have any names; which exercises a notebook answers is seen from its cells.
`grades.csv` gets a row for each file, with the verdict on each exercise, and each file
gets a short report of its own, with the hints that its author would have read.

Students' code runs in namespaces of its own (bubblewrap): without network, on
read-only copies of the course, seeing neither the solutions nor other submissions, and
with limits of time, memory and output. Without bubblewrap nothing is graded. Use an
account, a virtual machine or a container that holds nothing else of value.

The verdict on an exercise is that of the solved notebook's own checks, applied to what
the student's code defines; what that code prints, or what it makes of `check`, has no
influence. But both run in one process: code that searches the memory of Python for the
reference, or rewrites NumPy, can forge a verdict. Read a report that looks too good.
"""

import argparse
import ast
import contextlib
import csv
import json
import os
import re
import secrets
import selectors
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import nbformat  # noqa: E402

import form  # noqa: E402

SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ssl", "/etc/fonts"]
CHECK = re.compile(r"\b(check|compare)\(")  # the worksheet's cells compare
LARGEST = 20_000_000  # bytes of a submitted file, outputs included
PYTHON = [sys.executable, "-B", "-s", str(ROOT / "tools" / "grade_inside.py")]


def exercises_of(path):
    """Return {number: cells} of a solved notebook, and the cells with its imports.

    cells: [(source, asked)] up to the last check; `asked` are the names that the reader
    has to define in this cell, [] for a cell that is given.
    """
    cells = form.read(path).cells
    setup = [cell.source for cell in cells if cell.cell_type == "code"][:2]
    found, number = {}, 0
    for cell in cells:
        if heading := re.match(r"## (\d+)\.", cell.source):
            number = int(heading[1])
        if number and cell.cell_type == "code":
            own = re.search("# solution|# mistake:", cell.source)
            names = re.findall(r"^(?:def|class) (\w+)", cell.source, re.MULTILINE)
            found.setdefault(number, []).append((cell.source, names if own else []))
    for number, own in found.items():
        checks = [i for i, (source, _) in enumerate(own) if CHECK.search(source)]
        found[number] = own[: checks[-1] + 1]
    return found, setup


def masters():
    """Return {name: (path of the solved notebook, sources of the exercise's cells)}."""
    return {
        path.stem: (path, [c.source for c in form.exercise_of(form.read(path)).cells])
        for path in form.solutions()
    }


def read(path):
    """Return a submitted notebook and remarks on its format; raise ValueError."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("a link or no file: not read")
    if path.stat().st_size > LARGEST:
        raise ValueError(
            f"over {LARGEST / 1e6:.0f} MB: clear its outputs and ask again"
        )
    try:
        raw = json.loads(path.read_text("utf-8"))
        version = int(raw["nbformat"])
        notebook = nbformat.reads(json.dumps(raw), as_version=4)
        sources = [(cell.cell_type, cell.source) for cell in notebook.cells]
    except Exception as error:
        reason = str(error).splitlines()[0][:80] if str(error) else ""
        kind = f"{type(error).__name__} {reason}".strip()
        raise ValueError(f"no notebook that can be read: {kind}") from None
    return sources, [] if version == 4 else [f"notebook format {version}, converted"]


def lesson_of(sources, known):
    """Return the name of the exercises that share most cells with these sources."""
    given = {source.strip() for _, source in sources if len(source) > 40}
    shared = {name: len(given & {*cells}) for name, (_, cells) in known.items()}
    best = max(shared, key=shared.get)
    if shared[best] == 0:
        raise ValueError("none of the course's exercises")
    return best


def by_exercise(sources, cells):
    """Return {number: what was written}: the code that is not in the exercise.

    A cell belongs to the last heading above it, or to the exercise whose function it
    defines, wherever it stands.
    """
    owner = {name: n for n, own in cells.items() for _, names in own for name in names}
    written, number = {n: [] for n in cells}, min(cells)
    for kind, source in sources:
        if heading := re.match(r"## (\d+)\.", source):
            number = int(heading[1])
        if kind != "code":
            continue
        names = re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)
        place = next((owner[name] for name in names if name in owner), number)
        if place in written:
            written[place].append(source)
    return written


def remarks_on(sources, exercise):
    """List what a teacher should know of a notebook before running it."""
    given = {s.strip() for s in exercise}
    here = {s.strip().partition("\n")[0] for _, s in sources}  # links may have changed
    headings = [s.partition("\n")[0] for s in given if re.match(r"## \d+\.", s)]
    missing = sum(h not in here for h in headings)
    found = [f"{missing} exercise(s) deleted"] if missing else []
    for kind, source in sources:
        if kind != "code" or source.strip() in given:
            continue
        with contextlib.suppress(Exception):  # also too deep, or a lone surrogate
            for node in ast.walk(ast.parse(source)):
                name = getattr(node, "name", None) or getattr(node, "id", None)
                stored = isinstance(getattr(node, "ctx", None), ast.Store)
                if name == "check" and (hasattr(node, "name") or stored):
                    found.append("redefines `check`")
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and re.search(r"\bcorrect\b", text):
                    found.append("has the text “correct” in its code")
    return list(dict.fromkeys(found))


def sandbox(memory, fd):
    """Return the command that runs Python inside: bubblewrap and limits.

    memory: bytes of data for a process; fd: where verdicts are written.
    """
    shown = [p for p in SYSTEM if Path(p).exists()]
    prefixes = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent)}
    shown += sorted(p for p in prefixes if not p.startswith("/usr"))
    shown += [str(ROOT / name) for name in ("helpers", "datasets")]
    shown.append(PYTHON[-1])
    shown += [str(p) for p in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    command += ["--clearenv", "--proc", "/proc", "--dev", "/dev"]
    command += ["--size", "200000000", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for path in shown:
        command += ["--ro-bind", path, path]
    settings = {
        "HOME": "/tmp",
        "PATH": "/usr/bin:/bin",
        "MPLBACKEND": "agg",
        "LANG": "C.UTF-8",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    for name, value in settings.items():
        command += ["--setenv", name, value]
    limits = ["prlimit", f"--data={memory}", "--fsize=100000000", "--core=0"]
    return [*command, *limits, *PYTHON, str(fd)]


def require_sandbox():
    """Exit if bubblewrap cannot make a sandbox here."""
    if not shutil.which("bwrap"):
        raise SystemExit(
            "Nothing was graded: bubblewrap (the command bwrap) is not here, and "
            "without it students' code would run with all your rights. "
            "On Debian or Ubuntu: sudo apt install bubblewrap. "
            "On macOS and Windows, use a Linux machine."
        )
    probe = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(probe, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(
            f"Nothing was graded: bubblewrap cannot make a sandbox here "
            f"({done.stderr.strip()}). In a container, allow user namespaces; on "
            "Ubuntu 24.04, allow them for bwrap in AppArmor."
        )


def run(job, limits):
    """Run a job in a sandbox; return ({exercise: verdicts}, remarks, unfinished, why).

    job: {"setup", "exercises", "token"}; limits: argparse's `seconds`, `megabytes`,
    `output`. unfinished: the exercise during which it ended too soon, or None.
    """
    reading, writing = os.pipe()
    process = subprocess.Popen(
        sandbox(limits.megabytes * 1_000_000, writing),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[writing],
    )
    os.close(writing)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(job).encode())
        process.stdin.close()
    verdicts, notes, now, why = {}, [], None, None
    printed, pending, tail = 0, b"", b""
    limit, began = limits.seconds + 90, time.monotonic()  # 90: TensorFlow starts
    watch = selectors.DefaultSelector()
    watch.register(reading, selectors.EVENT_READ)
    watch.register(process.stdout, selectors.EVENT_READ)
    while watch.get_map() and not why:
        if time.monotonic() - began > limit:
            why = f"did not end within {limits.seconds} seconds"
        for key, _ in watch.select(timeout=0.5):
            piece = os.read(key.fd, 65536)
            if not piece:
                watch.unregister(key.fileobj)
            elif key.fd != reading:
                printed, tail = printed + len(piece), (tail + piece)[-500:]
                if printed > limits.output:
                    why = f"printed over {limits.output / 1e6:g} MB"
            else:
                *lines, pending = (pending + piece).split(b"\n")
                for line in lines:
                    with contextlib.suppress(ValueError, TypeError, KeyError):
                        message = json.loads(line)
                        if message["token"] != job["token"]:
                            continue
                        if "begin" in message:
                            now, began = message["begin"], time.monotonic()
                            limit = limits.seconds
                        elif "done" in message:
                            found = message["verdicts"], message["errors"]
                            verdicts[int(message["done"])] = found
                            now = None
                        elif "remark" in message:
                            notes.append(str(message["remark"])[:200])
    process.kill()
    status = process.wait()
    os.close(reading)
    process.stdout.close()
    unfinished = [n for n in job["exercises"] if int(n) not in verdicts]
    if unfinished and not why:
        text = tail.decode("utf-8", "replace").strip().splitlines()
        last = f": {text[-1][:100]}" if text else ""
        why = f"ended before it was done (exit status {status}){last}"
    return verdicts, notes, now, why


def grade(path, known, limits):
    """Return the row of one submitted file: lesson, {exercise: verdict}, remarks."""
    try:
        sources, remarks = read(path)
        lesson = lesson_of(sources, known)
    except ValueError as error:
        return "", {}, [str(error)]
    solved, exercise = known[lesson]
    cells, setup = exercises_of(solved)
    written = by_exercise(sources, cells)
    given = {source.strip() for source in exercise}
    remarks += remarks_on(sources, exercise)
    left = {
        n: {
            "given": cells[n],
            "written": [s for s in written[n] if s.strip() not in given],
        }
        for n in cells
    }
    verdicts = {n: "not written yet" for n, e in left.items() if not e["written"]}
    left = {n: e for n, e in left.items() if e["written"]}
    while left:
        job = {"setup": setup, "exercises": left, "token": secrets.token_hex(16)}
        done, notes, now, why = run(job, limits)
        remarks += notes
        verdicts |= {n: _one(*found) for n, found in done.items()}
        left = {n: e for n, e in left.items() if n not in done}
        if left:  # it ended too soon: this exercise is over, the others go on
            n = int(now) if now is not None and int(now) in left else min(left)
            verdicts[n] = f"stopped: {why}"
            remarks.append(f"exercise {n} {why}")
            del left[n]
    return lesson, dict(sorted(verdicts.items())), list(dict.fromkeys(remarks))


def _one(found, errors):
    """Return the verdict on an exercise: of its checks, or why there is none."""
    wrong = [text for text in found if not text.endswith(": correct")]
    if found and not wrong:
        return "correct"
    return [*errors, *wrong, "no check was reached"][0]


def report(name, lesson, verdicts, remarks):
    """Return what one student gets to read, as Markdown."""
    lines = [f"# {name}", "", f"Exercises: {lesson or 'not recognised'}", ""]
    lines += [f"- **{n}.** {verdict}" for n, verdict in verdicts.items()]
    lines += ["", "Remarks:", "", *(f"- {text}" for text in remarks)] if remarks else []
    return "\n".join(lines) + "\n"


def plain(text):
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def main(arguments=None):
    """Grade what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--to", type=Path, help="a new folder for the results")
    parser.add_argument("--seconds", type=int, default=180, help="for an exercise")
    parser.add_argument("--megabytes", type=int, default=4_000, help="of memory")
    parser.add_argument("--output", type=int, default=5_000_000, help="bytes printed")
    options = parser.parse_args(arguments)
    if not options.submissions.is_dir() or not options.submissions.name:
        raise SystemExit(
            f"{options.submissions} is no folder of submitted notebooks: name one, "
            "such as make grade FROM=submissions."
        )
    to = options.to or options.submissions.with_name(
        f"{options.submissions.name}-graded"
    )
    if to.exists():
        raise SystemExit(f"{to} exists already: move it, or name another with --to.")
    require_sandbox()
    every = sorted(p for p in options.submissions.rglob("*") if not p.is_dir())
    files = [p for p in every if ".ipynb_checkpoints" not in p.parts]  # JupyterLab's
    known, rows = masters(), []
    to.mkdir(parents=True)
    sys.stdout.reconfigure(errors="backslashreplace")
    for path in files:
        name = str(path.relative_to(options.submissions))
        lesson, verdicts, remarks = grade(path, known, options)
        own = to / (re.sub(r"[^\w.-]", "_", name)[-50:] + ".md")
        while own.exists():
            own = own.with_name(f"_{own.name}")
        text = report(name, lesson, verdicts, remarks)
        own.write_text(text, encoding="utf-8", errors="backslashreplace")
        right = sum(verdict == "correct" for verdict in verdicts.values())
        print(f"{name}: {right} of {len(verdicts)} correct", *remarks, sep="; ")
        rows.append((name, lesson, right, verdicts, "; ".join(remarks)))
    numbers = sorted({n for *_, verdicts, _ in rows for n in verdicts})
    # A name, or what a student's code raised, may have characters that UTF-8 cannot.
    how = {"encoding": "utf-8-sig", "errors": "backslashreplace"}
    with open(to / "grades.csv", "w", newline="", **how) as file:
        table = csv.writer(file)
        table.writerow(["submission", "exercises", "correct", *numbers, "remarks"])
        for name, lesson, right, verdicts, remarks in rows:
            cells = [verdicts.get(n, "") for n in numbers]
            table.writerow(map(plain, map(str, [name, lesson, right, *cells, remarks])))
    print(f"{len(rows)} submissions: {to / 'grades.csv'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
