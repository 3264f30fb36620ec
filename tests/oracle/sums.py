"""What a document comes to, in whole smallest units: sums per account and tax code, and how units are shared out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .goods import Part

__all__ = [
    "HEAD",
    "Code",
    "Document",
    "Key",
    "Posted",
    "Range",
    "Sums",
    "exact",
    "ratio",
    "share_levels",
    "shares",
    "summed",
]

Key = tuple[str, ...]
"""Company code, document type, posting date, translation date, currency, document date, tax date and part, and what of
the document: `customer`, `account`, `tax`, `base` or `net`, with what tells it apart."""

HEAD = 8
"""Parts of a key that name the document."""

Range = tuple[int, int]
Sums = dict[Key, Range]
Source = tuple[str, int]
Booking = tuple[tuple[str, str], str, Range]
"""An account with its cost center, a tax code, and an amount."""


@dataclass(frozen=True)
class Code:
    """A tax code, and the liability account that takes its tax instead, or the authorities that share it."""

    name: str = ""
    liability: str = ""
    levels: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Posted:
    """A part of the cart as it was invoiced; credits positive."""

    part: Part
    account: tuple[str, str]
    code: Code
    net: Range
    tax: Range
    full: Range
    gross: int
    quantity: int
    deferred: tuple[str, str] | None = None


@dataclass
class Document:
    """Sums of one document; credits positive, as the customer owes them.

    Attributes:
        day: of the fact behind it.
        translated: the day whose exchange rate counts, where it is another than the posting date.
        dated: the document date, where it is not the fact's.
        posting: the posting date, once it is posted.
        taxed: the tax date, where the company code has one.
        deferred: pieces and amounts of parts that came to deferred revenue.
        earned: pieces whose deferred revenue became revenue.
        marks: what the customer's lines say beside the terms; `account_marks` what the others say.
        owed: what the customer owes, after the tenders.
        tendered: what gift certificates and store credit paid.
        moved: what came to some parts where others cost as much less.
        levels: the tax of each authority, by the code that they share.
        elsewhere: bookings that stand on other accounts than the invoice's: what stays away there, and what stands
            here; whoever takes the rest of an order back goes by the invoice's.
    """

    kind: str
    day: str
    translated: str = ""
    accounts: dict[tuple[str, str, str], Range] = field(default_factory=dict)
    nets: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    taxes: dict[Code, int] = field(default_factory=lambda: defaultdict(int))
    owed: int = 0
    tendered: int = 0
    moved: int = 0
    elsewhere: list[tuple[Booking, tuple[Booking, ...]]] = field(default_factory=list)
    dated: str = ""
    posting: str = ""
    taxed: str = ""
    deferred: dict[Source, tuple[int, int]] = field(default_factory=dict)
    earned: dict[Source, int] = field(default_factory=lambda: defaultdict(int))
    marks: dict[str, str] = field(default_factory=dict)
    account_marks: dict[str, str] = field(default_factory=dict)
    levels: dict[Code, list[int]] = field(default_factory=dict)

    @property
    def rate_day(self) -> str:
        """Return the day whose exchange rate counts."""
        return self.translated or self.posting or self.day

    def defer(self, source: Source, pieces: int, amount: int) -> None:
        """Add to what of a part is deferred."""
        known = self.deferred.get(source, (0, 0))
        self.deferred[source] = (known[0] + pieces, known[1] + amount)

    def book(self, account: tuple[str, str], code: str, amount: Range) -> None:
        """Add to an account."""
        key = (*account, code)
        low, high = self.accounts.get(key, (0, 0))
        self.accounts[key] = (low + amount[0], high + amount[1])

    def turned(self, kind: str, day: str, translated: str = "") -> "Document":
        """Return the document that takes this one back, at the exchange rate of another day where one is given."""
        found = summed([self], kind, day, -1)
        found.translated = translated
        found.elsewhere = [(_less(away), tuple(map(_less, here))) for away, here in self.elsewhere]
        return found

    def on_accounts(self) -> dict[tuple[str, str, str], Range]:
        """Return what stands on each account."""
        found = Document(self.kind, self.day, accounts=dict(self.accounts))
        for away, here in self.elsewhere:
            for account, code, amount in (_less(away), *here):
                found.book(account, code, amount)
        return {key: amount for key, amount in found.accounts.items() if amount != (0, 0)}


def _less(booking: Booking) -> Booking:
    account, code, (low, high) = booking
    return account, code, (-high, -low)


def summed(documents: Iterable[Document], kind: str, day: str, sign: int) -> Document:
    found = Document(kind, day)
    for one in documents:
        for (account, cost_center, code), amount in one.accounts.items():
            low, high = sorted(sign * bound for bound in amount)
            found.book((account, cost_center), code, (low, high))
        for name, net in one.nets.items():
            found.nets[name] += sign * net
        for code_, tax in one.taxes.items():
            found.taxes[code_] += sign * tax
        for source, (pieces, value) in one.deferred.items():
            found.defer(source, sign * pieces, sign * value)
        for source, pieces in one.earned.items():
            found.earned[source] += sign * pieces
        found.owed += sign * one.owed
        found.tendered += sign * one.tendered
    return found


def shares(total: int, weights: Sequence[int]) -> list[Range]:
    """Share whole units out in proportion, the largest remainders first; a unit that a tie leaves open is a range."""
    all_ = sum(weights)
    if not all_:
        assert not total, f"{total} over nothing"
        return [(0, 0)] * len(weights)
    sign, rest = (1 if total >= 0 else -1), abs(total)
    floors = [rest * weight // all_ for weight in weights]
    remainders = [rest * weight % all_ for weight in weights]
    left = rest - sum(floors)
    ranked = sorted(remainders, reverse=True)
    last, next_ = (ranked[left - 1] if left else all_), (ranked[left] if left < len(ranked) else -1)
    found = []
    for floor, remainder in zip(floors, remainders, strict=True):
        sure = remainder >= last if last != next_ else remainder > last
        open_ = last == next_ == remainder
        found.append((sign * (floor + sure), sign * (floor + (sure or open_))))
    return [(min(pair), max(pair)) for pair in found]


def exact(total: int, weights: Sequence[int]) -> list[int]:
    """Share units out where no tie may leave one open."""
    found = shares(total, weights)
    assert all(low == high for low, high in found), f"{total} over {weights}: a tie between tax codes"
    return [low for low, _ in found]


def share_levels(documents: Iterable[Document]) -> None:
    """Share taxes out over their authorities: what is charged by rate, what goes back by what each has left."""
    left: dict[Code, list[int]] = {}
    for one in documents:
        for code, tax in one.taxes.items():
            if code.levels:
                rest = left.setdefault(code, [0] * len(code.levels))
                back = tax * sum(rest) < 0
                one.levels[code] = exact(tax, [abs(level) for level in rest] if back else [r for _, r in code.levels])
                left[code] = [known + share for known, share in zip(rest, one.levels[code], strict=True)]


def ratio(amount: int, numerator: int, denominator: int) -> int:
    return (2 * amount * numerator + denominator) // (2 * denominator)
