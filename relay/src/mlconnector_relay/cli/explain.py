"""`explain`: per line of each document of an order, from which fields it came and how its cents were computed."""

from typing import Any

import click

from ..db import ledger
from ..db.ledger import LedgerEntry
from ..sap.explanation import explanation
from ..sap.frozen import read_frozen
from .buyer import buyer
from .options import AS_JSON, ONE_STORE, ONE_TENANT
from .session import Session, print_json, run
from .which import find_job

__all__ = ["explain"]


@click.command()
@click.argument("order", type=int)
@ONE_TENANT
@ONE_STORE
@AS_JSON
@click.pass_context
def explain(context: click.Context, order: int, tenant: str, store_hash: str, as_json: bool) -> None:  # noqa: FBT001
    """Print how every line of the documents of ORDER came about, from what was kept with each posting."""

    async def work(session: Session) -> tuple[list[LedgerEntry], str]:
        async with session.database.read() as tx:
            job = await find_job(tx, order, tenant, store_hash)
            return await ledger.of_order(tx, *job.key), await buyer(session, tx, job)

    entries, company = run(context, work)
    documents = [_document(entry) | {"company": company} for entry in entries]
    if as_json:
        print_json(documents)
        return
    if company:
        click.echo(f"company: {company}")
    for document in documents:
        head = "{reference} {document_type} {company_code} {state}, mapping {mapping}".format(**document)
        owed = f"; owed by {document['customer']}" if document["customer"] else ""
        terms = f", terms of payment {document['payment_terms']}" if document["payment_terms"] else ""
        click.echo(f"{head}; read as: {document['reading']}{owed}{terms}")
        for line in document["lines"]:
            click.echo(
                f"  {line['item']:>3}  {line['role']:<22}{line['account']:<11}{line['tax_code']:<4}{line['amount']:>14}"
            )
            for sentence in line["because"]:
                click.echo(f"{'':7}{sentence}")
    if not documents:
        click.echo("nothing was posted or tried")


def _document(entry: LedgerEntry) -> dict[str, Any]:
    frozen = read_frozen(entry.facts)
    return {
        "posting": entry.posting_id,
        "reference": entry.reference,
        "document_type": entry.document_type or "reversal",
        "company_code": entry.company_code,
        "currency": entry.currency,
        "state": entry.state,
        "mapping": entry.mapping_version,
        "about": frozen.about,
        "customer": frozen.customer,
        "payment_terms": frozen.terms.payment_terms if frozen.customer else "",
        "reading": frozen.reading,
        "lines": [
            {
                "item": line.item,
                "role": line.role,
                "account": line.account,
                "tax_code": line.tax_code,
                "amount": str(line.amount),
                "because": list(line.because),
            }
            for line in explanation(frozen)
        ],
    }
