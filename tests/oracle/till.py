"""A store's till: prices a cart and shows it as BigCommerce's REST interface would, with arithmetic of its own.

A cart's `step` says to what the store rounds each figure, `says` which figures of a line it shows, `total` whether the
total is that before gift certificates and store credit, `fees_are` and `shipping_off_is` where fees and coupons stand.
"""

import copy
from dataclasses import dataclass, field
from datetime import timedelta

from .goods import (
    CATEGORIES,
    HUNDRED,
    PRODUCTS,
    STEPS,
    STORES,
    Document,
    Part,
    Stage,
    address_of,
    amount_text,
    costs,
    placed,
    rates_of,
    sub,
    where,
    whole,
)

__all__ = ["Till"]


@dataclass
class Till:
    """Prices a cart."""

    number: int
    cart: Document
    parts: list[Part] = field(default_factory=list)
    rows: list[Document] = field(default_factory=list)
    figures: dict[tuple[str, int], tuple[int, int, int]] = field(default_factory=dict)

    @property
    def store(self) -> tuple[int, str]:
        return STORES[self.cart.get("store", "eu")]

    @property
    def currency(self) -> str:
        return str(self.cart.get("currency", self.store[1]))

    @property
    def inclusive(self) -> bool:
        return bool(self.cart.get("inclusive", True))

    @property
    def step(self) -> int:
        return int(self.cart.get("step") or STEPS.get(self.currency, 100))

    def stage(self) -> Stage:
        """Ring everything up."""
        cart = self.cart
        discounts = self._discounts()
        for index, line in enumerate(cart["lines"]):
            self._line(index, line, discounts[index])
        for index, charge in enumerate(cart.get("shipping", ())):
            off = sub(cart.get("shipping_off", "0")) if not index else 0
            self._charge("freight", 51 + index, charge, self._place(index), "shipping", off)
        for index, charge in enumerate(cart.get("handling", ())):
            self._charge("handling", 51 + index, charge, self._place(index), "handling")
        for index, fee in enumerate(cart.get("fees", ())):
            self._charge("fee", 1 + index, fee, self._place(0), "item")
        return Stage(self._documents(discounts), tuple(self.parts), {}, cart.get("total", "before"))

    def _discounts(self) -> list[int]:
        """Spread what is taken off the whole order over its products by their prices; the largest remainders first."""
        lines = self.cart["lines"]
        own = [sub(line.get("off", "0")) for line in lines]
        taken = sub(self.cart.get("off", "0"))
        prices = [
            0 if line.get("type") == "giftcertificate" else sub(line["price"]) * line.get("qty", 1) - off
            for line, off in zip(lines, own, strict=True)
        ]
        units, all_ = taken // self.step, sum(prices)
        shares = [units * price // all_ if all_ else 0 for price in prices]
        rest = sorted(range(len(prices)), key=lambda place: (-(units * prices[place] % all_) if all_ else 0, place))
        for place in rest[: units - sum(shares)]:
            shares[place] += 1
        return [off + share * self.step for off, share in zip(own, shares, strict=True)]

    def _line(self, index: int, line: Document, off: int) -> None:
        kind = "gift_certificate" if line.get("type") == "giftcertificate" else "product"
        place = self._place_of(line)
        product = line.get("product", 111)
        facts = {
            **self._facts(place),
            "sku": line.get("sku", PRODUCTS[product][1]),
            "categories": PRODUCTS[product][0],
            "type": "custom" if not product else line.get("type", "physical"),
        }
        entered, rates = sub(line["price"]) * line.get("qty", 1), rates_of(line)
        address = 51 + line.get("to", 0) if self._is_sent(line) else 0
        tag = ("item", 61 + index, address)
        self._add(
            (kind, 61 + index), facts, entered, off, rates, tag, line.get("qty", 1), sub(line.get("mistaxed", "0"))
        )
        if "wrapping" in line:
            # The store has one tax class for all wrapping.
            wrapped = ("gift-wrapping", None, address)
            self._add(("wrapping", 61 + index), facts, sub(line["wrapping"]), 0, [sub("19")], wrapped)

    def _charge(self, kind: str, source: int, charge: Document, place: str, row: str, off: int = 0) -> None:
        address = source if kind in {"freight", "handling"} and self.cart.get("to", ["DE"]) else 0
        tag = (row, None, address if self.cart.get("to", ["DE"]) else 0)
        self._add((kind, source), self._facts(place), sub(charge["price"]), off, rates_of(charge), tag)

    def _add(
        self,
        key: tuple[str, int],
        facts: Document,
        entered: int,
        off: int,
        rates: list[int],
        tag: tuple[str, int | None, int],
        quantity: int = 0,
        mistaxed: int = 0,
    ) -> None:
        rate, left = sum(rates), entered - off
        if self.inclusive:
            tax, full = (whole(amount * rate, HUNDRED + rate, self.step) for amount in (left, entered))
            tax += mistaxed
            gross, figures = left, (entered - full, entered, tax)
        else:
            tax, full = (whole(amount * rate, HUNDRED, self.step) for amount in (left, entered))
            tax += mistaxed
            gross, figures = left + tax, (entered, entered + full, tax)
        self.parts.append(Part(key, facts, rate, entered, left, gross, tax, quantity))
        self.figures[key] = figures
        self._tax_rows(rates, tax, tag)

    def _tax_rows(self, rates: list[int], tax: int, tag: tuple[str, int | None, int]) -> None:
        rest, whole_rate = tax, sum(rates)
        for place, rate in enumerate(rates if whole_rate else ()):
            row_tax = rest if place == len(rates) - 1 else whole(tax * rate, whole_rate, self.step)
            rest -= row_tax
            detailed = self.cart.get("rows", "detailed") == "detailed"
            if not detailed and self._added(rate, row_tax, tag[2]):
                continue
            self.rows.append(
                {
                    "id": len(self.rows) + 1,
                    "order_address_id": tag[2],
                    "tax_rate_id": 10 * rate + place,
                    "tax_class_id": rate if detailed else None,
                    "name": f"Tax {place + 1}, {amount_text(rate)}",
                    "class": self.cart.get("tax_class", "Default"),
                    "rate": amount_text(rate),
                    "priority": 1 + place,
                    "line_amount": amount_text(row_tax),
                    "order_product_id": str(tag[1]) if detailed and tag[0] == "item" and tag[1] else None,
                    "line_item_type": tag[0] if detailed else "",
                }
            )

    def _added(self, rate: int, tax: int, address: int) -> bool:
        """Add to the row of a rate and an address, where there is one."""
        known = [row for row in self.rows if (row["order_address_id"], row["rate"]) == (address, amount_text(rate))]
        for row in known:
            row["line_amount"] = amount_text(sub(row["line_amount"]) + tax)
        return bool(known)

    def _is_sent(self, line: Document) -> bool:
        return line.get("type", "physical") == "physical" and "pickup" not in line

    def _place(self, index: int) -> str:
        where = self.cart.get("to", ["DE"])
        return str(where[index] if where else self.cart.get("bill", "DE"))

    def _place_of(self, line: Document) -> str:
        if "pickup" in line:
            return str(line["pickup"])
        return self._place(line.get("to", 0)) if self._is_sent(line) else str(self.cart.get("bill", "DE"))

    def _facts(self, place: str) -> Document:
        country, region = where(place)
        return {
            "country": country,
            "region": region,
            "provider": self.cart.get("provider", "BasicTaxProvider"),
            "group": self.cart.get("group"),
            "segments": tuple(self.cart.get("segments", ())),
            "vat": self.cart.get("vat", ""),
            "exempt": self.cart.get("exempt", ""),
            "channel": self.store[0],
        }

    def _documents(self, discounts: list[int]) -> Document:
        cart, inside = self.cart, self.cart.get("fees_are", "beside") == "inside"
        goods = {"product", "gift_certificate"} | ({"fee"} if inside else set())
        total, tax = sum(part.gross for part in self.parts), sum(part.tax for part in self.parts)
        gift, credit = sub(cart.get("gift", "0")), sub(cart.get("credit", "0"))
        shown = total - (gift + credit if cart.get("total", "before") == "after" else 0)
        when = placed(cart).strftime("%a, %d %b %Y %H:%M:%S +0000")
        coupon = sum(discounts) if cart.get("off_as") == "coupon" else 0
        shipping_off = sub(cart.get("shipping_off", "0"))
        among = shipping_off if cart.get("shipping_off_is", "shown") == "among" else 0
        header = {
            "id": self.number,
            "customer_id": 0 if cart.get("guest", True) else 7,
            "channel_id": self.store[0],
            "date_created": when,
            "date_modified": when,
            "status_id": 11,
            "payment_status": "captured",
            "payment_method": "Credit Card",
            "order_source": "www",
            "external_source": None,
            "default_currency_code": self.currency,
            "currency_code": cart.get("seen_in", self.currency),
            "store_default_currency_code": self.store[1],
            "is_tax_inclusive_pricing": self.inclusive,
            "tax_provider_id": cart.get("provider", "BasicTaxProvider"),
            **self._sums("subtotal", goods),
            **self._shown_freight(),
            **self._sums("handling_cost", {"handling"}),
            **self._sums("wrapping_cost", {"wrapping"}),
            "total_ex_tax": amount_text(shown - tax),
            "total_inc_tax": amount_text(shown + sub(cart.get("contradiction", "0"))),
            "total_tax": amount_text(tax),
            "discount_amount": amount_text(sum(discounts) - coupon),
            "coupon_discount": amount_text(coupon + among),
            "gift_certificate_amount": amount_text(gift),
            "store_credit_amount": amount_text(credit),
            "billing_address": address_of(cart.get("bill", "DE"), cart.get("company", "")) | self._vat_id(),
            "consignments": self._pickups(),
        }
        return {
            "order": header | cart.get("order", {}),
            "products": [self._product(i, line, discounts[i]) for i, line in enumerate(cart["lines"])],
            "taxes": self.rows,
            "coupons": self._coupons(coupon, shipping_off),
            "fees": [self._fee(1 + i) for i in range(len(cart.get("fees", ())))],
            "shipping_addresses": self._addresses(),
            "transactions": copy.deepcopy(cart.get("transactions", [])),
            "refunds": [],
            "shipments": [],
            "product_facts": {
                line.get("product", 111): {
                    "id": line.get("product", 111),
                    "categories": list(PRODUCTS[line.get("product", 111)][0]),
                }
                for line in cart["lines"]
                if line.get("product", 111)
            },
            "categories": {one: {"category_id": one, "parent_id": above} for one, above in CATEGORIES.items()},
            "customer_group_id": cart.get("group"),
            "customer_segments": list(cart.get("segments", ())),
            "tax_exempt_category": cart.get("exempt", ""),
            "fetched_at": (placed(cart) + timedelta(hours=1)).isoformat(),
        }

    def _vat_id(self) -> Document:
        return {"form_fields": [{"name": "VAT ID", "value": self.cart["vat"]}]} if "vat" in self.cart else {}

    def _sums(self, name: str, kinds: set[str]) -> Document:
        found = [figures for (kind, _), figures in self.figures.items() if kind in kinds]
        return costs(name, tuple(sum(one[place] for one in found) for place in range(3)))

    def _shown_freight(self) -> Document:
        """Show shipping before or after the coupon for it."""
        freight = [part for part in self.parts if part.key[0] == "freight"]
        if self.cart.get("shipping_off_is", "shown") != "shown":
            return self._sums("shipping_cost", {"freight"})
        gross, tax = sum(part.gross for part in freight), sum(part.tax for part in freight)
        return costs("shipping_cost", (gross - tax, gross, tax))

    def _coupons(self, coupon: int, shipping_off: int) -> list[Document]:
        found = [{"id": 1, "code": "SALE", "type": 1, "discount": amount_text(coupon)}] if coupon else []
        if shipping_off:
            found.append({"id": 2, "code": "FREIGHT", "type": 3, "discount": amount_text(shipping_off)})
        return found

    def _product(self, index: int, line: Document, off: int) -> Document:
        part = next(p for p in self.parts if p.key in {("product", 61 + index), ("gift_certificate", 61 + index)})
        product, says = line.get("product", 111), self.cart.get("says", "charged")
        shown = {
            "id": 61 + index,
            "product_id": product,
            "order_address_id": 51 + line.get("to", 0) if self._is_sent(line) else None,
            "order_pickup_method_id": 71 if "pickup" in line else None,
            "name": line.get("name", "Thing"),
            "sku": line.get("sku", PRODUCTS[product][1]),
            "type": line.get("type", "physical"),
            "product_options": [{"display_name": "Choice", "display_value": one} for one in line.get("options", ())],
            "quantity": line.get("qty", 1),
            "quantity_shipped": line.get("shipped", 0),
            **costs("total", self.figures[part.key]),
            **costs("wrapping_cost", self.figures.get(("wrapping", 61 + index), (0, 0, 0))),
        }
        if says == "charged":
            shown["discounted_total_inc_tax"] = amount_text(part.gross)
        if says in {"charged", "spread"} and off:
            shown["applied_discounts"] = [{"id": "sale", "amount": amount_text(off), "target": "order"}]
        return shown

    def _fee(self, number: int) -> Document:
        kind = self.cart["fees"][number - 1].get("type", "custom_fee")
        return {"id": number, "type": kind, "display_name_merchant": "Fee"} | costs("cost", self.figures["fee", number])

    def _addresses(self) -> list[Document]:
        found = []
        for index, place in enumerate(self.cart.get("to", ["DE"])):
            freight = self.figures.get(("freight", 51 + index), (0, 0, 0))
            if len(self.cart.get("to", ["DE"])) == 1:
                shown = self._shown_freight()
                freight = (sub(shown["shipping_cost_ex_tax"]), sub(shown["shipping_cost_inc_tax"]), 0)
            found.append(
                {"id": 51 + index, **address_of(place, ""), "shipping_method": "Parcel"}
                | costs("cost", freight)
                | costs("handling_cost", self.figures.get(("handling", 51 + index), (0, 0, 0)))
            )
        return found

    def _pickups(self) -> Document:
        places = [line["pickup"] for line in self.cart["lines"] if "pickup" in line]
        return {
            "pickups": [
                {"id": 71, "location": {"country_alpha2": where(place)[0], "state": where(place)[1]}}
                for place in places[:1]
            ]
        }
