"""Writing orders with all that belongs to them, a batch of orders in each transaction.

The plan gives every order its identifier; a batch finds what its rows refer to and is then a
handful of INSERT … SELECT. An order's external identifier is its idempotency key, and the digest
of its rows its request hash, so that the same files find it and say whether it is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.services.imports.digests import LINE_DIGEST, ORDER_DIGEST, PAYMENT_DIGEST
from app.services.imports.layout import OF_ORDERS, STATUSES
from app.services.imports.staging import by_index, good, new_ids, number, run
from app.services.ledger import BALANCES_SQL

BATCH = 50_000

_WORDS = ", ".join(f"('{word}', '{order}', '{part}')" for word, (order, part) in STATUSES.items())

_SETTLED = "status in ('RECEIVED', 'COMPLETED')"
"""What arrived was paid out by the marketplace that sold it; what became of the rest is open."""

# The plan gives each new order its identifier and its place, and lays what belongs to it beside
# those of its batch; a batch works out the rest, so that several do so at once.
_DUE = f"""\
create unlogged table staging.due as
select {new_ids("y.n")} as id, y.* from (
  select (row_number() over (order by s.placed_at, s.id) - 1) as n, s.id as external_id,
    t.id as store_id, t.name as store_name, t.distributor_id, s.customer_id, s.status,
    s.currency, s.placed_at, s.paid_at, s.accepted_at, s.shipped_at, s.received_at,
    s.completed_at, s.closed_at, {ORDER_DIGEST} as digest
  from staging.orders s join staging.shops t on t.distributor = coalesce(s.distributor_id, :shop)
  where {good("orders")} and not exists (select 1 from staging.known k where k.id = s.id)) y
order by y.n"""

_DUE_ROWS = """\
create unlogged table staging.due_{kind} as
select d.n, d.id as order_uuid, d.store_id, d.distributor_id, s.* from staging.{kind} s
join staging.due d on d.external_id = s.order_id order by d.n"""

_BATCH: Mapping[str, str] = {
    "t_due": f"""\
create temporary table t_due on commit drop as
select d.id, d.external_id, d.store_id, d.store_name, d.distributor_id,
  {new_ids("d.n")} as entry_id, 'H' || to_char(d.placed_at at time zone
    'Asia/Shanghai', 'YYMMDD') || to_char(d.n + :base, 'FM9999999990000000') as number,
  w.order_status, w.part_status as status, coalesce(d.currency, :currency) as currency,
  d.placed_at, d.accepted_at, d.shipped_at, d.received_at, d.completed_at,
  case when w.order_status = 'CLOSED' then coalesce(d.closed_at, d.placed_at) end as closed_at,
  d.paid_at as source_paid_at, c.consumer_id, c.recipient, c.phone, c.province_code, c.province,
  c.city, c.district, c.street, d.digest
from staging.due d
join (values {_WORDS}) as w(word, order_status, part_status) on w.word = d.status
-- By its index for each, rather than to read all addresses for every batch.
left join lateral (select * from consumer_addresses a
  where a.external_id = :source || ':' || d.customer_id limit 1) c on true
where d.n between :first and :last""",
    "t_line": f"""\
create temporary table t_line on commit drop as
-- A line without its offer, which cannot be, is refused by the tables rather than left out here.
select {new_ids()} as id, s.order_uuid as order_id, s.row, f.store_id, f.distributor_id,
  f.listing_id, f.product_id, f.sku_id, f.product as sku_code, f.supplier_id,
  left(f.title, 120) as title,
  coalesce(s.quantity, 1)::int as quantity, s.price, s.price * coalesce(s.quantity, 1) as goods,
  coalesce(s.freight, 0) as freight, coalesce(s.supply_price, s.price) as supply_unit,
  coalesce(s.commission, 0) as commission, case when s.supply_price is null
    then s.price * coalesce(s.quantity, 1) - coalesce(s.commission, 0)
    else s.supply_price * coalesce(s.quantity, 1) end as supply, {LINE_DIGEST} as digest
from staging.due_lines s
left join staging.offers f on f.product = s.product_id and f.supplier = s.supplier_id
  and f.store_id = s.store_id
where s.n between :first and :last""",
    "t_part": f"""\
create temporary table t_part on commit drop as
select {new_ids()} as id, order_id, supplier_id, sum(goods)::bigint as goods,
  sum(freight)::bigint as freight, sum(supply)::bigint as supply,
  sum(commission)::bigint as commission, bit_xor(digest) as digest,
  row_number() over (partition by order_id order by min(row)) as place
from t_line group by order_id, supplier_id""",
    "t_payment": f"""\
create temporary table t_payment on commit drop as
select s.order_uuid as order_id, s.method, s.installments, s.amount, s.sequence, s.paid_at,
  {PAYMENT_DIGEST} as digest,
  row_number() over (partition by s.order_uuid order by s.row) as place
from staging.due_payments s where s.n between :first and :last""",
    "t_sum": """\
create temporary table t_sum on commit drop as
select d.id, coalesce(p.goods, 0) as goods, coalesce(p.freight, 0) as freight,
  coalesce(y.paid, 0) as paid, d.digest || '-' || coalesce(to_hex(p.digest), '0') || '-'
    || coalesce(to_hex(y.digest), '0') as digest,
  case when y.paid > 0 then coalesce(d.source_paid_at, y.paid_at, d.placed_at) end as paid_at
from t_due d left join (select order_id, sum(goods)::bigint as goods,
    sum(freight)::bigint as freight, bit_xor(digest) as digest from t_part group by 1) p
  on p.order_id = d.id
left join (select order_id, sum(amount)::bigint as paid, min(paid_at) as paid_at,
    bit_xor(digest) as digest from t_payment group by 1) y on y.order_id = d.id""",
    "t_parcel": f"""\
create temporary table t_parcel on commit drop as
select {new_ids()} as id, s.row, s.order_uuid as order_id, p.id as part_id, p.supplier_id,
  s.distributor_id,
  coalesce(s.carrier, 'unknown') as carrier, coalesce(s.tracking_no, '') as tracking_no,
  s.shipped_at, s.delivered_at,
  row_number() over (partition by p.id order by s.shipped_at, s.row) = 1 as is_first
from staging.due_shipments s join t_part p on p.order_id = s.order_uuid
left join staging.names e on e.kind = 'suppliers' and e.external_id = s.supplier_id
where s.n between :first and :last
  and (s.supplier_id is null or p.supplier_id = e.row_id)""",
}
"""The rows of one batch with what they refer to; good orders have only good rows."""

_INSERTS: Mapping[str, str] = {
    "orders": """\
insert into orders (id, number, store_id, distributor_id, buyer_kind, consumer_id, status,
  currency, goods_cents, freight_cents, total_cents, paid_cents, idempotency_key, request_hash,
  access_hash, placed_at, expires_at, paid_at, closed_at, imported_at, locale, discount_cents,
  refunded_cents)
select d.id, d.number, d.store_id, d.distributor_id,
  case when d.consumer_id is null then 'GUEST' else 'CONSUMER' end, d.consumer_id, d.order_status,
  d.currency, s.goods, s.freight, s.goods + s.freight, s.paid, :source || ':' || d.external_id,
  s.digest, 'imported', d.placed_at, d.placed_at, s.paid_at, d.closed_at, :at, 'zh_CN', 0, 0
from t_due d join t_sum s on s.id = d.id""",
    "addresses": """\
insert into order_addresses (order_id, recipient, phone, province_code, province, city, district,
  street)
select id, recipient, phone, province_code, province, city, district, street
from t_due where consumer_id is not null""",
    "parts": """\
insert into supplier_orders (id, order_id, number, supplier_id, distributor_id, store_id,
  store_name, currency, status, freight_cents, placed_at, paid_at, accepted_at, shipped_at,
  received_at, completed_at, imported_at)
select p.id, d.id, d.number || '-' || p.place, p.supplier_id, d.distributor_id, d.store_id,
  d.store_name, d.currency, d.status, p.freight, d.placed_at, s.paid_at, d.accepted_at,
  coalesce(d.shipped_at, h.shipped_at), coalesce(d.received_at, h.delivered_at), d.completed_at,
  :at
from t_part p join t_due d on d.id = p.order_id join t_sum s on s.id = d.id
left join t_parcel h on h.part_id = p.id and h.is_first""",
    "lines": """\
insert into order_lines (id, order_id, supplier_order_id, distributor_id, store_id, listing_id,
  product_id, sku_id, title, spec_text, quantity, retail_cents, goods_cents)
select l.id, l.order_id, p.id, l.distributor_id, l.store_id, l.listing_id, l.product_id, l.sku_id,
  l.title, '', l.quantity, l.price, l.goods
from t_line l join t_part p on p.order_id = l.order_id and p.supplier_id = l.supplier_id""",
    "fulfilment": """\
insert into fulfilment_lines (line_id, supplier_order_id, supplier_id, distributor_id, product_id,
  sku_id, sku_code, title, spec_text, quantity, shipped_quantity, supply_unit_cents, supply_cents)
select l.id, p.id, l.supplier_id, l.distributor_id, l.product_id, l.sku_id, l.sku_code, l.title,
  '', l.quantity, case when h.id is null then 0 else l.quantity end, l.supply_unit,
  l.supply_unit * l.quantity
from t_line l join t_part p on p.order_id = l.order_id and p.supplier_id = l.supplier_id
left join t_parcel h on h.part_id = p.id and h.is_first""",
    "terms": """\
insert into order_line_terms (line_id, order_id, supplier_order_id, distributor_id, rule_name,
  rule_version, commission_bps, keeps_commission_on_refund, supply_cents, commission_cents,
  margin_cents)
select l.id, l.order_id, p.id, l.distributor_id, '', 0, 0, false, l.supply, l.commission,
  l.goods - l.supply - l.commission
from t_line l join t_part p on p.order_id = l.order_id and p.supplier_id = l.supplier_id""",
    "events": f"""\
insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
  to_status, actor_scope, created_at)
select {new_ids()}, d.id, p.id, p.supplier_id, d.distributor_id, 'IMPORTED', d.status, 'system', :at
from t_part p join t_due d on d.id = p.order_id""",
    "payments": f"""\
insert into payments (id, order_id, distributor_id, number, provider, status, amount_cents,
  currency, method, installments, provider_ref, settled_by_order, refunded_cents, created_at,
  paid_at)
select {new_ids()}, d.id, d.distributor_id, d.number || 'P' || p.place, 'imported', 'PAID',
  p.amount, d.currency, p.method, nullif(p.installments, 0), left(p.sequence, 64), true, 0,
  d.placed_at, coalesce(p.paid_at, s.paid_at, d.placed_at)
from t_payment p join t_due d on d.id = p.order_id join t_sum s on s.id = d.id""",
    "shipments": """\
insert into shipments (id, order_id, supplier_order_id, supplier_id, distributor_id, carrier_code,
  tracking_no, shipped_at, delivered_at)
select id, order_id, part_id, supplier_id, distributor_id, carrier, tracking_no, shipped_at,
  delivered_at
from t_parcel""",
    # Nothing says what lay in which of several parcels: the first takes the part's lines.
    "parcel_lines": """\
insert into shipment_lines (shipment_id, line_id, supplier_id, quantity)
select h.id, l.id, l.supplier_id, l.quantity
from t_parcel h join t_line l on l.order_id = h.order_id and l.supplier_id = h.supplier_id
where h.is_first""",
    "entries": f"""\
insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
select d.entry_id, 'HISTORY', 'order', d.id, d.id, coalesce(s.paid_at, d.placed_at)
from t_due d join t_sum s on s.id = d.id
where s.paid > 0 or (d.{_SETTLED} and s.goods + s.freight > 0)""",
}

_MOVED = f"""\
create temporary table t_moved on commit drop as
with share as (
  select d.id as order_id, d.currency, x.merchant_id, x.role, x.kind, x.cents, p.id as part_id
  from t_due d join t_part p on p.order_id = d.id
  cross join lateral (values
    (p.supplier_id, 'supplier', 'PAID_OUT', p.supply + p.freight),
    (null, 'platform', 'COMMISSION', p.commission),
    (d.distributor_id, 'distributor', 'PAID_OUT', p.goods - p.supply - p.commission))
    as x(merchant_id, role, kind, cents)
  where d.{_SETTLED} and x.cents > 0
  union all
  -- What the payments bring beyond that, or lack of it.
  select d.id, d.currency, null, 'platform', 'HISTORY_OPEN', s.paid - case
    when d.{_SETTLED} then s.goods + s.freight else 0 end, null
  from t_due d join t_sum s on s.id = d.id)
select {new_ids()} as id, d.entry_id as transaction_id, x.part_id, x.currency,
  coalesce(s.paid_at, d.placed_at) as at, abs(x.cents) as amount_cents,
  case when x.cents > 0 then outside.id else a.id end as from_account_id,
  case when x.cents > 0 then a.id else outside.id end as to_account_id,
  case when x.cents > 0 then a.merchant_id end as to_merchant_id
from share x join t_due d on d.id = x.order_id join t_sum s on s.id = d.id
join staging.accounts a
  on a.owner = coalesce(x.merchant_id, '00000000-0000-0000-0000-000000000000') and a.role = x.role
  and a.kind = x.kind and a.currency = x.currency
join staging.accounts outside on outside.kind = 'HISTORY' and outside.currency = x.currency
where x.cents <> 0"""

_POST = """\
insert into postings (id, transaction_id, from_account_id, to_account_id, to_merchant_id,
  amount_cents, currency, supplier_order_id, created_at)
select id, transaction_id, from_account_id, to_account_id, to_merchant_id, amount_cents, currency,
  part_id, at from t_moved"""

_WRITTEN_OF: Mapping[str, str] = {
    "orders": "t_due",
    "parts": "t_part",
    "lines": "t_line",
    "fulfilment": "t_line",
    "terms": "t_line",
    "events": "t_part",
    "payments": "t_payment",
    "shipments": "t_parcel",
}
"""What is written → of which of the batch's rows, one for each.

The trigger that compares live orders with their rows looks at one order at a time. Here an order's
amounts are summed from these very rows, so it is enough that none of them is lost or doubled.
"""

_PARCEL_ROWS = "select count(distinct row) from t_parcel"

_BASE = "select last_value from imported_order_numbers"
_TAKEN = "select setval('imported_order_numbers', :base + :n)"

_ACCOUNTS = """\
create unlogged table staging.accounts as
select a.id, a.merchant_id,
  coalesce(a.merchant_id, '00000000-0000-0000-0000-000000000000') as owner, a.role, a.kind,
  a.currency
from ledger_accounts a join staging.currencies c on c.currency = a.currency
where a.kind in ('HISTORY', 'HISTORY_OPEN', 'COMMISSION', 'PAID_OUT')"""


@dataclass(frozen=True)
class Plan:
    """How many orders are new, and the number after which theirs begin."""

    orders: int
    base: int


async def plan(session: AsyncSession, shop: str, currency: str) -> Plan:
    """Give every new order its identifier and its place, and lay its rows beside its batch's."""
    for statement in (_ACCOUNTS, "analyze staging.accounts", _DUE):
        await run(session, statement, shop=shop, currency=currency)
    for kind in OF_ORDERS:
        await run(session, _DUE_ROWS.format(kind=kind))
    for table in ("due", *(f"due_{kind}" for kind in OF_ORDERS)):
        await run(session, f"create index on staging.{table} (n)")
        await run(session, f"analyze staging.{table}")
    found = await number(session, "select count(*) from staging.due")
    base = await number(session, _BASE)
    # Only one import runs at a time; a batch that is not written leaves a gap.
    await number(session, _TAKEN, base=base, n=found + 1)
    return Plan(found, base)


async def write(
    session: AsyncSession, source: str, shop: str, currency: str, base: int, batch: int
) -> dict[str, int]:
    """Write one batch of orders whole; return kind → rows of the files that are written.

    Raises RuntimeError where rows of an order would be lost or doubled.
    """
    params = {"source": source, "shop": shop, "currency": currency, "base": base, "at": now()}
    params |= {"first": batch * BATCH, "last": (batch + 1) * BATCH - 1}
    made = await _prepared(session, params)
    written = {
        kind: int((await run(session, statement, **params)).rowcount)
        for kind, statement in _INSERTS.items()
    }
    if wrong := {kind for kind, table in _WRITTEN_OF.items() if written[kind] != made[table]}:
        raise RuntimeError(f"imported orders lost or doubled rows: {', '.join(sorted(wrong))}")
    for statement in (_MOVED, _POST, BALANCES_SQL.format(postings="t_moved")):
        await run(session, statement)
    # One row of a file may be a parcel of each part.
    written["shipments"] = await number(session, _PARCEL_ROWS)
    return {kind: written[kind] for kind in ("orders", "lines", "payments", "shipments")}


async def _prepared(session: AsyncSession, params: Mapping[str, Any]) -> dict[str, int]:
    """Make the tables of a batch; return how many rows each has."""
    made: dict[str, int] = {}
    await by_index(session, always=False)
    # A rough idea of them is enough for their joins, and much sooner had.
    await run(session, "set local default_statistics_target = 10")
    for table, statement in _BATCH.items():
        made[table] = int((await run(session, statement, **params)).rowcount)
        await run(session, f"analyze {table}")
    await by_index(session, always=True)
    return made
