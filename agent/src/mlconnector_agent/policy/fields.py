"""The parameters and fields of an AR document that may be sent, with kind and length: SAP cuts what is too long.

Fields are left out on purpose: other company codes, document numbers and object keys of our choice, vendors, assets,
special G/L, bank data of a one-time customer. A field that is not here is refused, not dropped.
"""

import re
from typing import Final, NamedTuple

__all__ = ["CUSTOMER", "HEADER", "PARAMETERS", "REQUIRED", "STRUCTURES", "Field", "fault_of"]


class Field(NamedTuple):
    """Kind and length of a field: C text, N digits, D date, A amount."""

    kind: str
    length: int


_NAMES: Final = {
    "DOCUMENTHEADER": """BUS_ACT:C4 USERNAME:C12 HEADER_TXT:C25 COMP_CODE:C4 DOC_DATE:D8 PSTNG_DATE:D8 TRANS_DATE:D8
        DOC_TYPE:C2 REF_DOC_NO:C16 NEG_POSTNG:C1 VATDATE:D8""",
    "CUSTOMERCPD": """NAME:C35 NAME_2:C35 NAME_3:C35 NAME_4:C35 POSTL_CODE:C10 CITY:C35 COUNTRY:C3 COUNTRY_ISO:C2
        STREET:C35 PO_BOX:C10 POBX_PCD:C10 REGION:C3 LANGU_ISO:C2 TAX_NO_1:C16 TAX_NO_2:C11""",
    "ACCOUNTRECEIVABLE": """ITEMNO_ACC:N10 CUSTOMER:C10 REF_KEY_1:C12 REF_KEY_2:C12 REF_KEY_3:C20 BUS_AREA:C4
        PMNTTRMS:C4 BLINE_DATE:D8 PYMT_METH:C1 PAYMT_REF:C30 DUNN_BLOCK:C1 PMNT_BLOCK:C1 DUNN_AREA:C2 VAT_REG_NO:C20
        ALLOC_NMBR:C18 ITEM_TEXT:C50 TAX_CODE:C2 TAXJURCODE:C15 PROFIT_CTR:C10 PAYS_PROV:C4 PAYS_TRAN:C35""",
    "ACCOUNTGL": """ITEMNO_ACC:N10 GL_ACCOUNT:C10 ITEM_TEXT:C50 REF_KEY_1:C12 REF_KEY_2:C12 REF_KEY_3:C20
        BUS_AREA:C4 FUNC_AREA:C4 PLANT:C4 VALUE_DATE:D8 ALLOC_NMBR:C18 TAX_CODE:C2 TAXJURCODE:C15 COSTCENTER:C10
        PROFIT_CTR:C10 WBS_ELEMENT:C24 ORDERID:C12 SEGMENT:C10 TRADE_ID:C6 ITEMNO_TAX:N6""",
    "ACCOUNTTAX": """ITEMNO_ACC:N10 GL_ACCOUNT:C10 COND_KEY:C4 ACCT_KEY:C3 TAX_CODE:C2 TAX_DATE:D8 TAXJURCODE:C15
        TAXJURCODE_DEEP:C15 TAXJURCODE_LEVEL:C1 ITEMNO_TAX:N6 DIRECT_TAX:C1""",
    "CURRENCYAMOUNT": "ITEMNO_ACC:N10 CURR_TYPE:C2 CURRENCY:C5 CURRENCY_ISO:C3 AMT_DOCCUR:A23 AMT_BASE:A23",
}


def _parsed(names: str) -> dict[str, Field]:
    pairs = (entry.split(":") for entry in names.split())
    return {name: Field(form[0], int(form[1:])) for name, form in pairs}


PARAMETERS: Final = {parameter: _parsed(names) for parameter, names in _NAMES.items()}
"""By parameter, the fields that may be sent."""

STRUCTURES: Final = frozenset({"DOCUMENTHEADER", "CUSTOMERCPD"})
"""Parameters that are one structure; the others are tables of rows."""

HEADER: Final = "DOCUMENTHEADER"

REQUIRED: Final = (HEADER, "CURRENCYAMOUNT")
"""Every document has a header and amounts."""

CUSTOMER: Final = "ACCOUNTRECEIVABLE"
"""An AR document has lines of a customer, too."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Unicode's categories Cc and Cs: control characters, and halves of a surrogate pair."""

_FORMS: Final = {
    "N": (re.compile(r"[0-9]*"), "is not all digits"),
    "D": (
        re.compile(r"(?:[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|0{8})?"),
        "is no date YYYYMMDD",
    ),
    # DEC 23,4 in external format; fewer digits before the point than SAP has, so that sums stay exact everywhere.
    "A": (re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?"), "is no decimal amount"),
}
"""By kind, what a value must look like, and the complaint where it does not; text may be anything printable."""


def fault_of(field: Field, value: object) -> tuple[str, str] | None:
    """Return rule and complaint where a value does not fit its field, quoting nothing of it."""
    if not isinstance(value, str):
        return "value", f"is no text but {type(value).__name__}"
    # SAP counts UTF-16 units: a character outside the basic plane takes two.
    size = len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2
    if size > field.length:
        return "length", f"has {size} characters, SAP takes {field.length} and would cut the rest"
    form = _FORMS.get(field.kind)
    if form is None:
        return ("value", "holds a control character") if _CONTROLS.search(value) else None
    pattern, complaint = form
    return None if pattern.fullmatch(value) else ("value", complaint)
