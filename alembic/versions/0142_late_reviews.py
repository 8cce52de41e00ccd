"""Find the reviews of the last minutes without reading all of them.

Revision ID: 0142
Revises: 0141
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0142"
down_revision: str | None = "0141"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the index beside the running trade."""
    with op.get_context().autocommit_block():
        op.execute(
            "create index concurrently if not exists ix_reviews_created on reviews"
            " using brin (created_at) with (pages_per_range = 16)"
        )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_reviews_created")
