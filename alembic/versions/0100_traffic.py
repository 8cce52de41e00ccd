"""Count what visitors do by source, product and search, and let orders carry their visit.

Revision ID: 0100
Revises: 0087
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0100"
down_revision: str | None = "0087"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OWN = "distributor_id = (select app_distributor())"
SUPPLIED = "supplier_id = (select app_supplier())"
PLATFORM = "(select app_platform('analytics:read')) or (select app_platform('dashboard:read'))"

_VISITS = (
    "alter table store_visits"
    " add column searches integer not null default 0,"
    " add column orders integer not null default 0,"
    " add column source varchar(60) not null default '',"
    " add column medium varchar(20) not null default '',"
    " add column campaign varchar(60) not null default '',"
    " add column device varchar(8) not null default 'computer'"
    "  constraint ck_store_visits_device_known check (device in ('phone', 'computer')),"
    " add column is_new boolean not null default true",
    "create index ix_store_visits_day on store_visits (day)",
)

_STORE = (
    "store_id uuid not null constraint fk_{0}_store_id references stores (id),"
    " distributor_id uuid not null constraint fk_{0}_distributor_id references merchants (id),"
)
_WHENCE = (
    " source varchar(60) not null default '', medium varchar(20) not null default '',"
    " campaign varchar(60) not null default '',"
)

_TABLES = {
    "store_product_traffic": _STORE + " day varchar(10) not null,"
    " product_id uuid not null constraint fk_{0}_product_id references products (id),"
    " supplier_id uuid not null constraint fk_{0}_supplier_id references merchants (id),"
    " views integer not null default 0, cart_adds integer not null default 0,"
    " buyers integer not null default 0,"
    " constraint pk_{0} primary key (store_id, day, product_id)",
    "store_searches": _STORE + " day varchar(10) not null, term varchar(60) not null,"
    " count integer not null default 0, results integer not null default 0,"
    " constraint pk_{0} primary key (store_id, day, term)",
    "store_sources": _STORE + " day varchar(10) not null," + _WHENCE + " visitors integer"
    " not null default 0, orders integer not null default 0, paid_cents bigint not null default 0,"
    " constraint pk_{0} primary key (store_id, day, source, medium, campaign)",
    "order_visits": "order_id uuid not null constraint pk_{0} primary key"
    " constraint fk_{0}_order_id references orders (id) on delete cascade,"
    # Store and distributor are the order's own, which holds their references.
    " store_id uuid not null, distributor_id uuid not null, day varchar(10) not null,"
    + _WHENCE
    + " device varchar(8) not null default 'computer'"
    " constraint ck_{0}_device_known check (device in ('phone', 'computer'))",
    "store_campaigns": "id uuid not null constraint pk_{0} primary key, "
    + _STORE.replace("stores (id)", "stores (id) on delete cascade")
    + " code varchar(12) not null, name varchar(60) not null, source varchar(60) not null,"
    " medium varchar(20) not null, created_at timestamptz not null default now(),"
    " ended_at timestamptz",
}
_INDEXES = (
    "index ix_store_product_traffic_distributor on store_product_traffic (distributor_id, day)",
    "index ix_store_product_traffic_supplier on store_product_traffic (supplier_id, day)",
    "index ix_store_searches_distributor on store_searches (distributor_id, day)",
    "index ix_store_sources_distributor on store_sources (distributor_id, day)",
    "index ix_order_visits_day on order_visits (day, distributor_id)",
    "unique index uq_store_campaigns_code on store_campaigns (store_id, code)",
    "index ix_store_campaigns_distributor on store_campaigns (distributor_id)",
)


def upgrade() -> None:
    """Widen the visits, create the tables with their policies, and close the visits to shoppers.

    Visits are written by the engine in rounds for all stores, no longer by each visitor's request.
    """
    op.execute("set local lock_timeout = '5s'")
    for statement in _VISITS:
        op.execute(statement)
    for table, columns in _TABLES.items():
        op.execute(f"create table {table} ({columns.format(table)})")
    for index in _INDEXES:
        op.execute(f"create {index}")
    for table in _TABLES:
        also = f" or {SUPPLIED}" if table == "store_product_traffic" else ""
        _guard(table, f"{OWN} or {PLATFORM}{also}")
    _write("store_campaigns")
    _close_visits(f"{OWN} or {PLATFORM}")


def _guard(table: str, readers: str) -> None:
    op.execute(f"grant select on {table} to tongshang_app")
    op.execute(f"grant select, insert, update, delete on {table} to tongshang_engine")
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy engine on {table} to tongshang_engine using (true) with check (true)"
    )
    op.execute(f"create policy app_read on {table} for select to tongshang_app using ({readers})")


def _write(table: str) -> None:
    op.execute(f"grant insert, update on {table} to tongshang_app")
    op.execute(
        f"create policy app_insert on {table} for insert to tongshang_app with check ({OWN})"
    )
    op.execute(
        f"create policy app_update on {table} for update to tongshang_app"
        f" using ({OWN}) with check ({OWN})"
    )


def _close_visits(readers: str) -> None:
    for verb in ("insert", "update", "delete"):
        op.execute(f"drop policy app_{verb} on store_visits")
    op.execute("revoke insert, update, delete on store_visits from tongshang_app")
    op.execute("drop policy app_read on store_visits")
    op.execute(
        f"create policy app_read on store_visits for select to tongshang_app using ({readers})"
    )


def downgrade() -> None:
    """Drop what was counted by source, product and search; visitors' requests count again."""
    for table in reversed(_TABLES):
        op.execute(f"drop table {table}")
    op.execute("drop index ix_store_visits_day")
    op.execute(
        "alter table store_visits drop column searches, drop column orders, drop column source,"
        " drop column medium, drop column campaign, drop column device, drop column is_new"
    )
    shopper = "store_id = (select app_shopper_store())"
    op.execute("drop policy app_read on store_visits")
    op.execute(
        "create policy app_read on store_visits for select to tongshang_app"
        f" using ({OWN} or {shopper} or {PLATFORM})"
    )
    op.execute("grant insert, update, delete on store_visits to tongshang_app")
    op.execute(
        f"create policy app_insert on store_visits for insert to tongshang_app with check ({shopper})"
    )
    op.execute(
        "create policy app_update on store_visits for update to tongshang_app"
        f" using ({shopper}) with check ({shopper})"
    )
    op.execute(
        f"create policy app_delete on store_visits for delete to tongshang_app using ({shopper})"
    )
