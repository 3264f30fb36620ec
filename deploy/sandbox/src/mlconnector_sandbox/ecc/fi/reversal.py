"""Reversal of an accounting document: the checks, and the document that mirrors it."""

from dataclasses import dataclass, field
from datetime import datetime

from ..books import Books, Document, DocumentKey, RowChange, timestamp
from ..database import Row
from ..master_data import MasterData
from ..users import User
from .periods import closed
from .posting import Detail

__all__ = ["REVERSING", "Reversal", "check_reversal", "find_original", "mirrored"]

REVERSED, REVERSING = "1", "2"  # BKPF-XREVERSAL
_SPECIAL = {"A", "B"}  # BKPF-BSTAT: clearing documents without items, and those that were reset
_MIRRORED_KEYS = {"01": "12", "11": "02", "06": "15", "15": "06", "40": "50", "50": "40"}
_OWN = "BKPFF"


@dataclass(slots=True)
class Reversal:
    """What a caller of BAPI_ACC_DOCUMENT_REV_POST wants to reverse, with what the checks have found."""

    user: User
    master: MasterData
    books: Books
    logical_system: str
    given: Row
    business: str
    original: Row = field(default_factory=dict)
    items: list[Row] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)

    def fail(self, message_class: str, number: str, *variables: str, field_name: str = "") -> None:
        """Note an error, with the caller's field it lies in."""
        self.details.append(Detail(message_class, number, variables, "REVERSAL" if field_name else "", 0, field_name))

    @property
    def key(self) -> DocumentKey:
        """Give the key of the document to be reversed."""
        header = self.original
        return header["MANDT"], header["BUKRS"], header["BELNR"], header["GJAHR"]

    @property
    def posting_date(self) -> str:
        """Give the reversal's posting date: the caller's, else the original's."""
        date = str(self.given["PSTNG_DATE"])
        return date if date.strip("0") else str(self.original["BUDAT"])

    @property
    def reason(self) -> Row | None:
        """Give the row of the reversal reason."""
        return self.master.find("T041C", self.user.client, str(self.given["REASON_REV"]))

    @property
    def document_type(self) -> str:
        """Give the document type that reverses the original's; its own where none is maintained."""
        kind = self.master.find("T003", self.user.client, str(self.original["BLART"])) or {}
        return str(kind.get("STBLA") or self.original["BLART"])


def find_original(books: Books, client: str, given: Row) -> Row | None:
    """Find the document that BAPIACREV names: by its own key, or by the caller's object type and key."""
    key = str(given["OBJ_KEY_R"])
    if given["OBJ_TYPE"] == _OWN:
        header = books.header((client, key[10:14].rstrip(), key[:10], key[14:18]))
    else:
        condition = "h.MANDT = ? AND h.AWTYP = ? AND h.AWKEY = ?"
        header = next(iter(books.headers(condition, (client, given["OBJ_TYPE"], key), (1, 0))), None)
    wanted = str(given["COMP_CODE"])
    return header if header is None or wanted in {"", header["BUKRS"]} else None


def check_reversal(reversal: Reversal) -> None:
    """Run all checks; those of the document only if the caller's data name one."""
    _check_given(reversal)
    if reversal.details:
        return
    header = find_original(reversal.books, reversal.user.client, reversal.given)
    if header is None:
        reversal.fail("RW", "602", str(reversal.given["OBJ_TYPE"]), reversal.given["OBJ_KEY_R"], field_name="OBJ_KEY_R")
        return
    reversal.original = header
    reversal.items = reversal.books.lines("BSEG", reversal.key)
    _check_document(reversal)
    if not reversal.details:
        _check_date(reversal)
    if not reversal.user.may_post(header["BUKRS"]):
        reversal.fail("F5", "083", header["BUKRS"], field_name="COMP_CODE")


def _check_given(reversal: Reversal) -> None:
    given, master = reversal.given, reversal.master
    if not given["OBJ_TYPE"] or not given["OBJ_KEY_R"]:
        reversal.fail("RW", "004", field_name="OBJ_KEY_R")
    elif given["OBJ_TYPE"] != _OWN and master.find("TTYP", given["OBJ_TYPE"]) is None:
        reversal.fail("RW", "009", given["OBJ_TYPE"], field_name="OBJ_TYPE")
    if given["OBJ_SYS"] not in {"", reversal.logical_system}:
        reversal.fail("RW", "020", field_name="OBJ_SYS")
    if not given["REASON_REV"]:
        reversal.fail("00", "055", field_name="REASON_REV")
    elif reversal.reason is None:
        reversal.fail("00", "058", given["REASON_REV"], "", "", "T041C", field_name="REASON_REV")


def _check_document(reversal: Reversal) -> None:
    header = reversal.original
    number = str(header["BELNR"])
    if header["BSTAT"] in _SPECIAL:
        reversal.fail("F5", "360", field_name="OBJ_KEY_R")
    elif header["STBLG"] and header["XREVERSAL"] == REVERSING:
        reversal.fail("F5", "905", field_name="OBJ_KEY_R")
    elif header["STBLG"]:
        reversal.fail("F5", "361", number, header["BUKRS"], header["STBLG"], field_name="OBJ_KEY_R")
    elif any(item["AUGBL"] for item in reversal.items):
        reversal.fail("F5", "308", number, header["BUKRS"], header["GJAHR"], field_name="OBJ_KEY_R")
    if reversal.business != header["GLVOR"]:
        reversal.fail("RW", "010", reversal.business, header["GLVOR"], field_name="BUS_ACT")


def _check_date(reversal: Reversal) -> None:
    date, header = reversal.posting_date, reversal.original
    try:
        datetime.strptime(date, "%Y%m%d")  # noqa: DTZ007 - only whether it is a date
    except ValueError:
        reversal.fail("RW", "001", field_name="PSTNG_DATE")
        return
    if date != header["BUDAT"] and not (reversal.reason or {}).get("XABWD"):
        reversal.fail("F5", "362", str(reversal.given["REASON_REV"]), field_name="PSTNG_DATE")
    organisation = reversal.master.find("T001", reversal.user.client, header["BUKRS"]) or {}
    kinds = {str(item["KOART"]) for item in reversal.items}
    for variables in closed(reversal.master, reversal.user.client, str(organisation["OPVAR"]), kinds, date):
        reversal.fail("F5", "201", *variables, field_name="PSTNG_DATE")


def mirrored(
    reversal: Reversal, number: str, *, xblnr: str, transaction: str = ""
) -> tuple[Document, tuple[RowChange, ...]]:
    """Build the reversal document, and what changes in the original: both point at each other, open items clear."""
    header, date = reversal.original, reversal.posting_date
    year = date[:4]
    key = {"BELNR": number, "GJAHR": year}
    reason = str(reversal.given["REASON_REV"])
    now = timestamp()
    new_header = {
        **header,
        **key,
        "BLART": reversal.document_type,
        "BUDAT": date,
        "MONAT": date[4:6],
        "CPUDT": now[:8],
        "CPUTM": now[8:],
        "USNAM": reversal.user.name,
        "TCODE": transaction,
        "XBLNR": xblnr,
        "STBLG": header["BELNR"],
        "STJAH": header["GJAHR"],
        "STGRD": reason,
        "XREVERSAL": REVERSING,
        "AWTYP": _OWN,
        "AWKEY": f"{number}{header['BUKRS']:<4}{year}",
    }
    cleared = {"AUGBL": number, "AUGDT": date}
    negative = (reversal.reason or {}).get("XNEGP", "")
    items = [
        {
            **_turned(item),
            **key,
            "BSCHL": _MIRRORED_KEYS[item["BSCHL"]],
            "XNEGP": negative,
            **(cleared if _is_open_item(reversal, item) else {}),
        }
        for item in reversal.items
    ]
    taxes = [{**_turned(tax), **key} for tax in reversal.books.lines("BSET", reversal.key)]
    addresses = [{**address, **key} for address in reversal.books.lines("BSEC", reversal.key)]
    back = {"STBLG": number, "STJAH": year, "STGRD": reason, "XREVERSAL": REVERSED}
    changes = [_change(reversal, "BKPF", reversal.key, header, back)]
    changes += [
        _change(reversal, "BSEG", (*reversal.key, item["BUZEI"]), item, cleared)
        for item in reversal.items
        if _is_open_item(reversal, item)
    ]
    return Document(new_header, items, taxes, addresses), tuple(changes)


def _turned(row: Row) -> Row:
    return {**row, "SHKZG": "H" if row["SHKZG"] == "S" else "S"}


def _is_open_item(reversal: Reversal, item: Row) -> bool:
    """Tell whether an item is managed as an open item: customers always, G/L accounts by their master record."""
    if item["KOART"] == "D":
        return True
    account = reversal.master.find("SKB1", reversal.user.client, item["BUKRS"], item["HKONT"])
    return account is not None and bool(account["XOPVW"])


def _change(reversal: Reversal, table: str, key: tuple[str, ...], row: Row, after: Row) -> RowChange:
    before = {name: row[name] for name in after}
    return RowChange(table, key, before, after, str(reversal.original["XBLNR"]))
