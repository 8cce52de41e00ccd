"""One trade through the services, and everything that providers and rivals do to it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.engine import URL

from app.access import PUBLIC, Actor
from app.adapters.gateway import register
from app.kit.clock import frozen, now
from app.kit.db import Database
from app.kit.errors import Conflict, Invalid, NotFound
from app.services import closing, fulfilment, payments, refunds, settlement, tracking
from app.services.payments import NotPayable, ProviderDown
from app.services.placing import KeyReused, PlacedOrder, SoldOut
from app.services.verification import verify
from tests.integration.market import FakeProvider, Market, open_market, scalar


@pytest.fixture(scope="module")
def shared_provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
def provider(shared_provider: FakeProvider) -> FakeProvider:
    shared_provider.is_down = False
    return shared_provider


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


@pytest.fixture(autouse=True)
async def everything_adds_up(owner_url: URL) -> AsyncIterator[None]:
    yield
    report = verify(owner_url.set(drivername="postgresql").render_as_string(hide_password=False))
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


async def start(order: PlacedOrder) -> str:
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    return started.number


async def paid(market: Market, provider: FakeProvider, quantities: dict[int, int]) -> PlacedOrder:
    order = await market.order(quantities)
    assert await payments.confirm(provider.pay(await start(order))) == "applied"
    return order


async def status(database: Database, order: PlacedOrder) -> object:
    return await scalar(database, "select status from orders where id = :id", id=order.order_id)


async def test_one_order_from_shelf_to_settled_split(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await paid(market, provider, {0: 2, 1: 1})
    assert await status(database, order) == "PAID"
    for place in (0, 1):
        actor, number = market.supplier(place), f"{order.number}-{place + 1}"
        assert [o.problem for o in await fulfilment.accept(actor, [number])] == [""]
        wish = fulfilment.Ship(number, "sandbox", "DEMO1234")
        assert [o.problem for o in await fulfilment.ship(actor, [wish])] == [""]
    assert await status(database, order) == "SHIPPED"
    await tracking.track_demo_parcels()
    assert await fulfilment.confirm_receipt(PUBLIC, order.order_id, order.access_token) == 2
    await settlement.release_due()
    available = await scalar(
        database,
        "select sum(balance_cents) from account_balances b join ledger_accounts a"
        " on a.id = b.account_id where a.merchant_id = :m and a.kind = 'AVAILABLE'",
        m=market.goods[0].supplier,
    )
    # Two units at 10.00 and the parcel's freight of 8.00 + 2.00.
    assert available == 2 * 1_000 + 1_000


async def test_the_same_form_gives_the_same_order(market: Market) -> None:
    first = await market.order({0: 1}, key="the-same-key")
    again = await market.order({0: 1}, key="the-same-key")
    assert (again.order_id, again.access_token) == (first.order_id, first.access_token)
    with pytest.raises(KeyReused):
        await market.order({0: 2}, key="the-same-key")


async def test_a_double_click_makes_one_order(market: Market) -> None:
    orders = await asyncio.gather(*(market.order({0: 1}, key="double-click") for _ in range(6)))
    assert len({order.order_id for order in orders}) == 1


async def test_nothing_is_reserved_when_one_line_is_sold_out(
    database: Database, market: Market
) -> None:
    with pytest.raises(SoldOut):
        await market.order({0: 1, 1: 101})
    skus = [goods.sku for goods in market.goods]
    held = "select sum(reserved) from stock where sku_id = any(:skus)"
    assert await scalar(database, held, skus=skus) == 0


async def test_a_repeated_callback_changes_nothing(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    event = provider.pay(await start(order))
    outcomes = await asyncio.gather(*(payments.confirm(event) for _ in range(5)))
    assert sorted(outcomes) == ["applied", *["duplicate"] * 4]


async def test_a_wrong_amount_is_not_taken(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    event = provider.pay(await start(order), amount_cents=1)
    assert await payments.confirm(event) == "amount_mismatch"
    assert await status(database, order) == "PENDING_PAYMENT"


async def test_a_payment_that_is_not_ours_is_not_found(
    market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    event = provider.pay(await start(order))
    with pytest.raises(NotFound):
        await payments.confirm(type(event)(**{**event.__dict__, "number": "unknown"}))


async def test_a_late_payment_gets_the_goods_if_they_are_there(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    number = await start(order)
    await closing.cancel_unpaid(PUBLIC, order.order_id, order.access_token)
    assert await status(database, order) == "CLOSED"
    assert await payments.confirm(provider.pay(number)) == "reopened"
    assert await status(database, order) == "PAID"


async def test_a_late_payment_is_given_back_if_they_are_gone(
    database: Database, provider: FakeProvider
) -> None:
    market = await open_market(database, on_hand=1)
    late = await market.order({0: 1})
    number = await start(late)
    await closing.cancel_unpaid(PUBLIC, late.order_id, late.access_token)
    await paid(market, provider, {0: 1})
    assert await payments.confirm(provider.pay(number)) == "refunded"
    assert await refunds.submit_refunds() == 1
    assert provider.refunds[f"{number}R0"] == late.total_cents


async def test_the_provider_is_asked_before_stock_is_released(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    provider.pay(await start(order))  # Paid, but the callback has not come.
    with frozen(now() + timedelta(hours=1)):
        await closing.expire_orders()
    assert await status(database, order) == "PAID"


async def test_nothing_is_assumed_of_a_silent_provider(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    await start(order)
    provider.is_down = True
    with frozen(now() + timedelta(hours=1)):
        await closing.expire_orders()
        assert await status(database, order) == "PENDING_PAYMENT"
        provider.is_down = False
        await closing.expire_orders()
    assert await status(database, order) == "CLOSED"


async def test_a_missing_callback_is_fetched(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    provider.pay(await start(order))
    with frozen(now() + timedelta(minutes=2)):
        assert await payments.poll_pending() >= 1
    assert await status(database, order) == "PAID"


async def test_no_payment_is_started_for_a_closed_order(
    market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    await closing.cancel_unpaid(PUBLIC, order.order_id, order.access_token)
    with pytest.raises(NotPayable):
        await start(order)
    other = await market.order({0: 1})
    provider.is_down = True
    with pytest.raises(ProviderDown):
        await start(other)
    provider.is_down = False
    assert await start(other) == await start(other)


async def test_a_refused_part_is_refunded_and_the_rest_goes_on(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await paid(market, provider, {0: 2, 1: 1})
    with pytest.raises(Invalid):
        await fulfilment.reject(market.supplier(0), f"{order.number}-1", " ")
    await fulfilment.reject(market.supplier(0), f"{order.number}-1", "断货")
    await refunds.submit_refunds()
    assert await status(database, order) == "PAID"
    refunded = await scalar(
        database, "select refunded_cents from orders where id = :id", id=order.order_id
    )
    assert refunded == 2 * 1_501 + 1_000
    with pytest.raises(Conflict):
        await fulfilment.reject(market.supplier(0), f"{order.number}-1", "again")


async def test_partial_refunds_add_up_to_the_whole(
    database: Database, provider: FakeProvider
) -> None:
    market = await open_market(database, keeps=True)
    order = await paid(market, provider, {0: 1})
    line = await scalar(
        database, "select id from order_lines where order_id = :id", id=order.order_id
    )
    for freight in (1, 299):
        await refunds.refund_lines(market.seller, f"{order.number}-1", {}, freight, "goodwill")
    # With the last cent of the goods, which were not shipped, the rest of the freight comes back.
    for cents in (1, 333, 333, 834):
        await refunds.refund_lines(market.seller, f"{order.number}-1", {line: cents}, 0, "goodwill")
    for lines, freight in (({line: 1}, 0), ({}, 1)):
        with pytest.raises(Invalid):
            await refunds.refund_lines(
                market.seller, f"{order.number}-1", lines, freight, "goodwill"
            )
    left = await scalar(
        database,
        "select sum(amount_cents - reversed_cents) from splits where order_id = :id",
        id=order.order_id,
    )
    assert left == 0


async def test_another_supplier_cannot_touch_a_part(market: Market, provider: FakeProvider) -> None:
    order = await paid(market, provider, {0: 1, 1: 1})
    outcomes = await fulfilment.accept(market.supplier(1), [f"{order.number}-1"])
    assert outcomes[0].problem
    with pytest.raises(NotFound):
        await fulfilment.reject(market.supplier(1), f"{order.number}-1", "no")


async def test_of_two_racing_steps_exactly_one_wins(market: Market, provider: FakeProvider) -> None:
    for _ in range(5):
        order = await paid(market, provider, {0: 1})
        number = f"{order.number}-1"
        supplier = market.supplier(0)

        async def accepts(number: str = number, supplier: Actor = supplier) -> bool:
            return not (await fulfilment.accept(supplier, [number]))[0].problem

        async def cancels(order: PlacedOrder = order) -> bool:
            try:
                await fulfilment.cancel_paid(PUBLIC, order.order_id, order.access_token)
            except Conflict:
                return False
            return True

        assert sorted(await asyncio.gather(accepts(), cancels())) == [False, True]


async def test_two_suppliers_of_an_order_move_at_once(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    for _ in range(5):
        order = await paid(market, provider, {0: 1, 1: 1})
        numbers = [f"{order.number}-1", f"{order.number}-2"]
        for place, number in enumerate(numbers):
            await fulfilment.accept(market.supplier(place), [number])
        await asyncio.gather(
            *(
                fulfilment.ship(
                    market.supplier(place), [fulfilment.Ship(number, "sandbox", "DEMO9999")]
                )
                for place, number in enumerate(numbers)
            )
        )
        assert await status(database, order) == "SHIPPED"


async def test_two_hundred_buyers_of_fifty(database: Database) -> None:
    market = await open_market(database, suppliers=1, on_hand=50)

    async def buy() -> bool:
        try:
            await market.order({0: 1})
        except SoldOut:
            return False
        return True

    bought = await asyncio.gather(*(buy() for _ in range(200)))
    assert sum(bought) == 50
    reserved = await scalar(
        database, "select reserved from stock where sku_id = :s", s=market.goods[0].sku
    )
    assert reserved == 50
