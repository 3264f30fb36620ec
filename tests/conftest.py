"""Fixtures every test may use, and the rule that a skip is a failure where everything is required."""

from collections.abc import Generator
from typing import Any

import pytest

from .support.require import judged

pytest_plugins = ["tests.support.databases"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, Any]:
    return judged((yield))
