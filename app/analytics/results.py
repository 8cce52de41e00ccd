"""What an analysis answers: one table with the chart that shows it best, whatever asked for it.

A panel of a dashboard and an answer of the explorer are the same thing, so that drawing, export,
drilling and cross-filtering exist once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.analytics.measures import Link, Unit

Value = int | str | date | datetime | None
"""A cell: an integer in its column's unit, a text, or a moment; None where it is undefined."""


class Chart(StrEnum):
    """How a table is drawn; each kind says what it takes from the table's columns."""

    TREND = "trend"
    """First column a day or an hour, then the measure, then if there is one its comparison."""
    LINES = "lines"
    """First column a day, then one column for each line."""
    FORECAST = "forecast"
    """Day, actual, forecast, low, high."""
    BARS = "bars"
    """A label and a measure (and its comparison), the largest first; a row without a key last."""
    COLUMNS = "columns"
    """A day or a label and one or more measures: stacked where they are one measure divided."""
    FUNNEL = "funnel"
    """A stage and how many got so far."""
    COHORT = "cohort"
    """A cohort, its size, then one column for each later month, as rates."""
    SEGMENTS = "segments"
    """A segment, customers, cents: a treemap by customers."""
    RANKING = "ranking"
    """A table whose rows carry a sparkline; drawn as a table."""
    TABLE = "table"


@dataclass(frozen=True)
class Column:
    """One column. ``unit`` is None for texts and moments; the label is a gettext message id."""

    key: str
    label: str
    unit: Unit | None = None
    measure: str | None = None
    """The key of the measure that it shows, whose formula stands in a tooltip."""
    label_params: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class Row:
    """One row; ``key`` is its value of the panel's dimension, None for the rest of a ranking."""

    values: tuple[Value, ...]
    key: str | None = None
    link: Link | None = None
    """The rows behind it."""
    label_en: str | None = None
    """The first column in English, where it is a name with two."""
    series: tuple[int | None, ...] = ()
    """For a sparkline."""


@dataclass(frozen=True)
class Panel:
    """One answer. ``title`` and ``note`` are gettext message ids."""

    name: str
    title: str
    chart: Chart
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    dimension: str | None = None
    """By what a click on a row filters the other panels; None where it cannot."""
    note: str = ""
    note_params: Mapping[str, object] = field(default_factory=dict[str, object])
    link: Link | None = None
    """The rows behind the panel as a whole."""
    wide: bool = False
    translated_labels: bool = False
    """Whether the first column's texts are gettext message ids (stages, segments)."""
