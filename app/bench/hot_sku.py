"""``bench hot-sku``: everybody wants the same SKU at once, and there is not enough of it.

An order counts when stock was reserved for it. The rate is that of the sale: the orders over the
time from the first buyer's click until the last unit is sold. How long it takes until the buyers
who came too late have their answer as well stands beside it.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from app.access import PUBLIC
from app.bench import floor, floor_sql, http
from app.bench.checkout import ADDRESS
from app.bench.ground import Ground, Pair, as_engine, open_ground
from app.bench.load import percentile
from app.kit.ids import new_id
from app.services.placing import OrderItem, PlaceOrder, SoldOut, place_order
from app.services.verification import verify

BUYERS = 500
IN_STOCK = 200
ROUNDS = 5
CONNECTIONS = 64

Buy = Callable[[Pair], Awaitable[bool]]


async def run(seconds: int) -> dict[str, Any]:
    """Measure the floor, then rounds of buyers through services and through HTTP."""
    async with open_ground() as ground:
        floor.warm_up(ground)
        skus = iter({pair.a_sku_id: pair for pair in ground.pairs}.values())
        hot = next(skus).a_sku_id
        before = _reserved(ground, hot)
        script = floor_sql.one_row(hot)
        floors = [floor.run_once(ground, script, seconds) for _ in range(floor.RUNS)]
        base = floor.Floor(tuple(floors))
        with as_engine(ground.urls) as connection:
            # The floor has taken units for which there is no order.
            connection.execute("update stock set reserved = %s where sku_id = %s", [before, hot])
        services = [await _round(ground, next(skus), _through_services) for _ in range(ROUNDS)]
        async with http.connected(ground, CONNECTIONS) as lines:
            buy = _over_http(lines)
            over_http = [await _round(ground, next(skus), buy) for _ in range(ROUNDS)]
        report = verify(ground.urls.owner_text)
    return {
        "bench": "hot-sku",
        "buyers": BUYERS,
        "in_stock": IN_STOCK,
        "floor": base.as_dict(),
        "services": _figures(services, base.per_second),
        "http": _figures(over_http, base.per_second),
        "oversold": max(one["oversold"] for one in services + over_http),
        "sold_in_each_round": [one["sold"] for one in services + over_http],
        "verified": report["ok"],
    }


async def _round(ground: Ground, pair: Pair, buy: Buy) -> dict[str, Any]:
    _leave(ground, pair.a_sku_id)
    before = _reserved(ground, pair.a_sku_id)
    waits: list[float] = []
    sales: list[float] = []

    async def buyer() -> bool:
        at = time.perf_counter()
        got = await buy(pair)
        waits.append(time.perf_counter() - at)
        if got:
            sales.append(time.perf_counter())
        return got

    began = time.perf_counter()
    got = await asyncio.gather(*(buyer() for _ in range(BUYERS)))
    elapsed = time.perf_counter() - began
    sold = _reserved(ground, pair.a_sku_id) - before
    if sold != sum(got):
        raise RuntimeError(f"{sum(got)} buyers were told that they have one of {sold} units")
    return {
        "sold": sold,
        "oversold": max(0, sold - IN_STOCK),
        "elapsed": elapsed,
        "orders_per_s": sold / (max(sales) - began),
        "waits": waits,
    }


def _leave(ground: Ground, sku: UUID) -> None:
    """Count the stock of a SKU down to what the bench sells."""
    with as_engine(ground.urls) as connection:
        connection.execute(
            "insert into stock_movements (id, sku_id, supplier_id, delta, reason)"
            " select new_uuid(), sku_id, supplier_id, reserved + %s - on_hand, 'COUNT' from stock"
            " where sku_id = %s",
            [IN_STOCK, sku],
        )
        connection.execute(
            "update stock set on_hand = reserved + %s where sku_id = %s", [IN_STOCK, sku]
        )


def _reserved(ground: Ground, sku: UUID) -> int:
    """Return how many units are promised to orders, by their reservations."""
    with as_engine(ground.urls) as connection:
        row = connection.execute(
            "select coalesce(sum(quantity), 0) from stock_reservations where sku_id = %s", [sku]
        ).fetchone()
    return int(row[0]) if row else 0


async def _through_services(pair: Pair) -> bool:
    wish = PlaceOrder(
        store_id=pair.store_id,
        idempotency_key=new_id().hex,
        items=(OrderItem(sku_id=pair.a_sku_id, quantity=1),),
        address=ADDRESS,
    )
    try:
        await place_order(PUBLIC, wish)
    except SoldOut:
        return False
    return True


def _over_http(lines: list[http.Line]) -> Buy:
    idle: asyncio.LifoQueue[http.Line] = asyncio.LifoQueue()
    for line in lines:
        idle.put_nowait(line)

    async def buy(pair: Pair) -> bool:
        line = await idle.get()
        try:
            await http.place(line, pair.slug, [pair.a_sku_id], ADDRESS)
        except http.Unexpected as answer:
            if answer.args[1] != 409:
                raise
            return False
        finally:
            idle.put_nowait(line)
        return True

    return buy


def _figures(rounds: list[dict[str, Any]], floor_per_s: float) -> dict[str, Any]:
    rate = statistics.median(one["orders_per_s"] for one in rounds)
    waits = [wait for one in rounds for wait in one["waits"]]
    return {
        "orders_per_s": round(rate, 1),
        "p50_ms": percentile(waits, 0.5),
        "p99_ms": percentile(waits, 0.99),
        "floor_per_s": round(floor_per_s, 1),
        "ratio": round(rate / floor_per_s, 3),
        "oversold": max(one["oversold"] for one in rounds),
        "all_answered_ms": round(statistics.median(one["elapsed"] for one in rounds) * 1000),
        "answers_per_s": round(statistics.median(BUYERS / one["elapsed"] for one in rounds), 1),
    }
