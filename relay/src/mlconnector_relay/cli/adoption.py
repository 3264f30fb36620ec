"""`orders adopt`: ask that a document of somebody else's be taken over; how it compares is decided before it is."""

import click

from ..db import decisions, jobs, ledger, stores
from ..db.engine import Transaction
from ..db.jobs import Job
from ..reconcile.adopting import request
from ..reconcile.steps import as_causes
from ..sap.reference import document_of
from ..trail.audit import Audit
from ..trail.decision_book import DecisionBook, NotDecided
from .options import BY, LINE, ONE_STORE, ONE_TENANT, Spelt
from .session import Session, run
from .which import find_job

__all__ = ["adopt"]


@click.command()
@click.argument("order", type=int)
@click.option(
    "--document",
    "number",
    required=True,
    type=Spelt("document number", r"[0-9A-Z]{1,10}", "1 to 10 of 0-9 and A-Z, as FB03 shows it"),
    help="Number of the document in SAP.",
)
@click.option("--year", required=True, type=Spelt("fiscal year", r"[0-9]{4}", "four digits"), help="Its fiscal year.")
@click.option(
    "--company-code",
    required=True,
    type=Spelt("company code", r"[0-9A-Z]{1,4}", "1 to 4 of 0-9 and A-Z"),
    help="Its company code.",
)
@ONE_TENANT
@ONE_STORE
@BY
@click.option("--reason", type=LINE, required=True, help="Why, in your words.")
@click.pass_context
def adopt(
    context: click.Context,
    *,
    order: int,
    number: str,
    year: str,
    company_code: str,
    tenant: str,
    store_hash: str,
    who: str,
    reason: str,
) -> None:
    """Ask that a document in SAP be taken over as the invoice of ORDER, which is from before the store's cut-over.

    Nothing is posted or taken over by that: the document is read back from SAP and compared with the order, which waits
    with the comparison until it is decided by `worklist decide`.
    """
    object_key = f"{number.zfill(10)}{company_code:<4}{year}"

    async def work(session: Session) -> str:
        book = DecisionBook(Audit(session.vault, session.runtime), session.runtime)

        async def asked(tx: Transaction) -> str:
            job = await find_job(tx, order, tenant, store_hash)
            why = await _against(tx, job, object_key)
            if why:
                raise NotDecided(f"{document_of(object_key)} cannot be adopted for order {order}: {why}")
            [cause] = as_causes([request(order, object_key)])
            for one in await decisions.of_order(tx, job.key):
                if one.cause == cause.key:
                    await jobs.bump(tx, job.key, session.runtime.now())
                    return one.decided_by
            await book.decide(tx, job.key, cause, cause.choices[0], by=who, reason=reason)
            return who

        return await session.database.write(asked)

    by = run(context, work)
    click.echo(
        f"{document_of(object_key)} is read and compared with order {order}, asked for by {by}; "
        f"next: worklist decide {order}, or orders show {order} where it does not fit"
    )


async def _against(tx: Transaction, job: Job, object_key: str) -> str:
    """Return why nothing can be adopted, whatever the document holds; empty where it may be."""
    entries = await ledger.of_order(tx, *job.key)
    if entries:
        stands = next((document_of(one.object_key) for one in entries if one.object_key), "a posting")
        return f"the order has {stands} in the ledger; see `orders show`"
    store = await stores.by_hash(tx, job.tenant, job.store_hash)
    if store is None or job.placed_at is None:
        return "it was not fetched yet; try again in a minute, see `orders show`"
    if job.placed_at >= store.cut_over:
        since = f"{store.cut_over:%Y-%m-%d %H:%M} UTC"
        return (
            f"it was placed {job.placed_at:%Y-%m-%d %H:%M} UTC, after the cut-over {since}: the relay posts it itself"
        )
    holder = await ledger.by_document(tx, job.tenant, store.sysid, store.client, object_key)
    if holder is not None:
        return f"it is in the ledger already, of order {holder.order_id} of store {holder.store_hash}"
    return ""
