"""`cutoff`: what is invoiced and not shipped, and shipped and not invoiced, at the end of a day."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any, Final

import click
from mlconnector_shared.words import how_many

from ..tieout.amounts import spelled
from ..tieout.cutoff import Side
from ..tieout.shipped import OpenOrder, open_orders
from ..trail.audit import Audit
from .days import DAY
from .options import ALL_TENANTS, AS_JSON
from .session import Session, print_json, run
from .tables import print_table
from .which import tenants_of

__all__ = ["cutoff"]

USUAL_DAYS: Final = 120

TITLES: Final[dict[Side, str]] = {"unshipped": "invoiced, not shipped", "uninvoiced": "shipped, not invoiced"}


@click.command()
@ALL_TENANTS
@click.option("--at", "at", type=DAY, required=True, help="The day of the cut-off; its end counts.")
@click.option("--since", type=DAY, help=f"Orders placed from this day on; {USUAL_DAYS} days before where left out.")
@AS_JSON
@click.pass_context
def cutoff(context: click.Context, tenant: str, at: datetime, since: datetime | None, as_json: bool) -> None:  # noqa: FBT001
    """Show per store and currency what was invoiced and not shipped, and shipped and not invoiced, on a day.

    Goods only, as the orders were last fetched until the end of that day (in the store's time zone), against documents
    with a posting date until then. Amounts of invoices are what refunds have left of them, in shares by piece.
    """
    first = since.date() if since else at.date() - timedelta(days=USUAL_DAYS)
    if first > at.date():
        raise click.UsageError(f"--since {first} lies after --at {at.date()}")
    found = run(context, lambda session: _gather(session, tenant, first, at.date()))
    if as_json:
        print_json(found)
        return
    for one in found:
        _print(one)


async def _gather(session: Session, tenant: str, since: date, at: date) -> list[dict[str, Any]]:
    async with session.database.read() as tx:
        tenants = await tenants_of(tx, tenant)
    audit = Audit(session.vault, session.runtime)
    found = []
    for name in tenants:
        orders = await open_orders(session.database, audit, name, since, at)
        found.append(
            {
                "tenant": name,
                "at": at.isoformat(),
                "since": since.isoformat(),
                "sums": _sums(orders),
                "orders": [_order(one, side) for one in orders for side in TITLES if _amounts(one, side)[0]],
                "unknown": [
                    {"store": one.store_hash, "order": one.order_id, "why": one.unknown}
                    for one in orders
                    if one.unknown
                ],
            }
        )
    return found


def _sums(orders: list[OpenOrder]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, Side], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in orders:
        for side in TITLES:
            pieces, net, gross = _amounts(one, side)
            if pieces:
                row = sums[one.store_hash, one.currency, side]
                for place, more in enumerate((1, net, gross)):
                    row[place] += more
    return [
        {
            "store": store,
            "currency": currency,
            "side": side,
            "orders": count,
            "net": spelled(net, currency),
            "gross": spelled(gross, currency),
        }
        for (store, currency, side), (count, net, gross) in sorted(sums.items())
    ]


def _order(one: OpenOrder, side: Side) -> dict[str, Any]:
    pieces, net, gross = _amounts(one, side)
    return {
        "store": one.store_hash,
        "order": one.order_id,
        "currency": one.currency,
        "side": side,
        "pieces": pieces,
        "net": spelled(net, one.currency),
        "gross": spelled(gross, one.currency),
    }


def _amounts(one: OpenOrder, side: Side) -> tuple[int, int, int]:
    lines = [line for line in one.lines if line.side == side]
    return sum(line.pieces for line in lines), sum(line.net for line in lines), sum(line.gross for line in lines)


def _print(found: dict[str, Any]) -> None:
    click.echo(f"tenant {found['tenant']}, end of {found['at']}, orders placed since {found['since']}")
    columns = ("store", "currency", "side", "orders", "net", "gross")
    told = [row | {"side": TITLES[row["side"]]} for row in found["sums"]]
    print_table(columns, [[str(row[name]) for name in columns] for row in told])
    if found["orders"]:
        click.echo("--json names the orders")
    if found["unknown"]:
        named = ", ".join(f"{one['order']} of {one['store']}" for one in found["unknown"][:3])
        which = how_many(len(found["unknown"]), "order")
        click.echo(f"{which} could not be told: {named}: {found['unknown'][0]['why']}")
