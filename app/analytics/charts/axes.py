"""What all plots share: marks of an axis, the layout, colours by name."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

from app.analytics.charts.words import Reader, short_text, tick_text, wall
from app.analytics.measures import Unit
from app.kit.tokens import FONT

PLOT_PX = 264
UNSEEN = "rgba(0,0,0,0)"
SERIES = ("@accent", *(f"@series-{place}" for place in range(2, 7)))
"""The colours of series side by side; the accent is the first one's."""
_HOUR = timedelta(hours=1)


def nice_ticks(top: int, least: int = 1, bottom: int = 0) -> list[int]:
    """Return about four round marks from ``bottom`` or below to ``top`` or above.

    ``least`` is the finest step that makes sense: 100 for whole units of money, 1 for things.
    """
    wanted = max(1, -(-(top - bottom) // 4))
    power = 10 ** (len(str(wanted)) - 1)
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)
    step = max(step, least)
    marks = list(range(step * (bottom // step), step * (-(-top // step)) + 1, step))
    return marks if len(marks) > 1 else [0, step]


def spread(count: int, most: int = 6) -> list[int]:
    """Return at most ``most`` places of ``count``, evenly apart, the last one among them."""
    step = max(1, -(-count // most))
    return list(range(count - 1, -1, -step))[::-1]


def slot_width(slots: Sequence[date | datetime]) -> timedelta:
    """Return how long a slot is, judged by the two first ones; a day for a single date."""
    if len(slots) > 1:
        return wall(slots[1]) - wall(slots[0])
    return _HOUR if slots and isinstance(slots[0], datetime) else timedelta(days=1)


def value_axis(values: Iterable[int | None], unit: Unit | None, reader: Reader) -> dict[str, Any]:
    """Return the upright axis: about four round marks, faint lines across."""
    known = [value for value in values if value is not None]
    least = 100 if unit in (Unit.MONEY, Unit.RATE) else 1
    ticks = nice_ticks(max(known, default=0), least, min(0, min(known, default=0)))
    return _PLAIN | {
        "tickvals": ticks,
        "ticktext": [f"{short_text(tick, unit, reader)}  " for tick in ticks],
        "range": [ticks[0], ticks[0] + (ticks[-1] - ticks[0]) * 1.04],
        "showgrid": True,
        "gridcolor": "@line",
    }


def place_axis(texts: Sequence[str], *, bars: bool = False) -> dict[str, Any]:
    """Return the level axis, whose places are the panel's rows; ``texts`` belong to all."""
    count = len(texts)
    shown = spread(count)
    edge = 0.5 if bars else 0.02 * count
    return _PLAIN | {
        "tickvals": shown,
        # Plotly reads a little HTML, and merchants write some labels.
        "ticktext": [escape(texts[place], quote=False) for place in shown],
        "range": [-edge, count - 1 + max(edge, 0.02)],
        "tickangle": 0,
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": UNSEEN,
    }


_PLAIN: dict[str, Any] = {
    "showgrid": False,
    "zeroline": False,
    "fixedrange": True,
    "automargin": True,
}


def slot_ticks(slots: Sequence[date | datetime], reader: Reader) -> list[str]:
    """Return the texts of slots on an axis."""
    width = slot_width(slots)
    return [tick_text(slot, width, reader) for slot in slots]


def layout(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """Return the layout of a plot with its two axes."""
    return {
        "height": PLOT_PX,
        "autosize": True,
        "margin": {"l": 4, "r": 24, "t": 8, "b": 4},
        "paper_bgcolor": UNSEEN,
        "plot_bgcolor": UNSEEN,
        "font": {"family": FONT, "size": 12, "color": "@soft"},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x",
        # The layout's label is the one at the axis, which would repeat the day.
        "hoverlabel": _hover_label(UNSEEN, UNSEEN, UNSEEN),
        "xaxis": x,
        "yaxis": y,
    }


def _hover_label(background: str, border: str, ink: str) -> dict[str, Any]:
    font = {"family": FONT, "size": 12, "color": ink}
    return {"bgcolor": background, "bordercolor": border, "font": font, "align": "left"}


def hover_line(heights: Sequence[float], texts: Sequence[str]) -> dict[str, Any]:
    """Return an unseen line with a point at every place, also those to come, that says texts."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(range(len(heights))),
        "y": list(heights),
        "line": {"color": UNSEEN, "width": 0},
        "hoverlabel": _hover_label("@surface", "@line-strong", "@ink"),
        "customdata": list(texts),
        "hovertemplate": "%{customdata}<extra></extra>",
    }
