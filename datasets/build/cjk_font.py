"""Build `cjk.otf`: the Chinese, Japanese and Korean characters that lesson 09 draws.

    python datasets/build/cjk_font.py NotoSansCJK-Regular.ttc

Most fonts lack these characters, and show empty boxes for them. The source is a file
of the Debian package fonts-noto-cjk. `fontTools`, which Matplotlib needs too, cuts it
down.
"""

import gzip
import hashlib
import io
import sys
from pathlib import Path

from common import DATASETS, save
from fontTools import subset
from fontTools.ttLib import TTCollection

FONT_SHA256 = "b76b0433203017ca80401b2ee0dd69350349871c4b19d504c34dbdd80541690a"
OTHERS = "我你他她今明天早上中下午晚點起床睡覺吃飯零七八九十兩半分"


def build(path, characters):
    """Return the bytes of the first font of a collection, with `characters` only."""
    font = TTCollection(path).fonts[0]
    # The names that are kept are the copyright, the family, its style and the licence.
    options = subset.Options(
        hinting=False, layout_features=[], name_IDs=[0, 1, 2, 13, 14]
    )
    small = subset.Subsetter(options)
    small.populate(text="".join(characters))
    small.subset(font)
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    content = io.BytesIO()
    font.save(content)
    return content.getvalue()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != FONT_SHA256:
        raise SystemExit(f"{path} has SHA-256 {found}, expected {FONT_SHA256}.")
    dates = gzip.decompress((DATASETS / "dates.tsv.gz").read_bytes()).decode("utf-8")
    characters = {c for c in OTHERS + dates if c > "\u2e80"}
    save("cjk.otf", build(path, characters), f"{len(characters)} characters")
