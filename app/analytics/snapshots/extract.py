"""Closed days out of PostgreSQL, as Arrow, in the builder's one read-only transaction. Blocking."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from app.analytics.periods import midnight
from app.analytics.snapshots.layout import DATASETS, Dataset, Kind
from app.analytics.snapshots.statements import raw_sql
from app.analytics.snapshots.store import Span
from app.kit.secrets import derive_key

if TYPE_CHECKING:
    import polars as pl
    from adbc_driver_manager.dbapi import Connection


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

        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return pl.DataFrame(cursor.fetch_arrow())

    def bound(self, sql: str, first: date, last: date) -> str:
        """Return a statement with the moments of some days in it."""
        values = {
            ":start": _moment(midnight(first)),
            ":until": _moment(midnight(last + timedelta(days=1))),
            ":now": _moment(self.at),
            ":salt": "(select current_setting('app.salt'))",
        }
        for name, value in values.items():
            sql = sql.replace(name, value)
        return sql

    def rows(self, dataset: Dataset, spans: Iterable[Span]) -> "pl.DataFrame":
        """Return a raw dataset's rows of some days, in the order in which files keep them."""
        import polars as pl

        sql = raw_sql(dataset)
        frames = [self.ask(self.bound(sql, first, last)) for first, last in spans]
        return pl.concat([empty(dataset), *frames]).sort(dataset.sort)


def _moment(moment: datetime) -> str:
    return f"timestamptz '{moment.isoformat()}'"


def empty(dataset: Dataset) -> "pl.DataFrame":
    """Return a frame without rows that has a dataset's columns."""
    import polars as pl

    return pl.DataFrame(schema={c.name: dtype(c.kind) for c in dataset.columns})


def dtype(kind: Kind) -> "type[pl.DataType]":
    """Return the polars type of a column."""
    import polars as pl

    return {
        Kind.DAY: pl.Date,
        Kind.SMALL: pl.Int16,
        Kind.COUNT: pl.Int32,
        Kind.LONG: pl.Int64,
        Kind.FLOAT: pl.Float64,
        Kind.TEXT: pl.String,
        Kind.YES_NO: pl.Boolean,
    }[kind]


def roll_up(rollup: Dataset, rows: "pl.LazyFrame") -> "pl.LazyFrame":
    """Return a rollup of the rows of its source."""
    import polars as pl

    columns = set(DATASETS[rollup.source or ""].names)
    heads = [name for name in ("day", "currency", *rollup.keys) if name in columns]
    kinds = {column.name: dtype(column.kind) for column in rollup.columns}
    how = {
        "sum": lambda of: pl.col(of).sum(),
        "rows": lambda of: pl.len(),
        "distinct": lambda of: pl.col(of).n_unique(),
        "known": lambda of: pl.col(of).count(),
    }
    totals = [how[t.how](t.of).cast(kinds[t.name]).alias(t.name) for t in rollup.totals]
    return rows.group_by(heads).agg(totals).sort(rollup.sort)
