"""An order that was edited after it was posted: what it is now, less what was posted.

Lines that were posted keep their accounts and, while the store charges the same rate, their tax code: a changed
mapping, catalog or address changes nothing by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..bigcommerce.models import OrderSnapshot
from .companies import company_of
from .currency import from_minor
from .dates import day_of
from .deferral import taken_back
from .document import frozen_order
from .draft import draft_of
from .facts import StoreFacts
from .frozen import NO_BLOCKS, Frozen, FrozenLine
from .mapping import Mapping
from .mapping_file import CompanyCode
from .reference import Kind
from .remaining import Key, key_of, left_of, negated
from .values import Gap, Refusal

__all__ = ["REPOST", "REVERSAL", "SUPPLEMENT", "Edit", "edit_of", "everything_back"]

SUPPLEMENT = "edit"
REVERSAL = "edit reversal"
REPOST = "edit repost"
"""What the documents of an edit are about."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit comes to, each a document; the caller chooses which is posted.

    Attributes:
        how: what the mapping says to do about edits.
        supplement: the difference alone; without lines where the order is worth what was posted.
        reversal: everything that was posted, taken back.
        repost: the order as it is now.
    """

    how: Literal["propose", "supplement", "reverse_and_repost"]
    supplement: Frozen
    reversal: Frozen
    repost: Frozen

    @property
    def gross(self) -> int:
        """Return by how much the customer owes more, in smallest units."""
        return sum(line.gross for line in self.supplement.lines)

    @property
    def is_postable(self) -> bool:
        """Tell whether SAP takes the difference alone: not where tax alone changed under its code."""
        return draft_of(self.supplement).above_base is None

    @property
    def sentence(self) -> str:
        """Return the difference for a person: every line with account, tax code and amounts."""
        places, currency = self.supplement.places, self.supplement.currency
        lines = "; ".join(_spelled(line, places) for line in self.supplement.lines)
        return f"the customer owes {from_minor(self.gross, places):+} {currency}: {lines}"


def edit_of(
    posted: Sequence[Frozen], snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts
) -> Edit | Refusal | tuple[Gap, ...]:
    """Return what an edit comes to.

    Args:
        posted: everything posted for the order, the invoice first.
        snapshot: the order as it is now.
        mapping: for lines that are new, and rates that changed.
        store: the order's store.
    """
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    left = left_of(posted)
    before = sorted((one.rest for one in left), key=_is_anything)
    now = frozen_order(snapshot, mapping, store, before)
    if not isinstance(now, Frozen):
        return now
    now = replace(now, customer=posted[0].customer, discount=posted[0].discount, terms=posted[0].terms)
    wanted = [*now.lines, *(line for one in now.following for line in one.lines)]
    lines = _difference(wanted, before)
    return Edit(
        how=company.on_edit,
        supplement=_document(now, SUPPLEMENT, lines, snapshot, company, store),
        reversal=_document(now, REVERSAL, everything_back(posted), snapshot, company, store),
        repost=_document(now, REPOST, tuple(wanted), snapshot, company, store),
    )


def everything_back(posted: Sequence[Frozen]) -> tuple[FrozenLine, ...]:
    """Return the lines that take back all that is left of what was posted for an order."""
    standing = [part for one in left_of(posted) for part in taken_back(one, one.rest)]
    return tuple(negated(line) for line in standing if _is_anything(line))


def _document(
    now: Frozen,
    about: str,
    lines: tuple[FrozenLine, ...],
    snapshot: OrderSnapshot,
    company: CompanyCode,
    store: StoreFacts,
) -> Frozen:
    more = sum(line.gross for line in lines) >= 0
    kind = {SUPPLEMENT: Kind.SUPPLEMENT if more else Kind.REFUND, REVERSAL: Kind.REVERSAL, REPOST: Kind.REPOST}[about]
    day = day_of(snapshot.order.date_modified, company, store)
    # What an edit adds alone waits for no shipment of its own.
    blocks = now.blocks if about == REPOST else NO_BLOCKS
    document_type = company.document_type(kind)
    return replace(now, about=about, document_type=document_type, day=day, lines=lines, following=(), blocks=blocks)


def _difference(now: Sequence[FrozenLine], before: Sequence[FrozenLine]) -> tuple[FrozenLine, ...]:
    old = {key_of(line): line for line in before}
    new: dict[Key, FrozenLine] = {key_of(line): line for line in now}
    lines = [_less(line, old.get(key)) for key, line in new.items()]
    lines += [negated(line) for key, line in old.items() if key not in new]
    return tuple(line for line in lines if _is_anything(line))


def _is_anything(line: FrozenLine) -> bool:
    return bool(line.full or line.net or line.tax)


def _less(line: FrozenLine, before: FrozenLine | None) -> FrozenLine:
    if before is None:
        return line
    return replace(
        line,
        quantity=line.quantity - before.quantity,
        full=line.full - before.full,
        net=line.net - before.net,
        tax=line.tax - before.tax,
        accounts=before.accounts,
        code=before.code,
        earned=before.earned,
    )


def _spelled(line: FrozenLine, places: int) -> str:
    code = f" {line.code.key}" if line.code else ""
    net, tax = from_minor(line.net, places), from_minor(line.tax, places)
    return f"{line.text} {net:+} net and {tax:+} of tax on {line.accounts.gl_account}{code}"
