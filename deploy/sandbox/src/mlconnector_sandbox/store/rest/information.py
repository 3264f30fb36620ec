"""V2 store, time and tax classes."""

import time
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from ..seed import SEEDED_AT
from ..simulator import Simulator
from .answers import ApiError, json_response, v2_list

__all__ = ["clock", "store", "tax_class", "tax_classes"]


async def clock(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the time."""
    del request, simulator
    return json_response({"time": int(time.time())})


async def store(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer what there is to know about the store."""
    profile, store_hash = simulator.profile, simulator.store_hash
    domain = f"{store_hash}.store.example"
    zone = profile.time_zone
    return json_response(
        {
            "id": store_hash,
            "account_uuid": str(uuid5(NAMESPACE_URL, store_hash)),
            "domain": domain,
            "secure_url": f"https://{domain}",
            "control_panel_base_url": str(request.url.origin()),
            "status": "live",
            "name": profile.name,
            "first_name": "Sandbox",
            "last_name": "Owner",
            "address": "",
            "country": profile.country,
            "country_code": profile.country_code,
            "phone": "",
            "admin_email": f"owner@{domain}",
            "order_email": f"orders@{domain}",
            "favicon_url": "",
            "timezone": {
                "name": zone.name,
                "raw_offset": zone.raw_offset,
                "dst_offset": zone.dst_offset,
                "dst_correction": zone.dst_correction,
                "date_format": {"display": "M jS Y", "export": "M jS Y", "extended_display": "M jS Y @ g:i A"},
            },
            "language": profile.language,
            "currency": profile.currency,
            "currency_symbol": profile.currency_symbol,
            "decimal_separator": profile.decimal_separator,
            "thousands_separator": profile.thousands_separator,
            "decimal_places": profile.decimals,
            "currency_symbol_location": profile.symbol_location,
            "weight_units": "KGS",
            "dimension_units": "Centimeters",
            "dimension_decimal_places": 2,
            "dimension_decimal_token": ".",
            "dimension_thousands_token": ",",
            "plan_name": profile.plan,
            "plan_level": profile.plan,
            "plan_is_trial": False,
            "industry": "",
            "logo": [],
            "is_price_entered_with_tax": profile.prices_include_tax,
            "store_id": simulator.store_id,
            "default_channel_id": 1,
            "default_site_id": 1000,
            "active_comparison_modules": [],
            "features": {
                "stencil_enabled": True,
                "sitewidehttps_enabled": True,
                "facebook_catalog_id": "",
                "checkout_type": "optimized",
                "wishlists_enabled": False,
                "graphql_storefront_api_enabled": True,
                "shopper_consent_tracking_enabled": False,
                "multi_storefront_enabled": False,
                "storefront_limits": {"active": 1, "total_including_inactive": 1},
            },
        }
    )


async def tax_classes(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the tax classes."""
    del request
    return v2_list([_tax_class(entry.id, entry.name) for entry in simulator.profile.tax_classes])


async def tax_class(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one tax class."""
    wanted = int(request.match_info["class_id"])
    entry = next((entry for entry in simulator.profile.tax_classes if entry.id == wanted), None)
    if entry is None:
        raise ApiError(404, "The requested resource was not found.")
    return json_response(_tax_class(entry.id, entry.name))


def _tax_class(number: int, name: str) -> dict[str, str]:
    return {"id": str(number), "name": name, "created_at": SEEDED_AT, "updated_at": SEEDED_AT}
