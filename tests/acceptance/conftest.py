"""Fixtures and marks of the acceptance tests."""

import pytest

from tests.support.landscape import landscapes, site

__all__ = ["landscapes", "pytest_collection_modifyitems", "pytest_configure", "site"]


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that take more than half a minute."""
    config.addinivalue_line("markers", "slow: takes more than half a minute")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, lest one worker is still at them when all others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
