"""What becomes of orders after they are placed: lives, made of steps a merchant or gateway takes."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .description import DescriptionError, Fee
from .dock import Dock
from .edits import LineChange, OrderEdit
from .record import OrderRecord
from .refundable import RefundError
from .refunds import RefundItem, RefundWish
from .shipments import ShipmentError, ShippedItem, Tracking
from .shop import Shop
from .till import Payment, Till, TillError
from .wire import Json

__all__ = ["LIVES", "Hands", "Step", "life_of"]

COMPLETED = 10
REFUSALS = (DescriptionError, RefundError, ShipmentError, TillError)


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to an order, so many hours after the step before."""

    does: str
    least: int
    most: int


class Hands:
    """Those who act on orders; what the store refuses is left undone."""

    def __init__(self, shop: Shop, till: Till, dock: Dock, chance: random.Random) -> None:
        self._shop = shop
        self._till = till
        self._dock = dock
        self._random = chance

    def take(self, order_id: int, step: Step) -> bool:
        """Take a step; tell whether the store had it done."""
        try:
            STEPS[step.does](self, self._shop.order(order_id))
        except REFUSALS:
            return False
        return True

    # --- money ---------------------------------------------------------------------------------------------------

    def pay(self, order: OrderRecord) -> None:
        """Take the money."""
        self._till.pay(order.id, Payment())

    def capture(self, order: OrderRecord) -> None:
        """Take the money that is held."""
        self._till.capture(order.id, Payment())

    def void(self, order: OrderRecord) -> None:
        """Let the money go that is held."""
        self._till.void(order.id, Payment())

    def refund(self, order: OrderRecord) -> None:
        """Give everything back."""
        self._till.refund(order.id, RefundWish(reason="Returned."))

    def refund_unit(self, order: OrderRecord) -> None:
        """Give a unit of some line back."""
        self._of_lines(order, RefundWish(reason="One was broken."))

    def refund_to_credit(self, order: OrderRecord) -> None:
        """Give a unit of some line back as store credit."""
        self._of_lines(order, RefundWish(reason="Exchange.", provider_id="storecredit"))

    def _of_lines(self, order: OrderRecord, wish: RefundWish) -> None:
        row = self._random.choice(order.parts["products"])
        item = RefundItem("PRODUCT", row["id"], 1)
        wish = RefundWish((item,), reason=wish.reason, provider_id=wish.provider_id)
        self._till.refund(order.id, wish)

    def refund_shipping(self, order: OrderRecord) -> None:
        """Give the carriage back."""
        items = tuple(RefundItem("SHIPPING", row["id"]) for row in order.parts["shipping_addresses"])
        if items:
            self._till.refund(order.id, RefundWish(items, reason="Late."))

    def goodwill(self, order: OrderRecord) -> None:
        """Give a tenth back, on the order as a whole and without tax."""
        amount = (order.charged / 10).quantize(Decimal(1))
        self._till.refund(order.id, RefundWish((RefundItem("ORDER", order.id, amount=amount),), reason="Sorry."))

    def settle(self, order: OrderRecord) -> None:
        """Let the last refund reach the customer."""
        self._till.settle(order.id, _last_refund(order))

    def decline(self, order: OrderRecord) -> None:
        """Let the last refund come back."""
        self._till.decline(order.id, _last_refund(order), None, "The card is closed.")

    # --- goods and the order itself -------------------------------------------------------------------------------

    def ship(self, order: OrderRecord) -> None:
        """Send all that is left."""
        self._dock.ship(order.id, (), self._tracking())

    def ship_some(self, order: OrderRecord) -> None:
        """Send a unit of the first line."""
        row = order.parts["products"][0]
        self._dock.ship(order.id, [ShippedItem(row["id"], 1)], self._tracking())

    def unship(self, order: OrderRecord) -> None:
        """Delete the last shipment."""
        if order.parts["shipments"]:
            self._dock.delete(order.id, order.parts["shipments"][-1]["id"])

    def complete(self, order: OrderRecord) -> None:
        """Close the order."""
        self._shop.set_status(order.id, COMPLETED)

    def cancel(self, order: OrderRecord) -> None:
        """Call the order off."""
        self._shop.cancel(order.id)

    def archive(self, order: OrderRecord) -> None:
        """Put the order away."""
        self._shop.archive(order.id)

    def more(self, order: OrderRecord) -> None:
        """Add one to the first line."""
        row = order.parts["products"][0]
        self._shop.revise(order.id, OrderEdit(change_lines=(LineChange(row["id"], int(row["quantity"]) + 1),)))

    def fewer(self, order: OrderRecord) -> None:
        """Take the last line out."""
        self._shop.revise(order.id, OrderEdit(remove_lines=(order.parts["products"][-1]["id"],)))

    def surcharge(self, order: OrderRecord) -> None:
        """Add a fee."""
        amount = max(order.charged / 50, Decimal(1)).quantize(Decimal(1))
        self._shop.revise(order.id, OrderEdit(add_fees=(Fee(amount, "Surcharge"),)))

    def _tracking(self) -> Tracking:
        return Tracking(f"SB{self._random.randrange(10**9):09d}", "dhl")


def _last_refund(order: OrderRecord) -> int:
    refunds: list[Json] = order.parts["refunds"]
    if not refunds:
        raise TillError(f"order {order.id} has no refund")
    return int(refunds[-1]["id"])


STEPS: dict[str, Callable[[Hands, OrderRecord], None]] = {
    name: step for name, step in vars(Hands).items() if callable(step) and not name.startswith("_") and name != "take"
}

SHIP, SETTLE = Step("ship", 12, 72), Step("settle", 1, 30)
LIVES: dict[str, tuple[Step, ...]] = {
    "untouched": (),
    "shipped": (SHIP,),
    "completed": (SHIP, Step("complete", 48, 120), Step("archive", 100, 300)),
    "in-parts": (Step("ship_some", 12, 24), Step("ship", 24, 96)),
    "sent-back": (SHIP, Step("unship", 1, 5), Step("ship", 24, 48)),
    "cancelled": (Step("cancel", 1, 12), Step("refund", 0, 1), SETTLE),
    "cancelled-unpaid": (Step("cancel", 1, 12),),
    "returned": (SHIP, Step("refund", 100, 240), SETTLE),
    "returned-in-part": (SHIP, Step("refund_unit", 48, 240), SETTLE, Step("refund_unit", 24, 96), SETTLE),
    "exchanged": (SHIP, Step("refund_to_credit", 48, 240)),
    "late": (SHIP, Step("refund_shipping", 24, 96), SETTLE),
    "complained": (SHIP, Step("goodwill", 24, 96), SETTLE),
    "bounced": (
        SHIP,
        Step("refund_unit", 48, 96),
        SETTLE,
        Step("decline", 24, 96),
        Step("refund_unit", 24, 48),
        SETTLE,
    ),
    "stuck": (SHIP, Step("refund", 48, 96)),
    "grown": (Step("more", 1, 12), SHIP),
    "shrunk": (Step("fewer", 1, 12), Step("refund_unit", 1, 2), SETTLE, SHIP),
    "surcharged": (Step("surcharge", 1, 12), SHIP),
}
HELD: dict[str, tuple[Step, ...]] = {
    "captured": (Step("capture", 12, 48), Step("ship", 1, 12)),
    "let-go": (Step("void", 12, 48), Step("cancel", 0, 1)),
}
UNPAID: dict[str, tuple[Step, ...]] = {
    "paid-late": (Step("pay", 24, 144), SHIP),
    "never-paid": (Step("cancel", 100, 240),),
}
UNFINISHED: dict[str, tuple[Step, ...]] = {"abandoned": (), "finished-late": (Step("pay", 1, 3), SHIP)}
LATER = ("pending", "")


def life_of(order: OrderRecord, chance: random.Random) -> tuple[str, tuple[Step, ...]]:
    """Draw a life that fits how an order was left by its checkout."""
    payment = str(order.order.get("payment_status", ""))
    lives = LIVES
    if order.status_id == 0:
        lives = UNFINISHED
    elif payment == "authorized":
        lives = HELD
    elif payment in LATER:
        lives = UNPAID
    name = chance.choice(sorted(lives))
    return name, lives[name]
