"""What the visitors of a market's stores did: visits, searches, product views, sources, campaigns.

Set-based like the history, and made to fit its orders: most of them have a visit, and every
product that was bought was looked at before.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import BUSINESS_ZONE
from app.services.demo.chance import drawn
from app.services.visits_sql import SOURCES_SQL

_CAMPAIGNS = f"""\
insert into store_campaigns (id, store_id, distributor_id, code, name, source, medium, created_at)
select new_uuid(), s.id, s.distributor_id, substr(md5(s.slug || c.name), 1, 6), c.name, c.source,
  c.medium, cast(:start as timestamptz) + make_interval(days => {drawn("s.slug || c.name")} % 20)
from stores s cross join (values ('公众号推文', 'wechat', 'social'), ('直播间', 'douyin', 'video'),
  ('包裹卡片', 'print', 'print')) as c(name, source, medium)
on conflict do nothing"""

_SOURCES = """\
create temporary table t_source on commit drop as
select s.id as store_id, u.* from stores s cross join (values
  (0, 36, '', '', ''), (36, 54, 'wechat', 'social', ''), (54, 62, 'wechat', 'app', ''),
  (62, 70, 'baidu', 'search', ''), (70, 75, 'douyin', 'video', ''),
  (75, 79, 'xiaohongshu', 'social', ''), (79, 82, 'weibo', 'social', ''))
  as u(low, high, source, medium, campaign)
union all
select store_id, 82 + 18 * (place - 1) / whole, 82 + 18 * place / whole, source, medium, code
from (select c.*, row_number() over (partition by store_id order by code) as place,
    count(*) over (partition by store_id) as whole from store_campaigns c) x
union all
select id, 82, 100, '', '', '' from stores s
where not exists (select 1 from store_campaigns c where c.store_id = s.id)"""
"""Of a hundred visitors those from ``low`` up to ``high`` came from there."""

_DAYS = """\
create temporary table t_day on commit drop as
select to_char(d, 'YYYY-MM-DD') as day, d at time zone 'Asia/Shanghai' as began,
  0.7 + extract(isodow from d) / 20 as crowd
from generate_series(date_trunc('day', cast(:start as timestamptz) at time zone 'Asia/Shanghai'),
  cast(:end as timestamptz) at time zone 'Asia/Shanghai', '1 day') as d"""

_ORDERS = f"""\
create temporary table t_visited on commit drop as
select o.id, o.number, o.store_id, o.distributor_id, o.placed_at, d.day, d.began, x.h,
  w.source, w.medium, w.campaign, case when x.h % 100 < 78 then 'phone' else 'computer' end as device
from orders o
cross join lateral (select {drawn("'visit' || o.number")} as h) x
join t_day d on o.placed_at >= d.began and o.placed_at < d.began + interval '1 day'
join t_source w on w.store_id = o.store_id and x.h / 7 % 100 >= w.low and x.h / 7 % 100 < w.high
where x.h / 3 % 100 < 92
  and not exists (select 1 from order_visits v where v.order_id = o.id)"""

_WRITES = (
    """\
insert into order_visits (order_id, store_id, distributor_id, day, source, medium, campaign,
  device)
select id, store_id, distributor_id, day, source, medium, campaign, device from t_visited""",
    """\
insert into store_visits (store_id, day, visitor, distributor_id, page_views, product_views,
  searches, cart_adds, checkouts, orders, source, medium, campaign, device, is_new, first_at)
select store_id, day, md5(:salt || number), distributor_id, 4 + h % 9, 1 + h % 4, h % 2, 1 + h % 3,
  1, 1, source, medium, campaign, device, h % 10 < 6,
  greatest(began, placed_at - make_interval(mins => 2 + h % 25))
from t_visited on conflict do nothing""",
    f"""\
insert into store_visits (store_id, day, visitor, distributor_id, page_views, product_views,
  searches, cart_adds, checkouts, source, medium, campaign, device, is_new, first_at)
select s.id, d.day, md5(:salt || s.slug || d.day || n), s.distributor_id, 1 + h % 7, h % 4,
  (h % 6 = 0)::int, (h % 9 = 0)::int, (h % 23 = 0)::int, w.source, w.medium, w.campaign,
  case when h / 5 % 100 < 74 then 'phone' else 'computer' end, h / 11 % 100 < 82, y.at
from stores s cross join t_day d cross join generate_series(1, cast(:visitors as int)) as n
cross join lateral (select {drawn("'who' || s.slug || d.day || n")} as h) x
cross join lateral (
  -- Most come between eight in the morning and midnight.
  select d.began + make_interval(mins => 480 + h / 13 % 960) as at) y
join t_source w on w.store_id = s.id and h / 7 % 100 >= w.low and h / 7 % 100 < w.high
where h / 17 % 100 < 90 * d.crowd and y.at < :end
on conflict do nothing""",
    f"""\
insert into store_product_traffic (store_id, day, product_id, distributor_id, supplier_id, views,
  cart_adds, buyers)
select l.store_id, d.day, l.product_id, l.distributor_id, l.supplier_id,
  y.looks + coalesce(b.buyers, 0) * (5 + x.h % 6),
  coalesce(b.buyers, 0) + (x.h % 5 < y.looks / 6)::int, coalesce(b.buyers, 0)
from listings l join stores s on s.id = l.store_id join products p on p.id = l.product_id
cross join t_day d
cross join lateral (select {drawn("'look' || s.slug || p.title || d.day")} as h,
  {drawn("'fame' || p.title")} as fame) x
cross join lateral (
  select floor((x.h / 3 % (2 + x.fame % 14)) * d.crowd * least(:visitors, 70) / 70)::int
    as looks) y
left join (select v.store_id, v.day, o.product_id, count(distinct v.id) as buyers
  from t_visited v join order_lines o on o.order_id = v.id group by 1, 2, 3) b
  on b.store_id = l.store_id and b.day = d.day and b.product_id = l.product_id
where y.looks + coalesce(b.buyers, 0) > 0
on conflict do nothing""",
    f"""\
insert into store_searches (store_id, day, term, distributor_id, count, results)
select s.id, d.day, t.term, s.distributor_id, y.n, t.results
from stores s cross join t_day d
cross join lateral (
  select term, (select count(*) from shelf_items i where i.store_id = s.id
    and i.title like '%' || term || '%') as results
  -- What the goods are called at the end of their titles, and what nobody here sells.
  from (select distinct right(k.title, 2) as term from shelf_items k
      where k.store_id = s.id and right(k.title, 2) ~ '^[一-鿿]+$'
    union select unnest(array['礼盒', '茶', '杯', '手机壳', '红酒', '包邮'])) k) t
cross join lateral (
  select floor({drawn("'ask' || s.slug || t.term || d.day")} % (1 + {drawn("'fame' || t.term")} % 9)
    * d.crowd * least(:visitors, 70) / 70)::int as n) y
where y.n > 0
on conflict do nothing""",
)


async def make_campaigns(session: AsyncSession, start: datetime) -> None:
    """Make three campaign links for every store, as the engine role."""
    await _run(session, _CAMPAIGNS, {"salt": "campaign", "start": start})


async def write_behaviour(
    session: AsyncSession, start: datetime, end: datetime, visitors: int
) -> None:
    """Write what visitors did in all stores between two moments, as the engine role.

    About ``visitors`` a day come to each store without buying, and one for each order of the time.
    """
    params = {"salt": "visit", "start": start, "end": end, "visitors": visitors}
    for table, statement in (("t_source", _SOURCES), ("t_day", _DAYS), ("t_visited", _ORDERS)):
        await _run(session, statement, params)
        await session.execute(text(f"analyze {table}"))
    for statement in _WRITES:
        await _run(session, statement, params)
    first, last = (at.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d") for at in (start, end))
    await session.execute(text(SOURCES_SQL), {"first": first, "last": last})


async def _run(session: AsyncSession, statement: str, params: Mapping[str, object]) -> None:
    used = {name: value for name, value in params.items() if f":{name}" in statement}
    await session.execute(text(statement), used)
