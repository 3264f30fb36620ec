"""V2 currencies: the store's own, and those it shows or charges besides."""

from collections.abc import Iterator
from decimal import Decimal

from aiohttp import web

from ..money import currency_decimals
from ..profile import StoreProfile
from ..seed import SEEDED_AT
from ..simulator import Simulator
from ..wire import Json
from .answers import ApiError, json_response, v2_list
from .parameters import page_of

__all__ = ["currencies", "currency"]


async def currencies(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of currencies."""
    return v2_list(page_of(request).cut(list(_rows(simulator.profile))))


async def currency(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one currency."""
    wanted = int(request.match_info["currency_id"])
    row = next((row for row in _rows(simulator.profile) if row["id"] == wanted), None)
    if row is None:
        raise ApiError(404, "The requested resource was not found.")
    return json_response(row)


def _rows(profile: StoreProfile) -> Iterator[Json]:
    own = (profile.currency, profile.currency, profile.currency_symbol, Decimal(1), True)
    others = [(entry.code, entry.name, entry.symbol, entry.rate, entry.transactional) for entry in profile.currencies]
    for number, (code, name, symbol, rate, transactional) in enumerate([own, *others], 1):
        yield {
            "id": number,
            "is_default": number == 1,
            "last_updated": SEEDED_AT,
            "country_iso2": profile.country_code if number == 1 else "",
            "default_for_country_codes": [],
            "currency_code": code,
            "currency_exchange_rate": format(rate.quantize(Decimal("1.0000000000")), "f"),
            "auto_update": False,
            "token_location": profile.symbol_location,
            "token": symbol,
            "decimal_token": profile.decimal_separator,
            "thousands_token": profile.thousands_separator,
            "decimal_places": currency_decimals(code),
            "name": name,
            "enabled": True,
            "is_transactional": transactional,
            "use_default_name": False,
        }
