"""Closed days out of PostgreSQL, as Arrow, in the builder's one read-only transaction. Blocking."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from app.analytics.periods import midnight
from app.analytics.snapshots.frames import empty
from app.analytics.snapshots.labels import NAMES_SQL
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import DAY, Span
from app.analytics.snapshots.statements import bound, day_of, raw_sql
from app.kit.arrow import ArrowConnection, ask
from app.kit.secrets import derive_key

if TYPE_CHECKING:
    import polars as pl

CHUNK_ORDERS = 150_000
"""About so many orders are in memory at once, or one day's."""
_LOCK = 0x736E6170
"""The advisory lock of builders: "snap" in ASCII."""


def season(connection: ArrowConnection) -> None:
    """Let the transaction's statements know the salt of guests' keys."""
    salt = derive_key("analytics of guests").hex()
    ask(connection, f"select set_config('app.salt', '{salt}', true)")


class Source:
    """What the builder reads: every merchant's rows as they are at one moment."""

    def __init__(self, connection: ArrowConnection, at: datetime) -> None:
        self.at = at
        self._connection = connection
        season(connection)

    def ask(self, sql: str, **values: datetime) -> "pl.DataFrame":
        """Return the answer to a statement; ``:now`` is the moment of the build."""
        return ask(self._connection, bound(sql, now=self.at, **values))

    def of_days(self, sql: str, first: date, last: date) -> "pl.DataFrame":
        """Return the answer to a statement from ``:start`` to ``:until``."""
        return self.ask(sql, start=midnight(first), until=midnight(last + DAY))

    def is_alone(self) -> bool:
        """Take the builders' lock until the transaction ends; say whether it was free."""
        return self.ask(f"select pg_try_advisory_xact_lock({_LOCK}) as free").item()

    def rows(self, dataset: Dataset, spans: Iterable[Span]) -> "pl.DataFrame":
        """Return a raw dataset's rows of some days, in the order in which files keep them."""
        import polars as pl

        sql = raw_sql(dataset)
        frames = [self.of_days(sql, first, last) for first, last in spans]
        return pl.concat([empty(dataset), *frames]).sort(dataset.sort)

    def first_day(self) -> date | None:
        """Return the first day on which anything happened."""
        return self.ask(
            f"select least((select {day_of('min(placed_at)')} from orders),"
            f" (select {day_of('min(paid_at)')} from orders),"
            f" (select {day_of('min(first_at)')} from store_visits)) as day"
        ).item()

    def orders_by_day(self, first: date, last: date) -> dict[date, int]:
        """Return how many orders were paid on each day that has any."""
        counted = self.of_days(
            f"select {day_of('paid_at')} as day, count(*) as n from orders"
            " where paid_at >= :start and paid_at < :until group by 1",
            first,
            last,
        )
        return dict(counted.iter_rows())

    def names(self) -> "pl.DataFrame":
        """Return the dataset ``names``."""
        each = [
            f"select '{kind}' as kind, key, id::text as id, label, label_en, parent_key"
            f" from ({sql}) n"
            for kind, sql in NAMES_SQL.items()
        ]
        return self.ask(" union all ".join(each)).sort("kind", "key")


def chunks(days: Iterable[date], orders: dict[date, int]) -> list[list[date]]:
    """Divide days, in order, so that each chunk lies in one month and has few enough orders."""
    found: list[list[date]] = []
    held = 0
    for day in sorted(days):
        count = orders.get(day, 0)
        last = found[-1][-1] if found else None
        if last is None or last.month != day.month or held + count > CHUNK_ORDERS:
            found.append([])
            held = 0
        found[-1].append(day)
        held += count
    return found
