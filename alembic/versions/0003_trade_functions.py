"""What the one-statement writes of the trade need: a refusal from within, and row identifiers.

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REFUSE = """
create function refuse(reason text) returns boolean language plpgsql volatile as $$
begin
    raise exception '%', reason;
end $$
"""


def upgrade() -> None:
    """Create the two functions."""
    op.execute(REFUSE)
    version = int(op.get_bind().exec_driver_sql("show server_version_num").scalar_one())
    # From PostgreSQL 18 on identifiers made by the server are time-ordered as well.
    maker = "uuidv7()" if version >= 180_000 else "gen_random_uuid()"
    op.execute(f"create function new_uuid() returns uuid language sql volatile as 'select {maker}'")


def downgrade() -> None:
    """Remove the two functions."""
    op.execute("drop function new_uuid()")
    op.execute("drop function refuse(text)")
