"""The explorer, saved analyses and mailed reports, through the real pipeline."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import SYSTEM
from app.kit.db import Database
from state.distributor.dashboard import DistributorDashboard
from state.distributor.figures import (
    DistributorAnalysesState,
    DistributorDeliveriesState,
    DistributorExplorer,
    DistributorSchedulesState,
)
from state.platform.figures import PlatformExplorer
from tests.integration.analytics import Trade, open_trade
from tests.integration.people import join, make_user, open_session
from tests.state.pipeline import Answer, Pipeline, Tab


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for one in open_trade(owner_url, app_url):
        one.owner.execute("update merchants set status = 'ACTIVE'")
        yield one


@pytest.fixture
def pipe(trade: Trade, pipeline: Pipeline) -> Pipeline:
    """Return the pipeline, on the trade."""
    return pipeline


async def _login(
    database: Database, trade: Trade, role: str = "owner", place: int = 0
) -> tuple[str, str, UUID]:
    """Return cookie and workspace of a fresh member of a distributor."""
    merchant = trade.distributors[place]
    user = await make_user(database)
    await join(database, user.id, merchant, role)
    code = trade.rows("select code from merchants where id = %(id)s", id=merchant)[0][0]
    return await open_session(database, user.id), f"/distributor/{code}", user.id


def _query(answer: Answer) -> dict[str, str]:
    """Return what the address says to which an answer leads."""
    paths = [str(event.payload.get("path", "")) for event in answer.events if event.payload]
    found = next(path for path in paths if "?" in path)
    return {key: values[0] for key, values in parse_qs(urlsplit(found).query).items()}


async def _at(tab: Tab, path: str) -> Answer:
    tab.path = path
    return await tab.send(DistributorExplorer, "load")


# Asking ----------------------------------------------------------------------------------------


async def test_it_opens_with_sales_by_day_as_chart_and_table(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, f"{place}/explore")
    answer = await tab.send(DistributorExplorer, "load")
    assert answer.var(DistributorExplorer, "drawing").kind == "plot"
    assert len(answer.var(DistributorExplorer, "table").lines) == 30
    assert answer.var(DistributorExplorer, "fault") == ""
    names = {option.key for option in answer.var(DistributorExplorer, "measures")}
    assert {"store_sales", "margin", "visitors"} <= names
    assert not names & {"gmv_paid", "take", "supply_sales"}
    dims = {option.key for option in answer.var(DistributorExplorer, "dimensions")}
    assert "supplier" in dims
    assert "distributor" not in dims


async def test_days_without_figures_lead_to_those_that_have_some(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    asked = "measures=goods_sales&by=category&period=custom&from=2015-01-01&to=2015-01-05"
    tab = pipe.tab(cookie, f"{place}/explore?{asked}")
    answer = await tab.send(DistributorExplorer, "load")
    assert answer.var(DistributorExplorer, "drawing").kind == "empty"
    found = answer.var(DistributorExplorer, "elsewhere")
    assert {reach.currency for reach in found} == {"CNY", "BRL"}
    brazil = next(place for place, reach in enumerate(found) if reach.currency == "BRL")
    led = _query(await tab.send(DistributorExplorer, "show_reach", {"place": brazil}))
    kept = {"measures": "goods_sales", "by": "category", "currency": "BRL"}
    assert kept.items() <= led.items()
    answer = await _at(tab, f"{place}/explore?{urlencode(led)}")
    assert answer.var(DistributorExplorer, "elsewhere") == []
    assert answer.var(DistributorExplorer, "drawing").kind == "bars"


async def test_each_choice_leads_to_an_address_that_says_it(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, f"{place}/explore?measures=paid_orders&period=90d&grain=week")
    for name, args, wanted in (
        ("measure", {"key": "units_sold"}, {"measures": "paid_orders,units_sold"}),
        ("measure", {"key": "paid_orders"}, {}),
        ("only", {"key": "margin"}, {"measures": "margin"}),
        ("divide", {"name": "category"}, {"by": "category", "grain": "week"}),
        ("over_time", {"grain": "month"}, {"grain": "month"}),
        ("draw_as", {"chart": "columns"}, {"chart": "columns"}),
        ("sort_by", {"key": "-paid_orders"}, {"sort": "-paid_orders"}),
        ("take", {"rows": "10"}, {"rows": "10"}),
        ("choose", {"preset": "7d"}, {"period": "7d", "grain": "week"}),
        ("narrow", {"dimension": "province", "value": "浙江省"}, {"province": "浙江省"}),
    ):
        await tab.send(DistributorExplorer, "load")
        answer = await tab.send(DistributorExplorer, name, args)
        if not wanted:
            assert not [event for event in answer.events if "redirect" in event.name]
            continue
        said = _query(answer)
        assert wanted.items() <= said.items(), name
        assert {"measures", "period"} <= said.keys()


async def test_choices_that_come_before_the_page_add_up(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, f"{place}/explore?measures=paid_orders&period=90d&grain=week")
    await tab.send(DistributorExplorer, "load")
    first = _query(await tab.send(DistributorExplorer, "measure", {"key": "units_sold"}))
    await tab.send(DistributorExplorer, "divide", {"name": "category"})
    # The first address is entered only now, and takes nothing back of what was chosen since.
    await _at(tab, f"{place}/explore?{urlencode(first)}")
    last = _query(await tab.send(DistributorExplorer, "take", {"rows": "10"}))
    assert (last["measures"], last["by"], last["rows"]) == (
        "paid_orders,units_sold", "category", "10"
    )  # fmt: skip
    answer = await _at(tab, f"{place}/explore?{urlencode(last)}")
    assert answer.var(DistributorExplorer, "rows") == "10"
    # Whoever goes back from there comes to the first address after all.
    answer = await _at(tab, f"{place}/explore?{urlencode(first)}")
    assert answer.var(DistributorExplorer, "rows") == "100"


async def test_what_may_not_be_asked_is_left_out_and_said(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, "")
    answer = await _at(
        tab, f"{place}/explore?measures=store_sales,gmv_paid&by=distributor&grain=hour&period=30d"
    )
    assert len(answer.var(DistributorExplorer, "lost")) == 3
    asked = [one.key for one in answer.var(DistributorExplorer, "measures") if one.chosen]
    assert asked == ["store_sales"]
    answer = await _at(tab, f"{place}/explore?measures=gmv_paid")
    assert answer.var(DistributorExplorer, "drawing").kind == "empty"
    assert answer.var(DistributorExplorer, "fault")


async def test_a_long_answer_comes_in_pieces_and_a_row_leads_to_its_orders(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, "")
    answer = await _at(tab, f"{place}/explore?measures=paid_orders&grain=day&period=90d&rows=500")
    assert answer.var(DistributorExplorer, "more") == 40
    answer = await tab.send(DistributorExplorer, "show_more")
    assert answer.var(DistributorExplorer, "more") == 0
    assert len(answer.var(DistributorExplorer, "table").lines) == 90
    answer = await tab.send(DistributorExplorer, "pick", panel="answer", row=89, x=1, y=2)
    menu = answer.var(DistributorExplorer, "menu")
    assert menu.href.startswith(f"{place}/orders?paid_from=")


@pytest.mark.parametrize("role", ["fulfilment", "merchandiser"])
async def test_who_may_not_explore_is_refused(
    pipe: Pipeline, database: Database, trade: Trade, role: str
) -> None:
    cookie, place, _ = await _login(database, trade, role)
    tab = pipe.tab(cookie, f"{place}/explore")
    for state in (DistributorExplorer, DistributorAnalysesState, DistributorSchedulesState,
                  DistributorDeliveriesState):  # fmt: skip
        answer = await tab.send(state, "load")
        assert answer.is_empty
    answer = await tab.send(PlatformExplorer, "load")
    assert answer.is_empty


# Saving ----------------------------------------------------------------------------------------


async def _save(tab: Tab, name: str, sharing: str = "OWN", **more: str) -> str:
    await tab.send(DistributorExplorer, "ask_name", saving_as="new")
    data = {"name": name, "sharing": sharing, **more}
    answer = await tab.send(DistributorExplorer, "save", data=data)
    return _query(answer)["analysis"]


async def test_an_analysis_is_saved_shared_found_and_opened_by_another(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, "")
    await _at(tab, f"{place}/explore?measures=margin&by=supplier&period=90d&rows=20")
    key = await _save(tab, "Margin by supplier", "ALL", is_pinned="true")

    other, _, _ = await _login(database, trade, "analyst")
    theirs = pipe.tab(other, f"{place}/analyses?q=Margin by")
    listed = await theirs.send(DistributorAnalysesState, "load")
    (row,) = listed.var(DistributorAnalysesState, "rows")
    assert (row["name"], row["shared"], row["mine"]) == ("Margin by supplier", "ALL", "NO")
    opened = await _at(theirs, f"{place}/explore?analysis={key}")
    assert opened.var(DistributorExplorer, "saved_name") == "Margin by supplier"
    assert not opened.var(DistributorExplorer, "is_mine")
    assert opened.var(DistributorExplorer, "rows") == "20"
    changed = await _at(theirs, f"{place}/explore?analysis={key}&measures=margin&by=category")
    assert changed.var(DistributorExplorer, "changed")

    board = pipe.tab(other, f"{place}/dashboard?period=30d")
    shown = await board.send(DistributorDashboard, "load")
    names = [panel.name for panel in shown.var(DistributorDashboard, "panels")]
    assert f"pin-{key}" in names

    stranger, elsewhere, _ = await _login(database, trade, place=1)
    away = pipe.tab(stranger, f"{elsewhere}/explore?analysis={key}")
    answer = await away.send(DistributorExplorer, "load")
    assert answer.var(DistributorExplorer, "saved_name") == ""
    assert "Margin by supplier" not in answer.text


async def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    tab = pipe.tab(cookie, "")
    await _at(tab, f"{place}/explore?measures=margin")
    await tab.send(DistributorExplorer, "ask_name", saving_as="new")
    answer = await tab.send(DistributorExplorer, "save", data={"name": " ", "sharing": "ALL"})
    assert answer.var(DistributorExplorer, "errors").keys() == {"name"}
    assert answer.var(DistributorExplorer, "draft")["sharing"] == "ALL"
    state = await tab.state(DistributorExplorer)
    assert state.saving


# Mailing ---------------------------------------------------------------------------------------


async def _submit(tab: Tab, user: UUID | None, **changes: str) -> Answer:
    data: dict[str, Any] = {"name": "Every Monday", "subject": "dashboard", "when": "W1",
                            "hour": "9", "period": "7d"}  # fmt: skip
    if user is not None:
        data[f"receivers:{user}"] = "on"
    return await tab.send(DistributorSchedulesState, "submit", data=data | changes)


async def test_a_dashboards_button_opens_a_form_that_sets_up_its_report(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, user = await _login(database, trade)
    tab = pipe.tab(cookie, f"{place}/reports?new=dashboard&period=90d&province=浙江省")
    answer = await tab.send(DistributorSchedulesState, "load")
    assert answer.var(DistributorSchedulesState, "asking") == "new"
    values = answer.var(DistributorSchedulesState, "values")
    assert str(user) in values["receivers"]
    answer = await _submit(tab, user, subject=values["subject"], period="")
    assert answer.var(DistributorSchedulesState, "asking") == ""
    async with database.engine_transaction(SYSTEM) as session:
        row = (
            await session.execute(
                text("select * from report_schedules where user_id = :user"), {"user": user}
            )
        ).one()
    assert row.query == {"period": "90d", "province": "浙江省"}
    assert (row.rhythm, row.weekday, row.hour, row.analysis_id) == ("WEEKLY", 1, 9, None)


async def test_a_report_is_edited_paused_resumed_sent_and_removed(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, user = await _login(database, trade)
    tab = pipe.tab(cookie, f"{place}/reports?q=Every Mon")
    await tab.send(DistributorSchedulesState, "load")
    await tab.send(DistributorSchedulesState, "ask", {"name": "new", "key": ""})
    answer = await _submit(tab, None)
    assert answer.var(DistributorSchedulesState, "errors").keys() == {"receivers"}
    answer = await _submit(tab, user)
    rows = answer.var(DistributorSchedulesState, "rows")
    key = next(row["id"] for row in rows if row["people"] == "1" and row["hour"] == "09:00")
    async with database.engine_transaction(SYSTEM) as session:
        key = str(
            await session.scalar(
                text("select id from report_schedules where user_id = :user"), {"user": user}
            )
        )
    await tab.send(DistributorSchedulesState, "ask", {"name": "edit", "key": key})
    state = await tab.state(DistributorSchedulesState)
    assert (state.values["when"], state.values["hour"]) == ("W1", "9")
    assert state.values["receivers"] == str(user)
    await _submit(tab, user, when="M31", hour="0", subject=state.values["subject"], period="")

    def row_of(answer: Answer) -> dict[str, str]:
        return next(r for r in answer.var(DistributorSchedulesState, "rows") if r["id"] == key)

    answer = await tab.send(DistributorSchedulesState, "ask", {"name": "pause", "key": key})
    row = row_of(answer)
    assert (row["rhythm"], row["day"], row["hour"], row["next_at"]) == (
        "MONTHLY", "31", "00:00", "",
    )  # fmt: skip
    answer = await tab.send(DistributorSchedulesState, "ask", {"name": "resume", "key": key})
    assert row_of(answer)["next_at"]
    answer = await tab.send(DistributorSchedulesState, "ask", {"name": "send", "key": key})
    assert row_of(answer)["last"] == "WAITING"
    listed = pipe.tab(cookie, f"{place}/deliveries?report={key}")
    answer = await listed.send(DistributorDeliveriesState, "load")
    (delivery,) = answer.var(DistributorDeliveriesState, "rows")
    assert (delivery["status"], delivery["receiver"]) == ("WAITING", "陈青")
    await tab.send(DistributorSchedulesState, "ask", {"name": "remove", "key": key})
    await tab.send(DistributorSchedulesState, "submit", data={})
    # The row stays where it was, marked, until the list is read anew.
    answer = await tab.send(DistributorSchedulesState, "load")
    assert key not in {r["id"] for r in answer.var(DistributorSchedulesState, "rows")}


@pytest.mark.parametrize(
    ("field", "typed"),
    [("when", "M32"), ("when", "W0"), ("when", "W²"), ("hour", "24"), ("name", "")],
)
async def test_a_time_that_is_none_is_refused_at_its_field(
    pipe: Pipeline, database: Database, trade: Trade, field: str, typed: str
) -> None:
    cookie, place, user = await _login(database, trade)
    tab = pipe.tab(cookie, f"{place}/reports")
    await tab.send(DistributorSchedulesState, "load")
    await tab.send(DistributorSchedulesState, "ask", {"name": "new", "key": ""})
    answer = await _submit(tab, user, **{field: typed})
    assert answer.var(DistributorSchedulesState, "errors").keys() == {field}


async def test_a_receiver_that_is_no_colleague_is_refused(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, user = await _login(database, trade)
    _, _, stranger = await _login(database, trade, place=1)
    tab = pipe.tab(cookie, f"{place}/reports")
    await tab.send(DistributorSchedulesState, "load")
    await tab.send(DistributorSchedulesState, "ask", {"name": "new", "key": ""})
    answer = await _submit(tab, user, **{f"receivers:{stranger}": "on"})
    assert answer.var(DistributorSchedulesState, "errors").keys() == {"receivers"}


async def test_a_whole_that_is_not_divided_has_its_days_for_a_name(
    pipe: Pipeline, database: Database, trade: Trade
) -> None:
    cookie, place, _ = await _login(database, trade)
    answer = await _at(
        pipe.tab(cookie, ""), f"{place}/explore?measures=paid_orders,store_sales&period=7d"
    )
    table = answer.var(DistributorExplorer, "table")
    (line,) = table.lines
    assert " – " in line.label
    assert len(line.cells) == len(table.heads) - 1 == 2
