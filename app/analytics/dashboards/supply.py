"""What a supplier asks: how it serves, what to restock, what the next weeks will bring."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.analytics.computing import computed
from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.shapes import column_of, time_column
from app.analytics.engine import BEFORE
from app.analytics.forecast import LEAST_DAYS, Forecast, forecast
from app.analytics.measures import Measure, Unit
from app.analytics.periods import LONGEST_DAYS, Period, Preset, business_date
from app.analytics.quotients import ratio
from app.analytics.results import Chart, Column, Panel, Row
from app.analytics.snapshots.layout import key_of
from app.kit.currencies import hundredths
from app.kit.db import database
from app.kit.i18n import N_

SERVICE = (
    "accept_time",
    "ship_time",
    "on_time",
    "refusal_rate",
    "supply_return_rate",
    "rating",
)
_PERIOD = (("now", N_("This period")), ("before", N_("Comparison period")))


async def service_level(desk: Desk) -> Panel | None:
    """Return how fast parts are accepted and shipped, what is refused, returned and said of it."""
    if not desk.sees(*SERVICE):
        return None
    mine, note = desk.fitting(*SERVICE)
    compared = desk.view.shift is not None
    # A rate of a whole day is as good as one of half a day, so the comparison is not cut.
    frame = await mine.frame(*SERVICE, compared=compared)
    found = frame.row(0, named=True)
    rows = [Row((_PERIOD[0][1], *(found[key] for key in SERVICE)), "now")]
    if compared:
        rows.append(Row((_PERIOD[1][1], *(found[key + BEFORE] for key in SERVICE)), "before"))
    return Panel(
        "service",
        N_("Service level"),
        Chart.TABLE,
        (Column("period", N_("Period")), *(column_of(key) for key in SERVICE)),
        tuple(rows) if any(v is not None for row in rows for v in row.values[1:]) else (),
        note=note,
        link=mine.link("on_time"),
        wide=True,
        translated_labels=True,
    )


STOCK_DAYS = 28
RESTOCKED = 12
_FREE = (
    "select p.id, p.title, coalesce(p.title_en, p.title) as title_en, sum(t.on_hand - t.reserved)"
    " as free from stock t join skus k on k.id = t.sku_id join products p on p.id = t.product_id"
    " where t.supplier_id = :merchant and k.is_active and p.status = 'ACTIVE'"
    " and (cast(:category as uuid) is null or p.category_id = cast(:category as uuid))"
    " group by p.id"
)
_STOCK_NOTE = N_(
    "Sorted by what runs out first: available stock ÷ average daily sales of the last 28 full "
    "days. Products without sales are left out."
)


async def stock_cover(desk: Desk) -> Panel | None:
    """Return for how many days the stock lasts, the products to restock first."""
    if not desk.sees("stock_cover", "free_stock", "sell_through", "units_sold"):
        return None
    # A chosen product narrows nothing, since its panel's other products stay to choose.
    note = desk.without("product").unfiltered("category") or _STOCK_NOTE
    for name in desk.view.filters.keys() - {"category"}:
        desk = desk.without(name)
    sold, free = await asyncio.gather(_units(desk, _last_whole_day(desk)), _free(desk))
    rows = [
        _stock_row(desk, row, units)
        for row in free
        if (units := sold.get(key_of(row["id"]), 0)) > 0
    ]
    rows.sort(key=lambda row: (row.values[2], row.values[1], row.key))  # type: ignore[arg-type]
    columns = (
        Column("product", N_("Product")),
        column_of("free_stock"),
        column_of("stock_cover"),
        Column("units_sold", N_("Units sold"), Unit.COUNT, "units_sold"),
        column_of("sell_through"),
    )
    return Panel(
        "stock",
        N_("What to restock"),
        Chart.TABLE,
        columns,
        tuple(rows[:RESTOCKED]),
        "product",
        note,
        link=desk.page_link("free_stock"),
    )


def _stock_row(desk: Desk, row: dict[str, Any], units: int) -> Row:
    free = max(0, int(row["free"]))
    cover = ratio(free * STOCK_DAYS, units) or 0
    through = ratio(units, units + free, 10_000)
    link = desk.link("units_sold", {"product": f"{row['id']}"})
    return Row(
        (row["title"], int(row["free"]), cover, units, through),
        f"{row['id']}",
        link,
        row["title_en"],
    )


def _last_whole_day(desk: Desk) -> date:
    """Return yesterday, whatever the period: stock is as it is now."""
    return business_date(desk.period.at) - timedelta(days=1)


async def _units(desk: Desk, last: date) -> dict[int, int]:
    """Return key of a product → units sold in the last whole days."""
    period = Period(Preset.CUSTOM, last - timedelta(days=STOCK_DAYS - 1), last, desk.period.at)
    lately = replace(desk, view=replace(desk.view, period=period, filters={}))
    frame = await lately.frame("units_sold", by=("product",))
    return dict(frame.iter_rows())


async def _free(desk: Desk) -> list[dict[str, Any]]:
    """Return the free stock of each product on sale, of the category if one is chosen."""
    params = {"merchant": desk.actor.merchant_id, "category": _chosen(desk, "category")}
    async with database().transaction(desk.actor) as session:
        found = await session.execute(text(_FREE), params)
        return [dict(row) for row in found.mappings()]


def _chosen(desk: Desk, dimension: str) -> UUID | None:
    """Return the id by which the view is filtered; an id of nothing where it is none."""
    value = desk.view.filters.get(dimension)
    try:
        return UUID(value) if value else None
    except ValueError:
        return UUID(int=0)


DRAWN_DAYS = 56
_METHODS = {
    "holt_winters": N_(
        "Holt-Winters with a damped trend and weekdays. Tried from %(origins)s earlier days, its"
        " four weeks were off by %(error)s%% of the sales, seasonal-naive by %(naive)s%%. The band"
        " held 80%% of the tried days."
    ),
    "seasonal_naive": N_(
        "Seasonal-naive: each day as the same weekday of last week, since it was the better one."
        " Tried from %(origins)s earlier days, its four weeks were off by %(naive)s%% of the sales,"
        " Holt-Winters by %(error)s%%. The band held 80%% of the tried days."
    ),
}
_TOO_FEW = N_("A forecast needs %(days)s full days with sales; there are not enough yet.")


async def outlook(desk: Desk, measure: Measure | str = "supply_sales") -> Panel | None:
    """Return the sales of the last weeks and the forecast of the next four."""
    if not desk.sees(measure):
        return None
    mine, note = desk.fitting(measure)
    history = await _history(mine, measure)
    said = await computed(forecast, [value for _, value in history])
    columns = (
        time_column("day"),
        column_of(measure),
        Column("forecast", N_("Forecast"), Unit.MONEY),
        Column("low", N_("Lower bound"), Unit.MONEY),
        Column("high", N_("Upper bound"), Unit.MONEY),
    )
    panel = Panel(
        "forecast", N_("Forecast of the next 4 weeks"), Chart.FORECAST, columns, (), wide=True
    )
    if said is None:
        return replace(panel, note=_TOO_FEW, note_params={"days": LEAST_DAYS})
    drawn = [Row((day, value, None, None, None)) for day, value in history[-DRAWN_DAYS:]]
    return replace(
        panel,
        rows=(*drawn, *_coming(history[-1][0], said)),
        note=note or _METHODS[said.method],
        note_params={} if note else _stated(said),
    )


def _stated(said: Forecast) -> dict[str, object]:
    return {
        "origins": said.origins,
        "error": f"{hundredths(said.error_bps):.1f}",
        "naive": f"{hundredths(said.naive_error_bps):.1f}",
    }


def _coming(last: date, said: Forecast) -> list[Row]:
    return [
        Row((last + timedelta(days=place + 1), None, *values))
        for place, values in enumerate(zip(said.values, said.low, said.high, strict=True))
    ]


async def _history(desk: Desk, measure: Measure | str) -> list[tuple[date, int]]:
    """Return the whole days from the first with sales to yesterday, at most a year."""
    last = _last_whole_day(desk)
    first = last - timedelta(days=LONGEST_DAYS - 1)
    period = Period(Preset.CUSTOM, first, last, desk.period.at)
    frame = await replace(desk, view=replace(desk.view, period=period)).frame(measure, grain="day")
    days = [(day, value or 0) for day, value in frame.iter_rows()]
    begun = next((place for place, (_, value) in enumerate(days) if value), len(days))
    return days[begun:]
