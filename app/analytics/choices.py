"""What a view can be narrowed to: the values that have figures in its days, the largest first.

They come from the figures that the actor may see, so that nobody learns a name from an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from app.access import Actor, Scope
from app.analytics.dashboards.desk import Desk
from app.analytics.dashboards.standing import sums_reader
from app.analytics.measures import MEASURES, SCOPE_DIMENSIONS
from app.analytics.views import DIMENSIONS, View
from app.kit.db import database

MOST_CHOICES = 200
_OF_GOODS: Mapping[Scope, str] = {
    Scope.PLATFORM: "goods_sales",
    Scope.SUPPLIER: "supply_sales",
    Scope.DISTRIBUTOR: "goods_sales",
}
_OF_VISITS = "visitors"
_VISITS_ONLY = frozenset({"source", "campaign"})


@dataclass(frozen=True)
class Choice:
    """One value of a dimension as addresses have it, and what it is called."""

    key: str
    label: str
    label_en: str


def dimensions_of(actor: Actor) -> list[str]:
    """Return by what the actor may narrow a view, in the order in which it is offered."""
    known = SCOPE_DIMENSIONS.get(actor.scope, frozenset())
    return [name for name in DIMENSIONS if name in known and _measure(actor, name) is not None]


def _measure(actor: Actor, dimension: str) -> str | None:
    key = _OF_VISITS if dimension in _VISITS_ONLY else _OF_GOODS[actor.scope]
    return key if MEASURES[key].shown_to(actor) else None


async def choices(actor: Actor, view: View, dimension: str) -> Sequence[Choice]:
    """Return the values of a dimension that have figures in the view, but for its own filter."""
    measure = _measure(actor, dimension) if dimension in dimensions_of(actor) else None
    if measure is None:
        return []
    desk, _ = Desk.of(actor, view).without(dimension).fitting(measure)
    frame = await desk.frame(measure, by=(dimension,))
    named = frame.filter(frame[dimension].is_not_null(), frame[measure] > 0)
    keys = named.sort(measure, dimension, descending=[True, False])[dimension].head(MOST_CHOICES)
    labels = await desk.labels(dimension, keys.to_list())
    return [
        Choice(label.key, label.label, label.label_en)
        for key in keys
        if (label := labels.get(key)) is not None
    ]


async def currencies(actor: Actor) -> Sequence[str]:
    """Return the currencies in which the actor has accounts; at least the first one."""
    async with database().transaction(sums_reader(actor)) as session:
        found = await session.execute(
            text(
                "select distinct currency from ledger_accounts"
                " where cast(:merchant as uuid) is null or merchant_id = :merchant order by 1"
            ),
            {"merchant": actor.merchant_id},
        )
        return [row.currency for row in found] or ["CNY"]
