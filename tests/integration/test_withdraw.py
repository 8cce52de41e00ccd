"""A store takes back what no supplier has accepted; the rest of the order goes on."""

import asyncio
from uuid import UUID

import pytest

from app.access import PUBLIC, Actor, Scope
from app.adapters.gateway import register
from app.kit.db import Database
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.queries.lists.supplier_orders import ORDERS
from app.queries.resource import ListQuery, fetch
from app.queries.store_orders import read_order
from app.queries.supplier_orders import parts as parts_of_supplier
from app.services import fulfilment, payments
from app.services.order_links import opened_by_token
from app.services.placing import PlacedOrder
from tests.integration.market import FakeProvider, Market, open_market, scalar
from tests.state.platform_desk import actor as platform
from tests.state.selling import seller
from tests.state.supplying import person

HELD = "select sum(reserved) from stock where sku_id = any(:skus)"


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


async def _paid(market: Market, provider: FakeProvider) -> str:
    order = await market.order({0: 2, 1: 1})
    return await _pay(order, provider)


async def _pay(order: PlacedOrder, provider: FakeProvider) -> str:
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return order.number


async def test_only_what_is_not_accepted_is_taken_back_and_refunded(
    database: Database, provider: FakeProvider
) -> None:
    market = await open_market(database)
    number = await _paid(market, provider)
    await fulfilment.accept(market.supplier(0), [f"{number}-1"])
    assert await fulfilment.withdraw(seller(market), number, "仓库缺货") == 1
    sql = "select string_agg(status, ' ' order by number) from supplier_orders where number like :n"
    assert await scalar(database, sql, n=f"{number}-%") == "ACCEPTED REJECTED"
    # One unit of the second supplier at 26.66, and its freight of 8.00.
    refunded = (
        "select sum(r.amount_cents) from refunds r join orders o on o.id = r.order_id"
        " where o.number = :n"
    )
    assert await scalar(database, refunded, n=number) == 2_666 + 800
    assert await scalar(database, HELD, skus=[goods.sku for goods in market.goods]) == 2


async def test_a_supplier_and_the_store_race_for_a_part_and_one_wins(
    database: Database, provider: FakeProvider
) -> None:
    market = await open_market(database, suppliers=1)
    order = await market.order({0: 1})
    await _pay(order, provider)
    accepted, taken = await asyncio.gather(
        fulfilment.accept(market.supplier(0), [f"{order.number}-1"]),
        fulfilment.withdraw(seller(market), order.number, "x"),
        return_exceptions=True,
    )
    assert isinstance(accepted, list)
    won = accepted[0].problem == ""
    assert won == isinstance(taken, Conflict)


async def test_withdrawing_asks_for_a_reason_and_an_own_paid_order(
    database: Database, provider: FakeProvider
) -> None:
    market, other = await open_market(database), await open_market(database)
    number = await _paid(market, provider)
    with pytest.raises(Invalid):
        await fulfilment.withdraw(seller(market), number, "  ")
    with pytest.raises(NotFound):
        await fulfilment.withdraw(seller(other), number, "x")
    assert await fulfilment.withdraw(seller(market), number, f"x {new_id()}") == 2
    with pytest.raises(Conflict):
        await fulfilment.withdraw(seller(market), number, "again")


async def _told(market: Market, order: PlacedOrder) -> set[str]:
    """Return what the buyer, the supplier's page and the supplier's list say of an order's part."""
    shopper = Actor(Scope.PUBLIC, store_id=market.store)
    async with opened_by_token(shopper, order.number, order.access_token) as (session, order_id):
        told = {part.told for part in (await read_order(session, order_id)).parts}
    maker = person(market.suppliers[0])
    told |= {part.status for part in await parts_of_supplier(maker, [f"{order.number}-1"])}
    for row in (await fetch(maker, ORDERS, ListQuery.of(ORDERS, {"q": order.number}))).rows:
        told.add(row["status"])
        alike = ListQuery.of(ORDERS, {"q": order.number, "status": row["status"]})
        assert len((await fetch(maker, ORDERS, alike)).rows) == 1
    return told


async def test_a_withdrawn_part_is_not_called_refused(
    database: Database, provider: FakeProvider
) -> None:
    market = await open_market(database, suppliers=1)
    orders = [await market.order({0: 1}) for _ in range(4)]
    for order in orders:
        await _pay(order, provider)
    by_buyer, by_store, by_platform, refused = orders
    await fulfilment.cancel_paid(PUBLIC, by_buyer.order_id, by_buyer.access_token)
    await fulfilment.withdraw(seller(market), by_store.number, "x")
    part = "select cast(id as text) from supplier_orders where number = :n"
    key = await scalar(database, part, n=f"{by_platform.number}-1")
    await fulfilment.cancel_part(platform(), UUID(str(key)), "x")
    await fulfilment.reject(market.supplier(0), f"{refused.number}-1", "x")

    assert await _told(market, by_buyer) == {"WITHDRAWN_BUYER"}
    assert await _told(market, by_store) == {"WITHDRAWN_STORE"}
    assert await _told(market, by_platform) == {"WITHDRAWN_PLATFORM"}
    assert await _told(market, refused) == {"REJECTED"}
