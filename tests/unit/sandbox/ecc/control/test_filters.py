"""Filters of documents in a query."""

import json

import pytest
from aiohttp import web
from mlconnector_sandbox.ecc.control.filters import condition, date, stored_date


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ("", ())),
        ({"company_code": "1000", "user": "MLC_RFC"}, ("h.BUKRS = ? AND h.USNAM = ?", ("1000", "MLC_RFC"))),
        ({"reference": "BC1-7-I"}, ("h.XBLNR = ?", ("BC1-7-I",))),
        ({"reference": "BC1-*"}, ("h.XBLNR GLOB ?", ("BC1-*",))),
        ({"entry_date": "2026-03-01"}, ("h.CPUDT = ?", ("20260301",))),
        (
            {"posting_date_from": "2026-03-01", "posting_date_to": "20260331"},
            ("h.BUDAT >= ? AND h.BUDAT <= ?", ("20260301", "20260331")),
        ),
        ({"standing": "true", "by": "account"}, ("h.STBLG = ''", ())),
    ],
)
def test_a_query_becomes_a_condition(query: dict[str, str], expected: tuple[str, tuple[str, ...]]) -> None:
    """Names that belong to others are left alone."""
    assert condition(query, {"by"}) == expected


@pytest.mark.parametrize("query", [{"order_id": "X"}, {"posting_date_until": "20260101"}, {"standing": "maybe"}])
def test_an_unknown_filter_is_an_error(query: dict[str, str]) -> None:
    """It would silently select everything; the answer names those that exist."""
    with pytest.raises(web.HTTPBadRequest) as error:
        condition(query)

    assert "posting_date_from" in json.loads(error.value.text or "")["error"]


def test_dates_go_both_ways() -> None:
    """The initial date is none."""
    assert [date("20260301"), date("00000000"), stored_date("2026-03-01")] == ["2026-03-01", "", "20260301"]
