"""`orders remap`: ask that a posted order be mapped anew; what that changes is decided before it is posted."""

import click

from ..db import decisions, jobs, ledger
from ..db.engine import Transaction
from ..reconcile.posted import posted_documents
from ..reconcile.remapping import cannot_be_mapped_anew, request
from ..reconcile.steps import as_causes, as_planned
from ..trail.audit import Audit
from ..trail.decision_book import DecisionBook, NotDecided
from .options import BY, LINE, ONE_STORE, ONE_TENANT
from .session import Session, run
from .which import find_job

__all__ = ["remap"]


@click.command()
@click.argument("order", type=int)
@ONE_TENANT
@ONE_STORE
@BY
@click.option("--reason", type=LINE, required=True, help="Why, in your words.")
@click.pass_context
def remap(context: click.Context, order: int, tenant: str, store_hash: str, who: str, reason: str) -> None:
    """Ask that ORDER, which is posted, be mapped anew by the mapping in force for its day.

    Nothing is posted by that: the order waits with its old and new lines until it is decided by `worklist decide`.
    """

    async def work(session: Session) -> str:
        book = DecisionBook(Audit(session.vault, session.runtime), session.runtime)

        async def asked(tx: Transaction) -> str:
            key = (await find_job(tx, order, tenant, store_hash)).key
            posted = posted_documents([as_planned(entry) for entry in await ledger.of_order(tx, *key)])
            why = cannot_be_mapped_anew(posted)
            if why:
                raise NotDecided(f"order {order} cannot be mapped anew: {why}")
            [cause] = as_causes([request(order, posted)])
            for one in await decisions.of_order(tx, key):
                if (one.cause, one.proposal) == (cause.key, cause.proposal):
                    await jobs.bump(tx, key, session.runtime.now())
                    return one.decided_by
            await book.decide(tx, key, cause, cause.choices[0], by=who, reason=reason)
            return who

        return await session.database.write(asked)

    by = run(context, work)
    click.echo(f"order {order} is looked at again, asked for by {by}; next: worklist decide {order}")
