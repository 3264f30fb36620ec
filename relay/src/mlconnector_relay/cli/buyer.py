"""Whose an order is, as the B2B Edition says: read from the audit trail, where what a buyer wrote is encrypted."""

from ..db.engine import Transaction
from ..db.jobs import Job
from ..reconcile import kept
from ..trail.audit import Audit
from .session import Session

__all__ = ["buyer"]


async def buyer(session: Session, tx: Transaction, job: Job) -> str:
    """Return company, purchase order and terms of an order as it was last fetched.

    Empty for an order of no company, and until an event that came since was looked at.
    """
    taken = await kept.read(tx, Audit(session.vault, session.runtime), job)
    company = taken.snapshot.company if taken else None
    if company is None or company.standing == "private":
        return ""
    if company.standing == "awaited":
        return "not shown by the B2B Edition yet"
    if company.standing == "invoice_payment":
        return f"{company.company_id}, pays invoice {company.invoice_number}"
    days = "unknown terms" if company.days is None else f"terms {company.days} days"
    order = f"purchase order {company.po_number}" if company.po_number else "no purchase order"
    return f"{company.company_id}, {order}, {days}"
