"""Find the products that are not indexed yet, or were indexed by an earlier version.

Revision ID: 0165
Revises: 0175
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0165"
down_revision: str | None = "0176"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Let the job that indexes them find them: so far no row has the mark of this version."""
    op.execute(
        "create index ix_products_unindexed on products (id)"
        " where not (search_grams @> array['=2']::varchar[])"
    )


def downgrade() -> None:
    """Forget which are not indexed."""
    op.execute("drop index ix_products_unindexed")
