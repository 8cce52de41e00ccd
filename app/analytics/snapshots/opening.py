"""Parquet opened: for ``scan`` and for the builder, and for nothing else (a test looks)."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.analytics.snapshots import cache
from app.analytics.snapshots.frames import empty
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import File, Span
from app.analytics.snapshots.store import Store

if TYPE_CHECKING:
    import polars as pl

    Opener = Callable[[str], pl.LazyFrame]


def rows_of(
    store: Store, dataset: Dataset, files: Iterable[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    """Return the rows of a dataset's files, of some days or (None) all."""
    import polars as pl

    return _rows(store, dataset, list(files), spans, pl.scan_parquet)


def kept_rows_of(
    store: Store, dataset: Dataset, files: Iterable[File], spans: Sequence[Span] | None
) -> "pl.LazyFrame":
    """Like ``rows_of``, from memory if they are few and no raw rows."""
    wanted = [file for file in files if _touches(file, spans)]
    if dataset.is_raw or not cache.fits(sum(f.rows for f in wanted), len(dataset.columns)):
        return rows_of(store, dataset, wanted, spans)
    return _rows(store, dataset, wanted, spans, _kept)


def _kept(url: str) -> "pl.LazyFrame":
    import polars as pl

    frame = cache.frames.get(url)
    if frame is None:
        frame = pl.read_parquet(url)
        cache.frames.keep(url, frame)
    return frame.lazy()


def _rows(
    store: Store,
    dataset: Dataset,
    files: Sequence[File],
    spans: Sequence[Span] | None,
    opener: "Opener",
) -> "pl.LazyFrame":
    import polars as pl

    found: list[pl.LazyFrame] = []
    for file in files:
        if not _touches(file, spans):
            continue
        rows = opener(store.url(file.path))
        if spans is not None and not _is_inside(file, spans):
            rows = rows.filter(_within(spans))
        # Some of its days may have moved to later files.
        found.append(rows if file.is_whole else rows.filter(_within(file.spans)))
    return pl.concat(found) if found else empty(dataset).lazy()


def _touches(file: File, spans: Sequence[Span] | None) -> bool:
    return spans is None or any(file.touches(first, last) for first, last in spans)


def _is_inside(file: File, spans: Sequence[Span]) -> bool:
    """Say whether some span holds all days of a whole file, so that nothing need be compared."""
    first, last = file.spans[0][0], file.spans[-1][1]
    return file.is_whole and any(begin <= first and last <= end for begin, end in spans)


def _within(spans: Sequence[Span]) -> "pl.Expr":
    import polars as pl

    return pl.any_horizontal(*(pl.col("day").is_between(*span) for span in spans))


def count_rows(path: Path) -> int:
    """Return how many rows a Parquet file of this machine has."""
    import polars as pl

    return pl.scan_parquet(path).select(pl.len()).collect().item()
