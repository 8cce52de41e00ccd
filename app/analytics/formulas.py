"""Amounts and measures as expressions over columns."""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from app.analytics.measures import Amount, Measure
from app.analytics.snapshots.layout import Dataset

if TYPE_CHECKING:
    import polars as pl


def amount_sums(amounts: Sequence[Amount], dataset: Dataset) -> "dict[Amount, pl.Expr]":
    """Return amount → how rows give it: counted in raw rows, summed in those of a rollup."""
    import polars as pl

    return {
        amount: (_counted(amount) if dataset.is_raw else _summed(amount, dataset)).cast(
            pl.Float64 if amount.is_fraction else pl.Int64
        )
        for amount in amounts
    }


def _summed(amount: Amount, rollup: Dataset) -> "pl.Expr":
    import polars as pl

    column = pl.col(amount.rolled)
    # A rollup without the condition's column has counted only where it holds.
    is_apart = amount.where is not None and rollup.has(amount.where[0])
    return (_held(column, amount) if is_apart else column).sum()


def holds(amount: Amount) -> "pl.Expr | None":
    """Return the condition of the rows in which an amount is counted; None for all."""
    import polars as pl

    if amount.where is None:
        return None
    name, value = amount.where
    return pl.col(name).is_not_null() if value is None else pl.col(name) == value


def _held(column: "pl.Expr", amount: Amount) -> "pl.Expr":
    wanted = holds(amount)
    return column if wanted is None else column.filter(wanted)


def _counted(amount: Amount) -> "pl.Expr":
    import polars as pl

    column = pl.col(amount.source)
    match amount.how:
        case "sum":
            return _held(column, amount).sum()
        case "count":
            return pl.len()
        case "distinct":
            return _held(column, amount).drop_nulls().n_unique()
        case "known":
            return column.is_not_null().sum()
        case "true":
            return column.sum()


def value_of(measure: Measure, column: Callable[[Amount], str]) -> "pl.Expr":
    """Return a measure's value as an integer in its unit; null where it is undefined.

    Quotients are rounded half up. A null amount means that nothing was counted.
    """
    import polars as pl

    def total(terms: Sequence[tuple[int, Amount]]) -> pl.Expr:
        counted = [(factor, pl.col(column(amount)).fill_null(0)) for factor, amount in terms]
        return reduce(operator.add, (n if factor == 1 else n * factor for factor, n in counted))

    top = total(measure.top)
    if not measure.bottom:
        return top.cast(pl.Int64)
    bottom = total(measure.bottom)
    quotient = (2 * measure.scale * top + bottom) // (2 * bottom)
    return pl.when(bottom > 0).then(quotient).cast(pl.Int64)
