"""What can still be given back of an order: of each thing that was charged, and of the whole; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from .behaviour import Behaviour
from .money import UnknownCurrencyError, quantum, round_to
from .record import OrderRecord
from .wire import Json

__all__ = [
    "AT_ONCE",
    "BY_QUANTITY",
    "Grain",
    "ItemType",
    "RefundError",
    "Share",
    "Target",
    "effective",
    "grain_of",
    "is_void",
    "left_of_order",
    "targets",
]

ItemType = Literal["PRODUCT", "GIFT_WRAPPING", "SHIPPING", "HANDLING", "ORDER", "FEE"]
ZERO = Decimal(0)
TWO_DECIMALS = Decimal("0.01")
BY_QUANTITY = ("PRODUCT", "GIFT_WRAPPING")
# Store credit and gift certificates are the store's own: nobody has to be asked.
AT_ONCE = ("storecredit", "giftcertificate")


class RefundError(ValueError):
    """A refund that the store would not make; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Grain:
    """The smallest amount a refund can have, and whether what is below it is left or rounded."""

    step: Decimal
    down: bool = False

    def of(self, amount: Decimal) -> Decimal:
        """Bring an amount to the grain."""
        return amount.quantize(self.step, ROUND_DOWN) if self.down else round_to(amount, self.step)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what was charged, with its tax, which is inside."""

    gross: Decimal = ZERO
    tax: Decimal = ZERO

    def rounded(self, grain: Grain) -> "Share":
        """Bring both to the grain."""
        return Share(grain.of(self.gross), grain.of(self.tax))

    def __add__(self, other: "Share") -> "Share":
        """Add shares."""
        return Share(self.gross + other.gross, self.tax + other.tax)

    def __sub__(self, other: "Share") -> "Share":
        """Take a share away."""
        return Share(self.gross - other.gross, self.tax - other.tax)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that was charged, with what earlier refunds took of it."""

    item_type: ItemType
    item_id: int
    charged: Share
    quantity: int = 1
    taken: Share = Share()
    taken_quantity: int = 0

    @property
    def left(self) -> Share:
        """Give what is left of it, with all its decimals."""
        return self.charged - self.taken

    @property
    def left_quantity(self) -> int:
        """Give how many units are left."""
        return self.quantity - self.taken_quantity

    def units(self, count: int, grain: Grain) -> Share:
        """Give so many units back: each the rounded share of one, the last takes the rest.

        Raises:
            RefundError: So many are not left.
        """
        if not 0 < count <= self.left_quantity:
            left = f"{self.left_quantity} of {self.quantity}"
            raise RefundError(f"{self.item_type} {self.item_id}: {count} cannot be refunded, {left} are left")
        return self._first(self.taken_quantity + count, grain) - self._first(self.taken_quantity, grain)

    def _first(self, count: int, grain: Grain) -> Share:
        whole = self.charged.rounded(grain)
        if count == self.quantity:
            return whole
        gross = grain.of(self.charged.gross / self.quantity) * count
        tax = grain.of(self.charged.tax / self.quantity) * count
        return Share(min(gross, whole.gross), min(tax, whole.tax))

    def part(self, amount: Decimal, grain: Grain, *, net: bool) -> Share:
        """Give an amount back, with the tax that belongs to it; the last part takes the rest of the tax.

        Raises:
            RefundError: The amount is not above zero, or more than is left.
        """
        left = self.left.rounded(grain)
        most = left.gross - left.tax if net else left.gross
        if not ZERO < amount <= most:
            raise RefundError(f"{self.item_type} {self.item_id}: {amount} cannot be refunded, {most} is left")
        if amount == most:
            return left
        whole = self.charged.gross - self.charged.tax if net else self.charged.gross
        tax = min(grain.of(self.charged.tax * amount / whole), left.tax)
        return Share(amount + tax if net else amount, tax)


def targets(record: OrderRecord) -> list[Target]:
    """List what was charged: products, their wrapping, carriage and handling of each address, fees."""
    found = [*_of_products(record.parts["products"]), *_of_addresses(record.parts["shipping_addresses"])]
    found += [Target("FEE", int(row["id"]), _share(row, "cost_inc_tax", "cost_tax")) for row in record.parts["fees"]]
    void = {int(row["id"]) for row in record.parts["refunds"] if is_void(row)}
    book = [item for row in record.parts["refund_book"] if row["refund_id"] not in void for item in row["items"]]
    return [_with_taken(target, book) for target in found if target.quantity]


def _of_products(rows: Iterable[Json]) -> list[Target]:
    found = []
    for row in rows:
        key, quantity = int(row["id"]), int(row.get("quantity", 0))
        charged = "discounted_total_inc_tax" if "discounted_total_inc_tax" in row else "total_inc_tax"
        found.append(Target("PRODUCT", key, _share(row, charged, "total_tax"), quantity))
        wrapping = _share(row, "wrapping_cost_inc_tax", "wrapping_cost_tax")
        if wrapping.gross:
            found.append(Target("GIFT_WRAPPING", key, wrapping, quantity))
    return found


def _of_addresses(rows: Iterable[Json]) -> list[Target]:
    found = []
    kinds: tuple[tuple[ItemType, str], ...] = (("SHIPPING", "cost"), ("HANDLING", "handling_cost"))
    for row in rows:
        for kind, prefix in kinds:
            share = _share(row, f"{prefix}_inc_tax", f"{prefix}_tax")
            if share.gross:
                found.append(Target(kind, int(row["id"]), share))
    return found


def _share(row: Json, gross: str, tax: str) -> Share:
    return Share(Decimal(str(row.get(gross, 0))), Decimal(str(row.get(tax, 0))))


def _with_taken(target: Target, book: Iterable[Json]) -> Target:
    rows = [row for row in book if (row["item_type"], row["item_id"]) == (target.item_type, target.item_id)]
    taken = sum((Share(Decimal(str(row["amount"])), Decimal(str(row["tax"]))) for row in rows), Share())
    return Target(
        target.item_type,
        target.item_id,
        target.charged,
        target.quantity,
        taken,
        sum(int(row.get("quantity") or 0) for row in rows),
    )


def effective(refund: Json) -> Decimal:
    """Tell how much of a refund stands: what was not declined; a refund without payments stands as it is."""
    payments = refund.get("payments") or []
    if not any(payment.get("is_declined") for payment in payments):
        return Decimal(str(refund.get("total_amount", 0)))
    return sum((Decimal(str(row["amount"])) for row in payments if not row.get("is_declined")), ZERO)


def left_of_order(record: OrderRecord, grain: Grain) -> Share:
    """Give what refunds have left of the order's total and of its tax."""
    refunds = {int(row["id"]): row for row in record.parts["refunds"]}
    shares = {key: Share(effective(row), _tax_of(row)) for key, row in refunds.items()}
    # What refunds took out of the totals themselves was charged too.
    moved = {int(row["refund_id"]) for row in record.parts["refund_book"] if row["changed"] == "totals"}
    charged = Share(record.charged, Decimal(str(record.order.get("total_tax", 0))))
    for key in moved & refunds.keys():
        if not is_void(refunds[key]):
            charged += _share(refunds[key], "total_amount", "total_tax")
    return charged.rounded(grain) - sum(shares.values(), Share())


def _tax_of(refund: Json) -> Decimal:
    return ZERO if is_void(refund) else Decimal(str(refund.get("total_tax", 0)))


def is_void(refund: Json) -> bool:
    """Tell whether every payment of a refund was declined, so that it took nothing."""
    payments = refund.get("payments") or []
    return bool(payments) and all(payment.get("is_declined") for payment in payments)


def grain_of(record: OrderRecord, behaviour: Behaviour) -> Grain:
    """Give the grain of an order's refunds; two decimals of three leave the rest of the third where it is."""
    try:
        step = quantum(str(record.order.get("default_currency_code", "")))
    except UnknownCurrencyError:
        step = TWO_DECIMALS
    coarse = behaviour.refund_decimals == "two" and step < TWO_DECIMALS
    return Grain(TWO_DECIMALS, down=True) if coarse else Grain(step)
