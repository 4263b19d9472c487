"""Pictures of people: the file and its split, captions, skin, questions."""

import re
from collections import Counter

import numpy as np
import pytest

from helpers.data import DATASETS, load_arrays
from helpers.tasks import people


@pytest.fixture(scope="module")
def arrays():
    return load_arrays("people.npz")


def column(arrays, *names):
    return list(zip(*(arrays[name].tolist() for name in names), strict=True))


def of(arrays, rows):
    return {name: arrays[name][rows] for name in ("role", "who", "tone")}


def test_the_whole_file(arrays):
    parts = Counter(arrays["part"].tolist())
    sizes = {"train": 800, "validation": 96, "combinations": 192, "pictures": 64}
    assert parts == sizes and tuple(sizes) == people.PARTS
    cells = Counter(column(arrays, "role", "who", "tone"))
    assert len(cells) == 64 * 18 == 1152 and set(cells.values()) == {1}
    assert {who for _, who, _ in cells} == {*people.WHO}
    assert {tone for *_, tone in cells} == {*people.TONES}
    assert arrays["palette"].shape == (64, 3) and arrays["palette"].dtype == np.uint8
    rgb = people.pixels(arrays)
    assert rgb.shape == (1152, 32, 32, 3) and rgb.dtype == np.uint8
    number = arrays["pictures"][5, 7, 9]
    np.testing.assert_array_equal(rgb[5, 7, 9], arrays["palette"][number])
    assert rgb[:, 0, 0].mean() > 230, "white ground"


def test_the_other_style_is_of_the_same_people(arrays):
    flat = load_arrays("people_flat.npz")
    assert flat["pictures"].shape == arrays["pictures"].shape
    skin = people.pixels(flat)[arrays["tone"] == "dark"].astype(int)
    other = people.pixels(flat)[arrays["tone"] == "light"].astype(int)
    assert skin.mean() + 10 < other.mean()


def test_no_combination_of_the_test_is_in_training(arrays):
    """Nor a picture, whatever its name: by the bytes of the pictures."""
    pairs, pictures = {}, {}
    for part in people.PARTS:
        rows = arrays["part"] == part
        pairs[part] = {*zip(arrays["role"][rows], arrays["tone"][rows], strict=True)}
        pictures[part] = {p.tobytes() for p in arrays["pictures"][rows]}
        assert len(pictures[part]) == rows.sum(), "each picture stands once"
    assert not pairs["train"] & pairs["combinations"]
    assert not pairs["train"] & pairs["validation"]
    assert not pairs["combinations"] & (pairs["validation"] | pairs["pictures"])
    for i, first in enumerate(people.PARTS):
        for second in people.PARTS[i + 1 :]:
            assert not pictures[first] & pictures[second]


def test_what_is_tested_is_a_combination_of_known_parts(arrays):
    train = people.rows_of(arrays, "train")
    known = of(arrays, train)
    for names in (("role",), ("tone",), ("role", "who"), ("who", "tone")):
        assert {*column(arrays, *names)} == {*column(known, *names)}, names
    words = {w for i in train for w in people.captions(arrays)[i]}
    assert words == {w for caption in people.captions(arrays) for w in caption}
    single = of(arrays, people.rows_of(arrays, "pictures"))
    assert {*column(single, "role", "tone")} <= {*column(known, "role", "tone")}


def test_each_role_is_tested_and_the_tones_are_level(arrays):
    rows = people.rows_of(arrays, "combinations")
    assert set(Counter(arrays["role"][rows].tolist()).values()) == {3}
    tones = Counter(arrays["tone"][rows].tolist())
    assert max(tones.values()) - min(tones.values()) <= 3


def test_bad_parts_are_named(arrays):
    with pytest.raises(ValueError, match="no part 'test': take one of train, valid"):
        people.rows_of(arrays, "test")


def test_captions_say_role_person_and_tone(arrays):
    words = people.captions(arrays)
    for caption, role, who, tone in zip(
        words, *(arrays[n].tolist() for n in ("role", "who", "tone")), strict=True
    ):
        own = {*role.split()} | ({who} - {"person"})
        tail = () if tone == "yellow" else (tone, "skin", "tone")
        assert own <= {*caption} and caption[len(caption) - len(tail) :] == tail
        assert not re.search("[:,]", " ".join(caption))
    assert ("woman", "cook", "dark", "skin", "tone") in words and ("cook",) in words
    assert len({*words}) == len(words), "no two pictures have the same caption"


def test_skin_colours_are_those_of_the_skin(arrays):
    colours = people.skin_colours(arrays["palette"])
    assert len({*colours.values()}) == len(people.TONES)
    for tone, number in colours.items():
        share = (arrays["pictures"] == number).mean(axis=(1, 2))
        own = arrays["tone"] == tone
        assert np.median(share[own]) > 0.1 and share[~own].mean() < 0.02, tone
        assert share[own].min() > 0, "each picture shows some"


def test_sources_of_two_styles(arrays):
    flat = load_arrays("people_flat.npz")
    palette, (first, second) = people.sources(arrays, flat)
    assert palette.shape == (128, 3) and palette.dtype == np.float32
    for ids, style in ((first, arrays), (second, flat)):
        assert ids.shape == (1152, 1024) and ids.dtype == np.int32
        found = palette[ids[7]].reshape(32, 32, 3)
        np.testing.assert_allclose(255 * found, people.pixels(style)[7], atol=1e-4)
    assert first.max() < 64 <= second.min()
    with pytest.raises(ValueError, match="There are no styles"):
        people.sources()


def test_checked_pictures():
    picture = np.full((1, 32, 32, 3), 51, "uint8")
    found = people.checked(picture)
    assert found.dtype == np.float32 and found.shape == picture.shape
    assert found[0, 0, 0] == pytest.approx([0.2] * 3)
    np.testing.assert_array_equal(people.checked(found.astype("float64")), found)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((32, 32, 3)), r"shape \(32, 32, 3\): give \(rows, 32, 32, 3\)"),
        (np.zeros((0, 32, 32, 3)), r"\(0, 32, 32, 3\): give"),
        (np.zeros((1, 64, 64, 3)), r"\(1, 64, 64, 3\): give"),
        (np.zeros((1, 32, 32, 4)), r"\(1, 32, 32, 4\): give"),
        (np.full((1, 32, 32, 3), 255.0), "from 255 to 255: give uint8 from 0 to 255"),
        (np.full((1, 32, 32, 3), -0.1), "from -0.1 to -0.1: give"),
        (np.full((1, 32, 32, 3), np.nan), "from nan to nan: give"),
        (np.full((1, 32, 32, 3), 7), "int64 from 7 to 7: give"),
        (np.full((1, 32, 32, 3), True), "are bool: give uint8"),
        (np.full((1, 32, 32, 3), "#"), "are <U1: give uint8"),
        (np.zeros((1, 32, 32)), r"shape \(1, 32, 32\): give"),
        (
            [np.zeros((32, 32, 3)), np.zeros((64, 64, 3))],
            "have different sizes: make each 32 x 32",
        ),
        (None, r"shape \(\): give"),
    ],
)
def test_bad_pictures_are_named(picture, message):
    with pytest.raises(ValueError, match=message):
        people.checked(picture)


def test_numbers_of_own_pictures(arrays):
    palette = np.unique(arrays["palette"], axis=0)
    rgb = people.pixels(arrays)[:3]
    found = people.numbers_of(rgb, palette)
    assert found.shape == (3, 1024) and found.dtype == np.int32
    np.testing.assert_array_equal(palette[found].reshape(rgb.shape), rgb)
    near = rgb.astype(int) + np.where(rgb > 128, -1, 1)
    again = people.numbers_of(near / 255, palette)
    assert (again == found).mean() > 0.99
    with pytest.raises(ValueError, match="give"):
        people.numbers_of(rgb[0], palette)


def truth(text, role, who, tone):
    """Answer a question from what is known of the picture, by another way."""
    if text == "what is the skin tone":
        return tone
    if text == "who is it":
        return who
    if text == "what do you see":
        return role
    asked = re.fullmatch(r"is it an? (\w+)(?: with ([\w-]+) skin tone)?", text)
    if asked:
        yes = asked[1] == who and asked[2] in (None, tone)
    else:
        yes = re.fullmatch(r"does it have ([\w-]+) skin tone", text)[1] == tone
    return "yes" if yes else "no"


def test_answers_are_true_and_balanced(arrays):
    rng = np.random.default_rng(0)
    rows = list(range(len(arrays["name"])))
    found = people.asked(arrays, rows, rng)
    assert {len(column) for column in found} == {6 * len(rows)}
    answers, near = {kind: Counter() for kind in people.KINDS}, Counter()
    for row, words, answer, kind in zip(*found, strict=True):
        own = [str(arrays[name][row]) for name in ("role", "who", "tone")]
        assert truth(" ".join(words), *own) == answer
        answers[kind][answer] += 1
        if kind == "both" and answer == "no":
            near[own[1] in words] += 1
            assert (own[1] in words) != (own[2] in words), "one of two is wrong"
    for kind in ("is it", "is the skin", "both"):
        assert abs(answers[kind]["yes"] / len(rows) - 0.5) < 0.05, kind
    assert abs(near[True] / sum(near.values()) - 0.5) < 0.07
    assert len(answers["role"]) == 64 and len(answers["tone"]) == 6


def test_a_question_alone_tells_nothing(arrays):
    """No word of a question of yes and no goes with one of the answers."""
    rng = np.random.default_rng(1)
    found = [people.asked(arrays, range(1152), rng) for _ in range(4)]
    counts = {}
    for _, questions, answers, kinds in found:
        for words, answer, kind in zip(questions, answers, kinds, strict=True):
            if answer in ("yes", "no"):
                counts.setdefault((kind, words), Counter())[answer] += 1
    for key, count in counts.items():
        total = sum(count.values())
        assert abs(count["yes"] - total / 2) < 4 * np.sqrt(total / 4), (key, count)


def test_bad_people_and_tones_are_named(arrays):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="who is 'cat': give one of 'person', 'man'"):
        people.questions_of("cook", "cat", "dark", rng)
    with pytest.raises(
        ValueError, match="tone is 'green': give one of 'yellow', 'light'"
    ):
        people.questions_of("cook", "man", "green", rng)
    with pytest.raises(ValueError, match="There are no rows"):
        people.asked(arrays, [], rng)


def test_the_notices_stand_beside_the_files():
    notice = (DATASETS / "people.LICENSE").read_text(encoding="utf-8")
    assert "Twitter" in notice and "creativecommons.org/licenses/by/4.0" in notice
    flat = (DATASETS / "people_flat.LICENSE").read_text(encoding="utf-8")
    assert "Microsoft" in flat and "Permission is hereby granted" in flat
