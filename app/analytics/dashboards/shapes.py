"""Panels of a kind: a trend, bars, a ranking, a table by a dimension, lines over time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    return Column(found.key + BEFORE, N_("In the comparison"), found.unit, found.key)


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
    compared = desk.view.shift is not None
    frame = await mine.frame(measure, grain=grain, compared=compared)
    wanted = ["slot", key, *([key + BEFORE] if compared else [])]
    rows = tuple(
        Row(values, link=mine.slot_link(measure, values[0], grain))
        for values in frame.select(wanted).iter_rows()
    )
    columns = (time_column(grain), column_of(measure), before_of(measure))[: len(wanted)]
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
        for values in frame.iter_rows()
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
    found = measure_of(measure)
    compared = desk.view.shift is not None
    frame = await mine.frame(measure, by=(dimension,), compared=compared)
    wanted = [found.key, *([found.key + BEFORE] if compared else [])]
    table = frame.sort(found.key, dimension, descending=[True, False], nulls_last=True)
    named = table.filter(table[dimension].is_not_null()).head(TOP)
    labels = await mine.labels(dimension, named[dimension])
    rows = [
        label_row(mine, measure, dimension, labels.get(key), values)
        for key, *values in named.select(dimension, *wanted).iter_rows()
        if any(values)
    ]
    rest = _rest(table, named, wanted)
    if rest is not None:
        rows.append(Row((REST, *rest)))
    columns = (Column(dimension, DIMENSIONS[dimension]), column_of(measure), before_of(measure))
    return Panel(
        name or dimension,
        title,
        Chart.BARS,
        columns[: 1 + len(wanted)],
        tuple(rows),
        dimension,
        note,
        link=mine.link(measure),
    )


def _rest(
    table: "pl.DataFrame", named: "pl.DataFrame", wanted: Sequence[str]
) -> tuple[int, ...] | None:
    """Return the sums of what is not named; None where they are nothing."""
    rest = tuple(int(table[name].sum() or 0) - int(named[name].sum() or 0) for name in wanted)
    return rest if any(rest) else None


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
    frame = frame.filter(frame[dimension].is_not_null(), frame[first.key] > 0)
    top = frame.sort(first.key, dimension, descending=[True, False]).head(most)
    series = await _series(mine, measures[0], dimension, top[dimension].to_list())
    labels = await mine.labels(dimension, top[dimension])
    others = [measure_of(measure).key for measure in measures[1:]]
    rows: list[Row] = []
    for found in top.iter_rows(named=True):
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
    for key, _, value in frame.iter_rows():
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
