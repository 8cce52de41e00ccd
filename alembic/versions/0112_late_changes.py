"""What changes late: what a supplier's line gave back, which its terms hide, and failed refunds.

Revision ID: 0112
Revises: 0111
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0112"
down_revision: str | None = "0111"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns; when a refund failed before this, nobody knows."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table fulfilment_lines add supply_returned_cents bigint not null default 0")
    # Row-level security is forced, so that an owner who is no superuser would change nothing.
    op.execute("set local role tongshang_engine")
    op.execute(
        "update fulfilment_lines f set supply_returned_cents = t.supply_returned_cents"
        " from order_line_terms t where t.line_id = f.line_id and t.supply_returned_cents <> 0"
    )
    op.execute("reset role")
    op.execute("alter table refunds add failed_at timestamptz")
    op.execute("create index ix_refunds_failed on refunds (failed_at) where failed_at is not null")


def downgrade() -> None:
    """Drop the columns."""
    op.execute("alter table refunds drop column failed_at")
    op.execute("alter table fulfilment_lines drop column supply_returned_cents")
