"""A month in the store: orders are placed and live on, dated through the month, the same for a seed."""

from decimal import Decimal
from typing import Any

import pytest
from mlconnector_sandbox.store.lives import LIVES, STEPS
from mlconnector_sandbox.store.money import quantum, round_to
from mlconnector_sandbox.store.wire import parse_moment

from tests.support.store import StoreClient, a_store

D = Decimal
MONTH = {"count": 60, "seed": 11, "lives": True, "start": "2026-03-01", "days": 31}


async def month(store: StoreClient, **change: Any) -> list[Any]:
    """Live through a month and give what became of its orders."""
    answer = await store.control("/orders/generate?events=none", "POST", {**MONTH, **change})
    assert answer.status == 201, answer.raw
    rows: list[Any] = answer.body["data"]
    return rows


async def test_month_is_the_same_for_a_seed() -> None:
    """Orders, lives, steps, dates and amounts."""
    async with a_store() as store, a_store() as other:
        first, second = await month(store), await month(other)

        assert first == second
        assert first != await month(other, seed=12)
        refunds = [
            (await one.rest("/v3/orders/payment_actions/refunds?limit=250")).body["data"] for one in (store, other)
        ]
        assert refunds[0] == refunds[1][: len(refunds[0])]


@pytest.mark.parametrize("profile", ["eu", "us", "jp", "kw"])
async def test_month_holds_every_kind_of_life(profile: str) -> None:
    """Everything in it is dated in it, numbers ascend with time, and no order gave back more than it took."""
    async with a_store(profile=profile) as store:
        rows = await month(store, count=250)
        documents = [(await store.control(f"/orders/{row['id']}")).body for row in rows]
        refunds = [refund for document in documents for refund in document.get("refunds", [])]

        assert {row["life"] for row in rows} >= LIVES.keys()
        taken = {step for row in rows for step in row["steps"]}
        assert taken == STEPS.keys()
        for document in documents:
            back = sum((D(str(row["total_amount"])) for row in document.get("refunds", [])), D(0))
            paid = [payment for row in document.get("refunds", []) for payment in row["payments"]]
            declined = sum((D(str(payment["amount"])) for payment in paid if payment["is_declined"]), D(0))
            step = quantum(document["default_currency_code"])
            assert back - declined <= round_to(D(document["total_inc_tax"]), step)
        moments = [parse_moment(row["created"]) for row in sorted(refunds, key=lambda row: int(row["id"]))]
        assert moments == sorted(moments)
        assert {(moment.year, moment.month) for moment in moments} == {(2026, 3)}
        assert {parse_moment(row["date_modified"]).month for row in rows} == {3}


async def test_lives_are_told_unless_they_are_to_be_quiet() -> None:
    """As they are lived."""
    async with a_store() as store:
        await store.control("/callbacks", "PATCH", {"paused": True})
        body = {"scope": "store/order/*", "destination": "http://127.0.0.1:9/", "is_active": True}
        await store.rest("/v3/hooks", "POST", body)
        await month(store, count=5)
        assert (await store.control("/deliveries")).body["data"] == []
        answer = await store.control("/orders/generate", "POST", {"count": 5, "lives": True, "kinds": ["plain"]})

        assert len(answer.body["data"]) == 5
        scopes = {row["scope"] for row in (await store.control("/deliveries")).body["data"]}
        assert {"store/order/created", "store/order/updated"} <= scopes


async def test_start_must_be_a_date() -> None:
    """Or nothing: then the days end now."""
    async with a_store() as store:
        assert (await store.control("/orders/generate", "POST", {"lives": True, "start": "soon"})).status == 400
        assert (await store.control("/orders/generate", "POST", {"days": 0})).status == 400
