"""The stores' public shelves follow listings, products, prices and stock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM
from app.kit.clock import now
from app.services.engine import engine_transaction


async def refresh_listings(session: AsyncSession, listing_ids: Sequence[UUID]) -> None:
    """Write the shelf rows of some listings anew."""
    if listing_ids:
        await session.execute(text("select refresh_shelf(:ids)"), {"ids": list(listing_ids)})


async def refresh_products(session: AsyncSession, product_ids: Sequence[UUID]) -> None:
    """Write the shelf rows of all listings of some products anew (as the engine role)."""
    await session.execute(
        text(
            "select refresh_shelf(coalesce(array_agg(id), '{}')) from listings"
            " where product_id = any(:products)"
        ),
        {"products": list(product_ids)},
    )


async def refresh_suppliers(session: AsyncSession, supplier_ids: Sequence[UUID]) -> None:
    """Write the shelf rows of all listings of some suppliers anew (as the engine role)."""
    await session.execute(
        text(
            "select refresh_shelf(coalesce(array_agg(id), '{}')) from listings"
            " where supplier_id = any(:suppliers)"
        ),
        {"suppliers": list(supplier_ids)},
    )


_LATELY = """\
touched as materialized (
  select distinct l.product_id from order_lines l where l.order_id in (
    select order_id from order_events where created_at > :since
    union all select order_id from refunds where created_at > :since)),
"""
_ALL = """\
touched as materialized (select distinct product_id from shelf_items),
"""
# Stock belongs to a SKU, so that one store's sale empties the shelf of every other one.
_DIFFERING = """\
with {touched}
differing as (
  select i.listing_id from touched t join shelf_items i on i.product_id = t.product_id
  cross join lateral (
    select bool_or(st.on_hand > st.reserved) as in_stock from listing_skus ls
      join skus s on s.id = ls.sku_id and s.is_active
      left join stock st on st.sku_id = ls.sku_id
    where ls.listing_id = i.listing_id and ls.is_offered) as stands
  cross join lateral (
    select coalesce(sum(ol.quantity), 0) as sold from order_lines ol
    where ol.product_id = i.product_id and ol.listing_id = i.listing_id) as sales
  where i.in_stock is distinct from stands.in_stock or i.sold <> sales.sold)
select count(*), refresh_shelf(coalesce(array_agg(listing_id), '{{}}')) from differing"""
_RECENT = text(_DIFFERING.format(touched=_LATELY))
_EVERY = text(_DIFFERING.format(touched=_ALL))

LOOK_BACK = timedelta(minutes=5)
"""So far back orders are looked at each time, so that one that was committed late is not missed."""
_AFTER_A_PAUSE = timedelta(hours=6)
_seen_until: datetime | None = None


async def refresh_recently_sold() -> int:
    """Let what moved with orders show on all shelves: sold out, back in stock, units sold.

    A process looks back over what happened since it looked last. Returns how many listings
    showed something else.
    """
    global _seen_until
    at = now()
    since = (_seen_until or at - _AFTER_A_PAUSE) - LOOK_BACK
    changed = await _refresh(_RECENT, since=since)
    _seen_until = at
    return changed


async def refresh_all() -> int:
    """Compare every shelf with its stock and sales; return how many listings were mended."""
    return await _refresh(_EVERY)


async def _refresh(statement: TextClause, **values: object) -> int:
    async with engine_transaction(SYSTEM, "shelf.refresh") as session:
        return int((await session.execute(statement, values)).scalar_one())
