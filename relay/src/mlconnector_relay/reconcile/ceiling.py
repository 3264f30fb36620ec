"""At most so many orders of a store are taken back in an hour: very many at once are more likely a mistake.

What is more waits parked under one cause per store, which everybody sees with its amounts; `cures` lets it go on in
order as the hour passes.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from mlconnector_shared.errors import ConnectorError

from ..db import reversals
from ..db.engine import Transaction
from ..db.outcomes import Cause, Parked
from ..sap.reference import Kind

__all__ = ["CAUSE", "TooManyReversals", "check", "room"]

CAUSE: Final = "reversals:"
HOUR: Final = timedelta(hours=1)


class TooManyReversals(ConnectorError):
    """A store has taken back as much within the hour as it may; nothing was written down."""

    retryable: ClassVar[bool] = True

    def __init__(self, store_hash: str, most: int) -> None:
        super().__init__(
            f"store {store_hash} has taken back {most} orders within an hour, the most that [cancellations] "
            "most_per_hour allows; the others follow by themselves as the hour passes. Look whether they were "
            "cancelled in earnest; if so, it may be raised"
        )
        self.store_hash = store_hash

    @property
    def parked(self) -> Parked:
        """Return how the order stands that was to be taken back."""
        return Parked((Cause(f"{CAUSE}{self.store_hash}", str(self), "finance"),), str(self), "finance")


async def check(tx: Transaction, tenant: str, store_hash: str, kind: str, most: int, now: datetime) -> None:
    """See, in the transaction that writes a posting down, that it is not one reversal too many.

    Raises:
        TooManyReversals: it is.
    """
    if kind != Kind.REVERSAL:
        return
    await reversals.one_at_a_time(tx, tenant, store_hash)
    if await room(tx, tenant, store_hash, most, now) < 1:
        raise TooManyReversals(store_hash, most)


async def room(tx: Transaction, tenant: str, store_hash: str, most: int, now: datetime) -> int:
    """Return how many more may be taken back now."""
    return most - await reversals.count(tx, tenant, store_hash, now - HOUR)
