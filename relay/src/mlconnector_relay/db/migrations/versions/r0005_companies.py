"""Where a store's B2B Edition is, and with which token it is asked."""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: empty, for stores have no B2B Edition unless somebody said so."""
    where = "address of its B2B Edition; null where it has none"
    sealed = "encrypted token of the B2B Edition; null where it takes the REST token"
    op.add_column("stores", sa.Column("b2b_url", sa.Text, nullable=True, comment=where))
    op.add_column("stores", sa.Column("b2b_token", sa.LargeBinary, nullable=True, comment=sealed))


def downgrade() -> None:
    """Take them back."""
    op.drop_column("stores", "b2b_token")
    op.drop_column("stores", "b2b_url")
