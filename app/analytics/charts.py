"""Figures drawn: Plotly figures as plain dicts (no import of plotly), sparklines as SVG paths.

Every text in a chart is made here in the reader's language, so that nothing depends on a locale
file in the browser. Backgrounds are transparent; Plotly cannot read CSS variables, so a figure is
made for one theme. ``customdata`` of a point is ``[hover text, path]``, the path being the list
that a click opens (empty for none).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, Literal

from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal, format_decimal

from app.access import Scope
from app.analytics.dashboards import Breakdown, Dashboard, Share, Stage, Trend
from app.analytics.measures import MEASURES, Unit
from app.analytics.periods import Period
from app.kit.i18n import N_, gettext, yuan
from app.kit.tokens import ACCENTS, DARK, FONT, LIGHT

Theme = Literal["light", "dark"]
Figure = dict[str, Any]

CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
"""Plotly's configuration for every chart."""
ROW_PX, BARS_EDGE_PX, TREND_PX = 34, 16, 280


@dataclass(frozen=True)
class Reader:
    """For whom a chart is drawn: theme, language, and the workspace whose accent it takes."""

    theme: Theme = "light"
    locale: str = "zh_CN"
    scope: Scope = Scope.PLATFORM

    @property
    def colours(self) -> dict[str, str]:
        """The tokens of the theme."""
        return DARK if self.theme == "dark" else LIGHT

    @property
    def accent(self) -> str:
        """The workspace's accent in the theme."""
        return ACCENTS[self.scope][self.theme == "dark"]

    def say(self, message: str, **params: object) -> str:
        """Translate a message id."""
        return gettext(self.locale, message, **params)


def value_text(value: int | None, unit: Unit, locale: str) -> str:
    """Return a measure's value as people of ``locale`` write it; a dash where it is undefined."""
    if value is None:
        return "–"
    if unit is Unit.MONEY:
        return yuan(value)
    if unit is Unit.RATE:
        return f"{format_decimal(Decimal(value) / 100, '#,##0.00', locale=locale)}%"
    return format_decimal(value, locale=locale)


def change_text(bps: int | None, locale: str) -> str:
    """Return a change such as ``+12.3%``; a dash where there is nothing to compare with."""
    if bps is None:
        return "–"
    tenths = (abs(bps) + 5) // 10
    sign = "" if tenths == 0 else "+" if bps > 0 else "−"
    return f"{sign}{format_decimal(Decimal(tenths) / 10, '#,##0.0', locale=locale)}%"


def _share_text(bps: int, locale: str) -> str:
    return f"{format_decimal(Decimal(bps) / 100, '#,##0.0', locale=locale)}%"


def slot_text(slot: datetime, *, hourly: bool, locale: str) -> str:
    """Return a slot in full, for a hover text."""
    day = format_skeleton("MMMEd", slot, locale=locale)
    return f"{day} {slot:%H:%M}" if hourly else day


def _tick_text(slot: datetime, *, hourly: bool, locale: str) -> str:
    return f"{slot:%H:%M}" if hourly else format_skeleton("MMMd", slot, locale=locale)


def _short(value: int, unit: Unit, locale: str) -> str:
    if unit is Unit.RATE:
        return f"{format_decimal(Decimal(value) / 100, '#,##0.#', locale=locale)}%"
    number = Decimal(value) / 100 if unit is Unit.MONEY else Decimal(value)
    sign = "−" if value < 0 else ""
    text = format_compact_decimal(abs(number), locale=locale, fraction_digits=1)
    return f"{sign}{'¥' if unit is Unit.MONEY else ''}{text}"


def nice_ticks(top: int, least: int = 1, bottom: int = 0) -> list[int]:
    """Return about four round marks from ``bottom`` or below to ``top`` or above.

    ``least`` is the finest step that makes sense: 100 for whole yuan, 1 for things.
    """
    wanted = max(1, -(-(top - bottom) // 4))
    power = 10 ** (len(str(wanted)) - 1)
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)
    step = max(step, least)
    return list(range(step * (bottom // step), step * (-(-top // step)) + 1, step)) or [0]


def _spread(count: int, most: int = 4) -> list[int]:
    """Return at most ``most`` places of ``count``, evenly apart, the last one among them."""
    step = max(1, -(-count // most))
    return list(range(count - 1, -1, -step))[::-1]


def _layout(reader: Reader, height: int) -> dict[str, Any]:
    colours = reader.colours
    return {
        "height": height,
        "autosize": True,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "paper_bgcolor": _UNSEEN,
        "plot_bgcolor": _UNSEEN,
        "font": {"family": FONT, "size": 12, "color": colours["soft"]},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": _hover_label(colours["surface"], colours["line-strong"], colours["ink"]),
    }


_UNSEEN = "rgba(0,0,0,0)"


def _hover_label(background: str, border: str, ink: str) -> dict[str, Any]:
    font = {"family": FONT, "size": 12, "color": ink}
    return {"bgcolor": background, "bordercolor": border, "font": font, "align": "left"}


def trend(chart: Trend, period: Period, reader: Reader) -> Figure:
    """Draw a measure over the period: an area, the comparison dashed, a running slot dotted."""
    unit = MEASURES[chart.measure].unit
    begun = sum(1 for value in chart.values if value is not None)
    whole = begun - 1 if period.is_partial and begun else begun
    places = list(range(len(chart.values)))
    done = [value for value in chart.values if value is not None]
    lines = [
        _line(places, list(chart.before), reader.colours["faint"], dash="4px,4px", width=1.5),
        _line(places[:whole], done[:whole], reader.accent, fill=True),
    ]
    if whole < begun and whole:
        lines.append(_line(places[whole - 1 : begun], done[whole - 1 :], reader.accent, dash="dot"))
    lines.append(_last_point(done, reader, hollow=whole < begun))
    lines.append(_hover_line(chart, period, reader))
    return {
        "data": [line for line in lines if line["x"]],
        "layout": _layout(reader, TREND_PX) | _trend_axes(chart, period, reader, unit),
    }


def _line(
    x: list[int],
    y: list[int],
    colour: str,
    *,
    dash: str = "solid",
    width: float = 2.25,
    fill: bool = False,
) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "hoverinfo": "skip",
        "line": {"color": colour, "width": width, "dash": dash},
    }
    return line | ({"fill": "tozeroy", "fillcolor": _faded(colour, 0.1)} if fill else {})


def _faded(colour: str, share: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _last_point(done: list[int], reader: Reader, *, hollow: bool) -> dict[str, Any]:
    fill = reader.colours["surface"] if hollow else reader.accent
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [len(done) - 1] if done else [],
        "y": done[-1:],
        "hoverinfo": "skip",
        "marker": {"size": 7, "color": fill, "line": {"color": reader.accent, "width": 2}},
    }


def _hover_line(chart: Trend, period: Period, reader: Reader) -> dict[str, Any]:
    """An unseen line with a point in every slot, also those to come, that carries the texts."""
    heights = [
        before if value is None else value
        for value, before in zip(chart.values, chart.before, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(range(len(heights))),
        "y": heights,
        "line": {"color": _UNSEEN, "width": 0},
        "hoverlabel": _layout(reader, TREND_PX)["hoverlabel"],
        "customdata": [
            [_trend_hover(chart, period, reader, place), ""] for place in range(len(heights))
        ],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }


def _trend_hover(chart: Trend, period: Period, reader: Reader, place: int) -> str:
    unit = MEASURES[chart.measure].unit
    hourly, slot = period.is_hourly, period.slots[place]
    day = slot_text(slot, hourly=hourly, locale=reader.locale)
    before = slot_text(slot - period.shift, hourly=hourly, locale=reader.locale)
    value, earlier = chart.values[place], chart.before[place]
    lines = [f"<b>{value_text(value, unit, reader.locale)}</b>  {day}"]
    if period.is_partial and place == period.begun - 1:
        lines[0] += f" · {reader.say(_SO_FAR)}"
    lines.append(
        f"<span style='color:{reader.colours['faint']}'>"
        f"{value_text(earlier, unit, reader.locale)}  {before}</span>"
    )
    return "<br>".join(lines if value is not None else lines[1:])


_SO_FAR = N_("so far")


def _trend_axes(chart: Trend, period: Period, reader: Reader, unit: Unit) -> dict[str, Any]:
    values = [value for value in (*chart.values, *chart.before) if value is not None]
    ticks = nice_ticks(
        max(values, default=0), 100 if unit is Unit.MONEY else 1, min(0, min(values, default=0))
    )
    if len(ticks) == 1:
        ticks.append(100 if unit is Unit.MONEY else 1)
    slots = period.slots
    shown = _spread(len(slots))
    texts = [_tick_text(slots[i], hourly=period.is_hourly, locale=reader.locale) for i in shown]
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True}
    return {
        "hovermode": "x",
        # The layout's label is the one at the axis, which would repeat the day.
        "hoverlabel": _hover_label(_UNSEEN, _UNSEEN, _UNSEEN),
        "margin": {"l": 8, "r": 28, "t": 12, "b": 8},
        "xaxis": plain
        | {
            "tickvals": shown,
            "ticktext": texts,
            "range": [-0.02 * len(slots), 1.02 * len(slots) - 1],
            "tickangle": 0,
            "ticks": "outside",
            "ticklen": 6,
            "tickcolor": _UNSEEN,
        },
        "yaxis": plain
        | {
            "tickvals": ticks,
            "ticktext": [f"{_short(tick, unit, reader.locale)}  " for tick in ticks],
            "range": [ticks[0], ticks[-1] * 1.04 if ticks[-1] else 1],
            "showgrid": True,
            "gridcolor": reader.colours["line"],
        },
    }


def bars(chart: Breakdown, reader: Reader) -> Figure:
    """Draw shares as horizontal bars, the largest on top; the rest is told without a bar."""
    return _bars([_share_bar(share, reader) for share in chart.shares], reader)


def _share_bar(share: Share, reader: Reader) -> "_Bar":
    label, money = _label(share, reader), yuan(share.cents)
    part = _share_text(share.share_bps, reader.locale)
    # The rest is often so large that a bar of it would leave the others as hairlines.
    return _Bar(
        label,
        share.cents if share.key else 0,
        money if share.key else f"{money}  {part}",
        f"{escape(label, quote=False)}<br><b>{money}</b> · {part}",
        share.link.path if share.link else "",
    )


def funnel(stages: Sequence[Stage], reader: Reader) -> Figure:
    """Draw how many orders got how far, each stage with its share of the first."""
    first = stages[0].count if stages else 0
    rows: list[_Bar] = []
    for stage in stages:
        count = value_text(stage.count, Unit.COUNT, reader.locale)
        bps = (stage.count * 10_000 + first // 2) // first if first else 0
        share = _share_text(bps, reader.locale)
        label = reader.say(stage.label)
        path = stage.link.path if stage.link else ""
        hover = f"{label}<br><b>{count}</b> · {share}"
        rows.append(_Bar(label, stage.count, f"{count}  {share}", hover, path))
    return _bars(rows, reader)


@dataclass(frozen=True)
class _Bar:
    label: str
    value: int
    text: str
    hover: str
    path: str


def _label(share: Share, reader: Reader) -> str:
    label = share.label_en if reader.locale == "en" else share.label
    return label if share.key else reader.say(label)


def _bars(rows: Sequence[_Bar], reader: Reader) -> Figure:
    colours = reader.colours
    most = max((row.value for row in rows), default=0) or 1
    layout = _layout(reader, ROW_PX * max(len(rows), 1) + BARS_EDGE_PX)
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True}
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [row.value for row in rows],
                # Two rows may have the same label, so the axis counts rows.
                "y": list(range(len(rows))),
                "text": [row.text for row in rows],
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"color": colours["ink"], "size": 12},
                "customdata": [[row.hover, row.path] for row in rows],
                "hovertemplate": "%{customdata[0]}<extra></extra>",
                "marker": {"color": reader.accent, "cornerradius": 3},
                "width": 0.5,
            }
        ],
        "layout": layout
        | {
            "hovermode": "closest",
            # Room for the text at the end of the longest bar.
            "xaxis": plain | {"visible": False, "range": [0, most * 1.6]},
            "yaxis": plain
            | {
                "autorange": "reversed",
                "automargin": True,
                "tickvals": list(range(len(rows))),
                # Plotly reads a little HTML, and merchants write these labels.
                "ticktext": [f"{escape(_trimmed(row.label), quote=False)}  " for row in rows],
                "tickfont": {"color": colours["ink"]},
            },
        },
    }


def _trimmed(label: str, most: int = 20) -> str:
    """Cut a label at ``most`` columns; a Chinese character takes two."""
    width = 0
    for place, letter in enumerate(label):
        width += 2 if ord(letter) > 0x2E7F else 1
        if width > most:
            return label[:place].rstrip() + "…"
    return label


@dataclass(frozen=True)
class Sparkline:
    """Two SVG paths in a box of the given size: the line, and the area below it."""

    line: str
    area: str
    width: int
    height: int


def sparkline(values: Sequence[int | None], width: int = 120, height: int = 32) -> Sparkline:
    """Draw a series small. Slots to come are left free; without two values there is no line."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Sparkline("", "", width, height)
    low, high = min(0, *known), max(*known, 0)
    edge = 2
    across = (width - 2 * edge) / (len(values) - 1)
    up = (height - 2 * edge) / (high - low or 1)
    points = [
        f"{edge + i * across:.1f} {height - edge - (value - low) * up:.1f}"
        for i, value in enumerate(known)
    ]
    line = "M" + "L".join(points)
    right = edge + (len(known) - 1) * across
    floor = height - edge
    return Sparkline(line, f"{line}L{right:.1f} {floor}L{edge} {floor}Z", width, height)


def figures(dashboard: Dashboard, theme: Theme, locale: str) -> dict[str, Figure]:
    """Return every chart of a dashboard: ``trend_<measure>``, ``top_<dimension>``, ``funnel``."""
    reader = Reader(theme, locale, dashboard.scope)
    drawn = {f"trend_{t.measure}": trend(t, dashboard.period, reader) for t in dashboard.trends}
    drawn |= {f"top_{b.key}": bars(b, reader) for b in dashboard.breakdowns}
    return drawn | ({"funnel": funnel(dashboard.funnel, reader)} if dashboard.funnel else {})
