"""Give tests the functions and classes that a lesson defines, as written there."""

import functools

import pytest

from helpers import lessons

_load = functools.cache(lessons.load)


@pytest.fixture(scope="session")
def lesson():
    """Return a function: number of a lesson -> module of its functions and classes."""
    return _load
