"""Funnels: from a visit to buying again, and how far orders got."""

from dataclasses import replace

from app.analytics.dashboards.desk import Desk
from app.analytics.measures import MEASURES, Amount, Leads, Link, Measure, Unit
from app.analytics.measures.amounts import ALL_PARTS, CARTED, CHECKED_OUT, VIEWED
from app.analytics.quotients import ratio
from app.analytics.results import Chart, Column, Panel, Row
from app.kit.i18n import N_


def _visitors_who(key: str, amount: Amount) -> Measure:
    return replace(MEASURES["visitors"], key=key, top=((1, amount),))


_VIEWED = _visitors_who("viewed", VIEWED)
_CARTED = _visitors_who("carted", CARTED)
_CHECKED_OUT = _visitors_who("checked_out", CHECKED_OUT)
_VISIT_STAGES: tuple[tuple[str, str, Measure | str], ...] = (
    ("visitors", N_("Visited a store"), "visitors"),
    ("viewed", N_("Viewed a product"), _VIEWED),
    ("carted", N_("Added to cart"), _CARTED),
    ("checked_out", N_("Started checkout"), _CHECKED_OUT),
    ("paid_orders", N_("Paid"), "paid_orders"),
    ("repeat_orders", N_("Of these, bought again"), "repeat_orders"),
)
_VISITS_NOTE = N_("Visitors up to the checkout, orders from there on.")


async def visit_funnel(desk: Desk) -> Panel | None:
    """Return how many visitors came how far, and how many orders were by earlier customers."""
    measures = [measure for _, _, measure in _VISIT_STAGES]
    if not desk.sees(*measures):
        return None
    mine, note = desk.fitting(*measures)
    frame = await mine.frame(*measures)
    values = frame.row(0)
    rows = tuple(
        Row((label, value, _share(value, values[0])), key, mine.link(measure))
        for (key, label, measure), value in zip(_VISIT_STAGES, values, strict=True)
    )
    return Panel(
        "funnel",
        N_("From visit to repeat purchase"),
        Chart.FUNNEL,
        _columns(N_("Visitors, orders")),
        rows if values[0] or values[4] else (),
        note=note or _VISITS_NOTE,
        translated_labels=True,
    )


def _columns(counted: str) -> tuple[Column, ...]:
    return (
        Column("stage", N_("Stage")),
        Column("count", counted, Unit.COUNT),
        Column("share", N_("Of the first"), Unit.RATE),
    )


def _share(value: int, first: int) -> int | None:
    return ratio(value, first, 10_000)


_DONE = frozenset({"COMPLETED"})
_HERE = _DONE | {"RECEIVED"}
_SENT = _HERE | {"SHIPPED", "PARTLY_SHIPPED"}
_ORDER_STAGES: tuple[tuple[str, str, frozenset[str] | None], ...] = (
    ("placed", N_("Order placed"), None),
    ("paid", N_("Paid"), _SENT | {"PAID", "REFUNDING", "REFUNDED"}),
    ("shipped", N_("Shipped"), _SENT),
    ("received", N_("Received"), _HERE),
    ("completed", N_("Completed"), _DONE),
)
_PART_STAGES: tuple[tuple[str, str, frozenset[str] | None], ...] = (
    ("paid", N_("Paid"), None),
    ("accepted", N_("Accepted"), _SENT | {"ACCEPTED"}),
    ("shipped", N_("Shipped"), _SENT),
    ("received", N_("Received"), _HERE),
    ("completed", N_("Completed"), _DONE),
)
"""(key of the stage, label, statuses that have got so far or None for all)."""
_PARTS = replace(MEASURES["paid_parts"], key="parts", top=((1, ALL_PARTS),))


async def order_progress(desk: Desk) -> Panel | None:
    """Return how many orders placed in the period have got how far by now."""
    return await _progress(desk, MEASURES["placed_orders"], _ORDER_STAGES, N_("measure|Orders"))


async def part_progress(desk: Desk) -> Panel | None:
    """Return how many parts paid in the period have got how far by now."""
    return await _progress(desk, _PARTS, _PART_STAGES, N_("measure|Orders"))


async def _progress(
    desk: Desk,
    measure: Measure,
    stages: tuple[tuple[str, str, frozenset[str] | None], ...],
    counted: str,
) -> Panel | None:
    if not desk.sees(measure):
        return None
    mine, note = desk.fitting(measure)
    counts = dict((await mine.frame(measure, by=("status",))).iter_rows())
    reached = [
        sum(n for status, n in counts.items() if statuses is None or status in statuses)
        for _, _, statuses in stages
    ]
    leads = measure.leads_of(desk.actor.scope)
    rows = tuple(
        Row((label, count, _share(count, reached[0])), key, _stage_link(mine, leads, key))
        for (key, label, _), count in zip(stages, reached, strict=True)
    )
    return Panel(
        "progress",
        N_("Order progress"),
        Chart.FUNNEL,
        _columns(counted),
        rows if reached[0] else (),
        note=note,
        translated_labels=True,
    )


def _stage_link(desk: Desk, leads: Leads, stage: str) -> Link | None:
    staged = replace(leads, filters=(("reached", stage),))
    return staged.narrowed(desk.actor, desk.period, desk.view.filters, desk.view.currency)
