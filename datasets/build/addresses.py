"""Build `addresses.tsv.gz`: American addresses, each token with its label.

    python datasets/build/addresses.py [SOURCES]

The addresses are the training data of `usaddress`, labelled by hand; its Python code is
not used. Line ends and spaces at the end of a token are taken off; addresses that are
then equal, with equal labels, are kept once.
"""

import io
import random
import re
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from collections import defaultdict

from common import fetch, pip, save, save_gzip

SOURCES = "usaddress==0.5.16"
SOURCES_SHA256 = "f7e614e2489c159cf85be1b6f86edbfaf329dbeedef4d002a025757afd1ec6c6"
PARTS = {"test": 300, "validation": 150}  # the rest is for training


def labelled(xml):
    """Return the distinct addresses of a file, in order: tuples of (token, label)."""
    rows = [
        tuple((" ".join(part.text.split()), part.tag) for part in address)
        for address in ElementTree.fromstring(xml)
    ]
    return list(dict.fromkeys(rows))


def letters_of(address):
    """Return the lower-case letters of an address, without digits and punctuation."""
    text = " ".join(token for token, _ in address).lower()
    return " ".join(re.sub("[^a-z ]", "", text).split())


def split(addresses):
    """Return {part: addresses}; addresses with the same letters are in one part."""
    groups = defaultdict(list)
    for address in addresses:
        groups[letters_of(address)].append(address)
    groups = list(groups.values())
    random.Random(0).shuffle(groups)
    parts = {"train": [], "validation": [], "test": []}
    for group in groups:
        fits = [p for p, n in PARTS.items() if len(parts[p]) + len(group) <= n]
        parts[[*fits, "train"][0]] += group
    return parts


if __name__ == "__main__":
    command = pip(SOURCES, source=True)
    content = fetch(command, SOURCES_SHA256, *sys.argv[1:2])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        folder = SOURCES.replace("==", "-")
        xml = archive.extractfile(f"{folder}/training/labeled.xml").read()
        notice = archive.extractfile(f"{folder}/LICENSE").read()
    parts = split(labelled(xml))
    lines = ["part\ttokens\tlabels\n"]
    for part, addresses in parts.items():
        for address in addresses:
            tokens, labels = (" ".join(column) for column in zip(*address, strict=True))
            lines.append(f"{part}\t{tokens}\t{labels}\n")
    sizes = ", ".join(f"{len(rows):,} {part}" for part, rows in parts.items())
    tokens = sum(len(address) for rows in parts.values() for address in rows)
    save_gzip("addresses.tsv.gz", "".join(lines), f"{sizes}; {tokens:,} tokens")
    save("addresses.LICENSE", notice, "the notice")
