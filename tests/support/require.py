"""Skipping where a machine lacks something; where everything is required a skip is a failure."""

import os
from typing import NoReturn

import pytest

__all__ = ["skip_or_fail"]


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test, or fail it where `MLCONNECTOR_REQUIRE=all` says that nothing may be left out."""
    if os.environ.get("MLCONNECTOR_REQUIRE") == "all":
        pytest.fail(f"required, but {reason}", pytrace=False)
    pytest.skip(reason)
