"""Everything that can happen to orders, stock and money, in any order, with verify as its judge."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import PaymentEvent, ProviderState, register
from app.kit import clock
from app.kit.db import Database, use_database
from app.kit.errors import Conflict, Invalid, NotFound, TradeError
from app.kit.ids import new_id
from app.services import (
    closing,
    fulfilment,
    merchants,
    payments,
    pool,
    products,
    refunds,
    settlement,
    split_rules,
    stock,
    tracking,
)
from app.services.payments import NotPayable, ProviderDown
from app.services.placing import KeyReused, NotForSale, PlacedOrder, SoldOut
from app.services.verification import verify
from models.catalog import Category, MovementReason, ProductImage
from models.money import FeeBearer, SplitBase
from tests.integration.market import FakeProvider, Market, open_market, scalar

OPERATOR = Actor(
    Scope.PLATFORM,
    permissions=frozenset(
        f"platform:{what}:write" for what in ("merchants", "products", "rules", "settings")
    ),
)
OUTCOMES = {
    *("applied", "duplicate", "reopened", "refunded", "amount_mismatch", "failed", "closed"),
}
places = st.integers(0, 3)
"""Two products of each of two suppliers; goods 0 and 2 are of the first."""
quantities = st.dictionaries(places, st.integers(1, 3), min_size=1)
picks = st.integers(0, 10**6)
rule_drafts = st.builds(
    split_rules.RuleDraft,
    name=st.just("new"),
    rate_bps=st.integers(0, 2_000),
    fixed_cents=st.integers(0, 50),
    base=st.sampled_from(SplitBase),
    fee_bearer=st.sampled_from(FeeBearer),
    payment_fee_bps=st.integers(0, 100),
    keeps_commission_on_refund=st.booleans(),
)
"""Rules under which goods at one and a half times their supply price can be sold."""


@dataclass
class World:
    """What outlives one example: the server, the loop, and time, which never runs backwards."""

    runner: asyncio.Runner
    database: Database
    owner: str
    provider: FakeProvider = field(default_factory=FakeProvider)
    ahead: timedelta = timedelta()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Bought:
    """An order as its buyer knows it."""

    order: PlacedOrder
    wanted: dict[int, int]
    key: str

    @property
    def parts(self) -> dict[int, str]:
        """Supplier (0 or 1) → the number of its part, numbered in the order of the items."""
        suppliers = dict.fromkeys(place % 2 for place in self.wanted)
        return {who: f"{self.order.number}-{n}" for n, who in enumerate(suppliers, start=1)}


class Trade(RuleBasedStateMachine):
    """Buyers, two suppliers, a seller, the operator, the clock and an awkward provider."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.market: Market = self.do(open_market(self.world.database, on_hand=12, products=2))
        self.provider = self.world.provider
        self.provider.is_down = False
        self.bought: list[Bought] = []
        self.numbers: list[str] = []
        self.messages: list[PaymentEvent] = []
        self.steps = 0
        self.do(self._make_complete())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.world.run(work)

    async def _make_complete(self) -> None:
        """Give each product a picture, which the pool asks for, and a category of its own."""
        self.categories = [new_id() for _ in self.market.goods]
        async with self.world.database.engine_transaction(SYSTEM) as session:
            for goods, category in zip(self.market.goods, self.categories, strict=True):
                slug = f"c-{category.hex[-8:]}"
                session.add(Category(id=category, slug=slug, name_zh="茶", name_en="Tea"))
                await session.flush()
                await session.execute(
                    text("update products set category_id = :category where id = :product"),
                    {"category": category, "product": goods.product},
                )
                session.add(
                    ProductImage(
                        product_id=goods.product,
                        supplier_id=goods.supplier,
                        blob_key="pictures/" + "0" * 24,
                    )
                )

    def one(self, pick: int) -> Bought:
        return self.bought[pick % len(self.bought)]

    def part(self, pick: int, *likely: str) -> tuple[Bought, int, str]:
        """Return order, place and number of a part: mostly one that stands where it is likely."""
        parts = [
            (bought, place, number)
            for bought in self.bought
            for place, number in bought.parts.items()
        ]
        fitting = [part for part in parts if self.part_status(part[2]) in likely]
        chosen = fitting if fitting and pick % 6 else parts
        return chosen[pick % len(chosen)]

    # Buyers.

    @initialize(draft=rule_drafts, own=rule_drafts, first=quantities, second=quantities)
    def one_has_bought_and_one_pays_late(
        self,
        draft: split_rules.RuleDraft,
        own: split_rules.RuleDraft,
        first: dict[int, int],
        second: dict[int, int],
    ) -> None:
        self.the_rules_change(draft, None)
        self.the_rules_change(own, 0)
        self.buys(first, 3)
        self.buys(second, 1)
        if self.numbers:
            self.withdraws(len(self.bought) - 1)
            self.pays_after_the_end(0)

    @rule(wanted=quantities)
    def buys_and_pays(self, wanted: dict[int, int]) -> None:
        self.buys(wanted, 3)

    @rule(wanted=quantities, steps=st.integers(0, 2))
    def buys(self, wanted: dict[int, int], steps: int) -> None:
        """Place an order, and go on as far as ``steps``: to the provider, pay, its message."""
        key = new_id().hex
        try:
            order = self.do(self.market.order(wanted, key))
        except SoldOut:
            assert any(self.left(place) < units for place, units in wanted.items())
        except NotForSale:
            assert any(not self.on_sale(place) for place in wanted)
        else:
            self.bought.append(Bought(order, wanted, key))
            started, before = steps > 0, len(self.numbers)
            if started:
                self.goes_to_pay(len(self.bought) - 1)
            if steps > 1 and len(self.numbers) > before:
                self.pays(before, at_once=steps > 2)

    @precondition(lambda self: self.bought)
    @rule(pick=picks)
    def sends_the_form_again(self, pick: int) -> None:
        bought = self.one(pick)
        again = self.do(self.market.order(bought.wanted, bought.key))
        assert again == replace(bought.order, repeated=True)
        more = {place: units + 1 for place, units in bought.wanted.items()}
        with pytest.raises(KeyReused):
            self.do(self.market.order(more, bought.key))

    @precondition(lambda self: self.bought)
    @rule(pick=picks)
    def goes_to_pay(self, pick: int) -> None:
        order = self.one(pick).order
        try:
            started = self.do(
                payments.start(
                    PUBLIC,
                    order.order_id,
                    order.access_token,
                    return_url="http://s",
                    provider="fake",
                )
            )
        except ProviderDown:
            assert self.provider.is_down
        except NotPayable:
            assert self.status(order) != "PENDING_PAYMENT" or self.is_over(order)
        else:
            self.numbers.append(started.number)

    @precondition(lambda self: self.ended())
    @rule(pick=picks)
    def pays_after_the_end(self, pick: int) -> None:
        """A payment that failed or was closed comes in after all."""
        ended = self.ended() or self.numbers
        self.pays(self.numbers.index(ended[pick % len(ended)]), at_once=True)

    def ended(self) -> list[str]:
        """Return the payments that failed or were closed at the provider."""
        over = (ProviderState.CLOSED, ProviderState.FAILED)
        return [number for number in self.numbers if self.provider.states[number] in over]

    @precondition(lambda self: self.numbers)
    @rule(pick=picks, at_once=st.booleans())
    def pays(self, pick: int, at_once: bool) -> None:
        """Pay, even when we closed the payment: banks are late."""
        self.messages.append(self.provider.pay(self.numbers[pick % len(self.numbers)]))
        if at_once:
            self.arrives(len(self.messages) - 1)

    @precondition(lambda self: self.bought)
    @rule(pick=picks)
    def withdraws(self, pick: int) -> None:
        order = self.one(pick).order
        before = self.status(order)
        try:
            if before == "PENDING_PAYMENT":
                self.do(closing.cancel_unpaid(PUBLIC, order.order_id, order.access_token))
                assert self.status(order) == "CLOSED"
            else:
                self.do(fulfilment.cancel_paid(PUBLIC, order.order_id, order.access_token))
                # The provider has not been told yet.
                assert (before, self.status(order)) == ("PAID", "REFUNDING")
        except ProviderDown:
            assert self.provider.is_down
            assert self.status(order) == before
        except Conflict:
            pass

    @precondition(lambda self: self.bought)
    @rule(pick=picks)
    def has_received(self, pick: int) -> None:
        order = self.one(pick).order
        try:
            self.do(fulfilment.confirm_receipt(PUBLIC, order.order_id, order.access_token))
        except Conflict:
            assert self.status(order) not in ("SHIPPED",)

    # The provider.

    @precondition(lambda self: self.messages)
    @rule(pick=picks)
    def a_message_arrives(self, pick: int) -> None:
        """In any order, any number of times, after anything."""
        self.arrives(pick % len(self.messages))

    def arrives(self, place: int) -> None:
        message = self.messages[place]
        first = self.do(payments.confirm(message))
        before = self.books()
        assert first in OUTCOMES
        assert self.do(payments.confirm(message)) == "duplicate"
        assert self.books() == before

    @precondition(lambda self: self.numbers)
    @rule(pick=picks, cents=st.sampled_from([1, 10**9]), currency=st.sampled_from(["CNY", "USD"]))
    def a_wrong_message_arrives(self, pick: int, cents: int, currency: str) -> None:
        number = self.numbers[pick % len(self.numbers)]
        before = self.books()
        wrong = PaymentEvent("fake", new_id().hex, "paid", number, cents, currency, "ref", {})
        assert self.do(payments.confirm(wrong)) in ("amount_mismatch", "duplicate")
        for stranger in (replace(wrong, number="nobody's"), replace(wrong, provider="other")):
            with pytest.raises(NotFound):
                self.do(payments.confirm(stranger))
        assert self.books() == before

    @precondition(lambda self: self.numbers)
    @rule(pick=picks)
    def a_payment_fails(self, pick: int) -> None:
        number = self.numbers[pick % len(self.numbers)]
        if self.provider.states[number] is ProviderState.OPEN:
            self.provider.states[number] = ProviderState.FAILED
        failed = PaymentEvent("fake", new_id().hex, "failed", number, 0, "CNY", "ref", {})
        assert self.do(payments.confirm(failed)) in ("failed", "duplicate")

    @rule(is_down=st.sampled_from([True, False, False, False]))
    def the_provider_goes_down_or_comes_back(self, is_down: bool) -> None:
        self.provider.is_down = is_down

    # Suppliers and the seller.

    @precondition(lambda self: self.bought)
    @rule(pick=picks)
    def a_supplier_accepts(self, pick: int) -> None:
        _, place, number = self.part(pick, "PAID")
        was = self.part_status(number)
        (outcome,) = self.do(fulfilment.accept(self.market.supplier(place), [number]))
        assert (not outcome.problem) == (was == "PAID")

    @precondition(lambda self: self.bought)
    @rule(pick=picks)
    def a_supplier_refuses(self, pick: int) -> None:
        _, place, number = self.part(pick, "PAID")
        was = self.part_status(number)
        try:
            self.do(fulfilment.reject(self.market.supplier(place), number, "断货"))
        except Conflict:
            assert was != "PAID"
        else:
            assert was == "PAID"

    @precondition(lambda self: self.bought)
    @rule(pick=picks, units=st.sampled_from([0, 0, 1, 3]))
    def a_supplier_ships(self, pick: int, units: int) -> None:
        """Ship the whole rest (0) or some units of a part; more than is left is refused."""
        _, place, number = self.part(pick, "ACCEPTED", "PARTLY_SHIPPED")
        line = self.do(self._line(number))
        wanted = {line: units} if units else {}
        parcel = f"DEMO{1 + self.do(self._parcels(number)):05}"
        wish = fulfilment.Ship(number, "sandbox", parcel, wanted)
        self.do(fulfilment.ship(self.market.supplier(place), [wish]))

    @rule(place=places, units=st.integers(-2, 8).filter(bool))
    def stock_comes_or_goes(self, place: int, units: int) -> None:
        reason = MovementReason.RECEIPT if units > 0 else MovementReason.DAMAGE
        change = stock.Adjustment(sku_id=self.market.goods[place].sku, delta=units, reason=reason)
        free = self.left(place)
        try:
            self.do(stock.adjust(self.market.supplier(place), change))
        except Conflict:
            assert free + units < 0

    def a_supply_price_changes(self, place: int, cents: int) -> None:
        self.do(self._reprice(place, cents))

    async def _reprice(self, place: int, cents: int) -> None:
        goods = self.market.goods[place]
        permissions = frozenset({"supplier:products:write"})
        supplier = replace(self.market.supplier(place), permissions=permissions)
        sku = products.SkuDraft(
            id=goods.sku,
            code=goods.sku.hex[-8:],
            supply_cents=cents,
            suggested_cents=2_000,
        )
        draft = products.ProductDraft(
            id=goods.product,
            category_id=self.categories[place],
            title="龙井",
            pictures=("pictures/" + "0" * 24,),
            skus=(sku,),
        )
        await products.save_product(supplier, draft)

    def a_product_leaves_the_pool_or_returns(self, place: int, back: bool) -> None:
        goods = self.market.goods[place]
        permissions = frozenset({"supplier:products:write"})
        supplier = replace(self.market.supplier(place), permissions=permissions)
        if back:
            self.do(pool.push(supplier, [goods.product]))
            self.do(pool.review(OPERATOR, [goods.product], approve=True))
        else:
            self.do(pool.withdraw(supplier, [goods.product]))

    @precondition(lambda self: self.bought)
    @rule(pick=picks, units=st.integers(1, 3))
    def the_seller_stops_units(self, pick: int, units: int) -> None:
        """Refund units that were not shipped; they are never shipped, and a part without any ends.

        ``verify`` says after it whether stock, reservations and parts agree.
        """
        _, place, number = self.part(pick, "ACCEPTED", "PARTLY_SHIPPED", "PAID")
        line, open_units = self.do(self._to_ship(number))
        before, free = self.books(), self.left(self._goods_of(line))
        wish = refunds.LineWish(units=units)
        try:
            self.do(refunds.refund_lines(self.market.seller, number, {line: wish}, 0, "缺货"))
        except (NotFound, Invalid):
            assert self.books() == before
            return
        assert units <= open_units
        assert self.left(self._goods_of(line)) == free + units
        parcel = f"DEMO{900 + self.steps:05}"
        beyond = fulfilment.Ship(number, "sandbox", parcel, {line: open_units - units + 1})
        (outcome,) = self.do(fulfilment.ship(self.market.supplier(place), [beyond]))
        assert outcome.problem

    @precondition(lambda self: self.bought)
    @rule(pick=picks, part=st.integers(1, 100), freight=st.integers(0, 500))
    def the_seller_refunds(self, pick: int, part: int, freight: int) -> None:
        _, _, number = self.part(pick, "PAID", "ACCEPTED", "SHIPPED", "RECEIVED", "COMPLETED")
        line, left = self.do(self._refundable(number))
        cents = -(-left * part // 100)
        before = self.books()
        try:
            self.do(
                refunds.refund_lines(self.market.seller, number, {line: cents}, freight, "goodwill")
            )
        except (NotFound, Invalid):
            assert self.books() == before
        with pytest.raises((NotFound, Invalid)):
            self.do(refunds.refund_lines(self.market.seller, number, {line: 10**9}, 0, "too much"))

    # The operator and the clock.

    @rule(place=places, what=st.integers(0, 5), cents=st.integers(500, 1_500))
    def the_assortment_changes(self, place: int, what: int, cents: int) -> None:
        """Mostly for the better, or nothing would be sold for long."""
        if what in (0, 1):
            self.a_supplier_is_suspended_or_reinstated(place, "suspend" if what else "reinstate")
        elif what in (2, 3):
            self.a_product_leaves_the_pool_or_returns(place, back=what == 2)
        else:
            self.a_supply_price_changes(place, cents)
        if self.steps % 2:
            self.a_supplier_is_suspended_or_reinstated(place, "reinstate")
            self.a_product_leaves_the_pool_or_returns(place, back=True)

    def a_supplier_is_suspended_or_reinstated(self, place: int, verdict: str) -> None:
        supplier = self.market.goods[place].supplier
        self.do(merchants.review(OPERATOR, [supplier], verdict, "审核"))

    @rule(draft=rule_drafts, place=st.none() | places)
    def the_rules_change(self, draft: split_rules.RuleDraft, place: int | None) -> None:
        """A new rule for this distributor, and perhaps only for the category of one product."""
        where = {"distributor_id": self.market.distributor}
        if place is not None:
            where["category_id"] = self.categories[place]
        self.do(split_rules.save_rule(OPERATOR, draft.model_copy(update=where)))

    @rule(by=st.sampled_from([timedelta(minutes=2), timedelta(minutes=31), timedelta(days=11)]))
    def time_passes(self, by: timedelta) -> None:
        self.world.ahead += by

    @rule()
    def the_worker_goes_round(self) -> None:
        self.do(self._work())

    async def _work(self) -> None:
        await closing.expire_orders()
        await payments.poll_pending()
        await refunds.submit_refunds()
        await tracking.track_demo_parcels()
        await fulfilment.receive_overdue()
        await fulfilment.complete_overdue()
        await settlement.release_due()

    # What must hold.

    @invariant()
    def now_and_then_everything_adds_up(self) -> None:
        self.steps += 1
        if self.steps % 4 == 0:
            self.everything_adds_up()

    def everything_adds_up(self) -> None:
        report = verify(self.world.owner)
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]

    def teardown(self) -> None:
        """Let everything that is under way come to its end; then the last cent is accounted for."""
        self.provider.is_down = False
        self.world.ahead += timedelta(hours=1)
        for message in self.messages:
            self.do(payments.confirm(message))
        for _ in range(2):
            self.do(self._work())
        self.everything_adds_up()
        paid = {n for n, state in self.provider.states.items() if state is ProviderState.PAID}
        held = sum(self.provider.payments[n].amount_cents for n in paid)
        held -= sum(self.provider.refunds.values())
        assert self.do(self._balance("a.kind = 'CLEARING'")) == -held
        assert self.do(self._balance("a.kind <> 'CLEARING'")) == held
        assert self.do(self._balance("a.kind = 'UNALLOCATED'")) == 0
        for bought in self.bought:
            assert self.status(bought.order) not in ("PENDING_PAYMENT", "REFUNDING")

    # Looking.

    def status(self, order: PlacedOrder) -> object:
        sql = "select status from orders where id = :id"
        return self.do(scalar(self.world.database, sql, id=order.order_id))

    def is_over(self, order: PlacedOrder) -> bool:
        sql = "select expires_at from orders where id = :id"
        return self.do(scalar(self.world.database, sql, id=order.order_id)) <= self.world.now()

    def part_status(self, number: str) -> object:
        sql = "select status from supplier_orders where number = :n"
        return self.do(scalar(self.world.database, sql, n=number))

    def left(self, place: int) -> int:
        sql = "select on_hand - reserved from stock where sku_id = :s"
        return self.do(scalar(self.world.database, sql, s=self.market.goods[place].sku))

    def on_sale(self, place: int) -> bool:
        """Say whether a basket may hold these goods; a price under cost is refused when placing."""
        sql = (
            "select e.status = 'APPROVED' and m.status = 'ACTIVE' and l.status = 'ON_SALE'"
            " and not exists (select 1 from split_rules r where r.distributor_id = :d"
            "  and r.position < (select position from split_rules where name = 'Store'"
            "   and store_id = :store))"
            " from pool_entries e join merchants m on m.id = e.supplier_id"
            " join listings l on l.product_id = e.product_id where e.product_id = :p"
        )
        of_market = {"d": self.market.distributor, "store": self.market.store}
        product = self.market.goods[place].product
        return self.do(scalar(self.world.database, sql, p=product, **of_market))

    def books(self) -> object:
        return self.do(
            scalar(
                self.world.database,
                "select (select count(*) from postings) || '/'"
                " || (select coalesce(sum(balance_cents * hashtext(account_id::text)), 0)"
                "     from account_balances)",
            )
        )

    async def _balance(self, where: str) -> int:
        sql = (
            "select coalesce(sum(balance_cents), 0) from account_balances b"
            f" join ledger_accounts a on a.id = b.account_id where {where}"
        )
        return int(str(await scalar(self.world.database, sql)))

    async def _line(self, number: str) -> UUID:
        return UUID(str((await self._refundable(number))[0]))

    async def _parcels(self, number: str) -> int:
        sql = (
            "select count(*) from shipments h join supplier_orders s on s.id = h.supplier_order_id"
            " where s.number = :n"
        )
        return int(str(await scalar(self.world.database, sql, n=number)))

    async def _to_ship(self, number: str) -> tuple[UUID, int]:
        """Return the line of a part with most units that are still to be shipped, and how many."""
        async with self.world.database.engine_transaction(SYSTEM) as session:
            found = await session.execute(
                text(
                    "select f.line_id, f.quantity - f.shipped_quantity - f.cancelled_quantity as n"
                    " from fulfilment_lines f join supplier_orders s on s.id = f.supplier_order_id"
                    " where s.number = :n order by n desc, f.line_id limit 1"
                ),
                {"n": number},
            )
            row = found.one()
            return row.line_id, row.n

    def _goods_of(self, line: UUID) -> int:
        sql = "select sku_id from fulfilment_lines where line_id = :line"
        sku = self.do(scalar(self.world.database, sql, line=line))
        return next(place for place, goods in enumerate(self.market.goods) if goods.sku == sku)

    async def _refundable(self, number: str) -> tuple[UUID, int]:
        async with self.world.database.engine_transaction(SYSTEM) as session:
            found = await session.execute(
                text(
                    "select l.id, l.goods_cents - l.refunded_cents as left_over from order_lines l"
                    " join supplier_orders s on s.id = l.supplier_order_id where s.number = :n"
                    " order by left_over desc, l.id limit 1"
                ),
                {"n": number},
            )
            row = found.one()
            return row.id, row.left_over


@pytest.fixture
def world(app_url: str, owner_url: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with asyncio.Runner() as runner:
        database = Database(app_url, pool_size=2)
        use_database(database)
        owner = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
        world = World(runner, database, owner)
        register("fake", lambda: world.provider)
        monkeypatch.setattr(clock, "_now", world.now)
        yield world
        use_database(None)
        runner.run(database.close())


def test_whatever_happens_the_books_are_right(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trade, "world", world, raising=False)
    run_state_machine_as_test(
        Trade,
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            # Making a failing run shorter takes minutes; do it by hand where it is needed.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_refusal_is_a_trade_error() -> None:
    """The machine tells refusals from faults by this class, so it must hold for all of them."""
    for error in (SoldOut, NotForSale, KeyReused, NotPayable, ProviderDown, Conflict, Invalid):
        assert issubclass(error, TradeError)
