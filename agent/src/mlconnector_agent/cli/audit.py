"""`audit`: the agent's own chained record."""

import click
import msgspec
from mlconnector_shared.errors import ChainBroken, ConnectorError

from ..journal.audit import records, verify
from .root import FAILED, fail, print_json, root, settings_of

__all__ = ["audit"]


@root.group()
def audit() -> None:
    """The agent's own chained record of what it was asked and did."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify_command(context: click.Context, *, as_json: bool) -> None:
    """Check every record and the whole chain; names the first record altered, removed or reordered."""
    try:
        end = verify(settings_of(context).agent.state_dir / "journal.db")
    except ChainBroken as error:
        if as_json:
            print_json({"intact": False, "record": error.sequence, "detail": str(error)})
            raise SystemExit(FAILED) from error
        fail(str(error))
    except ConnectorError as error:
        fail(str(error))
    if as_json:
        print_json({"intact": True, "records": end.sequence, "batches": end.batch, "head": end.head})
    else:
        click.echo(f"intact: {end.sequence} records in {end.batch} batches, head {end.head}")


@audit.command("show")
@click.option("--after", default=0, help="Begin after this record.")
@click.pass_context
def show_command(context: click.Context, after: int) -> None:
    """Print the records as JSON lines."""
    try:
        for record in records(settings_of(context).agent.state_dir / "journal.db", after):
            click.echo(msgspec.json.encode(record).decode())
    except ConnectorError as error:
        fail(str(error))
