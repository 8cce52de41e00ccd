"""Panels drawn: plots as Plotly figures (without importing plotly), all else as rows of HTML."""

from collections.abc import Callable, Mapping, Sequence

from app.analytics.charts import plots, tables
from app.analytics.charts.axes import SERIES, nice_ticks
from app.analytics.charts.model import Cell, Drawing, Figure, Head, Line
from app.analytics.charts.sparks import Sparkline, sparkline
from app.analytics.charts.tables import label_of, province_text, tone_of
from app.analytics.charts.words import (
    Reader,
    about_measure,
    change_text,
    money_text,
    value_text,
)
from app.analytics.results import Chart, Panel
from app.kit.i18n import N_

__all__ = [
    "Cell",
    "Drawing",
    "Figure",
    "Head",
    "Line",
    "Reader",
    "Sparkline",
    "about_measure",
    "change_text",
    "draw",
    "is_empty",
    "label_of",
    "money_text",
    "nice_ticks",
    "province_text",
    "sparkline",
    "tone_of",
    "value_text",
]

_PLOTS: Mapping[Chart, Callable[[Panel, Reader], Figure]] = {
    Chart.TREND: plots.trend,
    Chart.LINES: plots.lines,
    Chart.COLUMNS: plots.columns,
    Chart.FORECAST: plots.forecast,
}
_TABLES: Mapping[Chart, tuple[str, Callable[[Panel, Reader], list[Line]]]] = {
    Chart.BARS: ("bars", tables.bars),
    Chart.FUNNEL: ("bars", tables.funnel),
    Chart.COHORT: ("cohort", tables.cohorts),
    Chart.SEGMENTS: ("segments", tables.segments),
    Chart.RANKING: ("table", tables.table),
    Chart.TABLE: ("table", tables.table),
}


def draw(panel: Panel, reader: Reader, *, as_table: bool = False) -> Drawing:
    """Draw a panel as its chart, or as a table of the same figures."""
    chart = Chart.TABLE if as_table else panel.chart
    drawing = Drawing(
        panel.name,
        reader.say(panel.title),
        "empty",
        note=reader.say(panel.note, **panel.note_params) if panel.note else "",
        about=_about(panel, reader),
        wide=panel.wide,
    )
    if is_empty(panel):
        return drawing
    # A third unit would have no axis to be read from.
    if chart in _PLOTS and len(plots.units_of(panel)) > plots.MOST_AXES:
        chart = Chart.TABLE
    if chart in _PLOTS:
        drawing.kind, drawing.figure = "plot", _PLOTS[chart](panel, reader)
        drawing.heads = _legend(panel, chart, reader)
    else:
        drawing.kind, rows = _TABLES[chart][0], _TABLES[chart][1](panel, reader)
        drawing.lines, drawing.heads = rows, tables.heads(panel.columns, reader)
    return drawing


def is_empty(panel: Panel) -> bool:
    """Say whether there is nothing to draw: no rows, or nothing but zeros in them."""
    return not any(value not in (None, 0) for row in panel.rows for value in row.values[1:])


def _about(panel: Panel, reader: Reader) -> str:
    """Return the tooltip of a panel that is about one measure."""
    found = [column.measure for column in panel.columns if column.measure]
    return about_measure(found[0], reader) if len(set(found)) == 1 else ""


_EXPECTED = N_("Expected range")


def _legend(panel: Panel, chart: Chart, reader: Reader) -> list[Head]:
    """Return what the colours stand for; nothing where there is but one line."""
    heads = tables.heads(panel.columns, reader)[1:]
    if chart is Chart.FORECAST:
        marks = ("accent", "dashed", "band")
        heads = [*heads[:2], Head(reader.say(_EXPECTED))]
    elif chart is Chart.TREND:
        marks = ("accent", "before")[: len(heads)]
        heads = [heads[0], *(Head(reader.compared_with) for _ in heads[1:])]
    else:
        marks = tuple(colour.lstrip("@") for colour in _colours(len(heads)))
    for head, mark in zip(heads, marks, strict=True):
        head.mark, head.right = mark, False
    return heads if len(heads) > 1 else []


def _colours(count: int) -> Sequence[str]:
    return [SERIES[place % len(SERIES)] for place in range(count)]
