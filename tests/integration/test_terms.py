"""What is frozen with an order, whose share a refund takes, and where a price change leads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import BUILT_IN_ROLES, PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import register
from app.kit.db import Database
from app.kit.errors import Forbidden, NotFound
from app.kit.ids import new_id
from app.services import fulfilment, payments, products, refunds, split_rules
from app.services.placing import OrderItem, PlacedOrder, PlaceOrder, place_order
from app.services.verification import verify
from models.catalog import Category
from models.money import FeeBearer
from tests.integration.market import ADDRESS, FakeProvider, Market, open_market, scalar

FINANCE = Actor(
    Scope.PLATFORM,
    new_id(),
    permissions=next(r.permissions for r in BUILT_IN_ROLES if r.code == "platform_finance"),
)


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
async def market(database: Database) -> Market:
    """One supplier with two products of different categories."""
    market = await open_market(database, suppliers=1, products=2)
    async with database.engine_transaction(SYSTEM) as session:
        other = Category(slug=f"c-{new_id().hex[-8:]}", name_zh="瓷器", name_en="China")
        session.add(other)
        await session.flush()
        await session.execute(
            text("update products set category_id = :c where id = :p"),
            {"c": other.id, "p": market.goods[1].product},
        )
    return market


@pytest.fixture(autouse=True)
async def everything_adds_up(owner_url: URL) -> AsyncIterator[None]:
    yield
    report = verify(owner_url.set(drivername="postgresql").render_as_string(hide_password=False))
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


async def rule(database: Database, market: Market, place: int, **terms: object) -> None:
    """Let other terms apply to one product of the market."""
    category = await scalar(
        database,
        "select category_id from products where id = :p",
        p=market.goods[place].product,
    )
    draft = split_rules.RuleDraft(
        name="special",
        category_id=UUID(str(category)),
        distributor_id=market.distributor,
        **terms,  # type: ignore[arg-type]
    )
    await split_rules.save_rule(FINANCE, draft)


async def paid(market: Market, provider: FakeProvider, wanted: dict[int, int]) -> PlacedOrder:
    order = await market.order(wanted)
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return order


async def shares(database: Database, order: PlacedOrder) -> dict[str, tuple[int, int]]:
    """Return amount and what was reversed of each kind of share."""
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.execute(
            text("select kind, amount_cents, reversed_cents from splits where order_id = :o"),
            {"o": order.order_id},
        )
        return {row.kind: (row.amount_cents, row.reversed_cents) for row in found}


async def line_of(database: Database, order: PlacedOrder, market: Market, place: int) -> UUID:
    sql = "select id from order_lines where order_id = :o and sku_id = :s"
    found = await scalar(database, sql, o=order.order_id, s=market.goods[place].sku)
    return UUID(str(found))


async def test_who_may_write_rules_needs_no_right_to_the_settings(
    database: Database, market: Market
) -> None:
    assert not FINANCE.may("platform:settings:write")
    await rule(database, market, 0, rate_bps=100)
    with pytest.raises(Forbidden):
        draft = split_rules.RuleDraft(name="mine", rate_bps=0)
        await split_rules.save_rule(market.seller, draft)


async def test_a_refund_takes_the_shares_of_its_own_line(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    """Not those of the part on average: the two lines have very different commissions."""
    await rule(database, market, 0, rate_bps=2_000, payment_fee_bps=0)
    await rule(database, market, 1, rate_bps=0, payment_fee_bps=0)
    order = await paid(market, provider, {0: 1, 1: 1})
    dear = await line_of(database, order, market, 0)
    await refunds.refund_lines(market.seller, f"{order.number}-1", {dear: 1_501}, 0, "returned")
    by_kind = await shares(database, order)
    # 20 % of 15.01, the supply price of 10.00, and what is left of the first line.
    assert by_kind["COMMISSION"] == (300, 300)
    assert by_kind["SUPPLY"] == (1_000 + 1_777, 1_000)
    assert by_kind["MARGIN"][1] == 1_501 - 1_000 - 300


async def test_a_platform_that_paid_in_gets_it_back(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    await rule(database, market, 0, rate_bps=0, fee_bearer=FeeBearer.PLATFORM, payment_fee_bps=100)
    order = await paid(market, provider, {0: 1})
    by_kind = await shares(database, order)
    assert by_kind["COMMISSION"] == (-by_kind["PAYMENT_FEE"][0], 0)
    await fulfilment.cancel_paid(PUBLIC, order.order_id, order.access_token)
    assert all(amount == back for amount, back in (await shares(database, order)).values())


async def test_only_lines_whose_rule_says_so_keep_the_commission(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    await rule(database, market, 0, rate_bps=1_000, keeps_commission_on_refund=True)
    await rule(database, market, 1, rate_bps=1_000)
    order = await paid(market, provider, {0: 1, 1: 1})
    await fulfilment.cancel_paid(PUBLIC, order.order_id, order.access_token)
    kept = await scalar(
        database,
        "select sum(p.amount_cents) from postings p join ledger_transactions e"
        " on e.id = p.transaction_id where e.order_id = :o and e.kind = 'COMMISSION_KEPT'",
        o=order.order_id,
    )
    assert kept == 150


async def test_terms_stay_as_they_were_placed(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await market.order({0: 1})
    await rule(database, market, 0, rate_bps=3_000)
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    await payments.confirm(provider.pay(started.number))
    # The store's rule of 5 % was in force when the order was placed.
    assert (await shares(database, order))["COMMISSION"] == (75, 0)


async def test_a_sku_under_cost_keeps_its_listing_off_sale(
    database: Database, market: Market
) -> None:
    """Though the price of another SKU of the same listing changes for the better."""
    goods = market.goods[0]
    supplier = replace(market.supplier(0), permissions=frozenset({"supplier:products:write"}))
    category = await scalar(
        database, "select category_id from products where id = :p", p=goods.product
    )

    def draft(first: int, second: int, second_id: UUID | None) -> products.ProductDraft:
        common = {"suggested_cents": 3_000}
        return products.ProductDraft(
            id=goods.product,
            category_id=UUID(str(category)),
            title="龙井",
            spec_names=("规格",),
            skus=(
                products.SkuDraft(
                    id=goods.sku, code="A", spec_values=("大",), supply_cents=first, **common
                ),
                products.SkuDraft(
                    id=second_id, code="B", spec_values=("小",), supply_cents=second, **common
                ),
            ),
        )

    await products.save_product(supplier, draft(1_000, 1_000, None))
    second = UUID(
        str(
            await scalar(
                database,
                "select id from skus where code = 'B' and product_id = :p",
                p=goods.product,
            )
        )
    )
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text(
                "insert into listing_skus (listing_id, sku_id, store_id, distributor_id,"
                " retail_cents, is_offered) select id, :sku, store_id, distributor_id, 1600, true"
                " from listings"
                " where product_id = :product"
            ),
            {"sku": second, "product": goods.product},
        )
        await session.execute(
            text(
                "update listing_terms set cost_policy = 'HOLD_PRICE' where listing_id in"
                " (select id from listings where product_id = :product)"
            ),
            {"product": goods.product},
        )
    status = "select status from listings where product_id = :p"
    for first, other, stands in (
        (1_600, 1_000, "NEEDS_REPRICE"),
        (1_600, 900, "NEEDS_REPRICE"),
        (1_000, 900, "ON_SALE"),
    ):
        await products.save_product(supplier, draft(first, other, second))
        assert await scalar(database, status, p=goods.product) == stands


async def test_bulk_shipping_answers_for_each_row(
    database: Database, market: Market, provider: FakeProvider
) -> None:
    order = await paid(market, provider, {0: 3})
    number, supplier = f"{order.number}-1", market.supplier(0)
    line = await line_of(database, order, market, 0)
    await fulfilment.accept(supplier, [number])
    one = fulfilment.Ship(number, "sandbox", "DEMO1111", {line: 1})
    said = await fulfilment.ship(
        supplier,
        [
            one,
            fulfilment.Ship(number, "sandbox", "DEMO2222", {line: 1}),
            fulfilment.Ship("nobody's", "sandbox", "DEMO3333"),
            fulfilment.Ship("x", "sandbox", "?"),
        ],
    )
    assert [bool(outcome.problem) for outcome in said] == [False, True, True, True]
    for wish in (one, fulfilment.Ship(number, "sandbox", "DEMO4444", {line: 3})):
        (outcome,) = await fulfilment.ship(supplier, [wish])
        assert outcome.problem
    (outcome,) = await fulfilment.ship(supplier, [fulfilment.Ship(number, "sandbox", "DEMO5555")])
    assert not outcome.problem
    status = "select status from supplier_orders where number = :n"
    assert await scalar(database, status, n=number) == "SHIPPED"


async def test_a_customer_of_one_store_is_nobody_in_another(market: Market) -> None:
    stranger = Actor(Scope.CONSUMER, consumer_id=new_id(), store_id=new_id())
    wish = PlaceOrder(
        store_id=market.store,
        idempotency_key=new_id().hex,
        items=(OrderItem(sku_id=market.goods[0].sku, quantity=1),),
        address=ADDRESS,
    )
    with pytest.raises(NotFound):
        await place_order(stranger, wish)
