"""`orders`: how every order stands, why, and what to do."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, cast, get_args

import click

from ..db import decisions, jobs, ledger
from ..db.engine import Transaction
from ..db.jobs import Job, JobKey, JobState
from ..sap.frozen import FrozenHead, FrozenInvalid, read_head
from ..sap.reference import Kind, document_of
from .adoption import adopt
from .buyer import buyer
from .decide import shown_decision
from .options import ALL_TENANTS, AS_JSON, ONE_STORE, ONE_TENANT
from .remapping import remap
from .session import Session, print_json, run
from .tables import in_words, print_table
from .which import find_job, tenants_of

__all__ = ["orders"]


@click.group()
def orders() -> None:
    """List orders, show one, look at one again, have one mapped anew, or a document of others adopted for it."""


orders.add_command(adopt)
orders.add_command(remap)


@orders.command("list")
@ALL_TENANTS
@click.option("--state", type=click.Choice(get_args(JobState)), help="Only orders in this state.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="So many of a tenant.")
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, state: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """List orders with state, reason, owner of the next step and SAP document."""

    async def work(session: Session) -> list[dict[str, Any]]:
        async with session.database.read() as tx:
            found: list[Job] = []
            for name in await tenants_of(tx, tenant):
                found += await jobs.find(tx, name, state=cast("JobState | None", state), limit=limit)
            return [await _row(tx, job) for job in found]

    rows = run(context, work)
    if as_json:
        print_json(rows)
        return
    columns = ("order", "state", "ordered", "posted", "document", "since", "owner", "reason")
    print_table(
        tuple(_named(column) for column in columns),
        [[_told(column, row[column]) for column in columns] for row in rows],
    )


@orders.command()
@click.argument("order", type=int)
@ONE_TENANT
@ONE_STORE
@AS_JSON
@click.pass_context
def show(context: click.Context, order: int, tenant: str, store_hash: str, as_json: bool) -> None:  # noqa: FBT001
    """Show one order: its state, what it waits for, what people decided about it, and every posting of it."""

    async def work(session: Session) -> dict[str, Any]:
        async with session.database.read() as tx:
            job = await find_job(tx, order, tenant, store_hash)
            row = await _row(tx, job)
            row["company"] = await buyer(session, tx, job)
            row["waits_for"] = [
                {
                    "cause": cause.key,
                    "owner": cause.owner,
                    "sentence": cause.sentence,
                    "choices": ", ".join(cause.choices),
                }
                for cause in await jobs.causes_of(tx, job.key)
            ]
            row["decisions"] = [shown_decision(one) for one in await decisions.of_order(tx, job.key)]
            row["postings"] = [_posting(entry) for entry in await ledger.of_order(tx, *job.key)]
            return row

    row = run(context, work)
    if as_json:
        print_json(row)
        return
    for name, value in row.items():
        if isinstance(value, list):
            click.echo(f"{_named(name)}:" if value else f"{_named(name)}: nothing")
            for item in value:
                told = [f"{_named(key)}: {_told(key, text)}" for key, text in item.items() if text not in {"", None}]
                click.echo("  " + "\n    ".join(told))
        elif name != "amount":
            click.echo(f"{_named(name)}: {_told(name, value) or '-'}")


@orders.command()
@click.argument("order", type=int)
@ONE_TENANT
@ONE_STORE
@click.pass_context
def reprocess(context: click.Context, order: int, tenant: str, store_hash: str) -> None:
    """Look at an order again now, also while it is parked or failed; nothing is posted twice by it."""

    async def work(session: Session) -> JobKey:
        async with session.database.read() as tx:
            job = await find_job(tx, order, tenant, store_hash)
        await session.database.write(lambda tx: jobs.bump(tx, job.key, session.runtime.now()))
        return job.key

    key = run(context, work)
    click.echo(f"order {key.order_id} of store {key.store_hash} is looked at again")


async def _row(tx: Transaction, job: Job) -> dict[str, Any]:
    entries = await ledger.of_order(tx, *job.key)
    last = entries[-1] if entries else None
    return {
        "tenant": job.tenant,
        "store": job.store_hash,
        "order": job.order_id,
        "state": job.state,
        "reason": job.reason,
        "owner": job.owner,
        "since": job.state_since.isoformat(timespec="seconds"),
        "due": job.due_at.isoformat(timespec="seconds") if job.due_at else None,
        "attempts": job.attempts,
        "amount": in_words(last.gross, last.currency) if last else _seen(job),
        "ordered": _seen(job),
        "posted": _posted(entries),
        "reference": last.reference if last else None,
        "document": last.object_key[:10].lstrip("0") if last else None,
    }


TIMES: Final = frozenset({"since", "due", "at"})


def _named(name: str) -> str:
    """Return what people call a field."""
    return f"{name} (UTC)" if name in TIMES else name.replace("_", " ")


def _told(name: str, value: object) -> str:
    """Write a value for people: times to the minute, keys of documents in words."""
    text = "" if value is None else str(value)
    if name in TIMES:
        return text[:16].replace("T", " ")
    return document_of(text).removeprefix("document ") if name == "document" and len(text) > len("0123456789") else text


def _seen(job: Job) -> str | None:
    """Return what an order is worth, as it was last seen."""
    if job.total is None or job.currency is None:
        return None
    return in_words(job.total, job.currency)


def _posted(entries: Sequence[ledger.LedgerEntry]) -> str | None:
    """Return what an order's documents ask of its customer in all; what was paid is not taken off."""
    sums: dict[str, Decimal] = {}
    for one in entries:
        if one.state == "posted" and one.kind != Kind.PAYMENT:
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.gross
    return ", ".join(in_words(amount, currency) for currency, amount in sums.items()) or None


def _posting(entry: ledger.LedgerEntry) -> dict[str, Any]:
    head = _head(entry)
    return {
        "posting": entry.posting_id,
        "state": entry.state,
        "amount": in_words(entry.gross, entry.currency),
        "reference": entry.reference if head is None or head.adopted is None else head.adopted,
        "document": entry.object_key,
        "company_code": entry.company_code,
        "document_type": entry.document_type or "reversal",
        "dates": _dates(head) if head else "",
        "agent": entry.instance,
        "attempt": entry.attempt,
        "mapping": entry.mapping_version,
        "reason": entry.reason,
        "detail": entry.detail,
    }


def _head(entry: ledger.LedgerEntry) -> FrozenHead | None:
    try:
        return read_head(entry.facts)
    except FrozenInvalid:
        return None


def _dates(head: FrozenHead) -> str:
    """Say when a document was posted, and how late where its own day lay in a closed period."""
    posted, own = (date.fromisoformat(day).isoformat() for day in (head.posting_day, head.day))
    return f"{posted}, late: of {own}" if posted != own else own
