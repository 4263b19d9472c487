"""Speeches of presidents: records, sentences of tokens, a vocabulary of words."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np

from helpers.text import at_least, several

PARTS = {
    "train": ("1790", "2010"),
    "validation": ("2010", "2014"),
    "test": ("2014", ""),
}
UNKNOWN, END = 0, 1  # the ids of <UNK> and <EOS>
ENDS = frozenset(".!?")  # these end a sentence
QUOTES = str.maketrans("\u2018\u2019\u02bc\u201c\u201d", "'''\"\"")
TOKEN = re.compile(
    r"(?:mr|mrs|ms|messrs|dr|gen|jr|sr|st|sen|gov|rev|hon|lt|col|capt)\.(?!\w)"
    r"|no\.(?= \d)|(?:[a-z]\.){2,}|(?<![\w.'])[a-hj-z]\.(?= \w)"  # u.s., henry m. clay
    r"|[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)*"  # words of any alphabet, don't included
    r"|'s\b|\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?\b|\d+"
    r'|\.{2,}|[.!?,;:"()$%&/—-]'
)


class Speech(NamedTuple):
    """What a president said (`spoken`) or wrote (`written`) on a day, in paragraphs."""

    date: str  # such as 1790-01-08
    president: str  # such as George Washington
    form: str  # spoken or written
    text: str  # one paragraph a line


def speeches_of(text):
    """Return the speeches in what `load_text("speeches.txt.bz2")` returns, as a list.

    A line with two tabs (date, president, form) stands before the lines of each.
    Raises ValueError if the first line is none such.
    """
    heads = list(re.finditer(r"^([^\t\n]+)\t([^\t\n]+)\t([^\t\n]+)\n", text, re.M))
    if not heads or heads[0].start() > 0:
        raise ValueError(
            f"{text[:40]!r} begins with no line of date, president and form: give the "
            "text of speeches.txt.bz2."
        )
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return [
        Speech(*head.groups(), text[head.end() : end].rstrip("\n"))
        for head, end in zip(heads, ends, strict=True)
    ]


def part_of(speeches, part):
    """Return the speeches of one part, by their dates: whole years, the last to test.

    part: train (before 2010), validation (before 2014) or test.
    Raises ValueError for another part, and if there is no such speech.
    """
    if part not in PARTS:
        raise ValueError(f"There is no part {part!r}: take one of {', '.join(PARTS)}.")
    first, behind = PARTS[part]
    return several(
        f"speeches of the part {part}",
        (s for s in speeches if first <= s.date and (not behind or s.date < behind)),
    )


def tokens(text):
    """Return the tokens of a text in lower case: a list of strings, maybe empty.

    Tokens are words (an apostrophe belongs to its word, but `'s` is a token of its
    own), abbreviations such as `mr.`, numbers, and signs. Other signs go.
    Raises ValueError for what is not a string.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text: give a string, such as 'We are free.'")
    return TOKEN.findall(" ".join(text.lower().translate(QUOTES).split()))


def sentences(text):
    """Return the sentences of a text, each a list of tokens.

    A sentence ends behind `.`, `!` or `?`, with the signs that close it, and at the end
    of a line.
    """
    found = []
    for line in text.splitlines():
        sentence, ended = [], False
        for token in tokens(line):
            closes = token in ENDS or token == ")"
            closes |= token == '"' and sentence.count('"') % 2 == 1
            if ended and not closes:
                found.append(sentence)
                sentence, ended = [], False
            sentence.append(token)
            ended |= token in ENDS
        found += [sentence] if sentence else []
    return found


def readable(tokens):
    """Return tokens as a text that is easy to read, with the spaces where they belong.

    It is for looking at: which quotation marks open is a guess.
    """
    text, opens = "", True
    for token in tokens:
        joins = token in {*ENDS, ",", ";", ":", ")", "%", "'s", "—", "-", "/", "..."}
        joins |= (token == '"' and not opens) or text[-1:] in ("", *"($-—/\n")
        joins |= text.endswith(' "') or text == '"'
        text += token if joins else f" {token}"
        opens ^= token == '"'
    return text


class Words:
    """The most frequent tokens of some sentences, numbered; the rest are <UNK>.

    Id 0 is <UNK>, id 1 is <EOS>, the end of a sentence; then come the tokens, frequent
    ones first, equally frequent ones in alphabetical order. `size` is the largest
    number of ids; a token that occurs once gets none, so that <UNK> occurs in training.
    """

    def __init__(self, sentences, size):
        at_least(3, size=size)
        count = Counter(
            t for sentence in several("sentences", sentences) for t in sentence
        )
        often = [token for token, n in count.items() if n > 1]
        often.sort(key=lambda token: (-count[token], token))
        self.symbols = ["<UNK>", "<EOS>", *often[: size - 2]]
        self._ids = {token: i for i, token in enumerate(self.symbols)}

    def __len__(self):
        return len(self.symbols)

    def encode(self, sentences):
        """Return the ids of sentences, one behind the other: int32, (tokens,).

        <EOS> follows each sentence. Raises ValueError for a string in place of a list
        of sentences, or of a sentence.
        """
        rows = several("sentences", sentences)
        if strings := [row for row in rows if isinstance(row, str)]:
            raise ValueError(
                f"{strings[0][:40]!r} is a string: give sentences, lists of tokens."
            )
        ids = [self._ids.get(t, UNKNOWN) for row in rows for t in (*row, "<EOS>")]
        return np.array(ids, "int32")

    def decode(self, ids):
        """Return the tokens of ids of the shape (n,), as a list."""
        return [self.symbols[int(i)] for i in np.asarray(ids)]


def prompt_ids(text, words):
    """Return the ids of a beginning of one's own: int32, (tokens,), without <EOS> last.

    Raises ValueError for a text without a token, and for one without a known word: any
    such text would be continued in the same way.
    """
    found = sentences(text) if tokens(text) else []
    if not found:
        raise ValueError(f"{text!r} has no word in it: write at least one.")
    ids = words.encode(found)[:-1]
    says = [t for row in found for t in row if re.search(r"[^\W\d_]", t)]
    if not any(t in words.symbols for t in says):
        raise ValueError(
            f"None of the words of {text[:60]!r} is among the {len(words):,} that the "
            "model knows: write in English, as a president would."
        )
    return ids
