"""What the oracle's own store deals in: products, places, amounts, and an order as it is at one moment.

Amounts are whole ten-thousandths of the currency's unit, which is what the store keeps. Beside the documents stands
what really was charged for each part, which the documents tell only between the lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "CATEGORIES",
    "HUNDRED",
    "PLACES",
    "PRODUCTS",
    "SCALE",
    "STEPS",
    "STORES",
    "Document",
    "Given",
    "Part",
    "Stage",
    "address_of",
    "amount_text",
    "costs",
    "placed",
    "rates_of",
    "sub",
    "where",
    "whole",
]

Document = dict[str, Any]

SCALE = 10_000
"""Parts of a currency's unit that the store keeps, and parts of one percent that a rate is counted in."""

HUNDRED = 100 * SCALE

PRODUCTS: dict[int, tuple[tuple[int, ...], str]] = {
    0: ((), ""),
    111: ((21,), "LAMP-1"),
    112: ((22,), "CUP-1"),
    113: ((23,), "ROPE-1"),
    114: ((40,), "BOOK-1"),
    115: ((21,), "GIFT-BOX"),
    116: ((), "FILE-1"),
}
"""Categories and SKU by product id; 0 is a line without a product."""

CATEGORIES = {20: 0, 21: 20, 22: 0, 23: 20, 40: 0}
"""The parent of each category, 0 at the top."""

PLACES = {
    "DE": ("Hamburg", "Hamburg", "20457"),
    "FR": ("Lyon", "Rhone", "69001"),
    "NL": ("Utrecht", "Utrecht", "3511"),
    "AT": ("Graz", "Steiermark", "8010"),
    "CH": ("Basel", "Basel-Stadt", "4051"),
    "US": ("Austin", "Texas", "73301"),
    "JP": ("Osaka", "Osaka", "530-0001"),
    "KW": ("Kuwait City", "Al Asimah", "13001"),
}

STORES = {"eu": (1, "EUR"), "us": (2, "USD"), "jp": (3, "JPY"), "kw": (4, "KWD"), "ny": (5, "USD")}
"""Channel and currency by kind of store."""

STEPS = {"JPY": SCALE, "KWD": 10}
"""The currency's smallest unit where it is no hundredth."""


@dataclass(frozen=True)
class Part:
    """Something a cart costs.

    Attributes:
        key: kind and the store's id of it.
        facts: what a mapping may select on.
        rate: in ten-thousandths of a percent.
        entered, left: before and after discounts, as the store's prices are entered.
        gross, tax: what was charged.
    """

    key: tuple[str, int]
    facts: Mapping[str, Any]
    rate: int
    entered: int
    left: int
    gross: int
    tax: int
    quantity: int = 0


@dataclass(frozen=True)
class Given:
    """What a refund gives back of a part; of the whole order where there is no part."""

    part: tuple[str, int] | None
    gross: int
    tax: int = 0
    quantity: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Stage:
    """An order as the store shows it at one moment.

    Attributes:
        documents: the REST answers, by what they are of.
        parts: what was charged for it.
        given: what each refund gives back.
        total: `before` where the order's total is that before gift certificates and store credit, else `after`.
        changes: texts of the mapping that are others by now.
        choices: what a person chooses wherever it is offered.
        closed: months whose posting period is closed, as `202603`.
        cleared: whether somebody has cleared the invoice's receivable.
        remaps: how often people have asked that it be mapped anew.
        adopted: whether the relay knows of its invoice only by what stands in SAP.
    """

    documents: Document
    parts: tuple[Part, ...]
    given: Mapping[int, tuple[Given, ...]] = field(default_factory=dict)
    total: str = "before"
    changes: tuple[tuple[str, str], ...] = ()
    choices: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()
    cleared: bool = False
    remaps: int = 0
    adopted: bool = False


def sub(amount: str) -> int:
    """Read an amount, or a rate."""
    units, _, rest = amount.removeprefix("-").partition(".")
    value = int(units) * SCALE + int(rest.ljust(4, "0"))
    return -value if amount.startswith("-") else value


def amount_text(value: int) -> str:
    """Write an amount as the store does."""
    return f"{'-' if value < 0 else ''}{abs(value) // SCALE}.{abs(value) % SCALE:04}"


def whole(numerator: int, denominator: int, step: int = 1) -> int:
    """Divide, and round half up to a multiple of the step."""
    return (2 * numerator + denominator * step) // (2 * denominator * step) * step


def placed(cart: Document) -> datetime:
    """Return when a cart was ordered."""
    return datetime.fromisoformat(cart.get("placed", "2026-03-04T23:30:00")).replace(tzinfo=UTC)


def rates_of(priced: Document) -> list[int]:
    rate = priced.get("rate", "19")
    return [sub(one) for one in ([rate] if isinstance(rate, str) else rate)]


def where(place: str) -> tuple[str, str]:
    country, _, region = place.partition("/")
    return country, region or PLACES[country][1]


def address_of(place: str, company: str) -> Document:
    country, region = where(place)
    return {
        "first_name": "Ida",
        "last_name": "Sommer",
        "company": company,
        "street_1": "Elbgasse 3",
        "city": PLACES[country][0],
        "state": region,
        "zip": PLACES[country][2],
        "country_iso2": country,
        "email": "ida@example.org",
    }


def costs(name: str, figures: tuple[int, ...]) -> Document:
    return {f"{name}_{kind}": amount_text(figures[place]) for place, kind in enumerate(("ex_tax", "inc_tax", "tax"))}
