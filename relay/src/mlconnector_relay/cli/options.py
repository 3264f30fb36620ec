"""Options that several commands have, so that they mean the same everywhere."""

import re
from typing import Final

import click

__all__ = [
    "ALL_TENANTS",
    "AS_JSON",
    "BY",
    "CLIENT",
    "INSTANCE",
    "LINE",
    "ONE_STORE",
    "ONE_TENANT",
    "SYSID",
    "TENANT",
    "Spelt",
]


class Spelt(click.ParamType[str]):
    """Text of a given spelling; anything else is a wrong command line."""

    def __init__(self, name: str, pattern: str, spelling: str) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._spelling = spelling

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value, or fail with how it is spelt."""
        if not self._pattern.fullmatch(value):
            self.fail(f"{value!r} is no {self.name}: {self._spelling}", param, ctx)
        return value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Show as plain text."""
        del param, ctx
        return "TEXT"


class _Line(click.ParamType[str]):
    """A line for the audit trail, blanks at its ends taken off: `ida` and `ida ` are one person."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the line, or fail where it would be none, or forge others where it is shown."""
        line = " ".join(value.split())
        if not line.isprintable() or len(line) > LONGEST_LINE or (value and not line):
            self.fail(f"expected one line of printable text, {LONGEST_LINE} characters at most", param, ctx)
        return line


LONGEST_LINE: Final = 1000
LINE: Final = _Line()

TENANT = click.option("--tenant", required=True, help="Slug of the tenant; see `tenant list`.")
ALL_TENANTS = click.option("--tenant", default="", help="All tenants where left out.")
ONE_TENANT = click.option("--tenant", default="", help="Needed only where there are several.")
ONE_STORE = click.option("--store-hash", default="", help="Needed only where several stores have this order number.")
BY = click.option("--by", "who", type=LINE, required=True, help="Who you are; stands in the audit trail.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For scripts.")
SYSID = click.option(
    "--sysid",
    required=True,
    type=Spelt("SAP system id", r"[A-Z][A-Z0-9]{2}", "a capital letter and two of A-Z, 0-9, such as PRD"),
    help="SAP system id that is posted to, such as PRD.",
)
CLIENT = click.option(
    "--client",
    required=True,
    type=Spelt("SAP client", r"[0-9]{3}", "three digits, such as 100"),
    help="SAP client that is posted to, such as 100.",
)
INSTANCE = click.option(
    "--instance",
    required=True,
    type=Spelt("agent name", r"[a-z0-9-]{1,32}", "1 to 32 of a-z, 0-9 and '-'"),
    help="Name of the agent: 1 to 32 of a-z, 0-9 and '-'.",
)
