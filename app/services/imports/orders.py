"""Writing orders with all that belongs to them, a batch of orders in each transaction.

The plan gives every row its identifier and finds what it refers to; a batch is then a handful of
INSERT … SELECT. An order's external identifier is its idempotency key, and the digest of its rows
its request hash, so that the same files find it and say whether it is the same.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.services.imports.layout import STATUSES
from app.services.imports.staging import good, number, run
from app.services.ledger import BALANCES_SQL

BATCH = 50_000

_WORDS = ", ".join(f"('{word}', '{order}', '{part}')" for word, (order, part) in STATUSES.items())

_SETTLED = "status in ('RECEIVED', 'COMPLETED')"
"""What arrived was paid out by the marketplace that sold it; what became of the rest is open."""

_PLAN: Sequence[tuple[str, str]] = (
    (
        "due",
        f"""\
create unlogged table staging.due as
select new_uuid() as id, new_uuid() as entry_id, 'H'
    || to_char(y.placed_at at time zone 'Asia/Shanghai', 'YYMMDD')
    || to_char(y.n + :base, 'FM9999999990000000') as number,
  y.*
from (
  select (row_number() over (order by s.placed_at, s.id) - 1) as n, s.row, s.id as external_id,
    w.order_status, w.part_status as status, coalesce(s.currency, :currency) as currency,
    s.placed_at, s.accepted_at, s.shipped_at, s.received_at, s.completed_at,
    case when w.order_status = 'CLOSED' then coalesce(s.closed_at, s.placed_at) end as closed_at,
    case when coalesce(p.paid, 0) > 0 then coalesce(s.paid_at, p.paid_at, s.placed_at) end
      as paid_at,
    t.id as store_id, t.name as store_name, t.distributor_id, c.consumer_id,
    c.recipient, c.phone, c.province_code, c.province, c.city, c.district, c.street,
    coalesce(l.goods, 0) as goods, coalesce(l.freight, 0) as freight, coalesce(p.paid, 0) as paid,
    d.digest || '-' || coalesce(l.digest, '0') || '-' || coalesce(p.digest, '0') as digest
  from staging.orders s
  join (values {_WORDS}) as w(word, order_status, part_status) on w.word = s.status
  join staging.shops t on t.distributor = coalesce(s.distributor_id, :shop)
  join staging.order_digests d on d.row = s.row
  left join staging.line_sums l on l.order_id = s.id
  left join staging.payment_sums p on p.order_id = s.id
  left join consumer_addresses c on c.external_id = :source || ':' || s.customer_id
  where {good("orders")} and not exists (select 1 from staging.known k where k.id = s.id)
  order by 1) y""",
    ),
    (
        "due_lines",
        f"""\
create unlogged table staging.due_lines as
select new_uuid() as id, y.* from (
  select d.n, d.id as order_id, s.row, f.store_id, f.distributor_id, f.listing_id, f.product_id,
    f.sku_id, f.product as sku_code, f.supplier_id, left(f.title, 120) as title,
    coalesce(s.quantity, 1)::int as quantity, s.price,
    s.price * coalesce(s.quantity, 1) as goods, coalesce(s.freight, 0) as freight,
    coalesce(s.supply_price, s.price) as supply_unit, coalesce(s.commission, 0) as commission,
    case when s.supply_price is null
      then s.price * coalesce(s.quantity, 1) - coalesce(s.commission, 0)
      else s.supply_price * coalesce(s.quantity, 1) end as supply
  from staging.due d join staging.lines s on s.order_id = d.external_id
  join staging.offers f on f.product = s.product_id and f.supplier = s.supplier_id
    and f.store_id = d.store_id
  where {good("lines")} order by d.n, s.row) y""",
    ),
    (
        "due_parts",
        """\
create unlogged table staging.due_parts as
select new_uuid() as id, y.* from (
  select l.n, l.order_id, l.supplier_id, sum(l.goods)::bigint as goods,
    sum(l.freight)::bigint as freight, sum(l.supply)::bigint as supply,
    sum(l.commission)::bigint as commission,
    row_number() over (partition by l.order_id order by min(l.row)) as place
  from staging.due_lines l group by l.n, l.order_id, l.supplier_id order by l.n) y""",
    ),
    (
        "due_payments",
        f"""\
create unlogged table staging.due_payments as
select d.n, d.id as order_id, d.distributor_id, d.currency, s.method, s.installments,
  s.amount, s.sequence, coalesce(s.paid_at, d.paid_at, d.placed_at) as paid_at,
  row_number() over (partition by d.id order by s.row) as place
from staging.due d join staging.payments s on s.order_id = d.external_id
where {good("payments")} order by d.n""",
    ),
    (
        "due_parcels",
        f"""\
create unlogged table staging.due_parcels as
select new_uuid() as id, y.* from (
  select d.n, s.row, d.id as order_id, p.id as part_id, p.supplier_id, d.distributor_id,
    coalesce(s.carrier, 'unknown') as carrier, coalesce(s.tracking_no, '') as tracking_no,
    s.shipped_at, s.delivered_at,
    row_number() over (partition by p.id order by s.shipped_at, s.row) = 1 as is_first
  from staging.due d join staging.shipments s on s.order_id = d.external_id
  join staging.due_parts p on p.order_id = d.id
  left join staging.names e on e.kind = 'suppliers' and e.external_id = s.supplier_id
  where {good("shipments")} and (s.supplier_id is null or p.supplier_id = e.row_id)
  order by d.n) y""",
    ),
)

_IN_BATCH = "between :first and :last"

_INSERTS: Mapping[str, str] = {
    "orders": f"""\
insert into orders (id, number, store_id, distributor_id, buyer_kind, consumer_id, status,
  currency, goods_cents, freight_cents, total_cents, paid_cents, idempotency_key, request_hash,
  access_hash, placed_at, expires_at, paid_at, closed_at, imported_at, locale, discount_cents,
  refunded_cents)
select id, number, store_id, distributor_id,
  case when consumer_id is null then 'GUEST' else 'CONSUMER' end, consumer_id, order_status,
  currency, goods, freight, goods + freight, paid, :source || ':' || external_id, digest,
  'imported', placed_at, placed_at, paid_at, closed_at, :at, 'zh_CN', 0, 0
from staging.due where n {_IN_BATCH}""",
    "addresses": f"""\
insert into order_addresses (order_id, recipient, phone, province_code, province, city, district,
  street)
select id, recipient, phone, province_code, province, city, district, street
from staging.due where consumer_id is not null and n {_IN_BATCH}""",
    "parts": f"""\
insert into supplier_orders (id, order_id, number, supplier_id, distributor_id, store_id,
  store_name, status, freight_cents, placed_at, paid_at, accepted_at, shipped_at, received_at,
  completed_at, imported_at)
select p.id, d.id, d.number || '-' || p.place, p.supplier_id, d.distributor_id, d.store_id,
  d.store_name, d.status, p.freight, d.placed_at, d.paid_at, d.accepted_at,
  coalesce(d.shipped_at, h.shipped_at), coalesce(d.received_at, h.delivered_at), d.completed_at,
  :at
from staging.due_parts p join staging.due d on d.n = p.n
left join staging.due_parcels h on h.part_id = p.id and h.is_first and h.n {_IN_BATCH}
where p.n {_IN_BATCH} and d.n {_IN_BATCH}""",
    "lines": f"""\
insert into order_lines (id, order_id, supplier_order_id, distributor_id, store_id, listing_id,
  product_id, sku_id, title, spec_text, quantity, retail_cents, goods_cents)
select l.id, l.order_id, p.id, l.distributor_id, l.store_id, l.listing_id, l.product_id, l.sku_id,
  l.title, '', l.quantity, l.price, l.goods
from staging.due_lines l
join staging.due_parts p on p.n = l.n and p.supplier_id = l.supplier_id
where l.n {_IN_BATCH} and p.n {_IN_BATCH}""",
    "fulfilment": f"""\
insert into fulfilment_lines (line_id, supplier_order_id, supplier_id, distributor_id, product_id,
  sku_id, sku_code, title, spec_text, quantity, shipped_quantity, supply_unit_cents, supply_cents)
select l.id, p.id, l.supplier_id, l.distributor_id, l.product_id, l.sku_id, l.sku_code, l.title,
  '', l.quantity, case when h.id is null then 0 else l.quantity end, l.supply_unit,
  l.supply_unit * l.quantity
from staging.due_lines l
join staging.due_parts p on p.n = l.n and p.supplier_id = l.supplier_id
left join staging.due_parcels h on h.part_id = p.id and h.is_first and h.n {_IN_BATCH}
where l.n {_IN_BATCH} and p.n {_IN_BATCH}""",
    "terms": f"""\
insert into order_line_terms (line_id, order_id, supplier_order_id, distributor_id, rule_name,
  rule_version, commission_bps, keeps_commission_on_refund, supply_cents, commission_cents,
  margin_cents)
select l.id, l.order_id, p.id, l.distributor_id, '', 0, 0, false, l.supply, l.commission,
  l.goods - l.supply - l.commission
from staging.due_lines l
join staging.due_parts p on p.n = l.n and p.supplier_id = l.supplier_id
where l.n {_IN_BATCH} and p.n {_IN_BATCH}""",
    "events": f"""\
insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
  to_status, actor_scope, created_at)
select new_uuid(), d.id, p.id, p.supplier_id, d.distributor_id, 'IMPORTED', d.status, 'system', :at
from staging.due_parts p join staging.due d on d.n = p.n
where p.n {_IN_BATCH} and d.n {_IN_BATCH}""",
    "payments": f"""\
insert into payments (id, order_id, distributor_id, number, provider, status, amount_cents,
  currency, method, installments, provider_ref, settled_by_order, refunded_cents, created_at,
  paid_at)
select new_uuid(), p.order_id, p.distributor_id, d.number || 'P' || p.place, 'imported', 'PAID',
  p.amount, p.currency, p.method, nullif(p.installments, 0), left(p.sequence, 64), true, 0,
  d.placed_at, p.paid_at
from staging.due_payments p join staging.due d on d.n = p.n
where p.n {_IN_BATCH} and d.n {_IN_BATCH}""",
    "shipments": f"""\
insert into shipments (id, order_id, supplier_order_id, supplier_id, distributor_id, carrier_code,
  tracking_no, shipped_at, delivered_at)
select id, order_id, part_id, supplier_id, distributor_id, carrier, tracking_no, shipped_at,
  delivered_at
from staging.due_parcels where n {_IN_BATCH}""",
    # Nothing says what lay in which of several parcels: the first takes the part's lines.
    "parcel_lines": f"""\
insert into shipment_lines (shipment_id, line_id, supplier_id, quantity)
select h.id, l.id, l.supplier_id, l.quantity
from staging.due_parcels h
join staging.due_lines l on l.n = h.n and l.supplier_id = h.supplier_id
where h.is_first and h.n {_IN_BATCH} and l.n {_IN_BATCH}""",
    "entries": f"""\
insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
select entry_id, 'HISTORY', 'order', id, id, coalesce(paid_at, placed_at)
from staging.due d where n {_IN_BATCH}
  and (paid > 0 or ({_SETTLED} and goods + freight > 0))""",
}

_MOVED = f"""\
create temporary table moved on commit drop as
with share as (
  select d.n, d.currency, x.merchant_id, x.role, x.kind, x.cents, p.id as part_id
  from staging.due d join staging.due_parts p on p.n = d.n
  cross join lateral (values
    (p.supplier_id, 'supplier', 'PAID_OUT', p.supply + p.freight),
    (null, 'platform', 'COMMISSION', p.commission),
    (d.distributor_id, 'distributor', 'PAID_OUT', p.goods - p.supply - p.commission))
    as x(merchant_id, role, kind, cents)
  where d.n {_IN_BATCH} and p.n {_IN_BATCH} and d.{_SETTLED} and x.cents > 0
  union all
  -- What the payments bring beyond that, or lack of it.
  select d.n, d.currency, null, 'platform', 'HISTORY_OPEN', d.paid - case
    when d.{_SETTLED} then d.goods + d.freight else 0 end, null
  from staging.due d where d.n {_IN_BATCH})
select new_uuid() as id, d.entry_id as transaction_id, s.part_id, s.currency,
  coalesce(d.paid_at, d.placed_at) as at, abs(s.cents) as amount_cents,
  case when s.cents > 0 then outside.id else a.id end as from_account_id,
  case when s.cents > 0 then a.id else outside.id end as to_account_id,
  case when s.cents > 0 then a.merchant_id end as to_merchant_id
from share s join staging.due d on d.n = s.n
join staging.accounts a
  on a.owner = coalesce(s.merchant_id, '00000000-0000-0000-0000-000000000000') and a.role = s.role
  and a.kind = s.kind and a.currency = s.currency
join staging.accounts outside on outside.kind = 'HISTORY' and outside.currency = s.currency
where s.cents <> 0"""

_POST = """\
insert into postings (id, transaction_id, from_account_id, to_account_id, to_merchant_id,
  amount_cents, currency, supplier_order_id, created_at)
select id, transaction_id, from_account_id, to_account_id, to_merchant_id, amount_cents, currency,
  part_id, at from moved"""

# The trigger that live orders have looks at one order; this looks at a batch.
_UNEQUAL = f"""\
select count(*) from staging.due d join orders o on o.id = d.id
cross join lateral (select coalesce(sum(goods_cents), 0) as goods from order_lines
  where order_id = d.id) l
cross join lateral (select coalesce(sum(freight_cents), 0) as freight from supplier_orders
  where order_id = d.id) p
cross join lateral (select coalesce(sum(amount_cents), 0) as paid from payments
  where order_id = d.id) y
where d.n {_IN_BATCH}
  and (o.goods_cents, o.freight_cents, o.paid_cents) <> (l.goods, p.freight, y.paid)"""

_PARCEL_ROWS = f"""\
select count(distinct row) from staging.due_parcels where n {_IN_BATCH}"""

_BASE = "select last_value from imported_order_numbers"
_TAKEN = "select setval('imported_order_numbers', :base + :n)"

_ACCOUNTS = """\
create unlogged table staging.accounts as
select a.id, a.merchant_id,
  coalesce(a.merchant_id, '00000000-0000-0000-0000-000000000000') as owner,
  a.role, a.kind, a.currency from ledger_accounts a
join staging.currencies c on c.currency = a.currency
where a.kind in ('HISTORY', 'HISTORY_OPEN', 'COMMISSION', 'PAID_OUT')"""


async def plan(session: AsyncSession, source: str, shop: str, currency: str) -> int:
    """Give every row of the new orders its identifier; return how many orders there are."""
    await run(session, _ACCOUNTS)
    await run(session, "analyze staging.accounts")
    base = await number(session, _BASE)
    params = {"source": source, "shop": shop, "currency": currency, "base": base}
    for table, statement in _PLAN:
        await run(session, statement, **params)
        await run(session, f"create index on staging.{table} (n)")
        await run(session, f"analyze staging.{table}")
    orders = await number(session, "select count(*) from staging.due")
    # Only one import runs at a time; a batch that is not written leaves a gap.
    await number(session, _TAKEN, base=base, n=orders + 1)
    return orders


async def write(session: AsyncSession, source: str, batch: int) -> dict[str, int]:
    """Write one batch of orders whole; return kind → rows of the files that are written.

    Raises RuntimeError where the sums of an order are not those of its rows.
    """
    span = {"first": batch * BATCH, "last": (batch + 1) * BATCH - 1, "source": source, "at": now()}
    written: dict[str, int] = {}
    for kind, statement in _INSERTS.items():
        written[kind] = int((await run(session, statement, **span)).rowcount)
    for statement in (_MOVED, _POST, BALANCES_SQL.format(postings="moved")):
        await run(session, statement, **span)
    if await number(session, _UNEQUAL, **span):
        raise RuntimeError("imported orders do not add up to their rows")
    # One row of a file may be a parcel of each part.
    written["shipments"] = await number(session, _PARCEL_ROWS, **span)
    return {kind: written[kind] for kind in ("orders", "lines", "payments", "shipments")}
