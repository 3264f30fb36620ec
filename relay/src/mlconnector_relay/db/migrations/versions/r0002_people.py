"""What people decide and are told: mappings with their activations and checks, alert channels."""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _tenant() -> sa.Column[str]:
    return sa.Column("tenant", sa.Text, nullable=False, comment="the tenant the row belongs to")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "mapping_versions",
        _tenant(),
        sa.Column("version", sa.Text, nullable=False, comment="digest and declared name"),
        sa.Column("source", sa.Text, nullable=False, comment="where it was read from"),
        sa.Column("content", sa.Text, nullable=False, comment="the file, so that old postings can be explained"),
        sa.Column("author", sa.Text, nullable=False, comment="who proposed it"),
        sa.Column("proposed_at", MOMENT, nullable=False, comment="when it was proposed"),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_mapping_versions"),
        comment="every mapping ever proposed; rows are never changed or deleted",
    )
    op.create_table(
        "mapping_activations",
        _tenant(),
        sa.Column(
            "sequence",
            sa.BigInteger,
            nullable=False,
            autoincrement=False,
            comment="counts from 1; the highest that applies wins",
        ),
        sa.Column("version", sa.Text, nullable=False, comment="the mapping put in force"),
        sa.Column(
            "effective_from",
            sa.Date,
            nullable=True,
            comment="for orders placed from this day on; null: for every order not posted yet",
        ),
        sa.Column("approver", sa.Text, nullable=False, comment="who put it in force"),
        sa.Column("reason", sa.Text, nullable=False, comment="why, in the approver's words"),
        sa.Column("activated_at", MOMENT, nullable=False, comment="when"),
        sa.PrimaryKeyConstraint("tenant", "sequence", name="pk_mapping_activations"),
        comment="which mapping was put in force when; rows are never changed or deleted",
    )
    op.create_table(
        "mapping_checks",
        _tenant(),
        sa.Column("check_id", sa.Text, nullable=False, comment="names the request"),
        sa.Column("sysid", sa.Text, nullable=False, comment="SAP system"),
        sa.Column("client", sa.Text, nullable=False, comment="SAP client"),
        sa.Column("day", sa.Date, nullable=False, comment="when what the mapping names must be valid"),
        sa.Column("content", sa.Text, nullable=False, comment="the mapping's text"),
        sa.Column("asked_at", MOMENT, nullable=False, comment="when it was asked for"),
        sa.Column("state", sa.Text, nullable=False, comment="asked, done or failed"),
        sa.Column("result", sa.Text, nullable=False, comment="JSON list of findings; why, where it failed"),
        sa.Column("finished_at", MOMENT, nullable=True, comment="when it was done or given up"),
        sa.PrimaryKeyConstraint("tenant", "check_id", name="pk_mapping_checks"),
        comment="mappings whose accounts and keys somebody wanted looked up in SAP",
    )
    op.create_index("mapping_checks_state_ix", "mapping_checks", ["tenant", "state", "asked_at"])
    op.create_table(
        "decisions",
        _tenant(),
        sa.Column("store_hash", sa.Text, nullable=False, comment="the store"),
        sa.Column("order_id", sa.BigInteger, nullable=False, autoincrement=False, comment="the order"),
        sa.Column("cause", sa.Text, nullable=False, comment="what was to be decided"),
        sa.Column("proposal", sa.Text, nullable=False, comment="digest of what was shown; anything else asks again"),
        sa.Column("choice", sa.Text, nullable=False, comment="what was chosen"),
        sa.Column("decided_by", sa.Text, nullable=False, comment="who chose it"),
        sa.Column("reason", sa.Text, nullable=False, comment="why, in their words"),
        sa.Column("decided_at", MOMENT, nullable=False, comment="when"),
        sa.Column(
            "confirmed_by",
            sa.Text,
            nullable=False,
            comment="who confirmed it, where the mapping wants two people; empty until then",
        ),
        sa.Column("confirmed_at", MOMENT, nullable=True, comment="when it was confirmed"),
        sa.PrimaryKeyConstraint("tenant", "store_hash", "order_id", "cause", "proposal", name="pk_decisions"),
        comment="what people decided for orders; a choice is never changed once it counts",
    )
    op.create_table(
        "alert_deliveries",
        _tenant(),
        sa.Column("key", sa.Text, nullable=False, comment="the alert"),
        sa.Column("channel", sa.Text, nullable=False, comment="the channel it is told through"),
        sa.Column("opened_at", MOMENT, nullable=False, comment="which opening of the alert is told"),
        sa.Column("state", sa.Text, nullable=False, comment="due, sent or failed"),
        sa.Column("attempts", sa.Integer, nullable=False, comment="tries so far"),
        sa.Column("due_at", MOMENT, nullable=False, comment="the next try; while one runs, when it counts as lost"),
        sa.Column("error", sa.Text, nullable=False, comment="why the last try failed"),
        sa.PrimaryKeyConstraint("tenant", "key", "channel", name="pk_alert_deliveries"),
        comment="which alert was told through which channel",
    )


def downgrade() -> None:
    """Refuse: what old postings are explained by is never deleted."""
    raise NotImplementedError("mappings are not taken back")
