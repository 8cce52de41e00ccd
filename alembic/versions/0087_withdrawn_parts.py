"""Say by whom a part was withdrawn before its supplier took it, so that it is no refusal.

Revision ID: 0087
Revises: 0086
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0087"
down_revision: str | None = "0086"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column and fill it from the events; a refusal by the supplier leaves it empty."""
    op.execute("alter table supplier_orders add column withdrawn_by varchar(8)")
    op.execute("set local role tongshang_engine")
    op.execute(
        "update supplier_orders s set withdrawn_by = case e.actor_scope"
        "  when 'platform' then 'platform' when 'distributor' then 'store' else 'buyer' end"
        " from order_events e where e.order_id = s.order_id and e.supplier_order_id = s.id"
        " and e.to_status = 'REJECTED' and e.kind in ('CANCELLED', 'WITHDRAWN')"
        " and s.status = 'REJECTED'"
    )
    op.execute("reset role")
    op.execute(
        "alter table supplier_orders add constraint ck_supplier_orders_withdrawn_by_known"
        " check (withdrawn_by is null"
        "  or withdrawn_by in ('buyer', 'store', 'platform') and status = 'REJECTED')"
    )


def downgrade() -> None:
    """Forget it; the events still tell."""
    op.execute("alter table supplier_orders drop column withdrawn_by")
