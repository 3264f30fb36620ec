"""The table of REST resources: path, OAuth scope, query parameters, handler."""

from dataclasses import dataclass

from aiohttp import web

from ..simulator import Simulator
from . import (
    catalog,
    certificates,
    channels,
    currencies,
    customers,
    hooks,
    information,
    order_money,
    order_parts,
    orders,
    segments,
)
from .answers import ApiError
from .gate import Handler, gated

__all__ = ["ROUTES", "Route", "add_routes"]

ORDERS = "store_v2_orders_read_only"
ORDERS_WRITE = "store_v2_orders"
PRODUCTS = "store_v2_products_read_only"
CUSTOMERS = "store_v2_customers_read_only"
INFORMATION = "store_v2_information_read_only"
MARKETING = "store_v2_marketing_read_only"
CHANNELS = "store_channel_settings_read_only"
TRANSACTIONS = "store_v2_transactions_read_only"
DEFAULT = ""

PAGING = ("page", "limit")
FIELDS = ("include_fields", "exclude_fields")
FILTERS = (
    *("min_id", "max_id", "min_total", "max_total", "customer_id", "email", "status_id", "cart_id", "payment_method"),
    *("min_date_created", "max_date_created", "min_date_modified", "max_date_modified"),
    *("channel_id", "external_order_id"),
)
INCLUDE = ("include", "consignment_structure")


@dataclass(frozen=True, slots=True)
class Route:
    """One resource: the path as the API documents write it, and what it takes."""

    method: str
    path: str
    scope: str
    handler: Handler
    query: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """Give the path as aiohttp routes it; numbers only, so that `count` is no order."""
        version, _, rest = self.path.removeprefix("/").partition("/")
        return f"/stores/{{store_hash}}/{{version:{version}}}/" + rest.replace("_id}", "_id:[0-9]+}").replace(
            "_uuid}", "_uuid:[0-9a-f-]+}"
        )


ORDER = "/v2/orders/{order_id}"
ROUTES = (
    Route("GET", "/v2/time", DEFAULT, information.clock),
    Route("GET", "/v2/store", INFORMATION, information.store),
    Route("GET", "/v2/tax_classes", INFORMATION, information.tax_classes, PAGING),
    Route("GET", "/v2/tax_classes/{class_id}", INFORMATION, information.tax_class),
    Route("GET", "/v2/currencies", INFORMATION, currencies.currencies, PAGING),
    Route("GET", "/v2/currencies/{currency_id}", INFORMATION, currencies.currency),
    Route("GET", "/v2/orders", ORDERS, orders.list_orders, (*FILTERS, *PAGING, "sort", *INCLUDE)),
    Route("GET", "/v2/orders/count", ORDERS, orders.count, FILTERS),
    Route("GET", ORDER, ORDERS, orders.fetch, INCLUDE),
    Route("PUT", ORDER, ORDERS_WRITE, orders.replace),
    Route("DELETE", ORDER, ORDERS_WRITE, orders.delete),
    Route("GET", f"{ORDER}/products", ORDERS, order_parts.paged("products"), PAGING),
    Route("GET", f"{ORDER}/products/{{row_id}}", ORDERS, order_parts.one_of("products")),
    Route("GET", f"{ORDER}/coupons", ORDERS, order_parts.paged("coupons"), PAGING),
    Route("GET", f"{ORDER}/taxes", ORDERS, order_parts.taxes, (*PAGING, "details")),
    Route("GET", f"{ORDER}/shipping_addresses", ORDERS, order_parts.paged("shipping_addresses"), PAGING),
    Route("GET", f"{ORDER}/shipping_addresses/{{row_id}}", ORDERS, order_parts.one_of("shipping_addresses")),
    # The links in an order lead here; both paths work.
    Route("GET", f"{ORDER}/shippingaddresses", ORDERS, order_parts.paged("shipping_addresses"), PAGING),
    Route("GET", f"{ORDER}/shippingaddresses/{{row_id}}", ORDERS, order_parts.one_of("shipping_addresses")),
    Route("GET", f"{ORDER}/fees", ORDERS, order_parts.fees),
    Route("GET", f"{ORDER}/consignments", ORDERS, order_parts.consignment_object, ("include",)),
    Route("GET", f"{ORDER}/shipments", ORDERS, order_parts.paged("shipments"), PAGING),
    Route("GET", f"{ORDER}/shipments/count", ORDERS, order_parts.shipment_count),
    Route("GET", f"{ORDER}/shipments/{{row_id}}", ORDERS, order_parts.one_of("shipments")),
    Route("GET", f"{ORDER}/messages", ORDERS, order_parts.paged("messages"), PAGING),
    Route("GET", "/v2/order_statuses", ORDERS, orders.statuses),
    Route("GET", "/v2/order_statuses/{status_id}", ORDERS, orders.statuses),
    Route("GET", "/v2/customer_groups", CUSTOMERS, customers.groups, PAGING),
    Route("GET", "/v2/customer_groups/{group_id}", CUSTOMERS, customers.group),
    Route(
        "GET",
        "/v2/gift_certificates",
        MARKETING,
        certificates.several,
        ("min_id", "max_id", "order_id", *certificates.TEXTS, *PAGING),
    ),
    Route("GET", "/v2/gift_certificates/{certificate_id}", MARKETING, certificates.one),
    Route("GET", "/v3/orders/{order_id}/transactions", TRANSACTIONS, order_money.transactions),
    Route(
        "GET",
        "/v3/orders/{order_id}/payment_actions/refunds",
        ORDERS,
        order_money.order_refunds,
        ("transaction_id",),
    ),
    Route(
        "GET",
        "/v3/orders/payment_actions/refunds",
        ORDERS,
        order_money.refunds,
        ("order_id:in", "id:in", "created:min", "created:max", "transaction_id", *PAGING),
    ),
    Route("GET", "/v3/orders/payment_actions/refunds/{refund_id}", ORDERS, order_money.one_refund),
    Route(
        "GET",
        "/v3/catalog/products",
        PRODUCTS,
        catalog.products,
        ("id", "id:in", "categories:in", "brand_id", "sku:in", *FIELDS, *PAGING),
    ),
    Route("GET", "/v3/catalog/products/{product_id}", PRODUCTS, catalog.product, FIELDS),
    Route("GET", "/v3/catalog/variants", PRODUCTS, catalog.variants, ("id", "sku", "product_id:in", *FIELDS, *PAGING)),
    Route(
        "GET",
        "/v3/catalog/trees/categories",
        PRODUCTS,
        catalog.categories,
        ("category_id:in", "category_uuid:in", "parent_id:in", "tree_id:in", "is_visible", *FIELDS, *PAGING),
    ),
    Route("GET", "/v3/catalog/trees", PRODUCTS, catalog.trees),
    Route("GET", "/v3/catalog/trees/{tree_id}/categories", PRODUCTS, catalog.tree_categories),
    Route(
        "GET",
        "/v3/customers",
        CUSTOMERS,
        customers.customers,
        (
            *("id:in", "customer_group_id:in", "email:in", "company:in", "phone:in", "include", "sort", *PAGING),
            *("date_created:min", "date_created:max", "date_modified:min", "date_modified:max"),
        ),
    ),
    Route("GET", "/v3/catalog/brands", PRODUCTS, catalog.brands, ("id:in", *FIELDS, *PAGING)),
    Route("GET", "/v3/segments", CUSTOMERS, segments.segments, ("id:in", *PAGING)),
    Route("GET", "/v3/segments/{segment_uuid}/shopper-profiles", CUSTOMERS, segments.profiles_of_segment, PAGING),
    Route("GET", "/v3/shopper-profiles", CUSTOMERS, segments.profiles, PAGING),
    Route("GET", "/v3/shopper-profiles/{profile_uuid}/segments", CUSTOMERS, segments.segments_of_profile, PAGING),
    Route("GET", "/v3/channels", CHANNELS, channels.channels, ("status:in", "type:in", "platform:in", *PAGING)),
    Route("GET", "/v3/channels/{channel_id}", CHANNELS, channels.channel),
    Route("GET", "/v3/customers/addresses", CUSTOMERS, customers.addresses, ("customer_id:in", "id:in", *PAGING)),
    Route("GET", "/v3/hooks", DEFAULT, hooks.list_hooks, (*PAGING, "is_active", "scope", "destination")),
    Route("POST", "/v3/hooks", DEFAULT, hooks.create),
    Route("GET", "/v3/hooks/admin", DEFAULT, hooks.admin, ("is_active",)),
    Route("PUT", "/v3/hooks/admin", DEFAULT, hooks.update_admin),
    Route("GET", "/v3/hooks/{hook_id}", DEFAULT, hooks.fetch),
    Route("PUT", "/v3/hooks/{hook_id}", DEFAULT, hooks.update),
    Route("DELETE", "/v3/hooks/{hook_id}", DEFAULT, hooks.delete),
)


def _strict(route: Route) -> Handler:
    """Refuse query parameters that the simulator does not serve, so that a misspelt one is not silently ignored."""

    async def answer(request: web.Request, simulator: Simulator) -> web.StreamResponse:
        # Generic clients page every list; one that knows no paging answers the same whatever page is asked for.
        unknown = set(request.query) - set(route.query) - set(PAGING)
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ApiError(400 if route.path.startswith("/v2") else 422, f"Not served by this simulator: {names}")
        return await route.handler(request, simulator)

    return answer


async def _nowhere(request: web.Request, simulator: Simulator) -> web.StreamResponse:
    del request, simulator
    raise ApiError(404, "The requested resource was not found.")


def add_routes(app: web.Application) -> None:
    """Add all resources, and an answer in the right shape for everything else."""
    for route in ROUTES:
        app.router.add_route(route.method, route.pattern, gated(route.scope, _strict(route)))
    app.router.add_route("*", "/stores/{store_hash}/{version:v[23]}/{rest:.*}", gated(DEFAULT, _nowhere))
