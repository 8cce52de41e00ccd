"""``bench checkout``: shoppers place and pay orders of two lines from two suppliers."""

import itertools
import random
import time
from typing import Any

from app.access import PUBLIC
from app.bench import floor, floor_sql, http
from app.bench.ground import CLIENTS, Ground, Pair, open_ground
from app.bench.load import Clock, drive, figures, middle
from app.kit.ids import new_id
from app.services import payments
from app.services.placing import Address, OrderItem, PlaceOrder, place_order
from app.services.verification import verify

ADDRESS = Address(
    recipient="陈一",
    phone="+8613811112222",
    province_code="33",
    province="浙江省",
    city="杭州市",
    district="西湖区",
    street="龙井路 1 号",
)
RUNS = 3
WARM_UP_SECONDS = 1
SHOPPERS = CLIENTS


async def run(seconds: int) -> dict[str, Any]:
    """Measure floor, services and HTTP in turns on one database; check its invariants after."""
    async with open_ground() as ground:
        script = floor_sql.checkout(len(ground.pairs) - 1)
        floor.warm_up(ground)
        before = floor.row_count(ground)
        floors = [floor.run_once(ground, script, seconds) for _ in range(floor.RUNS)]
        between = floor.row_count(ground)
        base = floor.Floor(tuple(floors))
        services = await _services(ground, seconds)
        after = floor.row_count(ground)
        over_http = await _http(ground, seconds)
        report = verify(ground.urls.owner_text)
    return {
        "bench": "checkout",
        "shoppers": SHOPPERS,
        "floor": base.as_dict() | {"rows_per_order": floor.per_order(before, between)},
        "services": figures(services, base.per_second)
        | {"rows_per_order": floor.per_order(between, after)},
        "http": figures(over_http, base.per_second),
        "verified": report["ok"],
    }


async def _services(ground: Ground, seconds: int) -> Clock:
    order = service_order(ground)
    await drive(SHOPPERS, WARM_UP_SECONDS, order)
    return middle([await drive(SHOPPERS, seconds, order) for _ in range(RUNS)])


def service_order(ground: Ground) -> Any:
    """Return what one shopper does: place an order by the services, and pay it."""
    chosen = _choices(ground)

    async def order(clock: Clock) -> None:
        at = time.perf_counter()
        placed = await place_order(PUBLIC, _wish(next(chosen)))
        at = clock.note("place", at)
        started = await payments.start(
            PUBLIC, placed.order_id, placed.access_token, return_url="http://shop.invalid/thanks"
        )
        at = clock.note("start", at)
        outcome = await payments.confirm(ground.provider.paid(started.number))
        clock.note("confirm", at)
        if outcome != "applied":
            raise RuntimeError(f"the payment {started.number} led to {outcome}")

    return order


def _choices(ground: Ground) -> "itertools.chain[Pair]":
    """Return pairs in an order that is the same in every run."""
    shuffled = random.Random(7).sample(ground.pairs, len(ground.pairs))  # noqa: S311
    return itertools.chain.from_iterable(itertools.repeat(shuffled))


def _wish(pair: Pair) -> PlaceOrder:
    return PlaceOrder(
        store_id=pair.store_id,
        idempotency_key=new_id().hex,
        items=(
            OrderItem(sku_id=pair.a_sku_id, quantity=1),
            OrderItem(sku_id=pair.b_sku_id, quantity=1),
        ),
        address=ADDRESS,
    )


async def _http(ground: Ground, seconds: int) -> Clock:
    async with http.shop(ground, SHOPPERS) as shop:
        chosen = _choices(ground)

        async def order(clock: Clock) -> None:
            pair = next(chosen)
            await shop.buy(clock, pair.slug, (pair.a_sku_id, pair.b_sku_id), ADDRESS)

        await drive(SHOPPERS, WARM_UP_SECONDS, order)
        return middle([await drive(SHOPPERS, seconds, order) for _ in range(RUNS)])
