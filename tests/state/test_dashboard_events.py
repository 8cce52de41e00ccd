"""Dashboards event by event: the view in the address, what a click does, who may see what."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import text

from app.access import SYSTEM, Actor, Scope
from app.analytics.dashboards import Panel
from app.analytics.reach import Reach
from app.analytics.views import View
from app.kit.db import Database
from app.kit.errors import Forbidden
from state import dashboards as module
from state.boards import ReachView
from state.platform.dashboard import PlatformDashboard
from state.shell import ShellState
from state.supplier.dashboard import SupplierDashboard
from tests import boards
from tests.integration.people import make_merchant
from tests.state.looking import SECRET, Figures, led_to, loaded, open_tab
from tests.state.pipeline import Pipeline, Tab

# The view -----------------------------------------------------------------------------------------


async def test_figures_come_first_and_then_the_panels(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await open_tab(pipeline, database)
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
    query = (
        "period=custom&from=2026-11-02&to=2026-11-08"
        "&category=01a22cfd-21d9-7c11-99d8-11bd6db76249&compare=none&currency=BRL"
    )
    tab = await loaded(pipeline, database, query)
    _, view = figures.asked[-1]
    assert (f"{view.period.first}", f"{view.period.last}") == ("2026-11-02", "2026-11-08")
    assert (view.filters, view.currency, view.shift) == (
        {"category": "01a22cfd-21d9-7c11-99d8-11bd6db76249"},
        "BRL",
        None,
    )
    state = await tab.state(PlatformDashboard)
    assert dict(parse_qsl(state.query)) == dict(parse_qsl(query))
    assert [(chip.dimension, chip.value) for chip in state.chips] == [("category", "家居")]


async def test_days_without_sales_lead_to_those_that_have_some(
    pipeline: Pipeline, database: Database, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [Reach("BRL", date(2016, 9, 4), date(2018, 8, 29))]

    async def reaches(actor: Actor) -> list[Reach]:
        return history

    monkeypatch.setattr("state.viewing.reaches", reaches)
    tab = await loaded(pipeline, database)
    assert (await tab.state(PlatformDashboard)).elsewhere == []
    figures.value = 0
    await tab.send(PlatformDashboard, "load")
    assert (await tab.state(PlatformDashboard)).elsewhere == [
        ReachView("BRL", "2017-08-29", "2018-08-29")
    ]
    assert led_to(await tab.send(PlatformDashboard, "show_reach", place=0)) == {
        "period": "custom",
        "from": "2017-08-29",
        "to": "2018-08-29",
        "currency": "BRL",
    }
    assert not (await tab.send(PlatformDashboard, "show_reach", place=1)).events
    narrowed = await loaded(pipeline, database, "category=01a22cfd-21d9-7c11-99d8-11bd6db76249")
    assert (await narrowed.state(PlatformDashboard)).elsewhere == []


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
    tab = await loaded(
        pipeline, database, "period=7d&category=01a22cfd-21d9-7c11-99d8-11bd6db76249"
    )
    assert led_to(await tab.send(PlatformDashboard, event, args)) == {
        "period": "7d",
        "category": "01a22cfd-21d9-7c11-99d8-11bd6db76249",
        **changed,
    }


async def test_filters_are_taken_away_one_by_one_or_at_once(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(
        pipeline,
        database,
        "period=7d&category=01a22cfd-21d9-7c11-99d8-11bd6db76249&province=浙江省",
    )
    answer = await tab.send(PlatformDashboard, "narrow", dimension="category", value="")
    assert led_to(answer) == {"period": "7d", "province": "浙江省"}
    assert led_to(await tab.send(PlatformDashboard, "clear")) == {"period": "7d"}


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
    tab = await loaded(pipeline, database)
    answer = await tab.send(PlatformDashboard, event, args)
    assert not [e for e in answer.events if e.name.endswith("_redirect")]
    assert not (await tab.state(PlatformDashboard)).menu_open


async def test_the_filters_offer_what_has_figures(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database, "period=7d&province=浙江省")
    await tab.send(PlatformDashboard, "open_filters")
    offered = (await tab.state(PlatformDashboard)).filters
    assert [(one.dimension, one.chosen, one.options) for one in offered] == [
        ("category", "", [["01a22cfd-21d9-7c11-99d8-11bd6db76249", "家居"]]),
        ("province", "浙江省", []),
    ]


async def test_figures_that_cannot_be_read_do_not_seem_to_come(
    pipeline: Pipeline, database: Database, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(actor: Actor, view: View) -> tuple[Panel, ...]:
        raise Forbidden

    tab = await open_tab(pipeline, database)
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
    tab = await loaded(pipeline, database, "period=7d")
    answer = await tab.send(PlatformDashboard, "narrow", dimension="period", value="x")
    assert led_to(answer) == {"period": "7d"}


async def test_the_language_is_switched_without_reading_again(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database)
    asked = len(figures.asked)
    await tab.send(ShellState, "speak", language="en")
    answer = await tab.send(PlatformDashboard, "speak")
    assert "Customer retention" in answer.text
    assert (await tab.send(PlatformDashboard, "speak")).is_empty
    assert len(figures.asked) == asked


# A click ------------------------------------------------------------------------------------------


async def _picked(tab: Tab, panel: str, row: int) -> Any:
    await tab.send(PlatformDashboard, "pick", panel=panel, row=row, x=12, y=34)
    return (await tab.state(PlatformDashboard)).menu


async def test_a_bar_offers_to_filter_by_it_or_to_open_its_rows(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database, "period=7d")
    menu = await _picked(tab, "category", 0)
    assert (menu.title, menu.x, menu.y) == ("家居", 12, 34)
    assert menu.href == "/platform/main/orders?category=01a22cfd-21d9-7c11-99d8-11bd6db76249"
    assert menu.narrow
    answer = await tab.send(PlatformDashboard, "narrow_by_chosen")
    assert led_to(answer) == {"period": "7d", "category": "01a22cfd-21d9-7c11-99d8-11bd6db76249"}


async def test_a_second_click_takes_the_filter_away(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(
        pipeline, database, "period=7d&category=01a22cfd-21d9-7c11-99d8-11bd6db76249"
    )
    await _picked(tab, "category", 0)
    assert led_to(await tab.send(PlatformDashboard, "narrow_by_chosen")) == {"period": "7d"}


async def test_a_point_in_time_leads_to_its_day(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    query = "period=custom&from=2026-11-02&to=2026-11-08"
    tab = await loaded(pipeline, database, query)
    menu = await _picked(tab, "sales", 1)
    assert menu.href == "/platform/main/orders?d=1"
    led = led_to(await tab.send(PlatformDashboard, "narrow_by_chosen"))
    assert led == {"period": "custom", "from": "2026-11-03", "to": "2026-11-03"}


async def test_the_rest_and_days_to_come_lead_nowhere(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database)
    await _picked(tab, "category", 2)
    assert not (await tab.state(PlatformDashboard)).menu_open


async def test_a_chart_is_read_as_a_table_and_as_a_chart_again(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database)
    for kind in ("table", "plot"):
        answer = await tab.send(PlatformDashboard, "as_table", panel="sales")
        assert answer.var(PlatformDashboard, "panels")[0].kind == kind


# Live ---------------------------------------------------------------------------------------------


async def test_a_tick_brings_new_figures_and_no_panels(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database)
    figures.value = 8_000_00
    answer = await tab.send(PlatformDashboard, "tick")
    assert "¥8,000.00" in answer.text
    assert "figure" not in answer.text
    assert (await tab.state(PlatformDashboard)).live_at


async def test_a_tick_ends_with_the_session(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("update user_sessions set revoked_at = now()"))
    asked = len(figures.asked)
    answer = await tab.send(PlatformDashboard, "tick")
    assert len(figures.asked) == asked
    assert SECRET not in answer.text


async def test_a_tick_ends_with_the_permission(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("delete from memberships"))
    asked = len(figures.asked)
    answer = await tab.send(PlatformDashboard, "tick")
    assert (len(figures.asked), answer.is_empty) == (asked, True)


async def test_a_tick_is_dropped_when_another_view_was_chosen_meanwhile(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    tab = await loaded(pipeline, database, "period=7d")
    figures.gate.clear()
    ticking = asyncio.create_task(tab.send(PlatformDashboard, "tick"))
    await asyncio.sleep(0.1)
    state = await tab.state(PlatformDashboard)
    newer = replace(state._view, filters={"category": "01a22cfd-21d9-7c11-99d8-11bd6db76249"})
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
    tab = await open_tab(pipeline, database, "owner", merchant)
    answer = await tab.send(PlatformDashboard, event)
    assert answer.is_empty
    assert not figures.asked


async def test_a_supplier_acts_for_its_own_company_only(
    pipeline: Pipeline, database: Database, figures: Figures
) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    tab = await open_tab(pipeline, database, "owner", mine)
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
    tab = await open_tab(
        pipeline, database, "owner", mine, f"supplier={theirs.id}&store={theirs.id}"
    )
    answer = await tab.send(SupplierDashboard, "load")
    assert "别家公司" not in answer.text
    assert [chip.dimension for chip in answer.var(SupplierDashboard, "chips")] == ["store"]


async def test_the_real_figures_of_a_company_without_orders_are_helpful(
    pipeline: Pipeline, database: Database
) -> None:
    tab = await open_tab(pipeline, database, "owner", await make_merchant(database))
    answer = await tab.send(SupplierDashboard, "load")
    assert answer.var(SupplierDashboard, "loaded") is True
    assert answer.var(SupplierDashboard, "quiet") is True
