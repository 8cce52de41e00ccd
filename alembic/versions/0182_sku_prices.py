"""Take a SKU off sale that would lose money, and leave the rest of its listing on sale.

Revision ID: 0182
Revises: 0181
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "0182"
down_revision: str | None = "0160"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SQL = Path(__file__).parent.parent / "sql" / "0182_shelf_prices.sql"


def upgrade() -> None:
    """Mark the SKUs; until they are judged anew all SKUs of a marked listing are off sale."""
    op.execute("alter table listing_skus add needs_price boolean not null default false")
    op.execute(
        "update listing_skus s set needs_price = true from listings l"
        " where l.id = s.listing_id and l.status = 'NEEDS_REPRICE'"
    )
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Forget the marks; the shelf's function of before reads none."""
    before = SQL.with_name("0030_shelf_lock.sql").read_text(encoding="utf-8")
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(before)
    op.execute("alter table listing_skus drop needs_price")
