"""What is drawn as HTML: bars, stages, cohorts, segments, rankings and tables.

A page needs no library for these; they read well on a phone and are walked with the keyboard.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from babel.dates import format_skeleton

from app.analytics.charts.model import Cell, Head, Line
from app.analytics.charts.plots import numbers, slots_of
from app.analytics.charts.sparks import sparkline
from app.analytics.charts.words import (
    MISSING,
    Reader,
    about_measure,
    change_text,
    share_text,
    slot_text,
    value_text,
    wall,
)
from app.analytics.measures import MEASURES, Unit
from app.analytics.quotients import change_bps, ratio
from app.analytics.results import Column, Panel, Row, Value
from app.kit.money import BPS
from app.kit.regions import PROVINCES

_PROVINCES_EN = {name: english for _, name, english in PROVINCES}
_CHANGE = "change"
"""The ending of a column's key that holds a change of the measure before it, in basis points."""
_DEEPEST_TINT = 40
"""Percent of the accent behind the highest rate; more would leave the text too faint."""

_SEGMENT_TINT = 26
"""The same for a segment that has half of the customers, since its area is large."""


def label_of(panel: Panel, row: Row, reader: Reader) -> str:
    """Return the first column's text in the reader's language."""
    value = row.values[0]
    if isinstance(value, date):
        return _moment(panel, value, reader)
    if panel.translated_labels or row.key is None:
        return reader.say(f"{value}")
    if reader.locale != "en":
        return f"{value}"
    label = row.label_en or f"{value}"
    # Orders have provinces by their Chinese names, in panels of whatever dimension.
    return province_text(label, reader.locale) if label == value else label


def province_text(name: str, locale: str) -> str:
    """Return what a province is called; orders have its Chinese name."""
    return _PROVINCES_EN.get(name, name) if locale == "en" else name


def _moment(panel: Panel, value: date | datetime, reader: Reader) -> str:
    slots = slots_of(panel)
    if len(slots) > 1:
        width = wall(max(slots[:2])) - wall(min(slots[:2]))
        return slot_text(value, width, reader)
    return format_skeleton("yMMMd", wall(value), locale=reader.locale)


def tone_of(measure: str | None, bps: int | None) -> str:
    """Return ``up`` for a change that is good news, ``down`` for bad, nothing for neither."""
    found = MEASURES.get(measure or "")
    if not bps or found is None or found.rising_is_good is None:
        return ""
    return "up" if (bps > 0) == found.rising_is_good else "down"


def _line(panel: Panel, row: Row, place: int, reader: Reader, cells: list[Cell]) -> Line:
    chosen = reader.filters.get(panel.dimension or "", "")
    state = "" if not chosen else "yes" if row.key == chosen else "no"
    picks = row.link is not None or (panel.dimension is not None and row.key is not None)
    return Line(place, label_of(panel, row, reader), cells, chosen=state, picks=picks)


def bars(panel: Panel, reader: Reader) -> list[Line]:
    """Return a label with its bar, value and change on each line; the rest has no bar."""
    column, compared = panel.columns[1], len(panel.columns) > 2
    named = [place for place, row in enumerate(panel.rows) if row.key is not None]
    values, befores = numbers(panel, 1), numbers(panel, 2) if compared else []
    shown = [abs(v or 0) for at in named for v in (values[at], befores[at] if befores else 0)]
    most, total = max(shown, default=0), sum(value or 0 for value in values)
    found: list[Line] = []
    for place, row in enumerate(panel.rows):
        value, before = values[place], befores[place] if befores else None
        cells = [Cell(value_text(value, column.unit, reader)),
                 _beside(column, value, before, total, reader, compared=compared)]  # fmt: skip
        line = _line(panel, row, place, reader, cells)
        # The rest is often so large that a bar of it would leave the others as hairlines.
        if row.key is not None or panel.dimension is None:
            line.share = _percent(value, most)
            line.before = _percent(before, most) if before else ""
        found.append(line)
    return found


def _beside(
    column: Column,
    value: int | None,
    before: int | None,
    total: int,
    reader: Reader,
    *,
    compared: bool,
) -> Cell:
    """Return what stands beside a bar's value: the change, or else its share of the whole."""
    if compared:
        bps = change_bps(value, before)
        return Cell(change_text(bps, reader), tone_of(column.measure, bps))
    if column.unit not in (Unit.MONEY, Unit.COUNT) or value is None or total <= 0:
        return Cell("")
    return Cell(share_text(ratio(value, total, 10_000) or 0, reader))


def _percent(value: int | None, most: int) -> str:
    return f"{max(value or 0, 0) / most:.1%}" if most else "0%"


def funnel(panel: Panel, reader: Reader) -> list[Line]:
    """Return the stages, each with its share of the first and a bar as long."""
    counts = numbers(panel, 1)
    first = next((count for count in counts if count), 0)
    found: list[Line] = []
    for place, row in enumerate(panel.rows):
        count = counts[place]
        bps = ratio(count or 0, first, 10_000)
        share = MISSING if bps is None else share_text(bps, reader)
        cells = [Cell(value_text(count, panel.columns[1].unit, reader)), Cell(share)]
        line = _line(panel, row, place, reader, cells)
        line.share = _percent(count, first)
        found.append(line)
    return found


def cohorts(panel: Panel, reader: Reader) -> list[Line]:
    """Return the cohorts; the higher a rate, the more of the accent stands behind it."""
    rates = [value for row in panel.rows for value in row.values[2:] if isinstance(value, int)]
    most = max(rates, default=0) or 1
    found: list[Line] = []
    for place, row in enumerate(panel.rows):
        cells = [Cell(_text(panel.columns[1], row.values[1], reader))]
        for value in row.values[2:]:
            known = value if isinstance(value, int) else None
            text = "" if known is None else f"{known / BPS:.0%}"
            cells.append(Cell(text, tint=round((known or 0) * _DEEPEST_TINT / most)))
        line = _line(panel, row, place, reader, cells)
        if isinstance(row.values[0], date):
            line.label = format_skeleton("yMMM", wall(row.values[0]), locale=reader.locale)
        found.append(line)
    return found


def segments(panel: Panel, reader: Reader) -> list[Line]:
    """Return the segments: customers, their share of all, what they paid."""
    customers = numbers(panel, 1)
    total = sum(count or 0 for count in customers)
    found: list[Line] = []
    for place, row in enumerate(panel.rows):
        bps = ratio(customers[place] or 0, total, 10_000) or 0
        others = [Cell(_text(column, value, reader)) for column, value in _beyond(panel, row, 2)]
        tint = max(4, min(_SEGMENT_TINT, bps * _SEGMENT_TINT // 5_000))
        first = Cell(_text(panel.columns[1], customers[place], reader), tint=tint)
        line = _line(panel, row, place, reader, [first, Cell(share_text(bps, reader)), *others])
        line.share = f"{bps / BPS:.1%}"
        found.append(line)
    return found


def table(panel: Panel, reader: Reader) -> list[Line]:
    """Return the rows of a table; a row that has a series gets a sparkline."""
    found: list[Line] = []
    for place, row in enumerate(panel.rows):
        cells = [_cell(column, value, reader) for column, value in _beyond(panel, row, 1)]
        line = _line(panel, row, place, reader, cells)
        spark = sparkline(row.series, 88, 24)
        line.path, line.area = spark.line, spark.area
        found.append(line)
    return found


def _beyond(panel: Panel, row: Row, first: int) -> Iterator[tuple[Column, Value]]:
    return zip(panel.columns[first:], row.values[first:], strict=True)


def _cell(column: Column, value: Value, reader: Reader) -> Cell:
    if column.key.endswith(_CHANGE) and (value is None or isinstance(value, int)):
        measure = column.key.removesuffix(f"_{_CHANGE}")
        return Cell(change_text(value, reader), tone_of(measure, value))
    return Cell(_text(column, value, reader), right=column.unit is not None)


def _text(column: Column, value: Value, reader: Reader) -> str:
    if isinstance(value, date):
        width = "yMMMd" if not isinstance(value, datetime) else "yMMMdHm"
        return format_skeleton(width, wall(value), locale=reader.locale)
    if isinstance(value, str):
        return reader.say(value)
    return value_text(value, column.unit, reader)


def heads(columns: Sequence[Column], reader: Reader) -> list[Head]:
    """Return the headings with the tooltips of their measures; a single one stands in the title."""
    several = len({column.measure for column in columns if column.measure}) > 1
    return [
        Head(
            reader.say(column.label, **column.label_params),
            about_measure(column.measure, reader) if several else "",
            right=column.unit is not None,
        )
        for column in columns
    ]
