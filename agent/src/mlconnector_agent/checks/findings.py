"""What a check says: one line for a person, one object for a machine, one exit code for a monitoring system."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Status", "exit_code"]


class Status(StrEnum):
    """How a hop is."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one hop.

    Attributes:
        hop: stable name of the check.
        detail: what was found.
        remedy: what to do; empty where nothing is to be done.
    """

    hop: str
    status: Status
    detail: str
    remedy: str = ""

    def line(self) -> str:
        """Return it as a line for a person, with the remedy below."""
        below = f"\n{'':20}"
        line = f"{self.status.upper():4}  {self.hop:12}  {below.join(self.detail.splitlines())}"
        return f"{line}{below}-> {self.remedy}" if self.remedy else line


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 0 where all is well, 1 for a warning, 2 for a failure, 3 where something could not be looked at."""
    found = {finding.status for finding in findings}
    if Status.FAIL in found:
        return 2
    if Status.WARN in found:
        return 1
    return 3 if Status.SKIP in found else 0
