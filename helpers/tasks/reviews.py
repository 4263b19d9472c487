"""Reviews and tweets as tokens, sentences and padded ids; what raters said."""

import html
import re
from collections import Counter

import numpy as np

from helpers.tasks.lines import PADDING, UNKNOWN, WordIds
from helpers.text import at_least, several

ENDS = frozenset(".!?")  # these end a sentence
APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u02bc\u2018`", "'"))
TOKEN = re.compile(
    r"@\w+|https?://\S+"  # names and addresses: one token each, below
    r"|[:;=8x][-'^o]?[()\[\]dp/\\|*]+(?!\w)|<3+"  # :-) ;D =( <3
    r"|[^\W\d_]+(?:'[^\W\d_]+)*"  # words of any alphabet, don't included
    r"|\d+(?:[.,:]\d+)*"  # numbers
    r"|[.!?]+"
)


def tokens(text):
    """Return the tokens of a text in lower case: a list of strings, maybe empty.

    Tokens are words (an apostrophe belongs to its word), numbers (all become `0`),
    emoticons such as `:)`, and the signs `.`, `!` and `?`, repeated signs one by one.
    Names such as `@anonymous` become `@`, addresses `http`. All other signs go.
    Raises ValueError for what is not a string.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text: give a string, such as 'so good!'.")
    text = html.unescape(text).lower().translate(APOSTROPHES)
    return [part for token in TOKEN.findall(text) for part in _parts(token)]


def _parts(token):
    """Return what a match of TOKEN counts as, one token or several."""
    if token[0] in ENDS:
        return list(token)
    if token[0] == "@":
        return ["@"]
    if "://" in token:
        return ["http"]
    return ["0"] if token[0].isdigit() else [token]


def known_tokens(text, words):
    """Return the tokens of a text of one's own, if a model can say anything about it.

    words: the WordIds of the model. Raises ValueError for a text without a token, and
    for one without a known word: the answer would be the same for any such text.
    """
    found = tokens(text)
    if not found:
        raise ValueError(f"{text!r} has no word in it: write at least one.")
    ids = words.encode(found)
    says = np.array([token not in {*ENDS, "0", "@", "http"} for token in found])
    if not (ids[says] != UNKNOWN).any():
        raise ValueError(
            f"None of the words of {text[:60]!r} is among the {len(words) - 2:,} that "
            "the model knows: write in the language of the reviews it has learnt from."
        )
    return found


def vocabulary(texts):
    """Return the WordIds of the tokens that occur in two or more of the texts.

    texts: lists of tokens. A token of one text only stays unknown, so that a model
    learns in training what to make of an unknown word.
    Raises ValueError for no texts, and for a string in place of a list.
    """
    texts = several("texts", texts)
    if strings := [text for text in texts if isinstance(text, str)]:
        raise ValueError(f"{strings[0][:40]!r} is a string: give its tokens(...).")
    count = Counter(token for text in texts for token in set(text))
    often = [[token for token in text if count[token] > 1] for text in texts]
    return WordIds(often, size=max(3, len(count) + 2))


def sentences(text, length):
    """Cut a list of tokens behind each `.`, `!` and `?`: a list of lists.

    A sign alone stays with the sentence before it. A sentence of more than `length`
    tokens is cut into the fewest pieces of nearly equal length: no token is lost.
    """
    at_least(1, length=length)
    found = [[]]
    for i, token in enumerate(text):
        found[-1].append(token)
        following = text[i + 1] if i + 1 < len(text) else ""
        if token in ENDS and following not in ENDS:
            found.append([])
    return [piece for sentence in found for piece in _pieces(sentence, length)]


def _pieces(sentence, length):
    """Cut a list into the fewest pieces of at most `length`, nearly equal ones."""
    count = -(-len(sentence) // length)
    size = -(-len(sentence) // max(1, count))
    return [sentence[i * size : (i + 1) * size] for i in range(count)]


def rows(texts, words, length):
    """Return the ids of the first `length` tokens: int32, (texts, length).

    texts: lists of tokens; words: WordIds. Padding is 0 and stands behind.
    """
    return words.padded([text[:length] for text in texts], length)


def grids(texts, words, height, width):
    """Return the ids sentence by sentence: int32, (texts, height, width).

    At most `height` sentences, or pieces of `width` tokens, are kept of a text; padding
    is 0 and stands behind, in each sentence, and whole rows of it below.
    """
    at_least(1, height=height, width=width)
    ids = np.full((len(texts), height, width), PADDING, dtype="int32")
    for grid, text in zip(ids, texts, strict=True):
        parts = sentences(text, width)[:height]
        grid[: len(parts)] = words.padded(parts, width)
    return ids


def ratings_of(column):
    """Return what each rater said, one array for each text.

    column: strings of whole numbers from -4 to 4, such as "2 3 -1".
    Raises ValueError for a string with another thing in it, or with no number.
    """
    found = [np.array([int(r) for r in text.split()], int) for text in column]
    for text, ratings in zip(column, found, strict=True):
        if len(ratings) == 0 or abs(ratings).max() > 4:
            raise ValueError(f"{text!r} are no ratings: give numbers from -4 to 4.")
    return found
