"""What happens in a store: orders are placed, edited, moved on, cancelled, archived; events follow."""

from collections.abc import Iterable

import msgspec

from .callbacks import Callbacks
from .description import OrderDescription
from .documents import Surroundings, build_document
from .edits import OrderEdit, revised
from .events import order_data, status_data, transaction_data
from .purse import Purse
from .record import OrderRecord
from .state import StoreState
from .statuses import STATUSES
from .wire import Json, rfc2822

__all__ = ["EVENTS_OF_CHECKOUT", "OrderExistsError", "Shop", "UnknownOrderError"]

# A checkout creates the order as Incomplete and moves it on at once; several events tell of the one action.
EVENTS_OF_CHECKOUT = ("created", "statusUpdated", "updated")
CANCELLED = 5


class UnknownOrderError(LookupError):
    """There is no order of that number."""


class OrderExistsError(ValueError):
    """There is an order of that number already."""


class Shop:
    """Changes orders and fires what BigCommerce would fire."""

    def __init__(self, state: StoreState, callbacks: Callbacks, purse: Purse) -> None:
        self._purse = purse
        self._state = state
        self._callbacks = callbacks

    def order(self, order_id: int) -> OrderRecord:
        """Give an order.

        Raises:
            UnknownOrderError: There is none of that number.
        """
        record = self._state.order(order_id)
        if record is None:
            raise UnknownOrderError(f"there is no order {order_id}")
        return record

    def describe(self, description: OrderDescription) -> Json:
        """Turn a description into a document, with the customer's address where it gives none."""
        return build_document(description, self.surroundings(description.customer_id))

    def surroundings(self, customer_id: int) -> Surroundings:
        """Give what descriptions of a customer's orders are completed from."""
        resources = self._state.resources
        return Surroundings(
            profile=self._state.profile,
            products=resources["products"],
            billing=self._billing(customer_id),
            allocate=self._state.allocate,
            now=self._state.clock.now(),
            customer=resources["customers"].get(customer_id),
            company_id=next(
                (key for key, row in resources["companies"].items() if customer_id in row["customer_ids"]), None
            ),
            brands=resources["brands"],
            certificates=resources["gift_certificates"],
        )

    def place(self, document: Json, events: Iterable[str] = EVENTS_OF_CHECKOUT) -> OrderRecord:
        """Take in an order document as it stands; a number and dates are given to one without.

        Raises:
            OrderExistsError: The number is taken.
        """
        now = rfc2822(self._state.clock.now())
        document = {"id": document.get("id") or self._state.allocate("order"), **document}
        document.setdefault("date_created", now)
        document.setdefault("date_modified", now)
        record = OrderRecord.from_document(document)
        if self._state.order(record.id) is not None:
            raise OrderExistsError(f"there is an order {record.id} already")
        self._state.put_order(record)
        if record.description is not None:
            self._purse.checked_out(record)
        self._fire(record.id, events, 0, record.status_id)
        if "created" in events:
            for row in record.parts["transactions"]:
                self._callbacks.fire("store/order/transaction/created", transaction_data(row))
        return record

    def edit(self, order_id: int, change: Json, *, quiet: bool = False) -> OrderRecord:
        """Replace fields or sub-resources of an order; `date_modified` moves unless the change sets it."""
        dated = {"date_modified": rfc2822(self._state.clock.now()), **change, "id": order_id}
        return self.keep(self.order(order_id).edited(dated), quiet=quiet)

    def keep(self, record: OrderRecord, *, quiet: bool = False) -> OrderRecord:
        """Put a changed order in the place of its last version; another status has its label and its event."""
        before = self.order(record.id)
        moved = record.status_id != before.status_id
        if moved and record.status_id in STATUSES:
            label = STATUSES[record.status_id].name
            record = record.edited({"status": label, "custom_status": label})
        self._state.put_order(record)
        if not quiet:
            events = ("statusUpdated", "updated") if moved else ("updated",)
            self._fire(record.id, events, before.status_id, record.status_id)
        return record

    def progress(self, record: OrderRecord) -> OrderRecord:
        """Put in an order that something beside it has changed: a refund, a transaction, a shipment.

        Whether that alone moves the date and is told of is a switch; a change of status always does.
        """
        moved = record.status_id != self.order(record.id).status_id
        told = moved or self._state.behaviour.date_modified == "every_change"
        if told:
            record = record.edited({"date_modified": rfc2822(self._state.clock.now())})
        return self.keep(record, quiet=not told)

    def revise(self, order_id: int, edit: OrderEdit) -> OrderRecord:
        """Edit an order as a merchant does: lines, fees, addresses; totals and taxes are computed again.

        Raises:
            DescriptionError: The edit does not fit the order.
        """
        record = self.order(order_id)
        around = self.surroundings(int(record.order.get("customer_id") or 0))
        record = revised(record, edit, self._state.behaviour, around)
        return self.keep(record.edited({"date_modified": rfc2822(self._state.clock.now())}))

    def set_status(self, order_id: int, status_id: int) -> OrderRecord:
        """Move an order to another status."""
        return self.edit(order_id, {"status_id": status_id})

    def cancel(self, order_id: int) -> OrderRecord:
        """Cancel an order."""
        return self.set_status(order_id, CANCELLED)

    def archive(self, order_id: int) -> OrderRecord:
        """Archive an order, which is what deleting one does."""
        record = self.edit(order_id, {"is_deleted": True}, quiet=True)
        self._fire(order_id, ("archived", "updated"), record.status_id, record.status_id)
        return record

    def unarchive(self, order_id: int) -> OrderRecord:
        """Bring an archived order back."""
        return self.edit(order_id, {"is_deleted": False})

    def _billing(self, customer_id: int) -> Json:
        customer = self._state.resources["customers"].get(customer_id)
        people = self._state.profile.people
        if customer is None or not customer.get("addresses"):
            guest: Json = msgspec.to_builtins(next((person for person in people if person.guest), people[0]))
            return guest
        address = customer["addresses"][0]
        return {
            **address,
            "street_1": address["address1"],
            "street_2": address.get("address2", ""),
            "state": address["state_or_province"],
            "zip": address["postal_code"],
            "country_iso2": address["country_code"],
            "email": customer["email"],
        }

    def _fire(self, order_id: int, events: Iterable[str], previous: int, status_id: int) -> None:
        for event in events:
            moved = event == "statusUpdated"
            if moved and previous == status_id:
                continue
            data = status_data(order_id, previous, status_id) if moved else order_data(order_id)
            self._callbacks.fire(f"store/order/{event}", data)
