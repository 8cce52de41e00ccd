"""Who buys: cohorts and segments from the snapshots' summaries, new and returning customers."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from app.access import Scope
from app.analytics import snapshots
from app.analytics.computing import ENGINE, computed
from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.shapes import over_time
from app.analytics.inquiry import value_key
from app.analytics.measures import MEASURES, Unit
from app.analytics.quotients import ratio
from app.analytics.results import Chart, Column, Panel, Row
from app.analytics.sharing import Shared, whom
from app.kit.i18n import N_

if TYPE_CHECKING:
    import polars as pl

COHORTS = 12
"""So many months of first orders are shown."""
NOT_YET = N_("Known after the first nightly snapshot.")
_COHORTS_NOTE = N_(
    "Customers by the month of their first paid order: how many of them bought again in later"
    " months. All days up to the last closed one, whatever the period."
)
_SEGMENTS_NOTE = N_(
    "By days since the last order, number of orders and money, up to the last closed day, whatever"
    " the period."
)
SEGMENTS: dict[str, str] = {
    "champions": N_("Champions"),
    "loyal": N_("Loyal"),
    "new": N_("Newcomers"),
    "promising": N_("Promising"),
    "at_risk": N_("At risk"),
    "asleep": N_("Dormant"),
    "lost": N_("Lost"),
}
"""Segment → its name, the best first; the rules stand in ``snapshots.summaries``."""


async def cohorts(desk: Desk) -> Panel | None:
    """Return how many customers of a month came back in the months after."""
    if not desk.sees("customers"):
        return None
    found = await _summary(desk, "cohorts")
    sizes: dict[date, dict[int, int]] = {}
    for row in found.iter_rows(named=True):
        sizes.setdefault(row["cohort"], {})[row["month"]] = row["customers"]
    recent = sorted(sizes.items(), key=lambda pair: pair[0])[-COHORTS:]
    months = len(recent)
    rows = tuple(
        Row((first, counts.get(0, 0), *_later(counts, months, months - 1 - place)))
        for place, (first, counts) in enumerate(recent)
    )
    columns = (
        Column("cohort", N_("First order in")),
        Column("customers", MEASURES["customers"].name, Unit.COUNT, "customers"),
        *(
            Column(f"month_{n}", N_("+%(months)s mo."), Unit.RATE, label_params={"months": n})
            for n in range(1, months)
        ),
    )
    return Panel(
        "cohorts",
        N_("Customer retention"),
        Chart.COHORT,
        columns,
        rows,
        note=_said(desk, _COHORTS_NOTE),
        wide=True,
    )


def _later(counts: dict[int, int], months: int, known: int) -> Iterable[int | None]:
    """Yield the rates of the later months; None for those to come."""
    for month in range(1, months):
        yield ratio(counts.get(month, 0), counts.get(0, 0), 10_000) if month <= known else None


async def segments(desk: Desk) -> Panel | None:
    """Return how many customers are in which segment, and what they have paid."""
    if not desk.sees("customers"):
        return None
    found = await _summary(desk, "segments")
    by_segment = {row["segment"]: row for row in found.iter_rows(named=True)}
    rows = tuple(
        Row((label, row["customers"], row["paid_cents"]), key)
        for key, label in SEGMENTS.items()
        if (row := by_segment.get(key)) is not None
    )
    columns = (
        Column("segment", N_("Segment")),
        Column("customers", MEASURES["customers"].name, Unit.COUNT),
        Column("paid_cents", N_("Paid in all"), Unit.MONEY),
    )
    return Panel(
        "segments",
        N_("Customer segments"),
        Chart.SEGMENTS,
        columns,
        rows,
        note=_said(desk, _SEGMENTS_NOTE),
        translated_labels=True,
    )


def _said(desk: Desk, usual: str) -> str:
    if snapshots.closed_through() is None:
        return NOT_YET
    return desk.unfiltered("distributor") or usual


async def _summary(desk: Desk, dataset: str) -> "pl.DataFrame":
    """Return the rows of the actor's distributor, or of the one chosen, or of all."""
    import polars as pl

    chosen = desk.view.filters.get("distributor")
    if desk.actor.scope is not Scope.PLATFORM:
        which = pl.lit(value=True)
    elif chosen is not None:
        which = pl.col("distributor") == value_key("distributor", chosen)
    else:
        which = pl.col("distributor").is_null()
    period, currency = desk.period, desk.view.currency

    def read() -> pl.DataFrame:
        rows = snapshots.scan(desk.actor, dataset, first=period.first, last=period.last)
        return rows.filter(which, pl.col("currency") == currency).collect(engine=ENGINE)

    key = (*whom(desk.actor), snapshots.refreshed_at(), dataset, chosen, currency)
    return await _summaries.once(key, lambda: computed(read))


_summaries: "Shared[pl.DataFrame]" = Shared(of_closed_days=True)


async def new_and_returning(desk: Desk) -> Panel | None:
    """Return the orders of new customers and of those who had bought before, over the period."""
    measures = ("new_customers", "repeat_orders")
    if not desk.sees(*measures):
        return None
    return await over_time(desk, measures, N_("New and returning customers"), "customers")
