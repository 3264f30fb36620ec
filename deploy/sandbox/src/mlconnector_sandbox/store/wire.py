"""JSON that keeps every digit, and the three date formats BigCommerce writes."""

from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import msgspec

__all__ = ["Json", "MalformedJsonError", "decode", "encode", "iso8601", "parse_moment", "rfc2822"]

Json = dict[str, Any]

# A binary float would turn 0.1 into something else: numbers with a fraction are read and written as Decimal.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class MalformedJsonError(ValueError):
    """The bytes are not one JSON value."""


def decode(raw: bytes) -> Any:
    """Read one JSON value; numbers with a fraction become Decimal, digit for digit."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedJsonError(f"not JSON: {error}") from error


def encode(value: Any) -> bytes:
    """Write compact JSON, keys in the order given, Decimal as a number with all its digits."""
    return _ENCODER.encode(value)


def rfc2822(moment: datetime) -> str:
    """Write a moment as the V2 resources do, always UTC."""
    return format_datetime(moment.astimezone(UTC))


def iso8601(moment: datetime) -> str:
    """Write a moment as the V3 resources do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: str) -> datetime:
    """Read RFC 2822 or ISO 8601, also a bare date or a time without zone (taken as UTC).

    Raises:
        ValueError: The text is neither.
    """
    cleaned = text.strip()
    if cleaned[10:11] == "T" and cleaned.endswith(" 00:00"):
        cleaned = f"{cleaned.removesuffix(' 00:00')}+00:00"  # a plus sign that a query string turned into a blank
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        moment = parsedate_to_datetime(cleaned)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
