"""The books: accounting documents, and update requests that are still to become documents."""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .database import Database, Row

__all__ = [
    "FAILED",
    "RUNNING",
    "WAITING",
    "Books",
    "Document",
    "DocumentKey",
    "RowChange",
    "UpdateRequest",
    "timestamp",
]

WAITING, RUNNING, FAILED = (255, 255), (254, 1), (253, 12)  # VBSTATE, VBRC
DocumentKey = tuple[str, str, str, str]  # client, company code, number, fiscal year
_LINES = ("BSEG", "BSET", "BSEC")


def _new_key() -> str:
    return uuid.uuid4().hex.upper()


def timestamp() -> str:
    """Give the system's local date and time, 14 digits."""
    return time.strftime("%Y%m%d%H%M%S")


class Document(msgspec.Struct, frozen=True):
    """An accounting document as complete rows of its tables."""

    header: Row
    items: list[Row]
    taxes: list[Row]
    addresses: list[Row]

    @property
    def key(self) -> DocumentKey:
        """Give its primary key."""
        return self.header["MANDT"], self.header["BUKRS"], self.header["BELNR"], self.header["GJAHR"]

    @property
    def reference(self) -> str:
        """Give its reference document number."""
        return str(self.header["XBLNR"])


class RowChange(msgspec.Struct, frozen=True):
    """Other values in a row that exists, of a document's header or item; or a new row, where `before` is None."""

    table: str
    key: tuple[str, ...]
    before: Row | None
    after: Row
    reference: str

    @property
    def document(self) -> tuple[str, ...]:
        """Give the key of the document."""
        return self.key[:4]


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """What one COMMIT WORK hands to the update task."""

    client: str
    user: str
    documents: tuple[Document, ...]
    changes: tuple[RowChange, ...] = ()
    key: str = field(default_factory=_new_key)
    date: str = field(default_factory=timestamp)

    @property
    def references(self) -> tuple[str, ...]:
        """Give the reference document numbers of its documents, new and changed."""
        return tuple(dict.fromkeys([d.reference for d in self.documents] + [c.reference for c in self.changes]))


class Books:
    """Writes and reads documents and update requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, documents: Iterable[Document], changes: Iterable[RowChange] = ()) -> None:
        """Write documents and changes of others; everybody sees them at the end of the transaction."""
        for document in documents:
            self._database.insert("BKPF", (document.header,))
            self._database.insert("BSEG", document.items)
            if document.taxes:
                self._database.insert("BSET", document.taxes)
            if document.addresses:
                self._database.insert("BSEC", document.addresses)
        for change in changes:
            if change.before is None:
                self._database.insert(change.table, (change.after,))
            else:
                self._set(change, change.after)

    def remove(self, documents: Iterable[Document], changes: Iterable[RowChange] = ()) -> None:
        """Take back what an aborted update had made visible."""
        with self._database.transaction():
            for change in changes:
                self._set(change, change.before)
            for document in documents:
                for table in ("BKPF", *_LINES):
                    self._database.execute(
                        f"DELETE FROM {table} WHERE MANDT = ? AND BUKRS = ? AND BELNR = ? AND GJAHR = ?",  # noqa: S608
                        document.key,
                    )

    def add_request(self, request: UpdateRequest) -> None:
        """Write an update request."""
        state, code = WAITING
        self._database.replace(
            "VBHDR",
            {
                "VBKEY": request.key,
                "VBMANDT": request.client,
                "VBUSR": request.user,
                "VBACCNT": request.user,
                "VBREPORT": "SAPLBAPT",
                "VBNAME": "eccsim_ECC_00",
                "VBSTATE": state,
                "VBRC": code,
                "VBLANG": "E",
                "VBDATE": request.date,
            },
        )
        payload = msgspec.msgpack.encode((request.documents, request.changes))
        self._database.execute("INSERT OR REPLACE INTO sandbox_update VALUES (?, ?)", (request.key, payload))

    def set_request(self, key: str, state: tuple[int, int]) -> None:
        """Change the state of an update request."""
        self._database.execute("UPDATE VBHDR SET VBSTATE = ?, VBRC = ? WHERE VBKEY = ?", (*state, key))

    def start_request(self, key: str) -> bool:
        """Mark a waiting update request as running; False if it does not wait any more."""
        statement = "UPDATE VBHDR SET VBSTATE = ?, VBRC = ? WHERE VBKEY = ? AND VBSTATE = ?"
        return self._database.execute(statement, (*RUNNING, key, WAITING[0])) > 0

    def delete_request(self, key: str) -> bool:
        """Delete an update request; False if there is none."""
        self._database.execute("DELETE FROM sandbox_update WHERE VBKEY = ?", (key,))
        return self._database.execute("DELETE FROM VBHDR WHERE VBKEY = ?", (key,)) > 0

    def requests(self) -> list[tuple[Row, UpdateRequest]]:
        """List all update requests with their VBHDR rows, oldest first."""
        rows = self._database.rows(
            "SELECT h.*, p.payload FROM VBHDR h JOIN sandbox_update p ON p.VBKEY = h.VBKEY ORDER BY h.VBDATE, h.VBKEY"
        )
        return [
            (
                row,
                UpdateRequest(
                    row["VBMANDT"], row["VBUSR"], *_contents(row.pop("payload")), key=row["VBKEY"], date=row["VBDATE"]
                ),
            )
            for row in rows
        ]

    def header(self, key: DocumentKey) -> Row | None:
        """Give a document's header; None if there is no such document."""
        found = self.headers("h.MANDT = ? AND h.BUKRS = ? AND h.BELNR = ? AND h.GJAHR = ?", key, (1, 0))
        return found[0] if found else None

    def headers(self, condition: str, parameters: tuple[Any, ...], window: tuple[int, int]) -> list[Row]:
        """List document headers (BKPF h) in the order of entry; `window` is how many, and how many to skip."""
        return self._database.rows(
            f"SELECT * FROM BKPF h WHERE {condition or '1 = 1'}"  # noqa: S608 - conditions are our own, values are parameters
            " ORDER BY h.CPUDT, h.CPUTM, h.BUKRS, h.BELNR LIMIT ? OFFSET ?",
            (*parameters, *window),
        )

    def count(self, condition: str = "", parameters: tuple[Any, ...] = ()) -> int:
        """Count documents."""
        statement = f"SELECT count(*) FROM BKPF h WHERE {condition or '1 = 1'}"  # noqa: S608
        return int(self._database.tuples(statement, parameters)[0][0])

    def totals(self, condition: str, parameters: tuple[Any, ...]) -> list[Row]:
        """Count documents and add up amounts in document currency, by company code, type and currency."""
        return self._database.rows(
            "SELECT h.BUKRS, h.BLART, h.WAERS, count(DISTINCT h.BELNR || h.GJAHR) AS documents,"  # noqa: S608
            " sum(CASE i.SHKZG WHEN 'S' THEN i.WRBTR ELSE 0 END) AS debits,"
            " sum(CASE WHEN i.KOART <> 'D' THEN 0 WHEN i.SHKZG = 'S' THEN i.WRBTR ELSE -i.WRBTR END) AS receivables"
            " FROM BKPF h JOIN BSEG i ON h.MANDT = i.MANDT AND h.BUKRS = i.BUKRS AND h.BELNR = i.BELNR"
            f" AND h.GJAHR = i.GJAHR WHERE {condition or '1 = 1'} GROUP BY h.BUKRS, h.BLART, h.WAERS ORDER BY 1, 2, 3",
            parameters,
        )

    def cleared_by(self, key: DocumentKey) -> list[Row]:
        """Give the items that a document has cleared, its own among them."""
        client, company_code, number, year = key
        return self._database.rows(
            "SELECT * FROM BSEG WHERE MANDT = ? AND BUKRS = ? AND AUGBL = ? AND AUGDT BETWEEN ? AND ?"
            " ORDER BY GJAHR, BELNR, BUZEI",
            (client, company_code, number, f"{year}0101", f"{year}1231"),
        )

    def lines(self, table: str, key: DocumentKey) -> list[Row]:
        """Give the rows of a document in BSEG, BSET or BSEC."""
        return self._database.rows(
            f"SELECT * FROM {table} WHERE MANDT = ? AND BUKRS = ? AND BELNR = ? AND GJAHR = ? ORDER BY BUZEI",  # noqa: S608
            key,
        )

    def _set(self, change: RowChange, values: Row | None) -> None:
        condition = " AND ".join(f"{name} = ?" for name in self._database.schemas[change.table].key)
        if values is None:
            self._database.execute(f"DELETE FROM {change.table} WHERE {condition}", change.key)  # noqa: S608 - our own names
            return
        columns = ", ".join(f"{name} = ?" for name in values)
        self._database.execute(
            f"UPDATE {change.table} SET {columns} WHERE {condition}",  # noqa: S608 - our own names
            (*values.values(), *change.key),
        )


def _contents(payload: bytes) -> tuple[tuple[Document, ...], tuple[RowChange, ...]]:
    return msgspec.msgpack.decode(payload, type=tuple[tuple[Document, ...], tuple[RowChange, ...]])
