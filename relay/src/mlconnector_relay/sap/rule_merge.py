"""The rules of a sheet in a mapping file's text: everything else stays as it is, comments included; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Final

import tomlkit
from tomlkit.items import Item, Table

from .mapping import Mapping, load_mapping
from .mapping_check import contradictions, read_mapping_file
from .rule_sheet import COLUMNS, AnyRule, Sheet, SheetInvalid, default_of
from .toml_lines import Location

__all__ = ["merged"]

PLACE: Final = re.compile(r"\b(documents|accounts|taxes)\[(\d+)\]")

HEAD: Final = re.compile(r"""\s*\[{1,2}\s*([\w.\-"' ]+?)\s*\]{1,2}\s*(?:#.*)?$""")
"""The line a table begins with; group 1 is its name."""


def merged(text: str, source: str, sheet: Sheet, sheet_source: str) -> tuple[str, Mapping]:
    """Put the rules of a sheet in the place of a mapping file's.

    Rules that the file has already keep their form, their comments and, unless their order changed, their place. A rule
    that changed stands where the old one did; new ones follow the rule before them, or end the file.

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
    new = text
    for section, new_rules in rules.items():
        known = getattr(file, section)
        if known != new_rules:
            new = _replaced(new, section, known, new_rules)
    new = new.rstrip("\n") + "\n"
    return new, load_mapping(new, source)


@dataclass(frozen=True, slots=True)
class _Block:
    """Where a rule stands, as numbers of lines.

    Attributes:
        start: where the comments right above it begin.
        head: its `[[section]]`.
        end: behind its last line.
    """

    start: int
    head: int
    end: int


def _replaced(text: str, section: str, known: Sequence[AnyRule], rules: Sequence[AnyRule]) -> str:
    """Put rules in the place of those a text has: what did not change stays where it is, with what stands around it."""
    lines = text.splitlines(keepends=True)
    blocks = _blocks(lines, section)
    if len(blocks) != len(known):
        # Rules inside brackets have no places of their own.
        document = tomlkit.parse(text)
        del document[section]
        lines, blocks, known = tomlkit.dumps(document).splitlines(keepends=True), [], ()
    stays, behind = _laid_out(lines, blocks, section, known, rules)
    if not blocks:
        return "".join(lines).rstrip("\n") + "".join(f"\n\n{one}" for one in behind[-1])
    found = ["".join(lines[: blocks[0].start]), *(f"{one}\n" for one in behind[-1])]
    for place, block in enumerate(blocks):
        end = blocks[place + 1].start if place + 1 < len(blocks) else len(lines)
        gap = lines[block.end : end]
        if not stays[place]:
            # The blank lines behind it go with it.
            gap = gap[next((row for row, line in enumerate(gap) if line.strip()), len(gap)) :]
        found += [stays[place], *(f"\n{one}" for one in behind[place]), *gap]
    return "".join(found)


def _laid_out(
    lines: Sequence[str], blocks: Sequence[_Block], section: str, known: Sequence[AnyRule], rules: Sequence[AnyRule]
) -> tuple[list[str], dict[int, list[str]]]:
    """Return what each block becomes, empty where it goes, and what is new behind each; -1: before the first."""
    whole = ["".join(lines[block.start : block.end]) for block in blocks]
    same = [
        next((place for place, old in enumerate(known) if old == rule), -1 - number)
        for number, rule in enumerate(rules)
    ]
    stays, behind = list(whole), {place: list[str]() for place in range(-1, len(blocks))}
    for tag, first, last, new_first, new_last in SequenceMatcher(
        None, range(len(known)), same, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        slots = list(range(first, last))
        for place in slots:
            stays[place] = ""
        for number in range(new_first, new_last):
            moved = same[number]
            text = whole[moved] if moved >= 0 else _written(section, rules[number])
            if not slots:
                behind[last - 1].append(text)
                continue
            place = slots.pop(0)
            lead = "" if moved >= 0 or place in same else "".join(lines[blocks[place].start : blocks[place].head])
            stays[place] = lead + text
    return stays, behind


def _blocks(lines: Sequence[str], section: str) -> list[_Block]:
    """Return where the rules of a section stand: a comment belongs to the table it touches, first to that below it."""
    heads = [(row, named[1]) for row, line in enumerate(lines) if (named := HEAD.match(line))]
    starts = [_start(lines, row) for row, _ in heads]
    found = []
    for place, (row, name) in enumerate(heads):
        if name == section:
            # Tables of a rule's own, such as its document types, are part of it.
            last = next(
                (other for other in range(place + 1, len(heads)) if not heads[other][1].startswith(f"{section}.")), None
            )
            end = len(lines) if last is None else starts[last]
            found.append(_Block(starts[place], row, _end(lines, row, end)))
    return found


def _start(lines: Sequence[str], head: int) -> int:
    while head and lines[head - 1].lstrip().startswith("#"):
        head -= 1
    return head


def _end(lines: Sequence[str], head: int, end: int) -> int:
    """Return where a table ends that another one, or the text, follows: behind its last key and what touches that."""
    last = max(row for row in range(head, end) if lines[row].strip() and not lines[row].lstrip().startswith("#"))
    while last + 1 < end and lines[last + 1].strip():
        last += 1
    return last + 1


def _written(section: str, rule: AnyRule) -> str:
    document, tables = tomlkit.document(), tomlkit.aot()
    tables.append(_table(rule))
    document[section] = tables
    return tomlkit.dumps(document).strip("\n") + "\n"


def _table(rule: AnyRule) -> Table:
    table = tomlkit.table()
    for name in (name for name in COLUMNS if name in type(rule).model_fields):
        value = getattr(rule, name)
        if value != default_of(type(rule), name):
            table.add(name, _item(value))
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
