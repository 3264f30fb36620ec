"""`mapping`: check a mapping, propose it, put it in force, return to the one before, see what is in force."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date
from pathlib import Path
from typing import Any

import click

from ..db import mappings
from ..db.engine import Transaction
from ..db.mappings import Activation
from ..sap.schedule import changes_from
from ..trail.audit import Audit
from ..trail.mapping_book import MappingBook, NotActivated
from .mapping_check import check
from .mapping_preview import preview_
from .mapping_sheet import export, import_
from .mapping_source import FILE, read_mapping
from .options import AS_JSON, BY, LINE, ONE_TENANT
from .session import Session, print_json, run
from .tables import print_table
from .which import NotOne, one_tenant

__all__ = ["mapping"]


@click.group()
def mapping() -> None:
    """Check mappings, propose them, put them in force, see what is in force."""


mapping.add_command(check)
mapping.add_command(preview_)
mapping.add_command(export)
mapping.add_command(import_)


@mapping.command()
@FILE
@ONE_TENANT
@BY
@click.pass_context
def propose(context: click.Context, file: Path, tenant: str, who: str) -> None:
    """Check FILE and keep it under its version, for somebody else to put in force; posts nothing by itself."""

    async def work(session: Session) -> tuple[str, bool, str]:
        checked, text = read_mapping(file)
        name = await _tenant(session, tenant)
        book = _book(session)
        new = await session.database.write(
            lambda tx: book.propose(tx, name, checked.version, text, source=file.name, author=who)
        )
        if session.settings.activation == "file":
            return (
                checked.version,
                new,
                f"put it into {session.settings.mapping.directory / name}.toml, which decides here",
            )
        return checked.version, new, f"mapping activate {checked.version}"

    version, new, then = run(context, work)
    click.echo(f"{version} {'is proposed' if new else 'was proposed before'}; next: {then}")


@mapping.command()
@click.argument("version")
@ONE_TENANT
@BY
@click.option("--reason", type=LINE, default="", help="Why, in your words.")
@click.option(
    "--from",
    "effective_from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only for orders placed from this day on; for every order not posted yet where left out.",
)
@click.pass_context
def activate(context: click.Context, /, version: str, tenant: str, who: str, reason: str, effective_from: Any) -> None:
    """Put VERSION in force; somebody other than its author does, unless the settings say one person may."""
    day: date | None = effective_from.date() if effective_from else None

    def entered(session: Session, book: MappingBook, name: str) -> Callable[[Transaction], Any]:
        four_eyes = session.settings.activation == "four_eyes"
        return lambda tx: book.activate(tx, name, version, day, approver=who, reason=reason, four_eyes=four_eyes)

    _decide(context, tenant, entered)


@mapping.command()
@ONE_TENANT
@BY
@click.option("--reason", type=LINE, required=True, help="Why, in your words.")
@click.pass_context
def rollback(context: click.Context, tenant: str, who: str, reason: str) -> None:
    """Put the version in force again that was before; what was posted meanwhile stays as it is."""
    _decide(context, tenant, lambda _, book, name: lambda tx: book.roll_back(tx, name, approver=who, reason=reason))


@mapping.command("list")
@ONE_TENANT
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """List every version: who proposed it, who put it in force, from when, and why; the newest decision last."""

    async def work(session: Session) -> dict[str, list[dict[str, Any]]]:
        name = await _tenant(session, tenant)
        async with session.database.read() as tx:
            decided = await mappings.activations(tx, name)
            return {
                "versions": [asdict(one) for one in await mappings.versions(tx, name)],
                "in_force": [asdict(one) for one in decided],
                "applies": _applies(decided, session.runtime.now().astimezone(UTC).date()),
            }

    found = run(context, work)
    if as_json:
        print_json(found)
        return
    if not found["applies"]:
        click.echo("nothing is in force")
    for place, one in enumerate(found["applies"]):
        when = f"for orders placed from {one['day']} on" if place else "in force"
        by = f"{one['activated_at']:%Y-%m-%d %H:%M} UTC by {one['approver']}, decision {one['sequence']}"
        click.echo(f"{when}: {one['version']}, decided {by}")
    click.echo()
    decided = {one["version"] for one in found["in_force"]}
    click.echo("proposed")
    rows = [
        [
            one["version"],
            one["author"],
            f"{one['proposed_at']:%Y-%m-%d %H:%M}",
            "" if one["version"] in decided else "yes",
        ]
        for one in found["versions"]
    ]
    print_table(("version", "author", "proposed (UTC)", "never in force"), rows)
    click.echo("\nput in force")
    print_table(
        ("#", "version", "approver", "put in force (UTC)", "for orders from", "reason"),
        [
            [
                str(one["sequence"]),
                one["version"],
                one["approver"],
                f"{one['activated_at']:%Y-%m-%d %H:%M}",
                str(one["effective_from"] or "all"),
                one["reason"],
            ]
            for one in found["in_force"]
        ],
    )


@mapping.command()
@click.argument("version", default="")
@ONE_TENANT
@click.pass_context
def show(context: click.Context, version: str, tenant: str) -> None:
    """Print the text of VERSION, or of the one put in force last."""

    async def work(session: Session) -> str:
        name = await _tenant(session, tenant)
        async with session.database.read() as tx:
            decided = await mappings.activations(tx, name)
            wanted = version or (decided[-1].version if decided else "")
            text = await mappings.content(tx, name, wanted)
        if text is None:
            raise NotOne(f"tenant {name} has no mapping {wanted or 'in force'}; see `mapping list`")
        return text

    click.echo(run(context, work), nl=False)


def _applies(decided: Sequence[Activation], today: date) -> list[dict[str, Any]]:
    """Return what applies to orders placed today, and what will to those of a later day, as decided by now."""
    if not decided:
        return []
    changes = changes_from([one.effective_from for one in decided], today)
    return [{"day": day} | asdict(decided[place]) for day, place in changes]


def _book(session: Session) -> MappingBook:
    return MappingBook(Audit(session.vault, session.runtime), session.runtime)


async def _tenant(session: Session, tenant: str) -> str:
    async with session.database.read() as tx:
        return await one_tenant(tx, tenant)


def _decide(
    context: click.Context,
    tenant: str,
    entered: Callable[[Session, MappingBook, str], Callable[[Transaction], Any]],
) -> None:
    async def work(session: Session) -> Activation:
        if session.settings.activation == "file":
            raise NotActivated(
                f"the mapping file in {session.settings.mapping.directory} decides; change it there, or set "
                '[mapping] activation = "four_eyes"'
            )
        name = await _tenant(session, tenant)
        made: Activation = await session.database.write(entered(session, _book(session), name))
        return made

    one = run(context, work)
    since = f"orders placed from {one.effective_from} on" if one.effective_from else "every order not posted yet"
    click.echo(f"{one.version} is in force for {since}, decision {one.sequence} by {one.approver}")
