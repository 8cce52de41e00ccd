"""Figures over time as Plotly figures: a trend, lines, columns, a forecast.

A place on the level axis is a row of the panel. What one hovers over is an unseen line above all
others, so that a text tells all of a slot's values, also of one that is still to come.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

from app.analytics.charts.axes import (
    SERIES,
    hover_line,
    layout,
    place_axis,
    slot_ticks,
    slot_width,
    value_axis,
)
from app.analytics.charts.model import Figure
from app.analytics.charts.words import Reader, slot_text, value_text, wall
from app.analytics.measures import MEASURES, Unit
from app.analytics.results import Column, Panel, Value
from app.kit.i18n import N_

_SO_FAR = N_("so far")
_DASHES = ("solid", "solid", "dash", "dot", "dashdot", "longdash")
"""Lines differ not by colour alone."""

Values = list[int | None]


def numbers(panel: Panel, place: int) -> Values:
    """Return a column's integers; None for what is undefined or still to come."""
    return [_number(row.values[place]) for row in panel.rows]


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def slots_of(panel: Panel) -> list[date | datetime]:
    """Return the first column as moments; empty if it holds labels."""
    first = [row.values[0] for row in panel.rows]
    return [value for value in first if isinstance(value, date)]


def running(panel: Panel, reader: Reader) -> int | None:
    """Return the place of the slot that is not over, if there is one with a value."""
    slots = slots_of(panel)
    width = slot_width(slots)
    for place, slot in enumerate(slots):
        if wall(slot) <= reader.at < wall(slot) + width:
            return place
    return None


def trend(panel: Panel, reader: Reader) -> Figure:
    """Draw a measure over time: an area, the comparison dashed, a running slot dotted."""
    values = numbers(panel, 1)
    width = len(panel.columns)
    before: Values = numbers(panel, 2) if width > 2 else []
    open_at = running(panel, reader)
    data = [_before(before), *_measured(values, open_at), _last_point(values, open_at)]
    heights = [value if value is not None else earlier
               for value, earlier in zip(values, before or values, strict=True)]  # fmt: skip
    texts = [_trend_text(panel, reader, place, open_at) for place in range(len(values))]
    data.append(hover_line([height or 0 for height in heights], texts))
    return {
        "data": [trace for trace in data if trace["x"]],
        "layout": layout(
            place_axis(slot_ticks(slots_of(panel), reader)),
            value_axis([*values, *before], panel.columns[1].unit, reader),
        ),
    }


def _curve(
    values: Values, colour: str, *, dash: str = "solid", width: float = 2, fill: str = ""
) -> dict[str, Any]:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": [place for place, _ in known],
        "y": [value for _, value in known],
        "hoverinfo": "skip",
        "line": {"color": colour, "width": width, "dash": dash},
    }
    return line | ({"fill": fill, "fillcolor": f"{colour}/10"} if fill else {})


def _before(values: Values) -> dict[str, Any]:
    return _curve(values, "@faint", dash="4px,4px", width=1.5)


def _measured(values: Values, open_at: int | None) -> list[dict[str, Any]]:
    """Return the line of what is over, and a dotted one to the slot that is still running."""
    if open_at is None or not open_at or values[open_at] is None:
        return [_curve(values, "@accent", width=2.25, fill="tozeroy")]
    over: Values = [*values[:open_at], *([None] * (len(values) - open_at))]
    to_now: Values = [None] * len(values)
    to_now[open_at - 1 : open_at + 1] = values[open_at - 1 : open_at + 1]
    return [
        _curve(over, "@accent", width=2.25, fill="tozeroy"),
        _curve(to_now, "@accent", dash="dot", width=2.25),
    ]


def _last_point(values: Values, open_at: int | None) -> dict[str, Any]:
    last = max((place for place, value in enumerate(values) if value is not None), default=None)
    fill = "@surface" if last == open_at else "@accent"
    return {
        "type": "scatter",
        "mode": "markers",
        # A zero stands on the edge and would be cut in half.
        "cliponaxis": False,
        "x": [] if last is None else [last],
        "y": [] if last is None else [values[last]],
        "hoverinfo": "skip",
        "marker": {"size": 7, "color": fill, "line": {"color": "@accent", "width": 2}},
    }


def _trend_text(panel: Panel, reader: Reader, place: int, open_at: int | None) -> str:
    slots, unit = slots_of(panel), panel.columns[1].unit
    width, slot = slot_width(slots), slots[place]
    value, *before = panel.rows[place].values[1:]
    texts: list[str] = []
    if value is not None:
        text = f"<b>{value_text(_number(value), unit, reader)}</b>  "
        text += slot_text(slot, width, reader)
        texts.append(f"{text} · {reader.say(_SO_FAR)}" if place == open_at else text)
    if before:
        earlier = slot_text(wall(slot) - (reader.shift or timedelta()), width, reader)
        texts.append(f"{value_text(_number(before[0]), unit, reader)}  {earlier}")
    return "<br>".join(texts) or slot_text(slot, width, reader)


def units_of(panel: Panel) -> list[Unit]:
    """Return the units of a panel's figures; what is a ratio comes last."""
    units = dict.fromkeys(column.unit or Unit.COUNT for column in panel.columns[1:])
    return sorted(units, key=lambda unit: unit in _RATIOS)


_RATIOS = frozenset({Unit.RATE, Unit.SCORE})
MOST_AXES = 2


def lines(panel: Panel, reader: Reader) -> Figure:
    """Draw one line for each column; those of a second unit belong to the axis at the right."""
    series, left = _series(panel), units_of(panel)[0]
    curves = [_line(panel, place, values, left) for place, values in enumerate(series)]
    mine = [values for place, values in enumerate(series) if _unit(panel, place) is left]
    every = [value for values in mine for value in values]
    figure = _over_time(panel, reader, curves, _highest(mine), every, unit=left)
    return _with_right_axis(figure, panel, reader, series)


def columns(panel: Panel, reader: Reader) -> Figure:
    """Draw columns upon each other where they are parts of one sum, else beside each other.

    What is of a second unit, such as a ratio, is a line with an axis of its own at the right.
    """
    if _is_divided_sum(panel):
        return _stack(panel, reader)
    series, left = _series(panel), units_of(panel)[0]
    beside = [place for place in range(len(series)) if _unit(panel, place) is left]
    width = 0.72 / len(beside)
    traces: list[dict[str, Any]] = []
    for place, values in enumerate(series):
        if place in beside:
            at = {"width": width * 0.94, "offset": width * beside.index(place) - 0.36}
            traces.append(_bar(place, values) | at)
        else:
            traces.append(_line(panel, place, values, left))
    mine = [series[place] for place in beside]
    every = [value for values in mine for value in values]
    figure = _over_time(panel, reader, traces, _highest(mine), every, bars=True, unit=left)
    figure["layout"] |= {"barmode": "overlay"}
    return _with_right_axis(figure, panel, reader, series)


def _is_divided_sum(panel: Panel) -> bool:
    """Say whether all columns are one measure that adds up, divided by a dimension."""
    shown = {column.measure for column in panel.columns[1:]}
    measure = MEASURES.get(shown.pop() or "") if len(shown) == 1 else None
    return measure is not None and not measure.bottom


def _series(panel: Panel) -> list[Values]:
    return [numbers(panel, place) for place in range(1, len(panel.columns))]


def _unit(panel: Panel, place: int) -> Unit:
    return panel.columns[place + 1].unit or Unit.COUNT


def _line(panel: Panel, place: int, values: Values, left: Unit) -> dict[str, Any]:
    curve = _curve(values, SERIES[place % len(SERIES)], dash=_DASHES[place % len(_DASHES)])
    return curve if _unit(panel, place) is left else curve | {"yaxis": "y2"}


def _bar(place: int, values: Values) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(range(len(values))),
        "y": values,
        "hoverinfo": "skip",
        "marker": {"color": SERIES[place % len(SERIES)], "cornerradius": 2},
    }


def _stack(panel: Panel, reader: Reader) -> Figure:
    series = _series(panel)
    bars = [_bar(place, values) | {"width": 0.62} for place, values in enumerate(series)]
    tops = [sum(max(value or 0, 0) for value in slot) for slot in zip(*series, strict=True)]
    lowest = [sum(min(value or 0, 0) for value in slot) for slot in zip(*series, strict=True)]
    figure = _over_time(panel, reader, bars, tops, [*tops, *lowest], bars=True)
    figure["layout"] |= {"barmode": "relative", "bargap": 0.3}
    return figure


def _with_right_axis(
    figure: Figure, panel: Panel, reader: Reader, series: Sequence[Values]
) -> Figure:
    """Give what is not of the first unit an axis of its own at the right."""
    for unit in units_of(panel)[1:MOST_AXES]:
        values = [v for place, s in enumerate(series) if _unit(panel, place) is unit for v in s]
        axis = value_axis(values, unit, reader)
        texts = [f"  {text.strip()}" for text in axis["ticktext"]]
        at_right = {"overlaying": "y", "side": "right", "showgrid": False, "ticktext": texts}
        figure["layout"]["yaxis2"] = axis | at_right
    return figure


def forecast(panel: Panel, reader: Reader) -> Figure:
    """Draw what was, what is expected, and the range in which it may lie."""
    actual, expected, low, high = (numbers(panel, place) for place in range(1, 5))
    curves = [
        _curve(low, "@accent", width=0),
        _curve(high, "@accent", width=0, fill="tonexty"),
        _curve(expected, "@accent", dash="5px,4px"),
        _curve(actual, "@accent", width=2.25),
    ]
    for edge in curves[:2]:
        edge["line"] |= {"color": "rgba(0,0,0,0)"}
    every = [*actual, *expected, *low, *high]
    return _over_time(panel, reader, curves, _highest([actual, expected]), every)


def _highest(series: Sequence[Values]) -> list[int]:
    return [
        max((v for v in slot if v is not None), default=0) for slot in zip(*series, strict=True)
    ]


def _over_time(
    panel: Panel,
    reader: Reader,
    data: list[dict[str, Any]],
    heights: Sequence[int],
    every: Sequence[int | None],
    *,
    bars: bool = False,
    unit: Unit | None = None,
) -> Figure:
    slots = slots_of(panel)
    ticks = slot_ticks(slots, reader) if slots else [f"{row.values[0]}" for row in panel.rows]
    texts = [_all_texts(panel, reader, place) for place in range(len(panel.rows))]
    drawn = [trace for trace in data if trace["x"]]
    return {
        "data": [*drawn, hover_line(heights, texts)],
        "layout": layout(
            place_axis(ticks, bars=bars),
            value_axis(every, unit or panel.columns[1].unit, reader),
        ),
    }


def _all_texts(panel: Panel, reader: Reader, place: int) -> str:
    slots, row = slots_of(panel), panel.rows[place]
    when = slot_text(slots[place], slot_width(slots), reader) if slots else f"{row.values[0]}"
    return "<br>".join(
        [
            f"<b>{escape(when, quote=False)}</b>",
            *(
                f"{column_text(column, reader)}  {value_text(_number(value), column.unit, reader)}"
                for column, value in zip(panel.columns[1:], row.values[1:], strict=True)
                if value is not None
            ),
        ]
    )


def column_text(column: Column, reader: Reader) -> str:
    """Return a column's label; Plotly reads a little HTML, and merchants write some."""
    return escape(reader.say(column.label, **column.label_params), quote=False)
