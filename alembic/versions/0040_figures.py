"""Let figures of a period find the orders paid in it without reading all orders.

Revision ID: 0040
Revises: 0031
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0040"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the index; orders that are never paid do not pay for it."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("create index ix_orders_paid on orders (paid_at desc) where paid_at is not null")


def downgrade() -> None:
    """Drop the index."""
    op.execute("drop index ix_orders_paid")
