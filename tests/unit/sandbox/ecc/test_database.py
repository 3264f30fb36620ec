"""The database."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlconnector_sandbox.ecc.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "ecc.sqlite")
    yield opened
    opened.close()


def test_rows_are_completed_with_initial_values(database: Database) -> None:
    """A column nobody gives is initial in the way of its type."""
    database.replace("BKPF", {"MANDT": "100", "BUKRS": "1000", "BELNR": "1", "GJAHR": "2026"})
    (row,) = database.rows("SELECT * FROM BKPF")

    assert (row["BUDAT"], row["MONAT"], row["XBLNR"], row["KURSF"], row["CPUTM"]) == ("00000000", "00", "", 0, "000000")


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    """An exception takes everything back, also from an inner transaction."""

    def fail_half_way() -> None:
        with database.transaction():
            database.replace("T000", {"MANDT": "100"})
            with database.transaction():
                database.replace("T000", {"MANDT": "200"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert database.tuples("SELECT * FROM T000") == []


def test_a_key_is_unique(database: Database) -> None:
    """Inserting twice is an error, replacing is not."""
    row = database.schemas["T000"].row({"MANDT": "100"})
    database.insert("T000", [row])
    database.replace("T000", {"MANDT": "100", "MTEXT": "x"})

    with pytest.raises(sqlite3.IntegrityError):
        database.insert("T000", [row])
    assert database.tuples("SELECT MTEXT FROM T000") == [("x",)]


def test_settings_are_remembered(database: Database) -> None:
    """What was never set is empty; clearing empties everything."""
    assert database.setting("a") == ""
    database.remember("a", "1")
    database.remember("a", "2")
    assert database.setting("a") == "2"

    database.clear()
    assert database.setting("a") == ""
