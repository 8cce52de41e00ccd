"""The dashboards' figures against plain SQL that shares nothing with theirs, and who sees what."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import BUILT_IN_ROLES, PERMISSIONS, PUBLIC, Actor, Scope
from app.adapters.gateway import register
from app.analytics.charts import figures
from app.analytics.dashboards import (
    Breakdown,
    Dashboard,
    distributor_dashboard,
    platform_dashboard,
    supplier_dashboard,
)
from app.analytics.measures import MEASURES
from app.analytics.periods import Period, Preset, business_date, custom, midnight, preset
from app.kit.db import Database, use_database
from app.kit.errors import Forbidden
from app.services import closing, fulfilment, payments, refunds
from app.services.demo.bulk import seed
from tests.integration.market import FakeProvider, open_market

ALL = frozenset(PERMISSIONS)
TODAY = business_date(datetime.now(UTC))


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


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    opened = Database(app_url, pool_size=4)
    use_database(opened)
    await seed(suppliers=3, distributors=3, skus=40, orders=300)
    await _partial_refunds(opened)
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(_BORDERS)
        owner.execute(_WITHDRAWAL)
        owner.execute(
            "update supplier_orders s set paid_at = o.paid_at from orders o"
            " where o.id = s.order_id and s.paid_at is not null"
        )
        owner.execute(
            "update refunds set status = 'FAILED' where id in"
            " (select id from refunds order by number limit 2)"
        )
        owner.execute(
            "insert into store_visits (store_id, day, visitor, distributor_id, page_views,"
            " product_views, cart_adds, checkouts, first_at) select s.id, d::date::text, v,"
            " s.distributor_id, 1, 0, 0, 0, d + v * interval '61 minutes' from stores s,"
            " generate_series(now() - interval '80 days', now(), '1 day') d,"
            " generate_series(0, 9) v on conflict do nothing"
        )
        owner.execute(
            "update merchants set status = 'PENDING' where id in (select distributor_id"
            " from stores order by id limit 1)"
        )
        found = owner.execute(
            "select m.id, m.is_supplier from merchants m"
            " where exists (select 1 from supplier_orders"
            " where m.id in (supplier_id, distributor_id) and paid_at is not null) order by m.code"
        ).fetchall()
        yield Trade(owner, [m for m, supplies in found if supplies], [m for m, s in found if not s])
    use_database(None)
    await opened.close()


def platform() -> Actor:
    return Actor(Scope.PLATFORM, permissions=ALL)


def supplier(merchant: UUID) -> Actor:
    return Actor(Scope.SUPPLIER, merchant_id=merchant, permissions=ALL)


def distributor(merchant: UUID) -> Actor:
    return Actor(Scope.DISTRIBUTOR, merchant_id=merchant, permissions=ALL)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Any days of the last year, looked at at any time of the last day or later."""
    now = datetime.now(UTC)
    back = draw(st.integers(0, 360))
    days = draw(st.integers(0, min(back, 90)))
    first = TODAY - timedelta(days=back)
    last = first + timedelta(days=days)
    # Looked at some time ago, so that there are running days in the past as well.
    at = min(now, midnight(last) + timedelta(minutes=draw(st.integers(1, 3 * 1440))))
    return custom(first, last, at)


def days_of(period: Period) -> dict[str, object]:
    """The period as plain days and a clock, for SQL that does not know our moments."""
    return {
        "first": period.first,
        "last": period.last,
        "at": period.at,
        "shift": period.shift.days,
    }


def within(moment: str, *, before: bool = False) -> str:
    """The days of the period in SQL of its own: casts to local dates, cut at the clock."""
    shifted = f"({moment} + make_interval(days => %(shift)s))" if before else moment
    return (
        f"(({shifted}) at time zone 'Asia/Shanghai')::date between %(first)s and %(last)s"
        f" and {shifted} < %(at)s"
    )


_COMMISSION = """\
select coalesce(sum(case when t.kind = 'COMMISSION' then p.amount_cents else 0 end), 0)
  - coalesce(sum(case when f.kind = 'COMMISSION' then p.amount_cents else 0 end), 0)
from postings p join ledger_accounts f on f.id = p.from_account_id
join ledger_accounts t on t.id = p.to_account_id
join ledger_transactions e on e.id = p.transaction_id
where {when} and e.kind in ('PAYMENT', 'REFUND', 'COMMISSION_KEPT')"""
_MARGIN = """\
select coalesce(sum(case when t.merchant_id = %(who)s and t.role = 'distributor'
    then p.amount_cents else 0 end), 0)
  - coalesce(sum(case when f.merchant_id = %(who)s and f.role = 'distributor'
    then p.amount_cents else 0 end), 0)
from postings p join ledger_accounts f on f.id = p.from_account_id
join ledger_accounts t on t.id = p.to_account_id
join ledger_transactions e on e.id = p.transaction_id
where {when} and e.kind in ('PAYMENT', 'REFUND', 'COMMISSION_KEPT')"""
_PLAIN = {
    "gmv_placed": "select coalesce(sum(total_cents), 0) from orders where {placed_at}",
    "gmv_paid": "select coalesce(sum(paid_cents), 0) from orders where {paid_at}",
    "paid_orders": "select count(*) from orders where {paid_at}",
    "refunds": "select coalesce(sum(amount_cents), 0) from refunds where {created_at}"
    " and status <> 'FAILED' and supplier_order_id is not null",
}


async def check(trade: Trade, seen: Dashboard, measure: str, sql: str, **params: object) -> None:
    tile, days = seen.tile(measure), days_of(seen.period)
    for before in (False, True):
        moments = {
            name: within(moment, before=before)
            for name, moment in (
                ("placed_at", "placed_at"),
                ("paid_at", "paid_at"),
                ("created_at", "created_at"),
                ("when", "p.created_at"),
                ("first_at", "first_at"),
            )
        }
        expected = trade.one(sql.format(**moments), **days, **params)
        assert (tile.previous if before else tile.value) == expected, (measure, before)
    if tile.series:
        assert len(tile.series) == len(seen.period.slots)
        assert sum(value or 0 for value in tile.series) == tile.value, measure


LOOK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Looked at a little later, so that the orders which the test places itself are in it.
QUARTER = preset(Preset.QUARTER, datetime.now(UTC) + timedelta(minutes=30))


@given(period=periods())
@example(period=preset(Preset.TODAY, datetime.now(UTC) + timedelta(minutes=30)))
@example(period=QUARTER)
@LOOK
async def test_the_platforms_figures_equal_plain_sql(trade: Trade, period: Period) -> None:
    seen = await platform_dashboard(platform(), period)
    for measure, sql in _PLAIN.items():
        await check(trade, seen, measure, sql)
    await check(trade, seen, "take", _COMMISSION)
    paid, orders = seen.tile("gmv_paid").value, seen.tile("paid_orders").value
    average = seen.tile("average_order").value
    assert (average is None) == (not orders)
    assert abs((average or 0) * (orders or 0) - (paid or 0)) * 2 <= (orders or 0)
    _add_up(trade, seen, "orders o join order_lines l on l.order_id = o.id", "o.paid_at")
    placed = trade.rows(
        f"select status, count(*) from orders where {within('placed_at')} group by 1",
        **days_of(period),
    )
    assert seen.funnel[0].count == sum(n for _, n in placed)
    unpaid = sum(n for status, n in placed if status in ("PENDING_PAYMENT", "CLOSED"))
    assert seen.funnel[1].count == seen.funnel[0].count - unpaid


def _add_up(trade: Trade, seen: Dashboard, source: str, paid_at: str, mine: str = "true") -> None:
    """Every breakdown has all of the sales, and names the largest first."""
    cents = "f.supply_cents" if seen.scope is Scope.SUPPLIER else "l.goods_cents - l.discount_cents"
    whole = trade.one(
        f"select coalesce(sum({cents}), 0) from {source} where {within(paid_at)} and {mine}",
        **days_of(seen.period),
    )
    for chart in seen.breakdowns:
        assert sum(share.cents for share in chart.shares) == whole, chart.key
        named = [share.cents for share in chart.shares if share.key]
        assert named == sorted(named, reverse=True)
        assert len(named) <= 8
        assert [bool(share.key) for share in chart.shares[:-1]] == [True] * len(chart.shares[:-1])


@given(period=periods(), which=st.integers(0, 4))
@example(period=QUARTER, which=0)
@LOOK
async def test_a_suppliers_figures_equal_plain_sql(
    trade: Trade, period: Period, which: int
) -> None:
    who = trade.suppliers[which % len(trade.suppliers)]
    seen = await supplier_dashboard(supplier(who), period)
    lines = "supplier_orders s join fulfilment_lines f on f.supplier_order_id = s.id"
    mine = f"s.supplier_id = '{who}'"
    paid = f"from {lines} where {{paid_at}} and {mine}"
    await check(trade, seen, "supply_sales", f"select coalesce(sum(f.supply_cents), 0) {paid}")
    await check(trade, seen, "units_sold", f"select coalesce(sum(f.quantity), 0) {paid}")
    await check(trade, seen, "paid_parts", f"select count(distinct s.id) {paid}")
    _add_up(trade, seen, lines, "s.paid_at", mine)
    assert seen.funnel[0].count == seen.tile("paid_parts").value
    _balances(trade, seen, who, "supplier")


@given(period=periods(), which=st.integers(0, 3))
@example(period=QUARTER, which=0)
@LOOK
async def test_a_distributors_figures_equal_plain_sql(
    trade: Trade, period: Period, which: int
) -> None:
    who = trade.distributors[which % len(trade.distributors)]
    seen = await distributor_dashboard(distributor(who), period)
    mine = f" and distributor_id = '{who}'"
    await check(trade, seen, "store_sales", _PLAIN["gmv_paid"] + mine)
    await check(trade, seen, "paid_orders", _PLAIN["paid_orders"] + mine)
    await check(trade, seen, "store_refunds", _PLAIN["refunds"] + mine)
    await check(
        trade, seen, "visitors", f"select count(*) from store_visits where {{first_at}}{mine}"
    )
    await check(
        trade,
        seen,
        "margin",
        _MARGIN,
        who=who,
    )
    _add_up(
        trade,
        seen,
        "orders o join order_lines l on l.order_id = o.id",
        "o.paid_at",
        f"o.distributor_id = '{who}'",
    )
    visitors, paid = seen.tile("visitors").value, seen.tile("paid_orders").value
    conversion = seen.tile("conversion").value
    if visitors:
        assert conversion is not None
        assert abs(conversion * visitors - 10_000 * (paid or 0)) * 2 <= visitors
    else:
        assert conversion is None
    _balances(trade, seen, who, "distributor")


def _balances(trade: Trade, seen: Dashboard, who: UUID, role: str) -> None:
    for kind in ("PENDING", "AVAILABLE"):
        posted = trade.one(
            "select coalesce(sum(case when p.to_account_id = a.id then p.amount_cents"
            " else -p.amount_cents end), 0) from ledger_accounts a join postings p"
            " on a.id in (p.from_account_id, p.to_account_id)"
            " where a.merchant_id = %(who)s and a.role = %(role)s and a.kind = %(kind)s",
            who=who,
            role=role,
            kind=kind,
        )
        assert seen.tile(f"balance_{kind.lower()}").value == posted


async def test_work_that_waits_is_counted(trade: Trade) -> None:
    seen = await platform_dashboard(platform(), QUARTER)
    todos = {todo.measure: todo for todo in seen.todos}
    assert todos["merchants_to_review"].count == 1
    link = todos["merchants_to_review"].link
    assert link is not None
    assert link.path == "merchants?status=PENDING"
    for who in trade.suppliers:
        mine = {
            t.measure: t.count for t in (await supplier_dashboard(supplier(who), QUARTER)).todos
        }
        open_parts = "select count(*) from supplier_orders where supplier_id = %(who)s and status"
        assert mine["to_accept"] == trade.one(f"{open_parts} = 'PAID'", who=who)
        assert mine["overdue"] == trade.one(
            f"{open_parts} in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')"
            " and %(at)s - paid_at > interval '2 days'",
            who=who,
            at=QUARTER.at,
        )


async def test_merchants_share_nothing(trade: Trade) -> None:
    """What all suppliers see sums to what there is, so nobody sees what is another's."""
    for actor_of, look, measure, merchants, whole in (
        (supplier, supplier_dashboard, "supply_sales", trade.suppliers,
         "select sum(f.supply_cents) from fulfilment_lines f join supplier_orders s"
         " on s.id = f.supplier_order_id where " + within("s.paid_at")),
        (distributor, distributor_dashboard, "store_sales", trade.distributors,
         "select sum(paid_cents) from orders where " + within("paid_at")),
    ):  # fmt: skip
        seen = [await look(actor_of(merchant), QUARTER) for merchant in merchants]
        values = [dashboard.tile(measure).value or 0 for dashboard in seen]
        assert sum(values) == trade.one(whole, **days_of(QUARTER))
        assert all(values)


async def test_a_stranger_sees_nothing(trade: Trade) -> None:
    stranger = UUID(int=7)
    for look, actor in (
        (supplier_dashboard, supplier(stranger)),
        (distributor_dashboard, distributor(stranger)),
    ):
        seen = await look(actor, QUARTER)
        assert all(not tile.value for tile in seen.tiles)
        assert all(not chart.shares for chart in seen.breakdowns)
        assert all(not todo.count for todo in seen.todos)


async def test_confidential_amounts_stay_where_they_belong(trade: Trade) -> None:
    """A supplier's dashboard holds no retail amount, a distributor's no supply price or cost."""
    for who in trade.suppliers:
        seen = await supplier_dashboard(supplier(who), QUARTER)
        held = _numbers(seen.breakdowns)
        retail = trade.rows(
            "select l.product_id::text, sum(l.goods_cents) from order_lines l"
            " join products p on p.id = l.product_id join orders o on o.id = l.order_id"
            f" where p.supplier_id = %(who)s and {within('o.paid_at')} group by 1",
            **days_of(QUARTER), who=who,
        )  # fmt: skip
        assert retail
        assert not {(key, int(cents)) for key, cents in retail} & held
    for who in trade.distributors:
        seen = await distributor_dashboard(distributor(who), QUARTER)
        supply = trade.rows(
            "select l.product_id::text, sum(t.supply_cents) from order_lines l"
            " join order_line_terms t on t.line_id = l.id join orders o on o.id = l.order_id"
            f" where o.distributor_id = %(who)s and {within('o.paid_at')} group by 1",
            **days_of(QUARTER), who=who,
        )  # fmt: skip
        assert supply
        assert not {(key, int(cents)) for key, cents in supply} & _numbers(seen.breakdowns)


def _numbers(charts: tuple[Breakdown, ...]) -> set[tuple[str, int]]:
    return {(s.key, s.cents) for chart in charts for s in chart.shares if s.key}


@pytest.mark.parametrize("role", BUILT_IN_ROLES, ids=lambda role: role.code)
async def test_every_role_sees_what_its_permissions_say(trade: Trade, role: Any) -> None:
    looks = (
        [(platform_dashboard, Actor(Scope.PLATFORM, permissions=role.permissions))]
        if role.platform
        else [
            (supplier_dashboard, Actor(Scope.SUPPLIER, merchant_id=trade.suppliers[0],
                                       permissions=role.permissions)),
            (distributor_dashboard, Actor(Scope.DISTRIBUTOR, merchant_id=trade.distributors[0],
                                          permissions=role.permissions)),
        ]
    )  # fmt: skip
    for look, actor in looks:
        seen = await look(actor, QUARTER)
        shown = {tile.measure for tile in seen.tiles} | {todo.measure for todo in seen.todos}
        assert all(MEASURES[measure].shown_to(actor) for measure in shown)
        sales = "supply_sales" if actor.scope is Scope.SUPPLIER else "store_sales"
        sees = actor.scope is Scope.PLATFORM or MEASURES[sales].shown_to(actor)
        assert (bool(seen.breakdowns), bool(seen.funnel)) == (sees, sees)
        assert sees == (role.code != "merchandiser")
        balances = {key for key in shown if key.startswith("balance_")}
        assert bool(balances) == (
            actor.may(f"{actor.scope}:ledger:read") and actor.scope is not Scope.PLATFORM
        )
        for tile in seen.tiles:
            # A figure that is shown is the true one, never an empty table that is hidden.
            whole = await look(
                Actor(actor.scope, merchant_id=actor.merchant_id, permissions=ALL), QUARTER
            )
            assert tile.value == whole.tile(tile.measure).value
            resource = MEASURES[tile.measure].leads.resource
            assert (tile.link is not None) == actor.may(f"{actor.scope}:{resource}:read")


async def test_an_analyst_sees_sums_but_opens_no_rows(trade: Trade) -> None:
    analyst = next(role for role in BUILT_IN_ROLES if role.code == "platform_analyst")
    seen = await platform_dashboard(Actor(Scope.PLATFORM, permissions=analyst.permissions), QUARTER)
    assert seen.tile("gmv_paid").value
    assert seen.tile("gmv_paid").link is None
    assert not seen.todos
    assert all(share.link is None for chart in seen.breakdowns for share in chart.shares)


async def test_nobody_enters_without_the_permission_or_in_another_capacity(trade: Trade) -> None:
    who = trade.suppliers[0]
    for look, actor in (
        (platform_dashboard, Actor(Scope.PLATFORM, permissions=ALL - {"platform:dashboard:read"})),
        (platform_dashboard, supplier(who)),
        (supplier_dashboard, distributor(who)),
        (supplier_dashboard, Actor(Scope.SUPPLIER, permissions=ALL)),
        (distributor_dashboard, platform()),
    ):
        with pytest.raises(Forbidden):
            await look(actor, QUARTER)


async def test_charts_are_what_plotly_takes_and_speak_both_languages(trade: Trade) -> None:
    import plotly.graph_objects as go

    looks = [
        await platform_dashboard(platform(), QUARTER),
        await supplier_dashboard(supplier(trade.suppliers[0]), preset(Preset.TODAY, QUARTER.at)),
        await distributor_dashboard(distributor(trade.distributors[0]), QUARTER),
    ]
    for seen in looks:
        for theme, locale in (("light", "zh_CN"), ("dark", "en")):
            drawn = figures(seen, theme, locale)  # type: ignore[arg-type]
            assert len(drawn) == len(seen.trends) + len(seen.breakdowns) + 1
            for figure in drawn.values():
                go.Figure(figure)
            texts = json.dumps(drawn["funnel"], ensure_ascii=False)
            assert ("Shipped" in texts) == (locale == "en")
            assert ("已发货" in texts) == (locale == "zh_CN")
