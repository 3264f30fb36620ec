"""Gathers for the cut-off report each order as it was last fetched until a day, and what was posted until then."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mlconnector_shared.errors import ConnectorError
from pydantic import ValidationError

from ..bigcommerce.models import OrderProduct
from ..db import audit as rows
from ..db import ledger, stores
from ..db.audit import AuditRow
from ..db.engine import Database, Transaction
from ..db.ledger import LedgerEntry
from ..db.sights import SeenOrder
from ..sap.currency import to_minor
from ..sap.frozen import Frozen, read_frozen
from ..sap.reference import Kind
from ..trail.audit import Audit
from . import gather
from .amounts import places_of
from .cutoff import Goods, Open, cut_off

__all__ = ["OpenOrder", "open_orders"]

LINES: Final = re.compile(r"/orders/\d+/products(\?|$)")
"""Requests for the lines of an order."""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that stands on one side of the cut-off.

    Attributes:
        lines: what is open of it; nothing where it could not be told.
        unknown: why it could not be told; empty where it could.
    """

    store_hash: str
    order_id: int
    currency: str
    lines: tuple[Open, ...]
    unknown: str = ""


async def open_orders(database: Database, audit: Audit, tenant: str, since: date, at: date) -> list[OpenOrder]:
    """Return the orders placed from a day on that are invoiced and not shipped, or the reverse, at the end of another.

    Args:
        database: ledger and trail.
        audit: opens what was fetched.
        tenant: whose.
        since: first day on which orders were placed.
        at: the day of the cut-off, in each store's time zone.

    Raises:
        DatabaseError: it could not be read.
    """
    async with database.read() as tx:
        zones = {one.store_hash: ZoneInfo(one.timezone) for one in await stores.of_tenant(tx, tenant)}
    found = []
    for _, order in await gather.orders_of(database, tenant, since, at):
        zone = zones.get(order.store_hash, ZoneInfo("UTC"))
        end = datetime.combine(at + timedelta(days=1), time(), zone).astimezone(UTC)
        async with database.read() as tx:
            known = await _order(tx, audit, tenant, order, at, end)
        if known.lines or known.unknown:
            found.append(known)
    return found


async def _order(tx: Transaction, audit: Audit, tenant: str, order: SeenOrder, at: date, end: datetime) -> OpenOrder:
    place = (order.store_hash, order.order_id, order.currency)
    trail = await rows.of_subject(tx, tenant, f"{order.store_hash}/{order.order_id}")
    fetched = [row for row in trail if row.kind == "store.fetched" and row.at < end]
    if not fetched:
        return OpenOrder(*place, (), "it was fetched only later")
    try:
        documents = _posted(await ledger.of_order(tx, tenant, order.store_hash, order.order_id), at)
        goods = await _goods(tx, audit, fetched, places_of(order.currency))
    except (ConnectorError, ValidationError, ValueError) as error:
        return OpenOrder(*place, (), f"what was fetched of it cannot be read: {type(error).__name__}")
    return OpenOrder(*place, tuple(cut_off(goods, documents)))


def _posted(entries: list[LedgerEntry], at: date) -> list[Frozen]:
    """Return what was posted until the day, the invoice first; or raise FrozenInvalid."""
    posted = [one for one in entries if one.state == "posted" and one.kind != Kind.PAYMENT]
    frozen = [(one.kind != Kind.INVOICE, one.posting_id, read_frozen(one.facts)) for one in posted]
    day = f"{at:%Y%m%d}"
    return [facts for _, _, facts in sorted(frozen, key=lambda one: one[:2]) if (facts.posted or facts.day) <= day]


async def _goods(tx: Transaction, audit: Audit, fetched: Sequence[AuditRow], places: int) -> list[Goods]:
    """Return an order's lines by the newest look at it that fetched them: a look at the header alone has none."""
    for row in reversed(fetched):
        answers = json.loads(await audit.payload(tx, row) or b"{}").get("answers", ())
        pages = [body for path, body in answers if LINES.search(path)]
        if pages:
            lines = [OrderProduct.model_validate(raw) for body in pages for raw in json.loads(body or "[]")]
            return [_sent(line, places) for line in lines if line.type == "physical"]
    return []


def _sent(line: OrderProduct, places: int) -> Goods:
    net, gross = to_minor(line.total_ex_tax, places), to_minor(line.total_inc_tax, places)
    return Goods(line.id, line.quantity, line.quantity_shipped, net, gross)
