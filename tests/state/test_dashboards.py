"""Dashboards event by event: the view in the address, what a click does, who may see what."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import SYSTEM, Actor, Scope
from app.analytics.choices import Choice
from app.analytics.dashboards import Dashboard, Panel, Tile
from app.analytics.measures import Link
from app.analytics.views import View
from app.kit.db import Database
from app.kit.errors import Forbidden
from models.identity import Merchant
from state import dashboards as module
from state.platform.dashboard import PlatformDashboard
from state.supplier.dashboard import SupplierDashboard
from tests import boards
from tests.integration.people import join, make_merchant, make_user, open_session
from tests.state.pipeline import Answer, Pipeline, Tab

SECRET = "¥7,654.31"
"""A figure that is nowhere but in the panels that the tests make."""


class Figures:
    """Stands for the analytics: says what it was asked, and answers with panels of every kind."""

    def __init__(self) -> None:
        self.asked: list[tuple[Actor, View]] = []
        self.value = 7_654_31
        self.gate = asyncio.Event()
        self.gate.set()

    async def figures(self, actor: Actor, view: View) -> Dashboard:
        actor.require(f"{actor.scope}:dashboard:read")
        await self.gate.wait()
        self.asked.append((actor, view))
        tiles = (Tile("gmv_paid", self.value, 5_000_00, 5_309, (1, 2), Link("orders")),)
        return Dashboard(actor.scope, view, tiles, (), (), view.period.at, None)

    async def panels(self, actor: Actor, view: View) -> tuple[Panel, ...]:
        return boards.EVERY

    async def choices(self, actor: Actor, view: View, dimension: str) -> list[Choice]:
        return [Choice("c-1", "家居", "Home")] if dimension == "category" else []


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[Figures]:
    fake = Figures()
    monkeypatch.setattr(module, "open_figures", fake.figures)
    monkeypatch.setattr(module, "open_panels", fake.panels)
    monkeypatch.setattr(module, "choices", fake.choices)
    yield fake


async def _tab(
    pipeline: Pipeline,
    database: Database,
    role: str = "platform_owner",
    merchant: Merchant | None = None,
    query: str = "",
) -> Tab:
    user = await make_user(database)
    await join(database, user.id, merchant.id if merchant else None, role)
    place = f"/supplier/{merchant.code}" if merchant else "/platform/main"
    session = await open_session(database, user.id)
    return pipeline.tab(session, f"{place}/dashboard{f'?{query}' if query else ''}")


def _led(answer: Answer) -> dict[str, str]:
    """Return the query of the address to which an answer leads."""
    paths = [e.payload["path"] for e in answer.events if e.name.endswith("_redirect")]
    assert paths, answer.text
    return dict(parse_qsl(str(paths[-1]).partition("?")[2]))


async def _loaded(pipeline: Pipeline, database: Database, query: str = "", **who: Any) -> Tab:
    tab = await _tab(pipeline, database, query=query, **who)
    await tab.send(PlatformDashboard, "load")
    return tab


# The view -----------------------------------------------------------------------------------------


async def test_figures_come_first_and_then_the_panels(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _tab(pipeline, database)
    answer = await tab.send(PlatformDashboard, "load")
    name = PlatformDashboard.get_full_name()
    came = [
        {key.split("_rx_")[0] for key, value in delta.get(name, {}).items() if value}
        for delta in answer.deltas
    ]
    tiles = next(place for place, keys in enumerate(came) if "tiles" in keys)
    panels = next(place for place, keys in enumerate(came) if "panels" in keys)
    assert tiles < panels
    assert answer.var(PlatformDashboard, "busy") is False
    assert [panel.name for panel in answer.var(PlatformDashboard, "panels")] == [
        panel.name for panel in boards.EVERY
    ]


async def test_the_address_is_the_view(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    query = "period=custom&from=2026-11-02&to=2026-11-08&category=c-1&compare=none&currency=BRL"
    tab = await _loaded(pipeline, database, query)
    _, view = figures.asked[-1]
    assert (f"{view.period.first}", f"{view.period.last}") == ("2026-11-02", "2026-11-08")
    assert (view.filters, view.currency, view.shift) == ({"category": "c-1"}, "BRL", None)
    state = await tab.state(PlatformDashboard)
    assert dict(parse_qsl(state.query)) == dict(parse_qsl(query))
    assert [(chip.dimension, chip.value) for chip in state.chips] == [("category", "家居")]


@pytest.mark.parametrize(
    ("event", "args", "changed"),
    [
        ("choose", {"preset": "90d"}, {"period": "90d"}),
        ("choose", {"preset": "last_month"}, {"period": "last_month"}),
        ("compare", {"comparison": "year"}, {"compare": "year"}),
        ("narrow", {"dimension": "province", "value": "浙江省"}, {"province": "浙江省"}),
        ("choose_days", {"data": {"from": "2026-01-05", "to": "2026-01-09"}},
         {"period": "custom", "from": "2026-01-05", "to": "2026-01-09"}),
    ],
)  # fmt: skip
async def test_every_choice_leads_to_an_address_and_keeps_the_rest(
    pipeline: Pipeline,
    database: Database,
    figures: Figures,
    event: str,
    args: dict[str, Any],
    changed: dict[str, str],
) -> None:
    tab = await _loaded(pipeline, database, "period=7d&category=c-1")
    assert _led(await tab.send(PlatformDashboard, event, args)) == {
        "period": "7d",
        "category": "c-1",
        **changed,
    }


async def test_filters_are_taken_away_one_by_one_or_at_once(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d&category=c-1&province=浙江省")
    answer = await tab.send(PlatformDashboard, "narrow", dimension="category", value="")
    assert _led(answer) == {"period": "7d", "province": "浙江省"}
    assert _led(await tab.send(PlatformDashboard, "clear")) == {"period": "7d"}


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("choose", {"preset": "custom"}),
        ("choose", {"preset": "../../x"}),
        ("compare", {"comparison": "?x=1"}),
        ("pay_in", {"currency": "XXX"}),
        ("choose_days", {"data": {"from": "2026-02-09", "to": "2026-02-05"}}),
        ("choose_days", {"data": {"from": "x"}}),
        ("pick", {"panel": "nothing", "row": 0, "x": 1, "y": 1}),
        ("pick", {"panel": "category", "row": -1, "x": 1, "y": 1}),
        ("pick", {"panel": "category", "row": 999, "x": 1, "y": 1}),
        ("narrow_by_chosen", {}),
    ],
)
async def test_what_no_page_offers_leads_nowhere(
    pipeline: Pipeline, database: Database, figures: Figures, event: str, args: dict[str, Any]
) -> None:
    tab = await _loaded(pipeline, database)
    answer = await tab.send(PlatformDashboard, event, args)
    assert not [e for e in answer.events if e.name.endswith("_redirect")]
    assert not (await tab.state(PlatformDashboard)).menu_open


async def test_the_filters_offer_what_has_figures(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d&province=浙江省")
    await tab.send(PlatformDashboard, "open_filters")
    offered = (await tab.state(PlatformDashboard)).filters
    assert [(one.dimension, one.chosen, one.options) for one in offered] == [
        ("category", "", [["c-1", "家居"]]),
        ("province", "浙江省", []),
    ]


async def test_figures_that_cannot_be_read_do_not_seem_to_come(
    pipeline: Pipeline, database: Database, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(actor: Actor, view: View) -> tuple[Panel, ...]:
        raise Forbidden

    tab = await _tab(pipeline, database)
    with monkeypatch.context() as patch:
        patch.setattr(module, "open_panels", broken)
        await tab.send(PlatformDashboard, "load")
    state = await tab.state(PlatformDashboard)
    assert (state.busy, state.failed) == (False, True)
    await tab.send(PlatformDashboard, "load")
    state = await tab.state(PlatformDashboard)
    assert (state.busy, state.failed) == (False, False)


async def test_an_unknown_dimension_is_no_filter(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d")
    answer = await tab.send(PlatformDashboard, "narrow", dimension="period", value="x")
    assert _led(answer) == {"period": "7d"}


async def test_the_language_is_switched_without_reading_again(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database)
    asked = len(figures.asked)
    answer = await tab.send(PlatformDashboard, "speak", language="en")
    assert "Customer retention" in answer.text
    assert (await tab.send(PlatformDashboard, "speak", language="en")).is_empty
    assert len(figures.asked) == asked


# A click ------------------------------------------------------------------------------------------


async def _picked(tab: Tab, panel: str, row: int) -> Any:
    await tab.send(PlatformDashboard, "pick", panel=panel, row=row, x=12, y=34)
    return (await tab.state(PlatformDashboard)).menu


async def test_a_bar_offers_to_filter_by_it_or_to_open_its_rows(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d")
    menu = await _picked(tab, "category", 0)
    assert (menu.title, menu.x, menu.y) == ("家居", 12, 34)
    assert menu.href == "/platform/main/orders?category=c-1"
    assert menu.narrow
    answer = await tab.send(PlatformDashboard, "narrow_by_chosen")
    assert _led(answer) == {"period": "7d", "category": "c-1"}


async def test_a_second_click_takes_the_filter_away(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d&category=c-1")
    await _picked(tab, "category", 0)
    assert _led(await tab.send(PlatformDashboard, "narrow_by_chosen")) == {"period": "7d"}


async def test_a_point_in_time_leads_to_its_day(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    query = "period=custom&from=2026-11-02&to=2026-11-08"
    tab = await _loaded(pipeline, database, query)
    menu = await _picked(tab, "sales", 1)
    assert menu.href == "/platform/main/orders?d=1"
    led = _led(await tab.send(PlatformDashboard, "narrow_by_chosen"))
    assert led == {"period": "custom", "from": "2026-11-03", "to": "2026-11-03"}


async def test_the_rest_and_days_to_come_lead_nowhere(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database)
    await _picked(tab, "category", 2)
    assert not (await tab.state(PlatformDashboard)).menu_open


async def test_a_chart_is_read_as_a_table_and_as_a_chart_again(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database)
    for kind in ("table", "plot"):
        answer = await tab.send(PlatformDashboard, "as_table", panel="sales")
        assert answer.var(PlatformDashboard, "panels")[0].kind == kind


# Live ---------------------------------------------------------------------------------------------


async def test_a_tick_brings_new_figures_and_no_panels(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database)
    figures.value = 8_000_00
    answer = await tab.send(PlatformDashboard, "tick")
    assert "¥8,000.00" in answer.text
    assert "figure" not in answer.text
    assert (await tab.state(PlatformDashboard)).live_at


async def test_a_tick_ends_with_the_session(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("update user_sessions set revoked_at = now()"))
    asked = len(figures.asked)
    answer = await tab.send(PlatformDashboard, "tick")
    assert len(figures.asked) == asked
    assert SECRET not in answer.text


async def test_a_tick_ends_with_the_permission(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("delete from memberships"))
    asked = len(figures.asked)
    answer = await tab.send(PlatformDashboard, "tick")
    assert (len(figures.asked), answer.is_empty) == (asked, True)


async def test_a_tick_is_dropped_when_another_view_was_chosen_meanwhile(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d")
    figures.gate.clear()
    ticking = asyncio.create_task(tab.send(PlatformDashboard, "tick"))
    await asyncio.sleep(0.1)
    state = await tab.state(PlatformDashboard)
    newer = replace(state._view, filters={"category": "c-1"})
    object.__setattr__(state, "_view", newer)
    figures.value = 1_23
    figures.gate.set()
    assert "¥1.23" not in (await ticking).text


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["load", "tick", "open_filters", "open_views"])
async def test_nobody_else_gets_the_platforms_figures(
    pipeline: Pipeline, database: Database, figures: Figures, event: str
) -> None:
    merchant = await make_merchant(database)
    tab = await _tab(pipeline, database, "owner", merchant)
    answer = await tab.send(PlatformDashboard, event)
    assert answer.is_empty
    assert not figures.asked


async def test_a_supplier_acts_for_its_own_company_only(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    tab = await _tab(pipeline, database, "owner", mine)
    await tab.send(SupplierDashboard, "load")
    actor, _ = figures.asked[-1]
    assert (actor.scope, actor.merchant_id) == (Scope.SUPPLIER, mine.id)
    tab.path = f"/supplier/{theirs.code}/dashboard"
    asked = len(figures.asked)
    answer = await tab.send(SupplierDashboard, "load")
    assert len(figures.asked) == asked
    assert SECRET not in answer.text


async def test_names_of_others_are_not_learnt_from_an_address(
    pipeline: Pipeline, database: Database
) -> None:
    """The real choices: a supplier asks for another company's id and gets no name."""
    mine, theirs = await make_merchant(database), await make_merchant(database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set name = '别家公司' where id = :id"), {"id": theirs.id}
        )
    tab = await _tab(pipeline, database, "owner", mine, f"supplier={theirs.id}&store={theirs.id}")
    answer = await tab.send(SupplierDashboard, "load")
    assert "别家公司" not in answer.text
    assert [chip.dimension for chip in answer.var(SupplierDashboard, "chips")] == ["store"]


async def test_the_real_figures_of_a_company_without_orders_are_helpful(
    pipeline: Pipeline, database: Database
) -> None:
    tab = await _tab(pipeline, database, "owner", await make_merchant(database))
    answer = await tab.send(SupplierDashboard, "load")
    assert answer.var(SupplierDashboard, "loaded") is True
    assert answer.var(SupplierDashboard, "quiet") is True


# Saved views --------------------------------------------------------------------------------------


async def _role(database: Database, code: str) -> str:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalar(text("select id from roles where code = :c"), {"c": code})
        return f"{found}"


async def _save(tab: Tab, **data: str) -> Answer:
    return await tab.send(PlatformDashboard, "save_view", data=data)


async def _views(tab: Tab) -> list[tuple[str, str, str]]:
    await tab.send(PlatformDashboard, "open_views")
    views = (await tab.state(PlatformDashboard)).views
    return [(view["name"], view["role"], view["query"]) for view in views]


async def test_a_view_is_kept_for_oneself(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    mine = await _loaded(pipeline, database, "period=7d&category=c-1", role="platform_analyst")
    await _save(mine, name="周报")
    assert await _views(mine) == [("周报", "", "period=7d&category=c-1")]
    assert await _views(await _loaded(pipeline, database)) == []


async def test_a_view_is_shared_with_a_role(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    owner = await _loaded(pipeline, database, "period=90d")
    await _save(owner, name="Quarter", role=await _role(database, "platform_analyst"))
    analyst = await _tab(pipeline, database, "platform_analyst")
    finance = await _tab(pipeline, database, "platform_finance")
    shared = ("Quarter", "platform_analyst", "period=90d")
    assert await _views(analyst) == [shared]
    assert shared not in await _views(finance)


async def test_only_who_manages_roles_shares(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    analyst = await _loaded(pipeline, database, "period=90d", role="platform_analyst")
    await analyst.send(PlatformDashboard, "open_views")
    assert (await analyst.state(PlatformDashboard)).roles == []
    answer = await _save(analyst, name="Mine", role=await _role(database, "platform_analyst"))
    assert answer.events
    other = await _tab(pipeline, database, "platform_analyst")
    assert "Mine" not in [name for name, _, _ in await _views(other)]


async def test_a_shared_view_is_not_dropped_by_who_only_reads_it(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    owner = await _loaded(pipeline, database, "period=90d")
    await _save(owner, name="Kept", role=await _role(database, "platform_operations"))
    reader = await _tab(pipeline, database, "platform_operations")
    assert await _views(reader)
    view = (await reader.state(PlatformDashboard)).views[0]
    await reader.send(PlatformDashboard, "drop_view", view_id=view["id"])
    assert "Kept" in [name for name, _, _ in await _views(reader)]
    await owner.send(PlatformDashboard, "drop_view", view_id=view["id"])
    assert "Kept" not in [name for name, _, _ in await _views(reader)]


async def test_a_page_opens_with_ones_own_default_before_that_of_the_role(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    owner = await _loaded(pipeline, database, "period=90d")
    role = await _role(database, "platform_finance")
    await _save(owner, name="Theirs", role=role, default="1")
    finance = await _tab(pipeline, database, "platform_finance")
    assert _led(await finance.send(PlatformDashboard, "load")) == {"period": "90d"}
    finance.path += "?period=7d"
    assert not (await finance.send(PlatformDashboard, "load")).events
    await _save(finance, name="Mine", default="1")
    finance.path = finance.path.partition("?")[0]
    assert _led(await finance.send(PlatformDashboard, "load")) == {"period": "7d"}
    # The owner has no such role, so that its own page opens as ever.
    owner.path = owner.path.partition("?")[0]
    assert not (await owner.send(PlatformDashboard, "load")).events


async def test_there_is_one_default(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=90d")
    await _save(tab, name="One", default="1")
    tab.path = tab.path.replace("90d", "7d")
    await tab.send(PlatformDashboard, "load")
    await _save(tab, name="Two", default="1")
    tab.path = tab.path.partition("?")[0]
    assert _led(await tab.send(PlatformDashboard, "load")) == {"period": "7d"}


async def test_views_do_not_cross_the_border_of_a_company(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    tab = await _tab(pipeline, database, "owner", mine, "period=7d")
    await tab.send(SupplierDashboard, "load")
    data = {"name": "内部", "role": await _role(database, "owner")}
    await tab.send(SupplierDashboard, "save_view", data=data)
    other = await _tab(pipeline, database, "owner", theirs)
    answer = await other.send(SupplierDashboard, "open_views")
    assert "内部" not in answer.text
    colleague = await _tab(pipeline, database, "owner", mine)
    assert "内部" in (await colleague.send(SupplierDashboard, "open_views")).text


@pytest.mark.parametrize("name", ["", "   "])
async def test_a_view_needs_a_name(
    pipeline: Pipeline, database: Database, figures: Figures, name: str
) -> None:
    tab = await _loaded(pipeline, database, "period=7d")
    await _save(tab, name=name)
    assert (await tab.state(PlatformDashboard)).view_fault


async def test_a_role_that_is_none_is_refused(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await _loaded(pipeline, database, "period=7d")
    before = await _views(tab)
    for role in ("x", f"{UUID(int=7)}"):
        await _save(tab, name="No", role=role)
    assert await _views(tab) == before
