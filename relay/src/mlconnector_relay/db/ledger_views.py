"""Named queries that only look at the ledger as a whole: for the tie-out, page by page."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Integer, bindparam, select

from .engine import Transaction
from .ledger import EntryState
from .statements import columns_of
from .tables import ledger
from .types import Moment

__all__ = ["PAGE", "Posting", "company_codes", "page"]

PAGE: Final = 2000

CHANGE: Final = "change"
"""Document type of what changes a document: it is none of its own."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting as the tie-out looks at it; see `ledger.LedgerEntry`."""

    tenant: str
    posting_id: str
    store_hash: str
    order_id: int
    kind: str
    sysid: str
    client: str
    reference: str
    company_code: str
    document_type: str
    currency: str
    gross: Decimal
    facts: str
    state: EntryState
    object_key: str
    intended_at: datetime
    settled_at: datetime | None


_COLUMNS: Final = columns_of(ledger, Posting)
_PAGE: Final = (
    select(*_COLUMNS)
    .where(
        ledger.c.tenant == bindparam("of_tenant"),
        ledger.c.posting_id > bindparam("after"),
        ledger.c.document_type != CHANGE,
        ledger.c.intended_at >= bindparam("since", type_=Moment()),
    )
    .order_by(ledger.c.posting_id)
    .limit(bindparam("at_most", type_=Integer()))
)


async def page(tx: Transaction, tenant: str, since: datetime, after: str = "", limit: int = PAGE) -> list[Posting]:
    """Return documents intended since a moment, by their ids, those after one; fewer than asked for are the last."""
    terms = {"of_tenant": tenant, "since": since, "after": after, "at_most": limit}
    return [Posting(*row) for row in await tx.execute(_PAGE, terms)]


async def company_codes(tx: Transaction, tenant: str, sysid: str, client: str) -> set[str]:
    """Return the company codes of an SAP client that anything was ever posted to, or meant to be."""
    is_system = (ledger.c.tenant == tenant, ledger.c.sysid == sysid, ledger.c.client == client)
    rows = await tx.execute(select(ledger.c.company_code).where(*is_system).distinct())
    return {company_code for (company_code,) in rows}
