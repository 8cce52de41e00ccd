"""The explorer: choose measures, dimensions, a grain and a chart, and get a panel.

A question is checked against what measures, dimensions and the actor's capacity allow before
anything is read; whatever is wrong is said in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from app.access import Actor
from app.analytics import snapshots
from app.analytics.dashboards.desk import UNKNOWN, Desk, Label
from app.analytics.dashboards.shapes import before_of, column_of, ranking, time_column
from app.analytics.engine import BEFORE, CannotDivide
from app.analytics.measures import MEASURES, Link, Measure
from app.analytics.results import Chart, Column, Panel, Row, Value
from app.analytics.slots import GRAINS, Grain
from app.analytics.views import DIMENSIONS, View
from app.kit.errors import Forbidden, TradeError
from app.kit.i18n import N_

if TYPE_CHECKING:
    import polars as pl

MOST_MEASURES = 6
MOST_DIMENSIONS = 2
MOST_ROWS = 1_000
MOST_UNITS = 2
"""So many units a plot can show, since each has an axis of its own."""
MOST_LINES = 6
"""So many values of a dimension are drawn as lines or stacks, as there are colours; the largest."""


class CannotAsk(TradeError):
    """A question that no answer fits."""

    code = "cannot_ask"
    status = 422


class NoMeasure(CannotAsk):
    """Nothing is asked for."""

    message = "Choose at least one measure."


class TooManyMeasures(CannotAsk):
    """More than a chart or a table can show."""

    message = "Choose at most %(most)s measures."


class UnknownMeasure(CannotAsk):
    """A measure that does not exist, or that stands as it is now and has no days."""

    message = "There is no measure “%(key)s” to explore."


class UnknownDimension(CannotAsk):
    """A dimension that does not exist, or one that is asked for twice."""

    message = "“%(key)s” is no dimension to divide by."


class TooManyDimensions(CannotAsk):
    """More than a table can show."""

    message = "Divide by at most %(most)s dimensions."


class UnknownGrain(CannotAsk):
    """A length of time that there is not."""

    message = "Figures over time come by the hour, day, week or month."


class TooFine(CannotAsk):
    """Hours of more days than they are kept ready for."""

    message = "Choose at most %(days)s days to see figures by the hour."


class ChartDoesNotFit(CannotAsk):
    """A chart that cannot show such an answer."""

    message = "This chart cannot show such an answer. Choose another, or a table."


class UnknownSort(CannotAsk):
    """An order by something that is not asked for."""

    message = "Sort by one of the chosen measures or dimensions."


@dataclass(frozen=True)
class Question:
    """What is asked. ``chart`` None chooses the fitting one.

    ``sort`` is a measure, a dimension or ``slot``, with a leading ``-`` for descending; without it
    time comes in its order, and what is divided comes with the largest first.
    """

    measures: tuple[str, ...]
    view: View
    by: tuple[str, ...] = ()
    grain: Grain | None = None
    chart: Chart | None = None
    sort: str = ""
    limit: int = 100


def askable(actor: Actor) -> tuple[Measure, ...]:
    """Return the measures that the actor may explore."""
    return tuple(m for m in MEASURES.values() if not m.is_standing and m.shown_to(actor))


def dimensions_of(actor: Actor, measures: Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions by which all of these measures can be divided, in their usual order."""
    possible = set(DIMENSIONS)
    for key in measures:
        possible &= MEASURES[key].divides(actor.scope)
    return tuple(name for name in DIMENSIONS if name in possible)


def fitting_charts(question: Question) -> tuple[Chart, ...]:
    """Return the charts that can show the answer, the best first.

    A plot has an axis at each side, so that measures of three units are read as a table.
    """
    one, dims = len(question.measures) == 1, len(question.by)
    units = {MEASURES[key].unit for key in question.measures if key in MEASURES}
    if len(units) > MOST_UNITS:
        ranked = (Chart.RANKING,) if question.grain is None and dims == 1 else ()
        return (*ranked, Chart.TABLE)
    if question.grain is not None:
        if dims == 0:
            first = (Chart.TREND, Chart.LINES) if one else (Chart.LINES,)
            return (*first, Chart.COLUMNS, Chart.TABLE)
        return (Chart.LINES, Chart.COLUMNS, Chart.TABLE) if one and dims == 1 else (Chart.TABLE,)
    if dims == 1:
        bars = (Chart.BARS,) if one else ()
        return (*bars, Chart.COLUMNS, Chart.RANKING, Chart.TABLE)
    return (Chart.TABLE,)


async def ask(actor: Actor, question: Question) -> Panel:
    """Return the answer as a panel.

    Raises Forbidden for who may not explore and for a measure that the actor may not see, and a
    CannotAsk or CannotDivide that says what is wrong with the question.
    """
    if not any(actor.may(f"{actor.scope}:{room}:read") for room in ("analytics", "dashboard")):
        raise Forbidden()
    measures = _checked(actor, question)
    chart = question.chart or fitting_charts(question)[0]
    desk = Desk(actor, question.view)
    with snapshots.one_snapshot():
        if chart is Chart.RANKING:
            most = max(1, min(question.limit, MOST_ROWS))
            return await ranking(desk, question.by[0], measures, _title(measures), "answer", most)
        pivots = question.grain is not None and question.by and chart is not Chart.TABLE
        answer = _Answer(desk, question, measures, chart)
        return await (answer.lines() if pivots else answer.table())


def _checked(actor: Actor, question: Question) -> tuple[Measure, ...]:
    if not question.measures:
        raise NoMeasure()
    if len(question.measures) > MOST_MEASURES:
        raise TooManyMeasures(most=MOST_MEASURES)
    measures = tuple(_known(key) for key in dict.fromkeys(question.measures))
    if not all(measure.shown_to(actor) for measure in measures):
        raise Forbidden()
    _check_dimensions(actor, question, measures)
    if question.grain is not None and question.grain not in GRAINS:
        raise UnknownGrain()
    if question.grain == "hour" and not question.view.period.is_hourly:
        raise TooFine(days=2)
    if question.chart is not None and question.chart not in fitting_charts(question):
        raise ChartDoesNotFit()
    slot = {"slot"} if question.grain else set[str]()
    if question.sort.removeprefix("-") not in {"", *question.measures, *question.by, *slot}:
        raise UnknownSort()
    return measures


def _known(key: str) -> Measure:
    measure = MEASURES.get(key)
    if measure is None or measure.is_standing:
        raise UnknownMeasure(key=key)
    return measure


def _check_dimensions(actor: Actor, question: Question, measures: Sequence[Measure]) -> None:
    if len(question.by) > MOST_DIMENSIONS:
        raise TooManyDimensions(most=MOST_DIMENSIONS)
    for place, name in enumerate(question.by):
        if name not in DIMENSIONS or name in question.by[:place]:
            raise UnknownDimension(key=name)
    for measure in measures:
        for name in (*question.by, *question.view.filters):
            if name not in measure.divides(actor.scope):
                raise CannotDivide.of(actor, measure, name)


def _title(measures: Sequence[Measure]) -> str:
    return measures[0].name


Labels = Mapping[str, Mapping[int | str, Label]]


@dataclass(frozen=True)
class _Answer:
    """A checked question, and the making of its panel."""

    desk: Desk
    question: Question
    measures: tuple[Measure, ...]
    chart: Chart

    async def table(self) -> Panel:
        """Return a row for each slot and value of the dimensions."""
        compared = self._compares()
        by, grain = self.question.by, self.question.grain
        frame = await self.desk.frame(*self.measures, by=by, grain=grain, compared=compared)
        frame = self._sorted(frame).head(self._limit())
        labels: Labels = {name: await self.desk.labels(name, _values(frame, name)) for name in by}
        values = [*self.question.measures]
        if compared:
            values.append(values[0] + BEFORE)
        rows = tuple(self._row(found, labels, values) for found in frame.iter_rows(named=True))
        dimension = self.question.by[0] if self.question.by else None
        return self._panel(self._heads(compared=compared), rows, dimension)

    def _compares(self) -> bool:
        """One measure is compared; more of them beside each other have enough to say."""
        return len(self.measures) == 1 and self.desk.view.shift is not None and (
            self.chart in (Chart.TREND, Chart.BARS, Chart.TABLE)
        )  # fmt: skip

    def _limit(self) -> int:
        return max(1, min(self.question.limit, MOST_ROWS))

    def _sorted(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        by, grain = self.question.by, self.question.grain
        usual = "slot" if grain else f"-{self.measures[0].key}"
        wanted = self.question.sort or usual
        name = wanted.removeprefix("-")
        ties = [key for key in ("slot", *by) if key in frame.columns and key != name]
        down = [wanted.startswith("-"), *(False for _ in ties)]
        return frame.sort(name, *ties, descending=down, nulls_last=True)

    def _heads(self, *, compared: bool) -> list[Column]:
        grain = [time_column(self.question.grain)] if self.question.grain else []
        dims = [Column(name, DIMENSIONS[name]) for name in self.question.by]
        before = [before_of(self.measures[0])] if compared else []
        # A whole that is not divided has its days for a name, since every row begins with one.
        whole = [] if grain or dims else [Column("days", N_("Days"))]
        return [*whole, *grain, *dims, *(column_of(m) for m in self.measures), *before]

    def _row(self, found: Mapping[str, Value], labels: Labels, values: Sequence[str]) -> Row:
        named = [labels[name].get(found[name]) for name in self.question.by]  # type: ignore[call-overload]
        chosen = {
            name: label.key
            for name, label in zip(self.question.by, named, strict=True)
            if label is not None
        }
        slot = found.get("slot")
        heads = [slot] if slot is not None else []
        if slot is None and not self.question.by:
            heads = [f"{self.desk.period.first} – {self.desk.period.last}"]
        texts = [label.label if label else UNKNOWN for label in named]
        whole = len(chosen) == len(self.question.by)
        first = named[0] if named else None
        return Row(
            (*heads, *texts, *(found[key] for key in values)),
            first.key if first else None,
            self._link(slot, chosen) if whole else None,
            first.label_en if first and not heads else None,
        )

    def _link(self, slot: Value, chosen: Mapping[str, str]) -> Link | None:
        if isinstance(slot, date) and self.question.grain:
            return self.desk.slot_link(self.measures[0], slot, self.question.grain, chosen)
        return self.desk.link(self.measures[0], chosen)

    async def lines(self) -> Panel:
        """Return a row for each slot and a column for each of the largest values."""
        name, measure, grain = self.question.by[0], self.measures[0], self.question.grain
        totals = await self.desk.frame(measure, by=(name,))
        totals = totals.filter(totals[name].is_not_null())
        most = min(self._limit(), MOST_LINES)
        keys = totals.sort(measure.key, name, descending=[True, False])[name].head(most).to_list()
        labels = await self.desk.labels(name, keys)
        frame = await self.desk.frame(measure, by=(name,), grain=grain, only={name: keys})
        wide = frame.pivot(name, index="slot", values=measure.key).sort("slot")
        shown = [key for key in keys if str(key) in wide.columns]
        rows = tuple(
            Row((slot, *values), link=self.desk.slot_link(measure, slot, grain or "day"))
            for slot, *values in wide.select("slot", *(str(key) for key in shown)).iter_rows()
        )
        english = self.desk.actor.locale == "en"
        columns = [time_column(grain or "day")]
        for key in shown:
            label = labels.get(key, Label("", UNKNOWN, UNKNOWN))
            text = label.label_en if english else label.label
            columns.append(Column(label.key or str(key), text, measure.unit, measure.key))
        return self._panel(columns, rows, None)

    def _panel(
        self, columns: Sequence[Column], rows: tuple[Row, ...], dimension: str | None
    ) -> Panel:
        return Panel(
            "answer",
            _title(self.measures),
            self.chart,
            tuple(columns),
            rows,
            dimension,
            N_("Nothing happened in this period.") if not rows else "",
            link=self.desk.link(self.measures[0]),
            wide=True,
        )


def _values(frame: "pl.DataFrame", name: str) -> list[int | str]:
    return [value for value in frame[name].unique().to_list() if value is not None]
