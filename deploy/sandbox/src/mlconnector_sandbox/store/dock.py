"""What leaves the store: shipments are made, corrected and deleted, and fire what BigCommerce would fire."""

from collections.abc import Sequence

from .callbacks import Callbacks
from .events import shipment_data
from .record import OrderRecord
from .shipments import (
    ShipmentError,
    ShippedItem,
    Tracking,
    build_shipment,
    consignments_of,
    with_shipment,
    without,
)
from .shop import Shop
from .state import StoreState
from .wire import Json

__all__ = ["Dock"]


class Dock:
    """Ships orders."""

    def __init__(self, state: StoreState, callbacks: Callbacks, shop: Shop) -> None:
        self._state = state
        self._callbacks = callbacks
        self._shop = shop

    def ship(self, order_id: int, items: Sequence[ShippedItem], tracking: Tracking) -> list[Json]:
        """Ship some or all of what is left of an order, one shipment to each address.

        Raises:
            ShipmentError: Something cannot be shipped, or not so much of it.
        """
        record, now = self._shop.order(order_id), self._state.clock.now()
        made = []
        for address_id, parts in consignments_of(record, items).items():
            shipment = build_shipment(record, self._state.allocate("shipment"), address_id, parts, tracking, now)
            record = with_shipment(record, shipment, now)
            made.append(shipment)
        self._shop.progress(record)
        for shipment in made:
            self._fire("created", order_id, shipment["id"])
        return made

    def correct(self, order_id: int, shipment_id: int, change: Json) -> Json:
        """Change what is said of a shipment.

        Raises:
            ShipmentError: The order has no such shipment.
        """
        record = self._shop.order(order_id)
        shipment = {**_shipment_of(record, shipment_id), **change}
        rows = [shipment if row["id"] == shipment_id else row for row in record.parts["shipments"]]
        self._shop.progress(record.edited({"shipments": rows}))
        self._fire("updated", order_id, shipment_id)
        return shipment

    def delete(self, order_id: int, shipment_id: int) -> Json:
        """Delete a shipment; the order keeps its status.

        Raises:
            ShipmentError: The order has no such shipment.
        """
        record = self._shop.order(order_id)
        shipment = _shipment_of(record, shipment_id)
        self._shop.progress(without(record, shipment))
        self._fire("deleted", order_id, shipment_id)
        return shipment

    def _fire(self, event: str, order_id: int, shipment_id: int) -> None:
        self._callbacks.fire(f"store/shipment/{event}", shipment_data(shipment_id, order_id))


def _shipment_of(record: OrderRecord, shipment_id: int) -> Json:
    shipment = next((row for row in record.parts["shipments"] if row["id"] == shipment_id), None)
    if shipment is None:
        raise ShipmentError(f"order {record.id} has no shipment {shipment_id}")
    return shipment
