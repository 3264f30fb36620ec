"""Limits on a reversal: which document, for which reason, at which date."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from mlconnector_shared.envelope import Reverse

from .bases import judge_touched
from .documents import judge_fields, judge_posting_date
from .fields import Field
from .limits import Denial, Policy

__all__ = ["judge_reversal"]

_REVERSAL: Final = {
    "OBJ_TYPE": Field("C", 5),
    "OBJ_KEY_R": Field("C", 20),
    "COMP_CODE": Field("C", 4),
    "PSTNG_DATE": Field("D", 8),
    "REASON_REV": Field("C", 2),
}
"""BAPIACREV's fields that may be sent: no key, no system and no period of one's own."""

_BUSINESS: Final = {"BUS_ACT": Field("C", 4)}
_NO_DATE: Final = frozenset({"", "00000000"})


def judge_reversal(work: Reverse, policy: Policy, today: date) -> Denial | None:
    """Return why this document may not be reversed like this, or None."""
    parameters = work.call.parameters
    foreign = sorted(set(parameters) - {"REVERSAL", "BUS_ACT"})
    if foreign:
        return Denial("parameter", f"{foreign[0][:30]!r} may not be sent; permitted are REVERSAL, BUS_ACT")
    given = parameters.get("REVERSAL")
    if not isinstance(given, dict):
        return Denial("value", "REVERSAL is not a structure")
    return next(filter(None, _content(work, given, policy, today)), None)


def _content(work: Reverse, given: Mapping[str, Any], policy: Policy, today: date) -> Iterator[Denial | None]:
    yield judge_fields("REVERSAL", 1, given, _REVERSAL)
    yield judge_fields("BUS_ACT", 1, {"BUS_ACT": work.call.parameters.get("BUS_ACT", "")}, _BUSINESS)
    yield judge_touched(work.base, policy)
    if given.get("OBJ_TYPE") != "BKPFF" or given.get("OBJ_KEY_R") != work.base.object_key:
        yield Denial("base", "REVERSAL names another document than the base")
    if given.get("COMP_CODE") != work.base.object_key[10:14]:
        yield Denial("company_code", "REVERSAL-COMP_CODE is not the document's company code")
    if given.get("REASON_REV") not in policy.reversal_reasons:
        yield Denial("reversal_reason", f"REASON_REV {given.get('REASON_REV', '')!r} is not named in the policy")
    posting_date = str(given.get("PSTNG_DATE", ""))
    if posting_date not in _NO_DATE:
        yield judge_posting_date(posting_date, policy, today)
