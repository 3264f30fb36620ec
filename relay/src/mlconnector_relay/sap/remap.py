"""A posted order as another mapping has it: what was posted taken back, and the order posted anew. Pure.

Accounts, CO objects and tax codes are those of the mapping; debtor, terms, texts and the account of discounts stay
those of the first document, beside which all later ones belong; so does the exchange rate. The day is that of the
newest: what an edit or a shipment posted later cannot be taken back before it.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..bigcommerce.models import OrderSnapshot
from .companies import company_of
from .currency import from_minor
from .document import frozen_order
from .draft import DraftTax, draft_of
from .edit import everything_back
from .facts import StoreFacts
from .frozen import NO_BLOCKS, Frozen, FrozenLine
from .mapping import Mapping
from .reference import Kind
from .remaining import REMAP_REPOST, REMAP_REVERSAL
from .targets import Accounts
from .values import Gap, Refusal

__all__ = ["Remap", "remap_of"]

Place = tuple[str, ...]
Sums = dict[Place, int]


@dataclass(frozen=True, slots=True)
class Remap:
    """What mapping a posted order anew comes to.

    Attributes:
        reversal: everything that was posted, taken back.
        repost: the order as the mapping has it.
        moved: per account, CO objects and tax code what stands there and what would, debits positive, as sentences;
            empty where the mapping says what was posted.
        amount: how much would stand elsewhere.
    """

    reversal: Frozen
    repost: Frozen
    moved: tuple[str, ...]
    amount: Decimal


def remap_of(
    posted: Sequence[Frozen], snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts
) -> Remap | Refusal | tuple[Gap, ...]:
    """Return what mapping an order anew comes to.

    Args:
        posted: everything posted for the order, the invoice first.
        snapshot: the order, which is worth what was posted.
        mapping: the other mapping.
        store: the order's store.
    """
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    first = posted[0]
    if company.company_code != first.company_code:
        sentence = f"posted in company code {first.company_code}, the mapping says {company.company_code}"
        return Refusal("decision:company_code", f"{sentence}: post that by hand")
    now = frozen_order(snapshot, mapping, store)
    if not isinstance(now, Frozen):
        return now
    day = max(one.day for one in posted)
    now = replace(now, customer=first.customer, discount=first.discount, terms=first.terms, day=day)
    wanted = tuple(line for one in (now, *now.following) for line in one.lines)
    back = everything_back(posted)
    reversal = replace(now, about=REMAP_REVERSAL, document_type=company.document_type(Kind.REVERSAL), lines=back)
    reversal = replace(reversal, blocks=NO_BLOCKS, following=())
    repost = replace(now, about=REMAP_REPOST, document_type=company.document_type(Kind.REPOST), lines=wanted)
    repost = replace(repost, following=())
    stands, would = _sums(reversal), _sums(repost)
    # Credits are positive in both; what is taken back is what stands, its signs turned already.
    moved = {place: (stands.get(place, 0), -would.get(place, 0)) for place in sorted({*stands, *would})}
    moved = {place: (before, after) for place, (before, after) in moved.items() if before != after}
    bare = _without_cost_center((*reversal.lines, *repost.lines))
    told = [
        f"{_spelled(place, bare)} {from_minor(before, now.places)} -> {from_minor(after, now.places)}"
        for place, (before, after) in moved.items()
    ]
    amount = sum(max(after - before, 0) for before, after in moved.values())
    return Remap(reversal, repost, tuple(told), from_minor(amount, now.places))


def _without_cost_center(lines: Sequence[FrozenLine]) -> set[Place]:
    """Return the accounts without CO object of lines that have a cost center before or after."""
    with_one = {(line.role, line.source) for line in lines if line.accounts.cost_center}
    return {
        line.accounts.objects
        for line in lines
        if (line.role, line.source) in with_one and not any(_co_objects(line.accounts))
    }


def _co_objects(accounts: Accounts) -> tuple[str, ...]:
    return (accounts.cost_center, accounts.internal_order, accounts.wbs_element)


def _spelled(place: Place, bare: Container[Place]) -> str:
    account, cost_center, *others = place
    if place[: len(place) - 1] in bare:
        cost_center = "no cost center"
    return " ".join(part for part in (account, cost_center, *others) if part)


def _place_of(tax: DraftTax) -> Place:
    """Return where a tax is posted: SAP finds its account by the account key, of each authority by its own."""
    return ("tax", tax.code.key, tax.condition_key, tax.account_key, tax.authority)


def _sums(frozen: Frozen) -> Sums:
    """Sum a document's lines and taxes by where they are posted; credits are positive."""
    draft = draft_of(frozen)
    sums: Sums = {}
    lines = [((*line.accounts.objects, line.code), line.amount) for line in draft.lines]
    taxes = [(_place_of(one), one.tax) for one in draft.taxes]
    for place, amount in (*lines, *taxes):
        sums[place] = sums.get(place, 0) + amount
    return sums
