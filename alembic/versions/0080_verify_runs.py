"""Keep the reports of verify runs that the platform asked for.

Revision ID: 0080
Revises: 0070
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0080"
down_revision: str | None = "0070"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the table; the platform's staff read and ask, the worker writes what it found."""
    op.execute(
        "create table verify_runs (id uuid primary key, requested_by uuid references users (id),"
        " requested_at timestamptz not null default now(), finished_at timestamptz, ok boolean,"
        " checks jsonb not null default '[]')"
    )
    op.execute("create index ix_verify_runs_requested_at on verify_runs (requested_at desc)")
    op.execute("grant select, insert on verify_runs to tongshang_app")
    op.execute("grant select, insert, update, delete on verify_runs to tongshang_engine")
    op.execute("alter table verify_runs enable row level security")
    op.execute("alter table verify_runs force row level security")
    op.execute(
        "create policy engine on verify_runs to tongshang_engine using (true) with check (true)"
    )
    op.execute(
        "create policy app_read on verify_runs for select to tongshang_app"
        " using ((select app_platform('system:read')))"
    )
    op.execute(
        "create policy app_insert on verify_runs for insert to tongshang_app"
        " with check ((select app_platform('system:write')) and finished_at is null)"
    )


def downgrade() -> None:
    """Drop the reports; they can be made again."""
    op.execute("drop table verify_runs")
