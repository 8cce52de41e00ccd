"""Whoever may write split rules may raise their revision.

Revision ID: 0031
Revises: 0030
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MAY = "(key = 'split_rules' and (select app_platform('rules:write')))"


def upgrade() -> None:
    """Add the two policies; an upsert needs both."""
    op.execute(
        f"create policy rules_insert on platform_settings for insert to tongshang_app"
        f" with check ({MAY})"
    )
    op.execute(
        f"create policy rules_update on platform_settings for update to tongshang_app"
        f" using ({MAY}) with check ({MAY})"
    )


def downgrade() -> None:
    """Remove the two policies."""
    op.execute("drop policy rules_insert on platform_settings")
    op.execute("drop policy rules_update on platform_settings")
