"""Goods are called by their English title in an English console: on pages and in the palette."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.adapters.gateway import register
from app.kit.db import Database
from app.queries.distributor_goods import listing_detail, pool_product
from app.queries.distributor_orders import order_detail
from app.queries.find import find
from app.queries.lists.supplier_orders import ORDERS
from app.queries.platform_order import order_page
from app.queries.platform_product import product_page
from app.queries.resource import ListQuery, fetch
from app.queries.supplier_orders import part
from app.queries.supplier_stock import sku_stock
from app.services.search_index import index_stale_products
from state.supplier.order import slip_of
from tests.integration.market import FakeProvider, Market, open_market, scalar
from tests.state.platform_desk import actor as operator
from tests.state.selling import seller
from tests.state.supplying import pay, person

TITLES = {"zh_CN": "青釉盖碗", "en": "Celadon gaiwan"}


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


async def _named(database: Database) -> Market:
    market = await open_market(database, on_hand=9)
    await scalar(
        database,
        "with g as (update products set title = :zh, title_en = :en, search_grams = '{}'"
        " where id = :id returning 1) select count(*) from g",
        id=market.goods[0].product, zh=TITLES["zh_CN"], en=TITLES["en"],
    )  # fmt: skip
    await index_stale_products()
    return market


@pytest.mark.parametrize("locale", TITLES)
async def test_pages_about_goods_name_them_in_the_readers_language(
    database: Database, locale: str
) -> None:
    market = await _named(database)
    goods = market.goods[0]
    supplier = replace(person(goods.supplier), locale=locale)
    assert (await sku_stock(supplier, goods.sku)).product == TITLES[locale]
    # Their headings carry both titles, and the browser chooses.
    pooled = (await pool_product(seller(market, locale=locale), goods.product)).facts
    assert (pooled["title"], pooled["title_en"]) == tuple(TITLES.values())
    listing = await scalar(
        database, "select id from listings where product_id = :id", id=goods.product
    )
    assert isinstance(listing, UUID)
    listed = (await listing_detail(seller(market, locale=locale), listing)).facts
    assert (listed["title"], listed["title_en"]) == tuple(TITLES.values())
    hits = await find(seller(market, locale=locale), TITLES[locale][:4])
    assert TITLES[locale] in {hit.label for hit in hits}
    reviewed = await product_page(replace(operator(), locale=locale), market.goods[1].product)
    assert TITLES[locale] in {other["title"] for other in reviewed.similar}


@pytest.mark.parametrize("locale", TITLES)
async def test_lines_of_orders_are_in_the_readers_language_while_the_supplier_calls_them_so(
    database: Database, provider: FakeProvider, locale: str
) -> None:
    market = await _named(database)
    bought = await pay(market, provider, {0: 1})
    supplier = replace(person(market.goods[0].supplier), locale=locale)
    number = f"{await _part_number(database, bought.order_id)}"

    async def shown() -> set[str]:
        mine = await part(supplier, number)
        page = await fetch(supplier, ORDERS, ListQuery(q=number))
        ours = await order_page(replace(operator(), locale=locale), bought.number)
        sold = await order_detail(seller(market, locale=locale), bought.number)
        assert slip_of(mine).lines[0]["title"] == TITLES["zh_CN"]
        return {
            mine.lines[0].shown_title,
            f"{page.rows[0]['goods']}".split(" ×")[0],
            ours.parts[0].lines[0].title,
            f"{sold.lines[0]['title']}",
        }

    assert await shown() == {TITLES[locale]}
    # What was bought keeps its name: a title of today would be another product's.
    await scalar(database, "with g as (update products set title = '新', title_en = 'New'"
                 " where id = :id returning 1) select count(*) from g",
                 id=market.goods[0].product)  # fmt: skip
    assert await shown() == {TITLES["zh_CN"]}


async def _part_number(database: Database, order: UUID) -> object:
    sql = "select number from supplier_orders where order_id = :id"
    return await scalar(database, sql, id=order)
