"""Changes of a posted item, as the wrapper of FI_DOCUMENT_CHANGE in deploy/sap/abap makes them."""

from dataclasses import dataclass, field

from ..books import Books, DocumentKey, RowChange, timestamp
from ..database import Row
from ..master_data import MasterData
from ..users import User
from .posting import Detail

__all__ = ["FIELDS", "ItemChange", "changes", "check_change"]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A field that may be changed: on which account types, how long, until the item is cleared, and by which table."""

    kinds: str
    length: int
    until_cleared: bool = False
    table: str = ""


FIELDS = {
    "ZUONR": _Rule("DS", 18, until_cleared=True),
    "SGTXT": _Rule("DS", 50),
    "XREF1": _Rule("DS", 12),
    "XREF2": _Rule("DS", 12),
    "XREF3": _Rule("DS", 20),
    "ZFBDT": _Rule("D", 8, until_cleared=True),
    "ZLSPR": _Rule("D", 1, until_cleared=True, table="T008"),
    "MANSP": _Rule("D", 1, until_cleared=True, table="T040S"),
}


@dataclass(slots=True)
class ItemChange:
    """What a caller of Z_MLC_DOCUMENT_CHANGE wants to change, with what the checks have found."""

    user: User
    master: MasterData
    books: Books
    document: DocumentKey
    line: str
    wanted: list[Row]
    header: Row = field(default_factory=dict)
    item: Row = field(default_factory=dict)
    details: list[Detail] = field(default_factory=list)

    def fail(self, number: str, *variables: str, row: int = 0, field_name: str = "") -> None:
        """Note an error, with the row of T_ACCCHG it lies in."""
        self.details.append(Detail("ZMLC", number, variables, "T_ACCCHG" if row else "", row, field_name))


def check_change(change: ItemChange) -> None:
    """Check authority, item, and each field with its value."""
    _, company_code, number, year = change.document
    if not change.user.may_post(company_code):
        change.fail("010", company_code)
        return
    header = change.books.header(change.document)
    item = next((row for row in change.books.lines("BSEG", change.document) if row["BUZEI"] == change.line), None)
    if header is None or item is None:
        change.fail("012", company_code, number, year, change.line)
        return
    change.header, change.item = header, item
    if not change.wanted:
        change.fail("018")
    for position, row in enumerate(change.wanted, 1):
        _check_field(change, position, row)


def _check_field(change: ItemChange, position: int, row: Row) -> None:
    name, value, item = str(row["FDNAME"]), str(row["NEWVAL"]), change.item
    rule = FIELDS.get(name)
    if rule is None or item["KOART"] not in rule.kinds:
        change.fail("011", name, str(item["KOART"]), row=position, field_name="FDNAME")
        return
    if row["OLDVAL"] and row["OLDVAL"] != item[name]:
        change.fail("017", name, str(item[name]), str(row["OLDVAL"]), row=position, field_name="OLDVAL")
    if len(value) > rule.length:
        change.fail("016", name, str(rule.length), row=position, field_name="NEWVAL")
    elif rule.table and value and change.master.find(rule.table, change.user.client, value) is None:
        change.fail("015", name, value, row=position, field_name="NEWVAL")
    elif rule.until_cleared and item["AUGBL"] and value != item[name]:
        change.fail("013", name, str(item["AUGBL"]), str(item["AUGDT"]), row=position, field_name="FDNAME")


def changes(change: ItemChange) -> list[RowChange]:
    """Give what is to be written; nothing if the item has these values already."""
    after = {str(row["FDNAME"]): _stored(str(row["FDNAME"]), str(row["NEWVAL"])) for row in change.wanted}
    before = {name: change.item[name] for name in after}
    if before == after:
        return []
    reference = str(change.header["XBLNR"])
    date = {"AEDAT": change.header["AEDAT"]}, {"AEDAT": timestamp()[:8]}
    return [
        RowChange("BSEG", (*change.document, change.line), before, after, reference),
        RowChange("BKPF", change.document, *date, reference),
    ]


def _stored(name: str, value: str) -> str:
    return (value or "00000000") if name == "ZFBDT" else value
