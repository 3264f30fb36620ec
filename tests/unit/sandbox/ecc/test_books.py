"""Documents and update requests in the database."""

from pathlib import Path

from mlconnector_sandbox.ecc.books import FAILED, Books, Document, UpdateRequest
from mlconnector_sandbox.ecc.database import Database


def a_document(database: Database, number: str, amount: int = 100) -> Document:
    """Build a document with one customer line and one G/L line."""
    key = {"MANDT": "100", "BUKRS": "1000", "BELNR": number, "GJAHR": "2026"}
    header = database.schemas["BKPF"].row({**key, "BLART": "DR", "WAERS": "EUR", "XBLNR": f"R-{number}"})
    item = database.schemas["BSEG"]
    lines = [
        item.row({**key, "BUZEI": "001", "KOART": "D", "SHKZG": "S", "WRBTR": amount}),
        item.row({**key, "BUZEI": "002", "KOART": "S", "SHKZG": "H", "WRBTR": amount}),
    ]
    return Document(header, lines, [], [])


def test_documents_are_written_read_and_taken_back(tmp_path: Path) -> None:
    """What an aborted update had made visible leaves no trace."""
    database = Database(tmp_path / "ecc.sqlite")
    books = Books(database)
    first, second = a_document(database, "1"), a_document(database, "2", 250)
    books.write([first, second])

    assert [h["XBLNR"] for h in books.headers("", (), (10, 0))] == ["R-1", "R-2"]
    assert books.headers("h.BELNR = ?", ("2",), (10, 0))[0]["XBLNR"] == second.reference
    assert books.totals("", ())[0] == {
        "BUKRS": "1000", "BLART": "DR", "WAERS": "EUR", "documents": 2, "debits": 350, "receivables": 350,
    }  # fmt: skip
    books.remove([first])
    assert books.count() == 1
    assert books.lines("BSEG", first.key) == []
    database.close()


def test_update_requests_keep_their_documents(tmp_path: Path) -> None:
    """A request read back is the one written; its state changes only from waiting to running once."""
    database = Database(tmp_path / "ecc.sqlite")
    books = Books(database)
    request = UpdateRequest("100", "MLC_RFC", (a_document(database, "1"),))
    books.add_request(request)

    ((row, read),) = books.requests()
    assert read == request
    assert (row["VBUSR"], row["VBSTATE"]) == ("MLC_RFC", 255)
    assert books.start_request(request.key)
    assert not books.start_request(request.key)
    books.set_request(request.key, FAILED)
    assert books.requests()[0][0]["VBRC"] == 12
    assert books.delete_request(request.key)
    assert not books.delete_request(request.key)
    database.close()
