"""A snapshot in the making: files are added and replace days of earlier ones. Blocking."""

import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.analytics.snapshots.layout import DATASETS, Dataset
from app.analytics.snapshots.manifest import DAY, File, days_of, spans_of
from app.analytics.snapshots.opening import count_rows, rows_of
from app.analytics.snapshots.store import Store

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP = 25_000
MOST_FILES = 8
"""A closed month that a night finds in more than one file, or any build in more than so many, is
written anew as one; the running month may have a file for each of its days besides."""
_RUNNING_MONTH = 31


class Draft:
    """The files of the manifest to come, by dataset."""

    def __init__(self, store: Store, files: Mapping[str, tuple[File, ...]]) -> None:
        self.files = dict(files)
        self.written = 0
        """Rows written."""
        self._store = store

    def rows(self, dataset: Dataset, days: Iterable[date] | None = None) -> "pl.LazyFrame":
        """Return the rows as they stand, of some days or all."""
        files = self.files.get(dataset.name, ())
        return rows_of(self._store, dataset, files, spans_of(days) if days is not None else None)

    def add(self, dataset: Dataset, days: Iterable[date], frame: "pl.DataFrame") -> None:
        """Let ``frame`` be the rows of ``days``, a file for each month, whatever was there."""
        import polars as pl

        fresh = frozenset(days)
        kept = [left for file in self.files.get(dataset.name, ()) if (left := _less(file, fresh))]
        for month in sorted({day.replace(day=1) for day in fresh}):
            mine = [day for day in fresh if day.replace(day=1) == month]
            in_month = pl.col("day").dt.truncate("1mo") == month
            kept.append(self._write(dataset, frame.filter(in_month), mine))
        self.files[dataset.name] = tuple(sorted(kept, key=lambda file: file.spans))

    def put(self, dataset: Dataset, frame: "pl.DataFrame") -> None:
        """Let ``frame`` be a summary."""
        self.files[dataset.name] = (self._write(dataset, frame, ()),)

    def _write(self, dataset: Dataset, frame: "pl.DataFrame", days: Sequence[date]) -> File:
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
        data = buffer.getvalue()
        self.written += frame.height
        path = self._store.put(dataset.name, data)
        return File(path, frame.height, len(data), spans_of(days))

    def compact(self, closed: date, *, nightly: bool) -> None:
        """Write months that lie in too many files anew, each as one file."""
        # On the first of a month, the month that has just closed is no longer the running one.
        running = (closed + DAY).replace(day=1)
        for name, files in list(self.files.items()):
            for month in {file.month for file in files if file.spans}:
                mine = [file for file in files if file.spans and file.month == month]
                most = MOST_FILES + (_RUNNING_MONTH if month == running else 0)
                if nightly and month != running:
                    most = 1
                if len(mine) > most or (most == 1 and not mine[0].is_whole):
                    self._merge(DATASETS[name], mine)

    def _merge(self, dataset: Dataset, files: Sequence[File]) -> None:
        """Stream the rows day by day into one file, so that memory does not grow with them."""
        import polars as pl

        days = sorted(day for file in files for day in days_of(file.spans))
        frames = [self.rows(dataset, [day]) for day in days]
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "month.parquet"
            pl.concat(frames).sink_parquet(
                target, compression="zstd", statistics=True, row_group_size=ROW_GROUP
            )
            path = self._store.put(dataset.name, target)
            merged = File(path, count_rows(target), target.stat().st_size, spans_of(days))
        gone = {file.path for file in files}
        left = [file for file in self.files[dataset.name] if file.path not in gone]
        self.files[dataset.name] = tuple(sorted([*left, merged], key=lambda file: file.spans))


def _less(file: File, days: frozenset[date]) -> File | None:
    left = [day for day in days_of(file.spans) if day not in days]
    if not left:
        return None
    spans = spans_of(left)
    return file if spans == file.spans else replace(file, spans=spans, is_whole=False)
