"""Controlling: cost elements need a CO object, and cost centers have to exist and to be open on the posting date."""

from ..database import Row
from .posting import Line, Posting, shortened

__all__ = ["check_controlling"]

_CO_OBJECTS = ("COSTCENTER", "ORDERID", "WBS_ELEMENT", "NETWORK", "SALES_ORD")
_PRIMARY_COSTS, _REVENUES = "01", "11"


def check_controlling(posting: Posting) -> None:
    """Check the CO objects of G/L lines on cost elements."""
    area = str((posting.master.find("TKA02", posting.client, posting.company_code) or {}).get("KOKRS", ""))
    for line in posting.of_kind("S"):
        element = posting.master.find("CSKB", posting.client, area, line.text("GL_ACCOUNT"))
        if element is None:
            continue
        if not any(line.text(name).strip("0") for name in _CO_OBJECTS):
            posting.fail("KI", "235", shortened(line.text("GL_ACCOUNT")), at=line, field_name="GL_ACCOUNT")
        elif line.text("COSTCENTER"):
            _check_cost_center(posting, line, area, element)


def _check_cost_center(posting: Posting, line: Line, area: str, element: Row) -> None:
    number, date = line.text("COSTCENTER"), posting.posting_date
    shown = (area, shortened(number), f"{date[6:]}.{date[4:6]}.{date[:4]}")
    intervals = posting.master.select("CSKS", posting.client, area, number)
    valid = next((row for row in intervals if row["DATAB"] <= date <= row["DATBI"]), None)
    if valid is None:
        posting.fail("KI", "265", *shown, at=line, field_name="COSTCENTER")
        return
    if valid["BUKRS"] != posting.company_code:
        posting.fail(
            "KI", "100", area, shown[1], valid["BUKRS"], posting.company_code, at=line, field_name="COSTCENTER"
        )
    if element["KATYP"] == _PRIMARY_COSTS and valid["BKZKP"]:
        posting.fail("KI", "260", *shown, at=line, field_name="COSTCENTER")
    if element["KATYP"] == _REVENUES and valid["BKZER"]:
        posting.fail("KI", "261", *shown, at=line, field_name="COSTCENTER")
