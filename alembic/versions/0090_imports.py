"""Tell imported history from live trade; keep where it came from; reviews; the import's journal.

Revision ID: 0090
Revises: 0087
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "0090"
down_revision: str | None = "0087"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SQL = Path(__file__).parent.parent / "sql" / "0090_imports.sql"

OPERATOR = "(select app_platform('system:read'))"

READ: dict[str, str] = {
    "reviews": "distributor_id = (select app_distributor())"
    " or (select app_platform('orders:read'))"
    " or ((select app_scope()) = 'consumer'"
    "  and exists (select 1 from orders o where o.id = order_id))"
    # A supplier reads what was said of orders that it had a part in, and of its own products.
    " or ((select app_scope()) = 'supplier' and (supplier_id is null"
    "  or supplier_id = (select app_supplier())) and exists (select 1 from supplier_orders s"
    "  where s.order_id = reviews.order_id and s.supplier_id = (select app_supplier())))",
    "external_ids": OPERATOR,
    "import_runs": OPERATOR,
    "import_steps": OPERATOR,
    "import_problems": OPERATOR,
}
"""Which rows ``tongshang_app`` may read; all of them are the engine's to write."""


def upgrade() -> None:
    """Add columns and tables, their policies, and the guard of what is history."""
    op.execute("set local lock_timeout = '5s'")
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SQL.read_text(encoding="utf-8"))
    for table, condition in READ.items():
        _protect(table, condition)
    # Bringing reviews is in the import's journal; changing or removing one is in the trail.
    for event, rows in (
        ("update", "old table as before_rows new table as after_rows"),
        ("delete", "old table as before_rows"),
    ):
        op.execute(
            f"create trigger audit_{event} after {event} on reviews referencing {rows}"
            f" for each statement execute function audit_{event}('id', 'distributor_id')"
        )


def _protect(table: str, condition: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to tongshang_engine")
    op.execute(f"grant select on {table} to tongshang_app")
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy engine on {table} to tongshang_engine using (true) with check (true)"
    )
    op.execute(f"create policy app_read on {table} for select to tongshang_app using ({condition})")


def downgrade() -> None:
    """Imported orders would look like live ones that break the rules."""
    raise NotImplementedError("restore a backup instead")
