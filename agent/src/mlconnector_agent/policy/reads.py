"""Limits on a table read: table, columns, conditions, number of rows. The agent writes the WHERE clause itself."""

from typing import Final

from mlconnector_shared.envelope import Predicate, ReadTable

from .limits import Denial, Policy

__all__ = ["judge_read"]

MAX_CONDITIONS: Final = 20
MAX_VALUE: Final = 45
"""With field, operator and quotes it fits one of RFC_READ_TABLE's OPTIONS lines of 72 characters."""

MAX_PAGE: Final = 50_000
"""Rows of one call; a page is held in memory once."""

_VARIANT_TABLES: Final = frozenset({"T001B"})
"""Here the column BUKRS is a posting period variant, no company code."""


def judge_read(work: ReadTable, policy: Policy) -> Denial | None:
    """Return why this read is not permitted, or None."""
    limits = policy.tables.get(work.table)
    if limits is None:
        return Denial("table", f"table {work.table[:30]!r} is not named in [policy.tables]")
    named = {*work.fields, *work.key, *(condition.field for condition in work.where)}
    foreign = sorted(named - limits.fields)
    if foreign:
        return Denial("table_field", f"{work.table}: {foreign[0][:30]!r} is not among the fields the policy names")
    if not work.fields or len(set(work.fields)) != len(work.fields) or not set(work.key) <= set(work.fields):
        return Denial("table_field", f"{work.table}: fields must be named, once each, and contain the key")
    if not 1 <= work.max_rows <= limits.max_rows or not 1 <= work.page_rows <= MAX_PAGE:
        return Denial("rows", f"{work.table}: at most {limits.max_rows} rows, in pages of at most {MAX_PAGE}")
    return _conditions(work, policy)


def _conditions(work: ReadTable, policy: Policy) -> Denial | None:
    if len(work.where) > MAX_CONDITIONS:
        return Denial("condition", f"{len(work.where)} conditions; at most {MAX_CONDITIONS} are taken")
    for condition in work.where:
        if len(condition.value) > MAX_VALUE or not condition.value.isprintable():
            return Denial("condition", f"the value for {condition.field} is too long or holds a control character")
    has_company_code = work.table not in _VARIANT_TABLES and "BUKRS" in policy.tables[work.table].fields
    if has_company_code and not any(_names_ours(condition, policy) for condition in work.where):
        return Denial(
            "company_code", f"{work.table}: a condition BUKRS EQ one of the policy's company codes is missing"
        )
    return None


def _names_ours(condition: Predicate, policy: Policy) -> bool:
    return condition.field == "BUKRS" and condition.op == "EQ" and condition.value in policy.company_codes
