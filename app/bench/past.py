"""A long past for ``bench dashboards``: order lines straight into the tables, in great number.

What the dashboards and their twins in SQL read is written: orders, addresses, parts, lines, terms,
fulfilment, refunds, commission, visits. Everything follows from the number of the order, so each
run is the same. Needs an owner who may turn triggers off, as the embedded server's is.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from itertools import repeat
from typing import Any

import psycopg

from app.analytics.periods import midnight
from app.analytics.snapshots.manifest import DAY
from app.bench.ground import Ground
from app.kit.regions import PROVINCES, provinces

LINES_PER_ORDER = 2
ORDERS_PER_CUSTOMER = 4
CATEGORIES = 40
WRITERS = 2
"""Connections that write side by side, as many as the machine that this is made for has cores."""
CHUNK = 250_000
LEDGER_DAYS = 180
"""So many days back there are commissions and visits; no panel looks further."""

TABLES = (
    *("orders", "order_addresses", "supplier_orders", "order_lines", "fulfilment_lines"),
    *("order_line_terms", "refunds", "postings", "store_visits"),
)


@dataclass(frozen=True)
class Stretch:
    """Orders ``first`` … ``last``, spread evenly over the time from ``start`` to ``end``."""

    first: int
    last: int
    start: datetime
    end: datetime

    @classmethod
    def of_days(cls, first: int, lines: int, days: tuple[date, date]) -> "Stretch":
        """Return orders with so many lines, numbered from ``first``, over whole days."""
        last = first + lines // LINES_PER_ORDER - 1
        return cls(first, last, midnight(days[0]), midnight(days[1] + DAY))


_OFFERS = f"""\
create unlogged table bench_offers as
select row_number() over (order by ls.store_id, ls.sku_id) - 1 as n,
  dense_rank() over (order by ls.store_id) - 1 as store_n, ls.store_id, s.name as store_name,
  ls.distributor_id, ls.listing_id, l.product_id, l.supplier_id, ls.sku_id, k.code, p.title,
  ls.retail_cents as retail, sp.supply_cents as supply
from listing_skus ls join listings l on l.id = ls.listing_id join stores s on s.id = ls.store_id
join skus k on k.id = ls.sku_id join products p on p.id = l.product_id
join supply_prices sp on sp.sku_id = ls.sku_id;
alter table bench_offers add primary key (n);
create unlogged table bench_stores as
select store_n, store_id, distributor_id, min(n) as first, count(*) as offers
from bench_offers group by 1, 2, 3;
alter table bench_stores add primary key (store_n);
create unlogged table bench_orders (i bigint, id uuid, number text, at timestamptz, store_n int,
  customer bigint, status text, a bigint, b bigint, is_split boolean, refunded boolean);
insert into categories (id, slug, name_zh, name_en, position)
select new_uuid(), 'bench-' || i, '类目 ' || i, 'Category ' || i, 100 + i
from generate_series(1, {CATEGORIES}) i;
update products p set category_id = c.id
from (select id, row_number() over (order by position) - 1 as n from categories
      where slug like 'bench-%') c,
  (select id, row_number() over (order by id) as n from products) q
where q.id = p.id and c.n = q.n % {CATEGORIES};
analyze bench_offers; analyze bench_stores;"""

_H = "(hashint8extended({0}, {1}) & 2147483647)"
"""A number from 0 to 2^31 − 1 that looks random and is not."""


def _h(expression: str, salt: int) -> str:
    return _H.format(expression, salt)


_ORDERS = f"""\
insert into bench_orders
with plain as (
  select i, %(start)s::timestamptz + (i - %(lowest)s + 0.5) / %(count)s
      * (%(end)s::timestamptz - %(start)s::timestamptz) as at,
    {_h("i", 1)} %% greatest(%(most)s / {ORDERS_PER_CUSTOMER}, 1) as customer
  from generate_series(%(first)s::bigint, %(last)s::bigint) i),
placed as (
  -- A few stores sell most, and a customer always buys in the same one.
  select plain.*, (power({_h("customer", 2)} / 2147483648.0, 2)
    * (select count(*) from bench_stores))::int as store_n from plain)
select p.i, (lpad(to_hex((extract(epoch from p.at) * 1000)::bigint), 12, '0') || '7'
    || lpad(to_hex(p.i & 4095), 3, '0') || 'a' || lpad(to_hex(p.i * 2654435761 & 4095), 3, '0')
    || lpad(to_hex(p.i), 11, '0') || '0')::uuid,
  'B' || p.i, p.at, p.store_n, p.customer,
  case when {_h("p.i", 3)} %% 100 < 4 then 'CLOSED'
    when p.at > %(now)s::timestamptz - interval '12 hours' then 'PAID'
    when p.at > %(now)s::timestamptz - interval '2 days' then 'SHIPPED' else 'COMPLETED' end,
  s.first + {_h("p.i", 4)} %% s.offers, s.first + {_h("p.i", 5)} %% s.offers,
  {_h("p.i", 6)} %% 3 = 0, {_h("p.i", 7)} %% 50 = 0
from placed p join bench_stores s on s.store_n = p.store_n"""

_LINES = """\
create temporary table line on commit drop as
with sold as (
  select o.*, l.place, f.store_id, f.store_name, f.distributor_id, f.listing_id, f.product_id,
    f.supplier_id, f.sku_id, f.code, f.title, f.retail, f.supply,
    o.status <> 'CLOSED' as is_paid,
    1 + o.i %% 2 as quantity,
    case when o.is_split and l.place = 2 and x.supplier_id <> f.supplier_id
      then 2 else 1 end as part,
    f.retail * (1 + o.i %% 2) / 10 * (o.i %% 5 = 0)::int as discount,
    (f.retail * (1 + o.i %% 2)) / 20 as commission
  from bench_orders o cross join (values (1), (2)) l(place)
  join bench_offers f on f.n = case when l.place = 2 then o.b else o.a end
  join bench_offers x on x.n = o.a
  where o.i between %(first)s and %(last)s),
shared as (
  select sold.*, (left(id::text, 35) || place)::uuid as line_id,
    (left(id::text, 35) || case part when 1 then 'a' else 'b' end)::uuid as part_id,
    retail * quantity as goods, supply * quantity as supplied,
    retail * quantity - discount - supply * quantity - commission as margin,
    -- Of what is refunded, half of each share goes back.
    case when refunded and place = 1 and is_paid then 2 end as half
  from sold),
whole as (
  select shared.*, coalesce(supplied / half, 0) as supply_back,
    coalesce(commission / half, 0) as commission_back, coalesce(margin / half, 0) as margin_back,
    coalesce(supplied / half + commission / half + margin / half, 0) as back
  from shared)
select * from whole order by line_id"""
_FILL = (
    """insert into orders (id, number, store_id, distributor_id, buyer_kind, status, currency,
  goods_cents, discount_cents, freight_cents, total_cents, paid_cents, refunded_cents,
  idempotency_key, request_hash, access_hash, locale, placed_at, expires_at, paid_at)
select id, number, (array_agg(store_id))[1], (array_agg(distributor_id))[1], 'GUEST', status, 'CNY',
  sum(goods), sum(discount), 800, sum(goods) - sum(discount) + 800,
  case when status <> 'CLOSED' then sum(goods) - sum(discount) + 800 else 0 end, sum(back),
  number, '', '', 'zh_CN', at, at + interval '30 minutes',
  case when status <> 'CLOSED' then at + interval '2 minutes' end
from line group by id, number, status, at order by id""",
    """insert into order_addresses (order_id, recipient, phone, province_code, province, city,
  district, street)
select o.id, '顾客', '+86138' || lpad(o.customer::text, 8, '0'), p.code, p.name, p.city, '',
  '长街 1 号'
from bench_orders o join (select n - 1 as n, code, name, city from unnest(%(codes)s::text[],
  %(names)s::text[], %(cities)s::text[]) with ordinality as x(code, name, city, n)) p
  on p.n = (power((o.customer %% 97) / 97.0, 2) * %(provinces)s)::int
where o.i between %(first)s and %(last)s order by o.id""",
    """insert into supplier_orders (id, order_id, number, supplier_id, distributor_id, store_id,
  store_name, status, freight_cents, placed_at, paid_at, accepted_at, shipped_at, received_at,
  completed_at)
select part_id, id, number || '-' || part, min(supplier_id::text)::uuid,
  (array_agg(distributor_id))[1], (array_agg(store_id))[1], min(store_name), status,
  case part when 1 then 800 else 0 end, at, case when status <> 'CLOSED' then at + interval
  '2 minutes' end, case when status in ('SHIPPED', 'COMPLETED') then at + interval '3 hours' end,
  case when status in ('SHIPPED', 'COMPLETED') then at + interval '20 hours'
    * (1 + i %% 4) end,
  case when status = 'COMPLETED' then at + interval '4 days' end,
  case when status = 'COMPLETED' then at + interval '11 days' end
from line where place = part group by part_id, id, number, part, status, at, i order by part_id""",
    """insert into order_lines (id, order_id, supplier_order_id, distributor_id, store_id,
  listing_id, product_id, sku_id, title, spec_text, quantity, retail_cents, goods_cents,
  discount_cents, refunded_cents)
select line_id, id, part_id, distributor_id, store_id, listing_id, product_id, sku_id, title, '',
  quantity, retail, goods, discount, back from line""",
    """insert into fulfilment_lines (line_id, supplier_order_id, supplier_id, distributor_id,
  product_id, sku_id, sku_code, title, spec_text, quantity, shipped_quantity, supply_unit_cents,
  supply_cents, supply_returned_cents)
select line_id, part_id, supplier_id, distributor_id, product_id, sku_id, code, title, '',
  quantity, 0, supply, supplied, supply_back from line""",
    """insert into order_line_terms (line_id, order_id, supplier_order_id, distributor_id,
  rule_name, rule_version, commission_bps, keeps_commission_on_refund, supply_cents,
  commission_cents, payment_fee_cents, margin_cents, supply_returned_cents,
  commission_returned_cents, margin_returned_cents)
select line_id, id, part_id, distributor_id, '', 1, 500, false, supplied, commission, 0, margin,
  supply_back, commission_back, margin_back
from line""",
    """insert into refunds (id, order_id, supplier_order_id, payment_id, distributor_id, number,
  amount_cents, currency, reason, status, attempts, created_at)
select line_id, id, part_id, id, distributor_id, number, back, 'CNY', 'bench',
  'SUCCEEDED', 1, at + interval '3 days'
from line where back > 0 and at + interval '3 days' < %(now)s""",
    """insert into postings (id, transaction_id, from_account_id, to_account_id, amount_cents,
  currency, supplier_order_id, created_at)
select part_id, id, (select id from ledger_accounts where kind = 'CLEARING' and merchant_id is null
    and currency = 'CNY'),
  (select id from ledger_accounts where kind = 'COMMISSION' and merchant_id is null
    and currency = 'CNY'),
  sum(commission), 'CNY', part_id, at + interval '2 minutes'
from line where is_paid and commission > 0 and at > %(ledger_from)s
group by part_id, id, at""",
)


def lay_ground(ground: Ground) -> None:
    """Make what all orders are made from: offers, stores, categories. Once, before any order."""
    with psycopg.connect(ground.urls.owner_text, autocommit=True) as connection:
        connection.execute(_OFFERS.encode())


def write(ground: Ground, stretch: Stretch, most: int, at: datetime) -> None:
    """Write orders of a past of ``most`` in all, seen from the moment ``at``."""
    params: dict[str, Any] = {
        "lowest": stretch.first,
        "count": stretch.last - stretch.first + 1,
        "start": stretch.start,
        "end": min(stretch.end, at),
        "most": most,
        "now": at,
        "ledger_from": at - LEDGER_DAYS * DAY,
        "codes": [code for code, _, _ in PROVINCES],
        "names": [name for _, name, _ in PROVINCES],
        "cities": [one.cities[0].name for one in provinces().values()],
        "provinces": len(PROVINCES) - 1,
    }
    chunks = [
        params | {"first": first, "last": min(first + CHUNK - 1, stretch.last)}
        for first in range(stretch.first, stretch.last + 1, CHUNK)
    ]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(_write, repeat(ground), chunks))


def _write(ground: Ground, params: dict[str, Any]) -> None:
    with psycopg.connect(ground.urls.owner_text) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute("set local synchronous_commit = off")
        connection.execute("set local work_mem = '256MB'")
        for statement in (_ORDERS, _LINES, "analyze line", *_FILL):
            connection.execute(statement.encode(), params)


class WithoutIndexes:
    """The tables without the indexes that only searching needs, while very much is written."""

    def __init__(self, ground: Ground) -> None:
        self._url = ground.urls.owner_text
        self._definitions: list[str] = []

    def __enter__(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            found = connection.execute(
                "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
                " where indrelid = any(%s::regclass[]) and not indisunique",
                [list(TABLES)],
            ).fetchall()
            for name, definition in found:
                connection.execute(f"drop index {name}".encode())
                self._definitions.append(definition)

    def __exit__(self, *raised: object) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(self._make, self._definitions))
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")

    def _make(self, definition: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("set maintenance_work_mem = '512MB'")
            connection.execute(definition.encode())


def write_visits(ground: Ground, at: datetime) -> None:
    """Let twice as many come as buy."""
    with psycopg.connect(ground.urls.owner_text) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            "insert into store_visits (store_id, day, visitor, distributor_id, page_views,"
            " product_views, cart_adds, checkouts, first_at)"
            " select s.store_id, ((o.at at time zone 'Asia/Shanghai')::date)::text,"
            "  o.i || '-' || v, s.distributor_id, 1 + (o.i + v) %% 5, (o.i + v) %% 3,"
            "  v %% 2, v %% 2, o.at from bench_orders o"
            " join bench_stores s on s.store_n = o.store_n cross join generate_series(1, 2) v"
            " where o.at > %s",
            [at - LEDGER_DAYS * DAY],
        )
