"""The money of an order moves through the control interface, and REST shows it as documented."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.store import StoreClient, a_store

D = Decimal


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store with hooks for everything about orders."""
    async with a_store() as client:
        await client.control("/callbacks", "PATCH", {"paused": True})
        body = {"scope": "store/order/*", "destination": "http://127.0.0.1:9/", "is_active": True}
        assert (await client.rest("/v3/hooks", "POST", body)).status == 200
        yield client


async def heard(store: StoreClient) -> list[str]:
    """Give the events since the last call, without their common beginning."""
    rows = [row for row in (await store.control("/deliveries")).body["data"] if row["state"] == "waiting"]
    known = getattr(store, "known", 0)
    store.known = len(rows)  # type: ignore[attr-defined]
    return [row["scope"].removeprefix("store/order/") for row in rows[known:]]


async def order_of(store: StoreClient, order_id: int) -> Any:
    """Give an order."""
    return (await store.rest(f"/v2/orders/{order_id}")).body


async def transactions(store: StoreClient, order_id: int) -> Any:
    """Give an order's transactions."""
    return (await store.rest(f"/v3/orders/{order_id}/transactions")).body["data"]


async def refund(store: StoreClient, order_id: int, **wish: Any) -> Any:
    """Record a refund."""
    answer = await store.control(f"/orders/{order_id}/refunds", "POST", wish)
    assert answer.status == 201, answer.raw
    return answer.body


async def test_online_refund_waits_for_its_gateway(store: StoreClient) -> None:
    """It leaves a transaction when it settles, which the payment names; afterwards there is nothing to settle."""
    order_id = await store.describe()
    made = await refund(store, order_id, total_amount="4.50")
    before = await transactions(store, order_id)
    await heard(store)
    path = f"/orders/{order_id}/refunds/{made['id']}"
    settled = await store.control(f"{path}/settle", "POST")

    (row,) = [row for row in await transactions(store, order_id) if row not in before]
    assert (row["event"], row["amount"], row["status"]) == ("refund", D("4.50"), "ok")
    assert row["reference_transaction_id"] == before[0]["id"]
    assert settled.body["payments"][0]["transaction_id"] == str(row["id"])
    by_transaction = await store.rest(f"/v3/orders/{order_id}/payment_actions/refunds?transaction_id={row['id']}")
    assert [entry["id"] for entry in by_transaction.body["data"]] == [made["id"]]
    assert await heard(store) == ["updated", "transaction/created"]
    assert (await store.control(f"{path}/settle", "POST")).status == 409


async def test_decline_takes_a_settled_refund_back(store: StoreClient) -> None:
    """The transaction is an error from then on, and the order is as if it had not been."""
    order_id = await store.describe()
    made = await refund(store, order_id)
    path = f"/orders/{order_id}/refunds/{made['id']}"
    await store.control(f"{path}/settle", "POST")
    await heard(store)
    answer = await store.control(f"{path}/decline", "POST", {"message": "Card closed."})

    assert answer.body["payments"][0]["declined_message"] == "Card closed."
    assert [row["status"] for row in await transactions(store, order_id)] == ["ok", "error"]
    assert (await order_of(store, order_id))["payment_status"] == "captured"
    assert await heard(store) == ["updated", "transaction/updated"]
    assert (await store.control(f"{path}/decline", "POST")).status == 409
    assert (await refund(store, order_id))["total_amount"] == D("14.50")


async def test_payments_settle_and_fail_one_by_one(store: StoreClient) -> None:
    """Two cards, one of which says no."""
    order_id = await store.describe()
    halves = [{"provider_id": "stripe", "amount": "7.25"}, {"provider_id": "adyen", "amount": "7.25"}]
    made = await refund(store, order_id, payments=halves)
    first, second = (payment["id"] for payment in made["payments"])
    path = f"/orders/{order_id}/refunds/{made['id']}"
    await store.control(f"{path}/settle", "POST", {"payment_id": first})
    answer = await store.control(f"{path}/decline", "POST", {"payment_id": second})

    assert [(row["is_declined"], "transaction_id" in row) for row in answer.body["payments"]] == [
        (False, True),
        (True, False),
    ]
    assert (await order_of(store, order_id))["payment_status"] == "partially refunded"
    assert (await store.control(f"{path}/settle", "POST", {"payment_id": second})).status == 409
    assert (await store.control(f"/orders/{order_id}/refunds/9/settle", "POST")).status == 409


@pytest.mark.parametrize(("position", "events"), [("online", ["purchase"]), ("all", ["purchase", "refund"])])
async def test_offline_refunds_count_at_once(store: StoreClient, position: str, events: list[str]) -> None:
    """With or without a transaction, as the switch stands."""
    await store.control("/behaviour", "PATCH", {"refund_transactions": position})
    order_id = await store.describe(payment_provider_id="bankdeposit", payment_method="Bank Deposit")
    made = await refund(store, order_id)

    assert made["payments"][0]["offline"] is True
    rows = await transactions(store, order_id)
    assert [row["event"] for row in rows] == events
    assert {row["offline"]["display_name"] for row in rows} == {"Bank Deposit"}
    assert (await store.control(f"/orders/{order_id}/refunds/{made['id']}/settle", "POST")).status == 409


@pytest.mark.parametrize(
    ("position", "status", "events"),
    [("follow", 14, ["refund/created", "statusUpdated", "updated"]), ("keep", 11, ["refund/created", "updated"])],
)
async def test_status_follows_refunds_or_not(store: StoreClient, position: str, status: int, events: list[str]) -> None:
    """As the switch stands."""
    await store.control("/behaviour", "PATCH", {"refund_status": position})
    order_id = await store.describe()
    await heard(store)
    await refund(store, order_id, total_amount="1")
    order = await order_of(store, order_id)

    assert (order["status_id"], order["payment_status"]) == (status, "partially refunded")
    assert await heard(store) == events


async def test_date_may_stay_where_it_is(store: StoreClient) -> None:
    """In the other position of the switch only a change of status moves it and is told."""
    await store.control("/behaviour", "PATCH", {"date_modified": "status_only", "refund_status": "keep"})
    order_id = await store.describe()
    long_ago = "Tue, 05 Mar 2019 21:40:11 +0000"
    await store.control(f"/orders/{order_id}?events=none", "PATCH", {"date_modified": long_ago})
    await heard(store)
    await refund(store, order_id, total_amount="1")

    assert (await order_of(store, order_id))["date_modified"] == long_ago
    assert await heard(store) == ["refund/created"]


@pytest.mark.parametrize(
    ("position", "total", "tax_rows"),
    [("nothing", "14.5000", D("2.32")), ("taxes", "14.5000", D(0)), ("totals", "0.0000", D(0))],
)
async def test_refunds_may_change_the_order(store: StoreClient, position: str, total: str, tax_rows: Decimal) -> None:
    """Tax rows, or totals too; a second refund finds nothing left whatever the order then says."""
    await store.control("/behaviour", "PATCH", {"refund_changes": position})
    order_id = await store.describe()
    await refund(store, order_id)
    rows = (await store.rest(f"/v2/orders/{order_id}/taxes?details=true")).body

    assert (await order_of(store, order_id))["total_inc_tax"] == total
    assert sum(D(row["line_amount"]) for row in rows) == tax_rows
    assert (await store.control(f"/orders/{order_id}/refunds", "POST", {})).status == 409


async def test_unknown_switches_are_refused(store: StoreClient) -> None:
    """And unknown positions; what is set is shown."""
    assert (await store.control("/behaviour", "PATCH", {"refund_colour": "red"})).status == 400
    assert (await store.control("/behaviour", "PATCH", {"refund_amounts": "both"})).status == 400
    await store.control("/behaviour", "PATCH", {"refund_amounts": "net"})
    assert (await store.control("/behaviour")).body["refund_amounts"] == "net"


async def test_held_money_is_captured_in_parts(store: StoreClient) -> None:
    """Authorized is not paid; a capture names what it captures; no more is taken than was held."""
    order_id = await store.describe(payment_status="authorized")
    (held,) = await transactions(store, order_id)
    await heard(store)
    first = await store.control(f"/orders/{order_id}/capture", "POST", {"amount": "4.50"})
    await store.control(f"/orders/{order_id}/capture", "POST")

    assert (held["event"], first.body["event"], first.body["reference_transaction_id"]) == (
        "authorization",
        "capture",
        held["id"],
    )
    assert [row["amount"] for row in await transactions(store, order_id)] == [D("14.5000"), D("4.50"), D("10.0000")]
    assert (await order_of(store, order_id))["payment_status"] == "captured"
    assert await heard(store) == ["updated", "transaction/created"] * 2
    assert (await store.control(f"/orders/{order_id}/capture", "POST")).status == 409


async def test_held_money_is_let_go(store: StoreClient) -> None:
    """First asked for, then done; nothing can be captured any more."""
    order_id = await store.describe(payment_status="authorized")
    await store.control(f"/orders/{order_id}/void", "POST", {"pending": True})
    waiting = (await order_of(store, order_id))["payment_status"]
    await store.control(f"/orders/{order_id}/void", "POST")

    assert (waiting, (await order_of(store, order_id))["payment_status"]) == ("void pending", "void")
    assert (await store.control(f"/orders/{order_id}/capture", "POST")).status == 409


async def test_failed_capture_leaves_the_money_held(store: StoreClient) -> None:
    """The transaction is an error."""
    order_id = await store.describe(payment_status="authorized")
    failed = await store.control(f"/orders/{order_id}/capture", "POST", {"declined": True})

    assert failed.body["status"] == "error"
    assert (await order_of(store, order_id))["payment_status"] == "authorized"
    assert (await store.control(f"/orders/{order_id}/capture", "POST")).status == 201


@pytest.mark.parametrize(
    ("action", "state", "events"),
    [("pay", "captured", ["purchase"]), ("authorize", "authorized", ["authorization"])],
)
async def test_unpaid_orders_are_paid_later(store: StoreClient, action: str, state: str, events: list[str]) -> None:
    """Which moves them on; a paid one owes nothing."""
    order_id = await store.describe(status_id=7, payment_status="pending", payment_provider_id="stripe")
    declined = await store.control(f"/orders/{order_id}/{action}", "POST", {"declined": True})
    assert (declined.body["status"], (await order_of(store, order_id))["payment_status"]) == ("error", "declined")
    assert (await order_of(store, order_id))["status_id"] == 7
    await store.control(f"/orders/{order_id}/{action}", "POST")
    order = await order_of(store, order_id)

    assert (order["payment_status"], order["status_id"]) == (state, 11)
    assert [row["event"] for row in await transactions(store, order_id) if row["status"] == "ok"] == events
    assert (await store.control(f"/orders/{order_id}/{action}", "POST")).status == 409


async def test_odd_payments_can_be_made(store: StoreClient) -> None:
    """In another currency, in part, as a test, by another provider."""
    order_id = await store.describe(status_id=7, payment_status="pending")
    odd = {"amount": "1", "currency": "USD", "test": True, "provider_id": "cheque"}
    row = (await store.control(f"/orders/{order_id}/pay", "POST", odd)).body

    assert (row["currency"], row["test"], row["method"], row["amount"]) == ("USD", True, "offline", D(1))


async def test_checkout_tells_of_its_transactions(store: StoreClient) -> None:
    """Text for the order's number, and a name of its own for the transaction's."""
    order_id = await store.describe()
    (row,) = await transactions(store, order_id)
    bodies = [delivery.body for delivery in store.simulator.callbacks.deliveries()]

    assert await heard(store) == ["created", "statusUpdated", "updated", "transaction/created"]
    assert f'"order_id":"{order_id}"' in bodies[-1]
    assert f'"transaction_id":"{row["id"]}"' in bodies[-1]


async def certificates(store: StoreClient, query: str = "") -> Any:
    """Give the gift certificates."""
    answer = await store.rest(f"/v2/gift_certificates{query}")
    return answer.body if answer.raw else []


async def credit(store: StoreClient, customer_id: int) -> Decimal:
    """Give a customer's store credit."""
    (row,) = (await store.rest(f"/v3/customers?id:in={customer_id}&include=storecredit")).body["data"]
    return D(str(row["store_credit_amounts"][0]["amount"]))


async def test_gift_certificate_lives_from_sale_to_redemption(store: StoreClient) -> None:
    """Sold it is a line without tax; used it is a transaction and a lower balance; refunded the balance is back."""
    line = {"type": "giftcertificate", "name": "Gift Certificate", "price": "50"}
    sold = await store.describe(lines=[line], customer_id=1)
    (row,) = (await store.rest(f"/v2/orders/{sold}/products")).body
    (made,) = await certificates(store, f"?order_id={sold}")
    assert (row["total_tax"], row["gift_certificate_id"]) == ("0.0000", made["id"])
    assert (made["balance"], made["currency_code"], made["status"]) == ("50.0000", "EUR", "active")

    used = await store.describe(lines=[{"product_id": 111}], gift_certificate="48", gift_certificate_code=made["code"])
    (transaction,) = await transactions(store, used)
    order = await order_of(store, used)
    assert (order["total_inc_tax"], order["gift_certificate_amount"]) == ("48.0000", "48.0000")
    assert (transaction["method"], transaction["gift_certificate"]["remaining_balance"]) == ("gift_certificate", D(2))
    assert (await certificates(store, f"?code={made['code']}"))[0]["balance"] == "2.0000"

    given_back = await refund(store, used)
    assert [(paid["provider_id"], paid["offline"]) for paid in given_back["payments"]] == [("giftcertificate", False)]
    assert (await store.rest(f"/v2/gift_certificates/{made['id']}")).body["balance"] == "50.0000"


async def test_certificate_is_usable_when_it_is_paid(store: StoreClient) -> None:
    """Until then it is pending."""
    line = {"type": "giftcertificate", "name": "Gift Certificate", "price": "50"}
    order_id = await store.describe(lines=[line], status_id=7, payment_status="pending")
    before = (await certificates(store))[0]["status"]
    await store.control(f"/orders/{order_id}/pay", "POST")

    assert (before, (await certificates(store))[0]["status"]) == ("pending", "active")
    assert await certificates(store, "?to_email=nobody@example.org") == []
    assert await certificates(store, "?min_id=9999") == []
    assert (await store.rest("/v2/gift_certificates/9")).status == 404


async def test_store_credit_is_spent_and_given_back(store: StoreClient) -> None:
    """A refund that is declined takes it away again; nobody spends what they have not."""
    start = await credit(store, 1)
    order_id = await store.describe(customer_id=1, store_credit="4.50")
    assert await credit(store, 1) == start - D("4.50")

    made = await refund(store, order_id)
    assert {paid["provider_id"]: paid["amount"] for paid in made["payments"]} == {
        "stripe": D("10.00"),
        "storecredit": D("4.50"),
    }
    assert await credit(store, 1) == start
    await store.control(f"/orders/{order_id}/refunds/{made['id']}/decline", "POST")
    assert await credit(store, 1) == start - D("4.50")
    too_much = {"lines": [{"product_id": 111, "quantity": 9}], "customer_id": 1, "store_credit": "400"}
    assert (await store.control("/orders/describe", "POST", too_much)).status == 400


async def test_refund_to_a_certificate_makes_one(store: StoreClient) -> None:
    """Where the order was paid with none."""
    order_id = await store.describe()
    await refund(store, order_id, provider_id="giftcertificate")

    assert [row["balance"] for row in await certificates(store, f"?order_id={order_id}")] == ["14.5000"]


async def test_totals_may_be_shown_less_tenders(store: StoreClient) -> None:
    """The other reading of what the documents leave open: refunds still give back everything."""
    order_id = await store.describe(customer_id=1, store_credit="4.50", tenders_in_total="reduced")
    order = await order_of(store, order_id)

    assert (order["total_inc_tax"], order["total_tax"], order["total_ex_tax"]) == ("10.0000", "2.3200", "7.6800")
    assert (await refund(store, order_id))["total_amount"] == D("14.50")
