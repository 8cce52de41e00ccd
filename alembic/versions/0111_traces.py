"""Indexes by which the analytics find what moved lately, and a customer's earlier orders.

Revision ID: 0111
Revises: 0110
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0111"
down_revision: str | None = "0110"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (
    # Only ever added to, in the order of time, so that a few pages stand for all.
    ("ix_order_events_created", "order_events using brin (created_at) with (pages_per_range = 16)"),
    ("ix_postings_created", "postings using brin (created_at) with (pages_per_range = 16)"),
    ("ix_order_addresses_phone", "order_addresses (phone)"),
    (
        "ix_supplier_orders_paid",
        "supplier_orders (supplier_id, paid_at desc) where paid_at is not null",
    ),
)


def upgrade() -> None:
    """Make the indexes beside the running trade."""
    with op.get_context().autocommit_block():
        for name, on in INDEXES:
            op.execute(f"create index concurrently if not exists {name} on {on}")


def downgrade() -> None:
    """Drop the indexes."""
    for name, _ in INDEXES:
        op.drop_index(name)
