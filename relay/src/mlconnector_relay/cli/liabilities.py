"""`liabilities`: gift certificates and store credit, rolled forward from the last time against the store's balances."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import click
from mlconnector_shared.errors import ConnectorError

from ..bigcommerce.balances import gift_certificates, store_credit
from ..bigcommerce.client import StoreClient, connection_pool
from ..db import ledger_views, stores
from ..db import liabilities as liability_rows
from ..db.engine import Transaction
from ..db.liabilities import Liability
from ..sap.frozen import FrozenInvalid, read_frozen
from ..sap.reference import document_of
from ..tieout.liabilities import Booked, Key, LiabilityKind, Roll, booked, rolled
from ..trail.audit import Audit, Record
from .options import ALL_TENANTS, AS_JSON, LINE
from .session import Session, print_json, run
from .tables import digits, print_table
from .which import tenants_of

__all__ = ["liabilities"]

ALWAYS: Final = datetime(1, 1, 1, tzinfo=UTC)

TITLES: Final[dict[LiabilityKind, str]] = {"gift_certificate": "gift certificates", "store_credit": "store credit"}

COLUMNS: Final = ("store", "liability", "opening", "issued", "used", "expected", "in the store", "unexplained")


TOLD: Final = 20
"""So many documents are named that cannot be read: after a step back to an older relay it may be all of them."""


class NotReadable(ConnectorError):
    """What the ledger keeps of documents cannot be read."""


class _Kept(NamedTuple):
    """Who keeps the balances, and why."""

    by: str
    reason: str


@click.command()
@ALL_TENANTS
@click.option("--keep", is_flag=True, help="Roll forward: the next time opens with these balances.")
@click.option("--by", "who", type=LINE, default="", help="With --keep: who you are; stands in the audit trail.")
@click.option("--reason", type=LINE, default="", help="With --keep: why, in your words.")
@AS_JSON
@click.pass_context
def liabilities(context: click.Context, /, tenant: str, who: str, reason: str, **options: bool) -> None:
    """Roll gift certificates and store credit forward against the store's own balances.

    What the store owed the last time (--keep), and what documents have issued and used since, is what it should owe
    now. What is unexplained was granted, changed or expired in the store without an order, or belongs to orders that
    are not in the books yet (see `totals`). The first time opens with what no document explains. The store is asked
    for all gift certificates and customers: 250 a request, within its quota.
    """
    keep = options["keep"]
    if keep and not (who and reason):
        raise click.UsageError("--keep needs --by and --reason: both stand in the audit trail")
    found = run(context, lambda session: _gather(session, tenant, _Kept(who, reason) if keep else None))
    if options["as_json"]:
        print_json(found)
        return
    print_table(COLUMNS, [_cells(row) for one in found for row in one["liabilities"]])
    for one in found:
        since = f"rolled forward since {one['since']}" if one["since"] else "for the first time"
        kept = "kept: the next time opens with it" if keep else "not kept; --keep rolls it forward"
        click.echo(f"store {one['store']} of tenant {one['tenant']}: {since}, {kept}")


async def _gather(session: Session, tenant: str, kept: _Kept | None) -> list[dict[str, Any]]:
    async with session.database.read() as tx:
        known = [one for name in await tenants_of(tx, tenant) for one in await stores.of_tenant(tx, name)]
    return [await _of_store(session, store, kept) for store in known if store.active]


async def _of_store(session: Session, store: stores.Store, kept: _Kept | None) -> dict[str, Any]:
    moved = await _moved(session, store)
    now = session.runtime.now()
    balances = await _balances(session, store)
    async with session.database.read() as tx:
        before = await liability_rows.latest(tx, store.tenant, store.store_hash)
    last = {_key(one): (one.balance, Booked(one.issued, one.used)) for one in before}
    rolls = rolled(balances, moved, last)
    rows = [_row(store.store_hash, one) for one in rolls]
    if kept:

        async def write(tx: Transaction) -> None:
            for one in rolls:
                whole = moved.get((one.kind, one.currency), Booked())
                amounts = (one.store, whole.issued, whole.used)
                new = Liability(store.tenant, store.store_hash, one.kind, one.currency, now, *amounts)
                await liability_rows.add(tx, new)
            fields = {"liabilities": rows, "by": kept.by, "reason": kept.reason}
            record = Record(store.tenant, "liabilities.kept", f"liabilities/{store.store_hash}", fields=fields)
            await Audit(session.vault, session.runtime).record(tx, record, now)

        await session.database.write(write)
    return {
        "tenant": store.tenant,
        "store": store.store_hash,
        "at": now.isoformat(timespec="seconds"),
        "since": before[0].taken_at.isoformat(timespec="seconds") if before else "",
        "liabilities": rows,
    }


def _key(one: Liability) -> Key:
    return ("gift_certificate" if one.kind == "gift_certificate" else "store_credit"), one.currency


async def _moved(session: Session, store: stores.Store) -> dict[Key, Booked]:
    """Add up page by page: there may be more documents than memory holds.

    Raises:
        NotReadable: some documents cannot be read: without them every sum would be wrong.
    """
    found: dict[Key, Booked] = {}
    unread: list[str] = []
    after, full = "", True
    while full:
        async with session.database.read() as tx:
            postings = await ledger_views.page(tx, store.tenant, ALWAYS, after)
        full = len(postings) == ledger_views.PAGE
        after = postings[-1].posting_id if postings else after
        for one in postings:
            if one.state == "posted" and one.store_hash == store.store_hash:
                try:
                    found = booked([read_frozen(one.facts)], found)
                except FrozenInvalid as error:
                    unread.append(f"{document_of(one.object_key)} ({one.reference}): {error}")
    if unread:
        sentence = f"store {store.store_hash} of tenant {store.tenant}: what {len(unread)} of its documents have moved "
        sentence += f"cannot be read, first {'; '.join(unread[:TOLD])}"
        raise NotReadable(f"{sentence}; did a newer relay write them? run that one, else restore the ledger")
    return found


async def _balances(session: Session, store: stores.Store) -> dict[Key, Decimal]:
    """Return what the store owes; store credit also where that is nothing, so that every time leaves a row."""
    async with connection_pool() as http:
        client = StoreClient(http, store.api_url, session.vault.open_secret(store.access_token), session.runtime)
        certificates = await gift_certificates(client)
        credit = await store_credit(client)
    found: dict[Key, Decimal] = {("store_credit", store.currency): credit}
    return found | {("gift_certificate", code or store.currency): balance for code, balance in certificates.items()}


def _row(store_hash: str, one: Roll) -> dict[str, Any]:
    amounts = {
        "opening": one.opening,
        "issued": one.moved.issued,
        "used": one.moved.used,
        "expected": one.expected,
        "balance": one.store,
        "unexplained": one.unexplained,
    }
    head = {"store": store_hash, "kind": one.kind, "currency": one.currency}
    return head | {name: digits(amount, one.currency) for name, amount in amounts.items()}


def _cells(row: dict[str, Any]) -> list[str]:
    title = f"{TITLES[row['kind']]}, {row['currency']}"
    names = ("opening", "issued", "used", "expected", "balance", "unexplained")
    return [row["store"], title, *(row[name] for name in names)]
