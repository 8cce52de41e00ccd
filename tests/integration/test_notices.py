"""Whoever is concerned is told, once: in the inbox at once, by mail soon."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import register
from app.adapters.mail import Mail
from app.kit.clock import frozen
from app.kit.db import Database
from app.kit.ids import new_id
from app.services import fulfilment, merchants, notice_mails, payments, pool, refunds
from app.services.deadlines import watch
from app.services.inbox import notices
from app.services.notices import KINDS, Notice, tell
from app.services.placing import PlacedOrder
from app.words import NOTICE
from models.identity import Membership, Role, RolePermission, User
from tests.integration.market import FakeProvider, Market, open_market, scalar
from tests.state.platform_desk import actor as operator


class Post:
    """A mail server in memory, which can be away."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.is_away = False

    async def send(self, mail: Mail) -> None:
        if self.is_away:
            raise OSError("away")
        self.mails.append(mail)

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    found = Post()
    monkeypatch.setattr(notice_mails, "mailer", lambda: found)
    return found


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
async def market(database: Database) -> AsyncIterator[Market]:
    opened = await open_market(database)
    yield opened
    # What waits must not reach the next test's post.
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("update notifications set to_mail = false where to_mail"))
        await session.execute(text("update notice_mails set state = 'SENT'"))


async def _member(database: Database, merchant: UUID, *permissions: str, locale: str = "en") -> str:
    address = f"{new_id().hex}@test.example"
    user, role = User(email=address, name="M", locale=locale), new_id()
    async with database.engine_transaction(SYSTEM) as session:
        session.add(user)
        session.add(Role(id=role, merchant_id=merchant, code=role.hex[:20], name="R"))
        await session.flush()
        for permission in permissions:
            session.add(RolePermission(role_id=role, permission=permission, merchant_id=merchant))
        session.add(Membership(user_id=user.id, merchant_id=merchant, role_id=role))
    return address


async def _paid(
    market: Market, provider: FakeProvider, wanted: dict[int, int], email: str | None = None
) -> PlacedOrder:
    placed = await market.order(wanted, email=email)
    started = await payments.start(
        PUBLIC, placed.order_id, placed.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return placed


async def _kinds(scope: Scope, merchant: UUID) -> Sequence[str]:
    reader = Actor(scope, new_id(), merchant, permissions=frozenset())
    return [notice["kind"] for notice in await notices(reader)]


def test_every_kind_has_a_text() -> None:
    assert set(KINDS) <= set(dict(NOTICE))


async def test_a_member_is_mailed_once_in_their_language_and_only_with_the_permission(
    database: Database, market: Market, post: Post
) -> None:
    supplier = market.suppliers[0]
    reader = await _member(database, supplier, "supplier:orders:read", locale="zh_CN")
    writer = await _member(database, supplier, "supplier:orders:write")
    other = await _member(database, supplier, "supplier:stock:read")
    async with database.engine_transaction(SYSTEM) as session:
        told = Notice(
            "part_refunded", "supplier", supplier, "part:1:refund1", "orders/1", {"number": "1-1"}
        )
        # The same happening twice, as a job that ran twice would tell it.
        await tell(session, [told])
        await tell(session, [told])
    for _ in range(2):
        await notice_mails.send_waiting()
    assert [len(post.to(who)) for who in (reader, writer, other)] == [1, 1, 0]
    assert "已退款" in post.to(reader)[0].subject
    assert "do not ship" in post.to(writer)[0].subject
    assert f"/supplier/m-{supplier.hex[-12:]}/orders/1" in post.to(writer)[0].text
    assert await _kinds(Scope.SUPPLIER, supplier) == ["part_refunded"]


async def test_a_mail_server_that_is_away_is_asked_again_and_a_dead_worker_sends_nothing_twice(
    database: Database, market: Market, post: Post
) -> None:
    supplier = market.suppliers[0]
    reader = await _member(database, supplier, "supplier:orders:read")
    async with database.engine_transaction(SYSTEM) as session:
        await tell(session, [Notice("part_withdrawn", "supplier", supplier, "part:2:x")])
    post.is_away = True
    await notice_mails.send_waiting()
    post.is_away = False
    await notice_mails.send_waiting()
    assert len(post.to(reader)) == 1
    async with database.engine_transaction(SYSTEM) as session:
        # As a worker leaves it that died between sending and marking.
        await session.execute(text("update notice_mails set state = 'SENDING', sent_at = null"))
    await notice_mails.send_waiting()
    assert len(post.to(reader)) == 1


async def test_a_buyer_with_an_address_is_told_of_each_step_once(
    market: Market, provider: FakeProvider, post: Post
) -> None:
    order = await _paid(market, provider, {0: 2, 1: 1}, email="buyer@test.example")
    silent = await _paid(market, provider, {0: 1})
    number = f"{order.number}-1"
    await fulfilment.accept(market.supplier(0), [number])
    wish = fulfilment.Ship(number, "sandbox", "DEMO12345")
    assert [o.problem for o in await fulfilment.ship(market.supplier(0), [wish])] == [""]
    await fulfilment.reject(market.supplier(1), f"{order.number}-2", "断货")
    await refunds.submit_refunds()
    for _ in range(2):
        await notice_mails.send_waiting()
    mails = post.to("buyer@test.example")
    assert len(mails) == 4
    said = " ".join(mail.subject for mail in mails)
    for step in ("下单", "付款", "发货", "退款"):
        assert step in said, step
    link = f"/orders/{order.number}?t={order.access_token}"
    assert all(link in mail.text for mail in mails)
    assert silent.number not in said


async def test_what_costs_money_is_told_to_those_whom_it_costs(
    market: Market, provider: FakeProvider
) -> None:
    first, second = market.suppliers
    order = await _paid(market, provider, {0: 2, 1: 1})
    await fulfilment.reject(market.supplier(1), f"{order.number}-2", "断货")
    assert "part_refused" in await _kinds(Scope.DISTRIBUTOR, market.distributor)
    await fulfilment.accept(market.supplier(0), [f"{order.number}-1"])
    await refunds.refund_rest(operator(), f"{order.number}-1", "Recalled")
    assert "part_withdrawn" in await _kinds(Scope.SUPPLIER, first)
    assert "order_refunded" in await _kinds(Scope.DISTRIBUTOR, market.distributor)
    maker = Actor(
        Scope.SUPPLIER, new_id(), second, permissions=frozenset({"supplier:products:write"})
    )
    await pool.withdraw(maker, [market.goods[1].product])
    assert "product_withdrawn" in await _kinds(Scope.DISTRIBUTOR, market.distributor)
    await merchants.review(operator(), [first], "suspend", "执照过期")
    assert "supplier_suspended" in await _kinds(Scope.DISTRIBUTOR, market.distributor)
    reader = Actor(Scope.SUPPLIER, new_id(), first, permissions=frozenset())
    suspended = [n for n in await notices(reader) if n["kind"] == "merchant_suspended"]
    assert [("执照过期" in n["about"]) for n in suspended] == [True]


async def test_overdue_orders_and_low_stock_are_told_once_a_day(
    market: Market, provider: FakeProvider
) -> None:
    await _paid(market, provider, {0: 97})
    start = datetime.now(UTC) + timedelta(hours=49)
    for moment in (start, start + timedelta(minutes=10)):
        with frozen(moment):
            await watch()
    kinds = await _kinds(Scope.SUPPLIER, market.suppliers[0])
    assert sorted(k for k in kinds if k != "order_to_ship") == ["orders_overdue", "stock_low"]
    with frozen(start + timedelta(days=1)):
        await watch()
    kinds = await _kinds(Scope.SUPPLIER, market.suppliers[0])
    assert kinds.count("orders_overdue") == 2


async def test_many_are_told_by_one_statement_and_one_job(
    database: Database, market: Market
) -> None:
    """A product that thousands of distributors list makes one job, not one for each of them."""
    async with database.engine_transaction(SYSTEM) as session:
        rows = [
            Notice("supplier_suspended", "distributor", market.distributor, f"m:{n}")
            for n in range(500)
        ]
        await tell(session, rows)
    jobs = (
        "select count(*) from procrastinate_jobs where task_name = 'tongshang:mail_notices'"
        " and status = 'todo'"
    )
    assert await scalar(database, jobs) == 1
