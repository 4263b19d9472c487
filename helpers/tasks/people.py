"""Small pictures of people with their names, and questions about them."""

import numpy as np

from helpers.text import several

PARTS = ("train", "validation", "combinations", "pictures")
WHO = ("person", "man", "woman")
TONES = ("yellow", "light", "medium-light", "medium", "medium-dark", "dark")
SIZE = 32  # pixels of a side
SKIN = {  # the colour of most of the skin in `people.npz`, red, green, blue
    "yellow": (255, 220, 93),
    "light": (247, 222, 206),
    "medium-light": (243, 210, 162),
    "medium": (213, 171, 136),
    "medium-dark": (175, 126, 87),
    "dark": (124, 83, 62),
}
KINDS = ("tone", "who", "role", "is it", "is the skin", "both")


def rows_of(arrays, part):
    """Return the row numbers of one part: int, shape (rows,).

    arrays: what `load_arrays("people.npz")` returns; part: one of `PARTS`. No role of
    "combinations" or "validation" stands in "train" with the same tone. Those of
    "pictures" do, with another person.
    Raises ValueError for another part.
    """
    if part not in PARTS:
        raise ValueError(f"There is no part {part!r}: take one of {', '.join(PARTS)}.")
    return np.flatnonzero(arrays["part"] == part)


def sources(*styles):
    """Return the colours of several styles in one table, and their pictures as ids.

    styles: what `load_arrays` returns for each. Returns red, green and blue from 0 to
    1, float32, (colours, 3), and a list: for each style the numbers of the colours of
    its pictures in that table, row by row, int32, (pictures, 1024).
    """
    tables = [arrays["palette"] for arrays in several("styles", styles)]
    starts = np.cumsum([0, *map(len, tables)])
    ids = [
        (arrays["pictures"].reshape(-1, SIZE * SIZE) + start).astype("int32")
        for arrays, start in zip(styles, starts, strict=False)
    ]
    return (np.concatenate(tables) / 255).astype("float32"), ids


def pixels(arrays):
    """Return the pictures in red, green and blue: uint8, shape (rows, 32, 32, 3)."""
    return arrays["palette"][arrays["pictures"]]


def captions(arrays):
    """Return the words of each name as a tuple, without the colon.

    "woman cook: dark skin tone" has five words. A yellow person has no tone.
    """
    return [tuple(str(name).replace(":", "").split()) for name in arrays["name"]]


def skin_colours(palette):
    """Return {tone: number of the colour in the palette that is nearest to `SKIN`}.

    palette: uint8, shape (colours, 3).
    """
    found = {}
    for tone, colour in SKIN.items():
        away = ((palette.astype(int) - colour) ** 2).sum(axis=1)  # (colours,)
        found[tone] = int(away.argmin())
    return found


def checked(pictures):
    """Return pictures of one's own as float32 from 0 to 1, (rows, 32, 32, 3).

    pictures: numbers, (rows, 32, 32, 3), uint8 from 0 to 255 or real ones from 0 to 1.
    Raises ValueError for another shape, and for numbers out of that range.
    """
    try:
        found = np.asarray(pictures)
    except ValueError:
        raise ValueError(
            f"The pictures have different sizes: make each {SIZE} x {SIZE} pixels."
        ) from None
    if found.shape[1:] != (SIZE, SIZE, 3) or not len(found):
        raise ValueError(
            f"The pictures have the shape {found.shape}: give (rows, {SIZE}, {SIZE}, "
            "3), in red, green and blue."
        )
    if found.dtype == np.uint8:
        return (found / 255).astype("float32")
    if found.dtype.kind != "f" or not (found.min() >= 0 and found.max() <= 1):
        number = found.dtype.kind in "iuf"
        values = f" from {found.min():g} to {found.max():g}" if number else ""
        raise ValueError(
            f"The pictures are {found.dtype}{values}: "
            "give uint8 from 0 to 255, or real numbers from 0 to 1."
        )
    return found.astype("float32")


def numbers_of(pictures, palette):
    """Return the numbers of the nearest colours: int32, (rows, 1024), row by row.

    pictures: as for `checked`; palette: uint8, shape (colours, 3).
    """
    found = 255 * checked(pictures).reshape(-1, 1, 3)  # (pixels, 1, 3)
    away = ((found - palette.astype("float32")) ** 2).sum(axis=2)  # (pixels, colours)
    return away.argmin(axis=1).astype("int32").reshape(-1, SIZE * SIZE)


def questions_of(role, who, tone, rng):
    """Return one question of each of `KINDS`, as {kind: (words, answer)}.

    role, who, tone: of one picture. Where the answer is yes or no, each is as likely.
    If it is no to "both", the person or the tone is wrong, never the two of them.
    Raises ValueError for another person or tone.
    """
    for name, value, allowed in (("who", who, WHO), ("tone", tone, TONES)):
        if value not in allowed:
            raise ValueError(
                f"{name} is {value!r}: give one of {', '.join(map(repr, allowed))}."
            )
    found = {
        "tone": ("what is the skin tone", tone),
        "who": ("who is it", who),
        "role": ("what do you see", role),
    }
    right = rng.random(3) < 0.5  # the answer is yes
    other_who = str(rng.choice([w for w in WHO if w != who]))
    other_tone = str(rng.choice([t for t in TONES if t != tone]))
    asked_who, asked_tone = who, tone
    if not right[2]:
        if rng.random() < 0.5:
            asked_tone = other_tone
        else:
            asked_who = other_who
    texts = {
        "is it": f"is it a {who if right[0] else other_who}",
        "is the skin": f"does it have {tone if right[1] else other_tone} skin tone",
        "both": f"is it a {asked_who} with {asked_tone} skin tone",
    }
    for (kind, text), yes in zip(texts.items(), right, strict=True):
        found[kind] = text, "yes" if yes else "no"
    return {kind: (tuple(text.split()), own) for kind, (text, own) in found.items()}


def asked(arrays, rows, rng):
    """Return all questions about some pictures: rows, words, answers and kinds.

    Four lists of equal length, six for each of `rows`. Raises ValueError for no rows.
    """
    found = []
    for row in several("rows", rows):
        columns = (str(arrays[name][row]) for name in ("role", "who", "tone"))
        for kind, (words, answer) in questions_of(*columns, rng).items():
            found.append((int(row), words, answer, kind))
    return tuple(map(list, zip(*found, strict=True)))
