"""Measures of different kinds beside each other: what stacks, and which axis each unit has."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations_with_replacement, pairwise
from typing import Any

import pytest

from app.access import Scope
from app.analytics import views
from app.analytics.charts import Reader, draw
from app.analytics.explorer import Question, fitting_charts
from app.analytics.measures import MEASURES, Unit
from app.analytics.results import Chart, Column, Panel, Row
from app.kit.i18n import gettext
from app.services.reports.letters import section
from tests import boards

READER = Reader("en", at=boards.AT)
VIEW = views.parse({}, datetime(2026, 6, 15, tzinfo=UTC))
PAIRS = list(combinations_with_replacement(Unit, 2))
SOME_OF: dict[Unit, str] = {}
for _key, _measure in MEASURES.items():
    SOME_OF.setdefault(_measure.unit, _key)


def _pair(chart: Chart, units: tuple[Unit, ...]) -> Panel:
    """Return a panel of different measures of these units, over five days."""
    shown = [Column(f"m{n}", f"Measure {n}", unit, f"m{n}") for n, unit in enumerate(units)]
    rows = tuple(
        replace(row, values=(row.values[0], *(7_000 * (n + 1) for n in range(len(units)))))
        for row in boards.COLUMNS.rows
    )
    return replace(boards.COLUMNS, chart=chart, columns=(boards.DAY, *shown), rows=rows)


def _drawn(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if "customdata" not in trace]


@pytest.mark.parametrize("units", PAIRS, ids="-".join)
@pytest.mark.parametrize("chart", [Chart.COLUMNS, Chart.LINES])
def test_different_measures_never_share_a_stack_and_units_never_an_axis(
    chart: Chart, units: tuple[Unit, Unit]
) -> None:
    figure = draw(_pair(chart, units), READER).figure
    assert figure["layout"].get("barmode") != "relative"
    axes = [trace.get("yaxis", "y") for trace in _drawn(figure)]
    assert len(set(axes)) == len(set(units))
    assert ("yaxis2" in figure["layout"]) == (units[0] is not units[1])
    # Columns beside each other do not cover one another.
    bars = [(t["offset"], t["offset"] + t["width"]) for t in _drawn(figure) if t["type"] == "bar"]
    assert all(left[1] <= right[0] for left, right in pairwise(bars))


@pytest.mark.parametrize("units", PAIRS, ids="-".join)
def test_a_ratio_beside_a_sum_is_a_line_with_an_axis_of_its_own(units: tuple[Unit, Unit]) -> None:
    if len({Unit.RATE, Unit.SCORE} & set(units)) != 1:
        return
    figure = draw(_pair(Chart.COLUMNS, units), READER).figure
    at_right = [trace for trace in _drawn(figure) if trace.get("yaxis") == "y2"]
    if units[0] is units[1]:
        assert at_right == []
    else:
        assert [trace["type"] for trace in at_right] == ["scatter"]
        assert figure["layout"]["yaxis2"]["overlaying"] == "y"


def test_one_measure_divided_is_stacked_where_it_adds_up() -> None:
    def divided(key: str) -> dict[str, Any]:
        columns = [Column(shop, shop, MEASURES[key].unit, key) for shop in ("a", "b")]
        panel = replace(boards.COLUMNS, columns=(boards.DAY, *columns))
        return draw(panel, READER).figure["layout"]

    assert divided("gmv_paid")["barmode"] == "relative"
    assert divided("margin_rate")["barmode"] == "overlay"


def test_three_units_are_read_as_a_table() -> None:
    units = (Unit.MONEY, Unit.COUNT, Unit.RATE)
    assert draw(_pair(Chart.COLUMNS, units), READER).kind == "table"
    asked = tuple(SOME_OF[unit] for unit in units)
    question = Question(asked, VIEW, grain="day")
    assert fitting_charts(question) == (Chart.TABLE,)
    assert Chart.COLUMNS in fitting_charts(replace(question, measures=asked[:2]))


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_no_two_measures_of_a_scope_have_one_name(scope: Scope, locale: str) -> None:
    names = [gettext(locale, m.name) for m in MEASURES.values() if scope in m.scopes]
    assert sorted(names) == sorted(set(names))
    with_freight = {"gmv_paid", "store_sales"}
    for key in with_freight | {"goods_sales"}:
        assert ("incl" in MEASURES[key].name) == (key in with_freight)


@pytest.mark.parametrize("order", [1, -1])
def test_a_mailed_panel_has_the_rows_of_the_screen_in_their_order(order: int) -> None:
    rows = boards.COLUMNS.rows[::order]
    mailed = section(replace(boards.COLUMNS, rows=rows), READER)
    screen = draw(replace(boards.COLUMNS, rows=rows), READER, as_table=True)
    assert [line.label for line in mailed.lines] == [line.label for line in screen.lines]


def test_largest_first_stays_largest_first_in_a_mail() -> None:
    labels = tuple(Row((f"Shop {n}", 100 - n, 1)) for n in range(40))
    panel = replace(boards.COLUMNS, columns=(Column("s", "Store"), *boards.COLUMNS.columns[1:]))
    mailed = section(replace(panel, rows=labels), READER)
    assert mailed.lines[0].label == "Shop 0"
    assert mailed.more == 40 - len(mailed.lines) > 0
