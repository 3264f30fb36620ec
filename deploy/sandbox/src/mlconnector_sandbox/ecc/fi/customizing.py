"""Entries of customizing tables that customer lines name: payment terms, reasons for blocks, dunning areas."""

from ..database import Row
from .posting import Line, Posting

__all__ = ["check_entries", "payment_days"]

_CHECKED = (("PMNTTRMS", "T052"), ("PMNT_BLOCK", "T008"), ("DUNN_BLOCK", "T040S"))
_DAYS = (("DSCT_DAYS1", "ZBD1T", "ZTAG1"), ("DSCT_DAYS2", "ZBD2T", "ZTAG2"), ("NETTERMS", "ZBD3T", "ZTAG3"))


def check_entries(posting: Posting) -> None:
    """Check that what customer lines name is known to the system."""
    for line in posting.of_kind("D"):
        for name, table in _CHECKED:
            value = line.text(name)
            if value and posting.master.find(table, posting.client, value) is None:
                posting.fail("00", "058", value, "", "", table, at=line, field_name=name)
        area = line.text("DUNN_AREA")
        if area and posting.master.find("T047M", posting.client, posting.company_code, area) is None:
            posting.fail("00", "058", posting.company_code, area, "", "T047M", at=line, field_name="DUNN_AREA")


def payment_days(posting: Posting, line: Line, terms: str) -> Row:
    """Give the days of the payment terms: the caller's if it sent any, else those of the key."""
    given = {column: int(line.values.get(name) or 0) for name, column, _ in _DAYS}
    if any(given.values()):
        return given
    found = posting.master.find("T052", posting.client, terms) if terms else None
    return {column: int(found[source]) if found else 0 for _, column, source in _DAYS}
