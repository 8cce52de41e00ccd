"""What buyer and supplier read of an order of several parts: the note, the steps, the receipt."""

import pytest

from app.access import PUBLIC, Actor, Scope
from app.adapters.gateway import register
from app.kit.db import Database
from app.kit.errors import Conflict
from app.queries.store_orders import OrderView, read_order
from app.queries.supplier_orders import parts as parts_of_supplier
from app.services import fulfilment, payments, refunds
from app.services.order_links import opened_by_token
from app.services.placing import PlacedOrder
from state.supplier.order import slip_of
from tests.integration.market import FakeProvider, Market, open_market
from tests.state.platform_desk import actor as operator
from tests.state.supplying import person


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


@pytest.fixture
async def order(market: Market, provider: FakeProvider) -> PlacedOrder:
    placed = await market.order({0: 2, 1: 1}, note="请放门卫室，勿按门铃")
    started = await payments.start(
        PUBLIC, placed.order_id, placed.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return placed


async def _seen(market: Market, order: PlacedOrder) -> OrderView:
    shopper = Actor(Scope.PUBLIC, store_id=market.store)
    async with opened_by_token(shopper, order.number, order.access_token) as (session, order_id):
        return await read_order(session, order_id)


async def _ship(market: Market, order: PlacedOrder, place: int) -> None:
    number = f"{order.number}-{place + 1}"
    await fulfilment.accept(market.supplier(place), [number])
    wish = fulfilment.Ship(number, "sandbox", f"DEMO1234{place}")
    assert [o.problem for o in await fulfilment.ship(market.supplier(place), [wish])] == [""]


def _done(view: OrderView, kind: str) -> tuple[bool, int, int]:
    step = next(step for step in view.steps if step.kind == kind)
    return step.at is not None, step.done, step.parts


async def test_the_buyers_note_reaches_each_supplier_and_the_slip(
    market: Market, order: PlacedOrder
) -> None:
    for place, supplier in enumerate(market.suppliers):
        (part,) = await parts_of_supplier(person(supplier), [f"{order.number}-{place + 1}"])
        assert part.buyer_note == "请放门卫室，勿按门铃"
        assert slip_of(part).note == part.buyer_note


async def test_the_steps_follow_the_parts(market: Market, order: PlacedOrder) -> None:
    assert _done(await _seen(market, order), "accepted") == (False, 0, 2)
    await _ship(market, order, 0)
    seen = await _seen(market, order)
    assert (_done(seen, "shipped"), seen.status) == ((False, 1, 2), "PARTLY_SHIPPED")
    # What was refunded before it was shipped holds nothing up.
    await refunds.refund_rest(operator(), f"{order.number}-2", "缺货")
    seen = await _seen(market, order)
    assert (_done(seen, "shipped"), seen.status) == ((True, 1, 1), "SHIPPED")


async def test_receipt_is_confirmed_by_parcel(market: Market, order: PlacedOrder) -> None:
    await _ship(market, order, 0)
    key = (PUBLIC, order.order_id, order.access_token)
    with pytest.raises(Conflict):
        await fulfilment.confirm_receipt(*key, f"{order.number}-2")
    await _ship(market, order, 1)
    assert await fulfilment.confirm_receipt(*key, f"{order.number}-1") == 1
    seen = await _seen(market, order)
    assert [part.status for part in seen.parts] == ["RECEIVED", "SHIPPED"]
    assert [part.can_receive for part in seen.parts] == [False, True]
    assert (_done(seen, "received"), seen.status) == ((False, 1, 2), "SHIPPED")
    with pytest.raises(Conflict):
        await fulfilment.confirm_receipt(*key, f"{order.number}-1")
    assert await fulfilment.confirm_receipt(*key, f"{order.number}-2") == 1
