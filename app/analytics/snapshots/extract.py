"""Closed days out of PostgreSQL, as Arrow, in the builder's one read-only transaction. Blocking."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from app.analytics.periods import midnight
from app.analytics.snapshots.frames import empty
from app.analytics.snapshots.labels import NAMES_SQL
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import Span
from app.analytics.snapshots.statements import day_of, raw_sql
from app.kit.secrets import derive_key

if TYPE_CHECKING:
    import polars as pl
    from adbc_driver_manager.dbapi import Connection

CHUNK_ORDERS = 150_000
"""About so many orders are in memory at once, or one day's."""
_LOCK = 0x736E6170
"""The advisory lock of builders: "snap" in ASCII."""

_SALT = "current_setting('app.salt')"


def guest_salt() -> str:
    """Return what makes the key of a guest unguessable from its telephone number."""
    return derive_key("analytics of guests").hex()


class Source:
    """What the builder reads: every merchant's rows as they are at one moment."""

    def __init__(self, connection: "Connection", at: datetime) -> None:
        self.at = at
        self._connection = connection
        self.ask(f"select set_config('app.salt', '{guest_salt()}', true)")

    def ask(self, sql: str) -> "pl.DataFrame":
        """Return the answer to a statement."""
        import polars as pl

        with cast("Any", self._connection).cursor() as cursor:
            cursor.execute(sql)
            return pl.DataFrame(cursor.fetch_arrow())

    def is_alone(self) -> bool:
        """Take the builders' lock until the transaction ends; say whether it was free."""
        return self.ask(f"select pg_try_advisory_xact_lock({_LOCK}) as free").item()

    def bound(
        self,
        sql: str,
        first: date | None = None,
        last: date | None = None,
        since: datetime | None = None,
    ) -> str:
        """Return a statement with values in the places of its parameters."""
        values = {":now": _moment(self.at), ":salt": _SALT}
        if first and last:
            values[":start"] = _moment(midnight(first))
            values[":until"] = _moment(midnight(last + timedelta(days=1)))
        if since:
            values[":since"] = _moment(since)
        for name, value in values.items():
            sql = sql.replace(name, value)
        return sql

    def rows(self, dataset: Dataset, spans: Iterable[Span]) -> "pl.DataFrame":
        """Return a raw dataset's rows of some days, in the order in which files keep them."""
        import polars as pl

        sql = raw_sql(dataset)
        frames = [self.ask(self.bound(sql, first, last)) for first, last in spans]
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
        counted = self.ask(
            self.bound(
                f"select {day_of('paid_at')} as day, count(*) as n from orders"
                " where paid_at >= :start and paid_at < :until group by 1",
                first,
                last,
            )
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


def _moment(moment: datetime) -> str:
    return f"timestamptz '{moment.isoformat()}'"


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
