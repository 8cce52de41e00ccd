"""Let the trail of a bulk update cost the same for each row, whatever a connection did before.

Revision ID: 0150
Revises: 0144
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0150"
down_revision: str | None = "0144"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FUNCTIONS = ("audit_insert", "audit_update", "audit_delete")
"""Every function behind a trigger with transition tables."""

# A statement of a function is read once in a connection, and believes from then on that transition
# tables are as large as they were at that time. After an upsert that changed nothing a join of the
# rows before and after was planned for no rows at all, and compared each with each. Rows that are
# grouped by their key are sorted or hashed, however many there are.
UPDATE = """\
create or replace function audit_update() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan as $$
begin
    insert into audit_entries (scope, user_id, acting_merchant_id, merchant_id, table_name,
                               row_id, action, before, after)
    select app_scope(), app_user(), app_merchant(), (new_line ->> tg_argv[1])::uuid,
           tg_table_name, row_key, 'update', audit_difference(old_line, new_line), changed
    from (select row_key, old_line, new_line, audit_difference(new_line, old_line) as changed
          from (select audit_key(line, tg_argv[0]) as row_key,
                       (array_agg(line) filter (where not is_new))[1] as old_line,
                       (array_agg(line) filter (where is_new))[1] as new_line
                from (select to_jsonb(r) as line, true as is_new from after_rows r
                      union all
                      select to_jsonb(r), false from before_rows r) as rows
                group by 1) as pairs
          where old_line is not null and new_line is not null
          offset 0) as differing
    where changed <> '{}';
    return null;
end $$"""

BEFORE = """\
create or replace function audit_update() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into audit_entries (scope, user_id, acting_merchant_id, merchant_id, table_name,
                               row_id, action, before, after)
    select app_scope(), app_user(), app_merchant(), (new_line ->> tg_argv[1])::uuid,
           tg_table_name, row_key, 'update',
           audit_difference(old_line, new_line), audit_difference(new_line, old_line)
    from (select to_jsonb(r) as new_line, audit_key(to_jsonb(r), tg_argv[0]) as row_key
          from after_rows r) as n
    join (select to_jsonb(r) as old_line, audit_key(to_jsonb(r), tg_argv[0]) as row_key
          from before_rows r) as o using (row_key)
    where audit_difference(new_line, old_line) <> '{}';
    return null;
end $$"""


def upgrade() -> None:
    """Group rows by their key, and plan for any number of them."""
    op.execute(UPDATE)
    for function in FUNCTIONS:
        op.execute(f"alter function {function}() set plan_cache_mode = force_generic_plan")


def downgrade() -> None:
    """Join the rows before and after again."""
    op.execute(BEFORE)
    for function in FUNCTIONS:
        op.execute(f"alter function {function}() reset plan_cache_mode")
