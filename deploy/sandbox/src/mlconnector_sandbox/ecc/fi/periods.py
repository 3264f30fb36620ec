"""Posting periods: T001B, by account type."""

from collections.abc import Iterable

from ..master_data import MasterData
from .posting import Posting

__all__ = ["check_period", "closed", "is_open"]


def check_period(posting: Posting) -> None:
    """Check that the posting date's period is open for every account type of the document."""
    kinds = {"S" if line.kind == "T" else line.kind for line in posting.lines}
    variant = str(posting.organisation["OPVAR"])
    for variables in closed(posting.master, posting.client, variant, kinds, posting.posting_date):
        posting.fail("F5", "201", *variables, field_name="PSTNG_DATE")


def closed(
    master: MasterData, client: str, variant: str, kinds: Iterable[str], date: str
) -> list[tuple[str, str, str, str]]:
    """List the account types for which a date's period is closed, as period, year, account type and variant."""
    period, year = f"{int(date[4:6]):03d}", date[:4]
    return [
        (period, year, kind, variant)
        for kind in sorted(kinds)
        if not is_open(master, client, variant, kind, year + period)
    ]


def is_open(master: MasterData, client: str, variant: str, kind: str, period: str) -> bool:
    """Tell whether a period (YYYYPPP) is open for an account type, and for all account types together."""
    for account_type in ("+", kind):
        row = master.find("T001B", client, variant, "0", account_type)
        if row is None:
            if account_type == "+":
                return False
            continue
        intervals = ((row[f"FRYE{i}"] + row[f"FRPE{i}"], row[f"TOYE{i}"] + row[f"TOPE{i}"]) for i in (1, 2))
        if not any(first <= period <= last for first, last in intervals if last.strip("0")):
            return False
    return True
