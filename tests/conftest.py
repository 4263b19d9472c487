"""Give tests the functions and classes that a lesson defines, as written there."""

import functools

import pytest

import notebooks


@functools.cache
def _lesson(name):
    return notebooks.load(notebooks.NOTEBOOKS / f"{name}.ipynb")


@pytest.fixture(scope="session")
def lesson():
    """Return a function: name of a lesson -> module of its functions and classes."""
    return _lesson
