"""Build `people.npz` and `people_flat.npz`: small pictures of people, with names.

    python datasets/build/people.py [PICTURES NAMES FLAT]

The pictures are emoji, those of Twemoji as PNG files of 64 x 64 and those of Fluent
Emoji (flat) as SVG; the names are Unicode's. Needs npm, and `pip install resvg-py`
beside requirements.txt; built with resvg-py 0.5.0 and Pillow 13.0.0.

A role is what a person is or does, with pictures of a man, a woman and a person, each
in yellow and in five skin tones. Left out are people who face right (nearly the same
pictures), groups, hair and beards, pouting (which looks like frowning at this size),
and roles that lack one of the eighteen pictures.

On white ground, a pixel is the mean of 2 x 2; then the nearest of 64 colours is taken.
"""

import io
import itertools
import json
import random
import re
import sys
import tarfile

import numpy as np
import resvg_py
from common import fetch, npm, save
from PIL import Image

PACKAGES = {
    "emoji-datasource-twitter@16.0.0": (
        "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877"
    ),
    "emojibase-data@17.0.0": (
        "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a"
    ),
    "@iconify-json/fluent-emoji-flat@1.2.6": (
        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175"
    ),
}
PEOPLE = 1  # the number of this group in the file of names
WHO = ("person", "man", "woman")
TONES = ("yellow", "light", "medium-light", "medium", "medium-dark", "dark")
COLOURS = 64
ALIKE = "pouting"  # at this size, hardly any pixel differs from frowning
NOTICES = {
    "people.LICENSE": """\
Pictures: Twemoji, Copyright Twitter, Inc and other contributors, under the Creative
Commons Attribution 4.0 International licence, https://creativecommons.org/licenses/by/4.0/
They come from the package emoji-datasource-twitter 16.0.0 (Cal Henderson), whose code
is under the MIT licence. Changed: on white ground, 32 x 32 pixels, 64 colours.

Names: Unicode CLDR, Copyright Unicode, Inc., under the Unicode licence, which stands in
dates.LICENSE. They come from the package emojibase-data 17.0.0, with this notice:

""",
    "people_flat.LICENSE": """\
Pictures: Fluent Emoji, Copyright (c) Microsoft Corporation, by way of the package
@iconify-json/fluent-emoji-flat 1.2.6, under the MIT licence. Changed: drawn on white
ground, 32 x 32 pixels, 64 colours. The names are those of people.npz.

""",
}


def opened(content):
    """Return the files of a package, to be read in their order."""
    return tarfile.open(fileobj=io.BytesIO(content))


def people(data):
    """Return {(role, who, tone): (name, code of the picture)} of the complete roles.

    data: what the file of names holds.
    """
    found = {}
    for emoji in data:
        name = emoji["label"]
        if emoji.get("group") != PEOPLE or len(emoji.get("skins", [])) != 5:
            continue  # without tones, or a group of people
        if ":" in name or name in WHO:
            continue  # hair, beards, and who faces right
        who = next((w for w in WHO if re.search(rf"\b{w}\b", name)), "person")
        role = " ".join(re.sub(rf"\b{who}\b", "", name).split())
        for tone, one in zip(TONES, [emoji, *emoji["skins"]], strict=True):
            code = one["hexcode"].replace("-FE0F", "").lower()
            found[role, who, tone] = one["label"], code
    kinds = list(itertools.product(WHO, TONES))
    roles = sorted({role for role, _, _ in found})
    whole = [r for r in roles if all((r, *kind) in found for kind in kinds)]
    whole.remove(ALIKE)
    return {(r, *kind): found[r, *kind] for r in whole for kind in kinds}


def split(cells):
    """Return the part of each (role, who, tone), so that the tones are level.

    Of each role, one tone is left for the test, with all three people; of half of the
    roles another one for validation; and one picture more tests the tones it knows.
    """
    rng = random.Random(0)
    roles = sorted({role for role, _, _ in cells})
    rng.shuffle(roles)
    parts = {}
    for i, role in enumerate(roles):
        test = TONES[i % len(TONES)]
        validation, single = rng.sample([t for t in TONES if t != test], 2)
        for who in WHO:
            parts[role, who, test] = "combinations"
            if i < len(roles) // 2:
                parts[role, who, validation] = "validation"
        parts[role, rng.choice(WHO), single] = "pictures"
    return [parts.get(cell, "train") for cell in cells]


def small(content):
    """Return a picture file of 64 x 64 as RGB on white: uint8, shape (32, 32, 3)."""
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    pixels = np.asarray(ground.convert("RGB")).astype("int32")
    sums = pixels.reshape(32, 2, 32, 2, 3).sum(axis=(1, 3))
    return ((sums + 2) // 4).astype("uint8")


def in_few_colours(pictures):
    """Return the numbers of the colours of pictures, and the table of colours."""
    wall = Image.fromarray(np.concatenate(pictures))  # one above the other
    few = wall.quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
    )
    palette = np.array(few.getpalette(), "uint8").reshape(-1, 3)[:COLOURS]
    return np.asarray(few).reshape(len(pictures), 32, 32), palette


def drawn(body):
    """Return the PNG file of the inner part of an SVG of 32 x 32, twice as large."""
    size = 'viewBox="0 0 32 32" width="64" height="64"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'
    return bytes(resvg_py.svg_to_bytes(svg_string=svg))


def flat_pictures(cells, icons):
    """Return the pictures of the other style, in the order of the cells."""
    found = []
    for role, who, tone in cells:
        words = role.lower().replace(" ", "-")
        names = [f"{who}-{words}", f"{words}-{who}", *([words] * (who == "person"))]
        names = [n if tone == "yellow" else f"{n}-{tone}" for n in names]
        (name,) = (n for n in names if n in icons)
        found.append(small(drawn(icons[name]["body"])))
    return found


def save_pictures(name, pictures, figures, columns):
    """Write pictures in 64 colours, and columns of text, to `datasets/<name>`."""
    numbers, palette = in_few_colours(pictures)
    file = io.BytesIO()
    np.savez_compressed(file, pictures=numbers, palette=palette, **columns)
    save(name, file.getvalue(), figures)


if __name__ == "__main__":
    paths = sys.argv[1:] or [None] * len(PACKAGES)
    sources = zip(PACKAGES.items(), paths, strict=True)
    fetched = [fetch(npm(name), digest, path) for (name, digest), path in sources]
    twitter, names, fluent = map(opened, fetched)
    cells = people(json.load(names.extractfile("package/en/data.json")))
    folder = "package/img/twitter/64/"
    files = {
        member.name.removeprefix(folder)[:-4].replace("-fe0f", ""): (
            twitter.extractfile(member).read()
        )
        for member in twitter
        if member.name.startswith(folder) and member.isfile()
    }
    pictures = [small(files[code]) for _, code in cells.values()]
    parts = split(cells)
    counts = ", ".join(f"{parts.count(part)} {part}" for part in sorted({*parts}))
    columns = dict(
        zip(("role", "who", "tone"), np.array([*cells]).T, strict=True),
        name=np.array([name for name, _ in cells.values()]),
        part=np.array(parts),
    )
    roles = len({*columns["role"]})
    save_pictures("people.npz", pictures, f"{roles} roles, {counts}", columns)
    icons = json.load(fluent.extractfile("package/icons.json"))["icons"]
    flat = flat_pictures(cells, icons)
    save_pictures("people_flat.npz", flat, f"{len(flat)} pictures", {})
    licence = names.extractfile("package/LICENSE").read().decode("utf-8")
    of_mit = licence[licence.index("Permission") :]
    for name, notice in NOTICES.items():
        text = licence if name == "people.LICENSE" else of_mit
        save(name, (notice + text).encode("utf-8"), "the notice")
