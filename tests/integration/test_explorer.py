"""Free questions: what may be asked, what is said of what may not, and that answers are true."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.engine import URL

from app.access import Actor, Scope
from app.analytics import explorer
from app.analytics.engine import CannotDivide
from app.analytics.explorer import Question, ask, askable, dimensions_of, fitting_charts
from app.analytics.measures import MEASURES
from app.analytics.periods import Preset, preset
from app.analytics.results import Chart
from app.analytics.views import Comparison, View
from app.kit.errors import Forbidden, TradeError
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
from tests.integration.plain_sql import VIEWS, asked, by_dimension, values

ANY_MOMENT = datetime(2026, 11, 25, 4, tzinfo=UTC)
VIEW = View(preset(Preset.QUARTER, ANY_MOMENT))
TODAY = View(preset(Preset.TODAY, ANY_MOMENT))
"""Views of questions that are refused before a day of theirs is read."""


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for made in open_trade(owner_url, app_url):
        made.owner.execute(VIEWS)
        yield made


REFUSED: list[tuple[Question, type[TradeError]]] = [
    (Question((), VIEW), explorer.NoMeasure),
    (Question(("gmv_paid",) * 7, VIEW), explorer.TooManyMeasures),
    (Question(("gmv",), VIEW), explorer.UnknownMeasure),
    (Question(("settle_pending",), VIEW), explorer.UnknownMeasure),
    (Question(("supply_sales",), VIEW), Forbidden),
    (Question(("gmv_paid",), VIEW, ("planet",)), explorer.UnknownDimension),
    (Question(("gmv_paid",), VIEW, ("status",)), explorer.UnknownDimension),
    (Question(("gmv_paid",), VIEW, ("store", "store")), explorer.UnknownDimension),
    (Question(("gmv_paid",), VIEW, ("store", "category", "province")),
     explorer.TooManyDimensions),
    (Question(("visitors",), VIEW, ("category",)), CannotDivide),
    (Question(("take",), replace(VIEW, filters={"category": "x"})), CannotDivide),
    (Question(("gmv_paid",), VIEW, grain="decade"), explorer.UnknownGrain),  # type: ignore[arg-type]
    (Question(("gmv_paid",), VIEW, grain="hour"), explorer.TooFine),
    (Question(("product_views",), TODAY, grain="hour"), CannotDivide),
    (Question(("gmv_paid",), VIEW, chart=Chart.TREND), explorer.ChartDoesNotFit),
    (Question(("gmv_paid", "take"), VIEW, grain="day", chart=Chart.TREND),
     explorer.ChartDoesNotFit),
    (Question(("gmv_paid",), VIEW, ("store",), chart=Chart.COHORT), explorer.ChartDoesNotFit),
    (Question(("gmv_paid",), VIEW, ("store",), sort="-take"), explorer.UnknownSort),
    (Question(("gmv_paid",), VIEW, ("store",), sort="slot"), explorer.UnknownSort),
]  # fmt: skip


@pytest.mark.parametrize(("question", "error"), REFUSED, ids=range(len(REFUSED)))
async def test_what_no_answer_fits_is_refused_in_words(
    trade: Trade, question: Question, error: type[TradeError]
) -> None:
    with pytest.raises(error) as caught:
        await ask(platform(), question)
    assert str(caught.value).endswith((".", "it."))
    assert "%(" not in str(caught.value)


async def test_refusals_speak_the_askers_language(trade: Trade) -> None:
    reader = replace(platform(), locale="zh_CN")
    with pytest.raises(CannotDivide) as caught:
        await ask(reader, Question(("visitors",), quarter(), ("category",)))
    assert caught.value.params == {"measure": "访客数", "dimension": "类目"}


def actors(trade: Trade) -> list[Actor]:
    return [platform(), supplier(trade.suppliers[0]), distributor(trade.distributors[0])]


async def test_every_measure_can_be_asked_by_every_dimension_in_every_chart(trade: Trade) -> None:
    view = replace(quarter(), period=preset(Preset.WEEK, made_at()))
    for actor in actors(trade):
        for measure in askable(actor):
            for dimension in ("", *dimensions_of(actor, [measure.key])):
                by = (dimension,) if dimension else ()
                for grain in (None, "week"):
                    asked_for = Question((measure.key,), view, by, grain)  # type: ignore[arg-type]
                    for chart in fitting_charts(asked_for):
                        panel = await ask(actor, replace(asked_for, chart=chart))
                        assert panel.chart is chart
                        assert all(len(row.values) == len(panel.columns) for row in panel.rows)


async def test_answers_equal_plain_sql(trade: Trade) -> None:
    for actor, key in zip(actors(trade), ("gmv_paid", "supply_sales", "store_sales"), strict=True):
        panel = await ask(actor, Question((key,), quarter(), ("category",)))
        assert panel.chart is Chart.BARS
        plain = by_dimension(trade.owner, key, "category", asked(actor, quarter()))
        assert {row.key: row.values[1] for row in panel.rows} == plain
        named = {row.key: row.label_en for row in panel.rows}
        assert set(named.values()) <= {"General", "Tea", "Kind 1", "Kind 2", "Kind 3", "Kind 4"}
        over_time = await ask(actor, Question((key, "units_sold"), quarter(), grain="month"))
        whole = values(trade.owner, [key, "units_sold"], asked(actor, quarter()), before=False)
        sums = [sum(figure(row.values[place]) for row in over_time.rows) for place in (1, 2)]
        assert sums == list(whole.values())


async def test_lines_have_a_column_for_each_of_the_largest(trade: Trade) -> None:
    panel = await ask(
        replace(platform(), locale="en"),
        Question(("goods_sales",), quarter(), ("category",), "week"),
    )
    assert panel.chart is Chart.LINES
    plain = by_dimension(trade.owner, "goods_sales", "category", asked(platform(), quarter()))
    sums = {
        column.key: sum(figure(row.values[place]) for row in panel.rows)
        for place, column in enumerate(panel.columns)
        if place
    }
    largest = sorted(plain.items(), key=lambda found: -found[1])[: explorer.MOST_LINES]
    assert len(plain) > explorer.MOST_LINES
    assert sums == dict(largest)
    assert all(column.label.isascii() for column in panel.columns)
    assert all(isinstance(row.values[0], date) for row in panel.rows)


async def test_sort_and_limit_are_obeyed(trade: Trade) -> None:
    question = Question(("gmv_paid", "paid_orders"), quarter(), ("product",), chart=Chart.TABLE)
    usual = (await ask(platform(), question)).rows
    figures = [figure(row.values[1]) for row in usual]
    assert figures == sorted(figures, reverse=True)
    fewest = await ask(platform(), replace(question, sort="paid_orders", limit=3))
    orders = [row.values[2] for row in fewest.rows]
    assert orders == sorted(figure(row.values[2]) for row in usual)[:3]
    huge = await ask(platform(), replace(question, limit=10**9))
    assert len(huge.rows) <= explorer.MOST_ROWS
    assert len((await ask(platform(), replace(question, limit=-4))).rows) == 1


async def test_two_dimensions_make_a_table_with_links_to_the_rows(trade: Trade) -> None:
    question = Question(("gmv_paid",), quarter(), ("supplier", "category"))
    panel = await ask(platform(), question)
    assert panel.chart is Chart.TABLE
    assert [column.key for column in panel.columns[:2]] == ["supplier", "category"]
    for row in panel.rows:
        assert row.link is not None
        assert {"supplier", "category", "paid_from"} <= {
            part.split("=")[0] for part in row.link.query.split("&")
        }
    whole = values(trade.owner, ["gmv_paid"], asked(platform(), quarter()), before=False)
    assert sum(figure(row.values[2]) for row in panel.rows) == whole["gmv_paid"]


async def test_one_measure_stands_beside_its_comparison(trade: Trade) -> None:
    panel = await ask(platform(), Question(("take",), quarter()))
    plain = asked(platform(), quarter())
    now = values(trade.owner, ["take"], plain, before=False)
    before = values(trade.owner, ["take"], plain, before=True)
    assert panel.rows[0].values[1:] == (now["take"], before["take"])
    alone = replace(quarter(), comparison=Comparison.NONE)
    panel = await ask(platform(), Question(("take",), alone, grain="day"))
    assert [column.key for column in panel.columns] == ["slot", "take"]


async def test_only_who_may_open_dashboard_or_analytics_may_ask(trade: Trade) -> None:
    rooms = ("platform:dashboard:", "platform:analytics:")
    others = frozenset(held for held in ALL if not held.startswith(rooms))
    nobody = Actor(Scope.PLATFORM, permissions=others)
    with pytest.raises(Forbidden):
        await ask(nobody, Question(("gmv_paid",), quarter()))
    bare = Actor(Scope.PLATFORM, permissions=frozenset({"platform:dashboard:read"}))
    assert not askable(bare)
    with pytest.raises(Forbidden):
        await ask(bare, Question(("gmv_paid",), quarter()))
    assert not [m for m in askable(platform()) if m.is_standing]
    assert len(askable(platform())) > 25
    assert MEASURES["gmv_paid"] in askable(platform())
