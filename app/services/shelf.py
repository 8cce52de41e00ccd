"""The stores' public shelves follow listings, products, prices and stock."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
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


async def refresh_recently_sold(minutes: int = 5) -> None:
    """Let stock and sales of what was ordered lately show on the shelves."""
    async with engine_transaction(SYSTEM, "shelf.refresh") as session:
        await session.execute(
            text(
                "select refresh_shelf(coalesce(array_agg(distinct l.listing_id), '{}'))"
                " from order_lines l join orders o on o.id = l.order_id"
                " where o.placed_at > :since or o.closed_at > :since"
            ),
            {"since": now() - timedelta(minutes=minutes)},
        )
