"""The statements that write what visitors did: one for a whole round, one beside an order.

Two processes may write at once. Rows are written in the order of their keys and the parts of the
statement always run one after the other, so that nobody waits in a circle.
"""

_GROUPED = "group by store_id, day, product_id order by store_id, day, product_id"

FLUSH_SQL = f"""\
with doc as materialized (select cast(:doc as jsonb) as d),
seen as materialized (
  select s.id as store_id, s.distributor_id, x.day, x.visitor, x.page_views, x.product_views,
    x.searches, x.cart_adds, x.checkouts, x.orders, coalesce(c.source, x.source) as source,
    coalesce(c.medium, x.medium) as medium, coalesce(c.code, x.campaign) as campaign, x.device,
    x.is_new, x.first_at
  from doc, jsonb_to_recordset(d -> 'visits') as x(store uuid, day text, visitor text,
    page_views int, product_views int, searches int, cart_adds int, checkouts int, orders int,
    source text, medium text, campaign text, code text, device text, is_new boolean,
    first_at timestamptz)
  join stores s on s.id = x.store
  left join store_campaigns c on c.store_id = x.store and c.code = x.code),
visits as (
  insert into store_visits as v (store_id, day, visitor, distributor_id, page_views,
    product_views, searches, cart_adds, checkouts, orders, source, medium, campaign, device,
    is_new, first_at)
  select store_id, day, visitor, distributor_id, coalesce(page_views, 0),
    coalesce(product_views, 0), coalesce(searches, 0), coalesce(cart_adds, 0),
    coalesce(checkouts, 0), coalesce(orders, 0), source, medium, campaign, device, is_new,
    first_at
  from seen order by store_id, day, visitor
  on conflict (store_id, day, visitor) do update set
    page_views = v.page_views + excluded.page_views,
    product_views = v.product_views + excluded.product_views,
    searches = v.searches + excluded.searches, cart_adds = v.cart_adds + excluded.cart_adds,
    checkouts = v.checkouts + excluded.checkouts, orders = v.orders + excluded.orders,
    -- The last source that says something counts; what is guessed from an app only fills a gap.
    (source, medium, campaign) = (
      select excluded.source, excluded.medium, excluded.campaign
      where excluded.source <> '' and (excluded.medium <> 'app' or v.source = '')
      union all
      select v.source, v.medium, v.campaign
      where not (excluded.source <> '' and (excluded.medium <> 'app' or v.source = ''))),
    is_new = v.is_new or excluded.is_new, first_at = least(v.first_at, excluded.first_at)),
goods as materialized (
  select l.store_id, x.day, l.product_id, l.distributor_id, l.supplier_id, x.n as views,
    0 as adds, 0 as buyers
  from doc, jsonb_to_recordset(d -> 'views') as x(store uuid, day text, listing uuid, n int)
  join listings l on l.id = x.listing and l.store_id = x.store
  union all
  select l.store_id, x.day, l.product_id, l.distributor_id, l.supplier_id, 0, x.n, 0
  from doc, jsonb_to_recordset(d -> 'adds') as x(store uuid, day text, sku uuid, n int)
  join skus k on k.id = x.sku
  join listings l on l.product_id = k.product_id and l.store_id = x.store
  union all
  -- An order of two sizes of one product is one buyer of it.
  select distinct on (b.ordinality, l.product_id) l.store_id, b.value ->> 'day', l.product_id,
    l.distributor_id, l.supplier_id, 0, 0, 1
  from doc, jsonb_array_elements(d -> 'bought') with ordinality as b
  cross join jsonb_array_elements_text(b.value -> 'skus') as x(sku)
  join skus k on k.id = cast(x.sku as uuid)
  join listings l on l.product_id = k.product_id
    and l.store_id = cast(b.value ->> 'store' as uuid)),
traffic as (
  insert into store_product_traffic as t (store_id, day, product_id, distributor_id, supplier_id,
    views, cart_adds, buyers)
  select store_id, day, product_id, min(distributor_id::text)::uuid,
    min(supplier_id::text)::uuid, sum(views), sum(adds), sum(buyers)
  from goods {_GROUPED}
  on conflict (store_id, day, product_id) do update set views = t.views + excluded.views,
    cart_adds = t.cart_adds + excluded.cart_adds, buyers = t.buyers + excluded.buyers)
insert into store_searches as t (store_id, day, term, distributor_id, count, results)
select s.id, x.day, x.term, s.distributor_id, x.n, x.results
from doc, jsonb_to_recordset(d -> 'searches') as x(store uuid, day text, term text, n int,
  results int)
join stores s on s.id = x.store order by s.id, x.day, x.term
on conflict (store_id, day, term) do update set count = t.count + excluded.count,
  results = excluded.results"""

ORDER_VISIT_SQL = """\
insert into order_visits (order_id, store_id, distributor_id, day, source, medium, campaign,
  device)
select o.id, o.store_id, o.distributor_id, x.day, coalesce(v.source, ''),
  coalesce(v.medium, ''), coalesce(v.campaign, ''), x.device
from orders o cross join (select %s::text as device, %s::text as day, %s::text as visitor) x
left join store_visits v on v.store_id = o.store_id and v.day = x.day and v.visitor = x.visitor
where o.id = %s"""

SOURCES_SQL = """\
with fresh as materialized (
  select store_id, day, source, medium, campaign, min(distributor_id::text)::uuid
    as distributor_id, sum(visitors) as visitors, sum(orders) as orders, sum(paid) as paid
  from (
    select store_id, day, source, medium, campaign, distributor_id, count(*) as visitors,
      0 as orders, 0 as paid
    from store_visits where day between :first and :last
    group by store_id, day, source, medium, campaign, distributor_id
    union all
    select v.store_id, v.day, v.source, v.medium, v.campaign, v.distributor_id, 0, count(*),
      sum(o.paid_cents)
    from order_visits v join orders o on o.id = v.order_id
    where v.day between :first and :last
    group by v.store_id, v.day, v.source, v.medium, v.campaign, v.distributor_id) x
  group by store_id, day, source, medium, campaign),
gone as (
  -- A visitor who came directly in the morning and by a campaign at noon has moved.
  delete from store_sources s where s.day between :first and :last and not exists (
    select 1 from fresh f where (f.store_id, f.day, f.source, f.medium, f.campaign)
      = (s.store_id, s.day, s.source, s.medium, s.campaign)))
insert into store_sources as s (store_id, day, source, medium, campaign, distributor_id,
  visitors, orders, paid_cents)
select store_id, day, source, medium, campaign, distributor_id, visitors, orders, paid from fresh
order by store_id, day, source, medium, campaign
on conflict (store_id, day, source, medium, campaign) do update set
  visitors = excluded.visitors, orders = excluded.orders, paid_cents = excluded.paid_cents
where (s.visitors, s.orders, s.paid_cents)
  is distinct from (excluded.visitors, excluded.orders, excluded.paid_cents)"""
