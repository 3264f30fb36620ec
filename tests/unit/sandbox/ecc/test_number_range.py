"""Document numbers and the lock on their interval."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlconnector_sandbox.ecc.database import Database
from mlconnector_sandbox.ecc.errors import Drop, RfcError
from mlconnector_sandbox.ecc.number_range import Interval, NumberRangeMissingError, NumberRanges

from tests.support.ecc import Ecc, a_document, codes, until

INVOICES = Interval("100", "1000", "18", "2026")
OTHERS = Interval("100", "2000", "18", "2026")


@pytest.fixture
def ranges(tmp_path: Path) -> Iterator[NumberRanges]:
    database = Database(tmp_path / "ecc.sqlite")
    for interval in (INVOICES, OTHERS):
        key = {"CLIENT": interval.client, "OBJECT": "RF_BELEG", "SUBOBJECT": interval.company_code}
        values = {
            "NRRANGENR": "18",
            "TOYEAR": "2026",
            "FROMNUMBER": "1800000000",
            "TONUMBER": "1800000002",
            "NRLEVEL": "0",
        }
        database.replace("NRIV", {**key, **values})
    yield NumberRanges(database, max_wait=0.2)
    database.close()


def draw(ranges: NumberRanges, owner: str, interval: Interval = INVOICES) -> str:
    """Draw a number for somebody who is there."""
    return ranges.draw(interval, owner, lambda: False)


def test_numbers_follow_each_other(ranges: NumberRanges) -> None:
    """The first number is the lower limit."""
    assert [draw(ranges, "a"), draw(ranges, "a")] == ["1800000000", "1800000001"]


def test_a_rollback_gives_numbers_back(ranges: NumberRanges) -> None:
    """Numbers are only used up once they are saved."""
    draw(ranges, "a")
    ranges.release("a")
    assert draw(ranges, "b") == "1800000000"

    ranges.save(ranges.taken("b"))
    ranges.release("b")
    assert draw(ranges, "a") == "1800000001"


def test_others_wait_for_the_lock(ranges: NumberRanges) -> None:
    """Who posts into a locked interval gets his number when the lock is free."""
    draw(ranges, "a")
    drawn: list[str] = []
    thread = threading.Thread(target=lambda: drawn.append(draw(ranges, "b")))
    thread.start()

    assert draw(ranges, "b2", OTHERS) == "1800000000"  # another company code is another interval
    assert drawn == []
    ranges.release("a")
    thread.join(5)
    assert drawn == ["1800000000"]


def test_waiting_ends_with_the_work_process_time(ranges: NumberRanges) -> None:
    """A lock that is never freed ends in a TIME_OUT dump."""
    draw(ranges, "a")

    with pytest.raises(RfcError, match="Time limit exceeded"):
        draw(ranges, "b")


def test_waiting_ends_with_the_client(ranges: NumberRanges) -> None:
    """Nobody takes a number for a client that is gone."""
    draw(ranges, "a")

    with pytest.raises(Drop):
        ranges.draw(INVOICES, "b", lambda: True)


def test_an_interval_can_be_missing_or_exhausted(ranges: NumberRanges) -> None:
    """A new year that nobody prepared, or no number left."""
    with pytest.raises(NumberRangeMissingError):
        draw(ranges, "a", Interval("100", "1000", "18", "2027"))
    for _ in range(3):
        draw(ranges, "a")
    with pytest.raises(NumberRangeMissingError):
        draw(ranges, "a")


def test_a_missing_interval_refuses_the_document(ecc: Ecc) -> None:
    """NR 751 names object, company code and interval."""
    ecc.system.master.delete("NRIV", "100")
    answer = ecc.connect().call("BAPI_ACC_DOCUMENT_POST", **a_document())

    assert codes(answer) == ["RW 609", "NR 751"]
    assert answer["OBJ_KEY"] == "$"


def test_two_sessions_post_one_after_the_other(ecc: Ecc) -> None:
    """The second POST is answered only after the first LUW has ended."""
    first, second = ecc.connect(), ecc.connect()
    first.call("BAPI_ACC_DOCUMENT_POST", **a_document("ONE"))
    second.interface("BAPI_ACC_DOCUMENT_POST")
    second.start_call("BAPI_ACC_DOCUMENT_POST", **a_document("TWO"))

    until(lambda: ecc.system.calls["BAPI_ACC_DOCUMENT_POST"] == 2)
    assert [lease.owner for _, lease in ecc.system.ranges.leases()] == ["s1"]
    first.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    assert second.finish_call("BAPI_ACC_DOCUMENT_POST")["OBJ_KEY"][:10] == "1800000001"
