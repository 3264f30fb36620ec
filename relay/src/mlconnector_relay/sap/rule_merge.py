"""The rules of a sheet in a mapping file's text: everything else stays as it is, comments included; pure."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import tomlkit
from tomlkit.items import AoT, Item, Table

from .mapping import Mapping, load_mapping
from .mapping_check import contradictions, read_mapping_file
from .rule_sheet import COLUMNS, AnyRule, Sheet, SheetInvalid, default_of
from .toml_lines import Location

__all__ = ["merged"]

PLACE: Final = re.compile(r"\b(documents|accounts|taxes)\[(\d+)\]")

GAP: Final = re.compile(r"\n{3,}(?=\[\[(?:documents|accounts|taxes)\]\])")
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
    rules = {section: tuple(row.rule for row in found) for section, found in sheet.rows.items()}
    errors = [_said(sheet, loc, sentence) for loc, sentence in contradictions(file.model_copy(update=rules))]
    if errors:
        raise SheetInvalid(sheet_source, errors)
    document = tomlkit.parse(text)
    for section, new_rules in rules.items():
        known = getattr(file, section)
        if known != new_rules:
            _replace(document, section, known, new_rules)
    new = GAP.sub("\n\n", tomlkit.dumps(document)).rstrip("\n") + "\n"
    return new, load_mapping(new, source)


def _replace(
    document: tomlkit.TOMLDocument,
    section: str,
    known: Sequence[AnyRule],
    rules: Sequence[AnyRule],
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


def _table(rule: AnyRule) -> Table:
    table = tomlkit.table()
    for name in (name for name in COLUMNS if name in type(rule).model_fields):
        value = getattr(rule, name)
        if value != default_of(type(rule), name):
            table.add(name, _item(value))
    table.add(tomlkit.nl())
    return table


def _item(value: Any) -> Item:
    if isinstance(value, Decimal):
        return tomlkit.value(format(value, "f"))
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update({str(name): said for name, said in value.items()})
        return inline
    item: Item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
    return item


def _said(sheet: Sheet, loc: Location, sentence: str) -> str:
    """Return an error with the row it stands in, and the rows of the rules it names."""

    def row_of(section: str | int, place: str | int) -> int:
        return sheet.rows[str(section)][int(place)].number

    def named(found: re.Match[str]) -> str:
        return f"{found[0]} (row {row_of(found[1], found[2])})"

    sentence = PLACE.sub(named, sentence)
    number = row_of(loc[0], loc[1])
    return f"{sheet.cell(number, str(loc[2])) if len(loc) > 2 else f'row {number}'}: {sentence}"  # noqa: PLR2004
