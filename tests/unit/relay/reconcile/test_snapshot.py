"""One order taken again from what is kept of it: what the store is asked for, and when for all of it."""

from typing import Any

import pytest
from mlconnector_relay.bigcommerce.catalogue import CatalogueFacts
from mlconnector_relay.bigcommerce.errors import StoreAnswerInvalid
from mlconnector_relay.bigcommerce.models import CompanyOrder
from mlconnector_relay.reconcile.snapshot import Taken, take

from tests.support.orders import Line, documents
from tests.support.runtime import FakeRuntime

PURCHASE = {"id": 1, "event": "purchase", "status": "ok", "amount": "119.00", "currency": "EUR"}
PAID_BACK = {"id": 2, "event": "refund", "status": "ok", "amount": "19.00", "currency": "EUR", "gateway": "stripe"}
REFUND = {"id": 7, "total_amount": "19.00", "payments": [{"id": 3, "provider_id": "stripe", "amount": "19.00"}]}


class Store:
    """An order and everything below it, and what was asked for since the last look."""

    def __init__(self, **order: Any) -> None:
        made = documents(Line("119.00"), order=order)
        self.header = made["order"]
        self.parts: dict[str, list[Any]] = {"products": made["products"], "taxes": made["taxes"]}
        self.asked: list[str] = []
        self.company = CompanyOrder(standing="company", company_id=500, po_number="PO-77", days=30)

    async def get(self, *_question: Any) -> Any:
        self.asked.append("header")
        return dict(self.header)

    async def all_pages(self, path: str, *_question: Any, **_observe: Any) -> list[Any]:
        part = path.rpartition("/")[2]
        self.asked.append(part)
        return self.parts.get(part, [])

    async def facts(self, *_question: Any) -> CatalogueFacts:
        return CatalogueFacts({}, {})

    async def customer(self, *_question: Any) -> None:
        return None

    async def of_order(self, order_id: int, customer_id: int, *_observe: Any) -> CompanyOrder:
        assert (order_id, customer_id) == (self.header["id"], self.header["customer_id"])
        self.asked.append("company")
        return self.company

    async def take(
        self,
        kept: Taken | None = None,
        *,
        refunds: bool = False,
        transactions: bool = False,
        unseen: bool = False,
        b2b: bool = False,
    ) -> Taken:
        self.asked.clear()
        order, anybody = self.header["id"], lambda _order: transactions
        store: Any = self
        companies = store if b2b else None
        return await take(
            store,
            store,
            order,
            FakeRuntime(),
            refunds=refunds,
            transactions=anybody,
            unseen=lambda _order: unseen,
            kept=kept,
            companies=companies,
        )


WHOLE = ["header", "products", "taxes", "refunds", "header"]


async def test_what_was_never_asked_for_is_asked_once() -> None:
    """An order without transactions may be one that nobody asked about them."""
    store = Store()
    first = await store.take()
    assert (store.asked, first.record) == (WHOLE, None)
    store.parts["transactions"] = [PURCHASE]
    again = await store.take(first, refunds=True, transactions=True)
    assert store.asked == ["refunds", "transactions", "header"]
    assert ([one.id for one in again.snapshot.transactions], again.asked) == ([1], True)

    await store.take(again, transactions=True)
    assert store.asked == ["header"]


async def test_transactions_are_read_again_while_they_alone_may_tell_of_the_payment() -> None:
    """Two requests a look; once nothing more can come to light, one."""
    store = Store()
    first = await store.take(transactions=True)
    again = await store.take(first, transactions=True, unseen=True)
    assert store.asked == ["transactions", "header"]
    store.parts["transactions"] = [PURCHASE]
    paid = await store.take(again, transactions=True, unseen=True)
    assert [one.id for one in paid.snapshot.transactions] == [1]
    await store.take(paid, transactions=True)
    assert store.asked == ["header"]


async def test_refunds_are_asked_for_whatever_the_order_shows() -> None:
    """One that was refunded in part and shipped after it shows only that it was shipped."""
    store = Store(status_id=2)
    store.parts |= {"refunds": [REFUND], "transactions": [PURCHASE, PAID_BACK]}

    taken = await store.take()

    assert [one.id for one in taken.snapshot.refunds] == [7]
    assert [one.id for one in taken.snapshot.transactions] == [1, 2]


async def test_transactions_are_read_while_a_refund_waits_and_when_there_is_another() -> None:
    """Not after its payment was carried out, unless something about the refunds is new."""
    store = Store()
    store.parts["transactions"] = [PURCHASE]
    taken = await store.take()
    for refunds, moved, asked in (
        ([REFUND], [PURCHASE], True),
        ([REFUND], [PURCHASE, PAID_BACK], True),
        ([REFUND], [PURCHASE, PAID_BACK], False),
        ([REFUND, REFUND | {"id": 8}], [PURCHASE, PAID_BACK], True),
    ):
        store.parts |= {"refunds": refunds, "transactions": moved}
        taken = await store.take(taken, refunds=True)
        assert ("transactions" in store.asked, store.asked[-1]) == (asked, "header")
        assert [one.id for one in taken.snapshot.transactions] == [one["id"] for one in moved]


async def test_the_record_of_an_earlier_look_holds_what_is_the_same() -> None:
    """Anything that was read anew and differs is to be kept by this look."""
    store = Store()
    first = await store.take()
    kept = Taken(first.snapshot, (), first.asked, "earlier")
    assert (await store.take(kept, refunds=True)).record == "earlier"
    store.parts["refunds"] = [REFUND]
    assert (await store.take(kept, refunds=True)).record is None


async def test_an_order_that_changed_is_fetched_from_the_header_on_that_tells_so() -> None:
    """By its stamp, or by anything that is read of its header; nothing of what was kept is left."""
    store = Store()
    taken = await store.take()
    for change in ({"date_modified": "Mon, 23 Nov 2037 00:00:00 +0000"}, {"status_id": 2}, {"items_shipped": 1}):
        store.header |= change
        store.parts["products"] = [{**store.parts["products"][0], "name": str(change)}]
        taken = await store.take(taken)
        # What was shipped is a part of its own, from then on.
        assert [part for part in store.asked if part != "shipments"] == WHOLE
        assert ("shipments" in store.asked) is (store.header["status_id"] == 2)
        assert (taken.snapshot.products[0].name, taken.record) == (str(change), None)


async def test_the_b2b_edition_is_asked_about_customers_orders_of_its_stores_only() -> None:
    """Never without it, and never about a guest."""
    for customer, b2b in ((0, True), (2, False)):
        store = Store(customer_id=customer)
        taken = await store.take(b2b=b2b)
        assert (store.asked, taken.snapshot.company) == (WHOLE, None)
        await store.take(taken, b2b=b2b)
        assert store.asked == ["header"]


async def test_a_companys_order_is_asked_about_until_it_is_posted() -> None:
    """The header does not tell of its purchase order; what was posted is what it was."""
    store = Store(customer_id=2)
    kept = await store.take()
    first = await store.take(kept, b2b=True)
    assert (store.asked, first.record) == (["company", "header"], None)
    assert first.snapshot.company == store.company
    assert first.snapshot.digest() == kept.snapshot.digest()

    again = await store.take(Taken(first.snapshot, (), first.asked, "earlier"), b2b=True)
    assert again.record == "earlier"
    store.company = CompanyOrder(standing="company", company_id=500, po_number="PO-78")
    assert (await store.take(first, b2b=True)).snapshot.company == store.company
    posted = await store.take(first, refunds=True, b2b=True)
    assert (store.asked, posted.snapshot.company) == (["refunds", "header"], first.snapshot.company)


async def test_a_private_order_stays_one() -> None:
    """While nothing of it changed it is not asked about again."""
    store = Store(customer_id=2)
    store.company = CompanyOrder(standing="private")
    first = await store.take(b2b=True)
    assert sorted(store.asked) == sorted([*WHOLE, "company"])
    await store.take(first, b2b=True)
    assert store.asked == ["header"]


async def test_another_order_than_was_asked_for_is_not_taken() -> None:
    """A proxy that mixes answers up would have it posted under this one's job."""
    store: Any = Store()
    wrong = store.header["id"] + 1
    nothing: Any = lambda _: False  # noqa: E731
    with pytest.raises(StoreAnswerInvalid, match=f"/v2/orders/{wrong}: the answer is order {store.header['id']}"):
        await take(store, store, wrong, FakeRuntime(), refunds=False, transactions=nothing, unseen=nothing)


async def test_texts_that_cannot_be_written_down_do_not_stop_an_order() -> None:
    """Half an emoji in a name: the snapshot is kept as JSON."""
    store = Store(payment_method="Card\ud83d\x00")
    assert "Card" in (await store.take()).snapshot.model_dump_json()
