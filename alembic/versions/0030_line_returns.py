"""Keep what each party returned of each line; let shelves be refreshed by several at once.

Revision ID: 0030
Revises: 0010
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "0030"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SQL = Path(__file__).parent.parent / "sql" / "0030_shelf_lock.sql"

SHARES = ("supply", "commission", "payment_fee", "margin")


def upgrade() -> None:
    """Add the four amounts with their limits; replace the function that writes shelf rows."""
    columns = ", ".join(
        f"add column {share}_returned_cents bigint not null default 0,"
        f" add constraint ck_order_line_terms_{share}_returned check ({share}_returned_cents"
        f" between least({share}_cents, 0) and greatest({share}_cents, 0))"
        for share in SHARES
    )
    op.execute(f"alter table order_line_terms {columns}")
    # A share may be the sum of lines in which the platform earns and lines to which it adds, so
    # that returning some of them passes its amount. The lines' own limits above are exact.
    op.execute("alter table splits drop constraint ck_splits_reversal")
    # So that of many open payments those are asked about first that were not for the longest time.
    op.execute("alter table payments add column asked_at timestamptz")
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refunds since the upgrade would lose the lines that they were taken from."""
    raise NotImplementedError("restore a backup instead")
