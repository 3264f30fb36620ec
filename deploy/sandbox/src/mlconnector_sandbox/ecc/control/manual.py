"""Documents posted by hand, past every interface: somebody at a desk, behind the agent's back."""

import msgspec

from ..books import Document
from ..database import Row
from ..fi.checks import check
from ..fi.posting import Posting
from ..master_rows import padded
from ..system import System
from .desk import Desk, RefusedError, at_desk, refusal

__all__ = ["ManualDocument", "ManualLine", "build", "post"]

_ONE_TIME = {"name": "NAME", "street": "STREET", "city": "CITY", "postal_code": "POSTL_CODE", "country": "COUNTRY"}


class ManualLine(msgspec.Struct, forbid_unknown_fields=True):
    """A line: a customer, a G/L account, or neither and a tax code for a tax line. Debits are positive."""

    amount: str
    customer: str = ""
    account: str = ""
    tax_code: str = ""
    base: str = "0"
    cost_center: str = ""
    allocation: str = ""
    text: str = ""


class ManualDocument(msgspec.Struct, forbid_unknown_fields=True):
    """A document as somebody enters it."""

    company_code: str
    document_type: str
    posting_date: str
    reference: str
    currency: str
    lines: list[ManualLine]
    document_date: str = ""
    header_text: str = ""
    user: str = "FINANCE"
    client: str = ""
    one_time: dict[str, str] = {}


def post(system: System, manual: ManualDocument) -> Row:
    """Check and write a document; give its header."""
    with at_desk(system, manual.client, manual.user) as desk:
        document = build(desk, manual)
        desk.write([document])
        return document.header


def build(desk: Desk, manual: ManualDocument) -> Document:
    """Check a document and give it a number; RefusedError if the checks find something."""
    system = desk.system
    values = _structures(system, manual)
    posting = Posting.read(
        desk.user,
        system.master,
        lambda name: values[name][0],
        lambda name: values.get(name, []),
    )
    check(posting)
    if posting.details:
        raise RefusedError(refusal(posting.details))
    number = desk.draw(posting.company_code, posting.document_type, posting.posting_date[:4])
    logical = system.logical_system(posting.client)
    return system.documents.build(posting, number, xblnr=manual.reference, logical_system=logical, transaction="FB01")


def _structures(system: System, manual: ManualDocument) -> dict[str, list[Row]]:
    """Write the document in the structures of the BAPI, with the conversions that a screen makes."""
    structures = system.catalogue.structures

    def row(structure: str, **fields: str) -> Row:
        definition = structures[structure]
        return {**definition.read(definition.initial), **fields}

    posting_date = manual.posting_date.replace("-", "")
    header = row(
        "BAPIACHE09",
        BUS_ACT="RFBU",
        USERNAME=manual.user,
        COMP_CODE=manual.company_code,
        DOC_TYPE=manual.document_type,
        PSTNG_DATE=posting_date,
        DOC_DATE=manual.document_date.replace("-", "") or posting_date,
        REF_DOC_NO=manual.reference,
        HEADER_TXT=manual.header_text,
    )
    one_time = row(
        "BAPIACPA09", **{_ONE_TIME[name]: value for name, value in manual.one_time.items() if name in _ONE_TIME}
    )
    result: dict[str, list[Row]] = {"DOCUMENTHEADER": [header], "CUSTOMERCPD": [one_time], "CURRENCYAMOUNT": []}
    for position, line in enumerate(manual.lines, 1):
        item = {"ITEMNO_ACC": f"{position:010d}"}
        common = {**item, "TAX_CODE": line.tax_code}
        texts = {"ALLOC_NMBR": line.allocation, "ITEM_TEXT": line.text}
        if line.customer:
            table, values = "ACCOUNTRECEIVABLE", row("BAPIACAR09", **common, **texts, CUSTOMER=padded(line.customer))
        elif line.account:
            objects = {"GL_ACCOUNT": padded(line.account), "COSTCENTER": padded(line.cost_center)}
            table, values = "ACCOUNTGL", row("BAPIACGL09", **common, **texts, **objects)
        else:
            table, values = "ACCOUNTTAX", row("BAPIACTX09", **common)
        result.setdefault(table, []).append(values)
        money = {"CURR_TYPE": "00", "CURRENCY": manual.currency, "AMT_DOCCUR": line.amount, "AMT_BASE": line.base}
        result["CURRENCYAMOUNT"].append(row("BAPIACCR09", **item, **money))
    return result
