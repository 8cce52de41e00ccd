"""A market with everything that figures must get right, and who looks at it.

Seeded orders, trades through the services with partial refunds and kept commission, moments at
the borders of days, failed refunds, visits, customers who come back, regions, and orders in a
second currency; all up to yesterday in a snapshot, today live.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import PERMISSIONS, PUBLIC, Actor, Scope
from app.adapters.gateway import register
from app.analytics.periods import Preset, preset
from app.analytics.snapshots.build import build
from app.analytics.snapshots.live import forget
from app.analytics.views import Comparison, View
from app.kit.db import Database, use_database
from app.services import closing, fulfilment, payments, refunds
from app.services.demo.bulk import seed
from tests.integration.market import FakeProvider, open_market

ALL = frozenset(PERMISSIONS)
_made_at: datetime | None = None


def made_at() -> datetime:
    """Return the moment just after the market was made: the figures are looked at then.

    A moment taken when a test file is read lies before the market of a long run, whose last
    rows its figures would have and plain SQL up to that moment would not.
    """
    assert _made_at is not None, "no market is open"
    return _made_at


def quarter() -> View:
    """Return the last 90 days, looked at when the market had been made."""
    return View(preset(Preset.QUARTER, made_at()))


def today(comparison: Comparison = Comparison.WEEKDAY) -> View:
    """Return the running day, looked at when the market had been made."""
    return View(preset(Preset.TODAY, made_at()), comparison)


@dataclass
class Trade:
    """The market of this module: what is in it, and a connection that sees everything."""

    owner: psycopg.Connection[Any]
    suppliers: list[UUID]
    distributors: list[UUID]

    def one(self, sql: str, **params: object) -> int:
        row = self.owner.execute(sql, params).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return int(row[0])

    async def rebuild(self) -> None:
        """Make the snapshot anew, and forget what was read live."""
        await asyncio.to_thread(build, "test", full=True)
        forget()

    def rows(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        return self.owner.execute(sql, params).fetchall()  # type: ignore[arg-type]


async def _partial_refunds(database: Database) -> None:
    """Trade through the services: a refused part, a refund of cents, kept commission."""
    fake = FakeProvider()
    register("fake", lambda: fake)
    market = await open_market(database, suppliers=2, keeps=True)
    for quantities in ({0: 2, 1: 1}, {0: 1, 1: 3}, {1: 1}):
        order = await market.order(quantities)
        started = await payments.start(
            PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
        )
        assert await payments.confirm(fake.pay(started.number)) == "applied"
        async with database.engine_transaction(market.seller) as session:
            lines = await session.execute(
                text(
                    "select l.id, s.number from order_lines l join supplier_orders s"
                    " on s.id = l.supplier_order_id where l.order_id = :o order by l.id limit 1"
                ),
                {"o": order.order_id},
            )
            line = lines.one()
        await refunds.refund_lines(market.seller, line.number, {line.id: 333}, 0, "broken")
    await market.order({0: 1})
    await fulfilment.reject(market.supplier(1), f"{order.number}-1", "sold out")
    await _payment_for_nothing(database, fake)


async def _payment_for_nothing(database: Database, fake: FakeProvider) -> None:
    """A payment after the close of its order, whose goods are gone: it is given back."""
    market = await open_market(database, suppliers=1, on_hand=1)
    late = await market.order({0: 1})
    started = await payments.start(
        PUBLIC, late.order_id, late.access_token, return_url="http://s", provider="fake"
    )
    await closing.cancel_unpaid(PUBLIC, late.order_id, late.access_token)
    await market.order({0: 1})
    assert await payments.confirm(fake.pay(started.number)) == "refunded"


_LATELY = """\
with chosen as (select id, row_number() over (order by number desc) as n from orders
  where paid_at is not null)
update orders o set paid_at = now() - c.n * interval '47 minutes',
  placed_at = now() - c.n * interval '47 minutes' - interval '3 minutes'
from chosen c where c.id = o.id and c.n <= 70"""
"""Enough of today and yesterday that a running day has something to be compared with."""

_GOODS = (
    "insert into categories (id, slug, name_zh, name_en, position)"
    " select new_uuid(), 'kind-' || n, '类' || n, 'Kind ' || n, n from generate_series(1, 4) n",
    "update products p set category_id = c.id from (select id,"
    " row_number() over (order by slug) - 1 as n from categories) c,"
    " (select id, row_number() over (order by id) as n from products) q"
    " where q.id = p.id and c.n = q.n % (select count(*) from categories)",
)
_PEOPLE = (
    "update order_addresses a set phone = '+861380000' || lpad((q.n % 60)::text, 4, '0'),"
    " province = (array['广东省', '浙江省', '四川省'])[1 + q.n % 3] from (select order_id,"
    " row_number() over (order by order_id) as n from order_addresses) q"
    " where q.order_id = a.order_id",
)
_FOREIGN = (
    "create temporary table foreign_orders as select id from (select id, row_number()"
    " over (order by number) as n from orders) x where n % 9 = 0",
    *(
        f"update {table} set currency = 'BRL' where {column} in (select id from foreign_orders)"
        for table, column in (
            ("orders", "id"),
            ("supplier_orders", "order_id"),
            ("payments", "order_id"),
            ("refunds", "order_id"),
            ("splits", "order_id"),
        )
    ),
    "update postings set currency = 'BRL' where supplier_order_id in"
    " (select id from supplier_orders where currency = 'BRL')",
)
"""Every ninth order in another currency, with all that hangs on it."""

_BORDERS = """\
with chosen as (select id, placed_at, row_number() over (order by number) as n from orders
  where paid_at is not null)
update orders o set paid_at = x.at, placed_at = x.at - interval '3 minutes'
from (select id, date_trunc('day', placed_at at time zone 'Asia/Shanghai')
    at time zone 'Asia/Shanghai' + case n % 3 when 0 then interval '0'
      when 1 then interval '-1 microsecond' else interval '1 microsecond' end as at
  from chosen where n % 7 = 0) x where o.id = x.id"""


_WITHDRAWAL = """\
with entry as (insert into ledger_transactions (id, kind, source_type, source_id)
  values (new_uuid(), 'WITHDRAWAL', 'platform', new_uuid()) returning id)
insert into postings (id, transaction_id, from_account_id, to_account_id, amount_cents)
select new_uuid(), entry.id, c.id, u.id, 4242 from entry, ledger_accounts c, ledger_accounts u
where c.kind = 'COMMISSION' and u.kind = 'CLEARING'"""
"""The platform takes its commission out, which is no trade and lowers no figure."""


_BEHAVIOUR = (
    "insert into store_visits (store_id, day, visitor, distributor_id, page_views, product_views,"
    " searches, cart_adds, checkouts, orders, source, campaign, device, first_at)"
    " select s.id, ((m.at at time zone 'Asia/Shanghai')::date)::text, v, s.distributor_id,"
    " 1 + v % 3, v % 2, v % 2, v % 3 / 2, v % 4 / 3, v % 7 / 6,"
    " (array['', 'wechat', 'douyin'])[1 + v % 3], (array['', 'spring'])[1 + v % 2],"
    " (array['phone', 'computer'])[1 + v % 2], m.at from stores s,"
    " generate_series(now() - interval '80 days', now(), '1 day') d, generate_series(0, 9) v"
    " cross join lateral (select d + v * interval '61 minutes' as at) m where m.at <= now()"
    " on conflict do nothing",
    "insert into store_product_traffic (store_id, distributor_id, supplier_id, product_id, day,"
    " views, cart_adds, buyers) select l.store_id, l.distributor_id, l.supplier_id, l.product_id,"
    " ((d at time zone 'Asia/Shanghai')::date)::text, 1 + extract(day from d)::int, 2, 1"
    " from listings l, generate_series(now() - interval '9 days', now(), '1 day') d"
    " on conflict do nothing",
    "insert into order_visits (order_id, store_id, distributor_id, day, source, medium, campaign)"
    " select id, store_id, distributor_id,"
    " ((placed_at at time zone 'Asia/Shanghai')::date)::text, 'wechat', 'social', 'spring'"
    " from (select *, row_number() over (order by number) as n from orders) o where n % 3 = 0"
    " on conflict do nothing",
)
"""What visitors did, and from where a third of the buyers came."""


async def open_trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    """Make the market; a module's fixture yields from it."""
    global _made_at
    opened = Database(app_url, pool_size=4)
    use_database(opened)
    await seed(suppliers=3, distributors=3, skus=40, orders=400)
    await _partial_refunds(opened)
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        for statement in (*_GOODS, *_PEOPLE, _LATELY, _BORDERS, *_FOREIGN):
            owner.execute(statement)  # type: ignore[arg-type]
        owner.execute("set session_replication_role = origin")
        owner.execute(_WITHDRAWAL)
        owner.execute(
            "update supplier_orders s set paid_at = o.paid_at from orders o"
            " where o.id = s.order_id and s.paid_at is not null"
        )
        owner.execute(
            "update refunds set status = 'FAILED' where id in"
            " (select id from refunds order by number limit 2)"
        )
        for statement in _BEHAVIOUR:
            owner.execute(statement)  # type: ignore[arg-type]
        owner.execute(
            "update merchants set status = 'PENDING' where id in (select distributor_id"
            " from stores order by id limit 1)"
        )
        found = owner.execute(
            "select m.id, m.is_supplier from merchants m"
            " where exists (select 1 from supplier_orders"
            " where m.id in (supplier_id, distributor_id) and paid_at is not null) order by m.code"
        ).fetchall()
        await asyncio.to_thread(build, "test", full=True)
        _made_at = datetime.now(UTC)
        yield Trade(owner, [m for m, supplies in found if supplies], [m for m, s in found if not s])
    _made_at = None
    use_database(None)
    await opened.close()


def platform() -> Actor:
    return Actor(Scope.PLATFORM, permissions=ALL)


def supplier(merchant: UUID) -> Actor:
    return Actor(Scope.SUPPLIER, merchant_id=merchant, permissions=ALL)


def distributor(merchant: UUID) -> Actor:
    return Actor(Scope.DISTRIBUTOR, merchant_id=merchant, permissions=ALL)


def figure(value: object) -> int:
    """Return a panel's figure; nothing is zero."""
    return value if isinstance(value, int) else 0
