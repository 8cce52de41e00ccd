"""Search in the console and in the stores: the same words find the same goods."""

from typing import Any

from sqlalchemy import text

from app.access import SYSTEM, Actor, Scope
from app.kit.db import Database
from app.queries import shelf
from app.queries.find import find
from app.queries.lists.distributor import SOURCING
from app.queries.lists.distributor_trade import CUSTOMERS
from app.queries.resource import ListQuery, fetch
from app.services.categories import CategoryDraft, save_category
from app.services.search_index import index_stale_products
from models.store import Consumer
from tests.integration.market import Market, open_market
from tests.state.platform_desk import actor as operator
from tests.state.selling import seller


async def _run(database: Database, sql: str, **params: Any) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text(sql), params)


async def _market(database: Database) -> Market:
    """Open a market with a plant pot whose text mentions 包, and a bag."""
    market = await open_market(database)
    pot, bag = (goods.product for goods in market.goods)
    renamed = "update products set title = :t, title_en = :e, subtitle = :s where id = :id"
    await _run(database, renamed, id=pot, t="陶瓷花盆", e="Plant pot", s="包邮 ラーメン鉢")
    await _run(database, renamed, id=bag, t="帆布包 ＬＥＤ", e="Canvas bag", s="")
    await _run(
        database,
        "update skus set code = 'QY-BAG-0012-RED-2026', spec_values = '[\"墨绿\"]' where id = :id",
        id=market.goods[1].sku,
    )
    await _run(database, "update products set search_grams = '{}' where id = any(:ids)",
               ids=[pot, bag])  # fmt: skip
    assert await index_stale_products() >= 2
    assert await index_stale_products() == 0
    return market


async def _console(market: Market, typed: str) -> set[str]:
    page = await fetch(seller(market), SOURCING, ListQuery(q=typed))
    return {row["title"][0] for row in page.rows} & {"陶瓷花盆", "帆布包 ＬＥＤ"}


async def _store(market: Market, typed: str) -> list[str]:
    guest = Actor(Scope.CONSUMER, store_id=market.store)
    found = await shelf.search(guest, typed)
    return [] if found.is_close else [card.title for card in found.cards]


BAG, POT = "帆布包 ＬＥＤ", "陶瓷花盆"


async def test_console_and_store_find_the_same(database: Database) -> None:
    market = await _market(database)
    expected = {
        "led": {BAG}, "ＬＥＤ": {BAG}, "fanbubao": {BAG}, "taocihuapen": {POT},
        "ラーメン": {POT}, "한국": set[str](), "★": set[str](), "——": set[str](),
        "QY-BAG-0012-RED-2026": {BAG}, "0012-red": {BAG}, "墨绿": {BAG}, "canvas": {BAG},
        "包": {BAG, POT},
    }  # fmt: skip
    for typed, finds in expected.items():
        assert await _console(market, typed) == finds, typed
        assert set(await _store(market, typed)) == finds, typed


async def test_what_is_called_so_goes_before_what_mentions_it(database: Database) -> None:
    market = await _market(database)
    await _run(database, "update shelf_items set sold = 900 where title = :t and store_id = :s",
               t=POT, s=market.store)  # fmt: skip
    assert await _store(market, "包") == [BAG, POT]
    found = [f.label for f in await find(seller(market), "包") if f.kind == "product"]
    # This seller reads English.
    assert found.index("Canvas bag") < found.index("Plant pot")


async def test_goods_are_found_by_the_name_of_their_category_also_after_it_changes(
    database: Database,
) -> None:
    market = await _market(database)
    async with database.engine_transaction(SYSTEM) as session:
        row = (
            await session.execute(
                text(
                    "select c.id, c.parent_id, c.slug from categories c join products p"
                    " on p.category_id = c.id where p.id = :id"
                ),
                {"id": market.goods[0].product},
            )
        ).one()
    draft = CategoryDraft(id=row.id, parent_id=row.parent_id, slug=row.slug, name_zh="箱囊",
                          name_en="Luggage")  # fmt: skip
    await save_category(operator(), draft)
    assert await index_stale_products() >= 2
    for typed in ("箱囊", "luggage", "xiangnang"):
        assert await _console(market, typed) == {BAG, POT}


async def test_buyers_are_found_by_any_part_of_the_name(database: Database) -> None:
    market = await _market(database)
    async with database.engine_transaction(SYSTEM) as session:
        session.add(
            Consumer(
                store_id=market.store, distributor_id=market.distributor, name="欧阳ＬＥＥ娜娜"
            )
        )
    for typed in ("欧阳", "lee", "娜", "ＬＥＥ娜"):
        page = await fetch(seller(market), CUSTOMERS, ListQuery(q=typed))
        assert [row["name"] for row in page.rows] == ["欧阳ＬＥＥ娜娜"], typed
    assert not (await fetch(seller(market), CUSTOMERS, ListQuery(q="司徒"))).rows
