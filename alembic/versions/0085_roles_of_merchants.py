"""Let the platform's people, who manage merchants, read which roles a merchant's members have.

Revision ID: 0085
Revises: 0080
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0085"
down_revision: str | None = "0080"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = (
    "(merchant_id is null and is_platform = ((select app_scope()) = 'platform'))"
    " or merchant_id = (select app_merchant())"
)
NOW = f"{BEFORE} or (not is_platform and (select app_platform('merchants:read')))"


def upgrade() -> None:
    """Widen what is read; what is written stays the merchant's own."""
    op.execute(f"alter policy app_read on roles using ({NOW})")


def downgrade() -> None:
    """Hide merchants' roles from the platform again."""
    op.execute(f"alter policy app_read on roles using ({BEFORE})")
