"""Carts as hypothesis draws them: descriptions of orders that the store simulator prices by its own arithmetic.

Amounts are drawn as whole ten-thousandths, the finest that BigCommerce writes, whatever the currency has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import strategies as st

__all__ = ["MARKETS", "Cart", "Market", "carts", "money"]

Amounts = Callable[[int], st.SearchStrategy[str]]


@dataclass(frozen=True)
class Market:
    """A simulated store, a currency it charges, and what the books know of both.

    Attributes:
        profile: the simulator's.
        places: decimals of the currency by ISO 4217.
        classes: tax classes a line may have.
        addresses: where an order may go; their taxes are the profile's.
        codes: tax code in the books by percent charged.
        factor: what a price of one euro is here.
        is_own: whether the currency is the store's own; store credit is in no other.
    """

    profile: str
    currency: str
    places: int
    company_code: str
    classes: tuple[int, ...]
    addresses: tuple[tuple[str, str], ...]
    codes: dict[str, str]
    factor: int = 1
    is_own: bool = True

    @property
    def step(self) -> int:
        """Return the currency's smallest unit in ten-thousandths."""
        return int(10 ** (4 - self.places))


_GERMAN = {"0": "A0", "7": "A2", "19": "A1"}
_DE = (("DE", "Hamburg"),)

MARKETS = (
    Market("eu", "EUR", 2, "1000", (0, 0, 4, 1), _DE, _GERMAN),
    Market("eu", "JPY", 0, "1000", (0, 0, 4, 1), _DE, _GERMAN, 160, is_own=False),
    Market("eu", "KWD", 3, "1000", (0, 0, 4, 1), _DE, _GERMAN, is_own=False),
    Market("us", "USD", 2, "2000", (0, 0, 1), (("US", "Texas"), ("US", "Oregon")), {"0": "O0", "8.25": "O1"}),
    Market("jp", "JPY", 0, "3000", (0, 0, 4, 1), (("JP", "Tokyo"),), {"0": "J0", "8": "J2", "10": "J1"}, 160),
    Market("kw", "KWD", 3, "4000", (0, 1), (("KW", "Hawalli"),), {"0": "K0"}),
)

_COMPANY = """
[[company_codes]]
company_code = "{code}"
timezone = "UTC"
one_time_customer = "{customer}"
rounding_limit = "0"
discounts = "{discounts}"
freight = {{ gl_account = "808000", cost_center = "{center}" }}
handling = {{ gl_account = "808100", cost_center = "{center}" }}
wrapping = {{ gl_account = "808100", cost_center = "{center}" }}
fee = {{ gl_account = "808100", cost_center = "{center}" }}
gift_certificate = {{ gl_account = "176500", cost_center = "" }}
store_credit = {{ gl_account = "176600", cost_center = "" }}
discount = {{ gl_account = "888000", cost_center = "{center}" }}
"""
_TAX = """
[tax_codes.{code}]
rate = {rate}
condition_key = "{condition}"
account_key = "MWS"

[[taxes]]
countries = ["{country}"]
rate = {rate}
tax_code = "{code}"
{reason}
"""


def mapping_of(market: Market, discounts: str) -> str:
    """Write the mapping of a market: accounts by category, tax codes by rate."""
    [(country, _), *_] = market.addresses
    number = int(market.company_code[0])
    center = f"{number + 3}900"
    text = 'name = "carts"\n' + _COMPANY.format(
        code=market.company_code, customer=f"9900{number - 1}", center=center, discounts=discounts
    )
    for more, account in (("", "800900"), ("categories = [21]", "800000")):
        text += f'\n[[accounts]]\n{more}\ngl_account = "{account}"\ncost_center = "{center}"\n'
    for rate, code in market.codes.items():
        reason = 'reason = "zero_rated"' if rate == "0" else ""
        condition = "UTXJ" if country == "US" else "MWAS"
        text += _TAX.format(code=code, rate=rate, country=country, condition=condition, reason=reason)
    return text


@dataclass(frozen=True)
class Cart:
    """An order to be placed.

    Attributes:
        market: where.
        description: for the store simulator, without what pays it.
        credit, certificate: in hundredths of the order's total, what store credit and a gift certificate pay of it.
        reduced: whether the store shows the total less both.
        mapping: the relay's.
    """

    market: Market
    description: dict[str, Any]
    credit: int
    certificate: int
    reduced: bool
    mapping: str


def money(ten_thousandths: int) -> str:
    """Write an amount."""
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}"


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Draw a cart."""
    market = draw(st.sampled_from(MARKETS))
    amount = partial(_amounts, market, draw(st.sampled_from([1, market.step])))
    where = _address(draw(st.sampled_from(market.addresses)))
    places = [
        {"address": where, "shipping": draw(amount(40)), "handling": draw(st.just("0") | amount(9))}
        for _ in range(draw(st.sampled_from([1, 1, 1, 2])))
    ]
    description = {
        "lines": draw(st.lists(_lines(market, amount, len(places)), min_size=1, max_size=5)),
        "billing": where,
        "destinations": places,
        "discount": draw(st.just("0") | amount(60)),
        "coupons": draw(st.lists(_coupons(amount), max_size=2, unique_by=lambda coupon: str(coupon["code"]))),
        "fees": draw(st.lists(_fees(market, amount), max_size=2)),
        "currency": market.currency,
        "customer_id": 1,
        "tax_exempt": False,
        "prices_include_tax": draw(st.booleans()),
        "rounding": draw(st.sampled_from(["RATE_ROUNDING", "NO_ROUNDING"])),
        "estimate": draw(st.sampled_from(["charged", "undiscounted"])),
        "fee_place": draw(st.sampled_from(["total", "subtotal"])),
        "shipping_coupon": draw(st.sampled_from(["shipping", "coupon"])),
    }
    share = st.sampled_from([0, 0, 0, 10, 33, 50, 100])
    credit = draw(share) if market.is_own else 0
    certificate = min(draw(share), 100 - credit)
    discounts = draw(st.sampled_from(["netted", "own_account"]))
    return Cart(market, description, credit, certificate, draw(st.booleans()), mapping_of(market, discounts))


def _amounts(market: Market, grain: int, most: int) -> st.SearchStrategy[str]:
    """Draw amounts of up to so many euros' worth, in steps of so many ten-thousandths."""
    return st.integers(0, most * market.factor * 10_000 // grain).map(lambda steps: money(steps * grain))


def _lines(market: Market, amount: Amounts, places: int) -> st.SearchStrategy[dict[str, Any]]:
    common = {
        "name": st.just("Thing"),
        "price": amount(300),
        "quantity": st.integers(1, 30),
        "destination": st.integers(0, places - 1),
    }
    sold = {
        "product_id": st.sampled_from([0, 0, 111, 112, 121]),
        "tax_class_id": st.sampled_from(market.classes),
        "type": st.sampled_from(["physical", "physical", "digital"]),
        "discounts": st.lists(st.fixed_dictionaries({"amount": amount(30)}), max_size=2),
        "wrapping": st.just("0") | amount(5),
        "discountable": st.sampled_from([True, True, True, False]),
    }
    certificate = {"type": st.just("giftcertificate"), "discountable": st.just(False)}
    things = st.fixed_dictionaries(common | sold)
    return st.one_of(things, things, things, st.fixed_dictionaries(common | certificate))


def _coupons(amount: Amounts) -> st.SearchStrategy[dict[str, Any]]:
    code = st.sampled_from(["SPRING", "FRIEND", "VIP"])
    kinds = st.sampled_from(["per_item", "per_total", "shipping", "promotion"])
    percent = st.integers(1, 10_000).map(lambda part: money(part * 100))
    return st.one_of(
        st.fixed_dictionaries({"code": code, "type": kinds, "amount": amount(25)}),
        st.fixed_dictionaries({"code": code, "type": st.just("percentage"), "amount": percent}),
        st.fixed_dictionaries({"code": code, "type": st.just("free_shipping")}),
    )


def _fees(market: Market, amount: Amounts) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"amount": amount(20), "tax_class_id": st.sampled_from(market.classes)})


def _address(where: tuple[str, str]) -> dict[str, str]:
    return {"country_iso2": where[0], "country": where[0], "state": where[1], "city": "Town", "zip": "20457"}
