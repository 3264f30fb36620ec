"""What stores owed to holders of gift certificates and store credit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _of(name: str, kind: Any, comment: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "liabilities",
        _of("tenant", sa.Text, "the tenant the row belongs to"),
        _of("store_hash", sa.Text, "the store"),
        _of("kind", sa.Text, "gift_certificate or store_credit"),
        _of("currency", sa.Text, "ISO 4217"),
        _of("taken_at", MOMENT, "when the store was asked"),
        _of("balance", sa.Text, "what the store said it owes"),
        _of("issued", sa.Text, "what all documents until then had sold or given back"),
        _of("used", sa.Text, "what all documents until then had redeemed or taken back"),
        sa.PrimaryKeyConstraint("tenant", "store_hash", "kind", "currency", "taken_at", name="pk_liabilities"),
        comment="gift certificates and store credit, each time they were rolled forward; rows are never changed",
    )


def downgrade() -> None:
    """Take the table away: what was owed on past days cannot be asked for again."""
    op.drop_table("liabilities")
