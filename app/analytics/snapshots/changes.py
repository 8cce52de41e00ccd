"""Which closed days have changed since the last build: what traces tell, and what an audit finds.

Traces are rows that are only ever added (steps of orders, refunds, postings), so those after the
watermark name the orders that moved, and these their days. A transaction may commit after later
ones, hence the overlap. Imported history is known by when it was brought. What leaves no trace (a
correction by hand) is found by the nightly audit, which compares a fingerprint of every day.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from app.analytics.measures import OVERDUE_HOURS
from app.analytics.periods import business_date
from app.analytics.snapshots.extract import Source
from app.analytics.snapshots.layout import RAW, Dataset, Kind
from app.analytics.snapshots.manifest import DAY
from app.analytics.snapshots.statements import day_of, raw_sql
from app.services.traffic import KEPT_DAYS

if TYPE_CHECKING:
    import polars as pl

OVERLAP = timedelta(minutes=10)
"""So long after its own time a row may become visible."""

Days = dict[str, set[date]]
"""Raw dataset → days."""

_TRACED = f"""\
with steps as materialized (
  select order_id, bool_or(kind = 'PAID') as was_paid from order_events
  where created_at >= :since group by order_id),
-- History has old moments; when it was brought tells it. Without an import nobody looks for any;
-- one that runs, or was killed, went as far as its last step.
imports as materialized (
  select min(started_at) - interval '1 minute' as began from import_runs r
  where greatest(finished_at, (select max(s.finished_at) from import_steps s
    where s.run_id = r.id)) >= :since),
brought as materialized (
  select id as order_id from orders
  where (select began from imports) is not null and imported_at >= (select began from imports)),
said as materialized (
  select order_id from reviews where created_at >= :since
  union
  select order_id from reviews
  where (select began from imports) is not null and imported_at >= (select began from imports)),
back as materialized (
  select order_id, created_at from refunds where created_at >= :since or failed_at >= :since
  or succeeded_at >= :since),
moved as materialized (
  select order_id from steps union select order_id from back union select order_id from brought
  union select order_id from said),
bought as materialized (
  select order_id from back union select order_id from brought
  union select order_id from steps where was_paid),
-- Few orders move in a few minutes; nobody tells the planner, who would read the whole table.
dated as materialized (
  select moved.order_id, o.placed_at, o.paid_at from moved
  cross join lateral (select placed_at, paid_at from orders where id = moved.order_id limit 1) o)
select dataset, day from (
  select 'orders' as dataset, {day_of("placed_at")} as day from dated
  union
  select 'parts', {day_of("paid_at")} from dated
  union
  select 'lines', {day_of("paid_at")} from dated where order_id in (select order_id from bought)
  union
  select 'refunds', {day_of("created_at")} from back
  union
  select 'bookings', {day_of("created_at")} from postings
  where created_at >= :since and supplier_order_id is not null
  union
  select 'bookings', {day_of("p.created_at")} from brought
  join ledger_transactions t on t.order_id = brought.order_id
  join postings p on p.transaction_id = t.id where p.supplier_order_id is not null
  union
  select 'parts', {day_of("o.paid_at")}
  from orders o join supplier_orders s on s.order_id = o.id
  where o.paid_at >= cast(:since as timestamptz) - interval '{OVERDUE_HOURS} hours'
    and o.paid_at < cast(:now as timestamptz) - interval '{OVERDUE_HOURS} hours'
    and s.shipped_at is null
) x where day is not null"""


def traced(source: Source, since: datetime, closed: date) -> Days:
    """Return the closed days that traces after ``since`` (a watermark) tell of."""
    since -= OVERLAP
    found: Days = {dataset.name: set() for dataset in RAW}
    for name, day in source.ask(_TRACED, since=since).rows():
        found[name].add(day)
    # Visits leave no trace; those of the last moments before midnight may have come late.
    for name in ("traffic", "product_traffic"):
        found[name].add(business_date(since))
    return {name: {day for day in days if day <= closed} for name, days in found.items()}


def differing(
    source: Source, stand: "Mapping[str, pl.LazyFrame]", first: date, closed: date
) -> Days:
    """Return the days on which files (``stand``, by dataset) and tables have other figures."""
    import polars as pl

    found: Days = {}
    for dataset in RAW:
        since = max(first, kept_from(dataset, closed))
        theirs = source.of_days(_prints_sql(dataset), since, closed)
        ours = _prints(dataset, stand[dataset.name].filter(pl.col("day") >= since)).collect()
        found[dataset.name] = _other_days(theirs, ours)
    return found


def kept_from(dataset: Dataset, closed: date) -> date:
    """Return from which day on the tables still have a dataset's rows.

    Single visitors are forgotten after a time; what they came to stays in the files.
    """
    return closed - (KEPT_DAYS - 2) * DAY if dataset.name == "traffic" else date.min


def _other_days(theirs: "pl.DataFrame", ours: "pl.DataFrame") -> set[date]:
    columns = ours.columns
    only_there = theirs.join(ours, on=columns, how="anti", nulls_equal=True)
    only_here = ours.join(theirs, on=columns, how="anti", nulls_equal=True)
    return {*only_there["day"].to_list(), *only_here["day"].to_list()}


_KEYS = frozenset({"customer", "is_first", "store", "distributor", "supplier", "product"})


def _summed(dataset: Dataset) -> list[tuple[str, Kind]]:
    """Return the columns that may change, whose sums are the fingerprint of a day."""
    return [
        (column.name, column.kind)
        for column in dataset.columns
        if column.kind in (Kind.COUNT, Kind.LONG, Kind.YES_NO, Kind.FLOAT)
        and column.name not in _KEYS
        and not column.name.endswith("_key")
        and column.name != "category"
    ]


def _prints_sql(dataset: Dataset) -> str:
    sums = {name: _sql_sum(name, kind) for name, kind in _summed(dataset)}
    if dataset.has("status"):
        sums["status"] = "('x' || left(md5(status), 6))::bit(24)::int"
    columns = [f"coalesce(sum({how}), 0)::bigint as {name}" for name, how in sums.items()]
    rows = raw_sql(dataset, only=("day", *sums))
    return (
        f"select day, count(*)::bigint as rows, {', '.join(columns)} from ({rows}) r group by day"
    )


def _sql_sum(name: str, kind: Kind) -> str:
    return (
        f"{name}::int"
        if kind is Kind.YES_NO
        else f"floor({name} * 100)"
        if kind is Kind.FLOAT
        else name
    )


def _prints(dataset: Dataset, rows: "pl.LazyFrame") -> "pl.LazyFrame":
    import polars as pl

    sums = {
        name: (pl.col(name) * 100).floor().cast(pl.Int64) if kind is Kind.FLOAT else pl.col(name)
        for name, kind in _summed(dataset)
    }
    if dataset.has("status"):
        sums["status"] = pl.col("status").map_batches(_digests, return_dtype=pl.Int64)
    totals = [how.cast(pl.Int64).sum().alias(name) for name, how in sums.items()]
    return rows.group_by("day").agg(pl.len().cast(pl.Int64).alias("rows"), *totals)


def _digests(words: "pl.Series") -> "pl.Series":
    import polars as pl

    known = words.unique().to_list()
    digests = [
        int(hashlib.md5(w.encode(), usedforsecurity=False).hexdigest()[:6], 16) for w in known
    ]
    return words.replace_strict(known, digests, return_dtype=pl.Int64)


def moved_products(
    source: Source, names: "pl.LazyFrame", sold: "pl.LazyFrame", fresh: "pl.DataFrame"
) -> set[date]:
    """Return the days with sales of products that have changed their category since."""
    import polars as pl

    columns = ["key", "parent_key"]
    before = names.filter(pl.col("kind") == "product").select(columns)
    moved = before.join(fresh.lazy().select(columns), on=columns, how="anti", nulls_equal=True)
    keys = moved.collect()["key"]
    if keys.is_empty():
        return set()
    days = sold.filter(pl.col("product").is_in(keys.implode())).select("day").unique().collect()
    return set(days["day"].to_list())
