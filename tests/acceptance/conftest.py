"""Fixtures and marks of the acceptance tests."""

import pytest

from tests.support.landscape import landscapes, site

__all__ = ["landscapes", "pytest_configure", "site"]


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that take more than half a minute."""
    config.addinivalue_line("markers", "slow: takes more than half a minute")
