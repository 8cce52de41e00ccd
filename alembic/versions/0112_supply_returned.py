"""Let a supplier know what of its share each line gave back; the terms of a line are not its own.

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
    """Add the column, as the terms have it."""
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "alter table fulfilment_lines add supply_returned_cents bigint not null default 0"
    )
    op.execute(
        "update fulfilment_lines f set supply_returned_cents = t.supply_returned_cents"
        " from order_line_terms t where t.line_id = f.line_id and t.supply_returned_cents <> 0"
    )


def downgrade() -> None:
    """Drop the column."""
    op.execute("alter table fulfilment_lines drop column supply_returned_cents")
