"""What discounts and coupons take off, before tax is charged; pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from .arithmetic import Charge, LineInput, PricedOrder, Reduction, Terms
from .description import Coupon, Line, OrderDescription
from .money import round_to, spread, text4
from .wire import Json

__all__ = ["coupon_rows", "line_reductions", "order_reduction", "shipping_reduction"]

ZERO = Decimal(0)
COUPON_TYPES = {"per_item": 0, "percentage": 1, "per_total": 2, "shipping": 3, "free_shipping": 4, "promotion": 5}
ON_SHIPPING = ("shipping", "free_shipping")


def line_reductions(entries: Sequence[LineInput], description: OrderDescription, terms: Terms) -> list[LineInput]:
    """Take the lines' own promotions, then each coupon on what they have left; nothing takes more than is left."""
    lines = [_with_promotions(entry, line, terms) for entry, line in zip(entries, description.lines, strict=True)]
    for coupon in description.coupons:
        if coupon.type not in ON_SHIPPING:
            lines = _with_coupon(lines, coupon, terms)
    return lines


def _with_promotions(entry: LineInput, line: Line, terms: Terms) -> LineInput:
    for number, discount in enumerate(line.discounts, 1):
        amount = min(discount.amount, _left(entry, terms))
        reduction = Reduction(f"promotion-{number}", discount.name, amount)
        entry = replace(entry, reductions=(*entry.reductions, reduction))
    return entry


def _with_coupon(lines: Sequence[LineInput], coupon: Coupon, terms: Terms) -> list[LineInput]:
    left = [_left(line, terms) for line in lines]
    if coupon.type == "percentage":
        shares = [round_to(rest * coupon.amount / 100, terms.grain) for rest in left]
    elif coupon.type == "per_item":
        shares = [coupon.amount * line.quantity for line in lines]
    else:
        shares = spread(min(coupon.amount, sum(left, ZERO)), left, terms.grain)
    return [
        replace(line, reductions=(*line.reductions, Reduction("coupon", coupon.code, min(share, rest), coupon.code)))
        if share and rest
        else line
        for line, share, rest in zip(lines, shares, left, strict=True)
    ]


def _left(line: LineInput, terms: Terms) -> Decimal:
    if not line.discountable:
        return ZERO
    entered = round_to(line.price * line.quantity, terms.grain)
    return entered - sum((reduction.amount for reduction in line.reductions), ZERO)


def order_reduction(description: OrderDescription) -> Reduction | None:
    """Give the manual discount on the order, if there is one."""
    if not description.discount:
        return None
    return Reduction("manual-discount", "Manual Discount", description.discount, target="order")


def shipping_reduction(
    carriage: Sequence[Charge], coupons: Sequence[Coupon], reading: str, terms: Terms
) -> list[Charge]:
    """Take shipping coupons off the carriage.

    Whether the order then shows cheaper shipping, or full shipping and a coupon discount, is not documented: with the
    reading `shipping` the charge itself shrinks, with `coupon` it stays and the reduction counts as coupon discount.
    """
    charges = list(carriage)
    for coupon in coupons:
        if coupon.type not in ON_SHIPPING:
            continue
        whole = sum((charge.amount - charge.reduction for charge in charges), ZERO)
        off = whole if coupon.type == "free_shipping" else min(coupon.amount, whole)
        shares = spread(off, [charge.amount - charge.reduction for charge in charges], terms.grain)
        charges = [
            replace(charge, amount=charge.amount - share)
            if reading == "shipping"
            else replace(charge, reduction=charge.reduction + share)
            for charge, share in zip(charges, shares, strict=True)
        ]
    return charges


def coupon_rows(description: OrderDescription, priced: PricedOrder, order_id: int) -> list[Json]:
    """Write the coupons with what each took off."""
    taken: dict[str, Decimal] = {}
    for line in priced.lines:
        for reduction in line.reductions:
            if reduction.code is not None:
                taken[reduction.code] = taken.get(reduction.code, ZERO) + reduction.amount
    return [
        {
            "id": coupon.id,
            "coupon_id": number,
            "order_id": order_id,
            "code": coupon.code,
            "amount": text4(coupon.amount),
            "type": COUPON_TYPES[coupon.type],
            "discount": taken.get(coupon.code, ZERO),
        }
        for number, coupon in enumerate(description.coupons, 1)
    ]
