"""From where visitors come, and what they bring."""

import asyncio

from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.shapes import column_of
from app.analytics.results import Chart, Column, Panel, Row
from app.kit.i18n import N_

_VISITS = ("visitors", "visit_conversion")
_ORDERS = ("sourced_orders", "sourced_sales")
SHOWN = 12
DIRECT = N_("Direct")
_EMPTY = N_(
    "No visit has a source yet. Add utm_source and utm_campaign to the links you share to see "
    "visits and sales by source here."
)


async def sources(desk: Desk) -> Panel | None:
    """Return visitors and sales by the source of the visit."""
    return await _by(desk, "source", N_("Traffic sources"), "sources")


async def campaigns(desk: Desk) -> Panel | None:
    """Return visitors and sales by campaign."""
    return await _by(desk, "campaign", N_("Campaigns"), "campaigns")


async def _by(desk: Desk, dimension: str, title: str, name: str) -> Panel | None:
    if not desk.sees(*_VISITS, *_ORDERS):
        return None
    mine, note = desk.without(dimension).fitting(*_VISITS, *_ORDERS)
    visits, orders = await asyncio.gather(
        mine.frame(*_VISITS, by=(dimension,)), mine.frame(*_ORDERS, by=(dimension,))
    )
    table = visits.join(orders, on=dimension, how="full", coalesce=True, nulls_equal=True)
    counted = [table[key].fill_null(0) for key in ("visitors", *_ORDERS)]
    table = table.with_columns(counted)
    table = table.sort("visitors", dimension, descending=[True, False], nulls_last=True)
    named = [row for row in table.iter_rows() if row[0]]
    direct = [row for row in table.iter_rows() if not row[0]]
    labels = await mine.labels(dimension, [row[0] for row in named[:SHOWN]])
    rows = [
        Row((label.label, *row[1:]), label.key, label_en=label.label_en)
        for row in named[:SHOWN]
        for label in [labels[row[0]]]
    ]
    if named:
        rows += [Row((DIRECT, *row[1:])) for row in direct]
    columns = (Column(dimension, title), *(column_of(key) for key in (*_VISITS, *_ORDERS)))
    return Panel(
        name,
        title,
        Chart.TABLE,
        columns,
        tuple(rows),
        dimension,
        note or ("" if rows else _EMPTY),
    )
