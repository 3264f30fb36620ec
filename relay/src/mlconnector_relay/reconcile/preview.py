"""What another mapping would change: orders as they were last seen, planned by both mappings as if nothing were posted.

Pure: it posts nothing and writes nothing. Amounts are G/L lines and taxes as SAP would get them, debits positive.
"""

from collections.abc import Iterable
from collections.abc import Mapping as Sums
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ..bigcommerce.models import OrderSnapshot
from ..sap.currency import from_minor
from ..sap.draft import draft_of
from ..sap.facts import StoreFacts
from ..sap.mapping import Mapping
from ..sap.values import Built
from .plan import plan
from .values import Owe, Park, Skip

__all__ = ["OrderPreview", "Place", "Preview", "preview"]

Effect = Literal["same", "changed", "newly parked", "released", "newly skipped", "newly waiting", "still parked"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where amounts are summed in SAP; tax stands on the account SAP has for the code."""

    company_code: str
    document_type: str
    currency: str
    gl_account: str
    cost_center: str
    profit_center: str
    internal_order: str
    wbs_element: str
    tax_code: str


Amounts = Sums[Place, tuple[Decimal, Decimal]]
"""Per place the amounts by the mapping in force and by the candidate."""


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What becomes of one order.

    Attributes:
        before, after: what either mapping does, in words.
        amounts: only places whose amounts differ.
    """

    store_hash: str
    order_id: int
    effect: Effect
    before: str
    after: str
    amounts: Amounts


@dataclass(slots=True)
class Preview:
    """What becomes of all orders.

    Attributes:
        orders: those that change, in the order they were given.
        counts: orders by effect.
        sums: all amounts by place, of orders that change and of those that do not.
    """

    orders: list[OrderPreview] = field(default_factory=list)
    counts: dict[Effect, int] = field(default_factory=dict)
    sums: dict[Place, tuple[Decimal, Decimal]] = field(default_factory=dict)


def preview(orders: Iterable[tuple[OrderSnapshot, StoreFacts, Mapping]], candidate: Mapping) -> Preview:
    """Plan orders by the mapping in force for each and by a candidate.

    Args:
        orders: each with its store and the mapping in force for it.
        candidate: the other mapping.
    """
    result = Preview()
    for snapshot, store, in_force in orders:
        one = _order(snapshot, store, in_force, candidate, result.sums)
        result.counts[one.effect] = result.counts.get(one.effect, 0) + 1
        if one.effect not in {"same", "still parked"} or one.before != one.after:
            result.orders.append(one)
    return result


def _order(
    snapshot: OrderSnapshot,
    store: StoreFacts,
    in_force: Mapping,
    candidate: Mapping,
    sums: dict[Place, tuple[Decimal, Decimal]],
) -> OrderPreview:
    old, new = (plan(snapshot, (), mapping, store) for mapping in (in_force, candidate))
    amounts = _beside(_amounts(old), _amounts(new))
    for place, both in amounts.items():
        known = sums.get(place, (Decimal(0), Decimal(0)))
        sums[place] = (known[0] + both[0], known[1] + both[1])
    changed = {place: both for place, both in amounts.items() if both[0] != both[1]}
    effect, order_id = _effect(old, new, changed), snapshot.order.id
    return OrderPreview(store.store_hash, order_id, effect, _said(old), _said(new), changed)


def _effect(old: object, new: object, changed: Amounts) -> Effect:
    if isinstance(new, Park):
        return "still parked" if isinstance(old, Park) else "newly parked"
    if isinstance(new, Owe):
        if not isinstance(old, Owe):
            return "released"
        return "changed" if changed or _document(old.built) != _document(new.built) else "same"
    if type(old) is type(new):
        return "same"
    return "newly skipped" if isinstance(new, Skip) else "newly waiting"


def _amounts(plan_: object) -> dict[Place, Decimal]:
    if not isinstance(plan_, Owe):
        return {}
    found: dict[Place, Decimal] = {}
    for frozen in (plan_.built.facts, *plan_.built.facts.following):
        draft, head = draft_of(frozen), (frozen.company_code, frozen.document_type, frozen.currency)
        lines = [(line.accounts.objects, line.code, line.amount) for line in draft.lines]
        taxes = [(("tax", "", "", "", ""), one.code.key, one.tax) for one in draft.taxes]
        for objects, code, amount in (*lines, *taxes):
            place = Place(*head, *objects, code)
            found[place] = found.get(place, Decimal(0)) - from_minor(amount, frozen.places)
    return found


def _beside(old: dict[Place, Decimal], new: dict[Place, Decimal]) -> dict[Place, tuple[Decimal, Decimal]]:
    nothing = Decimal(0)
    return {place: (old.get(place, nothing), new.get(place, nothing)) for place in sorted({*old, *new})}


def _document(built: Built) -> object:
    """Return what a document is beside its lines' amounts: its header and what the customer's items carry."""
    parameters = built.call.parameters
    return tuple(parameters.get(name) for name in ("DOCUMENTHEADER", "ACCOUNTRECEIVABLE", "CUSTOMERCPD"))


def _said(plan_: object) -> str:
    match plan_:
        case Owe(built):
            return f"posts {built.gross} {built.currency} as {built.document_type} in {built.company_code}"
        case Park(causes):
            return "parks: " + "; ".join(cause.sentence for cause in causes)
        case Skip(_, sentence):
            return f"skipped: {sentence}"
        case _:
            return "waits"
