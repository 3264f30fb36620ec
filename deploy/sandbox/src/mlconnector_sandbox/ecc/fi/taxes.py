"""Tax codes: their conditions and accounts, and the checks of a document's tax lines."""

from dataclasses import dataclass
from decimal import Decimal

from ..database import Row
from .posting import Line, Posting

__all__ = ["TaxCondition", "check_taxes", "conditions"]

_OUTPUT, _INPUT, _ANY = "+", "-", "*"
_TAX_ACCOUNTS = {">": "A", "<": "V"}


@dataclass(frozen=True, slots=True)
class TaxCondition:
    """One condition of a tax code: condition type, transaction key, rate in percent, tax account."""

    condition: str
    key: str
    rate: Decimal
    account: str


def conditions(posting: Posting, code: str) -> list[TaxCondition]:
    """Give the conditions of a tax code in the posting's country."""
    master, client = posting.master, posting.client
    country, chart = str(posting.organisation["LAND1"]), str(posting.organisation["KTOPL"])
    procedure = _procedure(posting)
    found = []
    for step in master.select("T683S", client, "A", "TX", procedure):
        record = master.find("A003", client, "TX", step["KSCHL"], country, code)
        price = master.find("KONP", client, record["KNUMH"]) if record else None
        account = master.find("T030K", client, chart, step["KVSL1"])
        if price is not None and account is not None:
            found.append(TaxCondition(step["KSCHL"], step["KVSL1"], Decimal(price["KBETR"]) / 1000, account["KONTS"]))
    return found


def check_taxes(posting: Posting) -> None:
    """Check the tax codes of G/L lines, and that each has its tax lines with plausible amounts."""
    lines = posting.of_kind("S")
    for line in lines:
        _check_code(posting, line)
    stated = {line.text("TAX_CODE") for line in posting.of_kind("T")}
    for code in sorted({line.text("TAX_CODE") for line in lines} - {""} - stated):
        posting.fail("FF", "805", code)
    structure = posting.master.find("TTXD", posting.client, _procedure(posting)) or {}
    line_by_line = bool(structure.get("XTXIT"))
    if str(structure.get("LENG1", "")).strip("0"):
        _check_jurisdictions(posting)
    for line in posting.of_kind("T"):
        _check_tax_line(posting, line, line_by_line=line_by_line)


def _check_jurisdictions(posting: Posting) -> None:
    """Check that each line with a tax code names a jurisdiction that exists."""
    for line in posting.of_kind("S", "T"):
        code = line.text("TAXJURCODE")
        if not line.text("TAX_CODE"):
            continue
        if not code:
            posting.fail("FF", "718", line.text("TAX_CODE"), at=line, field_name="TAXJURCODE")
        elif posting.master.find("TTXJ", posting.client, _procedure(posting), code) is None:
            posting.fail("FF", "719", code, at=line, field_name="TAXJURCODE")


def _procedure(posting: Posting) -> str:
    country = posting.master.find("T005", posting.client, str(posting.organisation["LAND1"]))
    return "" if country is None else str(country["KALSM"])


def _tax_code(posting: Posting, line: Line) -> Row | None:
    """Find a line's tax code, or note that there is none."""
    code, procedure = line.text("TAX_CODE"), _procedure(posting)
    found = posting.master.find("T007A", posting.client, procedure, code)
    if found is None:
        posting.fail("FF", "713", code, str(posting.organisation["LAND1"]), procedure, at=line, field_name="TAX_CODE")
    return found


def _check_code(posting: Posting, line: Line) -> None:
    account = posting.master.find("SKB1", posting.client, posting.company_code, line.text("GL_ACCOUNT"))
    if account is None:
        return
    category = str(account["MWSKZ"])
    if not line.text("TAX_CODE"):
        if category and category not in _TAX_ACCOUNTS and not account["XMWNO"]:
            posting.fail("FF", "740", at=line, field_name="TAX_CODE")
        return
    code = _tax_code(posting, line)
    if code is not None and (code["XINAC"] or not _fits(category, code)):
        posting.fail("FF", "740", at=line, field_name="TAX_CODE")


def _fits(category: str, code: Row) -> bool:
    """Tell whether an account's tax category allows a tax code."""
    directions = {_OUTPUT: "A", _INPUT: "V", _ANY: "AV", **_TAX_ACCOUNTS}
    return str(code["MWART"]) in directions.get(category, "") or category == code["MWSKZ"]


def _check_tax_line(posting: Posting, line: Line, *, line_by_line: bool) -> None:
    code = _tax_code(posting, line)
    if code is None:
        return
    known = conditions(posting, line.text("TAX_CODE"))
    given = (line.text("COND_KEY"), line.text("ACCT_KEY"))
    if not any(given[0] in {"", c.condition} and given[1] in {"", c.key} for c in known):
        posting.fail("FF", "740", at=line, field_name="COND_KEY")
    if line_by_line != bool(line.text("ITEMNO_TAX").strip("0")):
        posting.fail("FF", "818", at=line, field_name="ITEMNO_TAX")
    amount = posting.amount(line)
    if amount is not None and not line.text("DIRECT_TAX") and abs(amount.amount) > abs(amount.base):
        posting.fail("FF", "747", at=line, field_name="TAX_CODE")
