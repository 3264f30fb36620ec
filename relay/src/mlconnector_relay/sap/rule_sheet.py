"""The rules of a mapping as a sheet, for people who live in spreadsheets: one row per rule, every column by name; pure.

What is written is read back as the same rules. What spreadsheets do to a file is tolerated: a byte order mark, another
separator, Windows' ends of lines and code page.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many
from pydantic import ValidationError

from .mapping_file import AccountRule, DocumentRule, MappingFile
from .spreadsheet import escaped, joined, plain, split
from .tax_rules import TaxRule

__all__ = [
    "COLUMNS",
    "AnyRule",
    "Sheet",
    "SheetInvalid",
    "SheetRow",
    "decoded",
    "default_of",
    "read_sheet",
    "sheet_of",
]

AnyRule = DocumentRule | AccountRule | TaxRule
Kinds = type[DocumentRule] | type[AccountRule] | type[TaxRule]
RULES: Final[dict[str, Kinds]] = {"accounts": AccountRule, "taxes": TaxRule, "documents": DocumentRule}
SECTIONS: Final = "accounts, taxes or documents"

SELECTORS: Final = (
    "skus",
    "categories",
    "segments",
    "customer_groups",
    "brands",
    "product_types",
    "channels",
    "order_sources",
    "countries",
    "regions",
    "rate",
    "tax_classes",
    "vat_id_countries",
    "tax_exempt_categories",
    "providers",
    "payment_methods",
    "shipping_methods",
    "company_codes",
)
RESULTS: Final = tuple(
    name for rule in RULES.values() for name in rule.model_fields if name not in {*SELECTORS, "priority"}
)
COLUMNS: Final = ("section", *SELECTORS, "priority", *dict.fromkeys(RESULTS))
"""What a sheet has, selectors first; a column may be missing or stand elsewhere."""

EMPTY: Final = '""'
"""Two quotation marks: an empty text, where an empty cell leaves the key out and that says something else."""

SEPARATORS: Final = ",;\t"
REQUIRED: Final = ("section",)


class SheetInvalid(ConnectorError):
    """A sheet does not fit; carries every error at once."""

    def __init__(self, source: str, errors: Sequence[str]) -> None:
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A rule with the row it stands in, counted as spreadsheets do."""

    number: int
    rule: AnyRule


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rules of a sheet, in order."""

    columns: tuple[str, ...]
    rows: Mapping[str, tuple[SheetRow, ...]]

    def cell(self, number: int, name: str) -> str:
        """Return how a cell is called, such as `row 7, column gl_account (R)`."""
        return _cell(self.columns, number, name)


def sheet_of(file: MappingFile) -> list[list[str]]:
    """Write the rules of a mapping, with a row of headings."""
    return [list(COLUMNS), *(_row(section, rule) for section in RULES for rule in getattr(file, section))]


def decoded(data: bytes) -> str:
    """Read a sheet's bytes as spreadsheets write them: UTF-8 with or without mark, UTF-16, or Windows' own."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_sheet(text: str, source: str) -> Sheet:
    """Read a sheet.

    Raises:
        SheetInvalid: with every error found, each with row and column.
    """
    try:
        rows = list(_rows(text))
    except csv.Error as error:
        raise SheetInvalid(source, [f"no CSV: {error}; is it a file of another kind?"]) from error
    head = rows[0][1] if rows else []
    columns = tuple(cell.strip().casefold() for cell in head)
    errors = list(_headings(columns))
    if errors:
        raise SheetInvalid(source, errors)
    found: dict[str, list[SheetRow]] = {section: [] for section in RULES}
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            section, rule, wrong = _rule(columns, number, cells)
            errors += wrong
            if rule is not None:
                found[section].append(SheetRow(number, rule))
    if errors:
        raise SheetInvalid(source, errors)
    return Sheet(columns, {section: tuple(rows) for section, rows in found.items()})


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first, _, rest = text.partition("\n")
    if first.casefold().startswith("sep=") and first[4:5] in {*SEPARATORS}:
        separator, text, start = first[4], rest, 2
    else:
        separator, start = max(SEPARATORS, key=first.count), 1
    return enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start)


def _headings(columns: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(columns):
        if name and name not in COLUMNS:
            yield f"row 1, column {_letters(place)}: {name!r} is no column; expected {', '.join(COLUMNS)}"
        if name and name in columns[:place]:
            yield f"row 1, column {_letters(place)}: {name} stands there twice"
    for name in REQUIRED:
        if name not in columns:
            yield f"row 1: the column {name} is missing; its cells say {SECTIONS}"


def _rule(columns: Sequence[str], number: int, cells: Sequence[str]) -> tuple[str, AnyRule | None, list[str]]:
    given = {name: plain(cell) for name, cell in zip(columns, cells, strict=False) if name}
    section = given.pop("section", "").strip().casefold()
    if section not in RULES:
        return "", None, [f"{_cell(columns, number, 'section')}: expected {SECTIONS}, found {section!r:.80}"]
    kind = RULES[section]
    errors = [
        f"{_cell(columns, number, name)}: rules of {section} have no {name}; leave the cell empty"
        for name, cell in given.items()
        if cell.strip() and name not in kind.model_fields
    ]
    errors += [
        f"row {number}, column {_letters(place)}: {cell!r:.80} stands beside the columns that have a heading"
        for place, cell in enumerate(cells)
        if cell.strip() and (place >= len(columns) or not columns[place])
    ]
    values = {name: _value(kind, name, given.get(name, "")) for name in kind.model_fields}
    try:
        rule = kind.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        errors += [_complaint(columns, number, item) for item in error.errors()]
        return section, None, errors
    return section, rule, errors


def _value(kind: Kinds, name: str, cell: str) -> Any:
    """Return what a cell stands for; `None` for what the rule leaves out."""
    if isinstance(default_of(kind, name), tuple):
        return split(cell)
    if not cell.strip():
        return "" if name == "cost_center" else None
    if name == "document_types":
        return _pairs(cell)
    if name.endswith("_text"):
        return cell
    cell = cell.strip()
    if cell == EMPTY:
        return ""
    return cell.replace(",", ".") if name == "rate" else cell


def _pairs(cell: str) -> Any:
    """Return what a cell such as `invoice DR | refund DG` says; the cell itself where it says something twice."""
    pairs = [one.partition(" ") for one in split(cell)]
    said = {name.casefold(): value.strip() for name, _, value in pairs}
    return said if len(said) == len(pairs) else cell


def _complaint(columns: Sequence[str], number: int, item: Any) -> str:
    found = "" if item["type"] == "missing" else f", found {item['input']!r:.80}"
    return f"{_cell(columns, number, str(item['loc'][0]))}: {item['msg']}{found}"


def default_of(kind: Kinds, name: str) -> Any:
    """Return what a rule has where it says nothing."""
    return kind.model_fields[name].get_default(call_default_factory=True)


def _row(section: str, rule: AnyRule) -> list[str]:
    said = {name for name in type(rule).model_fields if getattr(rule, name) != default_of(type(rule), name)}
    cells = {name: _spelled(name, getattr(rule, name)) for name in said}
    return [escaped(cell) for cell in (section, *(cells.get(name, "") for name in COLUMNS[1:]))]


def _spelled(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return joined(tuple(str(one) for one in value))
    if isinstance(value, dict):
        return joined(tuple(f"{one} {said}" for one, said in value.items()))
    if isinstance(value, Decimal):
        return format(value, "f")
    return EMPTY if value == "" and name != "cost_center" else str(value)


def _cell(columns: Sequence[str], number: int, name: str) -> str:
    place = f" ({_letters(columns.index(name))})" if name in columns else ", which is missing"
    return f"row {number}, column {name}{place}"


def _letters(place: int) -> str:
    """Return a column's letters, as spreadsheets name it."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
