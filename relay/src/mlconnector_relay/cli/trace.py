"""`trace`: the whole way of one order in time, from the callback to the document number."""

import json
from typing import Any

import click

from ..db import audit, ledger
from ..db.audit import AuditRow
from ..db.jobs import Job
from ..db.ledger import LedgerEntry
from ..reconcile.records import subject_of
from ..reconcile.steps import is_question
from ..sap.reference import document_of
from .buyer import buyer
from .options import AS_JSON, ONE_STORE, ONE_TENANT
from .session import Session, print_json, run
from .tables import in_words
from .which import find_job

__all__ = ["trace"]


@click.command()
@click.argument("order", type=int)
@ONE_TENANT
@ONE_STORE
@AS_JSON
@click.pass_context
def trace(context: click.Context, order: int, tenant: str, store_hash: str, as_json: bool) -> None:  # noqa: FBT001
    """Print the way of ORDER: callback, fetches, mapping decisions, envelope, RFC calls with RETURN rows, commit."""

    async def work(session: Session) -> tuple[Job, list[AuditRow], list[LedgerEntry], str]:
        async with session.database.read() as tx:
            job = await find_job(tx, order, tenant, store_hash)
            rows = await audit.of_subject(tx, job.tenant, subject_of(job.store_hash, job.order_id))
            return job, rows, await ledger.of_order(tx, *job.key), await buyer(session, tx, job)

    job, rows, entries, company = run(context, work)
    if as_json:
        print_json(
            {
                "order": job.order_id,
                "state": job.state,
                "company": company,
                "records": [
                    {"at": row.at.isoformat(), "kind": row.kind, "trace": row.trace, **json.loads(row.fields)}
                    for row in rows
                ],
            }
        )
        return
    click.echo(f"order {job.order_id} of store {job.store_hash}, tenant {job.tenant}; times in UTC")
    if company:
        click.echo(f"company: {company}")
    for row in rows:
        head, *details = _lines(row.kind, json.loads(row.fields))
        click.echo(f"{row.at:%Y-%m-%d %H:%M:%S}.{row.at.microsecond // 1000:03d}  {head}")
        for detail in details:
            click.echo(f"{'':25}{detail}")
    for entry in entries:
        document = f", {document_of(entry.object_key)}" if entry.object_key else ""
        click.echo(f"ledger: {entry.posting_id} {entry.state}, {in_words(entry.gross, entry.currency)}{document}")
    click.echo(f"now: {job.state}; {job.reason}")
    click.echo(f"trace id: {job.trace.split('-')[1] if job.trace.count('-') > 1 else 'none'}")


def _lines(kind: str, fields: dict[str, Any]) -> list[str]:
    match kind:
        case "callback.accepted":
            late = ", outside the timestamp window" if fields["stale"] else ""
            return [f"callback     {fields['scope']}, delivery {fields['delivery'][:12]}{late}"]
        case "store.fetched":
            requests = [
                f"{one['request']}  {one['status']}  {one['milliseconds']} ms  {one['bytes']} bytes"
                for one in fields["requests"]
            ]
            head = f"fetched      status {fields['status_id']}, modified {fields['date_modified']}"
            return [head, *requests, *(_shipment(one) for one in fields.get("shipments", ()))]
        case "order.planned":
            return _planned(fields)
        case "document.built" | "document.adopted":
            return _adopted(fields) if "carries" in fields else _built(fields)
        case "envelope.sealed" if is_question(fields["envelope"]):
            return [f"asked again  agent {fields['agent']} what became of it, envelope {fields['envelope']}"]
        case "envelope.sealed":
            head = f"sealed       envelope {fields['envelope']} for agent {fields['agent']}, {fields['bytes']} bytes"
            return [head, f"reference {fields['reference']}, content {fields['digest'][:16]}"]
        case "agent.result":
            return _result(fields)
        case "decision.taken" | "decision.changed" | "decision.confirmed" | "decision.ended":
            what = f"{kind.partition('.')[2]} by {fields['by']}: {fields['choice']}, {fields['cause']}"
            return [f"decided      {what}", f"because {fields['reason']}; proposal {fields['proposal'][:16]}"]
        case "agent.refused":
            return [f"refused      by agent {fields['agent']}: rule {fields['rule']}"]
        case _:
            return [f"{kind}  {json.dumps(fields, ensure_ascii=False)}"]


def _shipment(fields: dict[str, Any]) -> str:
    items = ", ".join(f"{quantity} of line {line}" for line, quantity in fields["items"]) or "nothing named"
    tracked = "with" if fields["tracked"] else "without"
    return f"shipment {fields['shipment']} of {fields['created'][:10]}: {items}; {tracked} a tracking number"


def _planned(fields: dict[str, Any]) -> list[str]:
    said = fields.get("sentence") or fields.get("document")
    rule = f" ({fields['rule']})" if "rule" in fields else ""
    causes = [f"{cause['key']}: {cause['sentence']}" for cause in fields.get("causes", ())]
    return [f"planned      {fields['plan']}{rule}{f' {said}' if said else ''}, mapping {fields['mapping']}", *causes]


def _built(fields: dict[str, Any]) -> list[str]:
    lines = [
        f"{line['item']:>3}  {line['role']:<9} {line['account']:<10} {line['cost_center']:<6} "
        f"{line['tax_code']:<2} {line['amount']:>12}"
        for line in fields["lines"]
    ]
    document = f"{fields['document_type'] or 'reversal'} in company code {fields['company_code']}"
    head = f"{document}, {fields['gross']}, {fields['reference']}"
    return [f"mapped       {head}; read as {fields['reading']}", *lines]


def _adopted(fields: dict[str, Any]) -> list[str]:
    what = f"{document_of(fields['object_key'])}, {fields['gross']}, {fields['carries'] or 'no reference'}"
    return [f"adopted      {what}; entered by {fields['entered_by']}, {fields['decided']}"]


def _result(fields: dict[str, Any]) -> list[str]:
    steps = []
    for step in fields["steps"]:
        said = f"  {' '.join(step['messages'])}" if step["messages"] else ""
        note = f"  {step['note']}" if step["note"] else ""
        steps.append(
            f"{step['at'][11:23]}  {step['function']}  {step['milliseconds']} ms  {step['outcome']}{note}{said}"
        )
    why = f", {fields['reason']}" if fields["reason"] else ""
    document = f", {document_of(fields['object_key'])}" if fields["object_key"] else ""
    return [f"answered     {fields['outcome']}{document}{why}; ledger: {fields['ledger']}", *steps]
