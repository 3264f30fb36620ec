"""A document before it is written in SAP's form: lines with accounts, tax codes and amounts in smallest units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .amounts import Amounts
from .assignment import Assigned
from .currency import from_minor, to_minor, unit
from .mapping import Accounts, TaxCode
from .readings import Reading

__all__ = ["Draft", "DraftLine", "draft_of", "summed"]

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One G/L line; credits are positive here.

    Attributes:
        code: its tax code, empty for lines without one.
    """

    role: str
    accounts: Accounts
    code: str
    amount: int
    text: str

    @property
    def key(self) -> Key:
        """Return what lines are summed and compared by."""
        target = self.accounts
        return (target.gl_account, target.cost_center, target.profit_center, self.code)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document: the customer's debit, G/L lines, and the tax of each code.

    Attributes:
        codes: the tax codes used, with their tax; 0 where it stands on a liability account.
        reading: how the order was read.
        rules: the mapping rules that decided, as sentences.
    """

    gross: int
    lines: tuple[DraftLine, ...]
    codes: tuple[tuple[TaxCode, int], ...]
    reading: str
    rules: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return the number of items, the customer's and the tax items counted."""
        return 1 + len(self.lines) + len(self.codes)

    def differs(self, other: "Draft") -> str | None:
        """Return an account on which two drafts differ by more than rounding, or `None`."""
        mine, theirs = _sums(self.lines), _sums(other.lines)
        for key in {**mine, **theirs}:
            (amount, count), (against, counted) = mine.get(key, (0, 0)), theirs.get(key, (0, 0))
            if abs(amount - against) > max(count, counted) + 1:
                return key[0]
        return None


def draft_of(
    parts: Sequence[Assigned],
    amounts: Amounts,
    reading: Reading,
    places: int,
    discount: Accounts | None,
    rounding: Accounts | None,
) -> Draft:
    """Write the lines of a document.

    Args:
        parts: everything that is charged.
        amounts: the same in smallest units.
        reading: how the order is read.
        places: decimals of the currency.
        discount: where reductions go; netted with their line where `None`.
        rounding: where a contradiction of the totals goes; needed where there is one.
    """
    lines: list[DraftLine] = []
    reduced: dict[str, int] = {}
    for part, net in zip(parts, amounts.nets, strict=True):
        full = _full(part, net, places) if discount else net
        if full:
            lines.append(DraftLine(part.part.role, part.accounts, part.code.code, full, part.part.text))
        reduced[part.code.code] = reduced.get(part.code.code, 0) + full - net
    if discount:
        taken = ((code, amount) for code, amount in reduced.items() if amount)
        lines += [DraftLine("discount", discount, code, -amount, "Discounts") for code, amount in taken]
    if rounding and amounts.rounding:
        lines.append(DraftLine("rounding", rounding, "", amounts.rounding, "Rounding difference of the store"))
    lines += [
        DraftLine("tax", Accounts(code.liability_account, "", "", code.rule), "", tax, f"Sales tax {code.code}")
        for code, tax in amounts.taxes.items()
        if code.liability_account and tax
    ]
    return Draft(amounts.gross, tuple(lines), _codes(amounts, lines), reading.name, tuple(_rules(parts)))


def summed(lines: Sequence[DraftLine]) -> tuple[DraftLine, ...]:
    """Sum lines per account, cost center and tax code, for documents that would be too long."""
    sums: dict[Key, DraftLine] = {}
    for line in lines:
        known = sums.get(line.key)
        amount = line.amount + (known.amount if known else 0)
        sums[line.key] = replace(line, amount=amount, text="Several lines" if known else line.text)
    return tuple(line for line in sums.values() if line.amount)


def _full(part: Assigned, net: int, places: int) -> int:
    # Scaled from the rounded net, so that a line without a reduction shows no difference at all.
    if part.full - part.amount <= unit(places):
        return net
    return to_minor(from_minor(net, places) * part.full / part.amount, places)


def _codes(amounts: Amounts, lines: Sequence[DraftLine]) -> tuple[tuple[TaxCode, int], ...]:
    used = {line.code for line in lines}
    codes: dict[str, tuple[TaxCode, int]] = {}
    for code, tax in amounts.taxes.items():
        if code.code in used:
            _, known = codes.get(code.code, (code, 0))
            codes[code.code] = (code, known + (0 if code.liability_account else tax))
    return tuple(codes.values())


def _rules(parts: Sequence[Assigned]) -> Iterable[str]:
    seen: dict[str, None] = {}
    for part in parts:
        target = part.accounts
        cost_center = f", cost center {target.cost_center}" if target.cost_center else ""
        seen[f"{part.part.text}: account {target.gl_account}{cost_center} by {target.rule}"] = None
        seen[
            f"{part.part.text}: {part.tax.rate.normalize() + 0:f} % is tax code {part.code.code} by {part.code.rule}"
        ] = None
    return seen


def _sums(lines: Iterable[DraftLine]) -> dict[Key, tuple[int, int]]:
    sums: dict[Key, tuple[int, int]] = {}
    for line in lines:
        amount, count = sums.get(line.key, (0, 0))
        sums[line.key] = (amount + line.amount, count + 1)
    return sums
