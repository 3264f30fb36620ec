"""The table of control calls."""

from aiohttp import web

from ..till import Till
from . import callbacks, faults, generation, money, orders, resources, shipping
from .answers import controlled

__all__ = ["CALLS", "add_routes"]

ORDER = "/sandbox/orders/{order_id:[0-9]+}"
REFUND = f"{ORDER}/refunds/{{refund_id:[0-9]+}}"
SHIPMENT = f"{ORDER}/shipments/{{shipment_id:[0-9]+}}"
FAULT = "/sandbox/faults/{fault_id:[0-9]+}"
CALLS = (
    ("GET", "/sandbox", resources.overview),
    ("GET", "/sandbox/orders", orders.list_orders),
    ("POST", "/sandbox/orders", orders.load),
    ("POST", "/sandbox/orders/describe", orders.describe),
    ("POST", "/sandbox/orders/generate", generation.generate),
    ("GET", ORDER, orders.show),
    ("PATCH", ORDER, orders.change),
    ("POST", f"{ORDER}/status", orders.set_status),
    ("POST", f"{ORDER}/cancel", orders.cancel),
    ("POST", f"{ORDER}/archive", orders.archive),
    ("POST", f"{ORDER}/unarchive", orders.unarchive),
    ("POST", f"{ORDER}/edit", orders.edit),
    ("POST", f"{ORDER}/ship", shipping.ship),
    ("PATCH", SHIPMENT, shipping.correct),
    ("DELETE", SHIPMENT, shipping.delete),
    ("POST", f"{ORDER}/refunds", money.refund),
    ("POST", f"{REFUND}/settle", money.settle),
    ("POST", f"{REFUND}/decline", money.decline),
    ("POST", f"{ORDER}/pay", money.moved(Till.pay)),
    ("POST", f"{ORDER}/authorize", money.moved(Till.authorize)),
    ("POST", f"{ORDER}/capture", money.moved(Till.capture)),
    ("POST", f"{ORDER}/void", money.moved(Till.void)),
    ("GET", "/sandbox/behaviour", money.behaviour),
    ("PATCH", "/sandbox/behaviour", money.configure),
    ("GET", "/sandbox/hooks", callbacks.hooks),
    ("GET", "/sandbox/deliveries", callbacks.deliveries),
    ("POST", "/sandbox/deliveries/{delivery_id:[0-9]+}/redeliver", callbacks.redeliver),
    ("GET", "/sandbox/callbacks", callbacks.settings),
    ("PATCH", "/sandbox/callbacks", callbacks.configure),
    ("POST", "/sandbox/events", callbacks.fire),
    ("GET", "/sandbox/faults", faults.list_faults),
    ("POST", "/sandbox/faults", faults.add),
    ("DELETE", "/sandbox/faults", faults.clear),
    ("GET", FAULT, faults.show),
    ("DELETE", FAULT, faults.remove),
    ("GET", f"{FAULT}/wait", faults.wait),
    ("POST", f"{FAULT}/release", faults.release),
    ("GET", "/sandbox/limits", faults.limits),
    ("PUT", "/sandbox/limits", faults.set_limits),
    ("GET", "/sandbox/b2b", faults.edition),
    ("PATCH", "/sandbox/b2b", faults.set_edition),
    ("GET", "/sandbox/accounts", resources.accounts),
    ("POST", "/sandbox/accounts", resources.add_account),
    ("GET", "/sandbox/{kind}", resources.list_resources),
    ("PUT", "/sandbox/{kind}/{key:[0-9]+}", resources.put),
    ("DELETE", "/sandbox/{kind}/{key:[0-9]+}", resources.drop),
)


def add_routes(app: web.Application) -> None:
    """Add all control calls."""
    for method, path, handler in CALLS:
        app.router.add_route(method, path, controlled(handler))
