"""The tables of the tie-out: when SAP's books were read back, and what stood in them; kept like `tables`."""

from typing import Final

from sqlalchemy import Boolean, Date, Index, Integer, LargeBinary, Table, Text

from .columns import key, maybe, metadata, of, tenant
from .types import Moment, Money

__all__ = ["closed_days", "liabilities", "sap_documents", "sap_readings"]

closed_days: Final = Table(
    "closed_days",
    metadata,
    tenant(),
    key("first", Date, "first day"),
    of("last", Date, "last day"),
    of("sheet", LargeBinary, "what stood in the books when they were closed, deflated JSON"),
    of("digest", Text, "SHA-256 of the JSON, as the audit trail has it"),
    of("closed_by", Text, "who closed them"),
    of("closed_at", Moment, "when"),
    comment="days whose reconciliation was closed; rows are never changed or deleted",
)

liabilities: Final = Table(
    "liabilities",
    metadata,
    tenant(),
    key("store_hash", Text, "the store"),
    key("kind", Text, "gift_certificate or store_credit"),
    key("currency", Text, "ISO 4217"),
    key("taken_at", Moment, "when the store was asked"),
    of("balance", Money, "what the store said it owes"),
    of("issued", Money, "what all documents until then had sold or given back"),
    of("used", Money, "what all documents until then had redeemed or taken back"),
    comment="gift certificates and store credit, each time they were rolled forward; rows are never changed",
)

sap_documents: Final = Table(
    "sap_documents",
    metadata,
    tenant(),
    key("sysid", Text, "SAP system"),
    key("client", Text, "SAP client"),
    key("company_code", Text, "SAP company code"),
    key("number", Text, "document number"),
    key("fiscal_year", Text, "fiscal year"),
    of("document_type", Text, "SAP document type"),
    of("reference", Text, "XBLNR"),
    of("entered_by", Text, "SAP user"),
    of("posting_date", Date, "posting date"),
    of("entry_date", Date, "day of entry, by the clock of the SAP system"),
    of("currency", Text, "ISO 4217"),
    maybe("gross", Money, "sum of the customer's lines; null where no customer line of ours was found"),
    of("reversed_by", Text, "number and year of the document that reverses it, or that it reverses; empty if none"),
    maybe("cleared_on", Date, "when the last of the customer's lines was cleared; null while one is open"),
    of("taxes", Text, "tax by code, such as A1=19.00 A2=3.50"),
    Index("sap_documents_posting_date_ix", "tenant", "posting_date"),
    comment="what stands in SAP under our references or was posted by our users, as it was last read back",
)

sap_readings: Final = Table(
    "sap_readings",
    metadata,
    tenant(),
    key("reading_id", Text, "names the request"),
    of("sysid", Text, "SAP system"),
    of("client", Text, "SAP client"),
    of("since", Date, "first day of entry that is read"),
    of("daily", Boolean, "whether the relay asked by itself"),
    of("asked_at", Moment, "when it was asked for"),
    of("state", Text, "asked, reading, done or failed"),
    of("attempts", Integer, "tries so far"),
    of("due_at", Moment, "the next try; while one runs, when it counts as lost"),
    of("documents", Integer, "how many were found"),
    of("detail", Text, "why the last try failed"),
    maybe("begun_at", Moment, "when the last try began: what is posted later is not in it"),
    maybe("finished_at", Moment, "when it was done, or given up"),
    Index("sap_readings_state_ix", "tenant", "state", "due_at"),
    comment="when SAP's books were read back",
)
