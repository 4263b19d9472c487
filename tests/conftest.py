"""The order of the tests, their seed, and what a lesson defines."""

import functools
import re
import sys

import keras
import pytest
from jupyter_client.provisioning import local_provisioner

import forks
from helpers import lessons

if sys.platform == "linux":  # elsewhere kernels start as usual
    local_provisioner.launch_kernel = forks.Fork

_load = functools.cache(lessons.load)


@functools.cache
def _minutes(path):
    """Return how many minutes a lesson runs, by its own words; 0 for other tests."""
    if path not in lessons.paths():
        return 0
    found = re.search(r"\*\*Time\*\*: (\d+)", path.read_text(encoding="utf-8"))
    return int(found[1])


def pytest_collection_modifyitems(items):
    """Let long notebooks start first, so that no core waits at the end."""
    items.sort(key=lambda item: -_minutes(item.path))


def pytest_report_teststatus(report):
    """Name at once what failed: a run that is stopped has no summary."""
    if report.failed and report.when == "call":
        return "failed", f"\n{report.nodeid} failed\n", "FAILED"


def pytest_unconfigure():
    """Let the time of the kernels count as that of the tests."""
    forks.stop()


@pytest.fixture(autouse=True)
def seed():
    """Let each test draw the same first weights, whatever ran before it."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def half_precision():
    """Let what a test builds compute in float16, with weights in float32."""
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def lesson():
    """Return a function: number of a lesson -> module of its functions and classes."""
    return _load
