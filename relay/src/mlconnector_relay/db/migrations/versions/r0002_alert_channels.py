"""Alert channels: which alert was told through which channel."""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; a relay that does not know it yet tells nobody."""
    moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
    op.create_table(
        "alert_deliveries",
        sa.Column("tenant", sa.Text, nullable=False, comment="the tenant the row belongs to"),
        sa.Column("key", sa.Text, nullable=False, comment="the alert"),
        sa.Column("channel", sa.Text, nullable=False, comment="the channel it is told through"),
        sa.Column("opened_at", moment, nullable=False, comment="which opening of the alert is told"),
        sa.Column("state", sa.Text, nullable=False, comment="due, sent or failed"),
        sa.Column("attempts", sa.Integer, nullable=False, comment="tries so far"),
        sa.Column("due_at", moment, nullable=False, comment="the next try; while one runs, when it counts as lost"),
        sa.Column("error", sa.Text, nullable=False, comment="why the last try failed"),
        sa.PrimaryKeyConstraint("tenant", "key", "channel", name="pk_alert_deliveries"),
        comment="which alert was told through which channel",
    )


def downgrade() -> None:
    """Drop the table: at worst an alert is told again."""
    op.drop_table("alert_deliveries")
