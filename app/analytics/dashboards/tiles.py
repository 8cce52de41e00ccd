"""The key figures on top of a dashboard."""

import asyncio
from collections.abc import Mapping, Sequence

from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.model import Tile, Todo
from app.analytics.dashboards.standing import standing
from app.analytics.engine import BEFORE
from app.analytics.measures import MEASURES
from app.analytics.quotients import change_bps


async def tiles(desk: Desk, keys: Sequence[str]) -> tuple[Tile, ...]:
    """Return the tiles that the actor may see, in their order.

    A flow that the filters cannot divide has no value and says why.
    """
    shown = [key for key in keys if MEASURES[key].shown_to(desk.actor)]
    flows = [key for key in shown if not MEASURES[key].is_standing]
    fitting = {key: desk.fitting(key)[1] for key in flows}
    fit = [key for key in flows if not fitting[key]]
    made, stood = await asyncio.gather(
        _flows(desk, fit), standing(desk.actor, desk.view, set(shown) - set(flows))
    )
    made |= {key: Tile(key, None, note=fitting[key]) for key in flows if fitting[key]}
    made |= {key: Tile(key, value, link=desk.page_link(key)) for key, value in stood.items()}
    return tuple(made[key] for key in shown if key in made)


async def _flows(desk: Desk, keys: Sequence[str]) -> dict[str, Tile]:
    if not keys:
        return {}
    compared = desk.view.shift is not None
    totals, slots = await asyncio.gather(
        desk.frame(*keys, compared=compared), desk.frame(*keys, grain=desk.grain)
    )
    now = totals.row(0, named=True)
    return {key: _tile(desk, key, now, slots[key].to_list()) for key in keys}


def _tile(desk: Desk, key: str, now: Mapping[str, int | None], line: list[int | None]) -> Tile:
    value, previous = now[key], now.get(key + BEFORE)
    # A day without a whole has no quotient; a line has to pass somewhere, so it is zero.
    begun = desk.period.begun
    series = tuple((value or 0) if place < begun else None for place, value in enumerate(line))
    return Tile(key, value, previous, change_bps(value, previous), series, desk.link(key))


async def todos(desk: Desk, keys: Sequence[str]) -> tuple[Todo, ...]:
    """Return the work that waits for those who may do it."""
    found = await standing(desk.actor, desk.view, keys)
    return tuple(Todo(key, found[key], desk.page_link(key)) for key in keys if key in found)
