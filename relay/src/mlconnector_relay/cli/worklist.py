"""`worklist`: what parked orders wait for, one entry per cause, with the amounts it blocks."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, get_args

import click
from mlconnector_shared.words import how_many

from ..db import jobs, mappings, refused_days
from ..db import worklist as rows
from ..db.engine import Transaction
from ..db.outcomes import Owner
from ..db.worklist import Entry, WaitingOrder
from ..reconcile.cures import MAPPING_CAUSES
from ..sap.books import period_key
from ..sap.mapping import Mapping, load_mapping
from ..sap.suggestions import suggest
from ..trail.audit import Audit, Record
from .decide import decide
from .options import ALL_TENANTS, AS_JSON, BY, LINE
from .session import Session, print_json, run
from .tables import in_words, print_table
from .which import NotOne, tenants_of

__all__ = ["worklist"]

OWNERS: Final = [owner for owner in get_args(Owner) if owner != "nobody"]


@click.group()
def worklist() -> None:
    """See what parked orders wait for, and release those whose cause is cured."""


@worklist.command("list")
@ALL_TENANTS
@click.option("--owner", type=click.Choice(OWNERS), help="Only what this owner can cure.")
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, owner: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List every cause with the orders waiting for it, the amount it blocks, its age, and what may be meant."""

    async def work(session: Session) -> list[dict[str, Any]]:
        found = []
        async with session.database.read() as tx:
            for name in await tenants_of(tx, tenant):
                mapping = await _in_force(tx, name)
                found += [
                    _shown(name, entry, mapping)
                    for entry in await rows.entries(tx, name)
                    if owner in {None, entry.owner}
                ]
        return found

    found = run(context, work)
    if as_json:
        print_json(found)
        return
    for entry in found:
        blocked = ", ".join(entry["blocked"]) or "nothing known"
        click.echo(
            f"{entry['cause']}\n  {how_many(entry['orders'], 'order')}, {blocked} blocked since {entry['oldest']} UTC; "
            f"owner {entry['owner']}\n  {entry['sentence']}"
        )
        for suggestion in entry["suggestions"]:
            click.echo(f"  perhaps {suggestion}")
        if entry["choices"]:
            click.echo(f"  decide: {', '.join(entry['choices'])}")
    if not found:
        click.echo("none")


@worklist.command()
@click.argument("cause")
@ALL_TENANTS
@AS_JSON
@click.pass_context
def show(context: click.Context, cause: str, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """Show the orders that wait for CAUSE, the longest first."""

    async def work(session: Session) -> list[tuple[str, WaitingOrder]]:
        async with session.database.read() as tx:
            found = [
                (name, order)
                for name in await tenants_of(tx, tenant)
                for order in await rows.orders_waiting(tx, name, cause)
            ]
        if not found:
            raise NotOne(f"no order waits for {cause!r}; see `worklist list`")
        return found

    found = run(context, work)
    if as_json:
        print_json([{"tenant": name} | asdict(order) | {"blocked": order.blocked} for name, order in found])
        return
    columns = ("order", "store", "blocked", "total", "placed (UTC)", "waits since (UTC)", "what is the matter")
    print_table(
        columns,
        [
            [
                str(order.order_id),
                order.store_hash,
                *(
                    "" if amount is None or not order.currency else in_words(amount, order.currency)
                    for amount in (order.blocked, order.total)
                ),
                _minute(order.placed_at),
                _minute(order.since),
                order.sentence,
            ]
            for _, order in found
        ],
    )


@worklist.command()
@click.argument("cause")
@ALL_TENANTS
@BY
@click.option("--reason", type=LINE, required=True, help="What was done about it, in your words.")
@click.pass_context
def release(context: click.Context, cause: str, tenant: str, who: str, reason: str) -> None:
    """Look again at exactly the orders that wait for CAUSE, once it is cured outside, such as a period in SAP."""

    async def work(session: Session) -> int:
        async with session.database.read() as tx:
            names = await tenants_of(tx, tenant)
        audit = Audit(session.vault, session.runtime)

        async def released(tx: Transaction) -> int:
            now, count = session.runtime.now(), 0
            for name in names:
                await _ask_again(tx, name, cause)
                # The mapping releases what it cures: a person who does has changed a product or customer in the store.
                some = await jobs.release(tx, name, cause, now, anew=cause.startswith(MAPPING_CAUSES))
                if some:
                    fields = {"cause": cause, "orders": some, "by": who, "reason": reason}
                    await audit.record(tx, Record(name, "worklist.released", "worklist", fields=fields), now)
                count += some
            return count

        count = await session.database.write(released)
        if not count:
            raise NotOne(f"no order waits for {cause!r}; see `worklist list`")
        return count

    click.echo(f"looked at again: {how_many(run(context, work), 'order')} that waited for {cause}")


worklist.add_command(decide)


async def _ask_again(tx: Transaction, tenant: str, cause: str) -> None:
    """Forget that SAP refused a period, where that is the cause: else its orders would not even be sent."""
    for key in {one.key for one in await refused_days.of_tenant(tx, tenant)}:
        if period_key(key.company_code, key.period) == cause:
            await refused_days.forget(tx, key)


async def _in_force(tx: Transaction, tenant: str) -> Mapping | None:
    decided = await mappings.activations(tx, tenant)
    text = await mappings.content(tx, tenant, decided[-1].version) if decided else None
    return None if text is None else load_mapping(text, decided[-1].version)


def _shown(tenant: str, entry: Entry, mapping: Mapping | None) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "cause": entry.cause,
        "owner": entry.owner,
        "orders": entry.orders,
        "blocked": [in_words(amount, currency) for currency, amount in sorted(entry.blocked.items())],
        "oldest": _minute(entry.oldest),
        "sentence": entry.sentence,
        "choices": entry.choices.split(),
        "suggestions": suggest(mapping, entry.cause) if mapping else (),
    }


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
