"""Note when a review was imported, as orders do, so that analytics find it by that.

Revision ID: 0144
Revises: 0143
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0144"
down_revision: str | None = "0143"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the moment; reviews imported before have none, and are known to analytics already."""
    op.execute("alter table reviews add imported_at timestamptz")


def downgrade() -> None:
    """Forget the moments."""
    op.execute("alter table reviews drop imported_at")
