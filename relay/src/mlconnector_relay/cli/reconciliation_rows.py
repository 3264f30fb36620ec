"""Rows of `reconciliation`: as table, CSV or JSON."""

import csv
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import click

from ..sap.spreadsheet import inert
from ..tieout.amounts import spelled
from ..tieout.causes import CAUSES, TIMING
from ..tieout.sheet import Day, Listed
from .session import print_json
from .tables import print_table

__all__ = ["COLUMNS", "SUMS", "Form", "print_rows", "row_of", "sums_of"]

Form = Literal["table", "csv", "json"]

COLUMNS: Final = (
    "tenant",
    "day",
    "currency",
    "amount",
    "cause",
    "wrong",
    "closed",
    "what",
    "detail",
    "owner",
    "next step",
)

SUMS: Final = ("tenant", "day", "currency", "tax code", "sold", "posted", "in SAP", "difference")
"""Rows without a tax code are of the customers' lines, those with one of its tax."""


def row_of(tenant: str, row: Listed) -> dict[str, Any]:
    """Return a difference by column."""
    one = row.difference
    about = CAUSES[one.cause]
    values = (
        tenant,
        one.day.isoformat(),
        one.currency,
        spelled(one.amount, one.currency),
        one.cause,
        about.wrong,
        row.closed,
        one.what,
        one.detail,
        about.owner,
        about.step,
    )
    return dict(zip(COLUMNS, values, strict=True))


def sums_of(tenant: str, day: Day) -> list[dict[str, Any]]:
    """Return the sums of a day by column: of the customers' lines, then by tax code."""
    rows = []
    for code, of_store, posted, in_sap in (
        ("", spelled(day.sold, day.currency), day.posted, day.in_sap),
        *((code, "", posted, in_sap) for code, posted, in_sap in day.taxes),
    ):
        amounts = (spelled(amount, day.currency) for amount in (posted, in_sap, in_sap - posted))
        values = (tenant, day.day.isoformat(), day.currency, code, of_store, *amounts)
        rows.append(dict(zip(SUMS, values, strict=True)))
    return rows


def print_rows(form: Form, columns: Sequence[str], found: Sequence[Mapping[str, Any]]) -> None:
    """Print rows; yes and no are words in all forms but JSON."""
    if form == "json":
        print_json(found)
        return
    told = [{name: _told(row[name]) for name in columns} for row in found]
    if form == "csv":
        writer = csv.DictWriter(sys.stdout, columns)
        writer.writeheader()
        # Currencies, for one, are what a store says.
        writer.writerows({name: inert(cell) for name, cell in row.items()} for row in told)
        return
    shown = [name for name in columns if name != "tenant"]
    later = [row for row in told if row.get("cause") in TIMING]
    if told[len(later) :] or not told:
        print_table(shown, [[row[name] for name in shown] for row in told if row not in later])
    else:
        click.echo("no differences")
    if later:
        click.echo("\ntiming: no differences, it passes by itself")
        print_table(shown, [[row[name] for name in shown] for row in later])


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
