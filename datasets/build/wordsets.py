"""Build `wordsim.tsv.gz` and `analogies.tsv.gz`: what people say of pairs of words.

    python datasets/build/wordsets.py [WHEEL]

Both lists are test data of gensim, whose Python code is not used. WordSim-353: the mean
of what 13 or 16 people said how close two words are; a pair that stands twice is kept
once, a word with itself is left out. Analogies: the pairs that the questions of
word2vec are made of, such as `boy girl`; a question is two pairs of one relation.
A third of the pairs is the validation part.
"""

import io
import random
import sys
import zipfile

from common import fetch, pip, save, save_gzip

WHEEL = "gensim==4.3.3"
WHEEL_SHA256 = "d662bf96e3d741b6ab61a54be842a7cbf5e45193008b2f4225c758cafd7f9cdc"
# The same file on every machine: wheels of gensim differ from platform to platform.
PLATFORM = ["--platform=manylinux_2_17_x86_64", "--python-version=3.11", "--abi=cp311"]
FOLDER = "gensim/test/test_data"
NOTICE = """\
wordsim.tsv.gz: WordSimilarity-353, by L. Finkelstein, E. Gabrilovich, Y. Matias,
E. Rivlin, Z. Solan, G. Wolfman and E. Ruppin (2002), maintained by E. Gabrilovich.
Creative Commons Attribution 4.0: https://creativecommons.org/licenses/by/4.0/
Changed: in lower case, three pairs left out, two parts.

analogies.tsv.gz: from questions-words.txt of word2vec, by T. Mikolov, K. Chen,
G. Corrado and J. Dean (2013), Google.
Apache License 2.0: https://www.apache.org/licenses/LICENSE-2.0
Changed: in lower case, pairs in place of questions, two parts.
"""


def judged(text):
    """Return {(word, word): score} of WordSim, each pair once, in order."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            first, second, score = line.lower().split("\t")
            if first != second and (second, first) not in found:
                found.setdefault((first, second), score)
    return found


def related(text):
    """Return (relation, word, word) of all pairs in the questions.

    A pair of two relations (common capitals are capitals, too), in whatever order of
    its words, stays in the first.
    """
    found, relation = {}, None
    for line in text.splitlines():
        if line.startswith(":"):
            relation = line[1:].strip()
            continue
        a, b, c, d = line.lower().split()
        for pair in ((a, b), (c, d)):
            if pair[::-1] not in found:
                found.setdefault(pair, relation)
    return [(relation, *pair) for pair, relation in found.items()]


def split(rows):
    """Return each row with its part in front: a third is for validation, at random."""
    order = random.Random(0).sample(range(len(rows)), len(rows))
    chosen = set(order[: len(rows) // 3])
    parts = ("validation" if i in chosen else "test" for i in range(len(rows)))
    return [(part, *row) for part, row in zip(parts, rows, strict=True)]


def table(columns, rows):
    """Return rows as lines with tabs, under the names of the columns."""
    return "".join("\t".join(row) + "\n" for row in [columns, *rows])


if __name__ == "__main__":
    content = fetch([*pip(WHEEL), *PLATFORM], WHEEL_SHA256, *sys.argv[1:2])
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        names = ("wordsim353.tsv", "questions-words.txt")
        texts = (wheel.read(f"{FOLDER}/{name}").decode("utf-8") for name in names)
        scores, pairs = judged(next(texts)), related(next(texts))
    rows = split([(*pair, score) for pair, score in scores.items()])
    head = ("part", "first", "second", "score")
    save_gzip("wordsim.tsv.gz", table(head, rows), f"{len(rows)} pairs")
    relations = dict.fromkeys(relation for relation, *_ in pairs)
    rows = [row for r in relations for row in split([p for p in pairs if p[0] == r])]
    head = ("part", "relation", "first", "second")
    save_gzip("analogies.tsv.gz", table(head, rows), f"{len(rows)} pairs")
    save("wordsets.LICENSE", NOTICE.encode("utf-8"), "the notice")
