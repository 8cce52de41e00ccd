"""Let the lists of payments, refunds and ledger transactions begin with the newest by an index.

Revision ID: 0050
Revises: 0040
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0050"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (
    ("ix_payments_created", "payments", "created_at desc"),
    ("ix_refunds_created", "refunds", "created_at desc"),
    ("ix_ledger_transactions_occurred", "ledger_transactions", "occurred_at desc"),
)


def upgrade() -> None:
    """Make the indexes beside the running trade."""
    with op.get_context().autocommit_block():
        for name, table, columns in INDEXES:
            op.execute(f"create index concurrently if not exists {name} on {table} ({columns})")


def downgrade() -> None:
    """Drop the indexes."""
    for name, _, _ in INDEXES:
        op.drop_index(name)
