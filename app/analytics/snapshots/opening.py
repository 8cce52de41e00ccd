"""Parquet opened: for ``scan`` and for the builder, and for nothing else (a test looks)."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.analytics.snapshots import cache
from app.analytics.snapshots.frames import empty
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import File, Span, days_of
from app.analytics.snapshots.store import Store

if TYPE_CHECKING:
    import polars as pl


def rows_of(
    store: Store, dataset: Dataset, files: Iterable[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    """Return the rows of a dataset's files, of some days or (None) all."""
    import polars as pl

    found = [_rows(store, file, spans) for file in files if _touches(file, spans)]
    return pl.concat(found) if found else empty(dataset).lazy()


def kept_rows_of(
    store: Store, dataset: Dataset, files: Iterable[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    """Like ``rows_of``, from memory if they are few; of raw rows only those of a single day."""
    wanted = [file for file in files if _touches(file, spans)]
    if dataset.is_raw:
        return _kept_day(store, dataset, wanted, spans)
    if not cache.fits(sum(file.rows for file in wanted), len(dataset.columns)):
        return rows_of(store, dataset, wanted, spans)
    return _kept_months(store, dataset, wanted, spans)


def _kept_day(
    store: Store, dataset: Dataset, files: Sequence[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    """Keep the day that a comparison cuts at the minute: every panel of a dashboard reads it."""
    is_one_day = spans is not None and len(spans) == 1 and spans[0][0] == spans[0][1]
    rows = sum(file.rows // max(1, sum(1 for _ in days_of(file.spans))) for file in files)
    if not files or not is_one_day or not cache.fits(rows, len(dataset.columns)):
        return rows_of(store, dataset, files, spans)
    return _kept(store, files, spans)


def _kept_months(
    store: Store, dataset: Dataset, files: Sequence[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    """Keep the files of a month as one: the running month has one for each of its days.

    Of a few rows, those of all months: a plan of one table takes less time than one of several.
    """
    import polars as pl

    if files and cache.is_small(sum(file.rows for file in files), len(dataset.columns)):
        return _within(_kept(store, files), files, spans)
    months: dict[date | None, list[File]] = {}
    for file in files:
        months.setdefault(file.month if file.spans else None, []).append(file)
    found = [_within(_kept(store, of), of, spans) for of in months.values()]
    return pl.concat(found) if found else empty(dataset).lazy()


def _kept(
    store: Store, files: Sequence[File], spans: Sequence[Span] | None = None
) -> "pl.LazyFrame":
    import polars as pl

    names = (f"{store.url(file.path)}{'' if file.is_whole else file.spans}" for file in files)
    key = f"{spans or ''}{'|'.join(names)}"
    frame = cache.frames.get(key)
    if frame is None:
        frame = pl.concat([_rows(store, file, spans) for file in files]).collect()
        cache.frames.keep(key, frame)
    return frame.lazy()


def _rows(store: Store, file: File, spans: Sequence[Span] | None) -> "pl.LazyFrame":
    import polars as pl

    rows = pl.scan_parquet(store.url(file.path))
    # Some of its days may have moved to later files.
    rows = rows if file.is_whole else rows.filter(_days(file.spans))
    return _within(rows, [file], spans)


def _within(
    rows: "pl.LazyFrame", files: Sequence[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    if spans is None or all(_is_inside(file, spans) for file in files):
        return rows
    return rows.filter(_days(spans))


def _touches(file: File, spans: Sequence[Span] | None) -> bool:
    return spans is None or any(file.touches(first, last) for first, last in spans)


def _is_inside(file: File, spans: Sequence[Span]) -> bool:
    """Say whether all its days are asked for, so that none need be compared."""
    return all(any(a <= begin and end <= b for a, b in spans) for begin, end in file.spans)


def _days(spans: Sequence[Span]) -> "pl.Expr":
    import polars as pl

    return pl.any_horizontal(*(pl.col("day").is_between(*span) for span in spans))


def count_rows(path: Path) -> int:
    """Return how many rows a Parquet file of this machine has."""
    import polars as pl

    return pl.scan_parquet(path).select(pl.len()).collect().item()
