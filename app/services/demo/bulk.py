"""``tongshang seed``: a market of any size, deterministic, a few statements for each table."""

import asyncio
import os
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.access import SYSTEM
from app.kit.clock import now
from app.kit.db import Database, database, use_database
from app.services.demo.behaviour import write_behaviour
from app.services.demo.history import CHUNK, Span, take_numbers, write_history
from app.services.engine import engine_transaction
from app.services.rulebook import RAISE_REVISION_SQL

LISTED_PER_STORE = 200
SKUS_PER_PRODUCT = 2
DAYS = 365
VISITED = timedelta(days=30)
"""For so long before the end visitors are made, which no benchmark needs for longer."""

VISITORS = 5
WRITERS = min(4, os.cpu_count() or 1)

_STATEMENTS = (
    "create temporary table t_run on commit drop as"
    " select (select count(*) from merchants) as base, substr(md5(random()::text), 1, 6) as tag",
    "insert into categories (id, slug, name_zh, name_en, position) select new_uuid(), 'bulk', '综合',"
    " 'General', 99 where not exists (select 1 from categories where slug = 'bulk')",
    "insert into merchants (id, code, name, is_supplier, is_distributor, is_self_operated, status,"
    " settle_days) select new_uuid(), 'bs-' || t.base || '-' || i, '供应商 ' || i, true, false,"
    " false, 'ACTIVE', 7 from t_run t, generate_series(1, :suppliers) i",
    "insert into merchants (id, code, name, is_supplier, is_distributor, is_self_operated, status,"
    " settle_days) select new_uuid(), 'bd-' || t.base || '-' || i, '分销商 ' || i, false, true,"
    " false, 'ACTIVE', 7 from t_run t, generate_series(1, :distributors) i",
    "create temporary table t_supplier on commit drop as select m.id,"
    " row_number() over (order by length(m.code), m.code) - 1 as n"
    " from merchants m, t_run t where m.code like 'bs-' || t.base || '-%'",
    "create temporary table t_distributor on commit drop as select m.id,"
    " row_number() over (order by length(m.code), m.code) - 1 as n"
    " from merchants m, t_run t where m.code like 'bd-' || t.base || '-%'",
    "insert into ledger_accounts (id, merchant_id, role, kind) select new_uuid(), m.id, role, kind"
    " from (select id from t_supplier union all select id from t_distributor) m"
    " cross join unnest(array['supplier', 'distributor']) role"
    " cross join unnest(array['PENDING', 'AVAILABLE', 'IN_PAYOUT', 'PAID_OUT']) kind",
    "insert into ledger_accounts (id, role, kind) select new_uuid(), 'platform', kind"
    " from unnest(array['CLEARING', 'COMMISSION', 'PAYMENT_FEE', 'MARKETING', 'UNALLOCATED']) kind"
    " on conflict do nothing",
    "insert into split_rules (id, position, name, is_active) select new_uuid(), 1000, '默认费率', true"
    " where not exists (select 1 from split_rules)",
    "insert into split_rule_versions (id, rule_id, version, base, after_discount, rate_bps,"
    " fee_bearer, payment_fee_bps, keeps_commission_on_refund)"
    " select new_uuid(), r.id, 1, 'GOODS', true, 500, 'DISTRIBUTOR', 60, false from split_rules r"
    " where not exists (select 1 from split_rule_versions v where v.rule_id = r.id)",
    "insert into freight_templates (id, supplier_id, name, is_default, first_cents,"
    " additional_cents, free_from_cents) select new_uuid(), id, '默认', true, 800, 200, 9900"
    " from t_supplier",
    "create temporary table t_product on commit drop as select new_uuid() as id, i as n,"
    " s.id as supplier_id, (select id from categories where slug = 'bulk') as category_id"
    " from generate_series(1, :products) i join t_supplier s on s.n = i % :suppliers",
    "insert into products (id, supplier_id, category_id, title, title_en, description_html,"
    " spec_names, status, search_grams) select id, supplier_id, category_id, '商品 ' || n,"
    " 'Product ' || n, '', '[\"规格\"]', 'ACTIVE', array['商品', '商', '品', n::text, '=2'] from t_product",
    "insert into pool_entries (product_id, supplier_id, status) select id, supplier_id, 'APPROVED'"
    " from t_product",
    "create temporary table t_sku on commit drop as select new_uuid() as id, p.id as product_id,"
    " p.supplier_id, p.n, k, 1000 + (p.n * 7919 + k * 613) % 20000 as supply"
    " from t_product p cross join generate_series(1, :per_product) k"
    " where (p.n - 1) * :per_product + k <= :skus",
    "insert into skus (id, product_id, supplier_id, code, spec_values, weight_g,"
    " suggested_retail_cents, band_kind, is_active, position) select id, product_id, supplier_id,"
    " 'B' || n || '-' || k, jsonb_build_array('款' || k), 0, supply * 8 / 5, 'SUGGESTED', true, k"
    " from t_sku",
    "insert into supply_prices (sku_id, supplier_id, product_id, supply_cents)"
    " select id, supplier_id, product_id, supply from t_sku",
    "insert into stock (sku_id, supplier_id, product_id, on_hand, reserved, low_at)"
    " select id, supplier_id, product_id, 500, 0, 5 from t_sku",
    "insert into stock_movements (id, sku_id, supplier_id, delta, reason, created_at)"
    " select new_uuid(), id, supplier_id, 500, 'OPENING', :start from t_sku",
    "insert into stores (id, distributor_id, slug, name, theme, status) select new_uuid(), d.id,"
    " 'bulk-' || t.base || '-' || d.n, '店铺 ' || (d.n + 1), '{\"accent\": \"#3f5f94\"}', 'OPEN'"
    " from t_distributor d, t_run t",
    "create temporary table t_listing on commit drop as select new_uuid() as id, s.id as store_id,"
    " s.distributor_id, p.id as product_id, p.supplier_id from t_distributor d"
    " join stores s on s.distributor_id = d.id join t_product p"
    " on (p.n + d.n * 37) % greatest(1, :products / :listed) = 0",
    "insert into listings (id, store_id, distributor_id, product_id, supplier_id, status, position)"
    " select id, store_id, distributor_id, product_id, supplier_id, 'ON_SALE', 0 from t_listing",
    "insert into listing_terms (listing_id, distributor_id, pricing, cost_policy)"
    " select id, distributor_id, '{\"kind\": \"suggested\"}', 'FOLLOW_MARGIN' from t_listing",
    "insert into listing_skus (listing_id, sku_id, store_id, distributor_id, retail_cents,"
    " is_offered) select l.id, k.id, l.store_id, l.distributor_id, k.supply * 8 / 5, true"
    " from t_listing l join t_sku k on k.product_id = l.product_id",
    "insert into listing_sku_bases (listing_id, sku_id, distributor_id, supply_cents)"
    " select l.id, k.id, l.distributor_id, k.supply"
    " from t_listing l join t_sku k on k.product_id = l.product_id",
    "select refresh_shelf(array_agg(id)) from t_listing",
    RAISE_REVISION_SQL,
)


async def seed(
    suppliers: int, distributors: int, skus: int, orders: int, writer: Database | None = None
) -> dict[str, Any]:
    """Add a market of this size; return what was made and how long it took.

    Orders come in chunks of their own transactions, over the SKUs of all open stores. ``writer``
    is what they are written through, if not the process's database.
    """
    began, end = time.monotonic(), now()
    start = end - timedelta(days=DAYS)
    await _goods(suppliers, distributors, skus, start)
    if orders:
        usual = database()
        use_database(writer or usual)
        try:
            await _history(orders, start, end)
            async with engine_transaction(SYSTEM, "demo.seed") as session:
                await write_behaviour(session, end - VISITED, end, visitors=VISITORS)
        finally:
            use_database(usual)
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        lines = (await session.execute(text("select count(*) from order_lines"))).scalar_one()
    return {
        "suppliers": suppliers,
        "distributors": distributors,
        "skus": skus,
        "orders": orders,
        "order_lines_in_all": lines,
        "seconds": round(time.monotonic() - began, 1),
    }


async def _history(orders: int, start: datetime, end: datetime) -> None:
    """Write chunk after chunk, on as many connections as the server may have processors for."""
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        numbers = await take_numbers(session, orders)
    free = asyncio.Semaphore(WRITERS)

    async def write(first: int) -> None:
        last = min(orders, first + CHUNK - 1)
        async with free, engine_transaction(SYSTEM, "demo.seed") as session:
            await write_history(session, Span(first, last, orders, start, end, numbers), "bulk")

    async with asyncio.TaskGroup() as chunks:
        for first in range(1, orders + 1, CHUNK):
            chunks.create_task(write(first))


async def _goods(suppliers: int, distributors: int, skus: int, start: object) -> None:
    params: dict[str, Any] = {
        "suppliers": suppliers,
        "distributors": distributors,
        "skus": skus,
        "products": -(-skus // SKUS_PER_PRODUCT),
        "per_product": SKUS_PER_PRODUCT,
        "listed": LISTED_PER_STORE,
        "start": start,
    }
    async with engine_transaction(SYSTEM, "demo.seed") as session:
        for statement in _STATEMENTS:
            used = {name: value for name, value in params.items() if f":{name}" in statement}
            await session.execute(text(statement), used)
