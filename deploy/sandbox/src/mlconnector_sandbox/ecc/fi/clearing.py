"""Clearing by hand: which items can be cleared together, and what changes in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..books import Books, DocumentKey, RowChange
from ..database import Row
from ..master_data import MasterData
from .posting import Detail

__all__ = ["ClearingError", "Item", "cleared", "find_items", "total", "uncleared"]

_OPEN = {"AUGBL": "", "AUGDT": "00000000"}


class ClearingError(Exception):
    """Items cannot be cleared as wanted; `detail` is the message."""

    def __init__(self, number: str, *variables: str) -> None:
        super().__init__(number)
        self.detail = Detail("F5", number, variables)


@dataclass(frozen=True, slots=True)
class Item:
    """A line item with the header of its document."""

    header: Row
    row: Row

    @property
    def key(self) -> tuple[str, ...]:
        """Give the item's key."""
        return (*self.document, str(self.row["BUZEI"]))

    @property
    def document(self) -> DocumentKey:
        """Give its document's key."""
        header = self.header
        return header["MANDT"], header["BUKRS"], header["BELNR"], header["GJAHR"]

    @property
    def amount(self) -> int:
        """Give the amount in the smallest unit of its currency, debits positive."""
        return int(self.row["WRBTR"] if self.row["SHKZG"] == "S" else -self.row["WRBTR"])

    @property
    def account(self) -> tuple[str, str]:
        """Give account type and account; items can be cleared only within one."""
        return str(self.row["KOART"]), str(self.row["KUNNR"] or self.row["HKONT"])


def find_items(books: Books, master: MasterData, keys: Iterable[tuple[DocumentKey, str]]) -> list[Item]:
    """Find open items of one account and currency, or say by ClearingError why they are not to be had."""
    items = [_find(books, master, document, line) for document, line in keys]
    if not items or len({(item.account, item.header["WAERS"]) for item in items}) > 1:
        raise ClearingError("264")
    return items


def _find(books: Books, master: MasterData, document: DocumentKey, line: str) -> Item:
    header = books.header(document)
    row = next((r for r in books.lines("BSEG", document) if r["BUZEI"] == line), None)
    if header is None or row is None:
        raise ClearingError("397", *document[1:], line)
    if row["AUGBL"]:
        raise ClearingError("265", document[2], line, row["AUGBL"])
    account = master.find("SKB1", document[0], document[1], row["HKONT"]) or {}
    if row["KOART"] != "D" and not account.get("XOPVW"):
        raise ClearingError("266", row["HKONT"])
    return Item(header, row)


def total(items: Sequence[Item], places: int) -> Decimal:
    """Add up the items in their currency."""
    return Decimal(sum(item.amount for item in items)).scaleb(-places)


def cleared(items: Iterable[Item], number: str, date: str) -> list[RowChange]:
    """Mark items as cleared by a document."""
    return [_change(item, {"AUGBL": number, "AUGDT": date}) for item in items]


def uncleared(items: Iterable[Item]) -> list[RowChange]:
    """Make items open again."""
    return [_change(item, _OPEN) for item in items]


def _change(item: Item, after: Row) -> RowChange:
    return RowChange("BSEG", item.key, {name: item.row[name] for name in after}, after, str(item.header["XBLNR"]))
