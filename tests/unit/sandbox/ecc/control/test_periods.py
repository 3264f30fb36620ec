"""Posting periods under control."""

from typing import Any

import pytest
from mlconnector_sandbox.ecc.control.periods import Period

from tests.support.ecc import DATE, Ecc, a_document, codes

MONTH = f"{DATE[:4]}-03"


async def test_a_month_is_closed_and_opened(ecc: Ecc, control: Any) -> None:
    """Closing refuses postings of all account types, opening allows them again."""
    client = ecc.connect()
    before = (await control("GET", "/periods"))["periods"]
    closed = await control("PUT", "/periods", {"company_code": "1000", "period": MONTH, "open": False})
    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document())) == ["RW 609", "F5 201"]
    assert [len(p["open"]) for p in closed["periods"] if p["company_code"] == "1000"] == [2, 1, 1, 1]

    opened = await control("PUT", "/periods", {"company_code": "1000", "period": MONTH, "open": True})
    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document())) == ["RW 614"]
    assert opened["periods"] == before


async def test_account_types_are_closed_alone(ecc: Ecc, control: Any) -> None:
    """Customers closed, G/L open: F5 201 for D only."""
    body = {"company_code": "1000", "period": MONTH, "open": False, "account_types": "D"}
    await control("PUT", "/periods", body)
    rows = ecc.connect().call("BAPI_ACC_DOCUMENT_CHECK", **a_document())["RETURN"]

    assert {row["MESSAGE_V3"] for row in rows if row["NUMBER"] == "201"} == {"D"}


async def test_the_edges_of_an_interval_can_be_moved(control: Any) -> None:
    """Closing the first or last open month needs no second interval; a month outside needs one."""
    (interval,) = (await control("GET", "/periods"))["periods"][0]["open"]
    first, last = (Period.parse(text) for text in interval.split("/"))

    async def change(period: Period, *, opened: bool) -> list[str]:
        body = {"company_code": "1000", "period": f"{period.year}-{period.month:02d}", "open": opened}
        return list((await control("PUT", "/periods", body))["periods"][0]["open"])

    assert await change(first, opened=False) == [f"{first.year}-02/{last.year}-12"]
    assert await change(last, opened=False) == [f"{first.year}-02/{last.year}-11"]
    assert await change(last.shifted(3), opened=True) == [
        f"{first.year}-02/{last.year}-11",
        f"{last.year + 1}-03/{last.year + 1}-03",
    ]


async def test_a_third_interval_has_no_room(control: Any) -> None:
    """T001B has two intervals for each account type."""
    await control("PUT", "/periods", {"company_code": "1000", "period": MONTH, "open": False})
    body = {"company_code": "1000", "period": f"{DATE[:4]}-06", "open": False}

    assert "two intervals only" in (await control("PUT", "/periods", body, status=409))["error"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"company_code": "1000", "period": "2026-13", "open": True}, "2026-13 is not a period; write YYYY-MM"),
        ({"company_code": "9999", "period": "2026-03", "open": True}, "T001B has no account type + in 9999"),
    ],
)
async def test_impossible_periods_are_refused(control: Any, body: dict[str, Any], text: str) -> None:
    """The answer says what is expected."""
    assert (await control("PUT", "/periods", body, status=400))["error"] == text


async def test_only_the_months_of_a_window_are_open(ecc: Ecc, control: Any) -> None:
    """The next open period can be read from T001B, as for a posting that has to move there."""
    year = DATE[:4]
    window = {"company_code": "1000", "first": f"{year}-04", "last": f"{year}-05"}
    await control("PUT", "/periods/window", window)
    client = ecc.connect()
    fields = [{"FIELDNAME": name} for name in ("FRYE1", "FRPE1", "TOYE1", "TOPE1", "FRYE2")]
    options = [{"TEXT": "RRCTY = '0' AND BUKRS = '1000' AND MKOAR = '+'"}]
    answer = client.call("RFC_READ_TABLE", QUERY_TABLE="T001B", FIELDS=fields, OPTIONS=options)

    assert answer["DATA"][0]["WA"] == f"{year}004{year}0050000"
    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document())) == ["RW 609", "F5 201"]
    for month, code in (("04", "RW 614"), ("05", "RW 614"), ("06", "RW 609")):
        checked = client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(PSTNG_DATE=f"{year}{month}01"))
        assert codes(checked)[0] == code
    await control("PUT", "/periods/window", {**window, "first": "soon"}, status=400)
    await control("PUT", "/periods/window", {**window, "account_types": "X"}, status=400)
