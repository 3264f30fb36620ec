"""What happens to an order's money after checkout: captured, let go, refunded; refunds settle or are declined."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

import msgspec

from .callbacks import Callbacks
from .events import refund_data, transaction_data
from .payments import Movement, open_authorization, payment_status, transaction_row, unpaid
from .purse import Purse
from .record import OrderRecord
from .refund_payments import declined, is_online, is_pending, settled
from .refund_totals import unwritten, written
from .refundable import grain_of, left_of_order
from .refunds import RefundWish, build_refund
from .shop import Shop
from .state import StoreState
from .wire import Json

__all__ = ["Payment", "Till", "TillError"]

REFUNDED, PARTIALLY_REFUNDED, COMPLETED, AWAITING_FULFILLMENT = 4, 14, 10, 11
BEFORE_PAYMENT = (0, 1, 7)


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A movement of money; what is left out follows from the order.

    Attributes:
        declined: the gateway refuses; the transaction has the status `error`.
        pending: the gateway is asked and has not answered: no transaction yet (capture and void only).
    """

    amount: Decimal | None = None
    provider_id: str | None = None
    currency: str | None = None
    test: bool = False
    declined: bool = False
    pending: bool = False


class TillError(ValueError):
    """The movement of money is not possible; the message says why."""


class Till:
    """Moves the money of orders, and fires what BigCommerce would fire."""

    def __init__(self, state: StoreState, callbacks: Callbacks, shop: Shop, purse: Purse) -> None:
        self._purse = purse
        self._state = state
        self._callbacks = callbacks
        self._shop = shop

    # --- refunds -------------------------------------------------------------------------------------------------

    def refund(self, order_id: int, wish: RefundWish) -> Json:
        """Record a refund; what no gateway has to carry out counts at once.

        Raises:
            RefundError: More would be given back than is left.
        """
        behaviour, now = self._state.behaviour, self._state.clock.now()
        record = self._shop.order(order_id)
        refund, entry = build_refund(record, wish, behaviour, now, self._state.allocate)
        rows = []
        for index, payment in enumerate(refund["payments"]):
            if not is_online(payment) and behaviour.refund_transactions == "all" and not payment["is_declined"]:
                row = self._refund_transaction(record, payment)
                rows.append(row)
                refund["payments"][index] = settled(payment, row["id"])
        record = record.edited(
            {
                "refunds": [*record.parts["refunds"], refund],
                "refund_book": [*record.parts["refund_book"], entry],
                "transactions": [*record.parts["transactions"], *rows],
            }
        )
        record = written(record, refund, entry)
        if behaviour.refund_status == "follow":
            left = left_of_order(record, grain_of(record, behaviour)).gross
            record = record.edited({"status_id": PARTIALLY_REFUNDED if left > 0 else REFUNDED})
        self._callbacks.fire("store/order/refund/created", refund_data(order_id, refund["id"]))
        self._keep(record)
        self._purse.refunded(record, [payment for payment in refund["payments"] if not payment["is_declined"]])
        self._tell("created", rows)
        return refund

    def settle(self, order_id: int, refund_id: int, payment_id: int | None = None) -> Json:
        """Let the gateway carry out one payment of a refund, or all that wait: each leaves a transaction.

        Raises:
            TillError: No such payment waits.
        """
        record = self._shop.order(order_id)
        refund = _refund_of(record, refund_id)
        rows: list[Json] = []

        def carried(payment: Json) -> Json:
            row = self._refund_transaction(record, payment)
            rows.append(row)
            return settled(payment, row["id"])

        changed = _with_payments(refund, payment_id, is_pending, carried)
        record = _replaced(record, changed)
        self._keep(record.edited({"transactions": [*record.parts["transactions"], *rows]}))
        self._tell("created", rows)
        return changed

    def decline(self, order_id: int, refund_id: int, payment_id: int | None, message: str) -> Json:
        """Let the provider decline one payment of a refund, or all, also after they settled.

        Raises:
            TillError: No such payment stands.
        """
        record = self._shop.order(order_id)
        refund = _refund_of(record, refund_id)
        gone: set[str] = set()

        def refused(payment: Json) -> Json:
            gone.add(str(payment.get("transaction_id", "")))
            self._purse.refunded(record, [payment], -1)
            return declined(payment, message)

        changed = _with_payments(refund, payment_id, lambda payment: not payment["is_declined"], refused)
        rows = [{**row, "status": "error"} if str(row["id"]) in gone else row for row in record.parts["transactions"]]
        record = _replaced(record, changed).edited({"transactions": rows})
        self._keep(unwritten(record, changed))
        self._tell("updated", [row for row in rows if str(row["id"]) in gone])
        return changed

    # --- payments ------------------------------------------------------------------------------------------------

    def pay(self, order_id: int, wish: Payment) -> Json:
        """Take the money for what is not paid yet, or try to."""
        return self._take(order_id, wish, "purchase", "captured")

    def authorize(self, order_id: int, wish: Payment) -> Json:
        """Hold the money for what is not paid yet, or try to; it has to be captured."""
        return self._take(order_id, wish, "authorization", "authorized")

    def capture(self, order_id: int, wish: Payment) -> Json:
        """Take money that is held; `pending` only asks the gateway for it.

        Raises:
            TillError: No money, or not so much, is held.
        """
        return self._let_go(order_id, wish, "capture", "captured")

    def void(self, order_id: int, wish: Payment) -> Json:
        """Let money go that is held; `pending` only asks the gateway for it.

        Raises:
            TillError: No money, or not so much, is held.
        """
        return self._let_go(order_id, wish, "void", "void")

    def _take(self, order_id: int, wish: Payment, event: str, state: str) -> Json:
        record = self._shop.order(order_id)
        amount = wish.amount if wish.amount is not None else unpaid(record)
        if amount <= 0:
            raise TillError(f"order {order_id} is paid")
        provider = wish.provider_id or str(record.order.get("payment_provider_id") or "custom")
        row = self._row(record, Movement(event, provider, amount, self._currency(record, wish)), wish)
        change: Json = {"payment_status": "declined" if wish.declined else state}
        if not wish.declined and record.status_id in BEFORE_PAYMENT:
            change["status_id"] = COMPLETED if record.order.get("order_is_digital") else AWAITING_FULFILLMENT
        return self._added(record, row, change)

    def _let_go(self, order_id: int, wish: Payment, event: str, state: str) -> Json:
        record = self._shop.order(order_id)
        held, most = open_authorization(record)
        amount = most if wish.amount is None else wish.amount
        if held is None or not 0 < amount <= most:
            raise TillError(f"order {order_id} has {most} held: {amount} is not to be had")
        if wish.pending:
            self._shop.progress(record.edited({"payment_status": f"{event} pending"}))
            return held
        movement = Movement(event, held["gateway"], amount, self._currency(record, wish), reference=held["id"])
        row = self._row(record, movement, wish)
        return self._added(record, row, {} if wish.declined else {"payment_status": state})

    # --- what they have in common -----------------------------------------------------------------------------------

    @staticmethod
    def _currency(record: OrderRecord, wish: Payment) -> str:
        return wish.currency or str(record.order.get("default_currency_code", ""))

    def _row(self, record: OrderRecord, movement: Movement, wish: Payment) -> Json:
        movement = replace(
            movement,
            status="error" if wish.declined else "ok",
            test=wish.test,
            name=str(record.order.get("payment_method", "")),
        )
        return transaction_row(movement, self._state.allocate("transaction"), record.id, self._state.clock.now())

    def _refund_transaction(self, record: OrderRecord, payment: Json) -> Json:
        provider, amount = str(payment["provider_id"]), Decimal(str(payment["amount"]))
        paid = [row for row in record.parts["transactions"] if row.get("gateway") == provider]
        reference = next((int(row["id"]) for row in paid if row["event"] in {"purchase", "capture"}), None)
        currency = str(record.order.get("default_currency_code", ""))
        return self._row(record, Movement("refund", provider, amount, currency, reference), Payment())

    def _added(self, record: OrderRecord, row: Json, change: Json) -> Json:
        rows = [*record.parts["transactions"], row]
        record = self._shop.progress(record.edited({**change, "transactions": rows}))
        if row["event"] in {"purchase", "capture"} and row["status"] == "ok":
            self._purse.paid(record)
        self._tell("created", [row])
        return row

    def _keep(self, record: OrderRecord) -> None:
        left = left_of_order(record, grain_of(record, self._state.behaviour)).gross
        self._shop.progress(record.edited({"payment_status": payment_status(record, left)}))

    def _tell(self, event: str, rows: Iterable[Json]) -> None:
        for row in rows:
            self._callbacks.fire(f"store/order/transaction/{event}", transaction_data(row))


def _refund_of(record: OrderRecord, refund_id: int) -> Json:
    refund = next((row for row in record.parts["refunds"] if row["id"] == refund_id), None)
    if refund is None:
        raise TillError(f"order {record.id} has no refund {refund_id}")
    return refund


def _replaced(record: OrderRecord, refund: Json) -> OrderRecord:
    rows = [refund if row["id"] == refund["id"] else row for row in record.parts["refunds"]]
    return record.edited({"refunds": rows})


def _with_payments(
    refund: Json, payment_id: int | None, fits: Callable[[Json], bool], change: Callable[[Json], Json]
) -> Json:
    wanted = [row["id"] for row in refund["payments"] if fits(row) and payment_id in {None, row["id"]}]
    if not wanted:
        which = "no payment" if payment_id is None else f"no payment {payment_id}"
        raise TillError(f"refund {refund['id']} has {which} to which this could happen")
    return {**refund, "payments": [change(row) if row["id"] in wanted else row for row in refund["payments"]]}
