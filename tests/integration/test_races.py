"""Many at once, on connections of their own: exactly one wins, nothing is sold or paid twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta

import pytest
from sqlalchemy.engine import URL

from app.access import PUBLIC
from app.adapters.gateway import GatewayUnavailable, ProviderState, register
from app.kit.clock import frozen, now
from app.kit.db import Database, use_database
from app.kit.errors import Conflict, TradeError
from app.kit.ids import new_id
from app.services import closing, fulfilment, payments, refunds, stock
from app.services.payments import NotPayable
from app.services.placing import KeyReused, PlacedOrder, SoldOut
from app.services.stock import Adjustment
from app.services.verification import verify
from models.catalog import MovementReason
from tests.integration.market import FakeProvider, Market, open_market, scalar


@pytest.fixture
async def many(app_url: str) -> AsyncIterator[Database]:
    """Open a database with so many connections that rivals meet in the server, not before it."""
    opened = Database(app_url, pool_size=20)
    use_database(opened)
    yield opened
    use_database(None)
    await opened.close()


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
async def market(many: Database) -> Market:
    return await open_market(many)


@pytest.fixture(autouse=True)
async def everything_adds_up(owner_url: URL) -> AsyncIterator[None]:
    yield
    report = verify(owner_url.set(drivername="postgresql").render_as_string(hide_password=False))
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


async def outcome(attempt: Awaitable[object]) -> object:
    """Return what came of an attempt: its answer, or the code of its refusal."""
    try:
        return await attempt
    except TradeError as refusal:
        return refusal.code


async def race(*attempts: Awaitable[object]) -> list[object]:
    return list(await asyncio.gather(*(outcome(attempt) for attempt in attempts)))


async def start(order: PlacedOrder, provider: str = "fake") -> str:
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider=provider
    )
    return started.number


async def paid(market: Market, provider: FakeProvider, wanted: dict[int, int]) -> PlacedOrder:
    order = await market.order(wanted)
    assert await payments.confirm(provider.pay(await start(order))) == "applied"
    return order


async def status(database: Database, order: PlacedOrder) -> object:
    return await scalar(database, "select status from orders where id = :id", id=order.order_id)


async def test_two_hundred_buyers_pay_for_fifty(many: Database, provider: FakeProvider) -> None:
    market = await open_market(many, suppliers=1, on_hand=50)

    async def buy() -> bool:
        try:
            await paid(market, provider, {0: 1})
        except SoldOut:
            return False
        return True

    bought = await asyncio.gather(*(buy() for _ in range(200)))
    assert sum(bought) == 50
    sold = "select sum(r.quantity) from stock_reservations r where sku_id = :s"
    assert await scalar(many, sold, s=market.goods[0].sku) == 50


async def test_baskets_in_opposite_orders_do_not_block_each_other(many: Database) -> None:
    market = await open_market(many, suppliers=3, on_hand=1_000)
    baskets = ({0: 1, 1: 1, 2: 1}, {2: 1, 1: 1, 0: 1}, {1: 1, 2: 1})
    orders = await race(*(market.order(baskets[n % 3]) for n in range(60)))
    assert all(isinstance(order, PlacedOrder) for order in orders)


async def test_one_form_sent_on_twenty_connections_is_one_order(
    many: Database, market: Market
) -> None:
    orders = await race(*(market.order({0: 1, 1: 1}, key="the-same-form") for _ in range(20)))
    answers = {(o.order_id, o.number, o.access_token) for o in orders if isinstance(o, PlacedOrder)}
    assert (len(orders), len(answers)) == (20, 1)
    assert await race(market.order({0: 2}, key="the-same-form")) == [KeyReused.code]
    reserved = await scalar(
        many, "select reserved from stock where sku_id = :s", s=market.goods[0].sku
    )
    assert reserved == 1


async def test_one_key_with_two_bodies_makes_one_order(market: Market) -> None:
    bodies = [{0: 1 + n % 2} for n in range(20)]
    answers = await race(*(market.order(body, key="two-bodies") for body in bodies))
    kinds = Counter("order" if isinstance(a, PlacedOrder) else a for a in answers)
    assert kinds == {"order": 10, KeyReused.code: 10}


async def test_two_of_a_suppliers_staff_decide_at_once(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    for _ in range(6):
        order = await paid(market, provider, {0: 1})
        number, supplier = f"{order.number}-1", market.supplier(0)

        async def accepts(number: str = number) -> str:
            (said,) = await fulfilment.accept(market.supplier(0), [number])
            return "lost" if said.problem else "accepted"

        said = await race(accepts(), fulfilment.reject(supplier, number, "断货"))
        assert said in (["accepted", Conflict.code], ["lost", None])


async def test_one_part_is_shipped_once(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await paid(market, provider, {0: 2})
    number, supplier = f"{order.number}-1", market.supplier(0)
    await fulfilment.accept(supplier, [number])
    ships = [fulfilment.Ship(number, "sandbox", f"DEMO000{n}") for n in range(6)]
    said = await asyncio.gather(*(fulfilment.ship(supplier, [wish]) for wish in ships))
    assert sum(not outcomes[0].problem for outcomes in said) == 1
    on_hand = "select on_hand from stock where sku_id = :s"
    assert await scalar(many, on_hand, s=market.goods[0].sku) == 98


async def test_a_double_click_on_pay_opens_one_payment(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    numbers = await race(*(start(order) for _ in range(10)))
    assert len(set(numbers)) == 1
    count = "select count(*) from payments where order_id = :id"
    assert await scalar(many, count, id=order.order_id) == 1


async def test_cancelling_races_the_payment(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    for _ in range(8):
        order = await market.order({0: 1, 1: 1})
        event = provider.pay(await start(order))
        await race(
            closing.cancel_unpaid(PUBLIC, order.order_id, order.access_token),
            payments.confirm(event),
        )
        # It was paid before anybody could close it at the provider, so it stays so.
        assert await status(many, order) == "PAID"


async def test_expiry_races_a_late_payment(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    orders = [await market.order({0: 1}) for _ in range(8)]
    events = []
    for order in orders:
        number = await start(order)
        events.append(provider.pay(number))
        # The provider has not booked it yet when we ask it to close.
        provider.states[number] = ProviderState.OPEN
    with frozen(now() + timedelta(hours=1)):
        said = await race(closing.expire_orders(), *(payments.confirm(e) for e in events))
    assert set(said[1:]) <= {"applied", "reopened"}
    assert {await status(many, order) for order in orders} == {"PAID"}


async def test_the_last_unit_goes_to_the_late_payment_or_to_another(
    many: Database, provider: FakeProvider
) -> None:
    for _ in range(5):
        market = await open_market(many, suppliers=1, on_hand=1)
        late = await market.order({0: 1})
        number = await start(late)
        await closing.cancel_unpaid(PUBLIC, late.order_id, late.access_token)
        said = await race(payments.confirm(provider.pay(number)), paid(market, provider, {0: 1}))
        assert said[0] in ("reopened", "refunded")
        assert isinstance(said[1], PlacedOrder) == (said[0] == "refunded")


async def test_a_second_payment_is_given_back(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    first = await start(order)
    provider.states[first] = ProviderState.FAILED
    failed = provider.pay(first)
    await payments.confirm(type(failed)(**{**failed.__dict__, "kind": "failed", "event_id": "f"}))
    second = await start(order)
    assert first != second
    said = await race(payments.confirm(failed), payments.confirm(provider.pay(second)))
    assert sorted(map(str, said)) == ["applied", "refunded"]
    await refunds.submit_refunds()
    assert provider.refunded(first) + provider.refunded(second) == order.total_cents


async def test_a_callback_on_ten_connections_is_applied_once(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1, 1: 1})
    event = provider.pay(await start(order))
    said = await race(*(payments.confirm(event) for _ in range(10)))
    assert Counter(said) == {"applied": 1, "duplicate": 9}
    entries = "select count(*) from ledger_transactions where order_id = :id"
    assert await scalar(many, entries, id=order.order_id) == 1


async def test_refunds_of_one_order_at_once_add_up(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await paid(market, provider, {0: 1, 1: 1})
    lines = {
        place: await scalar(
            many,
            "select id from order_lines where order_id = :o and sku_id = :s",
            o=order.order_id,
            s=market.goods[place].sku,
        )
        for place in (0, 1)
    }
    said = await race(
        *(
            refunds.refund_lines(
                market.seller, f"{order.number}-{1 + n % 2}", {lines[n % 2]: 7}, 0, "goodwill"
            )
            for n in range(12)
        )
    )
    assert said == [None] * 12
    back = "select refunded_cents from orders where id = :id"
    assert await scalar(many, back, id=order.order_id) == 12 * 7


async def test_stock_comes_in_while_it_is_sold(many: Database, market: Market) -> None:
    """Every adjustment also writes the product's shelf rows anew."""
    sku = market.goods[0].sku
    arrival = Adjustment(sku_id=sku, delta=1, reason=MovementReason.RECEIPT)
    adjustments = [stock.adjust(market.supplier(0), arrival) for _ in range(12)]
    said = await race(*adjustments, *(market.order({0: 1}) for _ in range(12)))
    assert sorted(answer for answer in said if isinstance(answer, int)) == list(range(101, 113))
    assert sum(isinstance(answer, PlacedOrder) for answer in said) == 12


async def test_nobody_can_hold_goods_by_a_payment_that_cannot_be_opened(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    assert await race(start(order, "no-such-provider")) == ["not_found"]
    provider.is_down = True
    assert await race(start(order)) == ["provider_down"]
    provider.is_down = False
    with frozen(now() + timedelta(hours=1)):
        await closing.expire_orders()
    assert await status(many, order) == "CLOSED"


async def test_one_provider_that_is_down_holds_up_nobody_else(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    class Down(FakeProvider):
        async def close(self, number: str):
            raise GatewayUnavailable(number)

    register("down", Down)
    stuck, well, silent = [await market.order({0: 1}) for _ in range(3)]
    await start(stuck, "down")
    await start(well)
    with frozen(now() + timedelta(hours=1)):
        for _ in range(2):
            await closing.expire_orders(limit=1)
        statuses = [await status(many, order) for order in (stuck, well, silent)]
    assert statuses == ["PENDING_PAYMENT", "CLOSED", "CLOSED"]


async def test_another_provider_is_opened_only_when_the_first_is_closed(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    other = FakeProvider()
    register("other", lambda: other)
    order = await market.order({0: 1})
    first, second = await start(order), await start(order, "other")
    assert provider.states[first] is ProviderState.CLOSED
    assert other.states[second] is ProviderState.OPEN
    other.pay(second)
    assert await race(start(order)) == [NotPayable.code]
    assert await status(many, order) == "PAID"


async def test_the_other_open_payment_of_a_paid_order_is_ended(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    first = await start(order)
    event = provider.pay(first)
    failed = type(event)(**{**event.__dict__, "kind": "failed", "event_id": new_id().hex})
    await payments.confirm(failed)
    second = await start(order)
    await payments.confirm(event)
    with frozen(now() + timedelta(minutes=2)):
        await payments.poll_pending()
    assert provider.states[second] is ProviderState.CLOSED
    assert await status(many, order) == "PAID"
