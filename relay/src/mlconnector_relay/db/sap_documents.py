"""Named queries of what stands in SAP, as it was last read back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, select

from .engine import Transaction
from .statements import both, columns_of, on, rows_of
from .tieout_tables import sap_documents

__all__ = ["DocumentKey", "SapDocument", "entered_since", "forget", "keep", "posted_between"]


class DocumentKey(NamedTuple):
    """What names a document in an SAP client."""

    company_code: str
    number: str
    fiscal_year: str

    @property
    def object_key(self) -> str:
        """Return number, company code and fiscal year as the ledger keeps them."""
        return f"{self.number}{self.company_code}{self.fiscal_year}"


@dataclass(frozen=True, slots=True)
class SapDocument:
    """A document in SAP.

    Attributes:
        entered_by: the SAP user.
        gross: sum of the customer's lines, debits positive; `None` where no customer line of ours was found.
        reversed_by: number and year of the document that reverses it, or that it reverses; empty if none.
        cleared_on: when the last of the customer's lines was cleared; `None` while one is open.
        taxes: tax by code, such as `A1=19.00 A2=3.50`, positive where the customer owes it; codes without tax left out.
    """

    tenant: str
    sysid: str
    client: str
    company_code: str
    number: str
    fiscal_year: str
    document_type: str
    reference: str
    entered_by: str
    posting_date: date
    entry_date: date
    currency: str
    gross: Decimal | None
    reversed_by: str
    cleared_on: date | None
    taxes: str = ""

    @property
    def key(self) -> DocumentKey:
        """Return what names it in its SAP client."""
        return DocumentKey(self.company_code, self.number, self.fiscal_year)

    @property
    def partner_key(self) -> str:
        """Return the key of the document that reverses it, or that it reverses; empty if none."""
        number, _, year = self.reversed_by.partition(" ")
        return f"{number}{self.company_code}{year}" if number else ""

    @property
    def stands(self) -> bool:
        """Tell whether it is neither reversed nor a reversal: those two add up to nothing."""
        return not self.reversed_by


_KEY: Final = ("tenant", "sysid", "client", "company_code", "number", "fiscal_year")
_COLUMNS: Final = columns_of(sap_documents, SapDocument)
_row: Final = rows_of(SapDocument)


def _keep(insert: Any) -> Any:
    statement = insert(sap_documents)
    changed = {column.name: statement.excluded[column.name] for column in _COLUMNS if column.name not in _KEY}
    return statement.on_conflict_do_update(index_elements=_KEY, set_=changed)


_KEEP: Final = both(_keep)
_FORGET: Final = delete(sap_documents).where(
    sap_documents.c.tenant == bindparam("of_tenant"),
    sap_documents.c.sysid == bindparam("of_sysid"),
    sap_documents.c.client == bindparam("of_client"),
    sap_documents.c.company_code == bindparam("of_company_code"),
    sap_documents.c.number == bindparam("of_number"),
    sap_documents.c.fiscal_year == bindparam("of_fiscal_year"),
)


async def keep(tx: Transaction, rows: Sequence[SapDocument]) -> None:
    """Write documents down as they are now."""
    if rows:
        await tx.execute(on(tx, _KEEP), [_row(one) for one in rows])


async def forget(tx: Transaction, tenant: str, sysid: str, client: str, gone: Collection[DocumentKey]) -> None:
    """Take away documents that SAP no longer has."""
    for one in gone:
        terms = {"of_tenant": tenant, "of_sysid": sysid, "of_client": client}
        await tx.execute(_FORGET, terms | {f"of_{name}": value for name, value in one._asdict().items()})


async def entered_since(tx: Transaction, tenant: str, sysid: str, client: str, since: date) -> list[SapDocument]:
    """Return what was known of an SAP client that was entered on this day or later."""
    rows = await tx.execute(
        select(*_COLUMNS).where(
            sap_documents.c.tenant == tenant,
            sap_documents.c.sysid == sysid,
            sap_documents.c.client == client,
            sap_documents.c.entry_date >= since,
        )
    )
    return [SapDocument(*row) for row in rows]


async def posted_between(tx: Transaction, tenant: str, first: date, last: date) -> list[SapDocument]:
    """Return the documents with a posting date from `first` to `last`, in order."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(sap_documents.c.tenant == tenant, sap_documents.c.posting_date.between(first, last))
        .order_by(*(sap_documents.c[name] for name in ("posting_date", *_KEY)))
    )
    return [SapDocument(*row) for row in rows]
