"""Measure the memory at the peak of each lesson's kernel; write the table of README.md.

python hub/memory.py [NN ...]    these lessons, or all; about their minutes to run each

It runs the lessons one after the other, and reads VmHWM of each kernel (Linux).
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from nbclient import NotebookClient  # noqa: E402

import form  # noqa: E402
from helpers import lessons  # noqa: E402

PAGE = ROOT / "hub" / "README.md"
ROW = re.compile(r"^\| (\d\d) \| (\d+) \|$", re.MULTILINE)
TABLE = re.compile(r"(?<=<!-- memory -->\n).*(?=<!-- end of memory -->)", re.DOTALL)


def measured():
    """Return {number of a lesson: its peak in MB} of the table."""
    table = TABLE.search(PAGE.read_text(encoding="utf-8"))[0]
    return {number: int(peak) for number, peak in ROW.findall(table)}


def peak(path):
    """Run a notebook in a fresh kernel; return the kernel's largest memory in MB."""
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(form.read(path), timeout=1800, resources=where)
    with client.setup_kernel():
        for index, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, index)
        status = Path(f"/proc/{client.km.provisioner.pid}/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6)


def write(peaks):
    """Write the table anew: one row for each lesson that was measured."""
    head = "| lesson | peak (MB) |\n| --- | --- |\n"
    rows = [f"| {number} | {peaks[number]} |\n" for number in sorted(peaks)]
    page = PAGE.read_text(encoding="utf-8")
    text = TABLE.sub(lambda _: head + "".join(rows) + "\n", page)
    PAGE.write_text(text, encoding="utf-8", newline="\n")


def main(numbers):
    """Measure the lessons with these numbers, or all, and write each at once."""
    for path in lessons.paths():
        if not numbers or path.name[:2] in numbers:
            write(measured() | {path.name[:2]: peak(path)})
            print(path.name, measured()[path.name[:2]], "MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
