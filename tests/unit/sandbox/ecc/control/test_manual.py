"""Documents posted by hand."""

import asyncio
from typing import Any

from tests.support.ecc import Ecc, a_document, find

BY_HAND = {
    "company_code": "1000",
    "document_type": "DR",
    "posting_date": "2026-05-02",
    "reference": "BC1-1000123-I",
    "currency": "EUR",
    "lines": [
        {"customer": "4711", "amount": "119.00", "allocation": "A", "text": "by hand"},
        {"account": "800000", "cost_center": "4100", "tax_code": "A1", "amount": "-100.00"},
        {"tax_code": "A1", "amount": "-19.00", "base": "-100.00"},
    ],
}


async def test_a_document_by_hand_is_in_the_books_at_once(ecc: Ecc, control: Any) -> None:
    """With the desk's user and transaction; numbers are padded as a screen does."""
    posted = await control("POST", "/documents", {**BY_HAND, "user": "SMITH"}, status=201)

    assert (posted["user"], posted["transaction"], posted["lines"][0]["account"]) == ("SMITH", "FB01", "0000004711")
    assert find(ecc.connect(), "BC1-1000123-I", "USNAM", "BELNR") == [["SMITH", "1800000000"]]


async def test_the_checks_hold_at_the_desk_too(control: Any) -> None:
    """The answer has their messages."""
    wrong = {**BY_HAND, "lines": BY_HAND["lines"][:2]}
    refused = await control("POST", "/documents", wrong, status=422)

    assert "RW 022" in refused["error"]
    assert "FF 805" in refused["error"]


async def test_one_time_customers_can_be_posted_by_hand(control: Any) -> None:
    """With their address."""
    lines = [{"customer": "99000", "amount": "5.00"}, {"account": "176500", "amount": "-5.00"}]
    address = {"name": "Ada", "city": "Bonn", "country": "DE"}
    posted = await control("POST", "/documents", {**BY_HAND, "lines": lines, "one_time": address}, status=201)

    assert posted["lines"][0]["one_time"]["names"][0] == "Ada"


async def test_the_desk_waits_for_the_number_range(ecc: Ecc, control: Any) -> None:
    """An open LUW stops everybody who posts into the same interval."""
    client = ecc.connect()
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("AGENT", PSTNG_DATE="20260301", DOC_DATE="20260301"))
    waiting = asyncio.create_task(control("POST", "/documents", BY_HAND, status=201))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done

    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    assert (await waiting)["number"] == "1800000001"


async def test_a_missing_number_range_is_named(control: Any) -> None:
    """As at the start of a year that nobody prepared."""
    await control("DELETE", "/number-ranges/1000/18/2026")

    assert "number range 18" in (await control("POST", "/documents", BY_HAND, status=422))["error"]
