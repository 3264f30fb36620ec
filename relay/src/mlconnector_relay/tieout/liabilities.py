"""What is owed to holders of gift certificates and store credit: in the books, in the store, rolled forward; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from ..sap.currency import from_minor
from ..sap.frozen import Frozen

__all__ = ["KINDS", "Booked", "Key", "LiabilityKind", "Roll", "booked", "rolled"]

LiabilityKind = Literal["gift_certificate", "store_credit"]

KINDS: Final[dict[str, LiabilityKind]] = {
    "gift_certificate": "gift_certificate",
    "gift_certificate_used": "gift_certificate",
    "store_credit_used": "store_credit",
}
"""Which liability a line's role moves."""

ZERO: Final = Decimal(0)

Key = tuple[LiabilityKind, str]
"""Liability and currency."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What documents moved, both positive: sold or given back, and redeemed or taken back."""

    issued: Decimal = ZERO
    used: Decimal = ZERO

    def less(self, other: "Booked") -> "Booked":
        """Return what came since."""
        return Booked(self.issued - other.issued, self.used - other.used)


@dataclass(frozen=True, slots=True)
class Roll:
    """A liability from one day to another.

    Attributes:
        opening: the store's balance when it was last rolled forward; without that, what the documents do not explain.
        moved: by the documents since.
        store: the store's balance now.
    """

    kind: LiabilityKind
    currency: str
    opening: Decimal
    moved: Booked
    store: Decimal

    @property
    def expected(self) -> Decimal:
        """Return what the store's balance would be if only our documents had moved it."""
        return self.opening + self.moved.issued - self.moved.used

    @property
    def unexplained(self) -> Decimal:
        """Return by how much more the store owes than that."""
        return self.store - self.expected


def booked(documents: Iterable[Frozen], before: Mapping[Key, Booked] | None = None) -> dict[Key, Booked]:
    """Add up what documents moved, beside what others did before.

    What was adopted had moved the store's balances long before it was known here.
    """
    found = dict(before or {})
    for document in documents:
        for line in document.lines:
            if line.role in KINDS and document.adopted is None:
                key: Key = (KINDS[line.role], document.currency)
                amount, known = from_minor(line.net, document.places), found.get(key, Booked())
                found[key] = Booked(known.issued + max(amount, ZERO), known.used + max(-amount, ZERO))
    return found


def rolled(
    now: Mapping[Key, Decimal], moved: Mapping[Key, Booked], before: Mapping[Key, tuple[Decimal, Booked]]
) -> list[Roll]:
    """Roll every liability forward.

    Args:
        now: the store's balances.
        moved: by all documents there ever were.
        before: the store's balances when they were last rolled forward, and what documents had moved until then;
            what was neither is missing, and everything the first time.
    """
    found = []
    for kind, currency in sorted({*now, *moved, *before}):
        store, whole = now.get((kind, currency), ZERO), moved.get((kind, currency), Booked())
        if before:
            opening, then = before.get((kind, currency), (ZERO, Booked()))
            found.append(Roll(kind, currency, opening, whole.less(then), store))
        else:
            # The first time nothing is known of what was owed before: it opens with that.
            found.append(Roll(kind, currency, store - whole.issued + whole.used, whole, store))
    return found
