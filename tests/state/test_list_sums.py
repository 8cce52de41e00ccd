"""Rows behind a figure: the filters that brought them are shown, and their sum is the figure."""

from sqlalchemy import text

from app.access import SYSTEM
from app.kit.db import Database
from state.platform.orders import OrdersState
from tests.integration.market import open_market
from tests.state.platform_desk import at, call, query

__all__ = ["query"]


async def test_the_sum_of_narrowed_rows_is_of_all_pages_and_equals_the_figure(
    database: Database, query: dict[str, str]
) -> None:
    market = await open_market(database, on_hand=100)
    for _ in range(27):
        await market.order({0: 1})
    state = OrdersState()
    with at("orders"):
        await call(state, "load")
        assert state.sums == {}
        query["store"] = str(market.store)
        await call(state, "load")
    async with database.engine_transaction(SYSTEM) as session:
        total = await session.scalar(
            text("select sum(total_cents) from orders where store_id = :s"), {"s": market.store}
        )
    assert (len(state.rows), state.total) == (25, 27)
    assert state.sums["total"] == f"¥{total / 100:,.2f}"


async def test_filters_of_a_link_are_shown_by_name_and_can_be_taken_away(
    database: Database, query: dict[str, str]
) -> None:
    market = await open_market(database)
    await market.order({0: 1})
    async with database.engine_transaction(SYSTEM) as session:
        title = await session.scalar(
            text("select title from products where id = :p"), {"p": market.goods[0].product}
        )
    query |= {"product": str(market.goods[0].product), "province": "浙江省", "store": "*"}
    state = OrdersState()
    with at("orders"):
        await call(state, "load")
        assert state.named["product"][0] == title
        assert state.named["province"] == ["浙江省"] * 2
        led = str(await call(state, "narrow", "product", ""))
    assert "product" not in led.partition("?")[2]
    assert "province" in led
