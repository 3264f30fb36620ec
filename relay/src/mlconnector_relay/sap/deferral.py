"""Revenue deferred until its goods have left: what a shipment earns, and from where something is taken back. Pure.

Everything follows from what was posted: the lines that stand on a deferred account know where their revenue goes. Per
line of the order the account ends at zero once every piece was shipped or given back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from .frozen import NO_BLOCKS, Frozen, FrozenLine
from .reference import Kind
from .remaining import Key, Left, key_of, left_of, negated, reducing, rounded
from .shipping import COMPLETED, SHIPPED

__all__ = ["COMPLETION", "DELETED", "SHIPMENT", "Earned", "earned_next", "taken_back", "unearned"]

SHIPMENT: Final = "shipment"
COMPLETION: Final = "completion"
"""What the documents are about that turn deferred revenue into revenue."""

DELETED: Final = " deleted"
"""Behind a shipment: what a document is about that takes its revenue back."""

EVERYTHING: Final = 2**53
"""More pieces than any order has."""


@dataclass(frozen=True, slots=True)
class Earned:
    """Revenue that is due by now, or is due no more.

    Attributes:
        ordinal: the shipment's id; 1 where no shipment earned it.
        lines: to the revenue accounts and from the deferred ones, in pairs.
        deleted: whether it goes back, since the shipment is none any more.
    """

    kind: Kind
    ordinal: int
    lines: tuple[FrozenLine, ...]
    deleted: bool = False

    @property
    def about(self) -> str:
        """Return what its document is about."""
        about = f"{SHIPMENT} {self.ordinal}" if self.kind is Kind.SHIPMENT else COMPLETION
        return about + DELETED if self.deleted else about

    def document(self, invoice: Frozen, document_type: str, day: str) -> Frozen:
        """Return what its document is made of; it has no customer."""
        return replace(
            invoice,
            about=self.about,
            document_type=document_type,
            day=day,
            customer="",
            reading="revenue of what is not shipped any more"
            if self.deleted
            else "deferred revenue of what was shipped",
            lines=self.lines,
            following=(),
            blocks=NO_BLOCKS,
        )


def earned_next(snapshot: OrderSnapshot, posted: Sequence[Frozen]) -> Earned | None:
    """Return the first revenue that is due and not posted yet: shipments in the order of their ids, then the rest.

    The rest is due once the order is completed, or Shipped without any shipment, as merchants set it by hand; and where
    nothing of a line is left to be shipped. A shipment that was deleted takes nothing back by itself.

    Args:
        snapshot: the order as it is.
        posted: everything posted for it.
    """
    deferred = {key_of(one.line): one.deferred for one in left_of(posted) if one.deferred is not None}
    if not deferred:
        return None
    earned = _earned(posted)
    shipped: dict[int, int] = {}
    for shipment in sorted(snapshot.shipments, key=lambda shipment: shipment.id):
        for item in shipment.items:
            shipped[item.order_product_id] = shipped.get(item.order_product_id, 0) + item.quantity
        lines = tuple(_due(deferred, earned, shipped))
        if lines:
            return Earned(Kind.SHIPMENT, shipment.id, lines)
    if _is_completed(snapshot, posted, earned):
        shipped = {line.source: EVERYTHING for line in deferred.values()}
    lines = tuple(_due(deferred, earned, shipped))
    return Earned(Kind.COMPLETION, 1, lines) if lines else None


def unearned(snapshot: OrderSnapshot, posted: Sequence[Frozen]) -> Earned | None:
    """Return the revenue of shipments that were posted and are deleted, as far as their goods have not left otherwise.

    Of what was given back meanwhile, pieces not shipped went first: only what is left of a line can go back.

    Args:
        snapshot: the order as it is.
        posted: everything posted for it.
    """
    there = {f"{SHIPMENT} {shipment.id}" for shipment in snapshot.shipments}
    gone = [one for one in posted if one.about.startswith(SHIPMENT) and one.about.removesuffix(DELETED) not in there]
    if not gone or snapshot.order.status_id == COMPLETED:
        return None
    deleted: dict[Key, int] = {}
    for line in (line for document in gone for line in document.lines if line.earned is None):
        deleted[key_of(line)] = deleted.get(key_of(line), 0) + line.quantity
    shipped: dict[int, int] = {}
    for item in (item for shipment in snapshot.shipments for item in shipment.items):
        shipped[item.order_product_id] = shipped.get(item.order_product_id, 0) + item.quantity
    lines = tuple(_undue(left_of(posted), deleted, shipped))
    newest = max(int(one.about.removesuffix(DELETED).removeprefix(SHIPMENT)) for one in gone)
    return Earned(Kind.SHIPMENT, newest, lines, deleted=True) if lines else None


def taken_back(left: Left, line: FrozenLine) -> Iterator[FrozenLine]:
    """Split what is given back of a line: what was not shipped comes from the deferred account, the rest from revenue.

    Pieces not shipped are given back first; with the last of them goes all that is deferred of the line.

    Args:
        left: the order's line.
        line: a part of it, positive.
    """
    deferred = left.deferred
    if deferred is None or line.earned is None:
        yield line
        return
    if line.quantity:
        pieces = min(line.quantity, max(deferred.quantity, 0))
        whole, share = 0 < pieces == deferred.quantity, Fraction(pieces, line.quantity)
    else:
        pieces, whole = 0, False
        share = Fraction(deferred.net, left.rest.net) if left.rest.net else Fraction(0)
    unshipped = replace(
        line,
        quantity=pieces,
        full=deferred.full if whole else rounded(line.full * share),
        net=deferred.net if whole else rounded(line.net * share),
        tax=rounded(line.tax * share),
    )
    shipped = replace(
        line,
        quantity=line.quantity - pieces,
        full=line.full - unshipped.full,
        net=line.net - unshipped.net,
        tax=line.tax - unshipped.tax,
        accounts=line.earned,
        earned=None,
    )
    yield from (part for part in (unshipped, shipped) if part.quantity or part.full or part.net or part.tax)


def _earned(posted: Sequence[Frozen]) -> Mapping[Key, int]:
    """Count the pieces whose revenue stands on its own account, whether some of them were given back or not."""
    pieces: dict[Key, int] = {}
    for document, reduces in zip(posted, reducing(posted), strict=True):
        for line in document.lines if not reduces else ():
            if line.earned is None:
                pieces[key_of(line)] = pieces.get(key_of(line), 0) + line.quantity
    return pieces


def _is_completed(snapshot: OrderSnapshot, posted: Sequence[Frozen], earned: Mapping[Key, int]) -> bool:
    status = snapshot.order.status_id
    # Shipped stays when a shipment is deleted: it says nothing more where a person took its revenue back.
    says_nothing = bool(snapshot.shipments) or any(one.about.endswith(DELETED) for one in posted)
    by_hand = status in SHIPPED and not says_nothing and not any(earned.values())
    return status == COMPLETED or by_hand


def _undue(lines: Sequence[Left], deleted: Mapping[Key, int], shipped: Mapping[int, int]) -> Iterator[FrozenLine]:
    known = {key_of(one.line): one for one in lines}
    standing = {
        key: one.rest.quantity - one.deferred.quantity for key, one in known.items() if one.deferred is not None
    }
    pieces = {
        key: max(min(count - shipped.get(known[key].line.source, 0), deleted.get(key, 0)), 0)
        for key, count in standing.items()
    }
    for key, share in _shares(pieces, standing, Fraction(0)).items():
        left, deferred = known[key], known[key].deferred
        if deferred is not None and deferred.earned is not None and share:
            full, net = (
                rounded(amount * share) for amount in (left.rest.full - deferred.full, left.rest.net - deferred.net)
            )
            part = replace(deferred, quantity=pieces[key], full=full, net=net, tax=0)
            yield part
            yield replace(negated(part), accounts=deferred.earned, earned=None)


def _due(
    deferred: Mapping[Key, FrozenLine], earned: Mapping[Key, int], shipped: Mapping[int, int]
) -> Iterator[FrozenLine]:
    waiting = {key: line.quantity for key, line in deferred.items()}
    pieces = {
        key: max(min(shipped.get(line.source, 0) - earned.get(key, 0), line.quantity), 0)
        for key, line in deferred.items()
    }
    for key, share in _shares(pieces, waiting, Fraction(1)).items():
        line = deferred[key]
        if share == 1:
            part = replace(line, tax=0)
        else:
            full, net = rounded(line.full * share), rounded(line.net * share)
            part = replace(line, quantity=pieces[key], full=full, net=net, tax=0)
        if line.earned is not None and (part.quantity or part.full or part.net):
            yield replace(part, accounts=line.earned, earned=None)
            yield negated(part)


def _shares(pieces: Mapping[Key, int], of: Mapping[Key, int], otherwise: Fraction) -> dict[Key, Fraction]:
    """Return which share of each line so many of its pieces are.

    Of base that moved to another tax code no pieces are counted: it goes with those of the line that it is of.

    Args:
        pieces: at most those of the line.
        of: the line's.
        otherwise: the share where nothing is counted.
    """
    shares = {}
    for key, whole in of.items():
        mine = [key] if whole else [one for one in of if one[:2] == key[:2]]
        count = sum(of[one] for one in mine)
        shares[key] = Fraction(sum(pieces[one] for one in mine), count) if count > 0 else otherwise
    return shares
