"""Pairs of words that people judged, and pairs of one relation, as ids of words."""

import numpy as np

PARTS = ("validation", "test")


def _rows(table, part, columns):
    """Return the rows of a part; raise ValueError for another part or table."""
    if missing := [name for name in ("part", *columns) if name not in table]:
        raise ValueError(
            f"The table has no column {missing[0]!r}: give wordsim.tsv.gz for "
            "`judged`, and analogies.tsv.gz for `questions`."
        )
    if part not in PARTS:
        raise ValueError(f"There is no part {part!r}: take one of {', '.join(PARTS)}.")
    return table[table.part == part]


def id_of(word, words):
    """Return the id of a word, in capitals or not.

    words: a `speeches.Words`. Raises ValueError for a word that it does not have.
    """
    if not isinstance(word, str) or word.lower() not in words.symbols[2:]:
        raise ValueError(
            f"{word!r} is not among the {len(words) - 2:,} words that have a vector: "
            "take another one, a single word of English."
        )
    return words.symbols.index(word.lower())


def judged(table, part, words):
    """Return the pairs of WordSim whose two words are known, and what people said.

    table: what `load_table("wordsim.tsv.gz")` returns; words: a `speeches.Words`.
    Returns ids (pairs, 2), int32, and scores from 0 to 10, (pairs,).
    Raises ValueError for another part or table, and if no pair is known.
    """
    rows = _rows(table, part, ("first", "second", "score"))
    known = {word: i for i, word in enumerate(words.symbols)}
    rows = rows[rows["first"].isin(known) & rows["second"].isin(known)]
    if rows.empty:
        raise ValueError(f"No pair of the part {part} is known: take more words.")
    ids = [rows[name].map(known) for name in ("first", "second")]
    return np.stack(ids, axis=1).astype("int32"), rows["score"].to_numpy(float)


def questions(table, part, words):
    """Return all questions "first is to second as third is to fourth", as ids.

    table: what `load_table("analogies.tsv.gz")` returns; words: a `speeches.Words`.
    A question is two pairs of one relation; its four words are known and differ.
    Returns ids (questions, 4), int32, and the name of each relation, (questions,).
    Raises ValueError for another part or table, and if no question is known.
    """
    rows = _rows(table, part, ("relation", "first", "second"))
    known = {word: i for i, word in enumerate(words.symbols)}
    found, names = [], []
    for relation, group in rows.groupby("relation", sort=False):
        pairs = zip(group["first"], group["second"], strict=True)
        pairs = [[known[w] for w in pair] for pair in pairs if known.keys() >= {*pair}]
        both = [[*a, *b] for a in pairs for b in pairs if len({*a, *b}) == 4]
        found += both
        names += [relation] * len(both)
    if not found:
        raise ValueError(f"No question of the part {part} is known: take more words.")
    return np.array(found, "int32"), np.array(names)
