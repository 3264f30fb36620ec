"""Recipes for what becomes of an order beside refunds and edits: its goods leave, its money comes, its books close."""

import random
from collections.abc import Callable
from typing import Any

__all__ = ["LATER"]

Cart = dict[str, Any]
Draw = random.Random

DEFERRED = ('revenue = "deferred"', 'deferred_revenue = { gl_account = "249000", cost_center = "" }')
REVERSED = ('on_cancel = "reversal"',)
PAYING = (
    "[payments]",
    "post = true",
    "[[clearing]]",
    'gl_account = "113100"',
    "[[clearing]]",
    'gateways = ["square"]',
    'gl_account = "113100"',
    'match_field = "assignment"',
    'match_rule = "last"',
    "match_length = 12",
)
ON_ACCOUNT = (
    "[[documents]]",
    'payment_methods = ["Purchase Order"]',
    'customer = "4711"',
    'payment_terms = "ZB30"',
    'dunning_area = "01"',
    'document_types = { invoice = "AB", refund = "DR" }',
    "[[documents]]",
    "customer_groups = [3]",
    'payment_terms = "ZB14"',
)
SHOWN = ("[shipments]", 'payment_block = "B"', 'dunning_block = "R"', 'fields = { XREF3 = "{carrier} {tracking}" }')
NEXT_OPEN = ('closed_period = "next_open"', "tax_reporting_date = true")
HELD = ("[[close_calendar]]", "hold_from = 2026-03-05T00:00:00", "hold_until = 2026-03-08T06:00:00")
ONCE_SHIPPED = ("[[triggers]]", 'invoice_on = "shipped"')
ONCE_ORDERED = ("[[triggers]]", 'payment_methods = ["Purchase Order"]', 'invoice_on = "ordered"')
ONCE_CAPTURED = ("[[triggers]]", 'invoice_on = "captured"')
COST_OBJECTS = [
    [
        'gl_account = "800000"\ncost_center = "4200"',
        'gl_account = "800000"\ncost_center = ""\ninternal_order = "500001"',
    ],
    [
        'gl_account = "800100"\ncost_center = "4300"',
        'gl_account = "800100"\ncost_center = ""\nwbs_element = "W-1000.1"',
    ],
]
UNPAID: Cart = {"payment_status": "", "payment_method": "Purchase Order"}
CANCEL = {"order": {"status_id": 5}}
PIECE = {"refund": {"items": [{"product": 61, "qty": 1}]}}
MOVED = {"mapping": ['gl_account = "800000"', 'gl_account = "800300"']}
REMAP = {"remap": "reverse_and_repost"}
LATER_MONTH = "2026-03-30T20:00:00"
"""Placed so late that what happens three days after happens in another month."""


def pieces(draw: Draw, **more: Any) -> Cart:
    """Draw an order of three and of two pieces, and shipping."""
    return {
        "lines": [
            {"price": f"{draw.randint(300, 19999) / 100:.2f}", "qty": 3},
            {"price": f"{draw.randint(300, 9999) / 100:.2f}", "qty": 2, "product": 112, "rate": "7"},
        ],
        "shipping": [{"price": "5.90"}],
    } | more


def deferred(draw: Draw, *life: Cart, **more: Any) -> Cart:
    """Draw such an order whose revenue waits for its shipments."""
    return pieces(draw, options=(*DEFERRED, *more.pop("options", ())), life=list(life), **more)


def paid(draw: Draw, *life: Cart, **more: Any) -> Cart:
    """Draw such an order whose payments are posted."""
    return pieces(draw, sections=PAYING, life=list(life), **more)


def closing(draw: Draw, *life: Cart, options: tuple[str, ...] = NEXT_OPEN, **more: Any) -> Cart:
    """Draw an order of a month that is closed when it is posted."""
    return pieces(draw, placed=LATER_MONTH, options=options, life=list(life), **more)


def edited(draw: Draw, how: str, *life: Cart, **more: Any) -> Cart:
    """Draw such an order that is edited on another day than it was placed."""
    lines = [{"price": "31.10", "qty": 4}, {"price": "8.20", "qty": 2, "product": 112, "rate": "7"}]
    return pieces(draw, options=(f'on_edit = "{how}"',), life=[{"edit": {"lines": lines}}, *life], **more)


def adopted(draw: Draw, *life: Cart, **more: Any) -> Cart:
    """Draw an order whose invoice somebody else has posted, on another account than the mapping says."""
    lines = [line | {"qty": 3} for line in pieces(draw)["lines"]]
    return {"lines": lines, "life": [MOVED, {"adopt": "invoice"}, *life]} | more


LATER: dict[str, Callable[[Draw], Cart]] = {
    "deferred": deferred,
    "deferred_with_downloads": lambda draw: {
        "lines": [{"price": "10.00", "qty": 3}, {"price": "7.50", "type": "digital", "product": 116}],
        "options": DEFERRED,
        "handling": [{"price": "2.00"}],
        "life": [{"ship": {"61": 3}}],
    },
    "deferred_shipped_by_parts": lambda draw: deferred(
        draw, {"ship": {"61": 1, "62": 1}}, {"ship": {"61": 1}}, {"ship": {"61": 1, "62": 1}}
    ),
    "deferred_discounts_on_their_own_account": lambda draw: deferred(
        draw, {"ship": {"61": 2}}, {"ship": {"61": 1, "62": 2}}, off="2.10", options=('discounts = "own_account"',)
    ),
    "deferred_refunded_unshipped": lambda draw: deferred(
        draw, {"ship": {"61": 1}}, {"refund": {"items": [{"product": 61, "qty": 2}]}}, {"ship": {"62": 2}}
    ),
    "deferred_refunded_shipped": lambda draw: deferred(
        draw, {"ship": {"61": 3}}, {"refund": {"items": [{"product": 61, "qty": 2}]}}
    ),
    "deferred_refunded_of_both": lambda draw: deferred(
        draw, {"ship": {"61": 2}}, {"refund": {"items": [{"product": 61, "qty": 2}]}}
    ),
    "deferred_with_something_kept": lambda draw: deferred(
        draw, {"refund": {"items": [{"product": 61, "qty": 3, "amount": "7.00"}], "kept": "1.00"}}, {"ship": {"62": 2}}
    ),
    "deferred_cancelled": lambda draw: deferred(draw, PIECE, CANCEL),
    "deferred_completed": lambda draw: deferred(draw, {"ship": {"61": 1}}, {"order": {"status_id": 10}}),
    "deferred_shipped_by_hand": lambda draw: deferred(draw, {"order": {"status_id": 2}}),
    "deferred_fetched": lambda draw: {
        "lines": [{"price": "12.00", "qty": 2, "rate": "20", "pickup": "AT"}],
        "to": [],
        "bill": "DE",
        "options": DEFERRED,
        "life": [{"order": {"status_id": 10}}],
    },
    "deferred_shipment_deleted": lambda draw: deferred(draw, {"ship": {"61": 2}}, {"unship": 77}, {"ship": {"61": 1}}),
    "deferred_mapped_anew": lambda draw: deferred(
        draw, {"mapping": ['gl_account = "800000"', 'gl_account = "800300"']}, {"ship": {"61": 3, "62": 2}}
    ),
    "deferred_edited": lambda draw: deferred(
        draw,
        {"ship": {"61": 1}},
        {"edit": {"lines": [{"price": "31.10", "qty": 4}, {"price": "8.20", "product": 112, "rate": "7"}]}},
        {"ship": {"61": 3, "62": 1}},
        options=('on_edit = "supplement"',),
    ),
    "deferred_reposted": lambda draw: deferred(
        draw,
        {"ship": {"61": 1}},
        {"edit": {"lines": [{"price": "31.10", "qty": 4}, {"price": "8.20", "product": 112, "rate": "7"}]}},
        {"ship": {"61": 3, "62": 1}},
        options=('on_edit = "reverse_and_repost"',),
    ),
    "paid": lambda draw: paid(draw, {"pay": {"amount": "20.00"}}),
    "paid_by_parts": lambda draw: paid(draw, {"pay": {"amount": "9.00"}}, {"pay": {"amount": "3.50"}}),
    "paid_by_a_long_id": lambda draw: paid(
        draw, {"pay": {"amount": "9.00", "gateway": "square", "gateway_transaction_id": "Abc" * 15 + "0017"}}
    ),
    "paid_by_an_id_too_long": lambda draw: paid(
        draw, {"pay": {"amount": "9.00", "gateway_transaction_id": "Abc" * 15}}, {"pay": {"amount": "1.00"}}
    ),
    "paid_and_paid_back": lambda draw: paid(
        draw,
        {"pay": {"amount": "99.00"}},
        {"refund": {"items": [{"product": 61, "qty": 1}], "to": "stripe"}},
        {"settle": 1},
    ),
    "paid_by_what_is_none": lambda draw: paid(
        draw,
        {"pay": {"amount": "5.00", "event": "authorization"}},
        {"pay": {"amount": "5.00", "status": "failed"}},
        {"pay": {"amount": "5.00", "method": "gift_certificate"}},
        {"pay": {"amount": "5.00", "method": "store_credit"}},
        {"pay": {"amount": "5.00", "method": "offline"}},
        {"pay": {"amount": "5.00", "test": True}},
    ),
    "paid_offline": lambda draw: (
        paid(draw, {"pay": {"amount": "5.00", "method": "offline"}})
        | {"sections": (*PAYING[:2], 'offline = ["Credit Card"]', *PAYING[2:])}
    ),
    "paid_then_cancelled": lambda draw: paid(draw, {"pay": {"amount": "20.00"}}, CANCEL),
    "paid_before_it_was_seen": lambda draw: paid(draw, {"pay": {"amount": "20.00"}}, unseen=1),
    "paid_before_it_was_seen_by_the_order": lambda draw: paid(
        draw, {"pay": {"amount": "20.00"}}, unseen=1, options=('posting_date = "order"',)
    ),
    "paid_in_dollars": lambda draw: paid(draw, {"pay": {"amount": "20.00"}}, currency="USD"),
    "reversed": lambda draw: pieces(draw, options=REVERSED, life=[CANCEL]),
    "reversed_mapped_anew": lambda draw: pieces(
        draw, options=REVERSED, life=[{"mapping": ['gl_account = "800000"', 'gl_account = "800300"']}, CANCEL]
    ),
    "reversed_in_dollars": lambda draw: pieces(draw, options=REVERSED, currency="USD", life=[CANCEL]),
    "reversed_deferred": lambda draw: deferred(draw, CANCEL, options=REVERSED),
    "reversed_with_tenders": lambda draw: pieces(draw, options=REVERSED, gift="1.00", life=[CANCEL]),
    "not_reversed_after_a_refund": lambda draw: pieces(draw, options=REVERSED, life=[PIECE, CANCEL]),
    "not_reversed_with_two_documents": lambda draw: pieces(
        draw, options=(*REVERSED, 'tenders = "own_document"'), gift="1.00", life=[CANCEL]
    ),
    "not_reversed_in_another_month": lambda draw: pieces(draw, options=REVERSED, placed=LATER_MONTH, life=[CANCEL]),
    "reversed_in_another_month": lambda draw: pieces(
        draw, options=(*REVERSED, 'reversal_reason_other_period = "02"'), placed=LATER_MONTH, life=[CANCEL]
    ),
    "not_reversed_once_cleared": lambda draw: pieces(draw, options=REVERSED, life=[{"clear": "by hand"}, CANCEL]),
    "not_reversed_once_closed": lambda draw: pieces(
        draw, options=(*REVERSED, *NEXT_OPEN), life=[{"close": "2026-03"}, CANCEL, {"wait": 40}]
    ),
    "adopted": lambda draw: adopted(draw, PIECE, CANCEL),
    "adopted_not_reversed": lambda draw: adopted(draw, CANCEL, options=REVERSED),
    "closed_waits": lambda draw: closing(draw, {"wait": 5}, options=(), closed=("2026-03",)),
    "closed_waits_and_opens": lambda draw: closing(draw, {"open": "2026-03"}, options=(), closed=("2026-03",)),
    "closed_moves": lambda draw: closing(draw, {"wait": 5}, closed=("2026-03",)),
    "closed_moves_by_two_months": lambda draw: closing(draw, {"wait": 45}, closed=("2026-03", "2026-04")),
    "closed_moves_not_into_the_future": lambda draw: closing(draw, closed=("2026-03",)),
    "closed_moves_a_refund": lambda draw: pieces(
        draw, options=NEXT_OPEN, currency="USD", life=[{"close": "2026-03"}, PIECE, {"wait": 40}]
    ),
    "closed_moves_a_cancellation": lambda draw: pieces(
        draw, options=NEXT_OPEN, life=[{"close": "2026-03"}, CANCEL, {"wait": 40}]
    ),
    "closed_moves_a_payment": lambda draw: paid(
        draw, {"close": "2026-03"}, {"pay": {"amount": "9.00"}}, {"wait": 40}, options=NEXT_OPEN
    ),
    "closed_moves_a_shipment": lambda draw: deferred(
        draw, {"close": "2026-03"}, {"ship": {"61": 1}}, {"wait": 40}, options=NEXT_OPEN
    ),
    "closed_at_the_invoices_rate": lambda draw: closing(
        draw,
        {"wait": 9},
        PIECE,
        closed=("2026-03",),
        currency="USD",
        options=(*NEXT_OPEN, 'credit_memo_rate = "original"'),
    ),
    "held": lambda draw: pieces(draw, sections=HELD),
    "held_for_a_while": lambda draw: pieces(draw, sections=HELD, life=[{"wait": 4}]),
    "on_account": lambda draw: pieces(
        draw, sections=ON_ACCOUNT, order=UNPAID, group=3, guest=False, life=[PIECE, CANCEL]
    ),
    "terms_of_a_group": lambda draw: pieces(draw, sections=ON_ACCOUNT, group=3, guest=False),
    "terms_of_nobody": lambda draw: pieces(draw, sections=ON_ACCOUNT),
    "terms_frozen": lambda draw: pieces(
        draw,
        sections=ON_ACCOUNT,
        order=UNPAID,
        life=[{"mapping": ['payment_terms = "ZB30"', 'payment_terms = "ZB14"']}, PIECE],
    ),
    "blocked": lambda draw: pieces(draw, sections=SHOWN, order=UNPAID, life=[{"ship": {"61": 3}}]),
    "blocked_and_released": lambda draw: pieces(
        draw, sections=SHOWN, order=UNPAID, life=[{"ship": {"61": 3}}, {"ship": {"62": 2}}]
    ),
    "blocked_until_the_first": lambda draw: pieces(
        draw, sections=(*SHOWN, 'release_on = "first"'), order=UNPAID, life=[{"ship": {"61": 1}}]
    ),
    "not_blocked_since_paid": lambda draw: pieces(draw, sections=SHOWN, life=[{"ship": {"61": 3}}]),
    "released_for_good": lambda draw: pieces(
        draw,
        sections=SHOWN,
        order=UNPAID,
        options=('on_edit = "reverse_and_repost"',),
        life=[
            {"ship": {"61": 3, "62": 2}},
            {"unship": 77},
            {"order": {"status_id": 11}},
            {"edit": {"off": "1.00"}},
        ],
    ),
    "invoiced_once_shipped": lambda draw: pieces(
        draw, sections=ONCE_SHIPPED, life=[{"ship": {"61": 3}}, {"ship": {"62": 2}}]
    ),
    "invoiced_once_shipped_not_yet": lambda draw: pieces(draw, sections=ONCE_SHIPPED, life=[{"ship": {"61": 3}}]),
    "invoiced_once_shipped_refunded_before": lambda draw: pieces(draw, sections=ONCE_SHIPPED, life=[PIECE]),
    "invoiced_once_shipped_of_two_kinds": lambda draw: {
        "lines": [{"price": "12.00", "qty": 2}, {"price": "7.50", "type": "digital", "product": 116}],
        "sections": (*ONCE_SHIPPED[:1], 'product_types = ["physical"]', *ONCE_SHIPPED[1:]),
        "life": [{"ship": {"61": 2}}],
    },
    "invoiced_once_ordered": lambda draw: pieces(draw, sections=ONCE_ORDERED, order=UNPAID | {"status_id": 7}),
    "invoiced_once_ordered_others_wait": lambda draw: pieces(
        draw, sections=ONCE_ORDERED, order={"status_id": 7, "payment_status": ""}
    ),
    "invoiced_once_captured": lambda draw: pieces(
        draw, sections=ONCE_CAPTURED, order={"payment_status": "authorized"}, life=[{"pay": {"amount": "9.00"}}]
    ),
    "invoiced_once_captured_not_yet": lambda draw: pieces(
        draw, sections=ONCE_CAPTURED, order={"payment_status": "authorized"}
    ),
    "remapped": lambda draw: pieces(draw, currency="USD", life=[MOVED, REMAP]),
    "remapped_then_refunded": lambda draw: pieces(draw, life=[MOVED, REMAP, PIECE, CANCEL]),
    "remapped_after_an_edit": lambda draw: edited(draw, "supplement", MOVED, REMAP),
    "remapped_deferred": lambda draw: deferred(draw, {"ship": {"61": 1}}, MOVED, REMAP, {"ship": {"61": 2, "62": 2}}),
    "remapped_not_since_it_was_left": lambda draw: pieces(draw, life=[MOVED, {"remap": "leave"}]),
    "remapped_not_after_a_refund": lambda draw: pieces(draw, life=[PIECE, MOVED, REMAP]),
    "remapped_not_by_itself": lambda draw: pieces(draw, life=[MOVED, {"order": {"status_id": 2}}]),
    "reposted_in_dollars": lambda draw: edited(draw, "reverse_and_repost", PIECE, currency="USD"),
    "cost_objects": lambda draw: pieces(draw, changes=COST_OBJECTS, life=[PIECE, CANCEL]),
    "summed": lambda draw: {
        "lines": [
            {"price": f"{draw.randint(300, 9999) / 100:.2f}", "product": product, "rate": rate}
            for product, rate in ((111, "19"), (111, "19"), (112, "7"), (112, "7"), (112, "19"))
        ],
        "options": ("sum_lines = true",),
        "life": [{"refund": {"items": [{"product": 61}, {"product": 62}]}}, CANCEL],
    },
    "very_long_summed": lambda draw: very_long(draw, options=("sum_lines = true",)),
    "very_long_paid_by_gift_certificate": lambda draw: {"lines": [{"price": "1.19", "times": 1001}], "gift": "1185.00"},
    "very_long_cancelled": lambda draw: very_long(draw, life=[CANCEL]),
    "very_long_refunded": lambda draw: very_long(
        draw, life=[{"refund": {"items": [{"product": 61 + line} for line in range(1001)]}}]
    ),
    "very_long_deferred": lambda draw: very_long(draw, options=DEFERRED, life=[{"order": {"status_id": 10}}]),
}
"""Carts by what they are for."""


def very_long(draw: Draw, **more: Any) -> Cart:
    """Draw an order of more lines than a document has items."""
    return {
        "lines": [
            {"price": f"{draw.randint(100, 900) / 100:.2f}", "product": product, "rate": rate}
            for product, rate in ((draw.choice((111, 112)), draw.choice(("19", "7"))) for _ in range(1001))
        ]
    } | more
