"""Writing reviews, of orders that this import brings or that an earlier one brought."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.services.imports.staging import good, new_ids, number, run

BATCH = 100_000

# A review of a product speaks of one supplier, that of an order of all.
_PLAN = (
    f"""\
create unlogged table staging.new_reviews as
select row_number() over (order by s.row) - 1 as n, s.*, o.order_uuid, o.store_id,
  o.distributor_id, l.product_uuid, l.supplier_id
from staging.reviews s
join (select external_id, id as order_uuid, store_id, distributor_id from staging.due
  union all select id, order_id, store_id, distributor_id from staging.known) o
  on o.external_id = s.order_id
left join lateral (select x.product_id as product_uuid, f.supplier_id
  from order_lines x join fulfilment_lines f on f.line_id = x.id
  where x.order_id = o.order_uuid and f.sku_code = s.product_id and s.product_id is not null
  order by f.supplier_id limit 1) l on true
where {good("reviews")} and not exists (select 1 from reviews r
  where r.order_id = o.order_uuid and r.external_id = s.id)""",
    "create index on staging.new_reviews (n)",
    "analyze staging.new_reviews",
)

_REVIEWS = f"""\
insert into reviews (id, order_id, store_id, distributor_id, supplier_id, product_id, score, title,
  body, external_id, created_at, answered_at, imported_at)
select {new_ids("n")}, order_uuid, store_id, distributor_id, supplier_id, product_uuid, score,
  coalesce(title, ''), coalesce(body, ''), id, created_at, answered_at, :at
from staging.new_reviews where n >= :first and n < :last
on conflict (order_id, external_id) do nothing"""


async def plan(session: AsyncSession) -> int:
    """Find the reviews that are new, once the orders are written; return how many."""
    for statement in _PLAN:
        await run(session, statement)
    return await number(session, "select count(*) from staging.new_reviews")


async def write(session: AsyncSession, batch: int) -> int:
    """Write one batch of reviews; return how many."""
    span = {"first": batch * BATCH, "last": (batch + 1) * BATCH}
    return int((await run(session, _REVIEWS, **span, at=now())).rowcount)
