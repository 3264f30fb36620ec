"""`relay`: what the agent remembers of the relay, by which it notices that the relay's state went back."""

import asyncio
import getpass
from pathlib import Path

import click
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many

from ..journal.alone import alone
from ..journal.journal import Journal
from ..journal.records import Witness
from ..runtime import SystemRuntime
from .root import fail, readable, root, settings_of

__all__ = ["relay"]


@root.group()
def relay() -> None:
    """What this agent remembers of the relay's state, which must never go back."""


@relay.command("forget")
@click.option("--reason", required=True, callback=readable, help="Why its state may be another; kept in the audit.")
@click.pass_context
def forget_command(context: click.Context, reason: str) -> None:
    """Forget how far the relay had come, after it was recovered, or told what is not so. The agent must be stopped."""
    path = settings_of(context).agent.state_dir / "journal.db"
    if not path.exists():
        fail(f"there is no journal at {path} yet")
    try:
        with alone(path):
            known = asyncio.run(_forget(path, reason))
    except ConnectorError as error:
        fail(str(error))
    click.echo(
        f"forgotten: {known.high_water} audit records, batch {known.batch}; the agent takes the relay as it finds it"
    )


async def _forget(path: Path, reason: str) -> Witness:
    book = await Journal.open(path, SystemRuntime())
    try:
        known, open_ = book.witness, await book.open_postings()
        if open_:
            # What is open was sent by a relay that may not know of it any more: only this journal tells.
            said = f"open: {how_many(len(open_), 'posting')}, such as {open_[0].posting_id}"
            fail(f"{said}; settle them first: `journal list`")
        facts = {"incarnation": known.incarnation, "high_water": known.high_water, "batch": known.batch}
        who = getpass.getuser()
        await book.audit.written("relay.forgotten", "", by=who, reason=reason, head=known.head, **facts)
        await book.witness_relay(Witness())
        return known
    finally:
        await book.close()
