"""What the page of the scoreboard says, beside its tables, of results and of data."""

import inspect
import re

import numpy as np
import pytest

import attention
import captions
import cells
import memories
import pages
import pronunciation
import recipes
import scoreboard
import sentiment
from helpers import data, lessons
from helpers.tasks import people, sounds, speeches, wordsets

RESULTS = scoreboard.read()
PAGE = pages.SCOREBOARD.read_text("utf-8")
CORE = [*recipes.PARTS][: [*recipes.PARTS].index("speed") + 1]  # made first


def says(*sentences):
    assert [s for s in sentences if s not in PAGE] == []


def means(part, metric):
    return {name: e["mean"][metric] for name, e in RESULTS[part].items()}


def notebook(number):
    path = next(p for p in lessons.paths() if p.name.startswith(number))
    return path.read_text("utf-8")


def runs_of(*parts):
    return [r for part in parts for e in RESULTS[part].values() for r in e["runs"]]


def test_what_the_page_says_of_machines_seeds_and_minutes_holds():
    later = [part for part in RESULTS if part not in CORE]
    assert {r["device"] for r in runs_of(*CORE)} == {"AMD EPYC"}
    assert {r["device"] for r in runs_of(*later)} == {
        "AMD EPYC",
        "Intel(R) Xeon(R) Processor",
    }
    assert {r["threads"] for r in runs_of(*RESULTS)} == {1}
    seeds = {len(e["runs"]) for rows in RESULTS.values() for e in rows.values()}
    assert seeds == {1, 3, 5}
    slow = max(runs_of("foods"), key=lambda r: r["seconds"])
    says(
        "results of lessons 01 to 09, and those of *Speed*, were made on one thread "
        "of an AMD EPYC",
        "were made on one thread of an AMD EPYC or of an Intel Xeon",
        "over three or five runs, with the seeds 0, 1, 2 and so on; those without ± "
        "are of one run.",
        f"one run of food reviews has {slow['seconds']:,.0f} seconds, and used the "
        f"processor for {slow['metrics']['CPU seconds']:.0f}.",
    )


def test_what_the_page_says_of_tiny_shakespeare_holds():
    assert {len(r["curve"]) for r in runs_of("tiny")} == {24}
    rows = recipes.RECIPES["tiny"].values()
    for setting in ("window", "dropout", "peak"):
        assert len({recipe[setting] for _, recipe in rows}) > 1
    goal, seconds = scoreboard.GOAL, scoreboard.SECONDS
    says(
        "The loss is measured 24 times in a run",
        f"and ended at {goal} nats after about {seconds} seconds",
        f"the first time at which it is {goal} or less",
        f"a recipe that is cut off after {seconds} seconds",
        "differ in more than the width: in window, dropout and learning rate, too.",
    )


def test_what_the_page_says_of_stress_padding_and_lists_holds():
    first = means("stress", "right by stressing the first vowel").values()
    assert [*first] == pytest.approx([2 / 3] * len(first), abs=0.005)
    says("To call the first vowel of every word stressed is right for two words in")
    text = notebook("06")
    epochs = int(re.search(r"EPOCHS, NETWORKS = \d+, \d+, (\d+)", text)[1])
    rows = recipes.RECIPES["padding"].values()
    assert {recipe["epochs"] for _, recipe in rows} == {2 * epochs}
    says("This is lesson 06's laboratory, with twice its epochs")
    right = means("padding", "right answers")
    assert right["behind, no mask"] == pytest.approx(0.5, abs=0.01)
    says("Half of the answers are right by chance.")
    size = means("lists", "parameters").values()
    assert max(size) < 1.01 * min(size)
    says("the models about as many parameters.")
    *two, third = [r["seconds"] for r in RESULTS["lists"]["with attention"]["runs"]]
    assert two == pytest.approx([200, 200], abs=1)
    says(f"two runs with attention took 200 seconds, and the third {third:.0f}.")


def test_what_the_page_says_of_letters_to_phonemes_holds():
    hours = sum(r["seconds"] for r in runs_of("pronunciation")) / 3600
    assert hours == pytest.approx(2, abs=0.25)
    widest = pronunciation.RECIPES["table of neighbours"][1]["widest"]
    says(
        f"{sounds.TEST:,} of them to test and {sounds.VALIDATION:,} to validate",
        f"a beam of {pronunciation.BEAM} searches",
        f"of the widths 3, 4 and {widest} the last was the best",
        "# about two hours on one thread",
    )


def test_what_the_page_says_of_cells_holds():
    settings = {part: own for part, (*_, own) in cells.SETTINGS.items()}
    one, three, digits, text = settings.values()
    assert (len(cells.CELLS), len(settings)) == (9, 4)
    for part, own in settings.items():
        embedding = 63 * 32 if part == "cells on characters" else 0
        size = np.array([*means(part, "parameters").values()]) - embedding
        assert size == pytest.approx(own["budget"], rel=0.04)
        assert len(size) == 2 * 9 - 1 and "SimpleRNN, chrono" not in RESULTS[part]
    assert {digits["rate"], text["rate"]} < {0.004, 0.01, 0.02}
    assert {one["rate"], three["rate"]} < {0.003, 0.01}
    left = len(data.load_arrays("mnist1d.npz")["x_train"]) - 500
    says(
        "Nine cells on four tasks, each with the usual start of its biases and, where "
        "it has a gate, by chrono",
        "Within a table all have about as many parameters",
        "on MNIST-1D and characters (0.004, 0.01, 0.02)",
        "on memory (0.003 and 0.01 for 100 numbers",
        f"Say the first of {one['length']} or {three['length']} numbers",
        f"A budget of {one['budget']:,} parameters; {one['steps']} steps of "
        f"{one['batch']} sequences, and {three['steps']} of {three['batch']}.",
        f"{digits['budget']:,} parameters, {digits['epochs']} epochs over {left:,} "
        "signals (the other 500 are for validation)",
        f"{text['budget']:,} parameters without the embedding, one reading of eight "
        f"tenths of the text in windows of {text['window']} characters",
    )


def test_what_the_page_says_of_streets_holds():
    error = means("streets", "error")
    lstm, ridge = error["LSTM(64) over days"], error["one ridge for all"]
    anew = [
        error[f"{name}, each quarter"]
        for name in ("LSTM(64) over days", "one ridge for all")
    ]
    linear = error["one linear model, absolute error"]
    assert {len(r["streets"]) for r in runs_of("streets")} == {18}
    says(
        "The next 24 hours of 18 places in Auckland",
        f"is about {100 * (1 - lstm / ridge):.0f} % better than one ridge for all "
        f"streets, and {100 * (1 - lstm / error['a ridge for each street']):.0f} % "
        "better than a ridge for each street",
    )
    for ours, theirs, of in (
        (*anew, "better than the one ridge"),
        (lstm, linear, "better than the linear model of the absolute error"),
    ):
        low, high = re.search(rf"is ([\d.]+) to ([\d.]+) % {of}", PAGE).groups()
        assert float(low) < 100 * (1 - ours / theirs) < float(high)
    assert error["MLP(64)"] == pytest.approx(linear, rel=0.005)
    says("and the MLP as good as that model.")
    hours = [error[name] for name in error if "over hours" in name]
    assert min(hours) > ridge
    says("Over hours, an LSTM is worse than the ridge;")


def test_what_the_page_says_of_reviews_and_tweets_holds():
    parts = data.load_table("foods.tsv.gz").part.value_counts()
    size = means("foods", "parameters")
    networks = [n for name, n in size.items() if not name.startswith("bag")]
    share = np.mean([*means("foods", "test accuracy").values()])
    chance = 100 * np.sqrt(share * (1 - share) / parts.test)
    *fewer, _ = sentiment.SIZES
    assert fewer == [500, 1_000, 2_000]
    least, most = (round(f(networks), -3) for f in (min, max))
    says(
        f"500, 1,000, 2,000 and all {parts.train + parts.validation:,} reviews; the "
        f"table has the accuracy on {parts.test} test reviews",
        f"have about {least:,} to {most:,} parameters",
        f"of one accuracy, for a test part of this size, is {chance:.1f} points.",
        f"with single runs of {parts.train:,} and 500 reviews.",
    )
    table = data.load_table("tweets.tsv.gz")
    test = table[table.part == "test"]
    each = [np.array(row.split(), float) for row in test.ratings]
    ones, others = np.concatenate([(r, (r.sum() - r) / (len(r) - 1)) for r in each], 1)
    weights = np.concatenate([np.full(len(r), 1 / len(r)) for r in each])
    (a, both), (_, b) = np.cov(ones, others, aweights=weights)
    assert min(map(len, each)) >= 20
    says(
        f"{len(table) - len(test):,} tweets to learn from, {len(test)} to test, and "
        "the correlation with the mean of 20 or more raters.",
        f"one rater, drawn at random, {both / np.sqrt(a * b):.2f} with the mean of",
        "there the bag is ahead of the networks.",
    )
    sign = means("tweets", "right sign")
    assert max(v for n, v in sign.items() if not n.startswith("bag")) < sign["bag"]


def test_what_the_page_says_of_addresses_holds():
    rival = scoreboard.TASKS["addresses"]["published"][0]
    token, whole = re.findall(r"(?:tokens|addresses) ([\d.]+)", rival["setting"])
    tokens, addresses, f1 = (
        100 * np.array([*means("addresses", metric).values()])[-3:]
        for metric in ("tokens right", "whole addresses right", "F1 of spans")
    )
    gaps = f1[-1] - float(rival["value"]), float(whole) - addresses[-1]
    share = addresses[-1] / 100
    assert min(gaps) > 0 and max(gaps) < 4
    assert 2 < 100 * np.sqrt(share * (1 - share) / 300) < 3
    assert max(*tokens, float(token)) < 95 and max(*addresses, float(whole)) < 75
    assert 1 < f1[1] - f1[0] < f1[2] - f1[1]
    text = notebook("14")
    groups, apart = re.search(r"(\d+) groups, (\d+) with different", text).groups()
    says(
        "Ours has the higher F1, the rival more whole addresses, both by less than 4 "
        "points; with 300 addresses, chance alone moves such a share by over 2 points.",
        "We sought 95 % of the tokens and 75 % of the addresses, and did not reach",
        f"they occur in {apart} of {groups} groups of near-equal addresses.",
        "F1 rises by over a point from 260 to 519, and by more to 1,188.",
    )


def test_what_the_page_says_of_pictures_of_people_holds():
    arrays = data.load_arrays("people.npz")
    rows = {part: people.rows_of(arrays, part) for part in people.PARTS}
    train, chosen, test, known = map(len, rows.values())
    roles = {part: {*arrays["role"][own]} for part, own in rows.items()}
    skin, few = people.skin_colours(arrays["palette"]), {}
    for role in roles["combinations"]:
        own = [i for i in rows["combinations"] if arrays["role"][i] == role]
        seen = [arrays["pictures"][i] == skin[arrays["tone"][i]] for i in own]
        few[role] = np.median([picture.sum() for picture in seen])
    assert min(few, key=few.get) == "rowing boat" and few["rowing boat"] < 10
    _, *entries = RESULTS["captions"].values()
    size = np.array([entry["mean"]["parameters"] for entry in entries])
    assert size == pytest.approx(122_000, rel=0.002)
    networks = [recipe for _, recipe in captions.RECIPES["captions"].values()][1:]
    dropout = {(r["readings"], r["looks"]): r["dropout"] for r in networks}
    assert dropout == {(30, 0): 0, (30, 1): 0, (120, 0): 0, (120, 1): 0.1}
    for run in runs_of("questions"):
        shares = [run["metrics"][f"combinations, {kind}"] for kind in people.KINDS]
        assert np.mean(shares) == pytest.approx(run["metrics"]["combinations, all"])
        right = 4 * test * np.array(shares)  # of four questions for a picture
        assert right == pytest.approx(right.round(), abs=1e-3)
    assert len(people.KINDS) == 6
    says(
        f"{train} pictures to learn from, {chosen} to choose settings, {test} of "
        f"combinations of role and tone that training never had, and {known} of known",
        "both with about 122,000 parameters.",
        "The rows of 30 readings have no dropout.\nThose of 120 with attention have a "
        "dropout of 0.1",
        "those from one vector have none.",
        "in *rowing boat*, skin is a few pixels.",
        "means over six kinds of questions about pictures of new combinations, four of "
        "each kind for a picture.",
    )


def test_what_the_page_says_of_vectors_of_words_holds(lesson):
    recipe = recipes.RECIPES["word vectors"].values()
    assert {own["width"] for _, own in recipe} == {64}
    assert {own["since"] for _, own in recipe} == {1900, 1790}
    words = speeches.Words(lesson("15").text_since(1900), size=8_000)
    judged, related = (data.load_table(f"{n}.tsv.gz") for n in ("wordsim", "analogies"))
    pairs, _ = wordsets.judged(judged, "test", words)
    asked, _ = wordsets.questions(related, "test", words)
    for table in (judged, related):
        assert (table.part == "validation").mean() == pytest.approx(1 / 3, abs=0.02)
    (tokens,) = {
        r["metrics"]["tokens"]
        for name, entry in RESULTS["word vectors"].items()
        for r in entry["runs"]
        if "1790" not in name
    }
    size = inspect.signature(lesson("15").train).parameters["batch"].default
    says(
        f"vectors of {len(words):,} words, 64 numbers for each",
        f"since 1900, {tokens / 1e6:.1f} million words and signs, or since 1790.",
        f"batches of {size:,}.",
        "a third of the pairs of both lists is kept for choosing",
        f"{len(pairs)} pairs and {len(asked):,} questions, of the speeches since 1900.",
        f"A correlation of {len(pairs)} pairs has a standard error of about "
        f"{100 / np.sqrt(len(pairs) - 1):.0f} in this table",
    )


def test_what_lesson_15_says_of_longer_readings_holds():
    right = means("word vectors", "analogies right")
    lead, with_ten, of_more = (
        right[f"PPMI + SVD(64){text}"] - right[f"skip-gram(64), {readings}{text}"]
        for readings, text in (
            ("2 readings", ""),
            ("10 readings", ""),
            ("10 readings", ", since 1790"),
        )
    )
    assert 0 < of_more < 0.02 < with_ten < 0.6 * lead
    said = "ten readings make the lead in analogies smaller, and ten of a longer text"
    assert f"{said} nearly end it." in notebook("15")


def test_what_the_page_says_of_words_of_speeches_holds(lesson):
    here = lesson("16")
    found = here.parts_of(data.load_text("speeches.txt.bz2"))
    sentences = {part: here.sentences_of(own) for part, own in found.items()}
    words = speeches.Words(sentences["train"], size=8_000)
    ids = {part: words.encode(sentences[part]) for part in ("train", "test")}
    train, chosen, test = (
        (len(own), own[0].date[:4], own[-1].date[:4])
        for own in (found[part] for part in speeches.PARTS)
    )
    unknown = 100 * (ids["test"] == speeches.UNKNOWN).mean()
    says(
        f"{train[0]} spoken messages of {train[1]} to {train[2]} to learn from "
        f"({len(ids['train']):,} ids, `<EOS>` included)",
        f"the {chosen[0]} of {chosen[1]} to {chosen[2]} to choose the share in a",
        f"the {test[0]} since {test[1]} as the test ({len(ids['test']):,} ids, "
        f"{unknown:.1f} % of them `<UNK>`).",
        f"The list of {len(words):,} words is that of the training part",
    )
    assert all("bits per character" in r["metrics"] for r in runs_of("speeches"))


def test_what_the_page_says_of_recurrence_or_attention_holds():
    parts = "attention on characters", "attention on dates"
    sizes, seconds = (
        [
            (max(pair) / min(pair), pair[0] / pair[1])
            for part in parts
            for pair in np.reshape([*means(part, metric).values()], (2, 2))
        ]
        for metric in ("parameters", "seconds of CPU")
    )
    assert 1.02 < max(larger for larger, _ in sizes) < 1.03
    *alike, (longer, lstm) = seconds
    assert 1.2 < max(larger for larger, _ in alike) < 1.25 < longer == lstm
    for rows in (attention.CHARACTERS, attention.DATES):
        short, long = (
            [
                {k: v for k, v in recipe.items() if k not in ("readings", "steps")}
                for _, recipe in own
            ]
            for own in ([*rows.values()][:2], [*rows.values()][2:])
        )
        assert short == long
    assert len({recipe["steps"] for _, recipe in [*attention.DATES.values()][2:]}) == 1
    train = (data.load_table("dates.tsv.gz").part == "train").sum()
    says(
        "networks with as many parameters, within 3 %.",
        "for about as many seconds of one CPU thread, within a quarter; but in the "
        "longer race of dates for as many steps, in which the LSTM takes "
        f"{lstm:.1f} times the seconds of training.",
        "the longer recipes keep them.",
        f"as in lesson 09: {train - 2_000:,} to learn from, the last 2,000 dates",
    )


def test_what_the_page_says_of_five_readers_holds():
    size = np.array([*means("readers", "parameters").values()])
    assert len(size) == 5 and size == pytest.approx(112_300, rel=0.005)
    *cells_, transformer = memories.RATES.values()
    assert {*cells_} == {0.012} and transformer == 0.006
    assert memories.SETTING["readings"] == 3 and memories.SETTING["score"] == "test"
    says(
        "four cells of lesson 11 and the Transformer of lesson 18, all with about "
        "112,300 parameters.",
        "each from an empty memory, three times; the last tenth is the test.",
        "of 0.003, 0.006 and 0.012, with a fifth of the text; all cells took the "
        "largest one",
    )


def test_what_the_page_says_of_speed_holds():
    training, grown, tests = (
        RESULTS["speed"][name]["mean"] for name in ("training", "growth", "make test")
    )
    share, beside = (
        {n: training[f"{n} units: {what}"] for n in (128, 192, 256, 384)}
        for what in ("share of its product's rate", "times PyTorch's rate")
    )
    slower = [n for n, rate in beside.items() if rate < 1]
    assert slower == [128, 192, 256] and share[128] < 0.7 and share[384] > 0.9
    power = [grown[f"exponent of {name}"] for name in ("batch", "window", "units")]
    assert power == sorted(power) and power[1] == pytest.approx(1, abs=0.1)
    assert power[2] < 2  # with four times the weights
    known = sorted(name[:2] for name in tests if name[0].isdigit())
    assert known == [f"{i:02}" for i in range(1, 10)]
    says(
        f"At {min(share, key=share.get)} units the step is far below the rate of its "
        f"own product, at {max(share, key=share.get)} close to it",
        f"PyTorch's step is faster up to {slower[-1]} units, and ours at 384.",
        "Beyond 128 units, twice the width costs most",
        "Twice the window takes about twice the time",
        "Twice the batch costs least",
        f"the lessons that there were when it was measured, 01 to {known[-1]}.",
    )
