"""Carts and lives in which anything may meet anything: what no recipe thought of."""

import random
from typing import Any

__all__ = ["anything"]

Cart = dict[str, Any]
Draw = random.Random

SHELF = (
    'restocked = { gl_account = "800010", cost_center = "4200" }',
    'not_restocked = { gl_account = "800020", cost_center = "4200" }',
)
CHOICES = (
    ('discounts = "own_account"',),
    ('tenders = "own_document"',),
    ('on_edit = "supplement"', 'on_edit = "reverse_and_repost"'),
    ('credit_memo_rate = "original"',),
)
CHANGE = {"mapping": ['gl_account = "800000"', 'gl_account = "800300"']}
CANCEL = {"order": {"status_id": 5}}


def anything(draw: Draw) -> Cart:
    """Draw an order of anything, and a life of refunds or edits, a changed mapping, a cancellation."""
    cart = _cart(draw)
    options = [draw.choice(choice) for choice in CHOICES if draw.random() < 1 / 3]
    shelf = not any("own_account" in option for option in options) and draw.random() < 1 / 3
    life = _refunds(draw, cart) if draw.random() < 2 / 3 else _edits(draw, cart)
    if draw.random() < 1 / 3:
        life.insert(draw.randint(0, len(life)), CHANGE)
    if draw.random() < 1 / 3:
        life.append(CANCEL)
    return cart | {"options": (*options, *(SHELF if shelf else ())), "life": life}


def _cart(draw: Draw) -> Cart:
    cart: Cart = {"lines": [_line(draw) for _ in range(draw.randint(1, 4))]}
    for name in ("shipping", "handling", "fees"):
        if draw.random() < 1 / 2:
            cart[name] = [
                {"price": _money(draw, 100, 900), "rate": draw.choice(("19", "7") if name == "shipping" else ("19",))}
            ]
    for name, most in (("off", 150), ("gift", 90), ("credit", 90)):
        if draw.random() < 1 / 3:
            cart[name] = _money(draw, 10, most)
    return cart | {"total": draw.choice(("before", "after")), "guest": "credit" not in cart}


def _line(draw: Draw) -> Cart:
    line = {
        "price": _money(draw, 250, 9999),
        "qty": draw.randint(1, 4),
        "rate": draw.choice(("19", "19", "7", "0")),
        "product": draw.choice((111, 112, 113, 114, 115)),
    }
    extra = {"wrapping": _money(draw, 100, 300), "off": _money(draw, 2, 100), "shipped": 1}
    return line | {name: value for name, value in extra.items() if draw.random() < 1 / 5}


def _refunds(draw: Draw, cart: Cart) -> list[Cart]:
    """Give back up to three times whatever is left."""
    left = {61 + place: line["qty"] for place, line in enumerate(cart["lines"])}
    charges = [("wrapping", 61 + place) for place, line in enumerate(cart["lines"]) if "wrapping" in line]
    charges += [(kind, source) for name, kind, source in CHARGES if name in cart]
    life = []
    for _ in range(draw.randint(0, 3)):
        items: list[Cart] = []
        for key in [key for key, pieces in left.items() if pieces and draw.random() < 1 / 2]:
            pieces = draw.randint(1, left[key])
            left[key] -= pieces
            items.append({"product": key, "qty": pieces})
        for charge in [one for one in charges if draw.random() < 1 / 3]:
            charges.remove(charge)
            items.append({charge[0]: charge[1]})
        if items:
            says, to = draw.choice(("gross", "net", "nothing")), draw.choice(("custom", "storecredit"))
            life.append({"refund": {"items": items, "says": says, "to": to}})
    return life


CHARGES = (("shipping", "freight", 51), ("handling", "handling", 51), ("fees", "fee", 1))


def _edits(draw: Draw, cart: Cart) -> list[Cart]:
    """Edit up to twice: other lines, other quantities, another discount."""
    life: list[Cart] = []
    for _ in range(draw.randint(0, 2)):
        kept = [line | {"qty": draw.randint(1, 4)} for line in cart["lines"]]
        changes: Cart = {"lines": [*kept, _line(draw)] if draw.random() < 1 / 2 else kept}
        if draw.random() < 1 / 3:
            changes["off"] = _money(draw, 10, 150)
        life.append({"edit": changes})
    return life


def _money(draw: Draw, low: int, high: int) -> str:
    cents = draw.randint(low, high)
    return f"{cents // 100}.{cents % 100:02}"
