"""A payment provider's settlement file, read row by row: all that is wrong with it is told at once; pure.

Amounts are whole numbers of the currency's smallest unit, what the merchant gets positive.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many

from ..sap.currency import UnknownCurrency, decimals
from ..sap.spreadsheet import plain
from .provider_form import Kind, ProviderForm

__all__ = ["MOST_BYTES", "ProviderFileInvalid", "Settled", "decoded", "read_settlement"]

T = TypeVar("T")

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of a file; a month of the largest stores has less."""

MOST_ROWS: Final = 1_000_000
IGNORED: Final = "ignored"
LONGEST_CELL: Final = 10_000
LONGEST_ID: Final = 100
AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,4})?")
THREE: Final = 3
EXAMPLES: Final = {"major": {".": "1234.50", ",": "1234,50"}, "minor": {".": "123450", ",": "123450"}}

MOST_ERRORS: Final = 50
"""Told one by one; the others are counted."""

PREAMBLE: Final = 30
"""Rows that may stand before the headings."""

LONGEST_HEAD: Final = 100_000
"""Characters among which the headings stand."""

SEPARATORS: Final = ",;\t"
FORMULAS: Final = ("=", "+", "-", "@")


class ProviderFileInvalid(ConnectorError):
    """A provider's file does not fit its description; carries every error at once."""

    def __init__(self, source: str, errors: Sequence[str]) -> None:
        shown = [f"  {error}" for error in errors[:MOST_ERRORS]]
        if len(errors) > MOST_ERRORS:
            shown.append(f"  and {len(errors) - MOST_ERRORS} more")
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(shown))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Settled:
    """A row of a provider's file.

    Attributes:
        line: where it ends in the file, from 1.
        kind: what it is.
        id: the provider's.
        original: the id of the payment that a refund or dispute is about; empty where the file does not say.
        day: when it was settled, in the file's time zone.
        amount: below zero where the merchant gives.
        fee: what the provider kept, above zero, in the currency it pays out.
        payout_currency: in which the provider pays out.
    """

    line: int
    kind: Kind
    id: str
    original: str
    day: date
    currency: str
    amount: int
    fee: int
    payout_currency: str


class _Row(NamedTuple):
    line: int
    cells: Mapping[str, str]


class _Wrong(Exception):
    """A cell that cannot be read."""


def decoded(data: bytes, source: str) -> str:
    """Return the text of a file: UTF-8 or UTF-16, with their marks or, for UTF-8, without.

    Raises:
        ProviderFileInvalid: it is none, or too large. Another encoding is not guessed: it would change ids unseen.
    """
    if len(data) > MOST_BYTES:
        said = f"the file has {len(data)} bytes, {MOST_BYTES} at most; export fewer days"
        raise ProviderFileInvalid(source, [said])
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        said = f"line {line}: byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8, or export it anew"
        raise ProviderFileInvalid(source, [said]) from error


def read_settlement(text: str, source: str, form: ProviderForm) -> list[Settled]:
    """Read a file.

    Args:
        text: of the file.
        source: its name, for errors.
        form: which column says what.

    Raises:
        ProviderFileInvalid: with every error found, each with line and column.
    """
    errors: list[str] = []
    found: list[Settled] = []
    lines: dict[tuple[str, ...], int] = {}
    try:
        for row in _rows(text, form):
            if isinstance(row, str):
                errors.append(row)
                continue
            one, wrong = _settled(row, form)
            errors += wrong
            if one is not None:
                found.append(one)
                errors += _twice(row, form, lines)
    except csv.Error as error:
        errors.append(f"no CSV: {error}; is it a file of another kind?")
    if errors:
        raise ProviderFileInvalid(source, errors)
    return found


def _rows(text: str, form: ProviderForm) -> Iterator[_Row | str]:
    """Yield the rows that count below the headings, and what is wrong with the file as a whole."""
    needed = {*form.columns.named, *form.only}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text, form, needed), strict=True)
    head = _head(reader, needed)
    wrong = [*_headings(head, needed)]
    yield from wrong
    if wrong:
        return
    for count, cells in enumerate(reader, 1):
        if count > MOST_ROWS:
            yield f"line {reader.line_num}: the file has more than {MOST_ROWS} rows; export fewer days"
            return
        named = dict(zip(head, cells, strict=False))
        if any(cells) and all(named.get(name, "").strip() in wanted for name, wanted in form.only.items()):
            misfit = _misfit(cells, head)
            yield f"line {reader.line_num}: {misfit}" if misfit else _Row(reader.line_num, named)


def _head(reader: Iterator[list[str]], needed: set[str]) -> list[str]:
    """Return the headings: the first row with all that is needed, else the one with the most of it."""
    best: list[str] = []
    for cells in islice(reader, PREAMBLE):
        head = [cell.strip() for cell in cells]
        if len(needed & set(head)) > len(needed & set(best)) or not best:
            best = head
        if needed <= set(best):
            break
    return best


def _misfit(cells: Sequence[str], head: Sequence[str]) -> str:
    if len(cells) != len(head):
        return f"{len(cells)} cells under {len(head)} headings"
    return f"a cell has more than {LONGEST_CELL} characters" if max(map(len, cells)) > LONGEST_CELL else ""


def _headings(head: Sequence[str], needed: set[str]) -> Iterator[str]:
    shown = ", ".join(repr(one[:40]) for one in head[:40]) or "none"
    for name in sorted(needed):
        if name not in head:
            yield f"the column {name!r:.80} is missing among the headings; there are: {shown}"
        elif head.count(name) > 1:
            yield f"the heading {name!r:.80} stands there {head.count(name)} times"


def _separator(text: str, form: ProviderForm, needed: set[str]) -> str:
    if form.separator:
        return "\t" if form.separator == "tab" else form.separator
    head = next(
        (line for line in text[:LONGEST_HEAD].splitlines()[:PREAMBLE] if all(name in line for name in needed)), ""
    )
    return max(SEPARATORS, key=head.count)


def _settled(row: _Row, form: ProviderForm) -> tuple[Settled | None, list[str]]:
    """Read a row; rows that are to be ignored are nothing."""
    cells, names = _Cells(row, form), form.columns
    kind: Kind = cells.read(names.kind, lambda text: _kind(text, form), IGNORED)
    if kind == IGNORED:
        return None, cells.errors
    currency = cells.read(names.currency, _currency, "")
    paid_in = cells.read(names.payout_currency, lambda text: _currency(text) if text else "", "") or currency
    one = Settled(
        line=row.line,
        kind=kind,
        # What a provider charges for itself is no transaction.
        id=cells.read(names.id, _id if kind != "fee" else _maybe_id, ""),
        original=cells.read(names.original, _maybe_id, ""),
        day=cells.read(names.date, lambda text: _day(text, form), date.min),
        currency=currency,
        amount=cells.money(names.amount, names.direction, currency),
        # A fee is a debit where its direction is told.
        fee=cells.money(names.fee, names.fee_direction, paid_in, sign=-1 if names.fee_direction else 1),
        payout_currency=paid_in,
    )
    return (None if cells.errors else one), cells.errors


class _Cells:
    """The cells of a row, and what is wrong with those that were read."""

    def __init__(self, row: _Row, form: ProviderForm) -> None:
        self._row = row
        self._form = form
        self.errors: list[str] = []

    def read(self, name: str, how: Callable[[str], T], without: T) -> T:
        """Return what a cell stands for; what stands without where the file has no such column, or it is wrong."""
        if not name:
            return without
        try:
            return how(plain(self._row.cells[name]).strip())
        except _Wrong as error:
            self.errors.append(f"line {self._row.line}, column {name!r:.80}: {error}")
            return without

    def money(self, name: str, direction: str, currency: str, *, sign: int = 1) -> int:
        """Return an amount in smallest units of a currency; nothing where the file has no such column."""
        if not currency:
            return 0  # which is told already
        amount = self.read(name, lambda text: _amount(text, currency, self._form), 0)
        debit = self.read(direction, lambda text: text in self._form.debits, without=False)
        return sign * (-amount if debit else amount)


def _kind(text: str, form: ProviderForm) -> Kind:
    kind = form.kind_of(text)
    if kind is None:
        raise _Wrong(f"{text!r:.80} is in none of [kinds]; say there what it is, or that it is ignored")
    return kind


def _id(text: str) -> str:
    if not text:
        raise _Wrong("the id is missing")
    return _maybe_id(text)


def _maybe_id(text: str) -> str:
    if text.startswith(FORMULAS):
        raise _Wrong(f"{text!r:.80} is a formula, no id; export the file anew, a spreadsheet changed it")
    if len(text) > LONGEST_ID or not text.isprintable():
        raise _Wrong(f"{text!r:.80} is no id: {LONGEST_ID} printable characters at most")
    return text


def _currency(text: str) -> str:
    code = text.upper()
    try:
        decimals(code)
    except UnknownCurrency as error:
        raise _Wrong(f"{text!r:.20} is no currency of ISO 4217") from error
    return code


def _amount(text: str, currency: str, form: ProviderForm) -> int:
    if not text:
        return 0
    thousands = "," if form.decimal == "." else "."
    bare = text.replace(thousands, "").replace(form.decimal, ".")
    if not AMOUNT.fullmatch(bare) or not _grouped(text, form.decimal, thousands):
        raise _Wrong(f"{text!r:.40} is no amount such as {EXAMPLES[form.amounts][form.decimal]}")
    places = 0 if form.amounts == "minor" else decimals(currency)
    counted = Decimal(bare).scaleb(places)
    # Three decimals of a currency that has fewer are thousands of another country's.
    if counted != counted.to_integral_value() or len(bare.partition(".")[2]) == THREE > places:
        raise _Wrong(f"{text!r:.40} has more decimals than {currency} has; see `decimal` and `amounts`")
    return int(counted)


def _grouped(text: str, decimal: str, thousands: str) -> bool:
    """Tell whether what stands between thousands does so: `1,000` may else be one, with three decimals."""
    whole = text.partition(decimal)[0].lstrip("+-")
    first, *groups = whole.split(thousands)
    return thousands not in text.partition(decimal)[2] and (
        not groups or (0 < len(first) <= THREE and all(len(group) == THREE for group in groups))
    )


def _day(text: str, form: ProviderForm) -> date:
    how = form.date_format
    try:
        # One without a zone is of the form's.
        moment = datetime.strptime(text, how) if how else datetime.fromisoformat(text)  # noqa: DTZ007
        return moment.date() if moment.tzinfo is None else moment.astimezone(ZoneInfo(form.timezone)).date()
    except (ValueError, OverflowError) as error:
        expected = how or "2026-03-31 or 2026-03-31T12:00:00Z"
        raise _Wrong(f"{text!r:.40} is no date; expected {expected}") from error


def _twice(row: _Row, form: ProviderForm, lines: dict[tuple[str, ...], int]) -> Iterator[str]:
    """Tell of a row that stood before: counted once more, everything would differ by it."""
    names = form.columns
    key = (row.cells[names.row],) if names.row else tuple(row.cells[name] for name in names.named)
    before = lines.setdefault(key, row.line)
    if before != row.line:
        what = f"{names.row} {key[0]!r:.80}" if names.row else f"the same row of {row.cells[names.id]!r:.80}"
        yield f"line {row.line}: {what} stands in line {before} already; was the file exported twice?"
