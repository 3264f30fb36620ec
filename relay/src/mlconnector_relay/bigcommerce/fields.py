"""What BigCommerce sends for one value, in all its shapes, read into one type.

The same amount arrives as `"62.6793"`, `"8"`, `8`, `""`, `null` or `{}`, a date as RFC 2822 or ISO 8601, an id as a
number or a string of digits. Each type here accepts every shape seen or documented, and nothing that would lose value.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator

__all__ = [
    "Flag",
    "Instant",
    "Listed",
    "Money",
    "Number",
    "OptionalFlag",
    "OptionalInstant",
    "OptionalMoney",
    "OptionalNumber",
    "Text",
    "one_line",
]

T = TypeVar("T")

MOST_DIGITS: Final = 24
"""Digits before, and after, the decimal point of an amount; more is no amount but an attack on memory."""

DIGITS: Final = re.compile(r"[+-]?[0-9]{1,19}")

MOST_NUMBER: Final = 2**63 - 1
"""The largest id or count that can be kept, either sign."""

UNFIT: Final = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), None),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), None),
    **dict.fromkeys(map(ord, "\t\n\r\u2028\u2029"), " "),
}
"""Of texts that shoppers write: what steers terminals or turns writing round, what no UTF-8 and no database keeps."""


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", {}, [])


def _optional_money(value: Any) -> Decimal | None:
    if isinstance(value, bool | float):
        raise ValueError("an amount must be a decimal; parse JSON with parse_float=Decimal")  # noqa: TRY004
    if _is_empty(value):
        return None
    if isinstance(value, str) and not value.strip():
        return None
    try:
        amount = Decimal(value.strip() if isinstance(value, str) else value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise ValueError(f"{value!r:.60} is no amount") from error
    if not amount.is_finite() or amount.adjusted() > MOST_DIGITS or int(amount.as_tuple().exponent) < -MOST_DIGITS:
        raise ValueError(f"{value!r:.60} is no amount")
    return amount


def _money(value: Any) -> Decimal:
    return _optional_money(value) or Decimal(0)


def _optional_number(value: Any) -> int | None:
    if isinstance(value, bool | float):
        raise ValueError(f"{value!r:.60} is no whole number")  # noqa: TRY004
    if _is_empty(value):
        return None
    number = _whole(value)
    if abs(number) > MOST_NUMBER:
        raise ValueError("a whole number beyond 63 bits")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, int):
        return value
    text = str(value).strip()
    if DIGITS.fullmatch(text):
        return int(text)
    amount = _optional_money(value)
    if amount is None or amount != amount.to_integral_value():
        raise ValueError(f"{value!r:.60} is no whole number")
    return int(amount)


def _number(value: Any) -> int:
    return _optional_number(value) or 0


def _text(value: Any) -> str:
    if _is_empty(value):
        return ""
    if isinstance(value, str | int | Decimal):
        return one_line(str(value))
    raise ValueError(f"{value!r:.60} is no text")


def one_line(text: str) -> str:
    """Return a text without what is unfit for terminals and databases, on one line."""
    return text if text.isprintable() else text.translate(UNFIT)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    match str(value).strip().lower():
        case "true" | "1":
            return True
        case "false" | "0" | "" | "none" | "{}" | "[]":
            return False
        case _:
            raise ValueError(f"{value!r:.60} is neither true nor false")


def _optional_flag(value: Any) -> bool | None:
    return None if _is_empty(value) else _flag(value)


def _optional_instant(value: Any) -> datetime | None:
    if _is_empty(value):
        return None
    moment = value if isinstance(value, datetime) else _read_instant(str(value).strip())
    # V2 dates are in UTC whether they say so or not.
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a date outside the calendar") from error


def _read_instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"{text!r:.60} is neither an RFC 2822 nor an ISO 8601 date") from error


def _listed(value: Any) -> Any:
    # An unexpanded sub-resource is a link object, an empty one may be null, {} or absent.
    return value if isinstance(value, list | tuple) else ()


Money = Annotated[Decimal, BeforeValidator(_money)]
"""An amount; absent and empty mean zero."""

OptionalMoney = Annotated[Decimal | None, BeforeValidator(_optional_money)]
"""An amount whose absence means that the store did not say."""

Number = Annotated[int, BeforeValidator(_number)]
"""A whole number; absent and empty mean zero."""

OptionalNumber = Annotated[int | None, BeforeValidator(_optional_number)]
"""A whole number, or that there is none."""

Text = Annotated[str, BeforeValidator(_text)]
"""A text on one line; null and empty objects mean the empty text."""

Flag = Annotated[bool, BeforeValidator(_flag)]
"""True or false; absent and empty mean false."""

OptionalFlag = Annotated[bool | None, BeforeValidator(_optional_flag)]
"""True, false, or that the store did not say."""

OptionalInstant = Annotated[datetime | None, BeforeValidator(_optional_instant)]
"""A moment in UTC, or that there was none yet."""

Instant = Annotated[datetime, BeforeValidator(_optional_instant)]
"""A moment in UTC."""

Listed = Annotated[tuple[T, ...], BeforeValidator(_listed)]
"""A list; a link, null or an empty object means an empty one."""
