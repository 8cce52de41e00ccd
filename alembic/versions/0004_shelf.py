"""Let the shelf count sales by an index instead of reading all order lines.

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SQL = Path(__file__).parent.parent / "sql" / "0004_shelf.sql"


def upgrade() -> None:
    """Replace the function that writes shelf rows."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    """The earlier form differs only in speed, so it is not restored."""
