"""Reviews and tweets: the split, tokens, sentences, ids, and a text of one's own."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.data import load_table
from helpers.tasks import reviews


@pytest.fixture(scope="module")
def foods():
    return load_table("foods.tsv.gz")


@pytest.fixture(scope="module")
def tweets():
    return load_table("tweets.tsv.gz")


def test_the_parts_of_the_reviews(foods):
    assert foods.part.value_counts().to_dict() == {
        "train": 3_197,
        "validation": 780,
        "test": 992,
    }
    assert set(foods.great) == {0, 1} and not foods.isna().any().any()
    assert foods[foods.part == "test"].great.mean() == pytest.approx(0.659, abs=1e-3)


def runs(text, n=8):
    words = re.findall("[a-z']+", text.lower())
    return [" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1))]


def test_no_review_and_no_product_is_on_two_sides(foods):
    """Test, validation and training share no product, and no text or most of one."""
    assert foods["product"].is_unique
    where = {}  # a run of eight words -> the reviews that have it
    for i, text in enumerate(foods.review):
        for run in set(runs(text)):
            where.setdefault(run, []).append(i)
    for i, text in enumerate(foods.review):
        own = set(runs(text))
        shared = Counter(k for run in own for k in where[run] if k != i)
        assert max(shared.values(), default=0) <= len(own) / 2, text


def bag(text):
    return frozenset(re.findall("[a-z']+", re.sub(r"@\w+", "", text.lower())))


def test_no_tweet_of_test_or_validation_is_like_another(tweets):
    assert tweets.part.value_counts().to_dict() == {
        "train": 2_800,
        "validation": 600,
        "test": 800,
    }
    bags = [bag(text) for text in tweets.tweet]
    for part in ("validation", "test"):
        for i in np.flatnonzero(tweets.part == part):
            a = bags[i]
            assert a
            for k, b in enumerate(bags):
                assert k == i or 5 * len(a & b) < 3 * len(a | b)


def test_the_variants_of_one_tweet_are_all_in_training(tweets):
    again = tweets[tweets.tweet.str.contains("good phone interview", case=False)]
    assert len(again) >= 6 and set(again.part) == {"train"}


def test_ratings_and_their_mean(tweets):
    ratings = reviews.ratings_of(tweets.ratings)
    assert min(map(len, ratings)) == 20
    means = [sum(map(int, text.split())) / len(text.split()) for text in tweets.ratings]
    np.testing.assert_allclose(means, tweets["mean"], atol=1e-4)
    np.testing.assert_allclose([r.mean() for r in ratings], tweets["mean"], atol=1e-4)


def test_vader_is_near_its_published_correlation(tweets):
    r = np.corrcoef(tweets["mean"], tweets.vader)[0, 1]
    assert r == pytest.approx(0.881, abs=0.01)  # Hutto and Gilbert, 2014, all tweets
    assert tweets.vader.between(-1, 1).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's GREAT!! Don’t miss it.", "it's great ! ! don't miss it ."),
        ("@anonymous so sad :( http://url_removed", "@ so sad :( http"),
        ("love it =) <3 :D ;-)", "love it =) <3 :d ;-)"),
        ("3.50 for 12 cups", "0 for 0 cups"),
        ("Tom &amp; Jerry, 5-star", "tom jerry 0 star"),
        ("C'est très bon! Очень вкусно", "c'est très bon ! очень вкусно"),
        ("美味しい。", "美味しい"),
        ("", ""),
        (" ... ,;", ". . ."),
    ],
)
def test_tokens(text, expected):
    assert reviews.tokens(text) == expected.split()


@given(st.text())
def test_every_text_has_tokens_without_spaces(text):
    for token in reviews.tokens(text):
        assert token and not re.search(r"\s", token) and token == token.lower()


@pytest.mark.parametrize("text", [None, 3, ["good"], b"good", float("nan")])
def test_what_is_no_text_is_named(text):
    with pytest.raises(ValueError, match="is no text: give a string"):
        reviews.tokens(text)


TEXTS = [["so", "good", "."], ["so", "bad", "!"], ["good", "good", "tea", "."]]


def test_vocabulary_has_what_two_texts_share():
    words = reviews.vocabulary(TEXTS)
    assert words.words == ["", "[UNK]", "good", ".", "so"]
    with pytest.raises(ValueError, match="'so good' is a string: give its tokens"):
        reviews.vocabulary(["so good"])
    with pytest.raises(ValueError, match="no texts"):
        reviews.vocabulary([])


def test_rows_and_grids_by_hand():
    words = reviews.vocabulary(TEXTS)
    assert reviews.rows(TEXTS, words, 2).tolist() == [[4, 2], [4, 1], [2, 2]]
    text = ["so", "good", "!", "!", "good", "so", "so", "so"]
    assert reviews.sentences(text, 3) == [
        ["so", "good"],
        ["!", "!"],
        ["good", "so"],
        ["so", "so"],
    ]
    assert reviews.grids([text, []], words, 3, 3).tolist() == [
        [[4, 2, 0], [1, 1, 0], [2, 4, 0]],
        [[0, 0, 0]] * 3,
    ]


@given(st.lists(st.sampled_from(["a", "b", ".", "!", "?"])), st.integers(1, 4))
def test_sentences_lose_no_token_and_end_at_signs(text, length):
    found = reviews.sentences(text, length)
    assert [token for s in found for token in s] == text
    assert all(1 <= len(s) <= length for s in found)
    for s in found:
        first_sign = (
            [t in reviews.ENDS for t in s].index(True)
            if set(s) & set(".!?")
            else len(s)
        )
        assert set(s[first_sign:]) <= set(".!?")


def test_a_text_of_ones_own():
    words = reviews.vocabulary(TEXTS)
    assert reviews.known_tokens("So NEW!", words) == ["so", "new", "!"]
    for text in ("", "   ", "—"):
        with pytest.raises(ValueError, match="has no word in it: write at least one"):
            reviews.known_tokens(text, words)
    for text in ("qwxz zzz", "очень вкусно.", "美味しい", "...", "12 345"):
        with pytest.raises(ValueError, match="is among the 3 that the model knows"):
            reviews.known_tokens(text, words)


def test_bad_ratings_are_named():
    for text in ("5 1", ""):
        with pytest.raises(ValueError, match="are no ratings: give numbers from -4"):
            reviews.ratings_of([text])
    assert reviews.ratings_of(["-4 0 4"])[0].tolist() == [-4, 0, 4]
