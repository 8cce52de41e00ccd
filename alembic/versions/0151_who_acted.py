"""Name the person behind refunds, orders, payments, parcels and rule versions.

Revision ID: 0151
Revises: 0150
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0151"
down_revision: str | None = "0181"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALL = ("insert", "update", "delete")
CHANGED = ("update", "delete")
"""Orders and payments are made by buyers, and what makes them says so itself."""

AUDITED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # table: (columns that name the row, column of the merchant whose row it is, what is noted)
    "orders": ("id", "distributor_id", CHANGED),
    "supplier_orders": ("id", "supplier_id", CHANGED),
    "payments": ("id", "distributor_id", CHANGED),
    "refunds": ("id", "distributor_id", ALL),
    "shipments": ("id", "supplier_id", ALL),
    "split_rule_versions": ("rule_id,version", "", ALL),
    "product_images": ("id", "supplier_id", ALL),
    "store_terms": ("store_id", "distributor_id", ALL),
    "store_campaigns": ("id", "distributor_id", ALL),
    "saved_views": ("id", "merchant_id", ALL),
    "one_time_tokens": ("id", "merchant_id", ALL),
}
IN_A_WORKSPACE = "current_setting('app.scope', true) in ('platform', 'supplier', 'distributor')"
"""Buyers, providers and the clock write these tables by the thousand; the trail is of people at
work and of their programs, so that it costs the others nothing."""

OF_DISTRIBUTORS = (
    "'listings', 'listing_skus', 'stores', 'listing_terms', 'orders', 'payments', 'refunds',"
    " 'store_terms', 'store_campaigns'"
)
OF_DISTRIBUTORS_BEFORE = "'listings', 'listing_skus', 'stores', 'listing_terms'"
READS_AUDIT = (
    "(merchant_id = (select app_merchant()) and (select app_may_here('audit:read'))"
    " and (table_name <> 'sku_costs' or (select app_may('supplier:costs:read')))"
    " and (table_name not in ({tables}) or (select app_scope()) = 'distributor')"
    " and (table_name not in ('supplier_orders', 'shipments')"
    "  or (select app_scope()) = 'supplier'))"
    " or ((select app_platform('audit:read'))"
    "  and (table_name <> 'sku_costs' or (select app_platform('costs:read'))))"
)

# An amount is nothing without its currency, which seldom changes itself.
UPDATE = """\
create or replace function audit_update() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan as $$
begin
    insert into audit_entries (scope, user_id, acting_merchant_id, merchant_id, table_name,
                               row_id, action, before, after)
    select app_scope(), app_user(), app_merchant(), (new_line ->> tg_argv[1])::uuid,
           tg_table_name, row_key, 'update',
           audit_of(old_line, audit_difference(old_line, new_line)), audit_of(new_line, changed)
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

OF = """\
create function audit_of(line jsonb, part jsonb) returns jsonb
    language sql immutable parallel safe
    as $$ select case when line ? 'currency' and part::text like '%_cents"%'
                      then part || jsonb_build_object('currency', line -> 'currency')
                      else part end - 'secret_hash' - 'token_hash' $$"""

WHOLE = """\
create or replace function audit_{event}() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan as $$
begin
    insert into audit_entries
        (scope, user_id, acting_merchant_id, merchant_id, table_name, row_id, action, {side})
    select app_scope(), app_user(), app_merchant(), (line ->> tg_argv[1])::uuid,
           tg_table_name, audit_key(line, tg_argv[0]), '{event}',
           line - 'search_grams' - 'secret_hash'{hidden}
    from (select to_jsonb(r) as line from {side}_rows r) as rows;
    return null;
end $$"""
SIDES = {"insert": "after", "delete": "before"}

# The stock of a SKU moves with every order; that a person set when to warn is told row by row,
# and looked at only by statements that set it.
STOCK = """\
create function audit_stock_warning() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into audit_entries (scope, user_id, acting_merchant_id, merchant_id, table_name,
                               row_id, action, before, after)
    values (app_scope(), app_user(), app_merchant(), new.supplier_id, 'stock', new.sku_id::text,
            'update', jsonb_build_object('low_at', old.low_at),
            jsonb_build_object('low_at', new.low_at));
    return null;
end $$"""

ROWS = {
    "insert": "new table as after_rows",
    "update": "old table as before_rows new table as after_rows",
    "delete": "old table as before_rows",
}


def upgrade() -> None:
    """Let rows take the person from their transaction, and note what people in a workspace do."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table refunds add column actor_scope varchar(12) default app_scope()")
    op.execute("alter table refunds add column actor_user_id uuid default app_user()")
    op.execute("alter table order_events alter column actor_user_id set default app_user()")
    op.execute(OF)
    op.execute(UPDATE)
    for event, side in SIDES.items():
        op.execute(WHOLE.format(event=event, side=side, hidden=" - 'token_hash'"))
    for table, (key, merchant, events) in AUDITED.items():
        for event in events:
            op.execute(
                f"create trigger audit_{event} after {event} on {table}"
                f" referencing {ROWS[event]} for each statement when ({IN_A_WORKSPACE})"
                f" execute function audit_{event}('{key}', '{merchant}')"
            )
    op.execute(STOCK)
    op.execute("grant create on schema public to tongshang_engine")
    op.execute("alter function audit_stock_warning() owner to tongshang_engine")
    op.execute("revoke create on schema public from tongshang_engine")
    op.execute(
        "create trigger audit_warning after update of low_at on stock for each row"
        f" when (old.low_at <> new.low_at and {IN_A_WORKSPACE})"
        " execute function audit_stock_warning()"
    )
    policy = READS_AUDIT.format(tables=OF_DISTRIBUTORS)
    op.execute(f"alter policy app_read on audit_entries using ({policy})")


def downgrade() -> None:
    """Note nothing of these tables again."""
    policy = READS_AUDIT.format(tables=OF_DISTRIBUTORS_BEFORE)
    op.execute(f"alter policy app_read on audit_entries using ({policy})")
    op.execute("drop trigger audit_warning on stock")
    op.execute("drop function audit_stock_warning()")
    for table, (_, _, events) in AUDITED.items():
        for event in events:
            op.execute(f"drop trigger audit_{event} on {table}")
    for event, side in SIDES.items():
        op.execute(WHOLE.format(event=event, side=side, hidden=""))
    update = UPDATE.replace("audit_of(old_line, audit_difference(old_line, new_line))",
                            "audit_difference(old_line, new_line)")  # fmt: skip
    op.execute(update.replace("audit_of(new_line, changed)", "changed"))
    op.execute("drop function audit_of(jsonb, jsonb)")
    op.execute("alter table order_events alter column actor_user_id drop default")
    op.execute("alter table refunds drop column actor_user_id")
    op.execute("alter table refunds drop column actor_scope")
