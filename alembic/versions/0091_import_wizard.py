"""Let an import be prepared in the console: its files, its mapping, its progress.

Revision ID: 0091
Revises: 0090
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0091"
down_revision: str | None = "0090"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = "'DRAFT', 'CHECKING', 'CHECKED', 'QUEUED', 'RUNNING', 'DONE', 'STOPPED', 'CANCELLED'"

READ = "(select app_platform('imports:read'))"


def upgrade() -> None:
    """Add the wizard's columns, and the permission that reads imports."""
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "alter table import_runs drop constraint ck_import_runs_state_known,"
        f" add constraint ck_import_runs_state_known check (state in ({STATES})),"
        " alter source set default '', alter fingerprint set default '',"
        " add is_wizard boolean not null default false,"
        " add files jsonb not null default '[]',"
        " add mapping_name varchar(80) not null default '',"
        " add mapping text not null default '',"
        " add progress jsonb not null default '{}',"
        " add asked_at timestamptz, add beat_at timestamptz, add cancel_at timestamptz"
    )
    op.execute(
        "create index ix_import_runs_under_way on import_runs (state)"
        " where state in ('CHECKING', 'QUEUED', 'RUNNING')"
    )
    for table in ("import_runs", "import_steps", "import_problems"):
        op.execute(f"alter policy app_read on {table} using ({READ})")


def downgrade() -> None:
    """Imports that are being prepared would be in no known state."""
    raise NotImplementedError("restore a backup instead")
