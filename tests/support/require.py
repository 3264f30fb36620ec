"""Skipping where a machine lacks something; where everything is required a skip is a failure."""

import os
from typing import NoReturn

import pytest

__all__ = ["judged", "skip_or_fail"]


def skip_or_fail(group: str, reason: str) -> NoReturn:
    """Skip the test, or fail it where `MLCONNECTOR_REQUIRE=all` says that nothing may be left out.

    `MLCONNECTOR_INCAPABLE` names what this machine cannot have, as `group: reason`, several divided by `;`.
    """
    if os.environ.get("MLCONNECTOR_REQUIRE") == "all" and group not in _incapable():
        pytest.fail(f"required, but {reason}", pytrace=False)
    pytest.skip(f"{group}: {_incapable().get(group, reason)}")


def judged(report: pytest.TestReport) -> pytest.TestReport:
    """Turn a skip by any other way into a failure, where nothing may be left out."""
    under_sanitizers = "LD_PRELOAD" in os.environ
    if os.environ.get("MLCONNECTOR_REQUIRE") != "all" or under_sanitizers or not report.skipped:
        return report
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not hasattr(report, "wasxfail") and not any(f"{group}: " in reason for group in _incapable()):
        report.outcome, report.longrepr = "failed", f"required, but skipped: {reason}"
    return report


def _incapable() -> dict[str, str]:
    named = (one.partition(":") for one in os.environ.get("MLCONNECTOR_INCAPABLE", "").split(";") if one)
    return {group.strip(): reason.strip() for group, _, reason in named}
