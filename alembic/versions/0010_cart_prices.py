"""Remember the price that a shopper last saw of a cart line, so that a change can be told.

Revision ID: 0010
Revises: 0004
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column; it is null until the line is looked at again."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table cart_lines add column seen_cents bigint")


def downgrade() -> None:
    """Drop the column."""
    op.execute("alter table cart_lines drop column seen_cents")
