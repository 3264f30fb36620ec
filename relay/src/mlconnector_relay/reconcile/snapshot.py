"""Take an order with everything below it as one consistent value.

An order counts only if its `date_modified` is the same before and after the other fetches; else it is fetched again.
One that was fetched before is not fetched again while its header is the same in everything read of it; then only what
may change without the header is. Absence proves nothing: a 404 is an error to come back to, never a reason to act.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, TypeVar

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from pydantic import BaseModel

from ..bigcommerce.catalogue import Catalogue
from ..bigcommerce.client import Fetch, Observer, StoreClient
from ..bigcommerce.companies import Companies
from ..bigcommerce.errors import StoreAnswerInvalid, StoreNotFound, fit
from ..bigcommerce.models import (
    CompanyOrder,
    Coupon,
    Order,
    OrderProduct,
    OrderSnapshot,
    OrderTax,
    Refund,
    Shipment,
    Transaction,
)
from .settlement import Payback, paybacks

__all__ = ["OrderKeepsChanging", "Taken", "take"]

M = TypeVar("M", bound=BaseModel)

TRIES: Final = 3
"""Fetches of an order that changes while we read it; then the job comes back later."""

EXPANDED: Final = {"include": "consignments.line_items,fees", "consignment_structure": "object"}

REFUND_STATUSES: Final = frozenset({4, 14})
"""Refunded and Partially Refunded."""

MONEY_STATUSES: Final = REFUND_STATUSES | {5, 6}
"""Also Cancelled and Declined: only transactions tell for sure whether money was taken."""

SHIPPED_STATUSES: Final = frozenset({2, 3, 10})
"""Shipped, Partially Shipped and Completed: they stay when a shipment is deleted, so that this shows, too."""

CARD: Final = re.compile(rb'("card_(?:iin|last4|expiry_month|expiry_year)"\s*:\s*)("[^"]*"|\d+)')
"""What a transaction tells about the shopper's card: nothing here needs it, so nothing keeps it."""


class OrderKeepsChanging(ConnectorError):
    """The order was modified during each of several fetches."""

    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot and how it came about.

    Attributes:
        fetches: the requests of this look.
        asked: whether the store was asked for the order's transactions; a snapshot without may not have been.
        record: the audit record of an earlier look that holds the same snapshot; `None` where this look's is to.
    """

    snapshot: OrderSnapshot
    fetches: tuple[Fetch, ...]
    asked: bool
    record: str | None = None


async def take(
    client: StoreClient,
    catalogue: Catalogue,
    order_id: int,
    runtime: Runtime,
    *,
    refunds: bool,
    transactions: Callable[[Order], bool],
    unseen: Callable[[OrderSnapshot], bool],
    kept: Taken | None = None,
    companies: Companies | None = None,
) -> Taken:
    """Take one order consistently.

    Args:
        client: the store's.
        catalogue: its products, categories and customers.
        order_id: the order.
        runtime: clocks.
        refunds: whether to ask for refunds of an order that did not change, as of one that was posted.
        transactions: whether to ask for transactions of an order like this whatever its status and refunds.
        unseen: whether an order may have been paid since without showing it, so that they are asked for once more.
        kept: the order as it was taken before, to be used again where it did not change.
        companies: the store's B2B Edition, where it has one.

    Raises:
        StoreError: a fetch failed.
        OrderKeepsChanging: it was modified during every try.
    """
    fetches: list[Fetch] = []

    def ask_of(order: Order) -> bool:
        return transactions(order) or order.status_id in MONEY_STATUSES

    seen: Order | None = None
    if kept is not None:
        order = kept.snapshot.order
        asks = refunds or order.status_id in REFUND_STATUSES, ask_of(order), unseen(kept.snapshot)
        again = await _again(client, companies, kept, runtime, fetches.append, asks)
        if isinstance(again, Taken):
            return replace(again, fetches=tuple(fetches))
        seen = again
    for _ in range(TRIES):
        order, seen = seen or await _order(client, order_id, EXPANDED, fetches.append), None
        ask = ask_of(order)
        snapshot = await _below(client, catalogue, companies, order, runtime, fetches.append, transactions=ask)
        after = await _order(client, order_id, None, fetches.append)
        if after.date_modified == order.date_modified:
            return Taken(snapshot, tuple(fetches), asked=ask or bool(snapshot.refunds))
    raise OrderKeepsChanging(f"order {order_id} was modified during {TRIES} fetches in a row; it is tried again later")


async def _again(
    client: StoreClient,
    companies: Companies | None,
    kept: Taken,
    runtime: Runtime,
    observe: Observer,
    asks: tuple[bool, bool, bool],
) -> Taken | Order:
    """Take what is kept once more, with its money as it is now where that counts; the order as it is, if that changed.

    Whether refunds and transactions move `date_modified` is nowhere documented: refunds are read whenever they count,
    transactions when they were never read, while a refund waits for its payment, and while they alone would tell of the
    order's. The header is read last, so that the kept one and this enclose them.
    """
    known, base = kept.snapshot, f"/v3/orders/{kept.snapshot.order.id}"
    refunds, moved = known.refunds, known.transactions
    if asks[0]:
        answer = await client.all_pages(f"{base}/payment_actions/refunds", observe=observe)
        refunds = _models(Refund, answer, known.order.id)
    asked = kept.asked or asks[1] or bool(refunds)
    if asked and not (kept.asked and refunds == known.refunds and _is_final(known) and not asks[2]):
        answer = await client.all_pages(f"{base}/transactions", observe=_without_cards(observe))
        moved = _models(Transaction, answer, known.order.id)
    company = known.company
    if not (asks[0] or (company and company.standing == "private")):
        # Nothing of it moves the header. Once something is posted, or it is no company's, it is as it was.
        company = await _company(companies, known.order, observe)
    order = await _order(client, known.order.id, EXPANDED, observe)
    if order != known.order:
        return order
    parts = {"refunds": refunds, "transactions": moved, "company": company}
    now = known.model_copy(update={**parts, "fetched_at": runtime.now()})
    is_same = (refunds, moved, company, asked) == (known.refunds, known.transactions, known.company, kept.asked)
    return Taken(now, (), asked, kept.record if is_same else None)


def _is_final(snapshot: OrderSnapshot) -> bool:
    return not {Payback.PENDING, Payback.OVERDUE} & set(paybacks(snapshot, 0).values())


async def _order(client: StoreClient, order_id: int, params: Mapping[str, str] | None, observe: Observer) -> Order:
    path = f"/v2/orders/{order_id}"
    raw = await client.get(path, params, observe)
    if raw is None:
        raise StoreNotFound("GET", path, "HTTP 204: no such order", 204)
    order = fit(Order, raw, path)
    if order.id != order_id:
        raise StoreAnswerInvalid("GET", path, f"the answer is order {order.id}")
    return order


async def _below(
    client: StoreClient,
    catalogue: Catalogue,
    companies: Companies | None,
    order: Order,
    runtime: Runtime,
    observe: Observer,
    *,
    transactions: bool,
) -> OrderSnapshot:
    base, money = f"/v2/orders/{order.id}", f"/v3/orders/{order.id}"
    unkept = _without_cards(observe)
    products, taxes, coupons, refunded, moved, shipments = await asyncio.gather(
        client.all_pages(f"{base}/products", observe=observe),
        client.all_pages(f"{base}/taxes", {"details": "true"}, observe),
        _unless(not order.coupon_discount, client, f"{base}/coupons", observe),
        # No status tells of refunds: an order that was refunded in part and shipped after it is Shipped.
        client.all_pages(f"{money}/payment_actions/refunds", observe=observe),
        _unless(not transactions, client, f"{money}/transactions", unkept),
        _unless(not _is_shipped(order), client, f"{base}/shipments", observe),
    )
    if refunded and not transactions:
        moved = await client.all_pages(f"{money}/transactions", observe=unkept)
    lines = _models(OrderProduct, products, order.id)
    facts = await catalogue.facts([line.product_id for line in lines if line.product_id], observe)
    customer = await catalogue.customer(order.customer_id, observe) if order.customer_id else None
    return OrderSnapshot(
        order=order,
        products=lines,
        taxes=_models(OrderTax, taxes, order.id),
        coupons=_models(Coupon, coupons, order.id),
        fees=order.fees,
        shipping_addresses=order.consignments.shipping,
        transactions=_models(Transaction, moved, order.id),
        refunds=_models(Refund, refunded, order.id),
        shipments=_models(Shipment, shipments, order.id),
        product_facts=facts.products,
        categories=facts.categories,
        customer_group_id=(customer.customer_group_id or None) if customer else None,
        customer_segments=customer.segment_ids if customer else (),
        company=await _company(companies, order, observe),
        customer_fields=customer.form_fields if customer else (),
        customer_attributes={one.attribute_id: one.attribute_value for one in customer.attributes} if customer else {},
        tax_exempt_category=customer.tax_exempt_category if customer else "",
        fetched_at=runtime.now(),
    )


async def _company(companies: Companies | None, order: Order, observe: Observer) -> CompanyOrder | None:
    """Ask the B2B Edition; not about a guest, who is nobody's user."""
    if companies is None or not order.customer_id:
        return None
    return await companies.of_order(order.id, order.customer_id, observe)


def _is_shipped(order: Order) -> bool:
    return bool(order.items_shipped) or order.date_shipped is not None or order.status_id in SHIPPED_STATUSES


async def _unless(needless: bool, client: StoreClient, path: str, observe: Observer) -> list[Any]:  # noqa: FBT001
    return [] if needless else await client.all_pages(path, observe=observe)


def _without_cards(observe: Observer) -> Observer:
    return lambda fetch: observe(replace(fetch, body=CARD.sub(rb"\1null", fetch.body)))


def _models(kind: type[M], raw: Sequence[Any], order_id: int) -> tuple[M, ...]:
    return tuple(fit(kind, item, f"order {order_id}") for item in raw)
