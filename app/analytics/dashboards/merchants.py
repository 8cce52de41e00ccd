"""What only the platform sees: merchants that join, and where everybody's money stands."""

from datetime import date

from sqlalchemy import text

from app.analytics.dashboards.desk import Desk, Span, slot_span
from app.analytics.dashboards.shapes import column_of, time_column
from app.analytics.dashboards.standing import standing, sums_reader
from app.analytics.measures import MEASURES, Unit
from app.analytics.results import Chart, Column, Panel, Row
from app.analytics.sharing import Shared, whom
from app.analytics.slots import Grain, first_of, slots_between
from app.kit.db import database
from app.kit.i18n import N_

_WEEKLY_FROM_DAYS = 32
_JOINED = (
    "select cast(m.created_at at time zone 'Asia/Shanghai' as date) as day,"
    " count(*) filter (where m.is_supplier) as suppliers,"
    " count(*) filter (where m.is_distributor) as distributors from merchants m"
    " where m.created_at >= :start and m.created_at < :until group by 1"
)


async def new_merchants(desk: Desk) -> Panel | None:
    """Return how many suppliers and distributors applied, by the day or the week."""
    measures = ("new_suppliers", "new_distributors")
    if not desk.sees(*measures):
        return None
    grain: Grain = "day" if desk.period.days < _WEEKLY_FROM_DAYS else "week"
    joined = await _joined(desk, grain)
    first, last = desk.period.first, desk.period.last
    leads = MEASURES["new_suppliers"].leads
    rows = tuple(
        Row(
            (slot, *joined.get(slot, (0, 0))), link=leads.link(desk.actor, _days(desk, slot, grain))
        )
        for slot in slots_between(grain, first, last)
    )
    return Panel(
        "new_merchants",
        N_("New merchants"),
        Chart.COLUMNS,
        (time_column(grain), *(column_of(measure) for measure in measures)),
        rows if joined else (),
        note=desk.unfiltered(),
    )


async def _joined(desk: Desk, grain: Grain) -> dict[date, tuple[int, int]]:
    found: dict[date, tuple[int, int]] = {}
    for day, suppliers, distributors in await _joined_by_day(desk):
        slot = first_of(grain, day)
        so_far = found.get(slot, (0, 0))
        found[slot] = (so_far[0] + suppliers, so_far[1] + distributors)
    return found


async def _joined_by_day(desk: Desk) -> list[tuple[date, int, int]]:
    period = desk.period

    async def read() -> list[tuple[date, int, int]]:
        params = {"start": period.start, "until": period.until}
        async with database().transaction(sums_reader(desk.actor)) as session:
            return [(*row,) for row in await session.execute(text(_JOINED), params)]

    key = (*whom(desk.actor), period.first, period.last, period.minute)
    return await _applied.once(key, read)


_applied: Shared[list[tuple[date, int, int]]] = Shared(longest=0)


def _days(desk: Desk, slot: date, grain: Grain) -> Span:
    return slot_span(slot, grain, desk.period)


_STANDS = ("settle_pending", "settle_available", "settle_in_payout", "settle_paid_out")


async def settlement(desk: Desk) -> Panel | None:
    """Return where merchants' money stands, from booked to paid out."""
    if not desk.sees(*_STANDS):
        return None
    found = await standing(desk.actor, desk.view, _STANDS)
    rows = tuple(
        Row(
            (MEASURES[key].name, found[key]),
            key,
            desk.page_link(key),
        )
        for key in _STANDS
    )
    return Panel(
        "settlement",
        N_("Merchants' funds by state"),
        Chart.TABLE,
        (Column("state", N_("State")), Column("cents", N_("Amount"), Unit.MONEY)),
        rows if any(found.values()) else (),
        note=desk.unfiltered() or N_("As it is now, whatever the period."),
        translated_labels=True,
    )
