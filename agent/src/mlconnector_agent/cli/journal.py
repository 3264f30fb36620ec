"""`journal` and `channel`: what was executed, what is open, and which channels are stopped."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
from mlconnector_shared.envelope import ResultEnvelope
from mlconnector_shared.errors import ConnectorError

from ..config.settings import Settings
from ..journal.journal import Journal
from ..journal.records import ChannelState, Posting
from ..luw.decision import decide
from ..runtime import SystemRuntime
from .root import fail, print_json, readable, root, settings_of

__all__ = ["channel", "journal"]

T = TypeVar("T")


@root.group()
def journal() -> None:
    """Show what this agent has executed."""


@journal.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_command(context: click.Context, *, as_json: bool) -> None:
    """List open postings, unacknowledged results and channels."""

    async def look(book: Journal) -> dict[str, Any]:
        return {
            "journal_id": book.journal_id,
            "sequence": book.sequence,
            "acknowledged": book.acknowledged_sequence,
            "open": [_facts(posting) for posting in await book.open_postings()],
            "unacknowledged": [one.envelope_id for one in await book.results_unacknowledged()],
            "channels": [
                {"company_code": one.company_code, "document_type": one.document_type, "state": one.state,
                 "reason": one.reason, "changed_at": one.changed_at.isoformat()}
                for one in await book.channels()
            ],
        }  # fmt: skip

    found = _with_journal(settings_of(context), look)
    if as_json:
        print_json(found)
        return
    click.echo(f"journal {found['journal_id']} at {found['sequence']}, acknowledged up to {found['acknowledged']}")
    for posting in found["open"]:
        click.echo(f"open     {posting['phase']:12} {posting['posting_id']}  {posting['changed_at']}")
    for envelope_id in found["unacknowledged"]:
        click.echo(f"untold   {envelope_id}")
    for one in found["channels"]:
        click.echo(f"channel  {one['state']:12} {one['company_code']} {one['document_type']}  {one['reason']}")


@journal.command("show")
@click.argument("posting_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show_command(context: click.Context, posting_id: str, *, as_json: bool) -> None:
    """Show where the posting POSTING_ID stands."""
    posting = _with_journal(settings_of(context), lambda book: book.posting(posting_id))
    if posting is None:
        fail(f"the journal does not know {posting_id}")
    facts = _facts(posting)
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:14} {value}")


@journal.command("decide")
@click.argument("posting_id")
@click.option("--posted", "object_key", metavar="OBJECT_KEY", help="It is in SAP: number, company code, fiscal year.")
@click.option("--absent", is_flag=True, help="It is not in SAP, and no update request of it is left in SM13.")
@click.option("--reason", required=True, callback=readable, help="How you found out; kept in journal and audit.")
@click.pass_context
def decide_command(
    context: click.Context, posting_id: str, object_key: str | None, reason: str, *, absent: bool
) -> None:
    """Settle the posting POSTING_ID, which is in doubt, as you have found it in SAP."""
    if (object_key is None) is not absent:
        raise click.UsageError("say either --posted OBJECT_KEY or --absent")
    settings = settings_of(context)
    who = getpass.getuser()
    facts = {"by": who, "reason": reason, "object_key": object_key or ""}

    async def settle(book: Journal) -> ResultEnvelope:
        await book.audit.written("posting.decided", posting_id, **facts)
        told = f"{who} ({reason})"
        return await decide(book, settings.agent.instance, SystemRuntime(), posting_id, object_key or "", told)

    result = _with_journal(settings, settle)
    click.echo(f"{posting_id} is {result.outcome}; a running agent tells the relay")


@root.group()
def channel() -> None:
    """Channels: a company code and document type, and whether its documents are found again in SAP."""


@channel.command("release")
@click.argument("company_code")
@click.argument("document_type")
@click.option("--reason", required=True, callback=readable, help="Why it may go on; kept in journal and audit.")
@click.pass_context
def release_command(context: click.Context, company_code: str, document_type: str, reason: str) -> None:
    """Let documents of COMPANY_CODE and DOCUMENT_TYPE be posted again."""
    settings = settings_of(context)
    facts = {"company_code": company_code, "document_type": document_type, "by": getpass.getuser(), "reason": reason}

    async def release(book: Journal) -> str:
        found = await book.channel(company_code, document_type)
        if found is None or found.state is not ChannelState.STOPPED:
            return f"channel {company_code} {document_type} is not stopped"
        await book.audit.written("channel.released", "", **facts)
        await book.release_channel(company_code, document_type)
        return ""

    complaint = _with_journal(settings, release)
    if complaint:
        fail(complaint)
    click.echo(f"channel {company_code} {document_type} is released; its next document has to qualify anew")


def _with_journal(settings: Settings, look: Callable[[Journal], Awaitable[T]]) -> T:
    path = settings.agent.state_dir / "journal.db"
    if not path.exists():
        fail(f"there is no journal at {path} yet")

    async def work() -> T:
        book = await Journal.open(path, SystemRuntime())
        try:
            return await look(book)
        finally:
            await book.close()

    try:
        return asyncio.run(work())
    except ConnectorError as error:
        fail(str(error))


def _facts(posting: Posting) -> dict[str, Any]:
    return {
        "posting_id": posting.posting_id,
        "phase": str(posting.phase),
        "changed_at": posting.changed_at.isoformat(),
        "envelope_id": posting.envelope_id,
        "object_key": posting.object_key,
        "reference": posting.document.reference,
        "company_code": posting.document.company_code,
        "document_type": posting.document.document_type,
        "sap_user": posting.sap_user,
        "verified": posting.verified,
    }
