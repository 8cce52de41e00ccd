"""The layout in polars: types, empty frames, rolling up. Blocking."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from app.analytics.snapshots.layout import Dataset, Kind, Total

if TYPE_CHECKING:
    import polars as pl


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


def schema(dataset: Dataset) -> "dict[str, type[pl.DataType]]":
    """Return the types of a dataset's columns."""
    return {column.name: dtype(column.kind) for column in dataset.columns}


def empty(dataset: Dataset) -> "pl.DataFrame":
    """Return a frame without rows that has a dataset's columns."""
    import polars as pl

    return pl.DataFrame(schema=schema(dataset))


def roll_up(rollup: Dataset, rows: "pl.LazyFrame", known: Collection[str]) -> "pl.LazyFrame":
    """Return the columns of a rollup that are among ``known``, made of the rows of its source."""
    types = schema(rollup)
    totals = {total.name: total for total in rollup.totals}
    columns = [name for name in rollup.names if name in known]
    heads = [name for name in columns if name not in totals]
    sums = [_total(totals[n]).cast(types[n]).alias(n) for n in columns if n in totals]
    return rows.group_by(heads).agg(sums).select(columns).sort(rollup.sort)


def _total(total: Total) -> "pl.Expr":
    import polars as pl

    if total.how == "rows":
        return pl.len()
    of = pl.col(total.of)
    if total.where:
        of = of.filter(pl.col(total.where).is_not_null())
    if total.how == "distinct":
        return of.drop_nulls().n_unique()
    return of.sum() if total.how == "sum" else of.count()
