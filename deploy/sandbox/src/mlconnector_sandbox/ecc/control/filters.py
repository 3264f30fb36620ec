"""Filters of documents in a query: equal values, patterns of references, ranges of dates, what was reversed."""

from collections.abc import Collection, Mapping

from aiohttp import web

from .requests import refuse

__all__ = ["condition", "date", "stored_date"]

_EQUAL = {
    "client": "h.MANDT",
    "company_code": "h.BUKRS",
    "number": "h.BELNR",
    "fiscal_year": "h.GJAHR",
    "document_type": "h.BLART",
    "user": "h.USNAM",
    "currency": "h.WAERS",
}
_DATES = {"posting_date": "h.BUDAT", "document_date": "h.BLDAT", "entry_date": "h.CPUDT"}
_ENDS = {"": "=", "_from": ">=", "_to": "<="}
_STANDING = {"true": "h.STBLG = ''", "false": "h.STBLG <> ''"}
_NAMES = (*_EQUAL, "reference", *(date + end for date in _DATES for end in _ENDS), "standing")


def condition(query: Mapping[str, str], others: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Turn a query into a condition on BKPF h; names that are neither filters nor `others` are errors."""
    wanted = {name: value for name, value in query.items() if name not in others}
    parts, values = [], []
    for name, value in wanted.items():
        if name == "standing" and value in _STANDING:
            parts.append(_STANDING[value])
            continue
        part, given = _comparison(name, value)
        parts.append(part)
        values.append(given)
    return " AND ".join(parts), tuple(values)


def _comparison(name: str, value: str) -> tuple[str, str]:
    if name in _EQUAL:
        return f"{_EQUAL[name]} = ?", value
    if name == "reference":
        return ("h.XBLNR GLOB ?" if "*" in value else "h.XBLNR = ?"), value
    for date_, column in _DATES.items():
        end = name.removeprefix(date_)
        if name.startswith(date_) and end in _ENDS:
            return f"{column} {_ENDS[end]} ?", stored_date(value)
    raise refuse(web.HTTPBadRequest, f"Unknown filter {name}={value}; there are {', '.join(_NAMES)}.")


def stored_date(text: str) -> str:
    """Give a date as tables have it."""
    return text.replace("-", "")


def date(text: str) -> str:
    """Give a date of a table as YYYY-MM-DD, or nothing for the initial one."""
    return "" if not text.strip("0") else f"{text[:4]}-{text[4:6]}-{text[6:]}"
