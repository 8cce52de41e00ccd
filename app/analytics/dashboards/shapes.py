"""Panels of a kind: a trend, bars, a ranking, a table by a dimension, lines over time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.analytics.dashboards.desk import UNKNOWN, Desk, Label, measure_of
from app.analytics.engine import BEFORE
from app.analytics.measures import Measure, Unit
from app.analytics.quotients import change_bps
from app.analytics.results import Chart, Column, Panel, Row, Value
from app.analytics.views import DIMENSIONS
from app.kit.i18n import N_

if TYPE_CHECKING:
    import polars as pl

TOP = 8
"""So many values of a dimension are named; the others are the rest."""
RANKED = 10
REST = N_("Others")
_TIME = {"hour": N_("Hour"), "day": N_("Day"), "week": N_("Week"), "month": N_("Month")}


def column_of(measure: Measure | str) -> Column:
    """Return the column of a measure."""
    found = measure_of(measure)
    return Column(found.key, found.name, found.unit, found.key)


def before_of(measure: Measure | str) -> Column:
    """Return the column of a measure's comparison."""
    found = measure_of(measure)
    return Column(found.key + BEFORE, N_("Comparison period"), found.unit, found.key)


def change_column(measure: Measure | str) -> Column:
    """Return the column of a measure's change."""
    return Column(f"{measure_of(measure).key}_change", N_("Growth"), Unit.RATE)


def time_column(grain: str) -> Column:
    """Return the first column of a panel over time."""
    return Column("slot", _TIME[grain])


async def trend(
    desk: Desk, measure: Measure | str, title: str, *, name: str = "", wide: bool = True
) -> Panel:
    """Return a measure over the period, beside its comparison."""
    mine, note = desk.fitting(measure)
    key, grain = measure_of(measure).key, desk.grain
    frame = await mine.frame(measure, grain=grain, compared=desk.view.shift is not None)
    rows = tuple(
        Row(values, link=mine.slot_link(measure, values[0], grain)) for values in frame.rows()
    )
    columns = (time_column(grain), column_of(measure), before_of(measure))[: frame.width]
    link = mine.link(measure)
    return Panel(name or key, title, Chart.TREND, columns, rows, note=note, link=link, wide=wide)


async def over_time(
    desk: Desk,
    measures: Sequence[Measure | str],
    title: str,
    name: str,
    chart: Chart = Chart.COLUMNS,
) -> Panel:
    """Return measures side by side over the period."""
    mine, note = desk.fitting(*measures)
    grain = desk.grain
    frame = await mine.frame(*measures, grain=grain)
    rows = tuple(
        Row(values, link=mine.slot_link(measures[0], values[0], grain))
        for values in frame.rows()
        if values[1] is not None
    )
    columns = (time_column(grain), *(column_of(m) for m in measures))
    return Panel(name, title, chart, columns, rows, note=note, link=mine.link(measures[0]))


async def bars(
    desk: Desk, measure: Measure | str, dimension: str, title: str, *, name: str = ""
) -> Panel:
    """Return the largest values of a dimension, the rest of them last.

    The view's filter on the dimension itself is not applied: its other values stay to choose.
    """
    mine, note = desk.without(dimension).fitting(measure)
    frame = await mine.frame(measure, by=(dimension,), compared=desk.view.shift is not None)
    top = _largest(frame, measure_of(measure).key, dimension, TOP)
    labels = await mine.labels(dimension, [key for key, *_ in top])
    rows = [
        label_row(mine, measure, dimension, labels.get(key), values)
        for key, *values in top
        if any(values)
    ]
    rest = _rest(frame, top)
    if any(rest):
        rows.append(Row((REST, *rest)))
    columns = (Column(dimension, DIMENSIONS[dimension]), column_of(measure), before_of(measure))
    return Panel(
        name or dimension,
        title,
        Chart.BARS,
        columns[: frame.width],
        tuple(rows),
        dimension,
        note,
        link=mine.link(measure),
    )


def _largest(
    frame: "pl.DataFrame", column: str, dimension: str, most: int
) -> list[tuple[Any, ...]]:
    """Return the rows of the largest known values of a dimension, which is the first column."""
    table = frame.sort(column, dimension, descending=[True, False], nulls_last=True)
    return [row for row in table.head(most + 1).rows() if row[0] is not None][:most]


def _rest(frame: "pl.DataFrame", named: Sequence[tuple[Any, ...]]) -> tuple[int, ...]:
    """Return the sums of what is not named, of each column but the first."""
    return tuple(
        int(column.sum() or 0) - sum(row[place] or 0 for row in named)
        for place, column in enumerate(frame.get_columns()[1:], 1)
    )


def label_row(
    desk: Desk,
    measure: Measure | str,
    dimension: str,
    label: Label | None,
    values: Sequence[Value],
    series: tuple[int | None, ...] = (),
) -> Row:
    """Return the row of one value of a dimension, with its link."""
    if label is None:
        return Row((UNKNOWN, *values), series=series)
    link = desk.link(measure, {dimension: label.key})
    return Row((label.label, *values), label.key, link, label.label_en, series)


async def ranking(
    desk: Desk,
    dimension: str,
    measures: Sequence[Measure | str],
    title: str,
    name: str = "",
    most: int = RANKED,
) -> Panel:
    """Return the first of a dimension by the first measure, with a sparkline of it.

    The second column is the first measure, the third its change; the others follow.
    """
    mine, note = desk.without(dimension).fitting(*measures)
    first = measure_of(measures[0])
    compared = desk.view.shift is not None
    frame = await mine.frame(*measures, by=(dimension,), compared=compared)
    named = (
        dict(zip(frame.columns, row, strict=True))
        for row in _largest(frame, first.key, dimension, most)
    )
    top = [found for found in named if (found[first.key] or 0) > 0]
    keys = [found[dimension] for found in top]
    series = await _series(mine, measures[0], dimension, keys)
    labels = await mine.labels(dimension, keys)
    others = [measure_of(measure).key for measure in measures[1:]]
    rows: list[Row] = []
    for found in top:
        key, value = found[dimension], found[first.key]
        change = [change_bps(value, found[first.key + BEFORE])] if compared else []
        values = (value, *change, *(found[other] for other in others))
        line = series.get(key, ())
        rows.append(label_row(mine, measures[0], dimension, labels.get(key), values, line))
    changes = (change_column(first),) if compared else ()
    columns = (
        Column(dimension, DIMENSIONS[dimension]),
        column_of(first),
        *changes,
        *(column_of(measure) for measure in measures[1:]),
    )
    return Panel(
        name or f"{dimension}s",
        title,
        Chart.RANKING,
        columns,
        tuple(rows),
        dimension,
        note,
        link=mine.link(first),
    )


async def _series(
    desk: Desk, measure: Measure | str, dimension: str, keys: Sequence[int | str]
) -> dict[int | str, tuple[int | None, ...]]:
    if not keys:
        return {}
    frame = await desk.frame(measure, by=(dimension,), grain=desk.grain, only={dimension: keys})
    found: dict[int | str, list[int | None]] = {}
    lines = (frame[name].to_list() for name in (dimension, measure_of(measure).key))
    for key, value in zip(*lines, strict=True):
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
