"""Which tax the store charged on what: its tax rows matched with the parts of the order."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..bigcommerce.models import OrderSnapshot, OrderTax
from .components import SOLD, Component
from .facts import TaxGroup
from .values import Refusal

__all__ = ["Charged", "Taxes", "taxes_of"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charged:
    """A tax row.

    Attributes:
        amount: unrounded.
        group: of all it was charged on.
        on: places of the components it was charged on.
    """

    amount: Decimal
    group: TaxGroup
    on: frozenset[int]


@dataclass(frozen=True, slots=True)
class Taxes:
    """The taxes of an order.

    Attributes:
        groups: per component what it is taxed alike with; rate 0 where the store charged none.
        rows: the store's, each charged on components of one group.
    """

    groups: tuple[TaxGroup, ...]
    rows: tuple[Charged, ...]

    @property
    def amounts(self) -> dict[TaxGroup, Decimal]:
        """Return per group the sum of its tax rows."""
        amounts = dict.fromkeys(self.groups, ZERO)
        for row in self.rows:
            amounts[row.group] += row.amount
        return amounts


def taxes_of(snapshot: OrderSnapshot, components: Sequence[Component], smallest: Decimal) -> Taxes | Refusal:
    """Match every tax row with the components it was charged on.

    Rows fetched with details name their line; others are matched by address and tax class, which must leave no doubt.
    """
    rows = snapshot.taxes
    detailed = any(row.line_item_type for row in rows)
    named, others = _by_line(rows)
    covered = [
        [place for place in (*named.get(part.product_id, ()), *others) if _covers(rows[place], part, detailed=detailed)]
        for part in components
    ]
    groups = []
    for part, places in zip(components, covered, strict=True):
        mine = [rows[place] for place in places]
        classes = {(row.tax_class_id, row.tax_class) for row in mine}
        if not detailed and len(classes) > 1:
            names = ", ".join(sorted(name for _, name in classes))
            return Refusal("refused:tax_detail", f"{part.text}: tax rows of several classes fit ({names})")
        groups.append(_group(part, mine))
    owners: list[set[int]] = [set() for _ in rows]
    for number, places in enumerate(covered):
        for place in places:
            owners[place].add(number)
    charged = []
    for row, parts in zip(rows, owners, strict=True):
        mine_of = {groups[part] for part in parts}
        if len(mine_of) == 1:
            charged.append(Charged(row.line_amount, mine_of.pop(), frozenset(parts)))
        elif row.line_amount:
            return Refusal("refused:tax_detail", _stray(row, len(mine_of)))
    return _agree(snapshot, Taxes(tuple(groups), tuple(charged)), smallest)


def _agree(snapshot: OrderSnapshot, taxes: Taxes, smallest: Decimal) -> Taxes | Refusal:
    amounts = taxes.amounts.values()
    total, found = snapshot.order.total_tax, sum(amounts, ZERO)
    # Each row may have been rounded on its own.
    allowed = smallest * (len(snapshot.taxes) + 1)
    if abs(found - total) > allowed or (not found and abs(total) >= smallest / 2):
        sentence = f"the {len(snapshot.taxes)} tax rows add up to {found}, the order's tax is {total}"
        return Refusal("refused:tax_rows", f"{sentence}: {found - total:+} where {allowed} is allowed")
    if any(amount < 0 for amount in amounts):
        return Refusal("refused:tax_rows", f"an order cannot be charged negative tax: {min(amounts)}")
    return taxes


def _group(part: Component, mine: Sequence[OrderTax]) -> TaxGroup:
    # One tax may show in several rows when several parts share them: the same rate counts once.
    rates = {(row.tax_rate_id, row.name, row.rate, row.priority): row.rate for row in mine}
    return TaxGroup(
        country=part.place.country,
        region=part.place.region,
        rate=sum(rates.values(), ZERO),
        tax_class="+".join(sorted({row.tax_class for row in mine if row.tax_class})),
    )


def _by_line(rows: Sequence[OrderTax]) -> tuple[dict[int | None, list[int]], list[int]]:
    """Return the places of the rows that name a line, by the line, and of all others: not all fit every part."""
    named: dict[int | None, list[int]] = {}
    others: list[int] = []
    for place, row in enumerate(rows):
        names = row.line_item_type == "item" and row.order_product_id
        (named.setdefault(row.order_product_id, []) if names else others).append(place)
    return named, others


def _covers(row: OrderTax, part: Component, *, detailed: bool) -> bool:
    if row.order_address_id and part.address_id and row.order_address_id != part.address_id:
        return False
    if not detailed:
        return part.role != "gift_certificate" and _same_class(row, part)
    kind, line = row.line_item_type, row.order_product_id
    if part.role in SOLD:
        return kind == "item" and line == part.product_id
    if part.role == "wrapping":
        return kind == "gift-wrapping" and line in {None, 0, part.product_id}
    if part.role == "fee":
        # No kind of row is documented for fees: they come as items without a line.
        return ((kind == "item" and not line) or "fee" in kind) and _same_class(row, part)
    return kind == {"freight": "shipping", "handling": "handling"}[part.role]


def _same_class(row: OrderTax, part: Component) -> bool:
    return row.tax_class_id is None or part.tax_class_id is None or row.tax_class_id == part.tax_class_id


def _stray(row: OrderTax, owners: int) -> str:
    what = f"tax row {row.name} {row.rate.normalize():f} % of {row.line_amount}"
    if owners:
        return f"{what} covers parts of the order that are taxed differently; only rows with details tell them apart"
    return f"{what} belongs to no part of the order"
