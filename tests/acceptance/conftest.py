"""Fixtures of the acceptance tests."""

from tests.support.landscape import landscapes, site

__all__ = ["landscapes", "site"]
