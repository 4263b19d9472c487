"""The worksheet: its experiments decide, and its checks tell answers apart."""

import re

import numpy as np
import pytest
import tensorflow as tf

import exercises
import form
from helpers import lessons

NAME = "find_the_mistakes.ipynb"
CELLS = form.read(lessons.NOTEBOOKS / "solutions" / NAME).cells
SOLUTIONS = {
    int(m[1]): eval(m[2])
    for cell in CELLS
    if (
        m := re.search(
            r"def answer_(\d+)[\s\S]*# solution\n    return (.*)", cell.source
        )
    )
}
RIGHT = {8, 20, 24, 28}  # the sentences without a mistake


def verdict(number, answer):
    return exercises.verdict(NAME, number, lambda: answer)


def test_most_sentences_have_a_mistake_and_some_have_none():
    assert [*SOLUTIONS] == [*range(1, 31)]
    assert {n for n, (word, _) in SOLUTIONS.items() if word == "right"} == RIGHT


def test_sentences_stand_in_the_order_of_the_lessons():
    links = [re.search(r"\]\(\.\./(\d\d)_", c.source) for c in CELLS]
    numbers = [int(m[1]) for m in links if m]
    assert len(numbers) == 30 and numbers == sorted(numbers)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_the_experiment_decides(number):
    word, numbers = SOLUTIONS[number]
    other = {"right": "wrong", "wrong": "right"}[word]
    said = verdict(number, (word, numbers))
    assert said.startswith("verdict: correct\nprediction: correct\nfound: ")
    assert "verdict: not equal" in verdict(number, (other, numbers))
    far = (np.asarray(numbers) + 1.5).tolist()
    assert "prediction: off by up to" in verdict(number, (word, far))


@pytest.mark.parametrize("number", SOLUTIONS)
def test_numbers_may_have_any_form(number):
    word, numbers = SOLUTIONS[number]
    for kind in (np.float32, tf.constant, lambda n: np.asarray(n).astype("float64")):
        assert "prediction: correct" in verdict(number, [word, kind(numbers)])
    said = verdict(number, (word.upper(), *np.atleast_1d(numbers)))
    assert said.startswith("verdict: correct\nprediction: correct\nfound: ")


@pytest.mark.parametrize("number", SOLUTIONS)
def test_nothing_is_given_away_before_an_answer(number):
    word, _ = SOLUTIONS[number]
    for unfinished in (None, word, (word,), (word, None), (word, [None, None])):
        said = verdict(number, unfinished)
        assert "prediction: not written yet" in said and "found" not in said
        assert unfinished is None or "verdict: correct" in said


@pytest.mark.parametrize("answer", [(False, 8), ("false", 8), (8, "wrong"), "no"])
def test_another_word_is_asked_for_right_or_wrong(answer):
    assert 'the sentence "right" or "wrong"' in verdict(4, answer)


HINTED = [  # the number, a likely wrong prediction, its hint
    (2, [8, 8], "an output unit adds both"),
    (2, [32, 44], "only its own memory cell"),
    (3, [1, 1], "no target ever reaches"),
    (3, [2, 6], "not of the hidden units"),
    (3, [2, 4], "Elman's memory"),
    (3, [4, 20], "of one output, not of both"),
    (4, 0, "has not forgotten it"),
    (4, 16, "three steps lie between"),
    (5, [3, 3, 3], "the mean would be half"),
    (6, 0, "the state before"),
    (7, 3.0**50, "the norm of a product"),
    (7, 3**50, "the norm of a product"),
    (8, -10.04, "natural logarithm"),
    (8, 4.4e-5, "not its logarithm"),
    (8, 4.4, "negative logarithm"),
    (10, [5, 5], "no slope"),
    (10, [0, 6], "6 is longer than 5"),
    (11, [-0.75, -4, -0.75], "no half"),
    (12, 0.964, "at the output, too"),
    (12, 2, "tanh stands at the candidate"),
    (13, 3, "multiplies the old state"),
    (14, 0.5, "keeps the old state"),
    (15, 1, "tanh of the cell state"),
    (16, -10.5, "natural logarithm"),
    (16, 2.7e-5, "not its logarithm"),
    (16, 4.6, "negative logarithm"),
    (17, [0.5, 0.982], "each of the 20 steps"),
    (17, [0, 0.668], "do not round the gate"),
    (18, [5, 5, 45], "four sets of weights"),
    (18, [5, 5, 160], "biases are missing"),
    (20, [2, 4], "without return_sequences"),
    (20, [2, 8], "the second layer makes"),
    (20, [2, 7, 8], "LSTM(4) is the first"),
    (21, [0, 1], "read at the last step"),
    (22, [[0.5, -1.7], [0, 2.9]], "int32"),
    (22, [[0, -1], [2, 0]], "to pad in front"),
    (22, [[0, -2], [0, 2]], "towards zero"),
    (22, [[0, -2], [0, 3]], "not rounded"),
    (22, [[1, -2], [0, 3]], "0.5 to 0"),
    (23, [4, 0], "each of the three words"),
    (24, 6.02, "natural logarithm"),
    (25, 0.23, "the score -1, and not 0"),
    (25, 1, "nine others share the rest"),
    (26, [24, 400], "weights of its own"),
    (27, 1, "multiplied by 1 - z"),
    (28, 0, "z multiplies the old state"),
    (29, 0, "only within the candidate"),
    (30, 0.5, "after the new cell state"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), HINTED)
def test_a_likely_mistake_gets_its_hint(number, answer, hint):
    assert hint in verdict(number, ("wrong", answer))
