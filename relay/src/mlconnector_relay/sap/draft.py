"""A document before it is written in SAP's form: lines with accounts, tax codes and amounts in smallest units."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .frozen import TENDERS, Frozen, FrozenLine
from .levels import Levels, levels_of_document
from .targets import Accounts, TaxCode

__all__ = ["LAST", "Draft", "DraftLine", "DraftTax", "draft_of"]

Key = tuple[str, ...]

LAST = TENDERS | {"rounding"}
"""Roles that stand behind the discounts."""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One G/L line; credits are positive here.

    Attributes:
        taxed: its tax code, `None` for lines without one.
        behind: what its amount comes from.
    """

    role: str
    accounts: Accounts
    taxed: TaxCode | None
    amount: int
    text: str
    behind: tuple[FrozenLine, ...]

    @property
    def code(self) -> str:
        """Return the key of its tax code, empty for lines without one."""
        return self.taxed.key if self.taxed else ""

    @property
    def tax_code(self) -> str:
        """Return SAP's tax code, empty for lines without one."""
        return self.taxed.code if self.taxed else ""

    @property
    def key(self) -> Key:
        """Return what lines are summed and compared by."""
        return (*self.accounts.objects, self.code)


@dataclass(frozen=True, slots=True)
class DraftTax:
    """One tax item; its tax is positive where the customer owes it.

    Attributes:
        code: the tax code; its lines are the base.
        condition_key, account_key: SAP's.
        authority: the jurisdiction whose level it is, empty where the code is not posted by jurisdiction.
        level: 1 for the state's; 0 where there are none.
    """

    code: TaxCode
    condition_key: str
    account_key: str
    tax: int
    authority: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A document: the customer's lines, G/L lines, and the tax of each code.

    Attributes:
        customer: the customer's debits; where nothing is left to pay, the whole amount and its opposite, so that the
            customer shows.
        codes: the tax codes used, with their tax; 0 where it stands on a liability account.
        taxes: the tax items: one per code, or one per level of its jurisdiction.
        rules: the mapping rules that decided, as sentences.
    """

    customer: tuple[int, ...]
    lines: tuple[DraftLine, ...]
    codes: tuple[tuple[TaxCode, int], ...]
    taxes: tuple[DraftTax, ...]
    rules: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return the number of items, the customer's and the tax items counted."""
        return len(self.customer) + len(self.lines) + len(self.taxes)

    @property
    def above_base(self) -> tuple[TaxCode, int, int] | None:
        """Return a code with its tax and its base, whose tax SAP refuses as more than the base (FF 747)."""
        for code, tax in self.codes:
            base = sum(line.amount for line in self.lines if line.code == code.key)
            if abs(tax) > abs(base):
                return code, tax, base
        return None

    def differs(self, other: "Draft") -> str | None:
        """Return an account on which two drafts differ by more than rounding, or `None`."""
        mine, theirs = _sums(self.lines), _sums(other.lines)
        for key in {**mine, **theirs}:
            (amount, count), (against, counted) = mine.get(key, (0, 0)), theirs.get(key, (0, 0))
            if abs(amount - against) > max(count, counted) + 1:
                return key[0]
        return None


def draft_of(frozen: Frozen) -> Draft:
    """Write the lines of a document, summed where it is to be."""
    lines = [
        *_charged(frozen, last=False),
        *_discounts(frozen),
        *_charged(frozen, last=True),
        *_liabilities(frozen.lines),
    ]
    customer = _customer(frozen.lines) if frozen.customer else ()
    drafted = _summed(lines) if frozen.summed else tuple(lines)
    codes, levels = _codes(frozen.lines, lines), levels_of_document(frozen)
    taxes = tuple(item for code, tax in codes for item in _items(code, tax, levels))
    return Draft(customer, drafted, codes, taxes, tuple(_rules(frozen.lines)))


def _summed(lines: Sequence[DraftLine]) -> tuple[DraftLine, ...]:
    """Sum lines per account, CO objects and tax code."""
    sums: dict[Key, DraftLine] = {}
    for line in lines:
        known = sums.get(line.key)
        sums[line.key] = _together(known, line) if known else line
    return tuple(line for line in sums.values() if line.amount)


def _together(one: DraftLine, other: DraftLine) -> DraftLine:
    behind = one.behind + other.behind
    return replace(other, amount=one.amount + other.amount, text="Several lines", behind=behind)


def _charged(frozen: Frozen, *, last: bool) -> Iterator[DraftLine]:
    for line in frozen.lines:
        amount = line.full if frozen.discount else line.net
        if amount and (line.role in LAST) == last:
            yield DraftLine(line.role, line.accounts, line.code, amount, line.text, (line,))


def _discounts(frozen: Frozen) -> Iterator[DraftLine]:
    reduced: dict[str, list[FrozenLine]] = {}
    for line in frozen.lines:
        reduced.setdefault(line.code.key if line.code else "", []).append(line)
    for lines in reduced.values():
        amount = sum(line.full - line.net for line in lines)
        if frozen.discount and amount:
            yield DraftLine(
                "discount",
                frozen.discount,
                lines[0].code,
                -amount,
                "Discounts",
                tuple(line for line in lines if line.full != line.net),
            )


def _liabilities(lines: Sequence[FrozenLine]) -> list[DraftLine]:
    owed: dict[TaxCode, list[FrozenLine]] = {}
    for line in lines:
        if line.code and line.code.liability_account:
            owed.setdefault(line.code, []).append(line)
    return [
        DraftLine(
            "tax",
            Accounts(code.liability_account, "", "", code.rule),
            None,
            tax,
            f"Sales tax {code.code}",
            tuple(line for line in some if line.tax),
        )
        for code, some in owed.items()
        if (tax := sum(line.tax for line in some))
    ]


def _customer(lines: Sequence[FrozenLine]) -> tuple[int, ...]:
    left = sum(line.gross for line in lines)
    if left:
        return (left,)
    owed = [line.gross for line in lines if line.role not in TENDERS]
    # Where one thing took the place of another at the same price there is no sum, but what was moved.
    whole = sum(owed) or sum(gross for gross in owed if gross > 0)
    return (whole, -whole) if whole else ()


def _codes(lines: Sequence[FrozenLine], drafted: Sequence[DraftLine]) -> tuple[tuple[TaxCode, int], ...]:
    used = {line.code for line in drafted}
    codes: dict[object, tuple[TaxCode, int]] = {}
    for line in lines:
        # Tax without anything it is on stays visible, so that it is refused.
        if line.code and (line.code.key in used or (line.tax and not line.code.liability_account)):
            code, known = codes.get(line.code.items, (line.code, 0))
            codes[code.items] = (code, known + (0 if line.code.liability_account else line.tax))
    return tuple(codes.values())


def _items(code: TaxCode, tax: int, levels: Levels) -> Iterator[DraftTax]:
    if not code.levels:
        yield DraftTax(code, code.condition_key, code.account_key, tax)
        return
    for place, (level, share) in enumerate(zip(code.levels, levels[code.items], strict=True), 1):
        yield DraftTax(code, level.condition_key, level.account_key, share, level.jurisdiction, place)


def _rules(lines: Sequence[FrozenLine]) -> Iterable[str]:
    seen: dict[str, None] = {}
    for line in lines:
        target = line.accounts
        cost_center = f", cost center {target.cost_center}" if target.cost_center else ""
        seen[f"{line.text}: account {target.gl_account}{cost_center} by {target.rule}"] = None
        if line.code:
            said = f"is tax code {line.code.key} by {line.code.because}"
            seen[f"{line.text}: {line.rate.normalize() + 0:f} % {said}"] = None
    return seen


def _sums(lines: Iterable[DraftLine]) -> dict[Key, tuple[int, int]]:
    sums: dict[Key, tuple[int, int]] = {}
    for line in lines:
        amount, count = sums.get(line.key, (0, 0))
        sums[line.key] = (amount + line.amount, count + 1)
    return sums
