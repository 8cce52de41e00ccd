"""A past for a market: any number of orders in all states, set-based, as the app would have made.

Every amount, posting, movement and event is written, so that ``tongshang verify`` holds for it.
The numbers come from hashes of the order's place, so that the same call gives the same history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.demo.chance import drawn

CHUNK = 25_000
"""So many orders are written by one round of statements, which bounds memory."""


@dataclass(frozen=True)
class Span:
    """Orders ``first`` … ``last`` (from 1) spread over the time from ``start`` to ``end``.

    Order ``i`` of the ``whole`` gets the sequence number ``numbers + i``.
    """

    first: int
    last: int
    whole: int
    start: datetime
    end: datetime
    numbers: int


_OFFERS = """\
create temporary table t_offer on commit drop as
select row_number() over (order by s.slug, m.code, k.code) as n, ls.store_id, s.slug,
  ls.distributor_id, s.name as store_name, ls.listing_id, l.product_id, l.supplier_id, ls.sku_id,
  k.code as sku_code, coalesce(l.title_override, p.title) as title,
  (select string_agg(v, ' / ') from jsonb_array_elements_text(k.spec_values) v) as spec_text,
  (select i.blob_key from product_images i where i.product_id = p.id
   order by i.position, i.id limit 1) as image_key,
  ls.retail_cents, sp.supply_cents, r.*,
  coalesce(f.first_cents, 0) as first_cents, coalesce(f.free_from_cents, 10^12::bigint) as free_from
from listing_skus ls
join listings l on l.id = ls.listing_id and l.status = 'ON_SALE'
join stores s on s.id = ls.store_id
join skus k on k.id = ls.sku_id and k.is_active
join products p on p.id = l.product_id
join merchants m on m.id = l.supplier_id
join categories c on c.id = p.category_id
join supply_prices sp on sp.sku_id = ls.sku_id
left join freight_templates f on f.supplier_id = l.supplier_id and f.is_default
left join lateral (
  select v.id as rule_version_id, sr.name as rule_name, v.version as rule_version, v.rate_bps,
    v.payment_fee_bps, v.keeps_commission_on_refund as keeps
  from split_rules sr join split_rule_versions v on v.rule_id = sr.id
  where sr.is_active and (sr.category_id is null or sr.category_id in (p.category_id, c.parent_id))
    and (sr.supplier_id is null or sr.supplier_id = l.supplier_id)
    and (sr.distributor_id is null or sr.distributor_id = ls.distributor_id)
  order by sr.position, sr.id, v.version desc limit 1) r on true"""

_PICKS = f"""\
create temporary table t_pick on commit drop as
with stores as (
  select store_id, count(*) as offers, row_number() over (order by slug) - 1 as place,
    array_agg(n order by n) as ns
  from t_offer group by store_id, slug having count(*) > 1),
picked as (
  select i, s.ns, s.offers, {drawn("'a' || i")} as a, {drawn("'b' || i")} as b, {drawn("'q' || i")} as q
  from generate_series(cast(:first as bigint), cast(:last as bigint)) as i
  join stores s on s.place = {drawn("'s' || i")} % (select count(*) from stores))
select i, 1 as line, ns[1 + a % offers] as n, 1 + (q % 100 > 82)::int as quantity from picked
union all
select i, 2, ns[1 + (a + 1 + b % (offers - 1)) % offers], 1 + (q % 100 > 93)::int from picked"""

# A few people buy often and many once, so that there is something to see of who comes back.
_ORDERS = f"""\
create temporary table t_order on commit drop as
select p.i, new_uuid() as id, min(o.store_id::text)::uuid as store_id,
  min(o.distributor_id::text)::uuid as distributor_id, min(o.store_name) as store_name,
  x.placed_at, x.fate, x.age_days, x.who, x.place,
  to_char(x.placed_at at time zone 'Asia/Shanghai', 'YYMMDD') as day
from t_pick p join t_offer o on o.n = p.n
cross join lateral (select
  cast(:start as timestamptz) + (cast(:end as timestamptz) - cast(:start as timestamptz))
    * ((p.i - 1 + ({drawn("'t' || p.i")} % 1000) / 1000.0) / :whole) as placed_at,
  {drawn("'f' || p.i")} % 1000 as fate, {drawn("'w' || w.person")} as who,
  {drawn("'p' || w.person")} as place
  from (select floor(0.3 * :whole * power({drawn("'c' || p.i")} % 1000003 / 1000003.0, 2))::bigint
    as person) w) as y
cross join lateral (select y.placed_at, y.fate, y.who, y.place,
  extract(epoch from cast(:end as timestamptz) - y.placed_at) / 86400 as age_days) as x
group by p.i, x.placed_at, x.fate, x.age_days, x.who, x.place"""

_NUMBERS = """\
alter table t_order add number text;
alter table t_order add status text;
alter table t_order add order_status text;
update t_order set number = day || lpad((:numbers + i)::text, 7, '0'),
  status = case
    when fate < 45 then 'CLOSED'
    when fate < 65 and age_days > 1 then 'REJECTED'
    when age_days > 16 then 'COMPLETED'
    when age_days > 8 then 'RECEIVED'
    when age_days > 3 then 'SHIPPED'
    when age_days > 1.2 then 'ACCEPTED'
    else 'PAID' end;
update t_order set number = number || (
  select ((10 - sum(case when (length(number) - place) % 2 = 0
      then case when digit * 2 > 9 then digit * 2 - 9 else digit * 2 end
      else digit end) % 10) % 10)::text
  from (select place, substr(number, place, 1)::int as digit
        from generate_series(1, length(number)) as place) d)"""

_PARTS = """\
create temporary table t_part on commit drop as
select new_uuid() as id, g.*,
  case when g.goods >= g.free_from then 0 else g.first_cents end as freight
from (select o.i, o.id as order_id, f.supplier_id, sum(f.retail_cents * p.quantity) as goods,
    min(f.first_cents) as first_cents, min(f.free_from) as free_from,
    o.number || '-' || row_number() over (partition by o.i order by min(f.n)) as number
  from t_order o join t_pick p on p.i = o.i join t_offer f on f.n = p.n
  group by o.i, o.id, o.number, f.supplier_id) g"""

_LINES = """\
create temporary table t_line on commit drop as
select new_uuid() as id, t.id as part_id, t.order_id, t.i, p.quantity, f.*,
  f.retail_cents * p.quantity as goods, f.supply_cents * p.quantity as supply,
  round(f.retail_cents * p.quantity * coalesce(f.rate_bps, 0) / 10000.0)::bigint as commission,
  round((f.retail_cents * p.quantity + t.freight * (f.retail_cents * p.quantity)::numeric / t.goods)
    * coalesce(f.payment_fee_bps, 0) / 10000.0)::bigint as fee
from t_pick p join t_offer f on f.n = p.n
join t_part t on t.i = p.i and t.supplier_id = f.supplier_id"""

NOBODY = UUID(int=0)
"""Stands for the platform where two nullable columns are joined, which the planner can hash."""

_PAYMENTS = """\
create temporary table t_pay on commit drop as
select o.i, o.id as order_id, new_uuid() as id, new_uuid() as entry_id, g.cents,
  o.placed_at + interval '3 minutes' as at
from t_order o join (select i, sum(goods + freight) as cents from t_part group by i) g on g.i = o.i
where o.status <> 'CLOSED'"""

_SHARES = f"""\
create temporary table t_share on commit drop as
select new_uuid() as id, new_uuid() as release_id, y.order_id, y.id as pay_id, y.entry_id, y.at,
  t.id as part_id, o.status, x.merchant_id, x.kind, x.amount, a.id as account_id, a.available_id,
  case when o.status in ('RECEIVED', 'COMPLETED') and r.due <= cast(:end as timestamptz)
    then r.due end as released_at
from t_pay y join t_order o on o.i = y.i join t_part t on t.i = y.i
join (select part_id, sum(supply) as supply, sum(commission) as commission, sum(fee) as fee,
    sum(goods - supply - commission - fee) as margin from t_line group by part_id) m
  on m.part_id = t.id
cross join lateral (values ('SUPPLY', m.supply, t.supplier_id),
  ('FREIGHT', t.freight::bigint, t.supplier_id), ('COMMISSION', m.commission, null),
  ('PAYMENT_FEE', m.fee, null), ('MARGIN', m.margin, o.distributor_id))
  as x(kind, amount, merchant_id)
join t_account a on a.split_kind = x.kind
  and coalesce(a.merchant_id, '{NOBODY}') = coalesce(x.merchant_id, '{NOBODY}')
cross join lateral (select o.placed_at + interval '5 days' + make_interval(days => a.settle_days)
  as due) r
where x.amount > 0"""
"""The shares of each part, with the moment at which they were released, if they were."""

_INSERTS = (
    """\
insert into orders (id, number, store_id, distributor_id, buyer_kind, status, goods_cents,
  freight_cents, total_cents, paid_cents, refunded_cents, idempotency_key, request_hash,
  access_hash, locale, placed_at, expires_at, paid_at, closed_at)
select o.id, o.number, o.store_id, o.distributor_id, 'GUEST',
  case o.status when 'ACCEPTED' then 'PAID' when 'REJECTED' then 'REFUNDED' else o.status end,
  g.goods, g.freight, g.goods + g.freight,
  case when o.status = 'CLOSED' then 0 else g.goods + g.freight end,
  case when o.status = 'REJECTED' then g.goods + g.freight else 0 end,
  'history-' || o.id, 'history', 'history', 'zh_CN', o.placed_at,
  o.placed_at + interval '30 minutes',
  case when o.status <> 'CLOSED' then o.placed_at + interval '3 minutes' end,
  case when o.status = 'CLOSED' then o.placed_at + interval '30 minutes' end
from t_order o join (select i, sum(goods) as goods, sum(freight) as freight from t_part group by i)
  g on g.i = o.i""",
    """\
insert into order_addresses (order_id, recipient, phone, province_code, province, city, district,
  street)
select o.id, (array['陈', '林', '王', '李', '周', '吴', '赵', '黄', '徐', '孙'])[1 + o.who % 10]
    || (array['静', '伟', '雨桐', '思远', '佳', '明轩', '晓雯', '子涵'])[1 + o.who / 10 % 8],
  '+86138' || lpad((o.who % 100000000)::text, 8, '0'), a.code, a.province, a.city, a.district,
  a.street || ' ' || (1 + o.place % 200) || ' 号'
from t_order o join (values
  (0, '33', '浙江省', '杭州市', '西湖区', '文三路'), (1, '31', '上海市', '上海市', '徐汇区', '衡山路'),
  (2, '11', '北京市', '北京市', '海淀区', '中关村大街'), (3, '44', '广东省', '深圳市', '南山区', '科苑路'),
  (4, '32', '江苏省', '南京市', '鼓楼区', '中山北路'), (5, '51', '四川省', '成都市', '武侯区', '人民南路'),
  (6, '42', '湖北省', '武汉市', '洪山区', '珞喻路'), (7, '35', '福建省', '厦门市', '思明区', '厦禾路'))
  as a(n, code, province, city, district, street) on a.n = o.place % 8""",
    """\
insert into supplier_orders (id, order_id, number, supplier_id, distributor_id, store_id,
  store_name, status, freight_cents, placed_at, paid_at, accepted_at, shipped_at, received_at,
  completed_at)
select t.id, t.order_id, t.number, t.supplier_id, o.distributor_id, o.store_id, o.store_name,
  o.status, t.freight, o.placed_at,
  case when o.status <> 'CLOSED' then o.placed_at + interval '3 minutes' end,
  case when s.rank >= 2 then o.placed_at + interval '5 hours' end,
  case when s.rank >= 3 then o.placed_at + interval '26 hours' end,
  case when s.rank >= 4 then o.placed_at + interval '5 days' end,
  case when s.rank >= 5 then o.placed_at + interval '12 days' end
from t_part t join t_order o on o.i = t.i join t_rank s on s.status = o.status""",
    """\
insert into order_lines (id, order_id, supplier_order_id, distributor_id, store_id, listing_id,
  product_id, sku_id, title, spec_text, image_key, quantity, retail_cents, goods_cents,
  refunded_cents)
select l.id, l.order_id, l.part_id, l.distributor_id, l.store_id, l.listing_id, l.product_id,
  l.sku_id, l.title, coalesce(l.spec_text, ''), l.image_key, l.quantity, l.retail_cents, l.goods,
  case when o.status = 'REJECTED' then l.goods else 0 end
from t_line l join t_order o on o.i = l.i""",
    """\
insert into fulfilment_lines (line_id, supplier_order_id, supplier_id, distributor_id, product_id,
  sku_id, sku_code, title, spec_text, image_key, quantity, shipped_quantity, cancelled_quantity,
  supply_unit_cents, supply_cents, supply_returned_cents)
select l.id, l.part_id, l.supplier_id, l.distributor_id, l.product_id, l.sku_id, l.sku_code,
  l.title, coalesce(l.spec_text, ''), l.image_key, l.quantity,
  case when s.rank >= 3 then l.quantity else 0 end,
  case when o.status = 'REJECTED' then l.quantity else 0 end, l.supply_cents, l.supply,
  case when o.status = 'REJECTED' then l.supply else 0 end
from t_line l join t_order o on o.i = l.i join t_rank s on s.status = o.status""",
    """\
insert into order_line_terms (line_id, order_id, supplier_order_id, distributor_id,
  split_rule_version_id, rule_name, rule_version, commission_bps, keeps_commission_on_refund,
  supply_cents, commission_cents, payment_fee_cents, margin_cents, supply_returned_cents,
  commission_returned_cents, payment_fee_returned_cents, margin_returned_cents)
select l.id, l.order_id, l.part_id, l.distributor_id, l.rule_version_id,
  coalesce(l.rule_name, ''), coalesce(l.rule_version, 0), coalesce(l.rate_bps, 0),
  coalesce(l.keeps, false), l.supply, l.commission, l.fee, x.margin,
  back.part * l.supply, back.part * l.commission, back.part * l.fee, back.part * x.margin
from t_line l join t_order o on o.i = l.i
cross join lateral (select l.goods - l.supply - l.commission - l.fee as margin) x
cross join lateral (select (o.status = 'REJECTED')::int as part) back""",
    """\
insert into stock_reservations (line_id, order_id, sku_id, supplier_id, quantity,
  shipped_quantity, released_quantity, state, created_at)
select l.id, l.order_id, l.sku_id, l.supplier_id, l.quantity,
  case when s.rank >= 3 then l.quantity else 0 end,
  case when o.status = 'REJECTED' then l.quantity else 0 end,
  case when s.rank >= 3 then 'SHIPPED' when o.status in ('CLOSED', 'REJECTED') then 'RELEASED'
    else 'COMMITTED' end, o.placed_at
from t_line l join t_order o on o.i = l.i join t_rank s on s.status = o.status""",
    """\
insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
  from_status, to_status, actor_scope, created_at)
select new_uuid(), t.order_id, t.id, t.supplier_id, o.distributor_id, e.kind, e.was, e.target,
  e.scope, o.placed_at + e.after
from t_part t join t_order o on o.i = t.i join t_rank s on s.status = o.status
join (values
  (0, null, 'PLACED', null, 'PENDING_PAYMENT', 'public', interval '0'),
  (1, null, 'PAID', 'PENDING_PAYMENT', 'PAID', 'system', interval '3 minutes'),
  (2, null, 'ACCEPTED', 'PAID', 'ACCEPTED', 'supplier', interval '5 hours'),
  (3, null, 'SHIPPED', 'ACCEPTED', 'SHIPPED', 'supplier', interval '26 hours'),
  (4, null, 'RECEIVED', 'SHIPPED', 'RECEIVED', 'public', interval '5 days'),
  (5, null, 'COMPLETED', 'RECEIVED', 'COMPLETED', 'system', interval '12 days'),
  (0, 'CLOSED', 'EXPIRED', 'PENDING_PAYMENT', 'CLOSED', 'system', interval '30 minutes'),
  (1, 'REJECTED', 'REJECTED', 'PAID', 'REJECTED', 'supplier', interval '6 hours'))
  as e(rank, only_for, kind, was, target, scope, after)
  on e.rank <= s.rank and (e.only_for is null or e.only_for = o.status)""",
    """\
insert into payments (id, order_id, distributor_id, number, provider, status, amount_cents,
  provider_ref, refunded_cents, settled_by_order, created_at, paid_at)
select y.id, o.id, o.distributor_id, o.number || 'P1', 'demo', 'PAID', y.cents,
  'HIST' || o.number, case when o.status = 'REJECTED' then y.cents else 0 end, true, o.placed_at,
  y.at
from t_pay y join t_order o on o.i = y.i""",
    """\
insert into splits (id, order_id, supplier_order_id, payment_id, merchant_id, kind, amount_cents,
  reversed_cents, state, created_at, available_at)
select id, order_id, part_id, pay_id, merchant_id, kind, amount,
  case when status = 'REJECTED' then amount else 0 end,
  case when status = 'REJECTED' then 'REVERSED' when released_at is not null then 'AVAILABLE'
    else 'PENDING' end, at, released_at
from t_share""",
    """\
insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
select entry_id, 'PAYMENT', 'payment', id, order_id, at from t_pay""",
    """\
insert into postings (id, transaction_id, from_account_id, to_account_id, to_merchant_id,
  amount_cents, split_id, supplier_order_id, created_at)
select new_uuid(), x.entry_id, clearing.id, x.account_id, x.merchant_id, x.amount, x.id,
  x.part_id, x.at
from t_share x
join ledger_accounts clearing on clearing.merchant_id is null and clearing.kind = 'CLEARING'""",
    """\
insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
select release_id, 'RELEASE', 'split', id, order_id, released_at from t_share
where released_at is not null and merchant_id is not null""",
    """\
insert into postings (id, transaction_id, from_account_id, to_account_id, from_merchant_id,
  to_merchant_id, amount_cents, split_id, supplier_order_id, created_at)
select new_uuid(), release_id, account_id, available_id, merchant_id, merchant_id, amount, id,
  part_id, released_at
from t_share where released_at is not null and merchant_id is not null""",
    """\
insert into refunds (id, order_id, supplier_order_id, payment_id, distributor_id, number,
  amount_cents, reason, status, attempts, created_at, succeeded_at)
select new_uuid(), o.id, t.id, pay.id, o.distributor_id, t.number || 'R1', t.goods + t.freight,
  'rejected', 'SUCCEEDED', 1, o.placed_at + interval '6 hours', o.placed_at + interval '7 hours'
from t_order o join t_part t on t.i = o.i join payments pay on pay.order_id = o.id
where o.status = 'REJECTED'""",
    """\
insert into ledger_transactions (id, kind, source_type, source_id, order_id, occurred_at)
select new_uuid(), x.kind, 'refund', r.id, o.id, r.created_at + x.later
from t_order o join refunds r on r.order_id = o.id
cross join (values ('REFUND', interval '0'), ('REFUND_PAID', interval '1 hour')) as x(kind, later)
where o.status = 'REJECTED'""",
    """\
insert into postings (id, transaction_id, from_account_id, to_account_id, from_merchant_id,
  amount_cents, split_id, supplier_order_id, created_at)
select new_uuid(), e.id, a.id, u.id, sp.merchant_id, sp.amount_cents, sp.id, sp.supplier_order_id,
  r.created_at
from t_order o join refunds r on r.order_id = o.id
join ledger_transactions e on e.source_id = r.id and e.kind = 'REFUND'
join splits sp on sp.supplier_order_id = r.supplier_order_id
join ledger_accounts u on u.merchant_id is null and u.kind = 'UNALLOCATED'
join t_account a on a.split_kind = sp.kind and a.merchant_id is not distinct from sp.merchant_id
where o.status = 'REJECTED'""",
    """\
insert into postings (id, transaction_id, from_account_id, to_account_id, amount_cents,
  supplier_order_id, created_at)
select new_uuid(), e.id, u.id, c.id, r.amount_cents, r.supplier_order_id, r.succeeded_at
from t_order o join refunds r on r.order_id = o.id
join ledger_transactions e on e.source_id = r.id and e.kind = 'REFUND_PAID'
join ledger_accounts u on u.merchant_id is null and u.kind = 'UNALLOCATED'
join ledger_accounts c on c.merchant_id is null and c.kind = 'CLEARING'
where o.status = 'REJECTED'""",
    """\
insert into shipments (id, order_id, supplier_order_id, supplier_id, distributor_id, carrier_code,
  tracking_no, shipped_at, delivered_at)
select new_uuid(), t.order_id, t.id, t.supplier_id, o.distributor_id, 'shunfeng',
  'SF' || lpad((o.who % 1000000)::text, 6, '0') || lpad((t.i % 1000000)::text, 6, '0'),
  o.placed_at + interval '26 hours',
  case when s.rank >= 4 then o.placed_at + interval '4 days' end
from t_part t join t_order o on o.i = t.i join t_rank s on s.status = o.status where s.rank >= 3""",
    """\
insert into shipment_lines (shipment_id, line_id, supplier_id, quantity)
select h.id, l.id, l.supplier_id, l.quantity
from t_line l join shipments h on h.supplier_order_id = l.part_id""",
    """\
insert into tracking_events (id, shipment_id, order_id, supplier_id, distributor_id, state, text,
  occurred_at)
select new_uuid(), h.id, h.order_id, h.supplier_id, h.distributor_id, x.state, x.what,
  h.shipped_at + x.later
from t_part t join shipments h on h.supplier_order_id = t.id
join (values ('PICKED_UP', '快件已揽收', interval '1 hour', false),
  ('IN_TRANSIT', '快件已到达分拨中心', interval '20 hours', false),
  ('DELIVERED', '已签收，感谢使用', interval '3 days', true)) as x(state, what, later, at_end)
  on not x.at_end or h.delivered_at is not null""",
    """\
insert into stock_movements (id, sku_id, supplier_id, delta, reason, reference, created_at)
select new_uuid(), l.sku_id, l.supplier_id, -l.quantity, 'SHIPMENT', t.number,
  o.placed_at + interval '26 hours'
from t_line l join t_part t on t.id = l.part_id join t_order o on o.i = l.i
join t_rank s on s.status = o.status where s.rank >= 3""",
)

_STOCK = (
    """\
insert into stock_movements (id, sku_id, supplier_id, delta, reason, reference, created_at)
select new_uuid(), x.sku_id, min(x.supplier_id::text)::uuid, sum(x.quantity), 'RECEIPT', null,
  cast(:start as timestamptz)
from t_line x join t_order o on o.i = x.i where o.status not in ('CLOSED', 'REJECTED')
group by x.sku_id""",
    """\
update stock s set on_hand = s.on_hand + x.held, reserved = s.reserved + x.held
from (select l.sku_id, sum(l.quantity) as held from t_line l join t_order o on o.i = l.i
  where o.status in ('PAID', 'ACCEPTED') group by l.sku_id) x where x.sku_id = s.sku_id""",
)

_BALANCES = """\
insert into account_balances (account_id, slot, merchant_id, balance_cents)
select x.account_id, 0, a.merchant_id, sum(x.cents)
from (select from_account_id as account_id, -p.amount_cents as cents
      from postings p join ledger_transactions e on e.id = p.transaction_id
      join t_order o on o.id = e.order_id
      union all
      select to_account_id, p.amount_cents
      from postings p join ledger_transactions e on e.id = p.transaction_id
      join t_order o on o.id = e.order_id) x
join ledger_accounts a on a.id = x.account_id group by x.account_id, a.merchant_id
order by x.account_id
on conflict (account_id, slot) do update
  set balance_cents = account_balances.balance_cents + excluded.balance_cents"""

_HELPERS = (
    """\
create temporary table t_rank on commit drop as select * from (values
  ('CLOSED', 0), ('PAID', 1), ('REJECTED', 1), ('ACCEPTED', 2), ('SHIPPED', 3), ('RECEIVED', 4),
  ('COMPLETED', 5)) as x(status, rank)""",
    """\
create temporary table t_account on commit drop as
select a.id, a.merchant_id, k.split_kind, v.id as available_id,
  coalesce(m.settle_days, 0) as settle_days
from ledger_accounts a join (values
  ('SUPPLY', 'supplier', 'PENDING'), ('FREIGHT', 'supplier', 'PENDING'),
  ('MARGIN', 'distributor', 'PENDING'), ('COMMISSION', 'platform', 'COMMISSION'),
  ('PAYMENT_FEE', 'platform', 'PAYMENT_FEE')) as k(split_kind, role, kind)
  on k.role = a.role and k.kind = a.kind
left join merchants m on m.id = a.merchant_id
left join ledger_accounts v on v.merchant_id = a.merchant_id and v.role = a.role
  and v.kind = 'AVAILABLE'""",
)


async def write_history(session: AsyncSession, span: Span, salt: str = "demo") -> None:
    """Write one span of past orders, as the engine role, inside the caller's transaction.

    Creates temporary tables that end with the transaction. Stock is received for what was sold.
    """
    params = {
        "salt": salt,
        "first": span.first,
        "last": span.last,
        "whole": span.whole,
        "start": span.start,
        "end": span.end,
        "numbers": span.numbers,
    }
    for helper in _HELPERS:
        await session.execute(text(helper))
    for table, statement in (("t_offer", _OFFERS), ("t_pick", _PICKS), ("t_order", _ORDERS)):
        await _run(session, statement, params)
        await session.execute(text(f"analyze {table}"))
    for statement in _NUMBERS.split(";\n"):
        await _run(session, statement, params)
    # Without statistics the planner would join the temporary tables row by row.
    await session.execute(text("analyze t_order"))
    made = (("t_part", _PARTS), ("t_line", _LINES), ("t_pay", _PAYMENTS), ("t_share", _SHARES))
    for table, statement in made:
        await _run(session, statement, params)
        await session.execute(text(f"analyze {table}"))
    for statement in _INSERTS:
        await _run(session, statement, params)
    # Spans may be written side by side; what they add to the same rows they add one by one.
    await session.execute(text("select pg_advisory_xact_lock(hashtext('demo history'))"))
    for statement in (*_STOCK, _BALANCES):
        await _run(session, statement, params)


async def take_numbers(session: AsyncSession, count: int) -> int:
    """Take so many order numbers from the sequence; return the one before the first.

    Orders that are placed meanwhile leave gaps, and then others are taken.
    """
    while True:
        found = await session.execute(
            text(
                "select min(n) as first, max(n) as last from"
                " (select nextval('order_numbers') as n from generate_series(1, :count)) x"
            ),
            {"count": count},
        )
        row = found.one()
        if row.last - row.first + 1 == count:
            return row.first - 1


async def _run(session: AsyncSession, statement: str, params: Mapping[str, object]) -> None:
    # "::" casts and string slices are PostgreSQL's; only named parameters are ours.
    used = {name: value for name, value in params.items() if f":{name}" in statement}
    await session.execute(text(statement), used)
