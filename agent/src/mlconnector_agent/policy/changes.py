"""Limits on a change of a posted document: which fields of an item, to which values, and which document texts."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlconnector_shared.envelope import Base, Change

from .bases import judge_touched
from .documents import judge_fields
from .fields import Field, fault_of
from .limits import Denial, Policy

__all__ = ["CHANGEABLE", "judge_change"]

CHANGEABLE: Final = {
    "ZUONR": Field("C", 18),
    "SGTXT": Field("C", 50),
    "XREF1": Field("C", 12),
    "XREF2": Field("C", 12),
    "XREF3": Field("C", 20),
    "ZFBDT": Field("D", 8),
    "ZLSPR": Field("C", 1),
    "MANSP": Field("C", 1),
}
"""What Z_MLC_DOCUMENT_CHANGE takes of a customer item: assignment, text, reference keys, baseline date, blocks."""

_BLOCKS: Final = frozenset({"ZLSPR", "MANSP"})
"""Payment and dunning block: they are set when an item is posted, and only released here."""

_ITEM: Final = {
    "I_BUKRS": Field("C", 4),
    "I_BELNR": Field("C", 10),
    "I_GJAHR": Field("N", 4),
    "I_BUZEI": Field("N", 3),
}
_CHANGE: Final = {"FDNAME": Field("C", 10), "NEWVAL": Field("C", 50)}
_LINE: Final = {
    "TDOBJECT": Field("C", 10),
    "TDNAME": Field("C", 70),
    "TDID": Field("C", 4),
    "TDSPRAS": Field("C", 1),
    "TDFORMAT": Field("C", 2),
    "TDLINE": Field("C", 132),
}
_CUSTOMER: Final = Field("C", 10)
_MOST_LINES: Final = 100


def judge_change(work: Change, policy: Policy) -> Denial | None:
    """Return why this document may not be changed like this, or None."""
    judged = _text(work, policy) if work.call.function == "RFC_SAVE_TEXT" else _item(work, policy)
    return judge_touched(work.base, policy) or next(filter(None, judged), None)


def _item(work: Change, policy: Policy) -> Iterator[Denial | None]:
    given = dict(work.call.parameters)
    rows = given.pop("T_ACCCHG", None)
    yield judge_fields("the item", 1, given, _ITEM)
    named = given.get("I_BUKRS"), given.get("I_BELNR"), given.get("I_GJAHR")
    if named != _parts(work.base) or not given.get("I_BUZEI"):
        yield Denial("base", "the item named is none of the base")
    fault = fault_of(_CUSTOMER, work.customer)
    if fault is not None or not work.customer.isalnum():
        yield Denial("value", "the item's customer is not named")
    yield _rows("T_ACCCHG", rows, _CHANGE, len(CHANGEABLE))
    names = [row.get("FDNAME") for row in rows or ()]
    if len(set(names)) != len(names):
        yield Denial("value", "T_ACCCHG names a field twice")
    for number, row in enumerate(rows or (), 1):
        yield _changed(number, row, policy)


def _changed(number: int, row: Mapping[str, Any], policy: Policy) -> Denial | None:
    name, value = row.get("FDNAME", ""), row.get("NEWVAL", "")
    if name not in CHANGEABLE or name not in policy.change_fields:
        return Denial("change_field", f"T_ACCCHG row {number}: field {name!r} is not named in the policy")
    if name in _BLOCKS and value:
        return Denial("change_value", f"T_ACCCHG row {number}: a block ({name}) is only released here, never set")
    return judge_fields("T_ACCCHG", number, {name: value}, CHANGEABLE)


def _text(work: Change, policy: Policy) -> Iterator[Denial | None]:
    given = dict(work.call.parameters)
    rows = given.pop("TEXT_LINES", None)
    yield judge_fields("RFC_SAVE_TEXT", 1, given, {})
    yield _rows("TEXT_LINES", rows, _LINE, _MOST_LINES)
    company_code, number, fiscal_year = _parts(work.base)
    for place, row in enumerate(rows or (), 1):
        if (row.get("TDOBJECT"), row.get("TDNAME")) != ("BELEG", f"{company_code}{number}{fiscal_year}"):
            yield Denial("base", f"TEXT_LINES row {place} is no line of a text of the base")
        if row.get("TDID") not in policy.text_ids:
            yield Denial(
                "text_id", f"TEXT_LINES row {place}: text id {row.get('TDID', '')!r} is not named in the policy"
            )


def _rows(name: str, rows: object, fields: Mapping[str, Field], most: int) -> Denial | None:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not 1 <= len(rows) <= most:
        return Denial("value", f"{name} is not a table of 1 to {most} rows")
    return next(filter(None, (judge_fields(name, number, row, fields) for number, row in enumerate(rows, 1))), None)


def _parts(base: Base) -> tuple[str, str, str]:
    return base.object_key[10:14], base.object_key[:10], base.object_key[14:]
