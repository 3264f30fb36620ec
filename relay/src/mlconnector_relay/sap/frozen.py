"""What a document was made of, kept with its posting for ever.

Refunds, cancellations and edits are computed from these lines, never from a mapping or a catalog that has changed
since. The lines hold amounts, accounts and article numbers, and nothing about a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from mlconnector_shared.errors import ConnectorError

from .currency import from_minor
from .targets import Accounts, TaxCode, TaxLevel

__all__ = [
    "NO_BLOCKS",
    "TENDERS",
    "Blocks",
    "Frozen",
    "FrozenHead",
    "FrozenInvalid",
    "FrozenLine",
    "Shared",
    "Terms",
    "frozen_text",
    "read_frozen",
    "read_head",
    "worth_of",
]

VERSION: Final = 1
"""Of the text below. Texts of every released version stay readable."""

TENDERS: Final = frozenset({"gift_certificate_used", "store_credit_used"})
"""Roles of lines that pay, where all others are paid for."""


class Terms(NamedTuple):
    """What a document says beside its lines, as the mapping said when the first was posted.

    Attributes:
        header_text, customer_text: with places for order and store.
        one_time: whether the customer is a one-time customer, who takes an address.
    """

    payment_terms: str = ""
    dunning_area: str = ""
    header_text: str = "{store} order {order}"
    customer_text: str = "Web order {order}"
    one_time: bool = True


USUAL: Final = Terms()


class Shared(NamedTuple):
    """A code's tax by authority, where it is posted by jurisdiction and not simply shared out by rate.

    Attributes:
        key: of the code.
        taxes: of each level, the state's first.
    """

    key: str
    taxes: tuple[int, ...]


class Blocks(NamedTuple):
    """Why an invoice is not paid (ZLSPR) or dunned (MANSP) yet, as SAP's customizing names it; empty for no block."""

    payment: str = ""
    dunning: str = ""


NO_BLOCKS: Final = Blocks()


class FrozenInvalid(ConnectorError):
    """A text is not what a document was made of, or of a version this program does not know."""


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """A part of a document; amounts in smallest units, what the customer owes positive.

    Attributes:
        source: what it stands for in the store: the order product of a line or its wrapping, the address of shipping
            and handling, the fee; 0 for what belongs to the whole order.
        quantity: pieces; 0 for what is not counted.
        label: what it is for, without the quantity.
        full: its net before discounts.
        net, tax: its shares of the document's net and tax per code; they add up to these exactly.
        rate: the tax the store charged, in percent.
        code: `None` for lines without tax code.
        earned: where its revenue goes once it was shipped, of a line on the account of deferred revenue.
    """

    role: str
    source: int
    quantity: int
    label: str
    full: int
    net: int
    tax: int
    rate: Decimal
    accounts: Accounts
    code: TaxCode | None
    earned: Accounts | None = None

    @property
    def gross(self) -> int:
        """Return what the customer owes for it."""
        return self.net + self.tax

    @property
    def text(self) -> str:
        """Return what it is for."""
        return f"{abs(self.quantity)}x {self.label}" if self.quantity else self.label


@dataclass(frozen=True, slots=True)
class Frozen:
    """A document's lines with what they are written by.

    Attributes:
        about: what the document is to its order, such as `order` or `refund 12`.
        day: of the fact behind it, `YYYYMMDD`; its tax belongs to that day.
        places: decimals of the currency.
        customer: the account it is owed by; empty for a document without customer.
        discount: where reductions went; `None` where they were netted.
        reading: how the order was read.
        following: the documents that one step needs after this one, such as its further parts.
        terms: what it says beside its lines.
        posted: its posting date where that is not the fact's day, since the period is closed.
        translated: the day whose exchange rate counts where that is not the fact's day.
        blocks: what the customer's line was posted with.
        summed: whether its lines are summed per account, cost center and tax code.
        shared: what it takes of each authority, of codes whose tax it takes back.
        adopted: the reference it carries, where it is none of ours but was adopted; `None` for what the relay posted.
    """

    about: str
    company_code: str
    document_type: str
    currency: str
    places: int
    day: str
    customer: str
    discount: Accounts | None
    reading: str
    lines: tuple[FrozenLine, ...]
    following: "tuple[Frozen, ...]" = ()
    terms: Terms = USUAL
    posted: str = ""
    translated: str = ""
    blocks: Blocks = NO_BLOCKS
    summed: bool = False
    shared: tuple[Shared, ...] = ()
    adopted: str | None = None

    @property
    def posting_day(self) -> str:
        """Return its posting date, `YYYYMMDD`."""
        return self.posted or self.day

    @property
    def rate_day(self) -> str:
        """Return the day whose exchange rate counts, `YYYYMMDD`."""
        return self.translated or self.day

    @property
    def worth(self) -> Decimal:
        """Return how much money the document moves."""
        return worth_of(self.lines, self.places)

    @property
    def as_planned(self) -> "Frozen":
        """Return it without what was decided about its dates as it was posted."""
        return replace(self, posted="", translated="")


def worth_of(lines: Sequence[FrozenLine], places: int) -> Decimal:
    """Return how much lines move: what the customer owes or gets by them, else what goes from account to account."""
    gross = abs(sum(line.gross for line in lines))
    return from_minor(gross or sum(max(line.gross, 0) for line in lines), places)


_PLAIN: Final = ("about", "company_code", "document_type", "currency", "places", "day", "customer", "reading")

_Account = tuple[str, ...]
"""Account, cost center, profit center, rule; internal order and WBS element only where there is one."""

_Code = tuple[str, ...]
"""Code, condition and account key, liability account, rule; jurisdiction and reason only where there is one."""

_Line = tuple[str, int, int, str, int, int, int, Decimal, int, int | None]


class _Text(msgspec.Struct, frozen=True):
    """The text: accounts and codes once each, lines as rows that point to them."""

    v: int
    about: str
    company_code: str
    document_type: str
    currency: str
    places: int
    day: str
    customer: str
    discount: int | None
    reading: str
    accounts: list[_Account]
    codes: list[_Code]
    lines: list[_Line]
    following: list["_Text"] = []
    terms: Terms | msgspec.UnsetType = msgspec.UNSET
    # Left out where they say nothing.
    posted: str | msgspec.UnsetType = msgspec.UNSET
    translated: str | msgspec.UnsetType = msgspec.UNSET
    blocks: Blocks | msgspec.UnsetType = msgspec.UNSET
    earned: dict[int, int] | msgspec.UnsetType = msgspec.UNSET
    levels: dict[int, tuple[TaxLevel, ...]] | msgspec.UnsetType = msgspec.UNSET
    summed: bool | msgspec.UnsetType = msgspec.UNSET
    shared: tuple[Shared, ...] | msgspec.UnsetType = msgspec.UNSET
    adopted: str | msgspec.UnsetType = msgspec.UNSET


class _Version(msgspec.Struct):
    v: int


class FrozenHead(msgspec.Struct, frozen=True):
    """What a document is as a whole.

    Attributes:
        v: version of the text.
        day: of the fact behind it, `YYYYMMDD`.
        customer: the account it is owed by.
        posted: its posting date; empty where it is that day.
        adopted: the reference it carries, where it is none of ours but was adopted.
    """

    v: int
    day: str
    customer: str
    posted: str = ""
    adopted: str | None = None

    @property
    def posting_day(self) -> str:
        """Return its posting date, `YYYYMMDD`."""
        return self.posted or self.day


def frozen_text(frozen: Frozen) -> str:
    """Write it as compact JSON, the same bytes for the same value."""
    return msgspec.json.encode(_text(frozen)).decode()


def read_frozen(text: str) -> Frozen:
    """Read it back.

    Raises:
        FrozenInvalid: it is none, or a later program wrote it.
    """
    try:
        version = msgspec.json.decode(text, type=_Version).v
        if version != VERSION:
            raise FrozenInvalid(f"version {version} of a document's lines; this program knows {VERSION}")
        return _frozen(msgspec.json.decode(text, type=_Text))
    except (msgspec.MsgspecError, IndexError, TypeError) as error:
        raise FrozenInvalid(f"a document's lines cannot be read: {error}") from error


def read_head(text: str) -> FrozenHead:
    """Read what a document is as a whole, without its lines: for those who look at very many.

    Raises:
        FrozenInvalid: it is none, or a later program wrote it.
    """
    try:
        head = msgspec.json.decode(text, type=FrozenHead)
    except msgspec.MsgspecError as error:
        raise FrozenInvalid(f"a document's lines cannot be read: {error}") from error
    if head.v != VERSION:
        raise FrozenInvalid(f"version {head.v} of a document's lines; this program knows {VERSION}")
    return head


def _text(frozen: Frozen) -> _Text:
    accounts = list(dict.fromkeys(line.accounts for line in frozen.lines))
    if frozen.discount is not None and frozen.discount not in accounts:
        accounts.append(frozen.discount)
    earned = {place: line.earned for place, line in enumerate(frozen.lines) if line.earned is not None}
    accounts += [one for one in dict.fromkeys(earned.values()) if one not in accounts]
    # Codes that differ only in the rule that chose them are equal, but not the same evidence.
    codes = {_code(line.code): line.code for line in frozen.lines if line.code is not None}
    places = {row: place for place, row in enumerate(codes)}
    return _Text(
        v=VERSION,
        **{name: getattr(frozen, name) for name in _PLAIN},
        discount=None if frozen.discount is None else accounts.index(frozen.discount),
        accounts=[_account(one) for one in accounts],
        codes=list(codes),
        lines=[
            (
                line.role,
                line.source,
                line.quantity,
                line.label,
                line.full,
                line.net,
                line.tax,
                line.rate,
                accounts.index(line.accounts),
                None if line.code is None else places[_code(line.code)],
            )
            for line in frozen.lines
        ],
        following=[_text(one) for one in frozen.following],
        earned={place: accounts.index(one) for place, one in earned.items()} or msgspec.UNSET,
        levels={place: one.levels for place, one in enumerate(codes.values()) if one.levels} or msgspec.UNSET,
        terms=msgspec.UNSET if frozen.terms == USUAL else frozen.terms,
        posted=frozen.posted or msgspec.UNSET,
        translated=frozen.translated or msgspec.UNSET,
        summed=frozen.summed or msgspec.UNSET,
        shared=frozen.shared or msgspec.UNSET,
        blocks=msgspec.UNSET if frozen.blocks == NO_BLOCKS else frozen.blocks,
        adopted=msgspec.UNSET if frozen.adopted is None else frozen.adopted,
    )


def _account(one: Accounts) -> _Account:
    row = (one.gl_account, one.cost_center, one.profit_center, one.rule)
    return (*row, one.internal_order, one.wbs_element) if one.internal_order or one.wbs_element else row


def _code(one: TaxCode) -> _Code:
    row = (one.code, one.condition_key, one.account_key, one.liability_account, one.rule)
    if one.reason:
        return (*row, one.jurisdiction, one.reason)
    return (*row, one.jurisdiction) if one.jurisdiction else row


def _read_code(row: _Code, levels: tuple[TaxLevel, ...]) -> TaxCode:
    code, condition_key, account_key, liability_account, rule, *more = row
    jurisdiction, reason = (*more, "", "")[:2]
    return TaxCode(code, condition_key, account_key, liability_account, rule, jurisdiction, levels, reason)


def _frozen(text: _Text) -> Frozen:
    accounts = [Accounts(*row) for row in text.accounts]
    levels = {} if isinstance(text.levels, msgspec.UnsetType) else text.levels
    codes = [_read_code(row, levels.get(place, ())) for place, row in enumerate(text.codes)]
    earned = {} if isinstance(text.earned, msgspec.UnsetType) else text.earned
    return Frozen(
        **{name: getattr(text, name) for name in _PLAIN},
        discount=None if text.discount is None else accounts[text.discount],
        lines=tuple(
            FrozenLine(
                *row[:8],
                accounts[row[8]],
                None if row[9] is None else codes[row[9]],
                accounts[earned[place]] if place in earned else None,
            )
            for place, row in enumerate(text.lines)
        ),
        following=tuple(_frozen(one) for one in text.following),
        terms=USUAL if isinstance(text.terms, msgspec.UnsetType) else text.terms,
        posted=text.posted or "",
        translated=text.translated or "",
        summed=text.summed is True,
        shared=text.shared or (),
        blocks=NO_BLOCKS if isinstance(text.blocks, msgspec.UnsetType) else text.blocks,
        adopted=None if isinstance(text.adopted, msgspec.UnsetType) else text.adopted,
    )
