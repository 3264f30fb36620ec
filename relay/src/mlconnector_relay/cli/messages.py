"""`messages`: what SAP's messages mean for an order, and which of them nobody has described yet."""

from pathlib import Path

import click
from mlconnector_shared.words import how_many

from ..db import jobs
from ..sap.messages import MessageCatalogue, built_in, read_messages
from .options import ALL_TENANTS, AS_JSON
from .session import Session, print_json, run, settings_of, told_errors
from .tables import print_table
from .which import tenants_of

__all__ = ["messages"]


@click.group()
def messages() -> None:
    """Work with the catalogue of SAP's messages."""


@messages.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check FILE and name every error at once, with line or key and what is expected."""
    with told_errors():
        entries = read_messages(file.read_text("utf-8"), str(file))
    described = [code for entry in entries for code in entry.codes]
    changed = sorted(set(described) & set(built_in().entries))
    over = f"; over the relay's own: {', '.join(changed)}" if changed else ""
    click.echo(f"{file} is valid: {how_many(len(described), 'message')}{over}")


@messages.command("list")
@click.option("--tenant", default="", help="With this tenant's own entries over the relay's.")
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """List the messages that are described: cause, owner, what to do, and whether they are tried again."""
    catalogue = _catalogue(settings_of(context).mapping.directory, tenant) if tenant else built_in()
    rows = [
        {
            "message": code,
            "cause": entry.cause,
            "area": entry.area,
            "owner": entry.next_step_by,
            "then": f"retry, {entry.tries} tries" if entry.then == "retry" else "park",
            "from": tenant if code in catalogue.own else "relay",
            "remedy": entry.remedy,
        }
        for code, entry in sorted(catalogue.entries.items())
    ]
    if as_json:
        print_json(rows)
        return
    columns = ("message", "cause", "area", "owner", "then", "from", "remedy")
    print_table(columns, [[row[column] for column in columns] for row in rows])


@messages.command()
@ALL_TENANTS
@AS_JSON
@click.pass_context
def unknown(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """List the messages that orders wait for and nobody has described, grouped by class and number."""

    async def work(session: Session) -> list[dict[str, str | int]]:
        found: list[dict[str, str | int]] = []
        async with session.database.read() as tx:
            for name in await tenants_of(tx, tenant):
                known = _catalogue(session.settings.mapping.directory, name).entries
                for cause, count in await jobs.waiting_causes(tx, name):
                    code = cause.removeprefix("sap:").partition(",")[0]
                    if cause.startswith("sap:") and code not in known:
                        found.append({"tenant": name, "message": code, "orders": count})
        return found

    rows = run(context, work)
    if as_json:
        print_json(rows)
        return
    print_table(("tenant", "message", "orders"), [[str(value) for value in row.values()] for row in rows])


def _catalogue(directory: Path, tenant: str) -> MessageCatalogue:
    file = directory / f"{tenant}.messages.toml"
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return built_in()
    return built_in().over(read_messages(text, str(file)))
