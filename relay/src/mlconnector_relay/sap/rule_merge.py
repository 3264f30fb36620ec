"""The rules of a sheet in a mapping file's text: everything else stays as it is, comments included; pure."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import tomlkit
from tomlkit.items import AoT, Item, Table

from .mapping import Mapping, load_mapping
from .mapping_check import contradictions, read_mapping_file
from .mapping_file import AccountRule
from .rule_sheet import COLUMNS, Sheet, SheetInvalid, SheetRow
from .tax_rules import TaxRule
from .toml_lines import Location

__all__ = ["merged"]

PLACE: Final = re.compile(r"\b(accounts|taxes)\[(\d+)\]")

GAP: Final = re.compile(r"\n{3,}(?=\[\[(?:accounts|taxes)\]\])")
"""What the writer of TOML leaves between tables that were moved."""


def merged(text: str, source: str, sheet: Sheet, sheet_source: str) -> tuple[str, Mapping]:
    """Put the rules of a sheet in the place of a mapping file's.

    Rules that the file has already keep their form and the comments in them.

    Args:
        text: the mapping file.
        source: its name, for errors.
        sheet: the rules.
        sheet_source: the sheet's name, for errors.

    Returns:
        The new text, and what it says.

    Raises:
        MappingInvalid: the mapping file itself is not valid.
        SheetInvalid: the rules do not fit together, or with the rest of the file; with every error.
    """
    file = read_mapping_file(text, source)
    rows: dict[str, tuple[SheetRow, ...]] = {"accounts": sheet.accounts, "taxes": sheet.taxes}
    rules = {section: tuple(row.rule for row in found) for section, found in rows.items()}
    errors = [_said(sheet, rows, loc, sentence) for loc, sentence in contradictions(file.model_copy(update=rules))]
    if errors:
        raise SheetInvalid(sheet_source, errors)
    document = tomlkit.parse(text)
    for section, known in (("accounts", file.accounts), ("taxes", file.taxes)):
        if known != rules[section]:
            _replace(document, section, known, rules[section])
    new = GAP.sub("\n\n", tomlkit.dumps(document)).rstrip("\n") + "\n"
    return new, load_mapping(new, source)


def _replace(
    document: tomlkit.TOMLDocument,
    section: str,
    known: Sequence[AccountRule | TaxRule],
    rules: Sequence[AccountRule | TaxRule],
) -> None:
    old = document.get(section)
    tables = list(zip(known, old.body, strict=True)) if isinstance(old, AoT) else []
    kept = tomlkit.aot()
    for rule in rules:
        place = next((place for place, (same, _) in enumerate(tables) if same == rule), None)
        kept.append(_table(rule) if place is None else tables.pop(place)[1])
    if rules:
        document[section] = kept
    else:
        del document[section]


def _table(rule: AccountRule | TaxRule) -> Table:
    table = tomlkit.table()
    for name in (name for name in COLUMNS if name in type(rule).model_fields):
        value = getattr(rule, name)
        if name == "cost_center" or value not in ((), None, "", 0) or isinstance(value, Decimal):
            table.add(name, _item(value))
    table.add(tomlkit.nl())
    return table


def _item(value: Any) -> Item:
    if isinstance(value, Decimal):
        return tomlkit.value(format(value, "f"))
    item: Item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
    return item


def _said(sheet: Sheet, rows: dict[str, tuple[SheetRow, ...]], loc: Location, sentence: str) -> str:
    """Return an error with the row it stands in, and the rows of the rules it names."""

    def named(found: re.Match[str]) -> str:
        return f"{found[0]} (row {rows[found[1]][int(found[2])].number})"

    sentence = PLACE.sub(named, sentence)
    number = rows[str(loc[0])][int(loc[1])].number
    return f"{sheet.cell(number, str(loc[2])) if len(loc) > 2 else f'row {number}'}: {sentence}"  # noqa: PLR2004
