"""Controlling: cost elements need a CO object, and what a line names has to exist and to allow postings."""

from ..database import Row
from .posting import Line, Posting, shortened

__all__ = ["check_controlling"]

_CO_OBJECTS = ("COSTCENTER", "ORDERID", "WBS_ELEMENT", "NETWORK", "SALES_ORD")
_PRIMARY_COSTS, _REVENUES = "01", "11"


def check_controlling(posting: Posting) -> None:
    """Check the CO objects of G/L lines on cost elements."""
    area = str((posting.master.find("TKA02", posting.client, posting.company_code) or {}).get("KOKRS", ""))
    for line in posting.of_kind("S"):
        _check_profit_center(posting, line, area)
        _check_order(posting, line)
        _check_wbs_element(posting, line)
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
    _check_company(posting, line, "COSTCENTER", area, valid["BUKRS"])
    if element["KATYP"] == _PRIMARY_COSTS and valid["BKZKP"]:
        posting.fail("KI", "260", *shown, at=line, field_name="COSTCENTER")
    if element["KATYP"] == _REVENUES and valid["BKZER"]:
        posting.fail("KI", "261", *shown, at=line, field_name="COSTCENTER")


def _check_profit_center(posting: Posting, line: Line, area: str) -> None:
    number, date = line.text("PROFIT_CTR"), posting.posting_date
    if not number:
        return
    rows = posting.master.select("CEPC", posting.client, number)
    valid = next((row for row in rows if row["KOKRS"] == area and row["DATAB"] <= date <= row["DATBI"]), None)
    if valid is None:
        posting.fail("KM", "026", area, shortened(number), at=line, field_name="PROFIT_CTR")
    elif valid["LOCK_IND"]:
        posting.fail("KM", "027", area, shortened(number), at=line, field_name="PROFIT_CTR")


def _check_order(posting: Posting, line: Line) -> None:
    number = line.text("ORDERID")
    if not number.strip("0"):
        return
    order = posting.master.find("AUFK", posting.client, number)
    if order is None:
        posting.fail("KI", "180", shortened(number), at=line, field_name="ORDERID")
    elif order["LOEKZ"] or order["PHAS2"]:
        posting.fail("KI", "181", shortened(number), at=line, field_name="ORDERID")
    else:
        _check_company(posting, line, "ORDERID", order["KOKRS"], order["BUKRS"])


def _check_wbs_element(posting: Posting, line: Line) -> None:
    number = line.text("WBS_ELEMENT")
    if not number:
        return
    element = posting.master.find("PRPS", posting.client, number)
    if element is None:
        posting.fail("CJ", "021", number, at=line, field_name="WBS_ELEMENT")
    elif element["LOEVM"] or not element["BELKZ"]:
        posting.fail("CJ", "022", number, at=line, field_name="WBS_ELEMENT")
    else:
        _check_company(posting, line, "WBS_ELEMENT", element["PKOKR"], element["PBUKR"])


def _check_company(posting: Posting, line: Line, field_name: str, area: str, company_code: str) -> None:
    if company_code != posting.company_code:
        shown = (area, shortened(line.text(field_name)), company_code, posting.company_code)
        posting.fail("KI", "100", *shown, at=line, field_name=field_name)
