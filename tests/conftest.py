"""Fixtures every test may use, and the rule that a skip is a failure where everything is required."""

import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from .support.require import judged

pytest_plugins = ["tests.support.databases"]

# How long drawing took says how busy the machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, Any]:
    return judged((yield))


@pytest.fixture
def unmeasured() -> Iterator[None]:
    """Let no coverage be measured of what runs hundreds of times, which doubles it; the other tests cover the same."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)
