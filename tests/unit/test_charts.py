"""Panels drawn: what stands where, in which words and which colours."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.analytics.charts import Drawing, Reader, change_text, draw, nice_ticks, value_text
from app.analytics.measures import MEASURES, Unit
from app.analytics.results import Chart, Panel, Row
from app.analytics.views import Comparison
from app.kit.tokens import DARK, LIGHT
from tests import boards

READER = Reader("en", at=boards.AT, shift=timedelta(days=7), comparison=Comparison.WEEKDAY)
CHINESE = replace(READER, locale="zh_CN")


def _traces(drawing: Drawing, kind: str = "scatter") -> list[dict[str, Any]]:
    return [trace for trace in drawing.figure["data"] if trace["type"] == kind]


def test_every_kind_of_chart_has_a_panel_here() -> None:
    assert {panel.chart for panel in boards.EVERY} == set(Chart)


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_every_kind_is_drawn_and_fits_on_the_wire(panel: Panel, locale: str) -> None:
    drawn = draw(panel, replace(READER, locale=locale))
    assert drawn.kind != "empty"
    assert bool(drawn.figure) == (drawn.kind == "plot")
    assert bool(drawn.lines) == (drawn.kind != "plot")
    assert len(json.dumps(drawn.figure)) < 12_000


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
def test_colours_are_tokens_that_both_themes_have(panel: Panel) -> None:
    named = set(re.findall(r'"@([a-z0-9-]+)', json.dumps(draw(panel, READER).figure)))
    assert named <= LIGHT.keys() | {"accent"}
    assert LIGHT.keys() == DARK.keys()
    # A colour that is written out would be wrong in one of the themes.
    assert "#" not in json.dumps(draw(panel, READER).figure).replace("#,##", "")


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
def test_nothing_but_zeros_is_an_empty_panel(panel: Panel) -> None:
    width = len(panel.columns) - 1
    zeros = tuple(Row((row.values[0], *([0] * width))) for row in panel.rows)
    for rows in ((), zeros):
        assert draw(replace(panel, rows=rows), READER).kind == "empty"


def test_a_trend_without_a_comparison_is_drawn() -> None:
    alone = replace(
        boards.TREND,
        columns=boards.TREND.columns[:2],
        rows=tuple(replace(row, values=row.values[:2]) for row in boards.TREND.rows),
    )
    drawn = draw(alone, READER)
    assert drawn.kind == "plot"
    assert drawn.heads == []


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
def test_every_chart_can_be_read_as_a_table(panel: Panel) -> None:
    table = draw(panel, READER, as_table=True)
    assert (table.kind, len(table.lines)) == ("table", len(panel.rows))
    assert len(table.heads) == len(panel.columns)


# Plots -------------------------------------------------------------------------------------------


def test_a_running_slot_is_drawn_apart_from_those_that_are_over() -> None:
    before, over, running, last, hover = _traces(draw(boards.TREND, READER))
    assert before["y"] == [9_000] * 8
    assert over["y"] == [0, 10_000, 20_000, 30_000, 40_000, 50_000]
    assert (running["x"], running["y"]) == ([5, 6], [50_000, 60_000])
    assert running["line"]["dash"] == "dot"
    assert (last["x"], last["marker"]["color"]) == ([6], "@surface")
    assert "so far" in hover["customdata"][6]
    assert "so far" not in hover["customdata"][5]


def test_when_all_is_over_nothing_is_dotted() -> None:
    later = replace(READER, at=boards.AT + timedelta(days=30))
    traces = _traces(draw(boards.TREND, later))
    assert not [trace for trace in traces if trace.get("line", {}).get("dash") == "dot"]


def test_one_may_point_at_every_slot_also_those_to_come() -> None:
    drawn = draw(boards.TREND, READER)
    hover = drawn.figure["data"][-1]
    assert hover["x"] == list(range(len(boards.TREND.rows)))
    assert hover["customdata"][1] == "<b>¥100.00</b>  Tue, Nov 3<br>¥90.00  Tue, Oct 27"
    # A day to come has only its comparison.
    assert hover["customdata"][7] == "¥90.00  Mon, Nov 2"


def test_slots_say_how_long_they_are() -> None:
    first = boards.AT.replace(hour=0, minute=0)
    hours = [first + timedelta(hours=hour) for hour in range(3)]
    rows = tuple(Row((hour, 100, 50)) for hour in hours)
    drawn = draw(replace(boards.TREND, rows=rows), READER)
    assert "Sun, Nov 8 01:00" in drawn.figure["data"][-1]["customdata"][1]
    assert drawn.figure["layout"]["xaxis"]["ticktext"] == ["00:00", "01:00", "02:00"]
    months = tuple(Row((row.values[0], 100, 50)) for row in boards.COHORT.rows)
    drawn = draw(replace(boards.TREND, rows=months), READER)
    assert drawn.figure["layout"]["xaxis"]["ticktext"] == ["Sep 2026", "Oct 2026"]


def test_lines_differ_by_more_than_colour_and_have_a_legend() -> None:
    drawn = draw(boards.LINES, READER)
    first, second = _traces(drawn)[:2]
    assert (first["y"], second["y"]) == ([0, 1, 2, 3, 4], [0, 2, 4, 6, 8])
    assert first["line"]["color"] != second["line"]["color"]
    assert [head.text for head in drawn.heads] == ["Shop 0", "Shop 1", "Shop 2"]
    assert len({head.mark for head in drawn.heads}) == 3


def test_columns_of_one_measure_stand_upon_each_other() -> None:
    divided = tuple(replace(c, measure="paid_orders") for c in boards.COLUMNS.columns[1:])
    drawn = draw(replace(boards.COLUMNS, columns=(boards.DAY, *divided)), READER)
    assert [trace["y"] for trace in _traces(drawn, "bar")] == [[3] * 5, [4] * 5]
    assert drawn.figure["layout"]["barmode"] == "relative"
    # What one points at lies on top of both.
    assert drawn.figure["data"][-1]["y"] == [7] * 5


def test_a_forecast_has_a_band_between_low_and_high() -> None:
    low, high, expected, actual, hover = _traces(draw(boards.FORECAST, READER))
    assert (low["y"], high["y"]) == ([400_00] * 4, [800_00] * 4)
    assert high["fill"] == "tonexty"
    assert (expected["x"], actual["x"]) == ([4, 5, 6, 7], [0, 1, 2, 3])
    assert "Low  ¥400.00" in hover["customdata"][5]


def test_names_that_merchants_choose_are_no_html_in_a_chart() -> None:
    columns = (boards.LINES.columns[0], replace(boards.LINES.columns[1], label=boards.EVIL))
    rows = tuple(replace(row, values=row.values[:2]) for row in boards.LINES.rows)
    drawn = draw(replace(boards.LINES, columns=columns, rows=rows), READER)
    assert "<b>棉" not in json.dumps(drawn.figure, ensure_ascii=False)


@pytest.mark.parametrize(
    ("top", "least", "bottom", "marks"),
    [
        (0, 1, 0, [0, 1]),
        (7, 1, 0, [0, 2, 4, 6, 8]),
        (12_345_00, 100, 0, [0, 5_000_00, 10_000_00, 15_000_00]),
        (50, 100, 0, [0, 100]),
        (10, 1, -5, [-5, 0, 5, 10]),
    ],
)
def test_marks_of_an_axis_are_round(top: int, least: int, bottom: int, marks: list[int]) -> None:
    assert nice_ticks(top, least, bottom) == marks


# Rows --------------------------------------------------------------------------------------------


def test_bars_tell_value_change_and_where_the_comparison_stood() -> None:
    home, cotton, rest = draw(boards.BARS, READER).lines
    assert (home.label, home.share, home.before) == ("Home", "100.0%", "50.0%")
    assert [(cell.text, cell.tone) for cell in home.cells] == [("¥800.00", ""), ("+100.0%", "up")]
    assert (cotton.share, cotton.before, cotton.cells[1].tone) == ("50.0%", "100.0%", "down")
    # The rest may be larger than all that have a name; it has no bar to shrink them.
    assert (rest.label, rest.share, rest.picks) == ("Others", "", False)


def test_without_a_comparison_bars_tell_their_share() -> None:
    rows = tuple(replace(row, values=row.values[:2]) for row in boards.BARS.rows[:2])
    alone = replace(boards.BARS, columns=boards.BARS.columns[:2], rows=rows)
    assert [line.cells[1].text for line in draw(alone, READER).lines] == ["66.7%", "33.3%"]


def test_what_the_view_is_filtered_by_stands_out() -> None:
    chosen = replace(READER, filters={"category": "c-2"})
    assert [line.chosen for line in draw(boards.BARS, chosen).lines] == ["no", "yes", "no"]
    assert {line.chosen for line in draw(boards.RANKING, chosen).lines} == {""}


def test_stages_tell_their_share_of_the_first() -> None:
    placed, paid = draw(boards.FUNNEL, CHINESE).lines
    assert [cell.text for cell in placed.cells] == ["200", "100.0%"]
    assert ([cell.text for cell in paid.cells], paid.share) == (["50", "25.0%"], "25.0%")
    assert paid.label == "已支付" or paid.label == CHINESE.say("Paid")


def test_a_cohort_is_tinted_by_its_rate_and_unknown_months_are_left_free() -> None:
    first, second = draw(boards.COHORT, READER).lines
    assert first.label == "Sep 2026"
    assert [cell.text for cell in first.cells] == ["80", "50%", "25%"]
    assert first.cells[1].tint == 2 * first.cells[2].tint > 0
    assert [(cell.text, cell.tint > 0) for cell in second.cells[1:]] == [("10%", True), ("", False)]
    assert draw(boards.COHORT, READER).heads[2].text == "+1 mo."


def test_segments_tell_their_share_of_the_customers() -> None:
    loyal, lost = draw(boards.SEGMENTS, READER).lines
    assert [cell.text for cell in loyal.cells] == ["30", "75.0%", "¥3,000.00"]
    assert (loyal.share, lost.share) == ("75.0%", "25.0%")
    assert loyal.cells[0].tint > lost.cells[0].tint


def test_a_ranking_has_sparklines_and_changes_in_the_colour_of_the_news() -> None:
    first, second = draw(boards.RANKING, READER).lines
    assert first.path.startswith("M")
    assert second.path == ""
    assert [cell.text for cell in first.cells] == ["¥900.00", "+12.3%", "9"]
    assert (first.cells[1].tone, second.cells[1].tone) == ("up", "down")


def test_a_table_writes_each_unit_as_people_do() -> None:
    (line,) = draw(boards.TABLE, READER).lines
    assert [cell.text for cell in line.cells] == ["2 h 15 min", "4.62", "12 days", "98.76%"]
    (line,) = draw(boards.TABLE, CHINESE).lines
    assert [cell.text for cell in line.cells] == ["2 小时 15 分", "4.62", "12 天", "98.76%"]


def test_regions_have_english_names() -> None:
    panel = replace(boards.BARS, dimension="province", rows=(Row(("浙江省", 5, 4), "浙江省"),))
    assert draw(panel, READER).lines[0].label == "Zhejiang"
    assert draw(panel, CHINESE).lines[0].label == "浙江省"


# Words -------------------------------------------------------------------------------------------


def test_a_figure_says_formula_zone_and_source() -> None:
    formula, zone, source = draw(boards.RANKING, READER).heads[1].about.split("\n")
    assert formula == MEASURES["gmv_paid"].formula
    assert zone == "Time zone: Asia/Shanghai"
    assert source.startswith("Source: ") and len(source) > len("Source: ")
    assert draw(boards.TREND, READER).about.startswith(formula)


def test_amounts_are_written_in_their_currency() -> None:
    assert value_text(123_456, Unit.MONEY, READER) == "¥1,234.56"
    assert value_text(-5, Unit.MONEY, replace(READER, currency="BRL")) == "-R$0.05"
    assert value_text(None, Unit.MONEY, READER) == "–"


@pytest.mark.parametrize(
    ("bps", "text"),
    [(None, "–"), (0, "0.0%"), (4, "0.0%"), (1_234, "+12.3%"), (-1_234, "−12.3%"),
     (1_234_567, "+12,346%")],
)  # fmt: skip
def test_changes_are_rounded_and_signed(bps: int | None, text: str) -> None:
    assert change_text(bps, READER) == text
