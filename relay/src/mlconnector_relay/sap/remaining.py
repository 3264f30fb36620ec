"""What is left of the documents of an order: per line what was invoiced, less what was given back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .frozen import TENDERS, Frozen, FrozenLine
from .targets import TaxCode

__all__ = [
    "CANCELLATION",
    "DECLINED",
    "DECLINED_IN_PART",
    "REINSTATED",
    "REMAP_REPOST",
    "REMAP_REVERSAL",
    "Key",
    "Left",
    "added",
    "amount_of",
    "is_of_refund",
    "key_of",
    "left_of",
    "negated",
    "reducing",
    "refund_of",
    "rounded",
    "share_of",
    "units_of",
]

CANCELLATION = "cancellation"
"""What a document is about that takes back the rest of an order."""

REINSTATED = "reinstated"
"""What a document is about that posts an order anew whose cancellation was withdrawn."""

REMAP_REVERSAL = "remap reversal"
REMAP_REPOST = "remap repost"
"""What the two documents are about by which a posted order is mapped anew."""

REFUND = "refund "

DECLINED = " declined"
DECLINED_IN_PART = " declined in part"
"""What a document is about, behind its refund, that undoes a credit memo or a part of it."""

Key = tuple[str, int, str]
"""Role, source, and key of the tax code with its liability account: what makes lines of several documents one."""


@dataclass(frozen=True, slots=True)
class Left:
    """A line of the invoice and what is left of it.

    Attributes:
        line: as invoiced.
        rest: less everything that was given back of it.
        deferred: what of the rest is deferred revenue yet; `None` where none of the line ever was.
    """

    line: FrozenLine
    rest: FrozenLine
    deferred: FrozenLine | None = None

    @property
    def is_tender(self) -> bool:
        """Tell whether it paid, instead of being paid for."""
        return self.line.role in TENDERS


def refund_of(about: str) -> int | None:
    """Return which refund a document gives back, `None` where it is no refund's credit memo."""
    number = about.removeprefix(REFUND)
    return int(number) if number != about and number.isdecimal() else None


def is_of_refund(about: str) -> bool:
    """Tell whether a document gives a refund back, or undoes what gave it back."""
    return about.startswith(REFUND)


def key_of(line: FrozenLine) -> Key:
    """Return what makes lines of several documents one."""
    return (line.role, line.source, line.code.key + line.code.liability_account if line.code else "")


def left_of(documents: Sequence[Frozen]) -> tuple[Left, ...]:
    """Return what is left of each line; lines of which nothing is left stay, with zeros.

    Args:
        documents: everything posted for the order, the invoice first.
    """
    invoiced: dict[Key, FrozenLine] = {}
    rest: dict[Key, FrozenLine] = {}
    deferred: dict[Key, FrozenLine] = {}
    for document, reduces in zip(documents, reducing(documents), strict=True):
        for line in document.lines:
            key = key_of(line)
            rest[key] = _plus(rest.get(key), line, document)
            if line.earned is not None:
                deferred[key] = _plus(deferred.get(key), line, document)
            if not reduces:
                invoiced[key] = _plus(invoiced.get(key), line, document)
    nothing = [(key, line) for key, line in rest.items() if key not in invoiced]
    invoiced |= {key: amount_of(Left(line, line), 0, 0, 0) for key, line in nothing}
    return tuple(Left(invoiced[key], line, deferred.get(key)) for key, line in rest.items())


def _plus(known: FrozenLine | None, line: FrozenLine, document: Frozen) -> FrozenLine:
    """Add a line to what is known of it, whose accounts stay, unless the order was mapped anew.

    Its rate is the latest, and so is how its code's tax is shared out over authorities: an edit brings the whole line
    to what the store charges by then.
    """
    if known is None:
        return line
    if document.about == REMAP_REPOST:
        return added(line, known)
    return replace(added(known, line), rate=line.rate, code=line.code)


def reducing(documents: Sequence[Frozen]) -> list[bool]:
    """Tell of each document whether it gives back what stays invoiced, or undoes what gave back.

    A cancellation that was withdrawn takes back what was invoiced, not what is left of it. A refund of tax alone moves
    what was invoiced to another tax code.
    """
    withdrawn = sum(document.about == REINSTATED for document in documents)
    found = []
    for document in documents:
        cancels = document.about == CANCELLATION
        found.append((cancels and not withdrawn) or (is_of_refund(document.about) and not _moves(document)))
        withdrawn -= cancels and withdrawn > 0
    return found


def _moves(document: Frozen) -> bool:
    # By code: of a small part of a refund a single line may round to the other side.
    nets: dict[TaxCode, int] = {}
    for line in document.lines:
        if line.code is not None:
            nets[line.code] = nets.get(line.code, 0) + line.net
    return min(nets.values(), default=0) < 0 < max(nets.values(), default=0)


def negated(line: FrozenLine) -> FrozenLine:
    """Return the line with all signs turned."""
    return replace(line, quantity=-line.quantity, full=-line.full, net=-line.net, tax=-line.tax)


def units_of(left: Left, quantity: int) -> FrozenLine:
    """Return so many pieces of what is left: each has its rounded share of the invoice's line, the last takes the rest.

    Args:
        left: a line that is counted.
        quantity: at most what is left.
    """
    if quantity == left.rest.quantity:
        return left.rest
    share = Fraction(quantity, left.line.quantity)
    gross = min(rounded(left.line.gross * share), left.rest.gross)
    tax = min(rounded(left.line.tax * share), left.rest.tax)
    return amount_of(left, gross - tax, tax, quantity)


def share_of(left: Left, share: Fraction) -> FrozenLine:
    """Return a share of what is left, of a line that is not counted; all of it leaves nothing."""
    gross, tax = rounded(left.rest.gross * share), rounded(left.rest.tax * share)
    return amount_of(left, gross - tax, tax, 0)


def amount_of(left: Left, net: int, tax: int, quantity: int) -> FrozenLine:
    """Return a part of what is left, with its share of the price before discounts."""
    if net == left.rest.net:
        full = left.rest.full
    else:
        full = rounded(left.line.full * Fraction(net, left.line.net)) if left.line.net else net
    return replace(left.line, quantity=quantity, full=full, net=net, tax=tax)


def added(one: FrozenLine, other: FrozenLine) -> FrozenLine:
    """Return two lines as one, with what the first is beside its amounts."""
    return replace(
        one,
        quantity=one.quantity + other.quantity,
        full=one.full + other.full,
        net=one.net + other.net,
        tax=one.tax + other.tax,
    )


def rounded(amount: Fraction) -> int:
    """Round to a whole number, halves away from zero."""
    return int(amount + Fraction(1, 2)) if amount >= 0 else -int(-amount + Fraction(1, 2))
