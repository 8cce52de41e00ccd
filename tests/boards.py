"""Panels of every kind with figures that are easy to check, for tests of what is drawn of them."""

from datetime import UTC, date, datetime, timedelta

from app.analytics.measures import Link, Unit
from app.analytics.results import Chart, Column, Panel, Row
from app.kit.clock import BUSINESS_ZONE

FIRST = date(2026, 11, 2)
NOW = datetime(2026, 11, 8, 4, 30, tzinfo=UTC)
AT = NOW.astimezone(BUSINESS_ZONE).replace(tzinfo=None)
"""Wall-clock time in the seventh of seven days."""

MONEY = Column("gmv_paid", "GMV incl. freight", Unit.MONEY, "gmv_paid")
BEFORE = Column("gmv_paid_before", "Before", Unit.MONEY)
ORDERS = Column("paid_orders", "Paid orders", Unit.COUNT, "paid_orders")
DAY = Column("slot", "Day")
EVIL = '=HYPERLINK("x")<b>棉</b>'
"""What a merchant may call something: a formula, and HTML."""


def _days(count: int) -> list[date]:
    return [FIRST + timedelta(days=place) for place in range(count)]


TREND = Panel(
    "sales",
    "Sales",
    Chart.TREND,
    (DAY, MONEY, BEFORE),
    tuple(
        Row((day, 10_000 * place if place < 7 else None, 9_000), link=Link("orders", f"d={place}"))
        for place, day in enumerate(_days(8))
    ),
)
LINES = Panel(
    "lines",
    "Lines",
    Chart.LINES,
    (DAY, *(Column(f"s{n}", f"Shop {n}", Unit.COUNT) for n in range(3))),
    tuple(Row((day, place, 2 * place, None)) for place, day in enumerate(_days(5))),
)
COLUMNS = Panel(
    "columns",
    "New and returning",
    Chart.COLUMNS,
    (DAY, Column("new", "New customers", Unit.COUNT), Column("old", "Repeat orders", Unit.COUNT)),
    tuple(Row((day, 3, 4)) for day in _days(5)),
)
FORECAST = Panel(
    "forecast",
    "Forecast of the next 4 weeks",
    Chart.FORECAST,
    (DAY, MONEY, *(Column(key, key.title(), Unit.MONEY) for key in ("forecast", "low", "high"))),
    (
        *(Row((day, 500_00, None, None, None)) for day in _days(4)),
        *(Row((day, None, 600_00, 400_00, 800_00)) for day in _days(8)[4:]),
    ),
    wide=True,
)
BARS = Panel(
    "category",
    "Top categories",
    Chart.BARS,
    (Column("category", "Category"), MONEY, BEFORE),
    (
        Row(
            ("家居", 800_00, 400_00),
            "01a22cfd-21d9-7c11-99d8-11bd6db76249",
            Link("orders", "category=01a22cfd-21d9-7c11-99d8-11bd6db76249"),
            "Home",
        ),
        Row((EVIL, 400_00, 800_00), "c-2", None, EVIL),
        Row(("Others", 9_000_00, 0)),
    ),
    dimension="category",
)
FUNNEL = Panel(
    "funnel",
    "From visit to repeat purchase",
    Chart.FUNNEL,
    (Column("stage", "Stage"), Column("count", "Orders", Unit.COUNT)),
    (Row(("Placed", 200), "placed", Link("orders", "reached=placed")), Row(("Paid", 50), "paid")),
    translated_labels=True,
)
COHORT = Panel(
    "cohorts",
    "Customer retention",
    Chart.COHORT,
    (
        Column("cohort", "First order in"),
        Column("customers", "Customers", Unit.COUNT),
        *(
            Column(f"m{n}", "+%(months)s mo.", Unit.RATE, label_params={"months": n})
            for n in (1, 2)
        ),
    ),
    (Row((date(2026, 9, 1), 80, 5_000, 2_500)), Row((date(2026, 10, 1), 60, 1_000, None))),
)
SEGMENTS = Panel(
    "segments",
    "Customer segments",
    Chart.SEGMENTS,
    (
        Column("segment", "Segment"),
        Column("customers", "Customers", Unit.COUNT),
        Column("paid_cents", "Paid in all", Unit.MONEY),
    ),
    (Row(("Loyal", 30, 3_000_00), "loyal"), Row(("Lost", 10, 100_00), "lost")),
    translated_labels=True,
)
RANKING = Panel(
    "suppliers",
    "Top suppliers",
    Chart.RANKING,
    (Column("supplier", "Supplier"), MONEY, Column("gmv_paid_change", "Change", Unit.RATE), ORDERS),
    (
        Row(("青瑶", 900_00, 1_234, 9), "s-1", Link("orders", "supplier=s-1"), series=(1, 5, 3, 9)),
        Row(("云杉", 100_00, -5_000, 2), "s-2", series=(4, None)),
    ),
    dimension="supplier",
)
TABLE = Panel(
    "service",
    "Service level",
    Chart.TABLE,
    (
        Column("period", "Period"),
        Column("accept_time", "Time to accept", Unit.DURATION, "accept_time"),
        Column("rating", "Rating", Unit.SCORE, "rating"),
        Column("stock_cover", "Stock cover", Unit.DAYS, "stock_cover"),
        Column("on_time", "Shipped on time", Unit.RATE, "on_time"),
    ),
    (Row((EVIL, 135, 462, 12, 9_876), "now"),),
)

EVERY = (TREND, LINES, COLUMNS, FORECAST, BARS, FUNNEL, COHORT, SEGMENTS, RANKING, TABLE)
"""One panel of each kind."""
