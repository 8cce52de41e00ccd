"""The durable job queue (procrastinate), in the same database so that jobs commit with the work.

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

from procrastinate.schema import SchemaManager

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROLES = "tongshang_app, tongshang_engine"


def upgrade() -> None:
    """Create procrastinate's own schema and let both roles enqueue and work on jobs."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SchemaManager.get_schema())
    for table in ("jobs", "events", "periodic_defers", "workers"):
        op.execute(f"grant select, insert, update, delete on procrastinate_{table} to {ROLES}")
    op.execute(f"grant usage on all sequences in schema public to {ROLES}")


def downgrade() -> None:
    """The queue may hold promised work, so it is never dropped by a migration."""
    raise NotImplementedError("finish or move the jobs first")
