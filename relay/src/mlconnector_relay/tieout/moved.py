"""What providers moved, as the store told it of its orders: kept with each look at an order, else asked for now."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from mlconnector_shared.errors import ConnectorError
from pydantic import ValidationError

from ..bigcommerce.models import Transaction
from ..bigcommerce.paging import items_of
from ..db import audit as rows
from ..db import stores
from ..db.engine import Database
from ..db.engine import Transaction as Work
from ..db.sights import SeenOrder
from ..sap.currency import to_minor
from ..sap.money import TENDERS
from ..trail.audit import Audit
from . import gather
from .amounts import places_of
from .provider import Moved

__all__ = ["BEFORE", "Ask", "Moves", "moves_of"]

BEFORE: Final = timedelta(days=120)
"""Orders placed this long before are looked through as well: refunds and disputes come late."""

ANSWER: Final = re.compile(r"/orders/\d+/transactions(\?|$)")
"""Requests for the transactions of an order."""

Ask = Callable[[SeenOrder], Awaitable[Sequence[Transaction] | None]]
"""Asks a store for the transactions of an order; `None` where there is no such store."""


@dataclass(slots=True)
class Moves:
    """What is known of the money of orders.

    Attributes:
        found: every movement.
        unknown: orders whose transactions nobody ever asked for, or whose record was erased.
    """

    found: list[Moved] = field(default_factory=list)
    unknown: list[SeenOrder] = field(default_factory=list)


async def moves_of(
    database: Database, audit: Audit, tenant: str, first: date, last: date, ask: Ask | None = None
) -> Moves:
    """Return what providers moved for the orders of some days, and for those placed up to `BEFORE` earlier.

    Args:
        database: orders and trail.
        audit: opens what was fetched.
        tenant: whose.
        first: first day.
        last: last day.
        ask: asks the store for the transactions of an order of these days; `None`: it is not asked.

    Raises:
        DatabaseError: it could not be read.
        StoreError: the store did not answer.
    """
    async with database.read() as tx:
        zones = {one.store_hash: ZoneInfo(one.timezone) for one in await stores.of_tenant(tx, tenant)}
    moves = Moves()
    for day, order in await gather.orders_of(database, tenant, first - BEFORE, last):
        async with database.read() as tx:
            known = await _kept(tx, audit, tenant, order)
        if known is None and ask is not None and day >= first:
            known = await ask(order)
        if known is None:
            moves.unknown += [order] if day >= first else []
        else:
            moves.found += _moved(order, known, zones.get(order.store_hash, ZoneInfo("UTC")))
    return moves


async def _kept(tx: Work, audit: Audit, tenant: str, order: SeenOrder) -> Sequence[Transaction] | None:
    """Return an order's transactions by the newest look at it that asked for them; `None` where none did."""
    for row in reversed(await rows.of_subject(tx, tenant, f"{order.store_hash}/{order.order_id}")):
        if row.kind == "store.fetched":
            try:
                answers = json.loads(await audit.payload(tx, row) or b"{}").get("answers", ())
                pages = [json.loads(body or "[]", parse_float=Decimal) for path, body in answers if ANSWER.search(path)]
                if pages:
                    items = (items_of(row.kind, page) for page in pages)
                    return [Transaction.model_validate(raw) for page in items for raw in page]
            except (ConnectorError, ValidationError, ValueError):
                return None
    return None


def _moved(order: SeenOrder, transactions: Iterable[Transaction], zone: ZoneInfo) -> Iterable[Moved]:
    by_number: Mapping[int, Transaction] = {one.id: one for one in transactions}
    for one in by_number.values():
        paid_back = one.event == "refund" and one.status == "ok"
        if one.test or not one.amount or one.method in TENDERS or not (paid_back or one.took_money):
            continue
        base = by_number.get(one.reference_transaction_id or 0)
        moment: datetime = one.date_created or order.placed_at
        currency = one.currency or order.currency
        amount = to_minor(abs(one.amount), places_of(currency))
        yield Moved(
            store_hash=order.store_hash,
            order_id=order.order_id,
            day=moment.astimezone(zone).date(),
            currency=currency,
            amount=-amount if paid_back else amount,
            gateway=one.gateway,
            id=one.gateway_transaction_id,
            original=base.gateway_transaction_id if paid_back and base else "",
        )
