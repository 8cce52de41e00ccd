"""Stores show what is sold out, and what came back, soon after the orders that did it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import PUBLIC, SYSTEM
from app.kit.db import Database
from app.kit.ids import new_id
from app.services import closing, shelf
from app.services.shelf import refresh_all, refresh_products, refresh_recently_sold
from tests.integration.market import Market, open_market


@pytest.fixture(autouse=True)
def _as_after_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_seen_until", None)


async def _market(database: Database, on_hand: int = 3) -> tuple[Market, UUID]:
    """Return a market, and another store's listing of the same goods."""
    market = await open_market(database, suppliers=1, on_hand=on_hand)
    other = await open_market(database, suppliers=1)
    goods, listing = market.goods[0], new_id()
    values = {
        "id": listing,
        "store": other.store,
        "distributor": other.distributor,
        "product": goods.product,
        "supplier": goods.supplier,
        "sku": goods.sku,
    }
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text(
                "insert into listings (id, store_id, distributor_id, product_id, supplier_id,"
                " status, position) values (:id, :store, :distributor, :product, :supplier,"
                " 'ON_SALE', 0)"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into listing_skus (listing_id, sku_id, store_id, distributor_id,"
                " retail_cents, is_offered) values (:id, :sku, :store, :distributor, 9900, true)"
            ),
            values,
        )
        await refresh_products(session, [goods.product])
    return market, listing


async def _shown(database: Database, market: Market) -> dict[UUID, tuple[bool, int]]:
    async with database.engine_transaction(SYSTEM) as session:
        found: Any = await session.execute(
            text("select listing_id, in_stock, sold from shelf_items where product_id = :p"),
            {"p": market.goods[0].product},
        )
        return {row.listing_id: (row.in_stock, row.sold) for row in found}


async def test_the_last_unit_empties_every_stores_shelf(database: Database) -> None:
    market, elsewhere = await _market(database)
    assert {stands for stands, _ in (await _shown(database, market)).values()} == {True}
    order = await market.order({0: 3})
    assert await refresh_recently_sold() == 2
    shown = await _shown(database, market)
    assert {stands for stands, _ in shown.values()} == {False}
    assert shown[elsewhere] == (False, 0)
    assert sum(sold for _, sold in shown.values()) == 3
    await closing.cancel_unpaid(PUBLIC, order.order_id, order.access_token)
    assert await refresh_recently_sold() == 2
    assert {stands for stands, _ in (await _shown(database, market)).values()} == {True}


async def test_what_shows_already_is_not_written_again(database: Database) -> None:
    market, _ = await _market(database)
    await market.order({0: 1})
    assert await refresh_recently_sold() == 1
    assert await refresh_recently_sold() == 0


async def test_what_moved_without_an_order_is_mended_at_night(database: Database) -> None:
    market, _ = await _market(database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update stock set reserved = on_hand where sku_id = :s"),
            {"s": market.goods[0].sku},
        )
    assert await refresh_all() == 2
    assert {stands for stands, _ in (await _shown(database, market)).values()} == {False}
