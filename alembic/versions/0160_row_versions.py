"""Give every record that people edit a version, so that a stale form is known as one.

Revision ID: 0160
Revises: 0144
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0160"
down_revision: str | None = "0185"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EDITED = (
    "analyses",
    "categories",
    "freight_templates",
    "import_runs",
    "listings",
    "platform_settings",
    "products",
    "report_schedules",
    "roles",
    "split_rules",
    "stores",
)

RAISE = """
create function raise_row_version() returns trigger language plpgsql as $$
begin
    new.row_version := old.row_version + 1;
    return new;
end $$
"""

DIFFERENCE = """
create or replace function audit_difference(one jsonb, other jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select coalesce(jsonb_object_agg(key, value), '{{}}')
          from jsonb_each(one) where other -> key is distinct from value
          and key not in ({never}) $$
"""
NEVER = ("updated_at", "last_seen_at", "last_workspace", "last_used_at", "search_grams")


def upgrade() -> None:
    """Add the versions and what raises them; the audit trail does not tell of them."""
    op.execute("set local lock_timeout = '10s'")
    op.execute(RAISE)
    for table in EDITED:
        op.execute(f"alter table {table} add row_version integer not null default 1")
        op.execute(
            f"create trigger raise_row_version before update on {table} for each row"
            " when (old.* is distinct from new.*) execute function raise_row_version()"
        )
    _difference((*NEVER, "row_version"))


def downgrade() -> None:
    """Forget the versions."""
    _difference(NEVER)
    for table in EDITED:
        op.execute(f"drop trigger raise_row_version on {table}")
        op.execute(f"alter table {table} drop row_version")
    op.execute("drop function raise_row_version()")


def _difference(never: Sequence[str]) -> None:
    op.execute(DIFFERENCE.format(never=", ".join(f"'{name}'" for name in never)))
