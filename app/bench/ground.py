"""Where a benchmark runs: a database of its own, with goods in plenty, made anew each time."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from app.bench.provider import BenchProvider
from app.kit.db import APP_ROLE, Database, use_database
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.migrations import migrate
from app.server.postgres import DatabaseUrls, ensure_database, prepare

DATABASE = "tongshang_bench"
PAIRS = 4_000
LIMITS = "order=1000000/minute,api=1000000/minute"
CLIENTS = 16
"""Connections, of pgbench and of the app alike."""

_PAIRS_SQL = """\
create table bench_pairs as
with offer as (
  select ls.store_id, s.slug, s.name as store_name, ls.distributor_id, l.supplier_id, ls.sku_id,
    ls.listing_id, l.product_id, k.code, p.title, k.spec_values ->> 0 as spec,
    ls.retail_cents as retail, sp.supply_cents as supply,
    case when ls.retail_cents >= 9900 then 0 else 800 end as freight,
    round(ls.retail_cents * 0.05)::bigint as commission,
    (select a.id from ledger_accounts a where a.merchant_id = l.supplier_id
      and a.role = 'supplier' and a.kind = 'PENDING') as account,
    (select a.id from ledger_accounts a where a.merchant_id = ls.distributor_id
      and a.role = 'distributor' and a.kind = 'PENDING') as seller_account
  from listing_skus ls join listings l on l.id = ls.listing_id join stores s on s.id = ls.store_id
  join skus k on k.id = ls.sku_id join products p on p.id = l.product_id
  join supply_prices sp on sp.sku_id = ls.sku_id),
priced as (
  select *, round((retail + freight) * 0.006)::bigint as fee from offer),
paired as (
  select a.store_id, a.slug, a.store_name, a.distributor_id, a.seller_account,
    {a}, {b}
  from priced a join priced b on b.store_id = a.store_id and b.supplier_id > a.supplier_id
  order by md5(a.sku_id::text || b.sku_id::text) limit {pairs})
select row_number() over () - 1 as n, paired.*,
  (select id from split_rule_versions limit 1) as rule_version,
  (select name from split_rules limit 1) as rule_name,
  clearing.id as clearing, commission.id as commission_account, fee.id as fee_account
from paired
join ledger_accounts clearing on clearing.merchant_id is null and clearing.kind = 'CLEARING'
join ledger_accounts commission on commission.merchant_id is null
  and commission.kind = 'COMMISSION'
join ledger_accounts fee on fee.merchant_id is null and fee.kind = 'PAYMENT_FEE'"""

_COLUMNS = (
    *("supplier_id", "sku_id", "listing_id", "product_id", "code", "title", "spec"),
    *("retail", "supply", "freight", "commission", "fee", "account"),
)


@dataclass(frozen=True)
class Pair:
    """Two SKUs of two suppliers that one store sells."""

    store_id: UUID
    slug: str
    a_sku_id: UUID
    b_sku_id: UUID


@dataclass(frozen=True)
class Ground:
    """A market to measure on."""

    urls: DatabaseUrls
    pairs: tuple[Pair, ...]
    provider: BenchProvider


@asynccontextmanager
async def open_ground() -> AsyncGenerator[Ground]:
    """Make the benchmark's database, fill it, and make it the one that this process uses."""
    # Shoppers of a benchmark share one phone and one address.
    settings().limits = LIMITS
    urls = _fresh_database()
    database = Database(urls.app_text, pool_size=CLIENTS)
    use_database(database)
    try:
        await _fill(urls)
        yield Ground(urls, _pairs(urls), BenchProvider.registered())
    finally:
        use_database(None)
        await database.close()


def _fresh_database() -> DatabaseUrls:
    ready = prepare(settings(), master_secret())
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE))
    with psycopg.connect(ready.owner_text, autocommit=True) as connection:
        connection.execute(drop)
    urls = DatabaseUrls(ready.owner.set(database=DATABASE), ready.app.set(database=DATABASE))
    ensure_database(urls.owner)
    migrate(urls.owner)
    return urls


async def _fill(urls: DatabaseUrls) -> None:
    from app.services.demo.bulk import seed

    await seed(suppliers=23, distributors=8, skus=2_000, orders=0)
    with as_engine(urls) as connection:
        _add_stock(connection, 1_000_000)
    with psycopg.connect(urls.owner_text, autocommit=True) as connection:
        a, b = (", ".join(f"{t}.{c} as {t}_{c}" for c in _COLUMNS) for t in "ab")
        connection.execute(_PAIRS_SQL.format(a=a, b=b, pairs=PAIRS).encode())
        connection.execute("alter table bench_pairs add primary key (n)")
        connection.execute(f"grant select on bench_pairs to {APP_ROLE}, tongshang_engine")
        connection.execute("vacuum analyze")


@contextmanager
def as_engine(urls: DatabaseUrls) -> Generator[psycopg.Connection[Any]]:
    """Open one transaction in the benchmark's database that sees and may write every row."""
    with psycopg.connect(urls.owner_text) as connection:
        connection.execute("set local role tongshang_engine")
        yield connection


def _add_stock(connection: psycopg.Connection[Any], units: int) -> None:
    """Receive so many units of every SKU, with their movements."""
    connection.execute("update stock set on_hand = on_hand + %s", [units])
    connection.execute(
        "insert into stock_movements (id, sku_id, supplier_id, delta, reason)"
        " select new_uuid(), sku_id, supplier_id, %s, 'OPENING' from stock",
        [units],
    )


def _pairs(urls: DatabaseUrls) -> tuple[Pair, ...]:
    with psycopg.Connection[Pair].connect(
        urls.owner_text, row_factory=class_row(Pair)
    ) as connection:
        found = connection.execute("select store_id, slug, a_sku_id, b_sku_id from bench_pairs")
        return tuple(found.fetchall())
