"""Compare SKU codes when a statement has written all of them, so that they can be swapped.

Revision ID: 0161
Revises: 0160
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0161"
down_revision: str | None = "0165"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNIQUE = "alter table skus add constraint uq_skus_supplier_id_code unique (supplier_id, code)"


def upgrade() -> None:
    """Let the constraint wait for the end of the statement."""
    op.execute("set local lock_timeout = '10s'")
    op.execute("alter table skus drop constraint uq_skus_supplier_id_code")
    op.execute(f"{UNIQUE} deferrable initially immediate")


def downgrade() -> None:
    """Compare row by row again."""
    op.execute("alter table skus drop constraint uq_skus_supplier_id_code")
    op.execute(UNIQUE)
