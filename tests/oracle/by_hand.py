"""Orders whose postings were derived by hand, as by_hand.toml has them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sums import Key

__all__ = ["ORDERS", "Line", "lines_of"]

ORDERS: dict[str, dict[str, Any]] = {
    order["name"]: order
    for order in tomllib.loads(Path(__file__).with_name("by_hand.toml").read_text("utf-8"))["orders"]
}
"""By name: the cart as the oracle's store takes it, and the postings as they were written down."""


@dataclass(frozen=True)
class Line:
    """A line of a posting as it was written down.

    Attributes:
        head: company code, document type, dates, currency and part.
        words: what the amount is of.
        marks: what the line says beside, as `ZTERM=ZB30`.
        amount: as written.
        arithmetic: how it came about; empty where it is plain.
        why: a word on it, or nothing.
        note: a word on its document, or nothing.
    """

    head: Key
    words: tuple[str, ...]
    marks: tuple[str, ...]
    amount: str
    arithmetic: str
    why: str
    note: str

    @property
    def places(self) -> int:
        """Return the decimals the amount is written with."""
        return len(self.amount.partition(".")[2])

    @property
    def minor(self) -> int:
        """Return the amount in smallest units."""
        return int(self.amount.replace(".", ""))


def lines_of(postings: str) -> Iterator[Line]:
    """Read postings as they are written down."""
    head, note = Key(), ""
    for text in postings.splitlines():
        plain, _, why = (part.rstrip() for part in text.partition(";"))
        if plain and not plain.startswith(" "):
            words = plain.split()
            named = dict(word.split("=") for word in words if "=" in word)
            head, note = _head(*(word for word in words if "=" not in word), **named), why.strip()
        elif plain:
            stated, _, arithmetic = plain.partition(" = ")
            *words, amount = stated.split()
            marks = tuple(sorted(word for word in words if "=" in word))
            plain_words = tuple(word for word in words if "=" not in word)
            yield Line(head, plain_words, marks, amount, arithmetic.strip(), why.strip(), note)


def _head(
    kind: str,
    day: str,
    company: str = "1000",
    currency: str = "EUR",
    translated: str = "",
    document: str = "",
    tax: str = "",
    part: str = "",
) -> Key:
    dates = [date.replace("-", "") for date in (day, translated or day, document or day, tax)]
    return (company, kind, *dates[:2], currency, *dates[2:], part)
