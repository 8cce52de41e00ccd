"""``bench dashboards``: the platform's dashboard over very many order lines, panel by panel.

The same answers as plain SQL on the tables and as DuckDB on the same files stand beside it, in the
same run. The files are made by the product's own builder from the tables.
"""

import asyncio
import random
import resource
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg

from app.access import PERMISSIONS, Actor, Scope
from app.analytics.dashboards import makers, open_dashboard
from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.tiles import tiles
from app.analytics.engine import forget
from app.analytics.periods import Preset, business_date, preset
from app.analytics.snapshots import scan
from app.analytics.snapshots.build import build
from app.analytics.snapshots.manifest import DAY
from app.analytics.views import View
from app.bench import past
from app.bench.checkout import SHOPPERS, service_order
from app.bench.ground import Ground, as_engine, open_ground
from app.bench.load import Clock, drive, percentile
from app.bench.twins import Twins
from app.kit.clock import frozen, now
from app.kit.settings import settings

LINES = 10_000_000
DAYS = 730
LATE_LINES = 100_000
"""How many lines the last closed day has, whose snapshot is timed."""
RUNS = 15
SQL_RUNS = 1
ANALYSTS = 20
READING_SECONDS = 10
"""So long an analyst looks at a dashboard before the next one."""
BURSTS = 5
MINUTE = timedelta(minutes=1)
THREADS = 2
"""DuckDB's; polars uses as many as there are cores."""
SUPPLIERS, DISTRIBUTORS, SKUS = 150, 80, 16_000


async def run(seconds: int, lines: int = LINES) -> dict[str, Any]:
    """Write the past, build the files, and measure; everything is dropped afterwards."""
    with TemporaryDirectory() as folder, _files_in(Path(folder)):
        async with _long_past(lines) as (ground, made):
            view = View(preset(Preset.MONTH, now()))
            analyst, views = _analyst(), _views(ground)
            figures = {
                "bench": "dashboards",
                "lines": lines,
                **made,
                "panels": await _panels(ground, analyst, view),
                "whole": await _whole(analyst, view),
                "drill": await _drills(ground, analyst, view),
                "analysts": await _bursts(ground, analyst),
                "checkout": await _beside_checkout(ground, analyst, views, seconds),
                "peak_mb": _peak_mb(),
            }
    return figures | {"targets": _targets(figures)}


class _files_in:  # noqa: N801
    """Snapshots of this process in a folder of the benchmark's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        self._before = settings().snapshot_url
        settings().snapshot_url = str(self._folder)

    def __exit__(self, *raised: object) -> None:
        settings().snapshot_url = self._before


@asynccontextmanager
async def _long_past(lines: int) -> AsyncGenerator[tuple[Ground, dict[str, Any]]]:
    from app.services.demo.bulk import seed

    async with open_ground() as ground:
        try:
            await seed(suppliers=SUPPLIERS, distributors=DISTRIBUTORS, skus=SKUS, orders=0)
            yield ground, await asyncio.to_thread(_fill, ground, lines)
        finally:
            await asyncio.to_thread(_drop, ground)


def _drop(ground: Ground) -> None:
    """Give the disk back: so much is not left behind."""
    with psycopg.connect(ground.urls.owner_text, autocommit=True) as connection:
        connection.execute("drop table if exists bench_orders, bench_offers, bench_stores")
        connection.execute(f"truncate {', '.join(past.TABLES)} cascade".encode())


def _fill(ground: Ground, lines: int) -> dict[str, Any]:
    """Write the past up to the day before yesterday, then yesterday, and time their snapshots."""
    at = now()
    today = business_date(at)
    began = time.perf_counter()
    past.lay_ground(ground)
    old = past.Stretch.of_days(1, lines, (today - DAYS * DAY, today - 2 * DAY))
    with past.WithoutIndexes(ground):
        past.write(ground, old, old.last, at)
        past.write_visits(ground, at)
    written = time.perf_counter()
    with frozen(at - DAY):
        whole = build("bench", full=True)
    built = _peak_mb()
    late = past.Stretch.of_days(old.last + 1, LATE_LINES, (today - DAY, today - DAY))
    past.write(ground, late, old.last, at)
    running = past.Stretch.of_days(late.last + 1, max(lines // DAYS, 2), (today, today))
    past.write(ground, running, old.last, at)
    with psycopg.connect(ground.urls.owner_text, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    day = build("bench")
    return {
        "orders": running.last,
        "seconds_to_write": round(written - began, 1),
        "full_snapshot": whole.as_json() | {"peak_mb": built},
        "day_of_100000_lines": day.as_json(),
    }


def _analyst() -> Actor:
    mine = frozenset(name for name in PERMISSIONS if name.startswith("platform:"))
    return Actor(Scope.PLATFORM, permissions=mine)


async def _panels(ground: Ground, actor: Actor, view: View) -> dict[str, Any]:
    """Time every panel by itself, warm, with its twins."""
    desk, twins = Desk.of(actor, view), Twins(ground, view)
    keys, panels = makers(Scope.PLATFORM)
    found: dict[str, Any] = {}

    async def key_figures() -> None:
        await tiles(desk, keys)

    found["tiles"] = await _times(key_figures)
    for make in panels:
        panel = await make(desk)
        if panel is not None:
            found[panel.name] = await _times(lambda make=make: make(desk))
    for name, times in found.items():
        duckdb = await asyncio.to_thread(twins.duckdb_ms, name, RUNS, THREADS)
        sql = await asyncio.to_thread(twins.sql_ms, name, SQL_RUNS)
        times |= {"duckdb_p50_ms": duckdb, "sql_ms": sql}
        times["of_duckdb"] = round(times["p50_ms"] / duckdb, 2) if duckdb else None
    found["sum"] = {
        name: round(sum(times[name] or 0 for times in found.values()), 1)
        for name in ("p50_ms", "duckdb_p50_ms", "sql_ms")
    }
    return found


async def _times(make: Callable[[], Awaitable[Any]], runs: int = RUNS) -> dict[str, Any]:
    """Time something whose rows are at hand, as DuckDB's are, but which nobody asked before."""
    await make()
    taken: list[float] = []
    for _ in range(runs):
        forget(running=False)
        began = time.perf_counter()
        await make()
        taken.append(time.perf_counter() - began)
    return {"p50_ms": percentile(taken, 0.5), "p95_ms": percentile(taken, 0.95)}


async def _whole(actor: Actor, view: View) -> dict[str, Any]:
    return await _times(lambda: open_dashboard(actor, view), 2 * RUNS)


async def _drills(ground: Ground, actor: Actor, view: View) -> dict[str, Any]:
    """From a figure to the lines behind it: of one day, and of one merchant over the period."""
    import polars as pl

    last = view.period.last - DAY
    merchant, store = _largest(ground)
    supplier = _merchant(Scope.SUPPLIER, merchant)
    distributor = _merchant(Scope.DISTRIBUTOR, store)
    year = last - 364 * DAY
    asked = {
        "day": (actor, last - DAY, last - DAY),
        "day_of_100000_lines": (actor, last, last),
        "supplier_month": (supplier, view.period.first, last),
        "distributor_month": (distributor, view.period.first, last),
        "supplier_year": (supplier, year, last),
        "distributor_year": (distributor, year, last),
    }
    found: dict[str, Any] = {}
    for name, (who, first, until) in asked.items():

        def page(who: Actor = who, first: Any = first, until: Any = until) -> pl.DataFrame:
            rows = scan(who, "lines", first=first, last=until)
            return rows.sort("supply_cents", descending=True).head(50).collect()

        def count(who: Actor = who, first: Any = first, until: Any = until) -> int:
            rows = scan(who, "lines", first=first, last=until)
            return rows.select(pl.len()).collect().item()

        times = await _times(lambda page=page: asyncio.to_thread(page))
        found[name] = times | {"lines": await asyncio.to_thread(count)}
    return found


def _merchant(scope: Scope, merchant: UUID) -> Actor:
    mine = frozenset(name for name in PERMISSIONS if name.startswith(f"{scope}:"))
    return Actor(scope, merchant_id=merchant, permissions=mine)


def _largest(ground: Ground) -> tuple[UUID, UUID]:
    with as_engine(ground.urls) as connection:
        found = [
            connection.execute(
                f"select {column} from supplier_orders where placed_at > now() - interval '2 days'"
                " group by 1 order by count(*) desc limit 1".encode()
            ).fetchone()
            for column in ("supplier_id", "distributor_id")
        ]
    assert found[0] is not None and found[1] is not None
    return found[0][0], found[1][0]


def _views(ground: Ground) -> list[View]:
    """Return what analysts look at: half of them each at a category of their own."""
    at = now()
    chosen = (Preset.WEEK, Preset.MONTH, Preset.QUARTER)
    with as_engine(ground.urls) as connection:
        found = connection.execute(
            "select id::text from categories where slug like 'bench-%' order by slug"
        ).fetchall()
    return [
        View(
            preset(chosen[n % len(chosen)], at),
            filters={"category": found[n % len(found)][0]} if n % 2 else {},
        )
        for n in range(ANALYSTS)
    ]


async def _bursts(ground: Ground, actor: Actor) -> dict[str, Any]:
    """Let all analysts open their dashboards at the same moment, and again in later minutes.

    At first nothing of what they ask was asked before. Later, what closed days came to is known,
    and what the running day came to is not.
    """
    first: list[float] = []
    later: list[float] = []

    async def look(view: View, taken: list[float]) -> None:
        began = time.perf_counter()
        await open_dashboard(actor, view)
        taken.append(time.perf_counter() - began)

    start = now()
    for burst in range(2 * BURSTS):
        taken = later if burst % 2 else first
        forget(closed=taken is first)
        with frozen(start + burst * MINUTE):
            await asyncio.gather(*(look(view, taken) for view in _views(ground)))
    return {
        "at_once": ANALYSTS,
        "p50_ms": percentile(later, 0.5),
        "p95_ms": percentile(later, 0.95),
        "first_p50_ms": percentile(first, 0.5),
        "first_p95_ms": percentile(first, 0.95),
    }


async def _beside_checkout(
    ground: Ground, actor: Actor, views: Sequence[View], seconds: int
) -> dict[str, Any]:
    """Measure the checkout alone and beside analysts, in turns."""
    order = service_order(ground)
    await drive(SHOPPERS, 1, order)
    alone: list[Clock] = []
    beside: list[Clock] = []
    opened: list[float] = []
    for _ in range(3):
        alone.append(await drive(SHOPPERS, seconds, order))
        async with _analysts(actor, views, opened):
            beside.append(await drive(SHOPPERS, max(seconds, READING_SECONDS), order))
    rates = [sorted(c.per_second for c in clocks)[1] for clocks in (alone, beside)]
    return {
        "alone_per_s": round(rates[0], 1),
        "beside_analysts_per_s": round(rates[1], 1),
        "ratio": round(rates[1] / rates[0], 3) if rates[0] else None,
        "reading_seconds": READING_SECONDS,
        "dashboards": len(opened),
        "dashboard_p95_ms": percentile(opened, 0.95),
    }


@asynccontextmanager
async def _analysts(
    actor: Actor, views: Sequence[View], opened: list[float]
) -> AsyncGenerator[None]:
    """Let analysts open a dashboard, read it, and open the next one, as long as the block runs."""

    async def work(view: View, pause: float) -> None:
        await asyncio.sleep(pause)
        while True:
            began = time.perf_counter()
            await open_dashboard(actor, view)
            opened.append(time.perf_counter() - began)
            await asyncio.sleep(READING_SECONDS)

    starts = random.Random(7)  # noqa: S311
    at_work = [
        asyncio.create_task(work(view, starts.uniform(0, READING_SECONDS))) for view in views
    ]
    try:
        yield
    finally:
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@dataclass(frozen=True)
class _Goal:
    """A figure that must not pass a limit, or with ``least`` not fall below it."""

    value: float | None
    limit: float
    least: bool = False

    @property
    def is_met(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.limit if self.least else self.value <= self.limit


def _targets(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return each target with what was measured."""
    panels = {name: p for name, p in figures["panels"].items() if p.get("of_duckdb")}
    sql = figures["panels"]["sum"]["sql_ms"]
    goals = {
        "whole_p95_ms": _Goal(figures["whole"]["p95_ms"], 300),
        "whole_of_sql": _Goal(round(figures["whole"]["p95_ms"] / sql, 4) if sql else None, 0.1),
        "worst_panel_of_duckdb": _Goal(max(p["of_duckdb"] for p in panels.values()), 1.2),
        "drill_p95_ms": _Goal(max(d["p95_ms"] for d in figures["drill"].values()), 300),
        "peak_mb": _Goal(figures["peak_mb"], 2048),
        "day_seconds": _Goal(figures["day_of_100000_lines"]["seconds"], 10),
        "analysts_p95_ms": _Goal(figures["analysts"]["p95_ms"], 1000),
        "checkout_ratio": _Goal(figures["checkout"]["ratio"], 0.8, least=True),
    }
    return {
        name: {"measured": goal.value, "limit": goal.limit, "met": goal.is_met}
        for name, goal in goals.items()
    }
