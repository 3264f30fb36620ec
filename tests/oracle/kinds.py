"""The table of what the corpus must cover: kinds of money, and which of them must meet in one order."""

from collections.abc import Callable
from typing import Any

from .corpus import Cart

__all__ = ["COMBINED", "KINDS"]


def _any(cart: Cart, name: str, *values: Any) -> bool:
    return any(line.get(name) in values if values else name in line for line in cart["lines"])


def _rates(cart: Cart) -> set[str]:
    priced = [*cart["lines"], *cart.get("shipping", ()), *cart.get("handling", ()), *cart.get("fees", ())]
    return {rate if isinstance(rate := one.get("rate", "19"), str) else "+".join(rate) for one in priced}


def _events(cart: Cart, name: str) -> list[Any]:
    return [event[name] for event in cart.get("life", ()) if name in event]


def _options(cart: Cart) -> str:
    return " ".join(cart.get("options", ()))


def _sections(cart: Cart) -> str:
    return " ".join(cart.get("sections", ()))


def _refund_items(cart: Cart) -> list[set[str]]:
    return [{key for item in refund["items"] for key in item} for refund in _events(cart, "refund")]


KINDS: dict[str, Callable[[Cart], bool]] = {
    "physical products": lambda cart: any(line.get("type", "physical") == "physical" for line in cart["lines"]),
    "digital products": lambda cart: _any(cart, "type", "digital"),
    "custom lines": lambda cart: any(line.get("product") == 0 and "type" not in line for line in cart["lines"]),
    "options": lambda cart: _any(cart, "options"),
    "line discounts": lambda cart: _any(cart, "off"),
    "order discounts": lambda cart: "off" in cart and cart.get("says", "charged") != "nothing",
    "coupons": lambda cart: cart.get("off_as") == "coupon",
    "coupons for shipping": lambda cart: "shipping_off" in cart,
    "manual discounts": lambda cart: "off" in cart and cart.get("says") == "nothing",
    "discounts on their own account": lambda cart: "own_account" in _options(cart),
    "shipping": lambda cart: "shipping" in cart,
    "handling": lambda cart: "handling" in cart,
    "wrapping": lambda cart: _any(cart, "wrapping"),
    "fees": lambda cart: "fees" in cart,
    "surcharges": lambda cart: any(fee.get("type") == "surcharge" for fee in cart.get("fees", ())),
    "prices with tax": lambda cart: bool(cart["inclusive"]),
    "prices without tax": lambda cart: not cart["inclusive"],
    "several rates": lambda cart: len(_rates(cart) - {"0"}) > 1,
    "tax on shipping": lambda cart: any(one.get("rate", "19") != "0" for one in cart.get("shipping", ())),
    "zero rates with reasons": lambda cart: "0" in _rates(cart) and "21" not in _rates(cart),
    "zero rates without reason": lambda cart: {"0", "21"} <= _rates(cart),
    "exempt customers": lambda cart: "exempt" in cart or cart.get("group") == 5,
    "intra-community": lambda cart: cart.get("vat") == "FR11123456782" and _rates(cart) == {"0"},
    "no VAT id of another country": lambda cart: cart.get("to") == ["FR"] and cart.get("vat", "DE")[:2] == "DE",
    "codes by the product's type": lambda cart: cart.get("to") == ["AT"] and _any(cart, "type", "digital"),
    "export": lambda cart: cart.get("to") == ["CH"],
    "external tax provider": lambda cart: cart.get("provider") == "AvaTaxProvider",
    "US states": lambda cart: cart.get("store") == "us",
    "several taxes on one line": lambda cart: any("+" in rate for rate in _rates(cart)),
    "US taxes by jurisdiction": lambda cart: cart.get("store") == "ny",
    "several US states": lambda cart: cart.get("store") == "us" and len(cart["to"]) > 1,
    "gift certificates sold": lambda cart: _any(cart, "type", "giftcertificate"),
    "gift certificates used": lambda cart: "gift" in cart,
    "store credit": lambda cart: "credit" in cart,
    "tenders in a document of their own": lambda cart: "own_document" in _options(cart),
    "guests": lambda cart: bool(cart.get("guest", True)),
    "registered customers": lambda cart: not cart.get("guest", True),
    "company orders": lambda cart: "company" in cart,
    "customer groups": lambda cart: "group" in cart,
    "customer segments": lambda cart: "segments" in cart,
    "pickups": lambda cart: _any(cart, "pickup"),
    "several addresses": lambda cart: len(cart.get("to", ["DE"])) > 1,
    "0 decimals": lambda cart: cart.get("store") == "jp",
    "2 decimals": lambda cart: "KWD" not in cart.get("currency", "") and cart.get("store", "eu") in {"eu", "us"},
    "3 decimals": lambda cart: cart.get("store") == "kw" or cart.get("currency") == "KWD",
    "four decimals kept": lambda cart: cart.get("step") == 1,
    "another currency than the store's": lambda cart: "currency" in cart,
    "full refunds": lambda cart: {"product", "freight"} in _refund_items(cart),
    "refunds by item and quantity": lambda cart: any("qty" in items for items in _refund_items(cart)),
    "refunds of shipping alone": lambda cart: any(items - {"amount"} == {"freight"} for items in _refund_items(cart)),
    "refunds of tax alone": lambda cart: set() in _refund_items(cart),
    "refunds of tax alone, moved": lambda cart: set() in _refund_items(cart) and bool(_events(cart, "choose")),
    "refunds of the order, parked": lambda cart: {"order"} in _refund_items(cart) and not _options(cart),
    "refunds of the order, goodwill": lambda cart: "goodwill" in _options(cart),
    "refunds of the order, price reduction": lambda cart: "price_reduction" in _options(cart),
    "refunds to gift certificates": lambda cart: any(
        one.get("to") == "giftcertificate" for one in _events(cart, "refund")
    ),
    "refunds to store credit": lambda cart: any(one.get("to") == "storecredit" for one in _events(cart, "refund")),
    "several refunds": lambda cart: len(_events(cart, "refund")) > 1,
    "refunds that wait": lambda cart: any(one.get("to") == "stripe" for one in _events(cart, "refund")),
    "cancellations": lambda cart: any(one.get("status_id") == 5 for one in _events(cart, "order")),
    "edits": lambda cart: bool(_events(cart, "edit")),
    "edits that a refund needs": lambda cart: (
        bool(_events(cart, "edit") and _events(cart, "refund"))
        and ("supplement" in _events(cart, "choose") or "on_edit" in str(_events(cart, "mapping")))
    ),
    "deferred revenue": lambda cart: '"deferred"' in _options(cart),
    "shipments": lambda cart: bool(_events(cart, "ship")),
    "deleted shipments": lambda cart: bool(_events(cart, "unship")),
    "payments": lambda cart: bool(_events(cart, "pay")) and "post = true" in _sections(cart),
    "payments paid back": lambda cart: bool(_events(cart, "settle")) and "post = true" in _sections(cart),
    "reversals": lambda cart: "on_cancel" in _options(cart),
    "reversals that SAP refuses": lambda cart: "on_cancel" in _options(cart) and bool(_events(cart, "clear")),
    "closed periods": lambda cart: "closed" in cart or bool(_events(cart, "close")),
    "the close calendar": lambda cart: "hold_from" in _sections(cart),
    "rules for documents": lambda cart: "[[documents]]" in _sections(cart),
    "blocks": lambda cart: "payment_block" in _sections(cart),
    "internal orders and WBS elements": lambda cart: "wbs_element" in str(cart.get("changes", "")),
    "sums of lines": lambda cart: "sum_lines" in _options(cart),
    "changed mappings": lambda cart: bool(_events(cart, "mapping")),
    "orders mapped anew": lambda cart: "reverse_and_repost" in _events(cart, "remap"),
    "adopted invoices": lambda cart: bool(_events(cart, "adopt")),
    "invoices once ordered": lambda cart: '"ordered"' in _sections(cart),
    "invoices once captured": lambda cart: '"captured"' in _sections(cart),
    "invoices once shipped": lambda cart: '"shipped"' in _sections(cart),
}
"""What the corpus must hold, and how a cart shows it."""

COMBINED = [
    (kind, basis)
    for kind in KINDS
    if kind not in {"prices with tax", "prices without tax"}
    for basis in ("prices with tax", "prices without tax")
] + [
    ("order discounts", "several rates"),
    ("order discounts", "discounts on their own account"),
    ("coupons", "several rates"),
    ("gift certificates used", "store credit"),
    ("gift certificates used", "several rates"),
    ("several addresses", "several rates"),
    ("several addresses", "US states"),
    ("refunds by item and quantity", "several rates"),
    ("refunds by item and quantity", "order discounts"),
    ("refunds by item and quantity", "0 decimals"),
    ("refunds by item and quantity", "changed mappings"),
    ("cancellations", "gift certificates used"),
    ("cancellations", "several refunds"),
    ("edits", "several rates"),
    ("edits", "changed mappings"),
    ("edits", "cancellations"),
    ("company orders", "intra-community"),
    ("pickups", "digital products"),
    ("deferred revenue", "refunds by item and quantity"),
    ("deferred revenue", "edits"),
    ("deferred revenue", "cancellations"),
    ("deferred revenue", "changed mappings"),
    ("deferred revenue", "closed periods"),
    ("deferred revenue", "discounts on their own account"),
    ("payments", "cancellations"),
    ("payments", "closed periods"),
    ("closed periods", "another currency than the store's"),
    ("closed periods", "refunds by item and quantity"),
    ("closed periods", "cancellations"),
    ("reversals", "deferred revenue"),
    ("reversals", "closed periods"),
    ("rules for documents", "refunds by item and quantity"),
    ("blocks", "edits"),
    ("orders mapped anew", "another currency than the store's"),
    ("orders mapped anew", "refunds by item and quantity"),
    ("orders mapped anew", "cancellations"),
    ("orders mapped anew", "edits"),
    ("orders mapped anew", "deferred revenue"),
    ("edits", "another currency than the store's"),
    ("invoices once shipped", "refunds by item and quantity"),
    ("invoices once shipped", "digital products"),
]
"""Kinds that must meet in one order."""
