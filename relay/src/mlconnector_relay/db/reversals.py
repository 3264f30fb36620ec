"""How many reversals a store had in a time: of orders cancelled or edited, credit memos in their place included."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from .engine import Transaction
from .ledger import NOTHING_COMMITTED
from .tables import ledger, stores
from .types import Moment

__all__ = ["count", "one_at_a_time"]

_IS_STORE: Final = (stores.c.tenant == bindparam("of_tenant"), stores.c.store_hash == bindparam("of_store"))
_LOCK: Final = select(stores.c.store_hash).where(*_IS_STORE).with_for_update()
_COUNT: Final = select(func.count()).where(
    ledger.c.tenant == bindparam("of_tenant"),
    ledger.c.store_hash == bindparam("of_store"),
    ledger.c.kind == "reversal",
    ledger.c.intended_at > bindparam("since", type_=Moment()),
    ledger.c.state.not_in(sorted(NOTHING_COMMITTED)),
)


async def count(tx: Transaction, tenant: str, store_hash: str, since: datetime) -> int:
    """Return how many were written down after a moment, those that proved to have done nothing left out."""
    terms = {"of_tenant": tenant, "of_store": store_hash, "since": since}
    return int((await tx.execute(_COUNT, terms)).scalar_one())


async def one_at_a_time(tx: Transaction, tenant: str, store_hash: str) -> None:
    """Wait until no other transaction is writing one down for this store, so that what is counted stays true."""
    await tx.execute(_LOCK, {"of_tenant": tenant, "of_store": store_hash})
