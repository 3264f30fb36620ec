"""How each line of a posted document came about: from which fields of the store, and how its cents were computed. Pure.

It says nothing that is not kept with the posting, so that it holds for ever, whatever store and mapping say by now.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .components import SOLD
from .currency import from_minor
from .deferral import COMPLETION, DELETED, SHIPMENT
from .draft import DraftLine, DraftTax, draft_of
from .frozen import TENDERS, Frozen, FrozenLine
from .remaining import DECLINED, DECLINED_IN_PART, refund_of

__all__ = ["Explained", "explanation"]

FIELDS: Final[dict[str, str]] = {
    "product": "products[id={0}]: discounted_total_inc_tax, else total_inc_tax or total_ex_tax less discounts",
    "gift_certificate": "products[id={0}] of type giftcertificate",
    "freight": "shipping_addresses[id={0}].cost_*",
    "handling": "shipping_addresses[id={0}].handling_cost_*",
    "wrapping": "products[id={0}].wrapping_cost_*",
    "fee": "fees[id={0}].cost_*",
    "rounding": "total_inc_tax less everything else",
    "gift_certificate_used": "gift_certificate_amount",
    "store_credit_used": "store_credit_amount",
    "payment": "transactions[id={0}].amount",
}
"""Where each role stands in the order; a source of 0 is the order's own field."""

OWN_FIELDS: Final[dict[str, str]] = {
    "freight": "shipping_cost_*",
    "handling": "handling_cost_*",
    "wrapping": "wrapping_cost_*",
}


REFUND_FIELDS: Final[dict[str, str]] = {
    "product": "items[item_type=PRODUCT{0}].requested_amount, else quantity",
    "gift_certificate": "items[item_type=PRODUCT{0}].requested_amount, else quantity",
    "freight": "items[item_type=SHIPPING{0}].requested_amount",
    "handling": "items[item_type=HANDLING{0}].requested_amount",
    "wrapping": "items[item_type=GIFT_WRAPPING{0}].requested_amount",
    "fee": "items[item_type=FEE{0}].requested_amount",
    "refund_remainder": "total_amount less its items",
    "gift_certificate_used": "payments[].amount",
    "store_credit_used": "payments[].amount",
}
"""Where each role stands in a refund."""

SHARED_OUT: Final = "total_amount, shared out over what was invoiced"
"""Where a refund gives back no pieces, but an amount."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A line of a document.

    Attributes:
        item: its number in the document.
        account: G/L account or customer; empty for tax, which stands on SAP's own account of the code.
        amount: debit positive, credit negative.
        because: what it is made of, one sentence each.
    """

    item: int
    role: str
    account: str
    tax_code: str
    amount: Decimal
    because: tuple[str, ...]


def explanation(frozen: Frozen) -> tuple[Explained, ...]:
    """Explain every line of a document, in the order of their items."""
    draft, places = draft_of(frozen), frozen.places
    found: list[Explained] = []
    for amount in draft.customer:
        owed = (_owed(frozen, both_signs=len(draft.customer) > 1),)
        found.append(_line(found, "customer", frozen.customer, "", from_minor(amount, places), owed))
    for line in draft.lines:
        because = tuple(_behind(frozen, line))
        amount_ = from_minor(-line.amount, places)
        found.append(_line(found, line.role, line.accounts.gl_account, line.tax_code, amount_, because))
    for one in draft.taxes:
        lines = [line for line in frozen.lines if line.code is not None and line.code.key == one.code.key]
        because = (*_tax(frozen, lines), *_level(frozen, one))
        found.append(_line(found, "tax", "", one.code.code, from_minor(-one.tax, places), because))
    return tuple(found)


def _line(
    before: Sequence[Explained], role: str, account: str, code: str, amount: Decimal, because: tuple[str, ...]
) -> Explained:
    return Explained(len(before) + 1, role, account, code, amount, because)


def _owed(frozen: Frozen, *, both_signs: bool) -> str:
    places = frozen.places
    paid_for = [line for line in frozen.lines if line.role not in TENDERS]
    net, tax = sum(line.net for line in paid_for), sum(line.tax for line in paid_for)
    tendered = sum(line.net for line in frozen.lines if line.role in TENDERS)
    sentence = f"net {from_minor(net, places)} {_signed(tax, places, 'tax ')}"
    if tendered:
        sentence += f" {_signed(tendered, places)} by gift certificate and store credit"
    left = f"{sentence} = {from_minor(net + tax + tendered, places)} ({frozen.reading})"
    return f"{left}; nothing is left, so the customer shows with both signs" if both_signs else left


def _behind(frozen: Frozen, drafted: DraftLine) -> Iterator[str]:
    places = frozen.places
    for line in drafted.behind:
        if drafted.role == "discount":
            full, net = from_minor(line.full, places), from_minor(line.net, places)
            yield f"{line.text}: {full} before discounts, {net} after"
        elif drafted.role == "tax":
            yield f"{line.text}: {from_minor(line.tax, places)} of tax at {line.rate.normalize() + 0:f} %"
        else:
            yield _source(frozen, line)


def _source(frozen: Frozen, line: FrozenLine) -> str:
    places = frozen.places
    where = _field(frozen, line)
    net = from_minor(line.net, places)
    less = _signed(-line.tax, places)
    if line.code and frozen.customer:
        sums = f"{from_minor(line.gross, places)} with tax {less} = {net}"
    else:
        # Where nobody owes anything revenue moves alone: its tax was due with the invoice.
        sums = f"{net}, its tax stands with the invoice" if line.code else f"{net}, no tax code"
    rule = f", {line.rate.normalize() + 0:f} % is {line.code.key} by {line.code.because}" if line.code else ""
    later = f", once shipped {line.earned.gl_account} by {line.earned.rule}" if line.earned else ""
    return f"{line.text}: {sums}; from {where}; account by {line.accounts.rule}{later}{rule}"


def _field(frozen: Frozen, line: FrozenLine) -> str:
    """Return from which field of the order, or of its refund or shipment, a line is."""
    about, of_refund = frozen.about, frozen.about.removesuffix(DECLINED).removesuffix(DECLINED_IN_PART)
    refund = refund_of(of_refund)
    if refund is not None and about != of_refund:
        return f"refunds[id={refund}].payments[].is_declined"
    if refund is not None:
        return f"refunds[id={refund}].{_refund_field(frozen, line)}"
    if about.startswith(SHIPMENT):
        number = about.removeprefix(SHIPMENT).removesuffix(DELETED).strip()
        deleted = ", deleted since" if about.endswith(DELETED) else ""
        return f"shipments[id={number}].items[order_product_id={line.source}].quantity{deleted}"
    if about == COMPLETION:
        return f"status_id, for what no shipment has earned of products[id={line.source}]"
    own = OWN_FIELDS.get(line.role, "") if not line.source else ""
    return own or FIELDS.get(line.role, line.role).format(line.source)


def _refund_field(frozen: Frozen, line: FrozenLine) -> str:
    if line.role not in TENDERS and any(one.role in SOLD and not one.quantity for one in frozen.lines):
        return SHARED_OUT
    item = f", item_id={line.source}" if line.source else ""
    return REFUND_FIELDS.get(line.role, "total_amount").format(item)


def _tax(frozen: Frozen, lines: Sequence[FrozenLine]) -> tuple[str, ...]:
    places = frozen.places
    base, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    first, *others = lines
    shares = f"{from_minor(first.tax, places)} ({first.text})"
    shares += "".join(f" {_signed(line.tax, places)} ({line.text})" for line in others)
    # No tax rows stand behind what follows the invoice's lines.
    follows = refund_of(frozen.about) or not frozen.customer
    source = "the lines' shares" if follows else "the store's tax rows, brought to its total tax"
    return (f"{from_minor(tax, places)} on {from_minor(base, places)}: {source}: {shares}",)


def _signed(count: int, places: int, what: str = "") -> str:
    """Write a further term of a sum: its sign, what it is and its amount apart."""
    return f"{'-' if count < 0 else '+'} {what}{from_minor(abs(count), places)}"


def _level(frozen: Frozen, one: DraftTax) -> tuple[str, ...]:
    if not one.level:
        return ()
    rates = ", ".join(f"{level.rate.normalize() + 0:f} % to {level.jurisdiction}" for level in one.code.levels)
    taken = any(shared.key == one.code.key for shared in frozen.shared)
    how = "by what is left of each" if taken else f"by rate, {rates}"
    return (f"level {one.level} of {one.code.jurisdiction}, {one.authority}: shared out {how}",)
