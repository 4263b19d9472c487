"""Build `dates.tsv.gz`: dates as thirteen languages write them, and in ISO 8601.

    python datasets/build/dates.py [WHEEL]

Month names, weekdays and patterns come from the Unicode CLDR, as the package Babel has
it. English, French, Italian and Portuguese ordinals are added by hand. Patterns with
numbers only are kept if they can be read in one way, whatever the language: the year in
front, or day.month.year with full stops. Those with slashes or hyphens are left out.
"""

import datetime
import random
import re
import sys
import tempfile
import unicodedata

from common import open_wheel, save, save_gzip

WHEEL = "babel==2.18.0"
WHEEL_SHA256 = "e2b422b277c2b9a9630c1d7903c2a00d0830c409c59ac8cae9081c92f1aeba35"

LOCALES = [
    *("en", "en_GB", "de", "fr", "es", "it", "pt"),
    *("pl", "ru", "el", "ka", "zh", "ja", "ko"),
]
STYLES = ["medium", "long", "full"]
SKELETONS = ["yMMMd", "yMMMMd", "yMMMEd", "yMMMMEEEEd", "yMEd", "yMd"]
ORDINALS = {  # ~ stands for the ending of the day's number
    "en": ["MMMM d~, y", "EEEE, MMMM d~, y", "d~ 'of' MMMM y"],
    "en_GB": ["d~ MMMM y", "EEEE, d~ MMMM y"],
    "fr": ["d~ MMMM y", "EEEE d~ MMMM y"],
    "it": ["d~ MMMM y"],
    "pt": ["d~ 'de' MMMM 'de' y"],
}
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
SIZES = {"train": 46_000, "validation": 2_000, "test": 2_000}


def ending(language, day):
    """Return what follows the number of a day that is written as an ordinal."""
    if language == "en":
        teen = 11 <= day <= 13
        return "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return {"fr": "er", "it": "º", "pt": "º"}[language] if day == 1 else ""


def is_clear(pattern):
    """Tell whether a pattern can be read in one way without knowing its language."""
    fields = re.sub("'[^']*'", "", pattern)
    month = re.search("[ML]+", fields)[0]
    if len(month) > 2 or re.search("[年월년]", fields):
        return True
    return fields.startswith("y") or ("." in fields and not re.search("[-/]", fields))


def patterns(locale):
    """Return the clear patterns of a babel.Locale, sorted and without repetitions."""
    from babel.dates import match_skeleton

    found = {locale.date_formats[style].pattern for style in STYLES}
    for skeleton in SKELETONS:
        match = match_skeleton(skeleton, locale.datetime_skeletons)
        found.add(locale.datetime_skeletons[match].pattern)
    found.update(ORDINALS.get(str(locale), []))
    return sorted(pattern for pattern in found if is_clear(pattern))


def write(date, pattern, locale):
    """Return the date in a pattern, and {field: (start, end)} for year, month and day.

    start and end are places in the string: text[start:end] is the year, for instance.
    """
    from babel.dates import DateTimeFormat, tokenize_pattern

    fields, text, spans = DateTimeFormat(date, locale), "", {}
    names = {"y": "year", "M": "month", "L": "month", "d": "day"}
    for kind, value in tokenize_pattern(pattern):
        if kind == "field":
            piece = fields[value[0] * value[1]]
            if value[0] in names:
                spans[names[value[0]]] = (len(text), len(text) + len(piece))
        else:
            piece = value
            if "~" in value:
                piece = value.replace("~", ending(locale.language, date.day))
        text += piece
    plain = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    return unicodedata.normalize("NFC", plain), spans


def build(seed=0):
    """Yield the rows of the table: no date twice, languages and patterns evenly."""
    from babel import Locale

    rng = random.Random(seed)
    choices = {}
    for locale in map(Locale.parse, LOCALES):
        forms = choices.setdefault(locale.language, [])
        forms.extend((locale, pattern) for pattern in patterns(locale))
    days = rng.sample(range((LAST - FIRST).days + 1), sum(SIZES.values()))
    parts = [part for part, size in SIZES.items() for _ in range(size)]
    for part, day in zip(parts, days, strict=True):
        date = FIRST + datetime.timedelta(days=day)
        language = rng.choice(list(choices))
        locale, pattern = rng.choice(choices[language])
        text, spans = write(date, pattern, locale)
        places = [str(n) for f in ("year", "month", "day") for n in spans[f]]
        yield [part, language, pattern, text, date.isoformat(), *places]


HEADER = [
    *("part", "language", "pattern", "source", "target"),
    *("year_start", "year_end", "month_start", "month_end", "day_start", "day_end"),
]

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        wheel = open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2])
        wheel.extractall(folder)
        sys.path.insert(0, folder)
        rows = list(build())
    text = "".join("\t".join(row) + "\n" for row in [HEADER, *rows])
    used = {(row[1], row[2]) for row in rows}
    figures = f"{len(rows):,} pairs, {len(used)} patterns"
    save_gzip("dates.tsv.gz", text, figures)
    save("dates.LICENSE", wheel.read("babel/locale-data/LICENSE.unicode"), "the notice")
