"""Orders as BigCommerce would hand them out, priced by arithmetic of the tests' own.

`an_order` takes lines and charges in the store's basis (with tax where its prices include tax) and writes the documents
with money as strings; `priced_orders` draws such orders for property tests.
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.models import Order, OrderSnapshot

__all__ = ["PLACED", "Charge", "Line", "an_order", "documents", "priced_orders", "revised"]

PLACED = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
"""Late in the evening in London, already tomorrow in Berlin."""

ZERO = Decimal(0)

HAMBURG = {
    "first_name": "Ida",
    "last_name": "Sommer",
    "company": "",
    "street_1": "Elbgasse 3",
    "street_2": "",
    "city": "Hamburg",
    "state": "Hamburg",
    "zip": "20457",
    "country": "Germany",
    "country_iso2": "DE",
    "phone": "",
    "email": "ida@example.org",
}


@dataclass(frozen=True)
class Line:
    """An order line: price and discount in the store's basis, `rate` in percent."""

    price: str
    quantity: int = 1
    rate: str = "19"
    discount: str = "0"
    product_id: int = 111
    categories: tuple[int, ...] = (21,)
    type: str = "physical"
    sku: str = "SKU-1"
    name: str = "Lamp"
    wrapping: str = "0"
    address: int = 0


@dataclass(frozen=True)
class Charge:
    """Shipping, handling or a fee of the order in the store's basis."""

    amount: str = "0"
    rate: str = "19"


@dataclass(frozen=True)
class _Figures:
    ex: Decimal
    inc: Decimal
    tax: Decimal
    charged: Decimal


@dataclass
class _Pricing:
    inclusive: bool
    step: Decimal
    total: Decimal = ZERO
    tax: Decimal = ZERO
    rows: list[dict[str, Any]] = field(default_factory=list)

    def figures(self, entered: Decimal, discount: Decimal, rate: str) -> _Figures:
        """Give an amount's figures; tax is charged after the discount."""
        factor = Decimal(rate) / 100
        left = entered - discount
        if self.inclusive:
            tax = self._round(left - left / (1 + factor))
            whole = self._round(entered - entered / (1 + factor))
            figures = _Figures(ex=entered - whole, inc=entered, tax=tax, charged=left)
        else:
            tax = self._round(left * factor)
            figures = _Figures(ex=entered, inc=entered + self._round(entered * factor), tax=tax, charged=left + tax)
        self.total += figures.charged
        self.tax += figures.tax
        return figures

    def row(self, kind: str, figures: _Figures, rate: str, address: int, product: int | None = None) -> None:
        """Write a tax row with details, where tax was charged."""
        if not Decimal(rate):
            return
        self.rows.append(
            {
                "id": len(self.rows) + 1,
                "order_address_id": address,
                "tax_rate_id": int(Decimal(rate) * 100),
                "tax_class_id": int(Decimal(rate)),
                "name": f"VAT {rate}",
                "class": f"Class {rate}",
                "rate": _money(Decimal(rate)),
                "priority": 1,
                "priority_amount": _money(figures.tax),
                "line_amount": _money(figures.tax),
                "order_product_id": None if product is None else str(product),
                "line_item_type": kind,
            }
        )

    def _round(self, amount: Decimal) -> Decimal:
        return amount.quantize(self.step, ROUND_HALF_UP)


def documents(
    *lines: Line,
    inclusive: bool = True,
    currency: str = "EUR",
    step: str = "0.01",
    shipping: Charge | None = None,
    handling: Charge | None = None,
    fees: tuple[Charge, ...] = (),
    discount: str = "0",
    coupon: str = "0",
    order: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write an order and everything below it.

    Line discounts count as coupon discount up to `coupon`, the rest as discounts; `discount` is spread by the caller
    over the lines' own, so that it only names how much of them the order shows as `discount_amount`.
    """
    pricing = _Pricing(inclusive, Decimal(step))
    products, totals = [], [ZERO, ZERO, ZERO]
    wrapping_totals = [ZERO, ZERO, ZERO]
    for number, line in enumerate(lines, 1):
        figures = pricing.figures(Decimal(line.price) * line.quantity, Decimal(line.discount), line.rate)
        address = line.address or (51 if line.type == "physical" else 0)
        pricing.row("item", figures, line.rate, address, 60 + number)
        wrapped = pricing.figures(Decimal(line.wrapping), ZERO, line.rate)
        if Decimal(line.wrapping):
            pricing.row("gift-wrapping", wrapped, line.rate, address)
        totals = [totals[0] + figures.ex, totals[1] + figures.inc, totals[2] + figures.tax]
        wrapping_totals = [
            wrapping_totals[0] + wrapped.ex,
            wrapping_totals[1] + wrapped.inc,
            wrapping_totals[2] + wrapped.tax,
        ]
        products.append(_product(60 + number, line, figures, wrapped, address))
    charges = {}
    for name, kind, charge in (("shipping", "shipping", shipping), ("handling", "handling", handling)):
        figures = pricing.figures(Decimal(charge.amount if charge else 0), ZERO, charge.rate if charge else "0")
        charges[name] = figures
        if charge:
            pricing.row(kind, figures, charge.rate, 51)
    fee_rows = []
    for number, fee in enumerate(fees, 1):
        figures = pricing.figures(Decimal(fee.amount), ZERO, fee.rate)
        pricing.row("item", figures, fee.rate, 51)
        fee_rows.append(
            {"id": number, "type": "custom_fee", "display_name_merchant": "Fee", "tax_class_id": None}
            | _costs("cost", figures)
        )
    taken = sum((Decimal(line.discount) for line in lines), ZERO)
    header = {
        "id": 1000123,
        "customer_id": 0,
        "channel_id": 1,
        "date_created": PLACED.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "date_modified": PLACED.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "status_id": 11,
        "status": "Awaiting Fulfillment",
        "payment_status": "captured",
        "payment_method": "Credit Card",
        "order_source": "www",
        "external_source": None,
        "default_currency_code": currency,
        "currency_code": currency,
        "is_tax_inclusive_pricing": inclusive,
        "tax_provider_id": "BasicTaxProvider",
        **_sums("subtotal", totals),
        **_costs("shipping_cost", charges["shipping"]),
        **_costs("handling_cost", charges["handling"]),
        **_sums("wrapping_cost", wrapping_totals),
        **_sums("total", [pricing.total - pricing.tax, pricing.total, pricing.tax]),
        "discount_amount": _money(taken - Decimal(coupon)),
        "coupon_discount": _money(Decimal(coupon)),
        "store_credit_amount": "0.0000",
        "gift_certificate_amount": "0.0000",
        "billing_address": dict(HAMBURG),
    }
    assert Decimal(discount) in {ZERO, taken - Decimal(coupon)}
    return {
        "order": header | (order or {}),
        "products": products,
        "taxes": pricing.rows,
        "coupons": [],
        "fees": fee_rows,
        "shipping_addresses": [_destination(charges)] if any(line.type == "physical" for line in lines) else [],
        "transactions": [],
        "refunds": [],
        "product_facts": {
            line.product_id: {"id": line.product_id, "categories": list(line.categories)} for line in lines
        },
        "categories": {21: {"category_id": 21, "parent_id": 20}, 20: {"category_id": 20, "parent_id": 0}},
        "customer_group_id": None,
        "customer_segments": [],
        "fetched_at": PLACED.isoformat(),
    }


def an_order(*lines: Line, **options: Any) -> OrderSnapshot:
    """Return the snapshot of an order; without lines, one lamp at 119.00 with 19 % in it."""
    return OrderSnapshot.model_validate(documents(*(lines or (Line("119.00"),)), **options))


def revised(snapshot: OrderSnapshot, **order: Any) -> OrderSnapshot:
    """Return the snapshot with fields of its order changed."""
    changed = Order.model_validate(snapshot.order.model_dump() | order)
    return snapshot.model_copy(update={"order": changed})


def _product(number: int, line: Line, figures: _Figures, wrapped: _Figures, address: int) -> dict[str, Any]:
    discounts = [{"id": "sale", "amount": _money(Decimal(line.discount)), "code": None, "target": "order"}]
    return {
        "id": number,
        "product_id": line.product_id,
        "order_address_id": address,
        "name": line.name,
        "sku": line.sku,
        "type": line.type,
        "quantity": line.quantity,
        **_costs("total", figures),
        **_costs("wrapping_cost", wrapped),
        "applied_discounts": discounts if Decimal(line.discount) else [],
        "discounted_total_inc_tax": _money(figures.charged),
    }


def _destination(charges: dict[str, _Figures]) -> dict[str, Any]:
    costs = _costs("cost", charges["shipping"]) | _costs("handling_cost", charges["handling"])
    return {"id": 51, **HAMBURG, "shipping_method": "Parcel", **costs}


def _costs(name: str, figures: _Figures) -> dict[str, str]:
    return _sums(name, [figures.ex, figures.inc, figures.tax])


def _sums(name: str, sums: list[Decimal]) -> dict[str, str]:
    return {f"{name}_{kind}_tax": _money(sums[place]) for place, kind in enumerate(("ex", "inc"))} | {
        f"{name}_tax": _money(sums[2])
    }


def _money(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.0001"), ROUND_HALF_UP), "f")


@st.composite
def priced_orders(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the documents of an order: any basis, currency, rounding, quantities, four-decimal prices and discounts."""
    currency, places = draw(st.sampled_from([("EUR", 2), ("JPY", 0), ("KWD", 3)]))
    exact = draw(st.booleans())
    step = "0.0001" if exact else format(Decimal(1).scaleb(-places), "f")
    digits = 4 if exact else min(places, 4)
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        price = draw(st.decimals("0.01" if places else "1", 5000, places=digits))
        quantity = draw(st.integers(1, 40))
        share = draw(st.sampled_from([ZERO, ZERO, Decimal("0.1"), Decimal("0.3333"), Decimal("0.5")]))
        discount = (price * quantity * share).quantize(Decimal(step), ROUND_HALF_UP)
        rate = draw(st.sampled_from(["19", "7", "0"]))
        lines.append(
            Line(str(price), quantity, rate, str(discount), draw(st.integers(111, 115)), (draw(st.integers(20, 22)),))
        )
    charge = st.builds(
        Charge,
        st.decimals(0, 40, places=digits).map(str),
        st.sampled_from(["19", "7"]),
    )
    return documents(
        *lines,
        inclusive=draw(st.booleans()),
        currency=currency,
        step=step,
        shipping=draw(st.none() | charge),
        handling=draw(st.none() | charge),
        fees=tuple(itertools.islice(draw(st.lists(charge, max_size=1)), 1)),
    )
