"""What stands in SAP, as it was read back, when it was, days that were closed, posting dates SAP refused."""

from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _of(name: str, kind: Any, comment: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _maybe(name: str, kind: Any, comment: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True, comment=comment)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "sap_documents",
        _of("tenant", sa.Text, "the tenant the row belongs to"),
        _of("sysid", sa.Text, "SAP system"),
        _of("client", sa.Text, "SAP client"),
        _of("company_code", sa.Text, "SAP company code"),
        _of("number", sa.Text, "document number"),
        _of("fiscal_year", sa.Text, "fiscal year"),
        _of("document_type", sa.Text, "SAP document type"),
        _of("reference", sa.Text, "XBLNR"),
        _of("entered_by", sa.Text, "SAP user"),
        _of("posting_date", sa.Date, "posting date"),
        _of("entry_date", sa.Date, "day of entry, by the clock of the SAP system"),
        _of("currency", sa.Text, "ISO 4217"),
        _maybe("gross", sa.Text, "sum of the customer's lines; null where no customer line of ours was found"),
        _of(
            "reversed_by",
            sa.Text,
            "number and year of the document that reverses it, or that it reverses; empty if none",
        ),
        _maybe("cleared_on", sa.Date, "when the last of the customer's lines was cleared; null while one is open"),
        _of("taxes", sa.Text, "tax by code, such as A1=19.00 A2=3.50"),
        sa.PrimaryKeyConstraint(
            "tenant", "sysid", "client", "company_code", "number", "fiscal_year", name="pk_sap_documents"
        ),
        comment="what stands in SAP under our references or was posted by our users, as it was last read back",
    )
    op.create_index("sap_documents_posting_date_ix", "sap_documents", ["tenant", "posting_date"])
    op.create_table(
        "sap_readings",
        _of("tenant", sa.Text, "the tenant the row belongs to"),
        _of("reading_id", sa.Text, "names the request"),
        _of("sysid", sa.Text, "SAP system"),
        _of("client", sa.Text, "SAP client"),
        _of("since", sa.Date, "first day of entry that is read"),
        _of("daily", sa.Boolean, "whether the relay asked by itself"),
        _of("asked_at", MOMENT, "when it was asked for"),
        _of("state", sa.Text, "asked, reading, done or failed"),
        _of("attempts", sa.Integer, "tries so far"),
        _of("due_at", MOMENT, "the next try; while one runs, when it counts as lost"),
        _of("documents", sa.Integer, "how many were found"),
        _of("detail", sa.Text, "why the last try failed"),
        _maybe("begun_at", MOMENT, "when the last try began: what is posted later is not in it"),
        _maybe("finished_at", MOMENT, "when it was done, or given up"),
        sa.PrimaryKeyConstraint("tenant", "reading_id", name="pk_sap_readings"),
        comment="when SAP's books were read back",
    )
    op.create_index("sap_readings_state_ix", "sap_readings", ["tenant", "state", "due_at"])
    op.create_table(
        "closed_days",
        _of("tenant", sa.Text, "the tenant the row belongs to"),
        _of("first", sa.Date, "first day"),
        _of("last", sa.Date, "last day"),
        _of("sheet", sa.LargeBinary, "what stood in the books when they were closed, deflated JSON"),
        _of("digest", sa.Text, "SHA-256 of the JSON, as the audit trail has it"),
        _of("closed_by", sa.Text, "who closed them"),
        _of("closed_at", MOMENT, "when"),
        sa.PrimaryKeyConstraint("tenant", "first", name="pk_closed_days"),
        comment="days whose reconciliation was closed; rows are never changed or deleted",
    )

    op.create_table(
        "refused_days",
        _of("tenant", sa.Text, "the tenant the row belongs to"),
        _of("sysid", sa.Text, "SAP system"),
        _of("client", sa.Text, "SAP client"),
        _of("company_code", sa.Text, "SAP company code"),
        _of("day", sa.Text, "posting date that was refused, YYYYMMDD"),
        _of("period", sa.Text, "posting period it lies in, as SAP said: 010/2026"),
        _of("refused_at", MOMENT, "when SAP refused it last"),
        _of("tries", sa.Integer, "how often the period was tried again in vain"),
        _of("try_at", MOMENT, "when the period is tried again, or a try that has no answer is given up"),
        _maybe("trial_store", sa.Text, "store of the order that tries the period again; null while none does"),
        _maybe("trial_order", sa.BigInteger, "that order"),
        sa.PrimaryKeyConstraint("tenant", "sysid", "client", "company_code", "day", name="pk_refused_days"),
        comment="posting dates that SAP refused since their period is closed, until it takes them again",
    )


def downgrade() -> None:
    """Take the tables away: what stood in SAP can be read again, what was closed cannot."""
    op.drop_table("refused_days")
    op.drop_table("closed_days")
    op.drop_table("sap_readings")
    op.drop_table("sap_documents")
