"""Fetch an order with everything below it as one consistent value.

An order counts only if its `date_modified` is the same before and after the other fetches; else it is fetched again.
Absence proves nothing: a 404 is an error to come back to, never a reason to act.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, TypeVar

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from pydantic import BaseModel, ValidationError

from ..bigcommerce.catalogue import Catalogue
from ..bigcommerce.client import Fetch, Observer, StoreClient
from ..bigcommerce.errors import StoreAnswerInvalid, StoreNotFound, misfit
from ..bigcommerce.models import (
    Coupon,
    Order,
    OrderProduct,
    OrderSnapshot,
    OrderTax,
    Refund,
    Transaction,
)

__all__ = ["OrderKeepsChanging", "Taken", "take"]

M = TypeVar("M", bound=BaseModel)

TRIES: Final = 3
"""Fetches of an order that changes while we read it; then the job comes back later."""

EXPANDED: Final = {"include": "consignments.line_items,fees", "consignment_structure": "object"}

REFUND_STATUSES: Final = frozenset({4, 14})
"""Refunded and Partially Refunded: what an order shows that was refunded before it was posted."""

MONEY_STATUSES: Final = REFUND_STATUSES | {5, 6}
"""Also Cancelled and Declined: only transactions tell for sure whether money was taken."""

CARD: Final = re.compile(rb'("card_(?:iin|last4|expiry_month|expiry_year)"\s*:\s*)("[^"]*"|\d+)')
"""What a transaction tells about the shopper's card: nothing here needs it, so nothing keeps it."""


class OrderKeepsChanging(ConnectorError):
    """The order was modified during each of several fetches."""

    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot and the fetches behind it."""

    snapshot: OrderSnapshot
    fetches: tuple[Fetch, ...]


async def take(
    client: StoreClient,
    catalogue: Catalogue,
    order_id: int,
    runtime: Runtime,
    *,
    refunds: bool,
    transactions: Callable[[Order], bool],
) -> Taken:
    """Fetch one order consistently.

    Args:
        client: the store's.
        catalogue: its products, categories and customers.
        order_id: the order.
        runtime: clocks.
        refunds: whether to ask for refunds whatever the order's status, as for an order that was posted.
        transactions: whether to ask for transactions of an order like this whatever its status and refunds.

    Raises:
        StoreError: a fetch failed.
        OrderKeepsChanging: it was modified during every try.
    """
    fetches: list[Fetch] = []
    for _ in range(TRIES):
        order = await _order(client, order_id, EXPANDED, fetches.append)
        ask = refunds or order.status_id in REFUND_STATUSES, transactions(order) or order.status_id in MONEY_STATUSES
        snapshot = await _below(client, catalogue, order, runtime, fetches.append, ask)
        after = await _order(client, order_id, None, fetches.append)
        if after.date_modified == order.date_modified:
            return Taken(snapshot, tuple(fetches))
    raise OrderKeepsChanging(f"order {order_id} was modified during {TRIES} fetches in a row; it is tried again later")


async def _order(client: StoreClient, order_id: int, params: Mapping[str, str] | None, observe: Observer) -> Order:
    path = f"/v2/orders/{order_id}"
    raw = await client.get(path, params, observe)
    if raw is None:
        raise StoreNotFound("GET", path, "HTTP 204: no such order", 204)
    return _model(Order, raw, order_id)


async def _below(
    client: StoreClient,
    catalogue: Catalogue,
    order: Order,
    runtime: Runtime,
    observe: Observer,
    ask: tuple[bool, bool],
) -> OrderSnapshot:
    base, money, (refunds, transactions) = f"/v2/orders/{order.id}", f"/v3/orders/{order.id}", ask
    unkept = _without_cards(observe)
    products, taxes, coupons, refunded, moved = await asyncio.gather(
        client.all_pages(f"{base}/products", observe=observe),
        client.all_pages(f"{base}/taxes", {"details": "true"}, observe),
        _unless(not order.coupon_discount, client, f"{base}/coupons", observe),
        _unless(not refunds, client, f"{money}/payment_actions/refunds", observe),
        _unless(not transactions, client, f"{money}/transactions", unkept),
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
        product_facts=facts.products,
        categories=facts.categories,
        customer_group_id=(customer.customer_group_id or None) if customer else None,
        customer_segments=customer.segment_ids if customer else (),
        fetched_at=runtime.now(),
    )


async def _unless(needless: bool, client: StoreClient, path: str, observe: Observer) -> list[Any]:  # noqa: FBT001
    return [] if needless else await client.all_pages(path, observe=observe)


def _without_cards(observe: Observer) -> Observer:
    return lambda fetch: observe(replace(fetch, body=CARD.sub(rb"\1null", fetch.body)))


def _model(kind: type[M], raw: Any, order_id: int) -> M:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise StoreAnswerInvalid("GET", f"order {order_id}", f"not a {kind.__name__}: {misfit(error)}") from error


def _models(kind: type[M], raw: Sequence[Any], order_id: int) -> tuple[M, ...]:
    return tuple(_model(kind, item, order_id) for item in raw)
