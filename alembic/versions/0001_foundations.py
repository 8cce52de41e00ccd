"""Tables, the functions that row-level security reads, policies, grants, audit and invariants.

Revision ID: 0001
Revises:
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SQL = Path(__file__).parent.parent / "sql"

SUPPLIER = "supplier_id = (select app_supplier())"
DISTRIBUTOR = "distributor_id = (select app_distributor())"
SHOPPER = "store_id = (select app_shopper_store())"
MERCHANT = "merchant_id = (select app_merchant())"
VIA_ORDER = (
    "((select app_scope()) = 'consumer' and exists (select 1 from orders o where o.id = order_id))"
)
VIA_PRODUCT = "exists (select 1 from products p where p.id = product_id)"
VIA_ROLE_OWNER = "(select app_may_here('roles:write')) and not is_built_in and "


def platform(resource: str, action: str = "read") -> str:
    """Return the condition that the platform acts and holds the permission."""
    return f"(select app_platform('{resource}:{action}'))"


ENGINE_ONLY = (
    "user_secrets",
    "user_sessions",
    "one_time_tokens",
    "consumer_secrets",
    "consumer_sessions",
    "idempotent_requests",
)
"""Tables on which ``tongshang_app`` holds no grant at all."""

READ: dict[str, list[str]] = {
    "users": [
        "id = (select app_user())",
        platform("staff"),
        "exists (select 1 from memberships m"
        " where m.user_id = users.id and m.merchant_id = (select app_merchant()))",
    ],
    "merchants": [
        "id = (select app_merchant())",
        platform("merchants"),
        "((select app_scope()) = 'distributor' and is_supplier and status = 'ACTIVE')",
    ],
    "merchant_details": [MERCHANT, platform("merchants")],
    "roles": [
        "(merchant_id is null and is_platform = ((select app_scope()) = 'platform'))",
        MERCHANT,
    ],
    "role_permissions": ["merchant_id is null", MERCHANT],
    "memberships": [
        "user_id = (select app_user())",
        MERCHANT,
        f"(merchant_id is null and {platform('staff')})",
        f"(merchant_id is not null and {platform('merchants')})",
    ],
    "api_keys": [f"({MERCHANT} and (select app_may_here('settings:read')))"],
    "categories": ["true"],
    "products": [
        SUPPLIER,
        platform("products"),
        "((select app_scope()) = 'distributor' and (exists (select 1 from pool_entries e"
        " where e.product_id = products.id) or exists (select 1 from listings l"
        " where l.product_id = products.id)))",
        "((select app_shopper_store()) is not null and exists (select 1 from listings l"
        " where l.product_id = products.id))",
    ],
    "product_images": [SUPPLIER, VIA_PRODUCT],
    "skus": [SUPPLIER, VIA_PRODUCT],
    "supply_prices": [
        SUPPLIER,
        platform("products"),
        f"((select app_scope()) = 'distributor' and {VIA_PRODUCT})",
    ],
    "sku_costs": [
        f"({SUPPLIER} and (select app_may('supplier:costs:read')))",
        platform("costs"),
    ],
    "stock": [SUPPLIER, VIA_PRODUCT],
    "stock_movements": [SUPPLIER, platform("products")],
    "pool_entries": [
        SUPPLIER,
        platform("products"),
        "((select app_scope()) = 'distributor' and status = 'APPROVED')",
    ],
    "freight_templates": [
        SUPPLIER,
        platform("products"),
        "(select app_scope()) in ('distributor', 'public', 'consumer')",
    ],
    "stores": [
        DISTRIBUTOR,
        platform("merchants"),
        platform("orders"),
        "((select app_scope()) in ('public', 'consumer')"
        " and (status = 'OPEN' or id = (select app_store())))",
    ],
    "listings": [DISTRIBUTOR, platform("products"), SHOPPER],
    "listing_skus": [DISTRIBUTOR, platform("products"), SHOPPER],
    "listing_sku_bases": [DISTRIBUTOR, platform("products")],
    "listing_changes": [DISTRIBUTOR],
    "carts": [SHOPPER],
    "cart_lines": ["exists (select 1 from carts c where c.id = cart_id)"],
    "consumers": ["id = (select app_consumer())", DISTRIBUTOR, platform("orders")],
    "consumer_addresses": ["consumer_id = (select app_consumer())"],
    "store_visits": [DISTRIBUTOR, SHOPPER, platform("analytics"), platform("dashboard")],
    "orders": [
        DISTRIBUTOR,
        platform("orders"),
        "consumer_id = (select app_consumer())",
    ],
    "order_addresses": [
        "exists (select 1 from orders o where o.id = order_id)",
        "((select app_scope()) = 'supplier' and exists (select 1 from supplier_orders s"
        " where s.order_id = order_addresses.order_id"
        " and s.status not in ('PENDING_PAYMENT', 'CLOSED')))",
    ],
    "supplier_orders": [SUPPLIER, DISTRIBUTOR, platform("orders"), VIA_ORDER],
    "order_lines": [DISTRIBUTOR, platform("orders"), VIA_ORDER],
    "fulfilment_lines": [SUPPLIER, DISTRIBUTOR, platform("orders")],
    "order_line_terms": [DISTRIBUTOR, platform("orders")],
    "order_events": [SUPPLIER, DISTRIBUTOR, platform("orders"), VIA_ORDER],
    "stock_reservations": [SUPPLIER, platform("orders")],
    "shipments": [SUPPLIER, DISTRIBUTOR, platform("orders"), VIA_ORDER],
    "shipment_lines": [
        SUPPLIER,
        "exists (select 1 from shipments s where s.id = shipment_id)",
    ],
    "tracking_events": [SUPPLIER, DISTRIBUTOR, platform("orders"), VIA_ORDER],
    "split_rules": [platform("rules")],
    "split_rule_versions": [platform("rules")],
    "payments": [DISTRIBUTOR, platform("payments"), VIA_ORDER],
    "payment_callbacks": [platform("payments")],
    "refunds": [DISTRIBUTOR, platform("payments"), VIA_ORDER],
    "splits": [MERCHANT, platform("ledger"), platform("payments")],
    "ledger_accounts": [MERCHANT, platform("ledger")],
    "account_balances": [MERCHANT, platform("ledger")],
    "ledger_transactions": [
        platform("ledger"),
        "((select app_merchant()) is not null"
        " and exists (select 1 from postings p where p.transaction_id = ledger_transactions.id))",
    ],
    "postings": [
        "from_merchant_id = (select app_merchant())",
        "to_merchant_id = (select app_merchant())",
        platform("ledger"),
    ],
    "audit_entries": [
        f"({MERCHANT} and (select app_may_here('audit:read'))"
        " and (table_name <> 'sku_costs' or (select app_may('supplier:costs:read')))"
        " and (table_name not in ('listings', 'listing_skus', 'stores')"
        " or (select app_scope()) = 'distributor'))",
        f"({platform('audit')} and (table_name <> 'sku_costs' or {platform('costs')}))",
    ],
    "notifications": [
        "(scope = (select app_scope()) and merchant_id is not distinct from"
        " (select app_merchant()) and (select app_scope()) in"
        " ('platform', 'supplier', 'distributor'))",
    ],
    "notification_reads": ["user_id = (select app_user())"],
    "saved_views": ["user_id = (select app_user())"],
    "platform_settings": ["true"],
}
"""Which rows ``tongshang_app`` may read: any of the conditions suffices."""

WRITE: dict[str, list[str]] = {
    "users": ["id = (select app_user())"],
    "merchants": [platform("merchants", "write")],
    "merchant_details": [
        f"({MERCHANT} and (select app_may_here('settings:write')))",
        platform("merchants", "write"),
    ],
    "roles": [
        f"({VIA_ROLE_OWNER} {MERCHANT})",
        f"({VIA_ROLE_OWNER} merchant_id is null and is_platform"
        " and (select app_scope()) = 'platform')",
    ],
    "role_permissions": [
        "(exists (select 1 from roles r where r.id = role_id and not r.is_built_in"
        " and r.merchant_id is not distinct from (select app_merchant())"
        " and r.is_platform = ((select app_scope()) = 'platform'))"
        " and (select app_may_here('roles:write'))"
        " and merchant_id is not distinct from (select app_merchant()))",
    ],
    "memberships": [
        f"({MERCHANT} and (select app_may_here('staff:write')))",
        f"(merchant_id is null and {platform('staff', 'write')})",
    ],
    "api_keys": [f"({MERCHANT} and (select app_may_here('settings:write')))"],
    "categories": [platform("categories", "write")],
    "products": [SUPPLIER],
    "product_images": [SUPPLIER],
    "skus": [SUPPLIER],
    "supply_prices": [SUPPLIER],
    "sku_costs": [f"({SUPPLIER} and (select app_may('supplier:costs:write')))"],
    "stock": [SUPPLIER],
    "stock_movements": [SUPPLIER],
    "pool_entries": [
        # A supplier submits and withdraws; only the platform approves.
        f"({SUPPLIER} and status in ('SUBMITTED', 'WITHDRAWN'))",
        platform("products", "write"),
    ],
    "freight_templates": [SUPPLIER],
    "stores": [DISTRIBUTOR],
    "listings": [DISTRIBUTOR],
    "listing_skus": [DISTRIBUTOR],
    "listing_sku_bases": [DISTRIBUTOR],
    "listing_changes": [DISTRIBUTOR],
    "carts": [SHOPPER],
    "cart_lines": ["exists (select 1 from carts c where c.id = cart_id)"],
    "consumers": ["id = (select app_consumer())"],
    "consumer_addresses": ["consumer_id = (select app_consumer())"],
    "store_visits": [SHOPPER],
    "split_rules": [platform("rules", "write")],
    "split_rule_versions": [platform("rules", "write")],
    "notification_reads": ["user_id = (select app_user())"],
    "saved_views": ["user_id = (select app_user())"],
    "platform_settings": [platform("settings", "write")],
}
"""Which rows ``tongshang_app`` may write. The trade's own tables are the engine's to write."""

UPDATE_FROM: dict[str, list[str]] = {
    # Withdrawing an approved product is the supplier's right, so the row before may be approved.
    "pool_entries": [SUPPLIER, platform("products", "write")],
}
"""Where the row before an update is judged by another condition than the row after."""

APPEND_ONLY = (
    "stock_movements",
    "order_events",
    "tracking_events",
    "split_rule_versions",
    "payment_callbacks",
    "ledger_transactions",
    "postings",
    "audit_entries",
)

AUDITED: dict[str, tuple[str, str]] = {
    # table: (columns that name the row, column of the merchant whose row it is)
    "users": ("id", ""),
    "merchants": ("id", "id"),
    "merchant_details": ("merchant_id", "merchant_id"),
    "roles": ("id", "merchant_id"),
    "role_permissions": ("role_id,permission", "merchant_id"),
    "memberships": ("id", "merchant_id"),
    "api_keys": ("id", "merchant_id"),
    "categories": ("id", ""),
    "products": ("id", "supplier_id"),
    "skus": ("id", "supplier_id"),
    "supply_prices": ("sku_id", "supplier_id"),
    "sku_costs": ("sku_id", "supplier_id"),
    "pool_entries": ("product_id", "supplier_id"),
    "freight_templates": ("id", "supplier_id"),
    "stores": ("id", "distributor_id"),
    "listings": ("id", "distributor_id"),
    "listing_skus": ("listing_id,sku_id", "distributor_id"),
    "split_rules": ("id", ""),
    "platform_settings": ("key", ""),
}


def upgrade() -> None:
    """Build the whole of the first schema."""
    for name in ("tables", "functions"):
        _run_file(SQL / f"0001_{name}.sql")
    _grants()
    for table in READ:
        _policies(table)
    for table in ENGINE_ONLY:
        _guard(table)
    for table, (key, merchant) in AUDITED.items():
        _audit(table, key, merchant)


def downgrade() -> None:
    """There is nothing before the first schema."""
    raise NotImplementedError("drop the database instead")


def _run_file(path: Path) -> None:
    # Without parameters the driver leaves % alone and takes many statements at once.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(path.read_text(encoding="utf-8"))


def _grants() -> None:
    op.execute("grant usage on schema public to tongshang_app, tongshang_engine")
    op.execute(
        "grant select, insert, update, delete on all tables in schema public to tongshang_engine"
    )
    op.execute("grant usage on all sequences in schema public to tongshang_engine")
    op.execute("grant select on shelf_items to tongshang_app")
    for table in READ:
        op.execute(f"grant select on {table} to tongshang_app")
    for table in WRITE:
        op.execute(f"grant insert, update, delete on {table} to tongshang_app")
    for table in APPEND_ONLY:
        op.execute(f"revoke update, delete on {table} from tongshang_app, tongshang_engine")
    # The trail is written by triggers alone.
    op.execute("revoke insert on audit_entries from tongshang_app")


def _guard(table: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy engine on {table} to tongshang_engine using (true) with check (true)"
    )


def _policies(table: str) -> None:
    _guard(table)
    op.execute(
        f"create policy app_read on {table} for select to tongshang_app"
        f" using ({' or '.join(READ[table])})"
    )
    if table not in WRITE:
        return
    after = " or ".join(WRITE[table])
    before = " or ".join(UPDATE_FROM.get(table, WRITE[table]))
    op.execute(
        f"create policy app_insert on {table} for insert to tongshang_app with check ({after})"
    )
    op.execute(
        f"create policy app_update on {table} for update to tongshang_app"
        f" using ({before}) with check ({after})"
    )
    op.execute(f"create policy app_delete on {table} for delete to tongshang_app using ({before})")


def _audit(table: str, key: str, merchant: str) -> None:
    for event, transition in (
        ("insert", "new table as after_rows"),
        ("update", "old table as before_rows new table as after_rows"),
        ("delete", "old table as before_rows"),
    ):
        op.execute(
            f"create trigger audit_{event} after {event} on {table}"
            f" referencing {transition} for each statement"
            f" execute function audit_{event}('{key}', '{merchant}')"
        )
