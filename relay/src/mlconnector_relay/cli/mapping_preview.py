"""`mapping preview`: what another mapping would change, over the last orders as the audit trail keeps them."""

import csv
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many
from msgspec import DecodeError
from pydantic import ValidationError

from ..bigcommerce.models import OrderSnapshot
from ..db import audit, mappings, stores
from ..db.audit import AuditRow
from ..db.engine import Transaction
from ..reconcile.kept import unpacked
from ..reconcile.preview import OrderPreview, Place, Preview, preview
from ..sap.facts import StoreFacts
from ..sap.mapping import Mapping, load_mapping
from ..sap.schedule import Schedule, Step
from ..sap.spreadsheet import escaped
from ..trail.audit import Audit
from ..trail.errors import SubjectErased, Undecryptable
from .mapping_source import FILE, read_mapping
from .options import AS_JSON, ONE_TENANT
from .session import Session, print_json, run, told_errors
from .tables import print_table
from .which import one_tenant

__all__ = ["preview_"]

PAGE: Final = 200
"""Records read at once."""

PLACE: Final = tuple(field.name for field in fields(Place))
NUMBERS: Final = ("before", "after", "difference")


class NothingToCompare(ConnectorError):
    """There is no mapping in force, so nothing to compare with."""


@click.command("preview")
@FILE
@click.option("--last", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many orders.")
@ONE_TENANT
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets: a row for every amount that changes.")
@click.pass_context
def preview_(context: click.Context, file: Path, last: int, tenant: str, as_json: bool, as_csv: bool) -> None:  # noqa: FBT001
    """Map the last orders by FILE and by the mapping in force for each, and show what differs.

    Orders are taken as they were last seen, as if none were posted: what was posted stays as it is. Nothing is posted,
    fetched or written.
    """
    with told_errors():
        candidate, _ = read_mapping(file)
    found = run(context, lambda session: _preview(session, tenant, candidate, last))
    if as_json:
        print_json(_as_data(found))
    elif as_csv:
        _print_csv(found)
    else:
        _print(found)


async def _preview(session: Session, tenant: str, candidate: Mapping, last: int) -> Preview:
    async with session.database.read() as tx:
        name = await one_tenant(tx, tenant)
        schedule = await _schedule(tx, name)
        known = {one.store_hash: _facts(one) for one in await stores.of_tenant(tx, name)}
    orders = []
    async for store_hash, snapshot in _last_orders(session, name, last):
        store = known.get(store_hash)
        if store is not None:
            day = snapshot.order.date_created.astimezone(ZoneInfo(store.timezone)).date()
            orders.append((snapshot, store, schedule.at(day)))
    return preview(orders, candidate)


async def _schedule(tx: Transaction, tenant: str) -> Schedule:
    read: dict[str, Mapping] = {}
    steps = []
    for one in await mappings.activations(tx, tenant):
        if one.version not in read:
            read[one.version] = load_mapping(await mappings.content(tx, tenant, one.version) or "", one.version)
        steps.append(Step(one.effective_from, read[one.version]))
    if not steps:
        raise NothingToCompare(f"no mapping of tenant {tenant} is in force; `mapping check --catalogue` needs none")
    return Schedule(tuple(steps))


def _facts(one: stores.Store) -> StoreFacts:
    fixed = (one.tenant, one.store_hash, one.store_code, one.cut_over, one.timezone, one.tax_inclusive)
    return StoreFacts(*fixed)


async def _last_orders(session: Session, tenant: str, last: int) -> AsyncIterator[tuple[str, OrderSnapshot]]:
    """Yield store and content of the orders that were looked at last, each once; erased ones are left out."""
    trail = Audit(session.vault, session.runtime)
    seen: set[str] = set()
    before = ""
    while len(seen) < last:
        async with session.database.read() as tx:
            rows = await audit.newest(tx, tenant, "store.fetched", before, PAGE)
            for row in rows:
                before = row.record_id
                if row.subject in seen or len(seen) == last:
                    continue
                seen.add(row.subject)
                try:
                    snapshot = await _kept(tx, trail, row)
                except (SubjectErased, Undecryptable, DecodeError, ValidationError) as error:
                    snapshot, why = None, str(error) if isinstance(error, ConnectorError) else type(error).__name__
                else:
                    why = "it was kept by another version of this program; it counts after the relay's next look at it"
                if snapshot is not None:
                    yield row.subject.partition("/")[0], snapshot
                else:
                    click.echo(f"warning: {row.subject} is left out: {why}", err=True)
        if not rows:
            return


async def _kept(tx: Transaction, trail: Audit, row: AuditRow) -> OrderSnapshot | None:
    """Return the order of a look, which an earlier look's record may hold; `None` where neither does."""
    earlier = json.loads(row.fields).get("same_as")
    holder = await audit.by_id(tx, row.tenant, earlier) if earlier else row
    content = await trail.payload(tx, holder) if holder else None
    taken = unpacked(content, holder.record_id) if holder and content else None
    return taken.snapshot if taken else None


def _print(found: Preview) -> None:
    total = sum(found.counts.values())
    said = ", ".join(f"{count} {effect}" for effect, count in sorted(found.counts.items()))
    click.echo(f"{how_many(total, 'order')}: {said or 'none was ever looked at'}")
    for order in found.orders:
        click.echo(f"\norder {order.order_id} of store {order.store_hash}: {order.effect}")
        if order.before == order.after:
            click.echo(f"  {order.after}")
        else:
            click.echo(f"  now:  {order.before}\n  then: {order.after}")
        for row in _rows(order.amounts):
            click.echo(f"    {_place(row):<60}{row['before']:>14} -> {row['after']:>14}")
    rows = [row for row in _rows(found.sums) if row["before"] or row["after"]]
    if rows:
        click.echo("\nsums, debits positive")
        columns = (*PLACE, *NUMBERS)
        print_table(columns, [[str(row[name]) for name in columns] for row in rows])


def _place(row: dict[str, Any]) -> str:
    return " ".join(str(row[name]) for name in PLACE if row[name])


def _rows(amounts: Any) -> list[dict[str, Any]]:
    return [
        asdict(place) | {"before": before, "after": after, "difference": after - before}
        for place, (before, after) in sorted(amounts.items())
    ]


def _as_data(found: Preview) -> dict[str, Any]:
    return {
        "orders": sum(found.counts.values()),
        "counts": found.counts,
        "changes": [_order(one) | {"amounts": _rows(one.amounts)} for one in found.orders],
        "sums": _rows(found.sums),
    }


def _order(one: OrderPreview) -> dict[str, Any]:
    return {
        "store": one.store_hash,
        "order": one.order_id,
        "effect": one.effect,
        "now": one.before,
        "then": one.after,
    }


def _print_csv(found: Preview) -> None:
    columns = ("store", "order", "effect", "now", "then", *PLACE, *NUMBERS)
    writer = csv.DictWriter(sys.stdout, columns, restval="")
    writer.writeheader()
    for one in found.orders:
        # Amounts are numbers, of ours; only texts may quote the store.
        about = {name: escaped(str(value)) for name, value in _order(one).items()}
        for row in _rows(one.amounts) or [{}]:
            writer.writerow(about | row)
