"""Build `foods.tsv.gz` and `tweets.tsv.gz`: texts, and what people felt.

    pip install rdata==1.1.0
    python datasets/build/reviews.py [DEB SDIST WHEEL]

The food reviews are data of the R package modeldata, in its Debian package. The tweets
and what each rater said come with the sources of vaderSentiment 0.5; the scores beside
them are those of vaderSentiment 3.3.2. Nothing but these three packages is downloaded.
"""

import ast
import csv
import gzip
import html
import io
import lzma
import re
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections import Counter, defaultdict

import numpy as np
from common import fetch, open_wheel, pip, save, save_gzip

DEB = "r-cran-modeldata=1.1.0-1"
DEB_SHA256 = "66c2e08bb4bf695d972b1e72ea44d5af9ada3c42841793d3871017f7b896bf95"
SDIST = "vaderSentiment==0.5"
SDIST_SHA256 = "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a"
WHEEL = "vaderSentiment==3.3.2"
WHEEL_SHA256 = "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311"
RUN = 8  # words in a row that hardly two people write alike
VALIDATION = {"foods": 780, "tweets": 600}
TEST_TWEETS = 800


def deb_members(content):
    """Return {name: bytes} of the files in the data archive of a Debian package."""
    place = 8  # behind "!<arch>\n"
    while True:
        name = content[place : place + 16].decode().strip()
        size = int(content[place + 48 : place + 58])
        if name.startswith("data.tar"):
            break
        place += 60 + size + size % 2
    archive = io.BytesIO(content[place + 60 : place + 60 + size])
    with tarfile.open(fileobj=archive) as files:
        return {m.name: files.extractfile(m).read() for m in files if m.isfile()}


def unserialised(content):
    """Return the value of an object that R has serialised."""
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that a tibble becomes a data frame
        return rdata.conversion.convert(rdata.parser.parse_data(content))


def lazy_loaded(files, folder, name):
    """Return one object of R's lazy-load database in `folder`."""
    index = unserialised(gzip.decompress(files[f"{folder}Rdata.rdx"]))
    start, length = map(int, index["variables"][name])
    kept = files[f"{folder}Rdata.rdb"][start : start + length]
    if kept[4:5] != b"Z":  # behind four bytes of length
        return unserialised(zlib.decompress(kept[4:]))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters)
    return unserialised(unpacker.decompress(kept[5:]))


def plain(text):
    """Return a text in one line, without tags and entities of HTML."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(text.replace("\ufffd", "'").split())


def runs(text):
    """Return the set of all `RUN` words in a row; of all words, if they are fewer."""
    words = re.findall("[a-z']+", text.lower())
    return {tuple(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}


def copies(texts, others=None):
    """List the indices of texts that repeat an earlier one, or one of `others`.

    To repeat is to share over half of its runs of words with one other text.
    """
    where, found = defaultdict(set), []
    for i, text in enumerate(others or ()):
        for run in runs(text):
            where[run].add(i)
    for i, text in enumerate(texts):
        own = runs(text)
        shared = Counter(k for run in own for k in where[run])
        if max(shared.values(), default=0) > len(own) / 2:
            found.append(i)
        elif others is None:
            for run in own:
                where[run].add(i)
    return found


def foods(files):
    """Return rows (part, great, product, review), and how many copies were left out."""
    folder = "./usr/lib/R/site-library/modeldata/data/"
    train, test = (
        [
            (int(row.score == "great"), row.product, plain(row.review))
            for row in lazy_loaded(files, folder, name).itertuples()
        ]
        for name in ("training_data", "testing_data")
    )
    again = copies([row[2] for row in train])
    seen = copies([row[2] for row in test], [row[2] for row in train])
    train = [row for i, row in enumerate(train) if i not in set(again)]
    test = [row for i, row in enumerate(test) if i not in set(seen)]
    chosen = np.random.default_rng(13).permutation(len(train))[: VALIDATION["foods"]]
    part = np.where(np.isin(np.arange(len(train)), chosen), "validation", "train")
    rows = [(p, *row) for p, row in zip(part, train, strict=True)]
    return rows + [("test", *row) for row in test], (len(again), len(seen))


def alike(texts, least=0.6):
    """Tell which texts share `least` of all their words with another text: booleans."""
    bags = [set(re.findall("[a-z']+", re.sub(r"@\w+", "", t.lower()))) for t in texts]
    number = {word: i for i, word in enumerate(sorted(set().union(*bags)))}
    table = np.zeros((len(bags), len(number)), "float32")  # (texts, words)
    for row, bag in zip(table, bags, strict=True):
        row[[number[word] for word in bag]] = 1
    size = table.sum(axis=1)
    shared = table @ table.T  # (texts, texts)
    either = np.maximum(size[:, None] + size - shared, 1)
    np.fill_diagonal(shared, 0)
    empty = size == 0  # signs only: these may all be alike
    return (shared / either >= least).any(axis=1) | empty


def tweets(archive, scores):
    """Return rows (part, mean, vader, ratings, tweet); likenesses stay in training."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        lines = [
            files.extractfile(f"hutto_ICWSM_2014/tweets_{name}.txt")
            .read()
            .decode("utf-8")
            .splitlines()
            for name in ("GroundTruth", "anonDataRatings")
        ]
    texts = [line.split("\t")[2] for line in lines[0]]
    ratings = [ast.literal_eval(line.split("\t")[3]) for line in lines[1]]
    ids = [[line.split("\t")[0] for line in both] for both in lines]
    assert ids[0] == ids[1], "texts and ratings are in the same order"
    single = np.flatnonzero(~alike(texts))
    order = np.random.default_rng(13).permutation(single)
    part = np.full(len(texts), "train", dtype=object)
    part[order[:TEST_TWEETS]] = "test"
    part[order[TEST_TWEETS : TEST_TWEETS + VALIDATION["tweets"]]] = "validation"
    return [
        (p, f"{np.mean(r):.4f}", scores(t), " ".join(map(str, r)), plain(t))
        for p, r, t in zip(part, ratings, texts, strict=True)
    ], len(texts) - len(single)


def vader(wheel):
    """Return the function that gives a text VADER's compound score, -1 to 1."""
    folder = tempfile.mkdtemp()
    wheel.extractall(folder)
    sys.path.insert(0, folder)
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda text: analyzer.polarity_scores(text)["compound"]


def table(columns, rows):
    """Return rows as tab-separated text, in quotes where a field needs them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerows([columns, *rows])
    return text.getvalue()


if __name__ == "__main__":
    deb, sdist, wheel = [*sys.argv[1:], None, None, None][:3]
    files = deb_members(fetch(["apt-get", "download", DEB], DEB_SHA256, deb))
    rows, left_out = foods(files)
    text = table(["part", "great", "product", "review"], rows)
    save_gzip("foods.tsv.gz", text, f"{len(rows):,} reviews, without {left_out} copies")
    notice = files["./usr/share/doc/r-cran-modeldata/copyright"]
    save("foods.LICENSE", notice, "the notice")
    sources = fetch(pip(SDIST, source=True), SDIST_SHA256, sdist)
    with zipfile.ZipFile(io.BytesIO(sources)) as archive:
        folder = SDIST.replace("==", "-")
        inner = archive.read(f"{folder}/additional_resources/hutto_ICWSM_2014.tar.gz")
        notice = archive.read(f"{folder}/LICENSE.txt")
    scores = vader(open_wheel(WHEEL, WHEEL_SHA256, wheel))
    rows, kept = tweets(inner, scores)
    text = table(["part", "mean", "vader", "ratings", "tweet"], rows)
    save_gzip("tweets.tsv.gz", text, f"{len(rows):,} tweets, {kept} like another")
    save("tweets.LICENSE", notice, "the notice")
