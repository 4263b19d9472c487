"""Sequences that begin with what is to be remembered."""

import numpy as np
import pytest

from helpers.tasks import memory


def test_the_first_number_is_the_target_and_the_rest_is_noise():
    x, y = memory.first_number(4_000, 20, np.random.default_rng(0), noise=0.5)
    assert x.shape == (4_000, 20, 1) and y.shape == (4_000, 1)
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(x[:, 0], y)
    assert y.std() == pytest.approx(1, abs=0.05)
    assert x[:, 1:].std() == pytest.approx(0.5, abs=0.02)


def test_nothing_behind_the_first_number_tells_it():
    x, y = memory.first_number(4_000, 20, np.random.default_rng(0))
    ones = np.ones((len(x), 1))
    later = np.hstack([x[:, 1:, 0], ones])  # the best linear guess from what follows
    weights, *_ = np.linalg.lstsq(later[:2_000], y[:2_000], rcond=None)
    error = np.mean((later[2_000:] @ weights - y[2_000:]) ** 2)
    assert error > 0.95


def test_without_noise_all_numbers_behind_are_zero():
    x, _ = memory.first_number(3, 5, np.random.default_rng(0), noise=0)
    assert x[:, 0].all() and not x[:, 1:].any()


def test_the_first_symbol_is_the_target():
    x, y = memory.first_symbol(3_000, 7, 5, np.random.default_rng(0))
    assert x.shape == (3_000, 7, 5) and y.shape == (3_000,)
    assert x.dtype == np.float32 and y.dtype == np.int32
    np.testing.assert_array_equal(x[:, 0].argmax(axis=1), y)
    np.testing.assert_array_equal(np.unique(x), [0, 1])
    assert (x.sum(axis=2) == 1).all()
    np.testing.assert_allclose(x.mean(axis=(0, 1)), 0.2, atol=0.02)
    same = (x[:, 1:].argmax(axis=2) == y[:, None]).mean()
    assert same == pytest.approx(0.2, abs=0.02)


def test_parts_from_other_seeds_share_no_sequence():
    parts = [memory.first_number(500, 8, np.random.default_rng(s))[0] for s in (0, 1)]
    rows = [{row.tobytes() for row in part} for part in parts]
    assert not rows[0] & rows[1]


def test_the_target_is_a_copy():
    x, y = memory.first_number(2, 3, np.random.default_rng(0))
    x[:] = 0
    assert y.all()


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("first_number", (0, 5), "count=0 does not do: take a whole number, at least"),
        ("first_number", (5, 0), "length=0 does not do"),
        ("first_number", (5, 2.5), "length=2.5 does not do"),
        ("first_symbol", (5, -1, 3), "length=-1 does not do"),
        ("first_symbol", (5, 5, 1), "symbols=1 does not do: .* at least 2"),
    ],
)
def test_bad_sizes_are_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(memory, function)(*arguments, rng=np.random.default_rng(0))


@pytest.mark.parametrize("noise", [-1, float("nan"), float("inf")])
def test_bad_noise_is_named(noise):
    with pytest.raises(ValueError, match=f"noise={noise} does not do: take a number"):
        memory.first_number(2, 2, np.random.default_rng(0), noise=noise)
