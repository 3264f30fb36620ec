"""`procedure`: the procedure documentation that was in force on a day."""

from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path

import click

from ..config import Settings
from ..db import audit, mappings, stores
from ..db.engine import Transaction
from ..db.mappings import Activation
from ..sap.mapping import Mapping, load_mapping
from ..sap.procedure import procedure as written
from ..sap.schedule import Schedule, Step
from .options import ONE_TENANT
from .session import Session, run
from .which import NotOne, one_tenant

__all__ = ["procedure"]


@click.command()
@click.option("--at", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day, as in 2026-12-31.")
@ONE_TENANT
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Written there instead of printed.")
@click.pass_context
def procedure(context: click.Context, day: datetime, tenant: str, output: Path | None) -> None:
    """Print the procedure documentation in force at the end of a day: rules, limits, who decided them, as Markdown."""

    async def work(session: Session) -> str:
        async with session.database.read() as tx:
            name = await one_tenant(tx, tenant)
            return "\n".join(await _document(tx, name, day.date(), session.settings)) + "\n"

    text = run(context, work)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, "utf-8")
    click.echo(f"written to {output}")


async def _document(tx: Transaction, tenant: str, day: date, settings: Settings) -> list[str]:
    until = datetime.combine(day + timedelta(days=1), time(), UTC)
    decided = [one for one in await mappings.activations(tx, tenant) if one.activated_at < until]
    if not decided:
        raise NotOne(f"no mapping of tenant {tenant} was in force on {day}; see `mapping list`")
    proposed = {one.version: one for one in await mappings.versions(tx, tenant)}
    by_version: dict[str, Mapping] = {}
    for one in decided:
        text = await mappings.content(tx, tenant, one.version) or ""
        by_version[one.version] = load_mapping(text, one.version)
    rules = Schedule(tuple(Step(one.effective_from, by_version[one.version]) for one in decided)).at(day)
    entered = next(one for one in reversed(decided) if one.version == rules.version)
    who = proposed[rules.version]
    in_force = (
        f"In force for orders placed on {day}, as decided until the end of that day (UTC): mapping `{rules.version}`, "
        f"proposed by {who.author} on {who.proposed_at:%Y-%m-%d %H:%M} UTC, put in force by {entered.approver} on "
        f"{entered.activated_at:%Y-%m-%d %H:%M} UTC{_since(entered)}{_reason(entered)}. "
        f"Who may put a mapping in force: {settings.activation.replace('_', ' ')}. "
        f"Who decides about an order: {_deciders(rules, settings)}."
    )
    return [
        f"# Procedure documentation of {tenant}, as of {day}",
        "",
        in_force,
        "",
        *await _stores(tx, tenant),
        *await _trail(tx, tenant),
        *_program(settings),
        *written(rules),
    ]


def _deciders(rules: Mapping, settings: Settings) -> str:
    return "four eyes" if rules.file.decisions.need_two(production=settings.is_production) else "one person"


def _since(one: Activation) -> str:
    return f", for orders from {one.effective_from} on" if one.effective_from else ""


def _reason(one: Activation) -> str:
    return f": {one.reason}" if one.reason else ""


async def _stores(tx: Transaction, tenant: str) -> list[str]:
    rows = [
        f"| {one.store_hash} | {one.store_code} | {one.sysid} client {one.client} | {one.cut_over.isoformat()} "
        f"| {one.timezone} | {one.currency} |"
        for one in await stores.of_tenant(tx, tenant)
    ]
    head = [
        "| store | code in references | posts to | orders from | time zone | currency |",
        "|---|---|---|---|---|---|",
    ]
    return ["## Stores", "", *head, *rows, ""]


def _program(settings: Settings) -> list[str]:
    """Return what no mapping holds: the program, and how often it compares the books with SAP's."""
    read = settings.reconciliation
    program = f"mlconnector-relay {version('mlconnector-relay')}."
    compared = f"SAP's books are read back and compared every day at {read.daily_at} UTC, {read.days_back} days back."
    limited = "Which company codes, document types and accounts may be posted to, and up to which amounts,"
    return [
        "## Program and settings when this was printed",
        "",
        f"{program} {compared} {limited} is limited by the policy of the agent, which is kept beside SAP.",
        "",
    ]


async def _trail(tx: Transaction, tenant: str) -> list[str]:
    chain = await audit.chain_of(tx, tenant)
    sealed = (
        f"{chain.high_water} records in {chain.batches} batches, head `{chain.head}`" if chain else "nothing sealed yet"
    )
    return ["## Audit trail when this was printed", "", f"{sealed}; `audit verify` proves it.", ""]
