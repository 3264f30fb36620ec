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
        head: company code, document type, dates and currency.
        words: what the amount is of.
        amount: as written.
        arithmetic: how it came about; empty where it is plain.
        why: a word on it, or nothing.
        note: a word on its document, or nothing.
    """

    head: Key
    words: tuple[str, ...]
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
            head, note = _head(*plain.split()), why.strip()
        elif plain:
            stated, _, arithmetic = plain.partition("=")
            *words, amount = stated.split()
            yield Line(head, tuple(words), amount, arithmetic.strip(), why.strip(), note)


def _head(kind: str, day: str, company: str = "1000", currency: str = "EUR", translated: str = "") -> Key:
    return (company, kind, day.replace("-", ""), (translated or day).replace("-", ""), currency)
