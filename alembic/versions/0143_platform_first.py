"""Let the platform read addresses without a look at each one's order.

Whoever may read all orders may read all addresses: what was decided by each order, with the same
outcome, is decided once for a statement.

Revision ID: 0143
Revises: 0142
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0143"
down_revision: str | None = "0142"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PLATFORM = "(select app_platform('orders:read'))"
READERS = (
    "exists (select 1 from orders o where o.id = order_addresses.order_id)"
    " or (select app_scope()) = 'supplier' and exists (select 1 from supplier_orders s"
    " where s.order_id = order_addresses.order_id"
    " and s.status not in ('PENDING_PAYMENT', 'CLOSED'))"
)


def upgrade() -> None:
    """Ask first whether all may be read."""
    op.execute(f"alter policy app_read on order_addresses using ({PLATFORM} or {READERS})")


def downgrade() -> None:
    """Ask each order again."""
    op.execute(f"alter policy app_read on order_addresses using ({READERS})")
