"""A document that somebody else posted for an order from before the cut-over, as that order's invoice. Pure.

It is read as a generator: it yields reads of tables, is sent their rows and returns what stands in SAP. BSEG is a
cluster table that RFC_READ_TABLE does not serve, so that the G/L lines are those of accounts with line item display.

It is taken over with the lines that the mapping makes of the order, for SAP knows no articles. What each tax code comes
to must be the same; the accounts are the document's where a code stands on one alone.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from mlconnector_shared.envelope import Predicate, ReadTable

from .currency import from_minor
from .draft import Draft, DraftLine, draft_of
from .frozen import NO_BLOCKS, Frozen, FrozenLine
from .reference import document_of
from .text import pad, spelled_day, unpad
from .values import Refusal

__all__ = ["Adoption", "Place", "Posted", "Rows", "adoption_of", "read_posted"]

K = TypeVar("K")

Rows = Sequence[Sequence[str]]
Reading = Generator[ReadTable, Rows, "Posted | None"]

_HEADER: Final = ("BUKRS", "BELNR", "GJAHR", "BLART", "XBLNR", "USNAM", "BUDAT", "CPUDT", "WWERT", "WAERS", "STBLG")
_OWED: Final = ("BUKRS", "BELNR", "GJAHR", "BUZEI", "SHKZG", "WRBTR", "AUGDT")
_GENERAL: Final = (*_OWED[:6], "HKONT", "KOSTL", "AUFNR", "MWSKZ")
_TAX: Final = ("BUKRS", "BELNR", "GJAHR", "BUZEI", "SHKZG", "FWSTE", "HKONT", "MWSKZ")

KEY: Final = 10
ORDER: Final = 12
"""Digits of account, cost center and customer, and of an internal order."""

CENTS: Final = 2
"""Decimals with which SAP keeps every amount: 1000 JPY as 10.00, so that without the point it is smallest units."""


class Place(NamedTuple):
    """Where an amount stands, as SAP stores it; the tax code is empty for what has none."""

    account: str
    cost_center: str
    internal_order: str
    tax_code: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A document as it stands in SAP; amounts in smallest units, what the customer owes and credits of others positive.

    Attributes:
        object_key: its number, company code and fiscal year.
        posted, entered, translated: posting date, day of entry, and day whose exchange rate counts; `YYYYMMDD`.
        reversed_by: number of the document that reversed it, or that it reverses; empty if none.
        owed: by the customer asked for.
        cleared: day on which the last of the customer's lines was cleared; empty while one is open.
        nets: of the G/L lines, those of tax left out.
        taxes: by tax code; codes without tax left out.
    """

    object_key: str
    document_type: str
    reference: str
    user: str
    posted: str
    entered: str
    translated: str
    currency: str
    reversed_by: str
    owed: int
    cleared: str
    nets: Mapping[Place, int]
    taxes: Mapping[str, int]

    @property
    def named(self) -> str:
        """Return it as people look for it in SAP."""
        return document_of(self.object_key)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What taking a document over comes to.

    Attributes:
        facts: what it is made of, for the documents that follow it.
        told: how it compares with what the relay would have posted, line by line.
    """

    facts: Frozen
    told: tuple[str, ...]


def read_posted(object_key: str, customer: str) -> Reading:
    """Read a document with what a customer owes by it; None where SAP has none, or one that is only parked or noted."""
    headers = yield _read(object_key, "BKPF", _HEADER, Predicate("BSTAT", "EQ", ""))
    if not headers:
        return None
    _, _, _, document_type, reference, user, posted, entered, translated, currency, reversed_by = headers[0]
    taxed = [row[3:] for row in (yield _read(object_key, "BSET", _TAX))]
    owed: dict[str, tuple[int, str]] = {}
    for table in ("BSID", "BSAD"):
        # What is cleared meanwhile is in both, under one number.
        for row in (yield _read(object_key, table, _OWED, Predicate("KUNNR", "EQ", pad(customer, KEY)))):
            owed[row[3]] = -_credit(*row[4:6]), row[6].lstrip("0")  # 00000000: open
    lines: dict[str, tuple[Place, int]] = {}
    of_tax = {(account, code) for _, _, _, account, code in taxed}
    for table in ("BSIS", "BSAS"):
        for _, _, _, item, side, amount, *place in (yield _read(object_key, table, _GENERAL)):
            where = Place(*place)
            if (where.account, where.tax_code) not in of_tax:
                lines[item] = (where, _credit(side, amount))
    taxes = _summed((code, _credit(side, tax)) for _, side, tax, _, code in taxed)
    return Posted(
        object_key,
        document_type,
        reference,
        user,
        posted,
        entered,
        translated,
        currency,
        reversed_by,
        sum(amount for amount, _ in owed.values()),
        max(days) if all(days := [day for _, day in owed.values()]) and days else "",
        _summed(lines.values()),
        taxes,
    )


def adoption_of(ours: Frozen, found: Posted) -> Adoption | Refusal:
    """Return what taking a document over comes to, or why it cannot be, with the arithmetic.

    Args:
        ours: what the relay would have posted.
        found: what stands in SAP.
    """
    draft = draft_of(ours)
    compared = _compared(ours, draft, found)
    lines, split = _lines(ours, draft, found)
    wrong = [*_unfit(ours, found), *(one.sentence for one in compared if one.must and not one.same)]
    if wrong or split:
        return Refusal("adopt", "; ".join(wrong or split))
    head = f"{found.document_type} of {spelled_day(found.posted)}, reference {found.reference or 'none'}"
    facts = replace(
        ours,
        document_type=found.document_type,
        day=found.posted,
        translated="" if found.translated == found.posted else found.translated,
        lines=lines,
        blocks=NO_BLOCKS,
        adopted=found.reference,
    )
    return Adoption(facts, (f"{head}, entered by {found.user}", *(one.sentence for one in compared)))


@dataclass(frozen=True, slots=True)
class _Compared:
    """An amount in SAP and ours; `must`: they have to be the same."""

    sentence: str
    same: bool
    must: bool


def _compared(ours: Frozen, draft: Draft, found: Posted) -> list[_Compared]:
    def told(what: str, theirs: int, mine: int, *, must: bool = True) -> _Compared:
        amounts = (from_minor(amount, ours.places) for amount in (theirs, mine))
        return _Compared("{}: {} in SAP, {} by the relay".format(what, *amounts), theirs == mine, must)

    gross = sum(line.gross for line in ours.lines)
    rows = [told(f"customer {ours.customer} owes {ours.currency}", found.owed, gross)]
    taxes = _summed((code.code, tax) for code, tax in draft.codes)
    rows += [told(f"tax with {code}", *_both(code, found.taxes, taxes)) for code in sorted({*found.taxes, *taxes})]
    theirs, mine = found.nets, _summed((_place(line), line.amount) for line in draft.lines)
    nets = [_summed((place.tax_code, amount) for place, amount in some.items()) for some in (theirs, mine)]
    rows += [told(_net(code), *_both(code, *nets)) for code in sorted({*nets[0], *nets[1]})]
    for place in sorted({*theirs, *mine}):
        rows.append(told(f"account {_named(place)}", theirs.get(place, 0), mine.get(place, 0), must=False))
    return rows


def _unfit(ours: Frozen, found: Posted) -> list[str]:
    """List what is wrong with a document beside its amounts."""
    company_code = found.object_key[10:14].rstrip()
    wrong = []
    if company_code != ours.company_code:
        wrong.append(f"it is of company code {company_code}, the order of {ours.company_code}")
    if found.currency != ours.currency:
        wrong.append(f"it is in {found.currency}, the order in {ours.currency}")
    if found.reversed_by:
        wrong.append(f"it was reversed by document {found.reversed_by.lstrip('0')}")
    if ours.following:
        wrong.append("gift certificates and store credit have a document of their own by the mapping")
    return wrong


def _lines(ours: Frozen, draft: Draft, found: Posted) -> tuple[tuple[FrozenLine, ...], list[str]]:
    """Return the lines on the accounts where they stand, and why they cannot be told where they cannot."""
    mine = _summed((_place(line), line.amount) for line in draft.lines)
    moved: dict[str, Place] = {}
    wrong = []
    for code in sorted({place.tax_code for place in (*mine, *found.nets)}):
        theirs, by_us = (
            {place: net for place, net in some.items() if place.tax_code == code} for some in (found.nets, mine)
        )
        if theirs != by_us:
            if code and len(theirs) == 1 and ours.discount is None:
                [moved[code]] = theirs
            else:
                stands = (f"{from_minor(net, ours.places)} on {_named(place)}" for place, net in theirs.items())
                sentence = f"{_net(code)} stands as {', '.join(stands) or 'nothing'}, otherwise than by the mapping"
                wrong.append(f"{sentence}: which article is on which account is not to be told")
    lines = tuple(_on_place(line, moved.get(line.code.code if line.code else ""), found) for line in ours.lines)
    if any(line.earned for line in lines):
        wrong.append("its revenue is deferred: what was earned since is not to be told from the document")
    return lines, wrong


def _on_place(line: FrozenLine, place: Place | None, found: Posted) -> FrozenLine:
    if place is None:
        return line
    account, cost_center, order = map(unpad, place[:3])
    accounts = replace(
        line.accounts, gl_account=account, cost_center=cost_center, internal_order=order, rule=found.named
    )
    return replace(line, accounts=accounts, earned=None)


def _place(line: DraftLine) -> Place:
    one = line.accounts
    return Place(pad(one.gl_account, KEY), pad(one.cost_center, KEY), pad(one.internal_order, ORDER), line.tax_code)


def _named(place: Place) -> str:
    return " ".join(unpad(key) for key in place if key)


def _net(code: str) -> str:
    return f"net with {code}" if code else "what has no tax code"


def _both(key: K, one: Mapping[K, int], other: Mapping[K, int]) -> tuple[int, int]:
    return one.get(key, 0), other.get(key, 0)


def _summed(amounts: Iterable[tuple[K, int]]) -> dict[K, int]:
    """Sum amounts by what they are of; what comes to nothing is left out."""
    sums: dict[K, int] = {}
    for key, amount in amounts:
        sums[key] = sums.get(key, 0) + amount
    return {key: amount for key, amount in sums.items() if amount}


def _credit(side: str, amount: str) -> int:
    """Return an amount of SAP's in smallest units, credits positive."""
    units = int(Decimal(amount).scaleb(CENTS))
    return units if side == "H" else -units


def _read(object_key: str, table: str, fields: tuple[str, ...], *more: Predicate) -> ReadTable:
    number, company_code, year = object_key[:10], object_key[10:14].rstrip(), object_key[14:]
    where = (
        Predicate("BUKRS", "EQ", company_code),
        Predicate("BELNR", "EQ", number),
        Predicate("GJAHR", "EQ", year),
        *more,
    )
    return ReadTable(table, fields, where, key=("BELNR", "GJAHR", *(["BUZEI"] if "BUZEI" in fields else [])))
