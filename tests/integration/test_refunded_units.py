"""What was refunded before it was shipped is not shipped: units, stock, parts, what people read."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import register
from app.kit.db import Database, use_database
from app.kit.errors import Conflict, Invalid
from app.queries.lists.supplier_orders import ORDERS
from app.queries.resource import ListQuery, fetch
from app.queries.store_orders import OrderView, read_order
from app.queries.supplier_orders import parts as parts_of_supplier
from app.services import fulfilment, payments, refunds
from app.services.order_links import opened_by_token
from app.services.placing import PlacedOrder
from app.services.refunds import LineWish
from app.services.verification import verify
from state.supplier.order import slip_of
from tests.integration.market import FakeProvider, Market, open_market, scalar
from tests.state.platform_desk import actor as operator
from tests.state.supplying import person


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
async def many(app_url: str) -> AsyncIterator[Database]:
    """Open a database with several connections, so that rivals meet in the server."""
    opened = Database(app_url, pool_size=8)
    use_database(opened)
    yield opened
    use_database(None)
    await opened.close()


@pytest.fixture
async def market(many: Database) -> Market:
    return await open_market(many, suppliers=1)


@pytest.fixture(autouse=True)
async def everything_adds_up(many: Database, owner_url: URL) -> AsyncIterator[None]:
    yield
    report = verify(owner_url.set(drivername="postgresql").render_as_string(hide_password=False))
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


async def _accepted(market: Market, provider: FakeProvider, units: int = 3) -> PlacedOrder:
    order = await market.order({0: units})
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    await fulfilment.accept(market.supplier(0), [f"{order.number}-1"])
    return order


async def _line(database: Database, order: PlacedOrder) -> UUID:
    sql = "select id from order_lines where order_id = :o"
    return UUID(str(await scalar(database, sql, o=order.order_id)))


async def _stock(database: Database, market: Market) -> str:
    sql = "select on_hand || '/' || reserved from stock where sku_id = :s"
    return str(await scalar(database, sql, s=market.goods[0].sku))


async def _part(database: Database, order: PlacedOrder) -> str:
    sql = (
        "select status || coalesce(' ' || withdrawn_by, '') from supplier_orders"
        " where order_id = :o"
    )
    return str(await scalar(database, sql, o=order.order_id))


async def _status(database: Database, order: PlacedOrder) -> object:
    return await scalar(database, "select status from orders where id = :o", o=order.order_id)


async def _seen(market: Market, order: PlacedOrder) -> OrderView:
    shopper = Actor(Scope.PUBLIC, store_id=market.store)
    async with opened_by_token(shopper, order.number, order.access_token) as (session, order_id):
        return await read_order(session, order_id)


async def _ship(market: Market, order: PlacedOrder, parcel: str, line: UUID, units: int) -> str:
    wish = fulfilment.Ship(f"{order.number}-1", "sandbox", parcel, {line: units})
    return (await fulfilment.ship(market.supplier(0), [wish]))[0].problem


async def test_a_wholly_refunded_accepted_part_is_withdrawn_and_its_stock_is_free(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await _accepted(market, provider)
    number = f"{order.number}-1"
    line = await _line(many, order)
    assert await _stock(many, market) == "100/3"
    await refunds.refund_lines(operator(), number, {line: 3 * 1_501}, 0, "Recalled: do not ship")
    assert await _part(many, order) == "REJECTED platform"
    assert await _stock(many, market) == "100/0"
    back = "select refunded_cents = paid_cents from orders where id = :o"
    # Nothing of it is shipped, so its freight was not used either.
    assert await scalar(many, back, o=order.order_id)
    assert await _ship(market, order, "DEMO00001", line, 1)
    maker = person(market.suppliers[0])
    (part,) = await parts_of_supplier(maker, [number])
    assert [one.left for one in part.lines] == [0]
    assert slip_of(part).lines == []
    with pytest.raises(Conflict):
        await refunds.refund_rest(operator(), number, "again")


async def test_an_order_is_refunded_only_when_the_provider_has_paid(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await _accepted(market, provider)
    await refunds.refund_rest(operator(), f"{order.number}-1", "x")
    assert await _status(many, order) == "REFUNDING"
    assert (await _seen(market, order)).status == "REFUNDING"
    provider.is_down = True
    await refunds.submit_refunds()
    provider.is_down = False
    assert await _status(many, order) == "REFUNDING"
    await refunds.submit_refunds()
    assert await _status(many, order) == "REFUNDED"


async def test_refunded_units_leave_list_page_slip_and_stock_at_once(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await _accepted(market, provider)
    line = await _line(many, order)
    await refunds.refund_lines(operator(), f"{order.number}-1", {line: LineWish(units=1)}, 0, "x")
    assert (await _stock(many, market), await _part(many, order)) == ("100/2", "ACCEPTED")
    maker = person(market.suppliers[0])
    (part,) = await parts_of_supplier(maker, [f"{order.number}-1"])
    assert [(one.quantity, one.cancelled, one.left) for one in part.lines] == [(3, 1, 2)]
    assert (slip_of(part).units, slip_of(part).lines[0]["units"]) == ("2", "2")
    (row,) = (await fetch(maker, ORDERS, ListQuery.of(ORDERS, {"q": order.number}))).rows
    assert (row["quantity"], row["goods"][-2:]) == (2, "×2")
    assert await _ship(market, order, "DEMO00002", line, 3)
    assert await _ship(market, order, "DEMO00002", line, 2) == ""
    assert (await _stock(many, market), await _part(many, order)) == ("98/0", "SHIPPED")


async def test_a_partly_shipped_part_is_shipped_when_its_rest_is_refunded(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await _accepted(market, provider)
    line = await _line(many, order)
    assert await _ship(market, order, "DEMO00003", line, 1) == ""
    await refunds.refund_lines(operator(), f"{order.number}-1", {line: LineWish(units=2)}, 0, "x")
    assert (await _stock(many, market), await _part(many, order)) == ("99/0", "SHIPPED")
    event = (
        "select kind || ' ' || note from order_events where order_id = :o order by id desc limit 1"
    )
    assert await scalar(many, event, o=order.order_id) == "REST_CANCELLED x"
    await fulfilment.confirm_receipt(PUBLIC, order.order_id, order.access_token)
    # Money for what has gone moves nothing that was shipped.
    await refunds.refund_lines(operator(), f"{order.number}-1", {line: 1_501}, 0, "Broken cup")
    assert (await _stock(many, market), await _part(many, order)) == ("99/0", "RECEIVED")


async def test_an_amount_without_units_or_freight_alone_stops_nothing(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await _accepted(market, provider)
    line = await _line(many, order)
    number = f"{order.number}-1"
    await refunds.refund_lines(operator(), number, {line: 100}, 0, "goodwill")
    await refunds.refund_lines(operator(), number, {}, 300, "late")
    assert (await _stock(many, market), await _part(many, order)) == ("100/3", "ACCEPTED")
    too_little = {line: LineWish(cents=1_500, units=1)}
    with pytest.raises(Invalid):
        await refunds.refund_lines(operator(), number, too_little, 0, "x")
    with pytest.raises(Invalid):
        await refunds.refund_lines(operator(), number, {line: LineWish(units=4)}, 0, "x")
    with pytest.raises(Invalid):
        await refunds.refund_lines(operator(), number, {line: 0}, 0, "nothing")


async def test_a_long_reason_is_kept_whole_or_refused(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    order = await _accepted(market, provider)
    line = await _line(many, order)
    reason = "The second batch was recalled by its maker: do not ship " + "x" * 200
    with pytest.raises(Invalid) as refused:
        await refunds.refund_lines(operator(), f"{order.number}-1", {line: 1}, 0, "x" * 301)
    assert "reason" in refused.value.fields
    await refunds.refund_lines(operator(), f"{order.number}-1", {line: 1}, 0, reason)
    kept = "select reason from refunds where order_id = :o"
    assert await scalar(many, kept, o=order.order_id) == reason
    assert (await _seen(market, order)).refunds[0].reason == reason


async def test_a_refund_beside_shipping_never_ships_what_was_refunded(
    many: Database, market: Market, provider: FakeProvider
) -> None:
    for turn in range(6):
        order = await _accepted(market, provider, units=2)
        line = await _line(many, order)
        shipped, _ = await asyncio.gather(
            _ship(market, order, f"DEMO{100 + turn:05}", line, 2),
            refunds.refund_lines(operator(), f"{order.number}-1", {line: 2 * 1_501}, 0, "Recalled"),
        )
        sql = (
            "select shipped_quantity || '/' || cancelled_quantity from fulfilment_lines"
            " where line_id = :l"
        )
        # Whoever was first decides: all units went, or none ever does.
        expected = "2/0" if shipped == "" else "0/2"
        assert await scalar(many, sql, l=line) == expected
        assert await _part(many, order) == ("SHIPPED" if shipped == "" else "REJECTED platform")


async def test_verify_finds_units_that_are_reserved_but_refunded(
    many: Database, market: Market, provider: FakeProvider, owner_url: URL
) -> None:
    order = await _accepted(market, provider)
    line = await _line(many, order)
    change = "update fulfilment_lines set cancelled_quantity = :n where line_id = :l"
    owner = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with many.engine_transaction(SYSTEM) as session:
        await session.execute(text(change), {"n": 3, "l": line})
    broken = {check["name"] for check in verify(owner)["checks"] if not check["ok"]}
    assert broken == {"reserved_is_what_is_to_be_shipped", "parts_without_units_have_ended"}
    async with many.engine_transaction(SYSTEM) as session:
        await session.execute(text(change), {"n": 0, "l": line})
