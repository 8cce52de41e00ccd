"""Where there are figures: what a page says that has none in its days.

Imported history ends in the past and may be in another currency, so that a dashboard of the last
days would look as if nothing had come in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from app.access import Actor, Scope
from app.analytics import snapshots
from app.analytics.computing import ENGINE, computed
from app.analytics.periods import LONGEST_DAYS, Period, custom
from app.analytics.snapshots.manifest import DAY

if TYPE_CHECKING:
    import polars as pl

_SOLD: Mapping[Scope, str] = {
    Scope.PLATFORM: "daily",
    Scope.SUPPLIER: "daily_supplier",
    Scope.DISTRIBUTOR: "daily_store",
}


@dataclass(frozen=True)
class Reach:
    """From the first to the last closed day with sales in a currency."""

    currency: str
    first: date
    last: date

    def latest(self, at: datetime) -> Period:
        """Return the last year of it, or all where it is shorter."""
        return custom(max(self.first, self.last - (LONGEST_DAYS - 1) * DAY), self.last, at)


async def reaches(actor: Actor) -> list[Reach]:
    """Return where the actor has sales, that with the latest ones first.

    Raises Forbidden where the actor may see none.
    """

    def read() -> "pl.DataFrame":
        import polars as pl

        sold = snapshots.scan(actor, _SOLD[actor.scope], first=date.min, last=date.max)
        ends = (pl.col("day").min().alias("first"), pl.col("day").max().alias("last"))
        found = sold.group_by("currency").agg(*ends)
        return found.sort("last", "currency", descending=[True, False]).collect(engine=ENGINE)

    with snapshots.one_snapshot():
        found = await computed(read)
    return [Reach(currency, first, last) for currency, first, last in found.rows()]
