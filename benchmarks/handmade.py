"""The rival of lesson 14: a CRF on the features that usaddress makes by hand.

    python -m pip install usaddress==0.5.16 python-crfsuite==0.9.12
    python benchmarks/handmade.py                  about a minute

Both packages are only needed here. Of six settings of its two penalties the one with
the best F1 of spans on the validation part is trained again, and scored on the test
part: without, and with the validation part to learn from.
"""

import sys
import tempfile
from pathlib import Path

import pycrfsuite
import usaddress

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from helpers import data, lessons  # noqa: E402
from helpers.tasks import addresses  # noqa: E402

PENALTIES = [(0, 0.01), (0, 0.1), (0, 1), (0.1, 0.01), (0.1, 0.1), (1, 0.01)]


def features(tokens):
    """Return what usaddress tells its CRF of each token and of its neighbours."""
    return pycrfsuite.ItemSequence(usaddress.tokens2features(list(tokens)))


def scores(train, test, absolute, squared):
    """Train on [tokens, labels] with these penalties; return lesson 14's measures."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for tokens, labels in zip(*train, strict=True):
        trainer.append(features(tokens), list(labels))
    trainer.set_params({"c1": absolute, "c2": squared})
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(f"{folder}/model")
        tagger = pycrfsuite.Tagger()
        tagger.open(f"{folder}/model")
        found = [tagger.tag(features(tokens)) for tokens in test[0]]
    lesson = lessons.load("14")
    return lesson.measures(
        *([lesson.bio(row) for row in each] for each in (found, test[1]))
    )


table = data.load_table("addresses.tsv.gz")
train, validation, test = (
    addresses.part_of(table, name) for name in ("train", "validation", "test")
)
best = max(PENALTIES, key=lambda pair: scores(train, validation, *pair)["F1"])
both = [[*a, *b] for a, b in zip(train, validation, strict=True)]
print("penalties", best)
for name, learned in (("training part", train), ("validation part, too", both)):
    print(name, {k: round(v, 1) for k, v in scores(learned, test, *best).items()})
