"""The layout in polars: types, empty frames, rolling up. Blocking."""

from typing import TYPE_CHECKING

from app.analytics.snapshots.layout import DATASETS, Dataset, Kind, Total

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


def roll_up(rollup: Dataset, rows: "pl.LazyFrame") -> "pl.LazyFrame":
    """Return a rollup of the rows of its source."""
    known = set(DATASETS[rollup.source or ""].names)
    heads = [name for name in ("day", "currency", *rollup.keys) if name in known]
    types = schema(rollup)
    totals = [_total(total).cast(types[total.name]).alias(total.name) for total in rollup.totals]
    return rows.group_by(heads).agg(totals).sort(rollup.sort)


def _total(total: Total) -> "pl.Expr":
    import polars as pl

    if total.how == "rows":
        return pl.len()
    of = pl.col(total.of)
    return {"sum": of.sum, "distinct": of.n_unique, "known": of.count}[total.how]()
