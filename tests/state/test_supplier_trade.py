"""A supplier's orders, stock, freight and money on screen."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import SYSTEM, Scope
from app.adapters.couriers import CARRIERS
from app.adapters.gateway import register
from app.kit.db import Database
from app.kit.errors import Forbidden, NotFound
from app.queries import supplier_orders as queries
from app.queries.lists.supplier_goods import STOCK
from app.queries.lists.supplier_money import POSTINGS, SPLITS, STATEMENT
from app.queries.lists.supplier_orders import ORDERS
from app.queries.resource import ListQuery, Resource, cells, fetch
from app.queries.supplier_freight import freight_template
from app.queries.supplier_money import balances
from app.services import refunds
from app.services.refunds import LineWish
from app.words import CARRIER
from state.supplier.freight import FreightState
from state.supplier.order import OrderState, masked, slip_of
from state.supplier.orders import OrdersState
from state.supplier.pasting import BulkCountState, BulkShipState
from state.supplier.stock import SkuStockState, StockState
from tests.integration.market import FakeProvider, Market, open_market, scalar
from tests.state.platform_desk import actor as operator
from tests.state.supplying import on_page, pay, person


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


async def _refund_unit(number: str, line: str) -> None:
    wish = {UUID(line): LineWish(units=1)}
    await refunds.refund_lines(operator(), number, wish, 0, "Recalled")


async def rows(actor: Any, resource: Resource, **params: str) -> list[dict[str, str]]:
    found = await fetch(actor, resource, ListQuery.of(resource, params))
    return [cells(resource, row) for row in found.rows]


def shown(state: Any) -> str:
    """Return all that a state's browser would get."""
    return json.dumps(
        state.dict(), default=lambda value: asdict(value) if value else "", ensure_ascii=False
    )


async def test_the_list_shows_own_parts_and_no_retail_amount(
    market: Market, provider: FakeProvider
) -> None:
    order = await pay(market, provider, {0: 2, 1: 1})
    seen = await rows(person(market.goods[0].supplier), ORDERS)
    assert [row["number"] for row in seen] == [f"{order.number}-1"]
    assert seen[0]["supply"] == "¥20.00"
    # 1,501 is what the buyer pays for one unit, 3,002 for both.
    assert "15.01" not in json.dumps(seen) and "30.02" not in json.dumps(seen)
    assert seen[0]["place"] == "浙江省 杭州市"


@pytest.mark.parametrize("resource", [ORDERS, STOCK, SPLITS, POSTINGS, STATEMENT])
async def test_a_list_needs_its_permission(market: Market, resource: Resource) -> None:
    with pytest.raises(Forbidden):
        await rows(person(market.goods[0].supplier, "analyst"), resource)
    with pytest.raises(Forbidden):
        await rows(person(market.distributor, scope=Scope.DISTRIBUTOR), resource)


async def test_an_order_is_accepted_shipped_in_two_parcels_and_keeps_its_phone(
    market: Market, provider: FakeProvider
) -> None:
    order = await pay(market, provider, {0: 3})
    actor, number = person(market.goods[0].supplier), f"{order.number}-1"
    state = OrderState()
    with on_page(actor, f"orders/{number}"):
        await OrderState.load.fn(state)
        assert state.order["status"] == "PAID"
        assert "13811112222" not in shown(state)
        assert state.order["phone"] == "138****2222"
        await OrderState.accept.fn(state)
        line = state.lines[0]["id"]
        wish = {"carrier": "sandbox", "tracking": "DEMO1234", f"units-{line}": "2"}
        await OrderState.ship.fn(state, wish)
        assert (state.order["status"], state.lines[0]["left"]) == ("PARTLY_SHIPPED", "1")
        await OrderState.ship.fn(state, wish | {"tracking": "DEMO5678"})
        assert state.errors == {"quantity": "This exceeds the quantity left to ship."}
        await OrderState.ship.fn(state, wish | {"tracking": "DEMO5678", f"units-{line}": "1"})
        assert state.order["status"] == "SHIPPED"
        assert [parcel.tracking for parcel in state.parcels] == ["DEMO5678", "DEMO1234"]
        await OrderState.show_phone.fn(state)
        assert state.order["phone"] == "13811112222"
    assert [event["kind"] for event in state.events][-2:] == ["PAID", "PLACED"]
    assert {share["amount"] for share in state.shares} == {"¥30.00", "¥12.00"}


async def test_the_same_parcel_twice_is_refused_plainly(
    market: Market, provider: FakeProvider
) -> None:
    order = await pay(market, provider, {0: 2})
    actor, number = person(market.goods[0].supplier), f"{order.number}-1"
    state = OrderState()
    with on_page(actor, f"orders/{number}"):
        await OrderState.load.fn(state)
        await OrderState.accept.fn(state)
        line = state.lines[0]["id"]
        wish = {"carrier": "sandbox", "tracking": "DEMO1234", f"units-{line}": "1"}
        await OrderState.ship.fn(state, wish)
        await OrderState.ship.fn(state, wish)
        assert state.errors == {"tracking": "This parcel is already recorded."}
        assert state.lines[0]["left"] == "1"


async def test_units_refunded_while_they_are_packed_are_not_shipped(
    database: Database, provider: FakeProvider
) -> None:
    market = await open_market(database, products=2)
    order = await pay(market, provider, {0: 2, 2: 1})
    actor, number = person(market.goods[0].supplier), f"{order.number}-1"
    state = OrderState()
    with on_page(actor, f"orders/{number}"):
        await OrderState.load.fn(state)
        await OrderState.accept.fn(state)
        await OrderState.ask.fn(state, "ship")
        wish = {"carrier": "sandbox", "tracking": "DEMO1234"} | {
            f"units-{line['id']}": line["left"] for line in state.lines
        }
        stopped = next(line for line in state.lines if line["left"] == "1")
        await _refund_unit(number, stopped["id"])
        # The whole line is gone, and the rest does not leave without a word.
        await OrderState.ship.fn(state, wish)
        assert state.order["status"] == "ACCEPTED" and not state.parcels
        assert state.asking == "ship" and list(state.errors) == ["quantity"]
        assert sorted(line["left"] for line in state.lines) == ["0", "2"]
        kept = next(line for line in state.lines if line["left"] == "2")
        await _refund_unit(number, kept["id"])
        rest = wish | {f"units-{stopped['id']}": "0"}
        await OrderState.ship.fn(state, rest)
        assert state.order["status"] == "ACCEPTED" and list(state.errors) == ["quantity"]
        await _refund_unit(number, kept["id"])
        # Nothing is left at all: the dialog closes and says so.
        await OrderState.ship.fn(state, rest | {f"units-{kept['id']}": "1"})
        assert state.order["status"] == "WITHDRAWN_PLATFORM" and state.asking == ""


async def test_a_stranger_finds_no_order(market: Market, provider: FakeProvider) -> None:
    order = await pay(market, provider, {0: 1})
    state = OrderState()
    with on_page(person(market.goods[1].supplier), f"orders/{order.number}-1"):
        await OrderState.load.fn(state)
    assert state.missing and not state.order
    with pytest.raises(NotFound):
        await queries.part(person(market.goods[1].supplier), f"{order.number}-1")


async def test_an_unpaid_order_shows_no_address(market: Market) -> None:
    order = await market.order({0: 1})
    part = await queries.part(person(market.goods[0].supplier), f"{order.number}-1")
    assert (part.recipient, part.phone, part.street) == ("", "", "")


async def test_refusing_needs_a_reason_and_gives_the_stock_back(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await pay(market, provider, {0: 4})
    state = OrderState()
    with on_page(person(market.goods[0].supplier), f"orders/{order.number}-1"):
        await OrderState.load.fn(state)
        await OrderState.reject.fn(state, {"reason": " "})
        assert state.errors == {"reason": "Please fill this in."}
        await OrderState.reject.fn(state, {"reason": "缺货"})
        assert state.order["status"] == "REJECTED"
    held = await scalar(
        database, "select reserved from stock where sku_id = :sku", sku=market.goods[0].sku
    )
    assert held == 0


async def test_a_slip_has_no_price(market: Market, provider: FakeProvider) -> None:
    order = await pay(market, provider, {0: 2})
    part = await queries.part(person(market.goods[0].supplier), f"{order.number}-1")
    slip = json.dumps(asdict(slip_of(part)), ensure_ascii=False)
    assert "¥" not in slip and "13811112222" not in slip
    assert slip_of(part).units == "2"


async def test_bulk_shipping_tells_the_outcome_of_each_row(
    market: Market, provider: FakeProvider
) -> None:
    first, second = [await pay(market, provider, {0: 1}) for _ in range(2)]
    numbers = [f"{order.number}-1" for order in (first, second)]
    actor = person(market.goods[0].supplier)
    orders, state = OrdersState(), BulkShipState()
    with on_page(actor, "orders"):
        for number in numbers:
            part = await queries.part(actor, number)
            await OrdersState.ask.fn(orders, "accept", str(part.id))
        assert orders.counts["ACCEPTED"] == "2"
        typed = f"{numbers[0]}, 顺丰, SF1234567890\n{numbers[1]}, 顺丰, 12\nX-1, sf, 1\n"
        await BulkShipState.submit.fn(state, {"typed": typed})
    assert [result["good"] for result in state.results] == ["1", "", ""]
    assert state.typed.splitlines() == [f"{numbers[1]}, 顺丰, 12", "X-1, sf, 1"]
    assert (await queries.part(actor, numbers[0])).status == "SHIPPED"
    assert (await queries.part(actor, numbers[1])).status == "ACCEPTED"


async def test_stock_is_adjusted_with_a_reason_and_counted_in_bulk(
    market: Market, provider: FakeProvider
) -> None:
    await pay(market, provider, {0: 3})
    good, actor = market.goods[0], person(market.goods[0].supplier)
    state, counting, listing = SkuStockState(), BulkCountState(), StockState()
    with on_page(actor, f"stock/{good.sku}"):
        await SkuStockState.load.fn(state)
        assert (state.sku["on_hand"], state.sku["available"]) == ("100", "97")
        await SkuStockState.record.fn(state, {"delta": "-98", "reason": "DAMAGE"})
        assert state.errors["delta"].startswith("Only 97 units can be removed")
        await SkuStockState.record.fn(state, {"delta": "5", "reason": "RECEIPT", "note": "N1"})
        assert (state.sku["on_hand"], state.moves[0]["delta"]) == ("105", "+5")
        code = state.sku["code"]
        await BulkCountState.submit.fn(counting, {"typed": f"{code}, 4\n{code}x, 1\nzz"})
        assert [result["good"] for result in counting.results] == ["1", "", ""]
        await BulkCountState.submit.fn(counting, {"typed": f"{code}, 2"})
        assert counting.results[0]["said"] == "More units than this are reserved for orders."
        await StockState.load.fn(listing)
    assert [(row["on_hand"], row["state"]) for row in listing.rows] == [("4", "LOW")]


async def test_a_count_does_not_reach_another_supplier(database: Database, market: Market) -> None:
    code = await scalar(database, "select code from skus where id = :id", id=market.goods[1].sku)
    state = BulkCountState()
    with on_page(person(market.goods[0].supplier), "stock"):
        await BulkCountState.submit.fn(state, {"typed": f"{code}, 1"})
    assert state.results[0]["said"] == "No SKU has this code."


async def test_freight_is_kept_by_province(market: Market) -> None:
    actor, state = person(market.goods[0].supplier), FreightState()
    with on_page(actor, "freight"):
        await FreightState.load.fn(state)
        typed = {"name": "快递", "first_cents": "9.5", "extra-54": "15", "refused-71": "1"}
        await FreightState.save.fn(state, typed | {"extra-65": "x"})
        assert state.errors == {"region_surcharges.65": "Please enter an amount such as 12.50."}
        await FreightState.save.fn(state, typed)
    stored = await freight_template(actor)
    assert stored is not None
    assert (stored.first_cents, stored.free_from_cents) == (950, None)
    assert (stored.region_surcharges, stored.refused_regions) == ({"54": 1_500}, ("71",))


async def test_balances_count_the_supplying_only(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    maker = market.goods[0].supplier
    await pay(market, provider, {0: 2})
    async with database.engine_transaction(SYSTEM) as session:
        # What the company earns in its other role is shown there.
        await session.execute(
            text(
                "insert into account_balances (account_id, slot, merchant_id, balance_cents)"
                " select id, 0, merchant_id, 5000 from ledger_accounts"
                " where merchant_id = :maker and role = 'distributor' and kind = 'PENDING'"
            ),
            {"maker": maker},
        )
    found = await balances(person(maker))
    assert found["PENDING"] == {"CNY": 2_000 + 1_000}
    shares = await rows(person(maker), SPLITS)
    assert {row["amount"] for row in shares} == {"¥20.00", "¥10.00"}
    month = (await rows(person(maker), STATEMENT))[0]
    assert (month["earned"], month["closing"]) == ("¥30.00", "¥30.00")
    posted = await rows(person(maker), POSTINGS)
    assert {row["amount"] for row in posted} == {"¥20.00", "¥10.00"}


def test_every_carrier_has_a_word() -> None:
    assert [code for code, _ in CARRIER] == list(CARRIERS)


def test_a_phone_number_is_masked() -> None:
    assert masked("+8613811112222") == "138****2222"
    assert masked("12345") == "****"


async def test_a_page_beyond_the_last_shows_the_last(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = ListQuery(page=9, sort=STOCK.default_sort)
    monkeypatch.setattr(StockState, "_query", lambda _: far)
    state = StockState()
    with on_page(person(market.goods[0].supplier), "stock"):
        await StockState.load.fn(state)

    assert state.page == state.pages == 1
    assert len(state.rows) == state.total > 0


async def test_a_dialog_does_not_outlive_its_page(market: Market) -> None:
    state = StockState()
    with on_page(person(market.goods[0].supplier), "stock"):
        await StockState.load.fn(state)
        await StockState.ask.fn(state, state.actions[0].name, state.rows[0]["id"])
        assert state.asking
        await StockState.load.fn(state)

    assert not state.asking


async def test_a_search_with_a_nul_is_a_search_without_it(market: Market) -> None:
    actor = person(market.goods[0].supplier)

    assert await rows(actor, STOCK, q="\0") == await rows(actor, STOCK)
