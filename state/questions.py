"""What the explorer puts on the wire: the choices of a question in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.access import Actor
from app.analytics.charts import Reader, about_measure
from app.analytics.explorer import Question, dimensions_of, fitting_charts
from app.analytics.measures import MEASURES
from app.analytics.questions import measures_for
from app.analytics.results import Chart
from app.analytics.slots import GRAINS
from app.analytics.views import DIMENSIONS
from app.kit.i18n import N_, Words

CHARTS: Words = (
    (Chart.TREND, N_("Line with comparison")),
    (Chart.LINES, N_("Lines")),
    (Chart.COLUMNS, N_("Column chart")),
    (Chart.BARS, N_("Bars")),
    (Chart.RANKING, N_("Ranking")),
    (Chart.TABLE, N_("Table")),
)
"""The charts of the explorer with their names."""
CHART_ICONS = {
    Chart.TREND: "chart-line",
    Chart.LINES: "chart-spline",
    Chart.COLUMNS: "chart-column-stacked",
    Chart.BARS: "chart-bar",
    Chart.RANKING: "list-ordered",
    Chart.TABLE: "table-2",
}
GRAIN_WORDS: Words = (
    ("", N_("Not over time")),
    ("hour", N_("By hour")),
    ("day", N_("By day")),
    ("week", N_("By week")),
    ("month", N_("By month")),
)
SLOT = N_("Time")


@dataclass
class Option:
    """Something to choose. ``fits`` is empty where it has not what is chosen besides."""

    key: str
    name: str
    about: str = ""
    chosen: str = ""
    fits: str = "1"


def measure_options(actor: Actor, question: Question, reader: Reader) -> list[Option]:
    """Return the measures that the actor may explore; those that are chosen stand first."""
    found = [
        Option(
            key,
            reader.say(MEASURES[key].name),
            about_measure(key, reader),
            "1" if key in question.measures else "",
            "1" if fits else "",
        )
        for key, fits in measures_for(actor, question.by)
    ]
    return sorted(found, key=lambda option: (not option.chosen, not option.fits))


def dimension_options(actor: Actor, question: Question, reader: Reader) -> list[Option]:
    """Return the dimensions by which all chosen measures can be divided."""
    return [
        Option(name, reader.say(DIMENSIONS[name]), chosen="1" if name in question.by else "")
        for name in dimensions_of(actor, question.measures)
    ]


def grains_of(question: Question) -> list[str]:
    """Return the lengths of time that the days allow; nothing means not over time."""
    hourly = question.view.period.is_hourly
    return ["", *(grain for grain in GRAINS if grain != "hour" or hourly)]


def charts_of(question: Question) -> list[str]:
    """Return the charts that can show the answer."""
    return [str(chart) for chart in fitting_charts(question)]


def sort_options(question: Question, reader: Reader) -> list[list[str]]:
    """Return by what the answer can be sorted, each as a value and a name."""
    slots = [("slot", SLOT)] if question.grain else []
    names = [
        *slots,
        *((key, MEASURES[key].name) for key in question.measures),
        *((name, DIMENSIONS[name]) for name in question.by),
    ]
    down, up = N_("%(name)s, descending"), N_("%(name)s, ascending")
    return [
        [f"{sign}{key}", reader.say(order, name=reader.say(name))]
        for key, name in names
        for sign, order in (("-", down), ("", up))
    ]


def title_of(question: Question, reader: Reader) -> str:
    """Return what is asked in a line: measures, dimensions, length of time."""
    comma = ", " if reader.locale == "en" else "、"
    parts = [comma.join(_names([MEASURES[key].name for key in question.measures], reader))]
    if question.by:
        parts.append(comma.join(_names([DIMENSIONS[name] for name in question.by], reader)))
    if question.grain:
        parts.append(reader.say(dict(GRAIN_WORDS)[question.grain]))
    return " · ".join(parts)


def _names(messages: Sequence[str], reader: Reader) -> list[str]:
    return [reader.say(message) for message in messages]
