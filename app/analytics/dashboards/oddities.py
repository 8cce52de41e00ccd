"""Days worth a look: sales and refunds far from what is usual on the weekday."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from app.access import Scope
from app.analytics import snapshots
from app.analytics.anomalies import WEEKS, Anomaly, anomalies
from app.analytics.computing import computed
from app.analytics.dashboards.desk import Desk, Label, Span
from app.analytics.measures import MEASURES, Unit
from app.analytics.periods import Period, Preset
from app.analytics.quotients import change_bps
from app.analytics.results import Chart, Column, Panel, Row
from app.analytics.sharing import Shared, whom
from app.kit.i18n import N_

if TYPE_CHECKING:
    import polars as pl

JUDGED_DAYS = 7
"""So many last closed days of the period are looked at."""
SHOWN = 12
_WATCHED = (
    ("gmv_paid", "category"),
    ("gmv_paid", "supplier"),
    ("gmv_paid", "distributor"),
    ("gmv_paid", "province"),
    ("refunds", "supplier"),
    ("refunds", "distributor"),
)
_NOTE = N_(
    "The last seven closed days of the period against the median of the same weekday of eight"
    " weeks before; only what differs by at least 500.00, a third, and four usual deviations."
)
_QUIET = N_("Nothing stands out in the last seven closed days of the period.")


@dataclass(frozen=True)
class _Oddity:
    """Something that stands out: which figure, of whom, on which day."""

    measure: str
    dimension: str
    value_key: int | str
    day: date
    found: Anomaly


async def oddities(desk: Desk) -> Panel | None:
    """Return what stands out among categories, regions and merchants, the largest first."""
    if desk.actor.scope is not Scope.PLATFORM or not desk.sees("gmv_paid", "refunds"):
        return None
    last = min(desk.period.last, desk.period.last - timedelta(days=desk.period.is_partial))
    closed = snapshots.closed_through()
    last = min(last, closed) if closed else last
    looked = await asyncio.gather(*(_look(desk, *watched, last) for watched in _WATCHED))
    found = sorted((o for part in looked for o in part), key=lambda o: -abs(o.found.difference))
    rows = await _rows(desk, found[:SHOWN])
    # Where the filters leave nothing to look at, quiet would be no news.
    unseen = desk.fitting("gmv_paid")[1]
    return Panel(
        "anomalies",
        N_("Worth a look"),
        Chart.TABLE,
        _COLUMNS,
        tuple(rows),
        note=unseen or (_NOTE if rows else _QUIET),
        wide=True,
    )


_COLUMNS = (
    Column("what", N_("Where")),
    Column("day", N_("Day")),
    Column("change", N_("Against usual"), Unit.RATE),
    Column("gmv_paid", MEASURES["gmv_paid"].name, Unit.MONEY, "gmv_paid"),
    Column("gmv_usual", N_("Usual"), Unit.MONEY),
    Column("refunds", MEASURES["refunds"].name, Unit.MONEY, "refunds"),
    Column("refunds_usual", N_("Usual"), Unit.MONEY),
)


async def _look(desk: Desk, measure: str, dimension: str, last: date) -> list[_Oddity]:
    if desk.fitting(measure)[1]:
        return []
    first = last - timedelta(days=JUDGED_DAYS + 7 * WEEKS - 1)
    period = Period(Preset.CUSTOM, first, last, desk.period.at)
    wide = replace(desk, view=replace(desk.view, period=period))

    async def look() -> list[_Oddity]:
        frame = await wide.frame(measure, by=(dimension,), grain="day")
        return await computed(_judge, frame, measure, dimension, first, last)

    refreshed = snapshots.refreshed_at()
    if refreshed is None:
        return await look()
    key = (*whom(desk.actor), refreshed, *wide.view.rows_key, measure, dimension)
    return await _looks.once(key, look)


_looks: Shared[list[_Oddity]] = Shared(of_closed_days=True)


def _judge(
    frame: "pl.DataFrame", measure: str, dimension: str, first: date, last: date
) -> list[_Oddity]:
    """Lay the series upon each other and look for what stands out. Blocking."""
    days = (last - first).days + 1
    frame = frame.filter(frame[dimension].is_not_null())
    keys = frame[dimension].gather_every(days)
    values = frame[measure].fill_null(0).to_numpy().reshape(-1, days)
    return [
        _Oddity(measure, dimension, keys[a.series], first + timedelta(days=a.day), a)
        for a in anomalies(values, JUDGED_DAYS)
    ]


async def _rows(desk: Desk, found: Sequence[_Oddity]) -> list[Row]:
    labels: dict[tuple[str, int | str], Label] = {}
    for dimension in {oddity.dimension for oddity in found}:
        keys = {o.value_key for o in found if o.dimension == dimension}
        named = await desk.labels(dimension, keys)
        labels |= {(dimension, key): label for key, label in named.items()}
    return [
        _row(desk, oddity, label)
        for oddity in found
        if (label := labels.get((oddity.dimension, oddity.value_key))) is not None
    ]


def _row(desk: Desk, oddity: _Oddity, label: Label) -> Row:
    value, usual = oddity.found.value, oddity.found.usual
    figures = (
        (value, usual, None, None) if oddity.measure == "gmv_paid" else (None, None, value, usual)
    )
    link = desk.link(oddity.measure, {oddity.dimension: label.key}, Span(oddity.day, oddity.day))
    return Row(
        (label.label, oddity.day, change_bps(value, usual), *figures),
        label.key,
        link,
        label.label_en,
    )
