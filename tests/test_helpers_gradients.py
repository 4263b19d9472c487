"""The gradient checker accepts what is right, and flags what is wrong."""

import numpy as np
import pytest

from helpers.gradients import numerical_gradient, relative_error


@pytest.fixture
def problem():
    """Return a loss of a matrix W, the matrix, and the gradient by calculus."""
    rng = np.random.default_rng(0)
    W, x, t = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=3)

    def loss():
        return 0.5 * np.sum((np.tanh(W @ x) - t) ** 2)

    y = np.tanh(W @ x)
    return loss, W, np.outer((y - t) * (1 - y**2), x)


def test_right_gradient_is_accepted(problem):
    loss, W, gradient = problem
    before = W.copy()
    assert relative_error(numerical_gradient(loss, W), gradient) < 1e-7
    np.testing.assert_array_equal(W, before)


def test_wrong_gradients_are_flagged(problem):
    loss, W, gradient = problem
    numerical = numerical_gradient(loss, W)
    one_wrong = gradient.copy()
    one_wrong[1, 2] *= 1.01
    for wrong in (2 * gradient, -gradient, gradient[::-1], 0 * gradient, one_wrong):
        assert relative_error(numerical, wrong) > 1e-5


def test_numbers_are_arrays_too():
    x = np.array(3.0)
    assert abs(numerical_gradient(lambda: x**2, x) - 6) < 1e-8


def test_relative_error_of_equal_opposite_and_zero():
    assert relative_error([1.0, 2.0], [1.0, 2.0]) == 0
    assert relative_error([1.0, 2.0], [-1.0, -2.0]) == 1
    assert relative_error([0.0], [0.0]) == 0


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="float32: use"):
        numerical_gradient(lambda: 0.0, np.zeros(2, "float32"))
    with pytest.raises(ValueError, match=r"\(2,\) and \(2, 1\)"):
        relative_error(np.zeros(2), np.zeros((2, 1)))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_the_entry_is_put_back_when_the_loss_fails(error, calls):
    array, left = np.array([1.0, 2.0]), iter(range(calls - 1))

    def loss():
        if next(left, None) is None:
            raise error
        return 0.0

    with pytest.raises(error):
        numerical_gradient(loss, array)
    assert array.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-170, 1.0, 1e170, 1e308])
def test_relative_error_neither_vanishes_nor_overflows(size):
    assert relative_error([size], [-size]) == 1
    assert relative_error([size, size], [size, size]) == 0
    assert relative_error([size], [0.0]) == 1
    if size > 1e-300:
        assert relative_error([0.75 * size], [0.25 * size]) == pytest.approx(0.5)


def test_relative_error_of_whole_empty_and_infinite_numbers():
    assert relative_error(np.uint8([1]), np.uint8([3])) == 0.5
    assert relative_error([], []) == 0
    assert np.isnan(relative_error([np.nan], [1.0]))
    assert np.isnan(relative_error([np.inf], [np.inf]))


@pytest.mark.parametrize("loss", [None, np.zeros(2), []])
def test_a_loss_is_one_number(loss):
    with pytest.raises(ValueError, match="return one number"):
        numerical_gradient(lambda: loss, np.ones(2))


def test_an_array_that_cannot_be_moved():
    fixed = np.ones(2)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only: use array.copy"):
        numerical_gradient(lambda: 0.0, fixed)
    with pytest.raises(ValueError, match="is a list: use np.array"):
        numerical_gradient(lambda: 0.0, [1.0])
    for step in (0, -1e-6, np.nan):
        with pytest.raises(ValueError, match="step=.*above 0"):
            numerical_gradient(lambda: 0.0, np.ones(2), step)
