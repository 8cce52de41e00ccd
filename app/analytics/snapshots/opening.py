"""Parquet opened: for ``scan`` and for the builder, and for nothing else (a test looks)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.analytics.snapshots.frames import empty
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import File, Span
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


def _touches(file: File, spans: Sequence[Span] | None) -> bool:
    return spans is None or any(file.touches(first, last) for first, last in spans)


def _rows(store: Store, file: File, spans: Sequence[Span] | None) -> "pl.LazyFrame":
    import polars as pl

    rows = pl.scan_parquet(store.url(file.path))
    if spans is not None:
        rows = rows.filter(_within(spans))
    # Some of its days have moved to later files.
    return rows if file.is_whole else rows.filter(_within(file.spans))


def _within(spans: Sequence[Span]) -> "pl.Expr":
    import polars as pl

    return pl.any_horizontal(*(pl.col("day").is_between(*span) for span in spans))


def count_rows(path: Path) -> int:
    """Return how many rows a Parquet file of this machine has."""
    import polars as pl

    return pl.scan_parquet(path).select(pl.len()).collect().item()
