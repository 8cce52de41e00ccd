"""Bound what may wait for payment at once: keys by which an unpaid order counts.

Revision ID: 0180
Revises: 0144
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0180"
down_revision: str | None = "0150"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = ("phone", "network", "session")


def upgrade() -> None:
    """Add the keys; orders that are open already have none and do not count."""
    op.execute(
        "alter table orders add phone_key bigint, add network_key bigint,"
        " add session_key bigint, add unit_count integer not null default 0"
    )
    for kind in KINDS:
        op.execute(
            f"create index ix_orders_unpaid_{kind} on orders ({kind}_key)"
            " where status = 'PENDING_PAYMENT'"
        )


def downgrade() -> None:
    """Forget the keys."""
    op.execute(
        "alter table orders drop phone_key, drop network_key, drop session_key, drop unit_count"
    )
