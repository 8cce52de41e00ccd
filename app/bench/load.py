"""Shoppers who come back as soon as they are done, and what their clocks say."""

import asyncio
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Step = Callable[[], Awaitable[None]]


@dataclass
class Clock:
    """Seconds that the steps of every order took, by name; ``order`` is the whole."""

    taken: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    elapsed: float = 0.0
    cpu: float = 0.0

    def note(self, name: str, since: float) -> float:
        """Note that a step took from ``since`` until now; return now."""
        at = time.perf_counter()
        self.taken.setdefault(name, []).append(at - since)
        return at

    @property
    def per_second(self) -> float:
        """Whole orders per second."""
        return len(self.taken.get("order", ())) / self.elapsed if self.elapsed else 0.0


async def drive(shoppers: int, seconds: float, order: Callable[[Clock], Awaitable[None]]) -> Clock:
    """Let shoppers order one after the other until the time is up; the last ones finish."""
    clock = Clock()
    began, cpu = time.perf_counter(), time.process_time()

    async def shop() -> None:
        while time.perf_counter() - began < seconds:
            start = time.perf_counter()
            await order(clock)
            clock.note("order", start)

    async with asyncio.TaskGroup() as group:
        for _ in range(shoppers):
            group.create_task(shop())
    clock.elapsed = time.perf_counter() - began
    clock.cpu = time.process_time() - cpu
    return clock


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of all do not exceed, in milliseconds."""
    if not seconds:
        return 0.0
    ranked = sorted(seconds)
    return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)] * 1000, 1)


def middle(clocks: Sequence[Clock]) -> Clock:
    """Return the run with the median rate."""
    ranked = sorted(clocks, key=lambda clock: clock.per_second)
    return ranked[len(ranked) // 2]


def figures(clock: Clock, floor_per_s: float) -> dict[str, Any]:
    """Return the keys that every benchmark reports, and where the time goes."""
    orders = clock.taken.get("order", [])
    steps = {
        name: round(statistics.fmean(taken) * 1000, 1)
        for name, taken in clock.taken.items()
        if name != "order"
    }
    return {
        "orders_per_s": round(clock.per_second, 1),
        "p50_ms": percentile(orders, 0.5),
        "p99_ms": percentile(orders, 0.99),
        "floor_per_s": round(floor_per_s, 1),
        "ratio": round(clock.per_second / floor_per_s, 3) if floor_per_s else None,
        "orders": len(orders),
        "mean_ms_by_step": steps,
        "driver_cpu_share": round(clock.cpu / clock.elapsed, 2) if clock.elapsed else None,
    }
