"""Checks of account types and accounts: customers, vendors, G/L accounts."""

from ..database import Row
from .posting import Line, Posting, shortened

__all__ = ["check_customers", "check_gl_accounts", "check_types", "check_vendors"]

_CPD_FIELDS = (("NAME", "name"), ("CITY", "city"), ("COUNTRY", "country"))
_PARTS_OF = {"D": ("CUSTOMER", "customer"), "S": ("GL_ACCOUNT", "G/L account")}


def check_types(posting: Posting) -> None:
    """Check that the document type allows the account types."""
    allowed = str((posting.master.find("T003", posting.client, posting.document_type) or {}).get("KOARS", ""))
    for kind in sorted({"S" if line.kind == "T" else line.kind for line in posting.lines}):
        if kind not in allowed:
            posting.fail("F5", "241", kind, posting.document_type, field_name="DOC_TYPE")


def check_customers(posting: Posting) -> None:
    """Check that customers exist in the company code, are not blocked, and have an address if they are one-time."""
    for line in posting.of_kind("D"):
        number = line.text("CUSTOMER")
        general = posting.master.find("KNA1", posting.client, number)
        local = posting.master.find("KNB1", posting.client, number, posting.company_code)
        if general is None or local is None:
            posting.fail("F5", "102", shortened(number), posting.company_code, at=line, field_name="CUSTOMER")
            continue
        if general["SPERR"] or local["SPERR"]:
            posting.fail("F5", "351", shortened(number), posting.company_code, at=line, field_name="CUSTOMER")
        if general["XCPDK"]:
            _check_one_time(posting, number)


def _check_one_time(posting: Posting, number: str) -> None:
    given = posting.one_time
    for name, label in _CPD_FIELDS:
        if not given[name] and not (name == "COUNTRY" and given["COUNTRY_ISO"]):
            posting.fail("F5", "150", label, shortened(number), at=Line("", "CUSTOMERCPD", 0, {}), field_name=name)


def check_vendors(posting: Posting) -> None:
    """Check vendors: the simulated system has none."""
    for line in posting.of_kind("K"):
        number = line.text("VENDOR_NO")
        posting.fail("F5", "104", shortened(number), posting.company_code, at=line, field_name="VENDOR_NO")


def check_gl_accounts(posting: Posting) -> None:
    """Check that G/L accounts exist in the company code, are open for posting and may be posted to directly."""
    for line in posting.of_kind("S"):
        number = line.text("GL_ACCOUNT")
        chart = posting.master.find("SKA1", posting.client, str(posting.organisation["KTOPL"]), number)
        account = posting.master.find("SKB1", posting.client, posting.company_code, number)
        if chart is None or account is None:
            posting.fail("F5", "506", shortened(number), posting.company_code, at=line, field_name="GL_ACCOUNT")
            continue
        _check_account(posting, line, chart, account)


def _check_account(posting: Posting, line: Line, chart: Row, account: Row) -> None:
    number = shortened(line.text("GL_ACCOUNT"))
    if chart["XSPEB"] or account["XSPEB"]:
        posting.fail("F5", "155", number, posting.company_code, at=line, field_name="GL_ACCOUNT")
    if account["MITKZ"]:
        posting.fail("F5", "354", number, posting.company_code, at=line, field_name="GL_ACCOUNT")
