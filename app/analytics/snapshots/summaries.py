"""Customers, cohorts and segments, made of the whole history of orders.

A customer's *segment* follows from three numbers at the close of the snapshot: days since the
last paid order (recency), paid orders (frequency) and what was paid against the average customer
of the same distributor and currency (money). The first rule that fits names it:

==============  ==============================================================
champions       last 60 days, 3 orders or more, at least twice the average
loyal           last 120 days, 3 orders or more
new             last 30 days, 1 order
promising       last 120 days
at_risk         last 365 days, 2 orders or more
asleep          last 365 days
lost            longer ago
==============  ==============================================================
"""

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

SEGMENTS = ("champions", "loyal", "new", "promising", "at_risk", "asleep", "lost")
"""The best first."""


def summarise(orders: "pl.LazyFrame", closed: date) -> "dict[str, pl.DataFrame]":
    """Return customers, cohorts and segments of all orders up to the close."""
    paid = _paid(orders, closed)
    customers = _customers(paid, closed).collect()
    return {
        "customers": customers,
        "cohorts": _cohorts(paid, customers).collect(),
        "segments": _segments(customers, closed).collect(),
    }


def _paid(orders: "pl.LazyFrame", closed: date) -> "pl.LazyFrame":
    import polars as pl

    return orders.filter(pl.col("paid_day") <= closed, pl.col("customer").is_not_null())


def torn_customers(orders: "pl.LazyFrame", closed: date) -> set[date]:
    """Return the days of orders whose customers have not exactly one first order."""
    import polars as pl

    who = ["distributor", "customer"]
    paid = _paid(orders, closed)
    torn = paid.group_by(who).agg(pl.col("is_first").sum()).filter(pl.col("is_first") != 1)
    days = paid.join(torn, on=who, how="semi").select("day").unique().collect()
    return set(days["day"].to_list())


_WHO = ("distributor", "customer", "currency")


def _customers(paid: "pl.LazyFrame", closed: date) -> "pl.LazyFrame":
    import polars as pl

    return (
        paid.group_by(_WHO)
        .agg(
            first_day=pl.col("paid_day").min(),
            last_day=pl.col("paid_day").max(),
            orders=pl.len().cast(pl.Int64),
            paid_cents=pl.col("paid_cents").sum(),
            refunded_cents=pl.col("refunded_cents").sum(),
            province=pl.col("province").sort_by("paid_day", "order_key").last(),
        )
        .with_columns(segment=_segment(closed))
        .select(
            *_WHO,
            "first_day",
            "last_day",
            "orders",
            "paid_cents",
            "refunded_cents",
            "segment",
            "province",
        )
        .sort("distributor", "customer", "currency")
    )


def _segment(closed: date) -> "pl.Expr":
    import polars as pl

    days = (pl.lit(closed) - pl.col("last_day")).dt.total_days()
    orders, paid = pl.col("orders"), pl.col("paid_cents")
    rich = paid >= 2 * paid.mean().over("distributor", "currency")
    return (
        pl.when(days <= 60, orders >= 3, rich)
        .then(pl.lit("champions"))
        .when(days <= 120, orders >= 3)
        .then(pl.lit("loyal"))
        .when(days <= 30, orders == 1)
        .then(pl.lit("new"))
        .when(days <= 120)
        .then(pl.lit("promising"))
        .when(days <= 365, orders >= 2)
        .then(pl.lit("at_risk"))
        .when(days <= 365)
        .then(pl.lit("asleep"))
        .otherwise(pl.lit("lost"))
    )


def _cohorts(paid: "pl.LazyFrame", customers: "pl.DataFrame") -> "pl.LazyFrame":
    import polars as pl

    cohort = pl.col("first_day").dt.truncate("1mo").alias("cohort")
    born = customers.lazy().select(*_WHO, cohort)
    month = 12 * (pl.col("paid_day").dt.year() - pl.col("cohort").dt.year()).cast(pl.Int32) + (
        pl.col("paid_day").dt.month().cast(pl.Int32) - pl.col("cohort").dt.month().cast(pl.Int32)
    )
    each = (
        paid.join(born, on=list(_WHO))
        .group_by("distributor", "currency", "cohort", month.cast(pl.Int32).alias("month"))
        .agg(
            customers=pl.col("customer").n_unique().cast(pl.Int64),
            orders=pl.len().cast(pl.Int64),
            paid_cents=pl.col("paid_cents").sum(),
        )
    )
    names = ("distributor", "currency", "cohort", "month", "customers", "orders", "paid_cents")
    # A customer belongs to one distributor, so the counts of all are sums.
    whole = (
        each.group_by("currency", "cohort", "month")
        .agg(pl.col("customers", "orders", "paid_cents").sum())
        .with_columns(distributor=pl.lit(None, pl.Int64))
    )
    return pl.concat([whole.select(names), each.select(names)]).sort(
        "distributor", "cohort", "month", "currency"
    )


def _segments(customers: "pl.DataFrame", closed: date) -> "pl.LazyFrame":
    import polars as pl

    days = (pl.lit(closed) - pl.col("last_day")).dt.total_days()
    names = (
        "distributor",
        "currency",
        "segment",
        "customers",
        "orders",
        "paid_cents",
        "mean_days_since",
    )

    def by(*keys: str) -> pl.LazyFrame:
        return (
            customers.lazy()
            .group_by(*keys, "currency", "segment")
            .agg(
                customers=pl.len().cast(pl.Int64),
                orders=pl.col("orders").sum(),
                paid_cents=pl.col("paid_cents").sum(),
                mean_days_since=days.mean(),
            )
        )

    whole = by().with_columns(distributor=pl.lit(None, pl.Int64))
    return pl.concat([whole.select(names), by("distributor").select(names)]).sort(
        "distributor", "segment", "currency"
    )
