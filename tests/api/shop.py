"""A small store to shop in: two suppliers with telling names, prices that nobody else has."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM
from app.adapters.sandbox.signing import sign
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.search import index_grams
from models import catalog, store
from tests.api.browser import Browser, Page
from tests.integration.market import Market, open_market, scalar

ADDRESS = {
    "recipient": "陈一",
    "phone": "138 1111 2222",
    "province_code": "33",
    "city": "杭州市",
    "district": "西湖区",
    "street": "龙井路 1 号",
}
SUPPLIER_NAMES = ("隐名窑业有限公司", "无名茶社")
TITLES = (("明前龙井", "Longjing tea"), ("青瓷茶杯", "Celadon cup"))
SECRET_CENTS = (73_319, 41_873)
"""Supply prices that would be noticed on a page."""


@dataclass
class Shop:
    """A store, its market and the web app that serves it."""

    market: Market
    slug: str
    listings: list[str]
    variants: list[str]
    """The SKUs of the first product: 250g, 500g."""
    web: FastAPI
    database: Database

    @property
    def home(self) -> str:
        """The store's address."""
        return f"/s/{self.slug}"

    def product(self, place: int) -> str:
        """The address of a product."""
        return f"{self.home}/p/{self.listings[place]}"

    async def value(self, sql: str, **params: object) -> object:
        """Return one value as the engine sees it."""
        return await scalar(self.database, sql, **params)

    async def change(self, sql: str, **params: object) -> None:
        """Change something behind everybody's back, and let the shelf follow."""
        async with self.database.engine_transaction(SYSTEM) as session:
            await session.execute(text(sql), params)
            await session.execute(
                text("select refresh_shelf(array_agg(id)) from listings where store_id = :store"),
                {"store": self.market.store},
            )

    async def fill(self, browser: Browser, places: tuple[int, ...] = (0, 1)) -> Page:
        """Put goods into the browser's cart as a visitor does; return the cart."""
        for place in places:
            page = await browser.open(self.product(place))
            await browser.send(page.form("/cart/add"), ("then", "cart"))
        return await browser.open(f"{self.home}/cart")

    async def order(self, browser: Browser, **typed: str) -> str:
        """Fill a cart and place the order; return its number."""
        await self.fill(browser)
        page = await browser.open(f"{self.home}/checkout")
        await browser.send(page.form("/checkout"), ("step", "place"), **(ADDRESS | typed))
        assert "pay.invalid" in browser.address, browser.page.text
        return browser.address.rsplit("/", 1)[1].partition("P")[0]

    async def link(self, number: str) -> str:
        """Return the link of a guest's order."""
        from app.services.placing import access_token

        order_id = await self.value("select id from orders where number = :n", n=number)
        return f"{self.home}/orders/{number}?t={access_token(order_id)}"  # type: ignore[arg-type]

    async def pay(self, browser: Browser, number: str) -> None:
        """Let the provider report the payment of an order."""
        total = await self.value("select total_cents from orders where number = :n", n=number)
        body = json.dumps(
            {
                "event_id": f"paid-{number}",
                "kind": "paid",
                "number": f"{number}P1",
                "amount_cents": total,
                "currency": "CNY",
                "reference": f"ref-{number}",
            }
        ).encode()
        answer = await browser.http.post("/callbacks/sandbox", content=body, headers=sign(body))
        assert answer.text == "applied"


async def open_shop(database: Database, web: FastAPI) -> Shop:
    """Open a store with two products; the first has two sizes and costs twice as much in 500g."""
    market = await open_market(database)
    shop = Shop(market, "", [], [market.goods[0].sku.hex], web, database)
    size = new_id()
    first = market.goods[0]
    of_product: dict[str, Any] = {"product_id": first.product, "supplier_id": first.supplier}
    async with database.engine_transaction(SYSTEM) as session:
        listing = await session.scalar(
            text("select id from listings where product_id = :p"), {"p": first.product}
        )
        for row in (
            catalog.Sku(
                id=size,
                **of_product,
                code="big",
                spec_values=["500g"],
                suggested_retail_cents=99_000,
                position=1,
            ),
            catalog.SupplyPrice(sku_id=size, **of_product, supply_cents=SECRET_CENTS[0]),
            catalog.Stock(sku_id=size, **of_product, on_hand=3),
            catalog.StockMovement(
                sku_id=size, supplier_id=first.supplier, delta=3, reason="OPENING"
            ),
            store.ListingSku(
                listing_id=listing,
                sku_id=size,
                store_id=market.store,
                distributor_id=market.distributor,
                retail_cents=88_800,
            ),
        ):
            session.add(row)
            await session.flush()
        await _name(session, market)
    shop.variants.append(size.hex)
    await shop.change("select 1")
    shop.slug = str(await shop.value("select slug from stores where id = :s", s=market.store))
    for goods in market.goods:
        found = await shop.value("select id from listings where product_id = :p", p=goods.product)
        shop.listings.append(found.hex)  # type: ignore[union-attr]
    return shop


async def _name(session: AsyncSession, market: Market) -> None:
    run = session.execute
    for place, goods in enumerate(market.goods):
        zh, en = TITLES[place]
        await run(
            text(
                "update products set title = :zh, title_en = :en, search_grams = :grams,"
                " spec_names = cast(:specs as jsonb), subtitle = '好物',"
                " description_html = '<p>手工制作</p>' where id = :id"
            ),
            {
                "zh": zh,
                "en": en,
                "grams": index_grams(zh, en),
                "specs": '["规格"]' if place == 0 else "[]",
                "id": goods.product,
            },
        )
        await run(
            text("update merchants set name = :name where id = :id"),
            {"name": SUPPLIER_NAMES[place], "id": goods.supplier},
        )
    await run(
        text("update skus set spec_values = '[\"250g\"]' where id = :id"),
        {"id": market.goods[0].sku},
    )
    await run(
        text(
            "update freight_templates set region_surcharges = '{\"54\": 1500}',"
            " refused_regions = '[\"71\"]' where supplier_id = any(:ids)"
        ),
        {"ids": market.suppliers},
    )
    await run(
        text("update supply_prices set supply_cents = :cents where sku_id = :id"),
        {"cents": SECRET_CENTS[1], "id": market.goods[1].sku},
    )
    await run(
        text("update listing_skus set retail_cents = 52000 where sku_id = :id"),
        {"id": market.goods[1].sku},
    )
