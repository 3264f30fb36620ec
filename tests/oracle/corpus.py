"""Orders of the oracle's own: carts drawn with fixed seeds, one recipe per kind of money.

What a recipe leaves open is drawn: prices, quantities, how many lines, which products. Every run sees the same orders.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

from .anything import anything
from .later import LATER

__all__ = ["PER_RECIPE", "RECIPES", "Cart", "corpus"]

Cart = dict[str, Any]
Draw = random.Random

PER_RECIPE = 4
"""Orders drawn of each recipe: two with prices that include tax, two without."""

BOTH = ("adopted", "invoiced_", "remapped", "reposted_")
COUNTS = {
    **{name: 1 for name in LATER if name.startswith("very_long")},
    **{name: 2 for name in LATER if name.startswith(BOTH)},
    **dict.fromkeys(("edit_approved_for_its_refund", "edit_ruled_for_its_refund"), 2),
    "very_long": 1,
    "anything": 60,
}
"""Recipes of which fewer orders are drawn, since they take long or one of each basis says all, or more."""


def money(draw: Draw, low: int, high: int) -> str:
    """Draw an amount between so many cents."""
    cents = draw.randint(low, high)
    return f"{cents // 100}.{cents % 100:02}"


def lines(draw: Draw, *rates: str, **more: Any) -> list[Cart]:
    """Draw lines of products, at least one of each rate."""
    wanted = [*(rates or ("19",)), *draw.choices(rates or ("19",), k=draw.randint(0, 3))]
    return [
        {
            "price": money(draw, 250, 19999),
            "qty": draw.randint(1, 4),
            "rate": rate,
            "product": draw.choice((111, 112, 113, 114)),
            **more,
        }
        for rate in wanted
    ]


def sold(draw: Draw, *rates: str, **more: Any) -> Cart:
    """Draw an order of lines with shipping."""
    return {"lines": lines(draw, *rates), "shipping": [{"price": money(draw, 300, 1500)}], **more}


def refunded(draw: Draw, *items: Cart, **more: Any) -> Cart:
    """Draw an order some of which is refunded."""
    return {"lines": [line | {"qty": 3} for line in lines(draw, "19", "7")], "shipping": [{"price": "5.90"}]} | {
        "life": [{"refund": {"items": list(items), **more}}]
    }


def tax_back(tax: str, choice: str, of: list[Cart], *after: Cart) -> Cart:
    """Return an order some of whose tax is given back alone, to the code that a person names."""
    refund = {"refund": {"items": [], "total": tax, "tax": tax}}
    return {"inclusive": False, "lines": of, "life": [refund, {"choose": choice}, *after]}


def purse(draw: Draw, **more: Any) -> Cart:
    """Draw an order a part of which is paid by gift certificate and store credit."""
    return sold(draw, "19", "7", gift=money(draw, 10, 150), credit=money(draw, 10, 100), guest=False, **more)


PIECE = {"product": 61, "qty": 1}
ALL = {"items": [{"product": 61}, {"product": 62}, {"freight": 51}]}
GOODWILL = 'goodwill = { gl_account = "889000", cost_center = "4900" }'
SHELF = (
    'restocked = { gl_account = "800010", cost_center = "4200" }',
    'not_restocked = { gl_account = "800020", cost_center = "4200" }',
)
REMAINDER = 'refund_remainder = { gl_account = "898000", cost_center = "4900" }'
MOVED = ['gl_account = "800000"', 'gl_account = "800300"']
CANCEL = {"order": {"status_id": 5, "status": "Cancelled"}}
BUYER = {"standing": "company", "company_id": 500, "po_number": "PO-77", "days": 30, "fields": {"SAP debtor": "4711"}}
PAID = {"event": "capture", "status": "ok", "amount": "1.00", "currency": "EUR", "id": 5, "gateway": "stripe"}

RECIPES: dict[str, Callable[[Draw], Cart]] = {
    "one_line": lambda draw: {"lines": lines(draw)[:1]},
    "several_rates": lambda draw: sold(draw, "19", "7"),
    "digital": lambda draw: {"lines": lines(draw, type="digital", product=116), "to": []},
    "digital_and_physical": lambda draw: {
        "lines": [*lines(draw, type="digital", product=116), *lines(draw, "20")],
        "to": ["FR"],
        "bill": "DE",
    },
    "custom_line": lambda draw: {"lines": [*lines(draw, product=0), *lines(draw, "7")]},
    "options": lambda draw: {"lines": lines(draw, options=["red", "large"], sku="LAMP-1-RED-L")},
    "line_discount": lambda draw: {"lines": [line | {"off": "2.00"} for line in lines(draw, "19", "7")]},
    "order_discount": lambda draw: sold(draw, "19", "7", off=money(draw, 100, 240)),
    "order_discount_spread_only": lambda draw: sold(draw, "19", off=money(draw, 100, 240), says="spread"),
    "coupon": lambda draw: sold(draw, "19", "7", off=money(draw, 100, 240), off_as="coupon"),
    "manual_discount": lambda draw: sold(draw, "19", off=money(draw, 100, 240), says="nothing"),
    "discount_on_its_own_account": lambda draw: sold(
        draw, "19", "7", off=money(draw, 100, 240), options=('discounts = "own_account"',)
    ),
    "shipping_coupon_shown": lambda draw: sold(draw, shipping_off="2.00", shipping_off_is="shown"),
    "shipping_coupon_among": lambda draw: sold(draw, shipping_off="2.00", shipping_off_is="among", says="nothing"),
    "shipping_coupon_beside": lambda draw: sold(draw, shipping_off="2.00", shipping_off_is="beside", says="nothing"),
    "shipping_at_another_rate": lambda draw: {"lines": lines(draw, "7"), "shipping": [{"price": "4.90", "rate": "19"}]},
    "handling": lambda draw: sold(draw, "19", "7", handling=[{"price": money(draw, 100, 500)}]),
    "wrapping": lambda draw: {"lines": lines(draw, "19", "7", wrapping=money(draw, 100, 500))},
    "fee": lambda draw: sold(draw, "19", "7", fees=[{"price": money(draw, 100, 900)}]),
    "fee_inside_the_subtotal": lambda draw: sold(draw, fees=[{"price": money(draw, 100, 900)}], fees_are="inside"),
    "surcharge": lambda draw: sold(
        draw, "19", fees=[{"price": money(draw, 100, 900), "type": "surcharge"}, {"price": "1.50", "rate": "19"}]
    ),
    "everything": lambda draw: {
        "lines": [line | {"wrapping": "1.90"} for line in lines(draw, "19", "7")],
        "shipping": [{"price": "5.90"}],
        "handling": [{"price": "2.10"}],
        "fees": [{"price": "3.30"}],
        "off": "2.40",
    },
    "four_decimals": lambda draw: {
        "lines": [line | {"price": f"{draw.randint(20000, 999999) / 10000:.4f}"} for line in lines(draw, "19", "7")],
        "step": 1,
    },
    "zero_rated": lambda draw: {"lines": lines(draw, "19", "0")},
    "untaxed_order": lambda draw: {"lines": lines(draw, "0"), "shipping": [{"price": "5.00", "rate": "0"}]},
    "intra_community": lambda draw: {
        "lines": lines(draw, "0"),
        "to": ["FR"],
        "bill": "FR",
        "company": "Lumiere SARL",
        "vat": "FR11123456782",
        "guest": False,
        "group": 3,
    },
    "intra_community_without_vat_id": lambda draw: {"lines": lines(draw, "0"), "to": ["FR"], "bill": "FR"},
    "vat_id_mistyped": lambda draw: {"lines": lines(draw, "0"), "to": ["FR"], "vat": "FR12123456782"},
    "vat_id_of_the_own_country": lambda draw: {"lines": lines(draw, "0"), "to": ["FR"], "vat": "DE123456788"},
    "exempt_group": lambda draw: {"lines": lines(draw, "0"), "guest": False, "group": 5},
    "exempt_category": lambda draw: {"lines": lines(draw, "19", "0"), "guest": False, "exempt": "Embassy"},
    "digital_abroad": lambda draw: {
        "lines": [*lines(draw, "20", type="digital", product=116), *lines(draw, "20")],
        "to": ["AT"],
        "bill": "AT",
        "shipping": [{"price": "6.00", "rate": "20"}],
    },
    "export": lambda draw: {"lines": lines(draw, "0"), "to": ["CH"], "bill": "CH"},
    "no_reason_for_no_tax": lambda draw: {"lines": lines(draw, "21", "0"), "to": ["NL"], "bill": "NL"},
    "distance_sale": lambda draw: {"lines": lines(draw, "21"), "to": ["NL"], "bill": "DE"},
    "same_rate_two_countries": lambda draw: {
        "lines": [*lines(draw, "20", to=0), *lines(draw, "20", to=1)],
        "to": ["FR", "AT"],
        "bill": "DE",
        "shipping": [{"price": "6.00", "rate": "20"}, {"price": "7.00", "rate": "20"}],
    },
    "pickup": lambda draw: {"lines": lines(draw, "20", pickup="AT"), "to": [], "bill": "DE"},
    "pickup_and_parcel": lambda draw: {"lines": [*lines(draw, "20", pickup="AT"), *lines(draw, "19")]},
    "pickup_and_digital": lambda draw: {
        "lines": [*lines(draw, "20", pickup="AT"), *lines(draw, "19", type="digital", product=116)],
        "to": [],
    },
    "external_provider": lambda draw: sold(draw, "19", provider="AvaTaxProvider"),
    "external_provider_sums": lambda draw: {"lines": lines(draw, "19"), "provider": "AvaTaxProvider", "rows": "sums"},
    "texas": lambda draw: {
        "store": "us",
        "to": ["US/Texas"],
        "bill": "US/Texas",
        "lines": lines(draw, "8.25"),
        "shipping": [{"price": "6.00", "rate": "8.25"}],
    },
    "texas_by_jurisdiction": lambda draw: {
        "store": "us",
        "to": ["US/Texas"],
        "bill": "US/Texas",
        "lines": [{**lines(draw)[0], "rate": ["6.25", "1", "1"]}],
    },
    "new_york_back_by_parts": lambda draw: {
        "store": "ny",
        "to": ["US/New York"],
        "bill": "US/New York",
        "lines": [{"price": money(draw, 1000, 6000), "qty": 3, "rate": ["4", "4.5", "0.375"]}],
        "life": [*(2 * [{"refund": {"items": [PIECE]}}]), CANCEL],
    },
    "two_states": lambda draw: {
        "store": "us",
        "to": ["US/Texas", "US/California"],
        "bill": "US/Texas",
        "lines": [*lines(draw, "8.25", to=0), *lines(draw, "7.25", "9.5", to=1), *lines(draw, "0", to=1)],
    },
    "untaxed_state": lambda draw: {"store": "us", "to": ["US/Oregon"], "bill": "US/Oregon", "lines": lines(draw, "0")},
    "gift_certificate_sold": lambda draw: {
        "lines": [*lines(draw, "19"), {"price": "25.00", "type": "giftcertificate", "product": 0, "rate": "0"}]
    },
    "single_purpose_voucher": lambda draw: {"lines": [{"price": "25.00", "type": "giftcertificate", "product": 0}]},
    "gift_certificate_used": lambda draw: sold(draw, "19", "7", gift=money(draw, 10, 240)),
    "gift_certificate_already_off": lambda draw: sold(draw, "19", "7", gift=money(draw, 10, 240), total="after"),
    "store_credit_used": lambda draw: sold(draw, "19", "7", credit=money(draw, 10, 240), guest=False),
    "both_used": purse,
    "both_used_in_a_document_of_their_own": lambda draw: purse(draw, options=('tenders = "own_document"',)),
    "store_credit_across_currencies": lambda draw: sold(draw, credit="1.00", currency="USD", guest=False),
    "wholly_paid": lambda draw: {"lines": [{"price": "30.00", "rate": "0"}], "gift": "20.00", "credit": "10.00"},
    "company": lambda draw: sold(draw, company="Lampen GmbH", guest=False, group=3, segments=["vip"]),
    "group": lambda draw: sold(draw, "19", "7", guest=False, group=3),
    "segment": lambda draw: {
        "lines": [*lines(draw, product=114), *lines(draw, product=111)],
        "guest": False,
        "segments": ["vip"],
        "group": 3,
    },
    "sku_pattern": lambda draw: {"lines": [*lines(draw, product=115), *lines(draw)], "group": 3, "guest": False},
    "several_addresses": lambda draw: {
        "lines": [*lines(draw, "19", to=0), *lines(draw, "20", to=1)],
        "to": ["DE", "FR"],
        "shipping": [{"price": money(draw, 300, 900)}, {"price": money(draw, 300, 900), "rate": "20"}],
        "handling": [{"price": "1.00"}, {"price": "2.00", "rate": "20"}],
    },
    "yen": lambda draw: {
        "store": "jp",
        "to": ["JP"],
        "bill": "JP",
        "lines": [
            {"price": str(draw.randint(200, 20000)), "qty": draw.randint(1, 3), "rate": rate}
            for rate in ("10", "8", "8")
        ],
        "shipping": [{"price": "700", "rate": "10"}],
        "off": str(draw.randint(10, 150)),
        "life": [{"refund": {"items": [PIECE]}}],
    },
    "yen_exempt": lambda draw: {"store": "jp", "to": ["JP"], "bill": "JP", "lines": [{"price": "1980", "rate": "0"}]},
    "dinar": lambda draw: {
        "store": "kw",
        "to": ["KW"],
        "bill": "KW",
        "lines": [{"price": f"{draw.randint(1000, 99999) / 1000:.3f}", "qty": 2, "rate": "0"} for _ in range(2)],
    },
    "taxed_dinar": lambda draw: {
        "currency": "KWD",
        "lines": [{"price": f"{draw.randint(1000, 99999) / 1000:.3f}", "qty": 2, "rate": rate} for rate in ("19", "7")],
    },
    "other_currency": lambda draw: sold(draw, "19", "7", currency="USD", seen_in="EUR"),
    "seen_in_another_currency": lambda draw: sold(draw, "19", "7", seen_in="GBP"),
    "paid_in_another_currency": lambda draw: sold(draw, transactions=[PAID | {"currency": "GBP"}]),
    "totals_apart": lambda draw: sold(draw, "19", contradiction="0.02"),
    "totals_too_far_apart": lambda draw: sold(draw, "19", contradiction="0.05"),
    "tax_not_at_its_rate": lambda draw: {"lines": [{"price": "100.00", "mistaxed": "-9.00"}]},
    "rate_of_another_code": lambda draw: sold(
        draw, "19", "7", changes=[('rate = 7\ntax_code = "A2"', 'tax_code = "A1"')]
    ),
    "very_long": lambda draw: {
        "lines": [
            {"price": money(draw, 100, 900), "product": draw.choice((111, 112)), "rate": draw.choice(("19", "7"))}
            for _ in range(1001)
        ]
    },
    "anything": anything,
    "company_on_account": lambda draw: sold(draw, "19", "7", guest=False, b2b=BUYER),
    "company_refunded": lambda draw: refunded(draw, PIECE) | {"guest": False, "b2b": BUYER},
    "private_customer": lambda draw: sold(draw, guest=False, b2b={"standing": "private"}),
    "company_without_debtor": lambda draw: sold(draw, guest=False, b2b=BUYER | {"fields": {}}),
    "company_awaited": lambda draw: sold(draw, guest=False, b2b={"standing": "awaited"}),
    "invoice_payment": lambda draw: sold(draw, guest=False, b2b=BUYER | {"standing": "invoice_payment"}),
    "awaiting_payment": lambda draw: sold(draw, order={"status_id": 7, "payment_status": ""}),
    "captured_early": lambda draw: sold(draw, order={"status_id": 7, "payment_status": ""}, transactions=[PAID]),
    "imported": lambda draw: sold(draw, order={"external_source": "M-MIG"}),
    "test_gateway": lambda draw: sold(draw, order={"payment_method": "Test Payment Gateway"}),
    "test_payment": lambda draw: sold(draw, transactions=[PAID | {"test": True}]),
    "marketplace": lambda draw: sold(draw, order={"order_source": "amazon"}),
    "refund_of_a_piece": lambda draw: refunded(draw, PIECE),
    "refund_of_a_piece_without_tax": lambda draw: refunded(draw, PIECE, says="net"),
    "refund_of_a_piece_unsaid": lambda draw: refunded(draw, PIECE, says="nothing"),
    "refund_of_several": lambda draw: refunded(draw, {"product": 61, "qty": 2}, {"product": 62, "qty": 1}),
    "refund_of_shipping": lambda draw: refunded(draw, {"freight": 51}),
    "refund_of_a_part_of_shipping": lambda draw: refunded(draw, {"freight": 51, "amount": "2.38"}),
    "refund_of_charges": lambda draw: {
        "lines": lines(draw, wrapping="2.00"),
        "handling": [{"price": "3.00"}],
        "fees": [{"price": "4.00"}],
        "life": [{"refund": {"items": [{"wrapping": 61}, {"handling": 51}, {"fee": 1}]}}],
    },
    "refund_of_everything": lambda draw: {
        "lines": lines(draw, "19", "7")[:2],
        "shipping": [{"price": "5.90"}],
        "life": [{"refund": ALL}, {"order": {"status_id": 4}}],
    },
    "refund_piece_by_piece": lambda draw: refunded(draw, PIECE) | {"life": 3 * [{"refund": {"items": [PIECE]}}]},
    "refund_with_something_kept": lambda draw: refunded(draw, PIECE, kept="1.00"),
    "refund_of_discounted": lambda draw: refunded(draw, PIECE) | {"off": "2.10"},
    "refund_of_discounted_on_its_own_account": lambda draw: (
        refunded(draw, PIECE) | {"off": "2.10", "options": ('discounts = "own_account"',)}
    ),
    "refund_at_the_invoice_rate": lambda draw: (
        refunded(draw, PIECE) | {"currency": "USD", "options": ('credit_memo_rate = "original"',)}
    ),
    "refund_of_tax": lambda draw: refunded(draw, total="1.00", tax="1.00"),
    "refund_of_the_merchant": lambda draw: refunded(draw, {"product": 61, "amount": "2.00"}, override=1, tax="0.10"),
    "refund_that_leaves_tax_alone": lambda draw: {
        "inclusive": False,
        "lines": [{"price": "100.00", "product": draw.choice((111, 112))}],
        "life": [{"refund": {"items": [{"product": 61, "amount": "100.00"}], "override": 1, "tax": "0"}}],
    },
    "refund_of_too_much": lambda draw: refunded(draw, {"freight": 51, "amount": "99.00"}),
    "refund_with_a_remainder": lambda draw: (
        refunded(draw, {"product": 61, "qty": 1}, more="1.00") | {"options": (REMAINDER,)}
    ),
    "refund_of_the_order": lambda draw: refunded(draw, {"order": "2.00"}),
    "refund_of_the_order_as_goodwill": lambda draw: (
        refunded(draw, {"order": "2.00"}) | {"options": ('order_level_refund = "goodwill"', GOODWILL)}
    ),
    "refund_of_the_order_twice_as_goodwill": lambda draw: (
        refunded(draw, {"order": "2.00"})
        | {
            "options": ('order_level_refund = "goodwill"', GOODWILL),
            "life": [{"refund": {"items": [{"order": "2.00"}]}}, {"refund": {"items": [{"order": "3.00"}]}}, CANCEL],
        }
    ),
    "refund_of_the_order_as_reduction": lambda draw: {
        "lines": [{"price": "119.00", "rate": "19"}, {"price": "53.50", "rate": "7", "product": 112}],
        "options": ('order_level_refund = "price_reduction"',),
        "life": [{"refund": {"items": [{"order": "17.25"}]}}],
    },
    "refund_to_store_credit": lambda draw: refunded(draw, PIECE, to="storecredit") | {"guest": False},
    "refund_to_a_gift_certificate": lambda draw: refunded(draw, PIECE, to="giftcertificate"),
    "refund_pending": lambda draw: refunded(draw, PIECE, to="stripe"),
    "refund_settled": lambda draw: (
        refunded(draw, PIECE, to="stripe")
        | {"life": [{"refund": {"items": [PIECE], "to": "stripe"}}, {"settle": 1}, {"order": {"status_id": 14}}]}
    ),
    "refund_declined": lambda draw: (
        refunded(draw, PIECE)
        | {"life": [{"refund": {"items": [PIECE], "to": "stripe"}}, {"settle": 1}, {"decline": 1}]}
    ),
    "refund_partly_declined": lambda draw: (
        refunded(draw, PIECE)
        | {"chosen": ["paid_part"], "life": [{"refund": {"items": [PIECE], "declined": "1.23"}}, CANCEL]}
    ),
    "refund_partly_declined_later": lambda draw: (
        refunded(draw, PIECE)
        | {"chosen": ["declined_part"], "life": [{"refund": {"items": [PIECE]}}, {"decline_part": [1, "1.23"]}, CANCEL]}
    ),
    "refund_restocked": lambda draw: {
        "lines": [{"price": money(draw, 200, 9000), "qty": 3, "shipped": 2}],
        "options": SHELF,
        "life": [{"refund": {"items": [{"product": 61, "qty": 2}]}}],
    },
    "refund_restocked_by_reason": lambda draw: {
        "lines": [{"price": money(draw, 200, 9000), "qty": 3}],
        "options": (*SHELF, 'restock = "by_reason"', 'restock_reasons = ["Returned"]'),
        "life": [
            {"refund": {"items": [PIECE], "reason": "returned"}},
            {"refund": {"items": [PIECE], "reason": "lost"}},
        ],
    },
    "refund_after_a_changed_mapping": lambda draw: (
        refunded(draw, PIECE) | {"life": [{"mapping": MOVED}, {"refund": {"items": [PIECE]}}]}
    ),
    "refund_of_tax_charged_in_error": lambda draw: (
        tax_back("57.00", "move:A1:A0", lines(draw, qty=1, price="357.00")[:1]) | {"inclusive": True}
    ),
    "refund_of_tax_at_the_wrong_rate": lambda draw: tax_back("6.00", "move:A1:A2", lines(draw, price="100.00")),
    "refund_of_tax_of_several_accounts": lambda draw: tax_back(
        "19.00", "move:A1:A0", [{"price": "100.00"}, {"price": "150.00", "qty": 2, "product": 112}]
    ),
    "refund_of_tax_and_money": lambda draw: (
        tax_back("9.50", "move:A1:A0", lines(draw, price="100.00"))
        | {"life": [{"refund": {"items": [], "total": "10.50", "tax": "9.50"}}, {"choose": "move:A1:A0"}]}
    ),
    "refund_of_tax_then_cancelled": lambda draw: tax_back(
        "9.50", "move:A1:A0", lines(draw, "19", "7", price="100.00"), CANCEL
    ),
    "refunded_before_it_was_seen": lambda draw: refunded(draw, PIECE) | {"unseen": 1},
    "cancelled": lambda draw: sold(draw, "19", "7", off="1.00", life=[CANCEL]),
    "cancelled_after_a_refund": lambda draw: (
        refunded(draw, PIECE) | {"life": [{"refund": {"items": [PIECE]}}, CANCEL, {"order": {"status_id": 5}}]}
    ),
    "cancelled_after_two_refunds": lambda draw: (
        refunded(draw, PIECE) | {"life": [*(2 * [{"refund": {"items": [PIECE]}}]), CANCEL]}
    ),
    "cancelled_with_tenders": lambda draw: purse(draw, life=[{"mapping": MOVED}, CANCEL]),
    "cancelled_after_shipment": lambda draw: {"lines": lines(draw, shipped=1), "life": [CANCEL]},
    "cancelled_unpaid": lambda draw: sold(draw, order={"status_id": 5, "payment_status": ""}),
    "archived": lambda draw: sold(draw, life=[{"order": {"is_deleted": True}}]),
    "edit_proposed": lambda draw: sold(draw, life=[{"edit": {"lines": lines(draw, "19", "7")}}]),
    "edit_more": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "supplement"',),
        "life": [{"edit": {"lines": [{"price": "59.50", "qty": 3}], "shipping": [{"price": money(draw, 300, 900)}]}}],
    },
    "edit_less": lambda draw: {
        "lines": [{"price": "59.50", "qty": 4}],
        "options": ('on_edit = "supplement"',),
        "life": [{"edit": {"lines": [{"price": money(draw, 2000, 5000), "qty": 2}]}}],
    },
    "edit_after_a_changed_mapping": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "supplement"',),
        "life": [
            {"mapping": MOVED},
            {"edit": {"lines": [{"price": "59.50", "qty": 3}, {"price": "10.00", "rate": "7"}]}},
        ],
    },
    "edit_more_beside_a_refund": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "supplement"',),
        "transactions": [PAID | {"amount": "119.00"}],
        "inclusive": True,
        "life": [
            {"refund": {"items": [PIECE]}},
            {"capture": "59.50"},
            {"edit": {"lines": [{"price": "59.50", "qty": 3}]}},
        ],
    },
    "edit_less_beside_its_refund": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "supplement"',),
        "transactions": [PAID | {"amount": "119.00"}],
        "inclusive": True,
        "life": [{"refund": {"items": [PIECE]}}, {"edit": {"lines": [{"price": "59.50", "qty": 1}]}}],
    },
    "edit_less_then_its_refund": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "supplement"',),
        "transactions": [PAID | {"amount": "119.00"}],
        "inclusive": True,
        "life": [{"edit": {"lines": [{"price": "59.50", "qty": 1}]}}, {"refund": {"items": [PIECE]}}],
    },
    "edit_approved_for_its_refund": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "life": [
            {"edit": {"lines": [{"price": "59.50", "qty": 2}, *lines(draw, "7", qty=2)[:1]]}},
            {"refund": {"items": [PIECE, {"product": 62, "qty": 1}]}},
            {"choose": "supplement"},
            CANCEL,
        ],
    },
    "edit_ruled_for_its_refund": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "propose"',),
        "transactions": [PAID | {"amount": "226.00"}],
        "inclusive": True,
        "life": [
            {"edit": {"lines": [{"price": "59.50", "qty": 2}, {"price": "53.50", "qty": 2, "product": 112}]}},
            {"refund": {"items": [{"product": 62, "qty": draw.choice((1, 2))}]}},
            {"mapping": ['on_edit = "propose"', 'on_edit = "supplement"']},
        ],
    },
    "edit_swap": lambda draw: {
        "lines": [{"price": "40.00"}, {"price": "60.00", "product": 112}],
        "options": ('on_edit = "supplement"',),
        "life": [{"edit": {"lines": [{"price": "60.00"}, {"price": "40.00", "product": 112}]}}],
    },
    "edit_reversed_and_reposted": lambda draw: {
        "lines": lines(draw, "19", "7"),
        "options": ('on_edit = "reverse_and_repost"',),
        "life": [{"edit": {"lines": lines(draw, "19", "7"), "off": "1.00"}}],
    },
    "edit_then_cancelled": lambda draw: {
        "lines": [{"price": "59.50", "qty": 2}],
        "options": ('on_edit = "supplement"',),
        "life": [{"edit": {"lines": [{"price": "59.50", "qty": 3}]}}, CANCEL],
    },
    **LATER,
}
"""Carts by what they are for."""


def corpus() -> Iterator[tuple[str, Cart]]:
    """Return every order with its name."""
    for name, recipe in RECIPES.items():
        for count in range(COUNTS.get(name, PER_RECIPE)):
            draw = random.Random(f"{name} {count}")
            yield f"{name}-{count}", {"inclusive": count % 2 == 0, **recipe(draw)}
