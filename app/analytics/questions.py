"""Questions of the explorer as an address says them, and what is left of one for its reader.

Pure. A question can be saved, shared and mailed, so it may meet somebody who may see less than the
one who asked it, or come from an address that somebody typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.access import Actor, Scope
from app.analytics import views
from app.analytics.explorer import (
    MOST_DIMENSIONS,
    MOST_MEASURES,
    Question,
    askable,
    dimensions_of,
    fitting_charts,
)
from app.analytics.measures import MEASURES
from app.analytics.results import Chart
from app.analytics.slots import GRAINS
from app.kit.i18n import N_

LIMITS = (10, 20, 50, 100, 500)
"""How many rows one may ask for."""
USUAL_LIMIT = 100
_FIRST: Mapping[Scope, str] = {
    Scope.PLATFORM: "gmv_paid",
    Scope.SUPPLIER: "supply_sales",
    Scope.DISTRIBUTOR: "store_sales",
}


def parse(params: Mapping[str, str], at: datetime) -> Question:
    """Read a question from an address; what cannot be read is left out, never an error."""
    grain, chart, rows = (params.get(name, "") for name in ("grain", "chart", "rows"))
    return Question(
        measures=_listed(params.get("measures", ""))[:MOST_MEASURES],
        view=views.parse(params, at),
        by=_listed(params.get("by", ""))[:MOST_DIMENSIONS],
        grain=grain if grain in GRAINS else None,
        chart=Chart(chart) if chart in set(Chart) else None,
        sort=params.get("sort", "")[:40],
        limit=int(rows) if rows in map(str, LIMITS) else USUAL_LIMIT,
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in text[:400].split(",") if part))


def query_of(question: Question) -> dict[str, str]:
    """Return what an address says of a question; ``parse`` reads it again."""
    said = {
        "measures": ",".join(question.measures),
        "by": ",".join(question.by),
        "grain": question.grain or "",
        "chart": str(question.chart or ""),
        "sort": question.sort,
        "rows": "" if question.limit == USUAL_LIMIT else str(question.limit),
    }
    return {name: value for name, value in said.items() if value} | question.view.query()


def first_question(actor: Actor, params: Mapping[str, str], at: datetime) -> Question:
    """Return what the explorer shows where no measure is named: sales, or what one may see.

    Days, filters and dimensions are those of the address; without any of these, it is by day.
    """
    keys = [measure.key for measure in askable(actor)]
    usual = _FIRST.get(actor.scope, "")
    chosen = usual if usual in keys else next(iter(keys), "")
    asked = parse(params, at)
    grain = asked.grain or (None if asked.by else "day")
    return replace(asked, measures=(chosen,) if chosen else (), grain=grain)


LOST_MEASURE = N_("Measures that do not exist or that you have no access to were left out.")
LOST_DIMENSION = N_("Dimensions that do not fit these measures were left out.")
LOST_FILTER = N_("Filters that do not fit these measures were left out.")
LOST_GRAIN = N_("Hours are kept for two days at most, so days are shown.")


@dataclass(frozen=True)
class Settled:
    """A question that can be asked, and what had to be left out of it (message ids)."""

    question: Question
    lost: tuple[str, ...] = ()


def settled(actor: Actor, question: Question) -> Settled:
    """Return what is left of a question for the actor; without measures there is no answer."""
    lost: list[str] = []
    keys = {measure.key for measure in askable(actor)}
    measures = tuple(key for key in question.measures if key in keys)
    if len(measures) < len(question.measures):
        lost.append(LOST_MEASURE)
    possible = dimensions_of(actor, measures)
    by = tuple(name for name in question.by if name in possible)
    if len(by) < len(question.by):
        lost.append(LOST_DIMENSION)
    filters = {k: v for k, v in question.view.filters.items() if k in possible}
    if len(filters) < len(question.view.filters):
        lost.append(LOST_FILTER)
    grain = question.grain
    if grain == "hour" and not question.view.period.is_hourly:
        grain = "day"
        lost.append(LOST_GRAIN)
    kept = replace(
        question,
        measures=measures,
        by=by,
        grain=grain,
        view=replace(question.view, filters=filters),
    )
    return Settled(_in_form(kept), tuple(lost))


def _in_form(question: Question) -> Question:
    """Return a question without a chart or an order that its answer cannot have."""
    chart = question.chart if question.chart in fitting_charts(question) else None
    slot = ("slot",) if question.grain else ()
    sortable = {"", *question.measures, *question.by, *slot}
    sort = question.sort if question.sort.removeprefix("-") in sortable else ""
    return replace(question, chart=chart, sort=sort)


def measures_for(actor: Actor, by: Sequence[str]) -> list[tuple[str, bool]]:
    """Return every measure that the actor may explore, and whether it has these dimensions."""
    return [
        (measure.key, MEASURES[measure.key].divides(actor.scope) >= set(by))
        for measure in askable(actor)
    ]
