"""How much of an order waits for a cause."""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: empty until the order is looked at again, which counts it whole as before."""
    comment = "how much of the order waits for it, in the order's currency; null: the whole order"
    op.add_column("job_causes", sa.Column("amount", sa.Text, nullable=True, comment=comment))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("job_causes", "amount")
