"""The dashboards: their tiles and panels against plain SQL, what filters do, and who sees what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import pytest
from sqlalchemy.engine import URL

from app.access import BUILT_IN_ROLES, Actor, Scope
from app.analytics.dashboards import Dashboard, Tile, open_dashboard, open_panel
from app.analytics.dashboards.desk import UNFILTERED, Desk
from app.analytics.dashboards.supply import STOCK_DAYS
from app.analytics.dashboards.tiles import tiles
from app.analytics.measures import MEASURES
from app.analytics.periods import custom
from app.analytics.results import Chart, Panel, Row
from app.analytics.views import Comparison, View
from app.kit.errors import Forbidden
from app.queries.lists import resource_named
from app.queries.resource import ListQuery, fetch
from tests.integration.analytics import (
    ALL,
    Trade,
    distributor,
    figure,
    made_at,
    open_trade,
    platform,
    quarter,
    supplier,
)
from tests.integration.analytics import today as running_day
from tests.integration.plain_sql import PLAIN, VIEWS, asked, by_dimension, values


def today() -> View:
    return running_day(Comparison.PREVIOUS)


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for made in open_trade(owner_url, app_url):
        made.owner.execute(VIEWS)
        yield made


def actors(trade: Trade) -> list[Actor]:
    return [
        platform(),
        *(supplier(who) for who in trade.suppliers),
        *(distributor(who) for who in trade.distributors),
    ]


async def test_each_panel_can_be_made_alone(trade: Trade) -> None:
    for actor in (platform(), supplier(trade.suppliers[0]), distributor(trade.distributors[0])):
        for panel in (await open_dashboard(actor, quarter())).panels:
            alone = await open_panel(actor, quarter(), panel.name)
            assert (alone.panels, alone.tiles) == ((panel,), ())
        assert (await open_panel(actor, quarter(), "nothing")).panels == ()


async def test_colleagues_who_come_at_once_share_and_others_do_not(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Actor] = []

    async def counted(desk: Desk, keys: Sequence[str]) -> tuple[Tile, ...]:
        made.append(desk.actor)
        return await tiles(desk, keys)

    monkeypatch.setattr("app.analytics.dashboards.tiles", counted)
    colleague = replace(platform(), user_id=uuid4(), locale="en")
    clerk = replace(platform(), permissions=frozenset({"platform:dashboard:read"}))
    merchants = [supplier(who) for who in trade.suppliers[:2]]
    actors = (platform(), colleague, clerk, *merchants)
    one, two, few, *theirs = await asyncio.gather(*(open_dashboard(a, quarter()) for a in actors))
    assert len(made) == len(actors) - 1
    assert (one.tiles, one.panels) == (two.tiles, two.panels)
    assert len(few.panels) < len(one.panels)
    assert theirs[0].tiles != theirs[1].tiles
    assert theirs == [await open_dashboard(merchant, quarter()) for merchant in merchants]


@pytest.mark.parametrize("which", [quarter, today])
async def test_tiles_equal_plain_sql(trade: Trade, which: Callable[[], View]) -> None:
    view = which()
    for actor in actors(trade):
        seen = await open_dashboard(actor, view)
        keys = [tile.measure for tile in seen.tiles if tile.measure in PLAIN]
        assert len(keys) >= 5
        now = values(trade.owner, keys, asked(actor, view), before=False)
        before = values(trade.owner, keys, asked(actor, view), before=True)
        for key in keys:
            tile = seen.tile(key)
            assert (tile.value, tile.previous) == (now[key], before[key]), key
            assert len(tile.series) == len(view.period.slots)
            if MEASURES[key].adds_up:
                assert sum(value or 0 for value in tile.series) == tile.value, key
        if actor.merchant_id is not None:
            _balances(trade, seen, actor.merchant_id, actor.scope)


def _balances(trade: Trade, seen: Dashboard, who: UUID, role: str) -> None:
    for kind in ("PENDING", "AVAILABLE"):
        assert seen.tile(f"balance_{kind.lower()}").value == _posted(trade, kind, who, role)


_POSTED = """\
select coalesce(sum(case when p.to_account_id = a.id then p.amount_cents
    else -p.amount_cents end), 0) from ledger_accounts a join postings p
on a.id in (p.from_account_id, p.to_account_id)
where a.merchant_id is not null and a.kind = %(kind)s"""


def _posted(trade: Trade, kind: str, who: UUID | None = None, role: str = "") -> int:
    mine = " and a.merchant_id = %(who)s and a.role = %(role)s" if who else ""
    return trade.one(_POSTED + mine, kind=kind, who=who, role=role)


async def test_the_settlement_panel_has_all_merchants_balances(trade: Trade) -> None:
    panel = (await open_dashboard(platform(), quarter())).panel("settlement")
    shown = {row.key: row.values[1] for row in panel.rows}
    for kind in ("PENDING", "AVAILABLE", "IN_PAYOUT", "PAID_OUT"):
        assert shown[f"settle_{kind.lower()}"] == _posted(trade, kind)


def measured(panel: Panel) -> str:
    """The measure of a panel's first figure."""
    return next(column.measure for column in panel.columns if column.measure)


async def test_bars_and_rankings_equal_plain_sql(trade: Trade) -> None:
    for actor in actors(trade):
        seen = await open_dashboard(actor, quarter())
        panels = [p for p in seen.panels if p.chart in (Chart.BARS, Chart.RANKING)]
        assert len(panels) >= 4
        for panel in panels:
            key, dimension = measured(panel), panel.dimension
            assert dimension
            plain = by_dimension(trade.owner, key, dimension, asked(actor, quarter()))
            named = [row for row in panel.rows if row.key]
            assert {row.key: row.values[1] for row in named}.items() <= plain.items(), key
            figures = [row.values[1] for row in named]
            assert figures == sorted(figures, key=lambda value: -figure(value))
            if panel.chart is Chart.BARS:
                _bars_have_all(panel, sum(value or 0 for value in plain.values()))
            else:
                _sparklines_sum(panel)


def _bars_have_all(panel: Panel, whole: int) -> None:
    assert sum(figure(row.values[1]) for row in panel.rows) == whole, panel.name
    assert sum(1 for row in panel.rows if row.key) <= 8
    assert all(row.key for row in panel.rows[:-1])


def _sparklines_sum(panel: Panel) -> None:
    for row in panel.rows:
        assert sum(value or 0 for value in row.series) == row.values[1], panel.name


async def test_trends_equal_plain_sql_day_by_day(trade: Trade) -> None:
    for actor in actors(trade)[:3]:
        panel = (await open_dashboard(actor, quarter())).panel("sales")
        key = measured(panel)
        assert len(panel.rows) == quarter().period.days
        for row in panel.rows[-5:]:
            day = row.values[0]
            assert isinstance(day, date)
            one = replace(asked(actor, quarter()), first=day, last=day)
            assert row.values[1] == values(trade.owner, [key], one, before=False)[key]
            assert row.link is not None
            assert f"paid_from={day}&paid_to={day}" in row.link.query


async def test_funnels_count_what_happened(trade: Trade) -> None:
    for actor in (platform(), distributor(trade.distributors[0])):
        seen = await open_dashboard(actor, quarter())
        funnel = {row.key: row.values[1] for row in seen.panel("funnel").rows}
        keys = ["visitors", "paid_orders", "repeat_orders"]
        plain = values(trade.owner, keys, asked(actor, quarter()), before=False)
        assert {key: funnel[key] for key in keys} == plain
        mine = "" if actor.merchant_id is None else f" and distributor_id = '{actor.merchant_id}'"
        counts = {
            stage: trade.one(
                f"select count(*) from store_visits where {column} > 0 and"
                f" (first_at at time zone 'Asia/Shanghai')::date >= %(first)s{mine}",
                first=quarter().period.first,
            )
            for stage, column in (
                ("viewed", "product_views"),
                ("carted", "cart_adds"),
                ("checked_out", "checkouts"),
            )
        }
        assert {key: funnel[key] for key in counts} == counts
        progress = {row.key: row.values[1] for row in seen.panel("progress").rows}
        placed = trade.rows(
            "select status, count(*) from orders where currency = 'CNY' and"
            f" (placed_at at time zone 'Asia/Shanghai')::date >= %(first)s{mine} group by 1",
            first=quarter().period.first,
        )
        assert progress["placed"] == sum(n for _, n in placed)
        unpaid = sum(n for status, n in placed if status in ("PENDING_PAYMENT", "CLOSED"))
        assert progress["paid"] == figure(progress["placed"]) - unpaid


async def test_cohorts_and_segments_hold_every_customer(trade: Trade) -> None:
    """Up to yesterday, since a summary is of closed days."""
    closed = "(paid_at at time zone 'Asia/Shanghai')::date < %(today)s and currency = 'CNY'"
    for actor in (platform(), distributor(trade.distributors[0])):
        seen = await open_dashboard(actor, quarter())
        mine = "" if actor.merchant_id is None else f" and distributor_id = '{actor.merchant_id}'"
        firsts = trade.rows(
            "select date_trunc('month', first)::date, count(*) from (select min(paid_at at time"
            f" zone 'Asia/Shanghai') as first from plain_orders where {closed}{mine} group by who,"
            " distributor_id) x group by 1 order by 1",
            today=quarter().period.last,
        )
        cohorts = seen.panel("cohorts")
        assert [row.values[:2] for row in cohorts.rows] == firsts[-12:]
        assert len(cohorts.columns) == len(cohorts.rows[0].values)
        segments = seen.panel("segments")
        assert sum(figure(row.values[1]) for row in segments.rows) == sum(n for _, n in firsts)
        paid = trade.one(
            f"select sum(paid_cents) from orders where {closed}{mine}", today=quarter().period.last
        )
        assert sum(figure(row.values[2]) for row in segments.rows) == paid


async def test_sources_and_campaigns_equal_plain_sql(trade: Trade) -> None:
    actor = distributor(trade.distributors[0])
    seen = await open_dashboard(actor, quarter())
    for name in ("sources", "campaigns"):
        panel = seen.panel(name)
        assert panel.dimension
        assert panel.rows[0].key
        assert panel.rows[-1].values[0] == "Direct"
        for place, column in enumerate(panel.columns[1:], 1):
            plain = by_dimension(trade.owner, column.key, panel.dimension, asked(actor, quarter()))
            shown = {row.key or "": row.values[place] for row in panel.rows}
            if column.key != "visit_conversion":
                assert None not in shown.values()
            named = {key or "": value for key, value in plain.items() if value}
            assert {key: value for key, value in shown.items() if value} == named, column.key
    narrowed = replace(quarter(), filters={"source": "wechat"})
    again = await open_dashboard(actor, narrowed)
    assert again.panel("sources").rows == seen.panel("sources").rows
    plain = values(trade.owner, ["visitors"], asked(actor, narrowed), before=False)
    assert again.tile("visitors").value == plain["visitors"]


async def test_sources_and_campaigns_are_called_by_their_names(trade: Trade) -> None:
    """A campaign's code is a name for its own distributor; a code of several stores for nobody."""
    mine, other = (distributor(trade.distributors[place]) for place in (0, 1))
    for code, whose in (("spr1ng", mine), ("shared", mine), ("shared", other)):
        trade.owner.execute(
            "insert into store_campaigns (id, store_id, distributor_id, code, name, source,"
            " medium) select new_uuid(), id, distributor_id, %s, 'Open', 'wechat', 'social'"
            " from stores where distributor_id = %s limit 1",
            (code, whose.merchant_id),
        )
    desks = [Desk.of(actor, quarter()) for actor in (mine, other, platform())]
    named = [await desk.labels("campaign", ["spr1ng", "shared", "utm-word"]) for desk in desks]
    found = [[label.label for label in labels.values()] for labels in named]
    assert found == [
        ["Open", "Open", "utm-word"],
        ["spr1ng", "Open", "utm-word"],
        ["Open", "shared", "utm-word"],
    ]
    sources = await desks[0].labels("source", ["xiaohongshu", "example.org"])
    assert [(one.label, one.label_en) for one in sources.values()] == [
        ("小红书", "Xiaohongshu"),
        ("example.org", "example.org"),
    ]


async def test_stock_lasts_as_long_as_plain_sql_says(trade: Trade) -> None:
    for who in trade.suppliers:
        panel = (await open_dashboard(supplier(who), today())).panel("stock")
        last = today().period.last - timedelta(days=1)
        rows = trade.rows(
            "select p.id::text, (select sum(t.on_hand - t.reserved) from stock t join skus k"
            " on k.id = t.sku_id where t.product_id = p.id and k.is_active)::int, sum(l.quantity)"
            " from plain_lines l join products p on p.id = l.product_id where l.supplier_id ="
            " %(who)s and (l.paid_at at time zone 'Asia/Shanghai')::date between %(first)s and"
            " %(last)s and l.currency = 'CNY' and p.status = 'ACTIVE' group by p.id",
            who=who, last=last, first=last - timedelta(days=STOCK_DAYS - 1),
        )  # fmt: skip
        plain = {key: (free, units) for key, free, units in rows}
        assert panel.rows
        for row in panel.rows:
            free, units = plain[row.key or ""]
            assert row.values[1] == free
            assert row.values[2] == (2 * free * STOCK_DAYS + units) // (2 * units)
            assert row.values[3] == units
        covers = [figure(row.values[2]) for row in panel.rows]
        assert covers == sorted(covers)


async def test_the_service_level_stands_beside_its_comparison(trade: Trade) -> None:
    actor = supplier(trade.suppliers[0])
    panel = (await open_dashboard(actor, quarter())).panel("service")
    keys = [column.key for column in panel.columns[1:] if column.key in PLAIN]
    assert len(keys) == 5
    for row, before in zip(panel.rows, (False, True), strict=True):
        shown = dict(zip([column.key for column in panel.columns[1:]], row.values[1:], strict=True))
        plain = values(trade.owner, keys, asked(actor, quarter()), before=before)
        assert {key: shown[key] for key in keys} == plain


async def test_the_forecast_follows_the_last_whole_day(trade: Trade) -> None:
    actor = supplier(trade.suppliers[0])
    panel = (await open_dashboard(actor, today())).panel("forecast")
    actual = [row.values for row in panel.rows if row.values[1] is not None]
    coming = [row.values for row in panel.rows if row.values[2] is not None]
    assert len(coming) == 28
    assert actual[-1][0] == today().period.last - timedelta(days=1)
    assert coming[0][0] == today().period.last
    for day, value, *_ in actual[-4:]:
        one = replace(asked(actor, today()), first=day, last=day)
        plain = values(trade.owner, ["supply_sales"], one, before=False)
        assert value == plain["supply_sales"]
    assert all(low <= value <= high for _, _, value, low, high in coming)  # type: ignore[operator]
    assert {"error", "naive", "origins"} <= panel.note_params.keys()


async def test_new_merchants_are_counted_by_their_day(trade: Trade) -> None:
    panel = (await open_dashboard(platform(), today())).panel("new_merchants")
    made = trade.rows(
        "select count(*) filter (where is_supplier), count(*) filter (where is_distributor)"
        " from merchants where (created_at at time zone 'Asia/Shanghai')::date = %(day)s",
        day=today().period.last,
    )
    assert [row.values[1:] for row in panel.rows] == [made[0]]


async def test_filters_narrow_what_they_can_and_say_so_where_not(trade: Trade) -> None:
    category = trade.rows("select category_id::text from plain_lines group by 1 order by count(*)")
    view = replace(quarter(), filters={"category": category[-1][0]})
    seen, whole = (
        await open_dashboard(platform(), view),
        await open_dashboard(platform(), quarter()),
    )
    wanted = asked(platform(), view)
    plain = values(trade.owner, ["gmv_paid", "paid_orders"], wanted, before=False)
    assert seen.tile("gmv_paid").value == plain["gmv_paid"]
    assert seen.tile("paid_orders").value == plain["paid_orders"]
    sales = sum(figure(row.values[1]) for row in seen.panel("sales").rows)
    assert sales == plain["gmv_paid"]
    # Refunds and customers are not known by category: no figure, or the whole with a word.
    for key in ("refunds", "take", "new_customers"):
        tile = seen.tile(key)
        assert (tile.value, tile.note) == (None, UNFILTERED["category"])
    for name in ("cohorts", "segments", "funnel"):
        assert seen.panel(name).note == UNFILTERED["category"]
        assert seen.panel(name).rows == whole.panel(name).rows
    # The chart that was clicked keeps its other bars; the others are narrowed.
    assert seen.panel("category").rows == whole.panel("category").rows
    by_province = by_dimension(trade.owner, "gmv_paid", "province", wanted)
    shown = {row.key: row.values[1] for row in seen.panel("province").rows}
    assert shown == by_province


async def test_panels_that_know_no_filter_say_so(trade: Trade) -> None:
    view = replace(quarter(), filters={"province": "广东省"})
    seen = await open_dashboard(platform(), view)
    for name in ("new_merchants", "settlement", "cohorts"):
        assert seen.panel(name).note == UNFILTERED["province"]
    nowhere = replace(quarter(), filters={"campaign": "spring"})
    assert (await open_dashboard(platform(), nowhere)).panel("anomalies").note == UNFILTERED[
        "campaign"
    ]
    actor = supplier(trade.suppliers[0])
    whole = (await open_dashboard(actor, quarter())).panel("stock")
    stock = (await open_dashboard(actor, view)).panel("stock")
    assert (stock.note, stock.rows) == (UNFILTERED["province"], whole.rows)
    category = trade.rows(
        "select category_id::text from products where id = %(id)s", id=whole.rows[0].key
    )[0][0]
    narrowed = await open_dashboard(actor, replace(quarter(), filters={"category": category}))
    kept = {row.key for row in narrowed.panel("stock").rows}
    assert whole.rows[0].key in kept
    assert kept == {
        key
        for (key,) in trade.rows(
            "select p.id::text from products p where p.category_id = %(c)s and p.id::text = any("
            "%(keys)s)",
            c=category, keys=[row.key for row in whole.rows],
        )
    }  # fmt: skip


async def test_filters_that_a_merchant_does_not_know_are_left_out(trade: Trade) -> None:
    other = {"distributor": f"{trade.distributors[1]}", "supplier": f"{trade.suppliers[1]}"}
    for actor in (supplier(trade.suppliers[0]), distributor(trade.distributors[0])):
        seen = await open_dashboard(actor, replace(quarter(), filters=other))
        assert actor.scope not in seen.view.filters
        assert "distributor" not in seen.view.filters


async def test_an_id_that_is_none_finds_nothing(trade: Trade) -> None:
    for value in ("nonsense", f"{UUID(int=5)}"):
        seen = await open_dashboard(platform(), replace(quarter(), filters={"category": value}))
        assert seen.tile("gmv_paid").value == 0
        assert not seen.panel("province").rows


@pytest.mark.parametrize("currency", ["CNY", "BRL"])
async def test_links_lead_to_the_rows_behind(trade: Trade, currency: str) -> None:
    """The list that a bar leads to has as many orders as the bar's own figure was made of."""
    view = replace(quarter(), currency=currency)
    for actor in (platform(), supplier(trade.suppliers[0]), distributor(trade.distributors[0])):
        seen = await open_dashboard(actor, view)
        parts = actor.scope is Scope.SUPPLIER
        counted = "paid_parts" if parts else "paid_orders"
        for name in ("category", "province"):
            rows = [row for row in seen.panel(name).rows if row.key][:2]
            for row in rows:
                plain = by_dimension(trade.owner, counted, name, asked(actor, view))
                assert await _listed(actor, row) == (plain.get(row.key) or 0), (actor.scope, name)


async def _listed(actor: Actor, row: Row) -> int:
    assert row.link is not None
    resource = resource_named(actor.scope, row.link.page)
    assert resource is not None
    found = await fetch(actor, resource, ListQuery.of(resource, dict(parse_qsl(row.link.query))))
    return found.total


async def test_work_that_waits_is_counted(trade: Trade) -> None:
    seen = await open_dashboard(platform(), quarter())
    todos = {todo.measure: todo for todo in seen.todos}
    assert todos["merchants_to_review"].count == 1
    link = todos["merchants_to_review"].link
    assert link is not None
    assert link.path == "merchants?status=PENDING"
    for who in trade.suppliers:
        mine = {t.measure: t.count for t in (await open_dashboard(supplier(who), quarter())).todos}
        open_parts = "select count(*) from supplier_orders where supplier_id = %(who)s and status"
        assert mine["to_accept"] == trade.one(f"{open_parts} = 'PAID'", who=who)
        assert mine["overdue"] == trade.one(
            f"{open_parts} in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')"
            " and %(at)s - paid_at > interval '2 days'",
            who=who, at=made_at(),
        )  # fmt: skip


async def test_without_a_comparison_nothing_is_compared(trade: Trade) -> None:
    view = replace(quarter(), comparison=Comparison.NONE)
    for actor in actors(trade)[:2]:
        seen = await open_dashboard(actor, view)
        assert all(tile.previous is None for tile in seen.tiles)
        for panel in seen.panels:
            keys = [column.key for column in panel.columns]
            assert not any(key.endswith(("_before", "_change")) for key in keys), panel.name
            assert all(len(row.values) == len(panel.columns) for row in panel.rows), panel.name


async def test_every_row_has_a_value_for_every_column(trade: Trade) -> None:
    for actor in actors(trade):
        for view in (quarter(), today()):
            seen = await open_dashboard(actor, view)
            assert len({panel.name for panel in seen.panels}) == len(seen.panels)
            for panel in seen.panels:
                assert all(len(row.values) == len(panel.columns) for row in panel.rows), panel.name
                measures = {column.measure for column in panel.columns if column.measure}
                assert measures <= MEASURES.keys() | {"parts"}


async def test_a_stranger_sees_nothing(trade: Trade) -> None:
    stranger = UUID(int=7)
    for actor in (supplier(stranger), distributor(stranger)):
        seen = await open_dashboard(actor, quarter())
        assert all(not tile.value for tile in seen.tiles)
        assert all(not todo.count for todo in seen.todos)
        for panel in seen.panels:
            figures = [value for row in panel.rows for value in row.values if type(value) is int]
            assert not any(figures), panel.name
            assert not [row for row in panel.rows if row.key and panel.dimension]


@pytest.mark.parametrize("role", BUILT_IN_ROLES, ids=lambda role: role.code)
async def test_every_role_sees_what_its_permissions_say(trade: Trade, role: Any) -> None:
    looks = (
        [Actor(Scope.PLATFORM, permissions=role.permissions)]
        if role.platform
        else [
            Actor(Scope.SUPPLIER, merchant_id=trade.suppliers[0], permissions=role.permissions),
            Actor(
                Scope.DISTRIBUTOR, merchant_id=trade.distributors[0], permissions=role.permissions
            ),
        ]
    )
    for actor in looks:
        seen = await open_dashboard(actor, quarter())
        whole = await open_dashboard(replace(actor, permissions=ALL), quarter())
        shown = {tile.measure for tile in seen.tiles} | {todo.measure for todo in seen.todos}
        assert all(MEASURES[measure].shown_to(actor) for measure in shown)
        sales = "supply_sales" if actor.scope is Scope.SUPPLIER else "store_sales"
        sees = actor.scope is Scope.PLATFORM or MEASURES[sales].shown_to(actor)
        assert sees == ("sales" in {panel.name for panel in seen.panels})
        assert sees == (role.code != "merchandiser")
        balances = {key for key in shown if key.startswith("balance_")}
        assert bool(balances) == (
            actor.may(f"{actor.scope}:ledger:read") and actor.scope is not Scope.PLATFORM
        )
        for tile in seen.tiles:
            # A figure that is shown is the true one, never an empty table that is hidden.
            assert tile.value == whole.tile(tile.measure).value
            resource = MEASURES[tile.measure].leads_of(actor.scope).resource
            assert (tile.link is not None) == actor.may(f"{actor.scope}:{resource}:read")
        for panel in seen.panels:
            full = whole.panel(panel.name)
            assert [row.values for row in panel.rows] == [row.values for row in full.rows]
            measures = {c.measure for c in panel.columns if c.measure and c.measure in MEASURES}
            assert all(MEASURES[key].shown_to(actor) for key in measures), panel.name


async def test_an_analyst_sees_sums_but_opens_no_rows(trade: Trade) -> None:
    analyst = next(role for role in BUILT_IN_ROLES if role.code == "platform_analyst")
    actor = Actor(Scope.PLATFORM, permissions=analyst.permissions)
    seen = await open_dashboard(actor, quarter())
    assert seen.tile("gmv_paid").value
    assert seen.tile("gmv_paid").link is None
    assert not seen.todos
    assert seen.panel("category").rows
    for panel in seen.panels:
        assert panel.link is None
        assert all(row.link is None for row in panel.rows), panel.name


async def test_nobody_enters_without_the_permission_or_a_merchant(trade: Trade) -> None:
    for actor in (
        Actor(Scope.PLATFORM, permissions=ALL - {"platform:dashboard:read"}),
        replace(supplier(trade.suppliers[0]), permissions=ALL - {"supplier:dashboard:read"}),
        Actor(Scope.SUPPLIER, permissions=ALL),
        Actor(Scope.DISTRIBUTOR, permissions=ALL),
        Actor(Scope.CONSUMER, permissions=ALL),
        Actor(Scope.ACCOUNT, permissions=ALL),
    ):
        with pytest.raises(Forbidden):
            await open_dashboard(actor, quarter())


async def test_a_day_without_a_trade_has_helpful_panels(trade: Trade) -> None:
    first = quarter().period.first - timedelta(days=900)
    view = View(custom(first, first, made_at()))
    for actor in actors(trade)[:2]:
        seen = await open_dashboard(actor, view)
        assert all(not tile.value or not tile.series for tile in seen.tiles)
        assert not seen.panel("category").rows
