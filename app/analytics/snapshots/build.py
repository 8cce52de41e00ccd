"""Building snapshots. Blocking: call it in a thread or a job."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from app.access import SYSTEM
from app.analytics.periods import business_date
from app.analytics.snapshots.extract import Source, roll_up
from app.analytics.snapshots.layout import DATASETS, RAW, Dataset, rollups_of
from app.analytics.snapshots.store import File, Manifest, Span, store
from app.analytics.snapshots.summaries import summarise
from app.kit.clock import now
from app.services.engine import engine_reader

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Built:
    """What a build did."""

    closed_through: date
    rows: int


def build() -> Built:
    """Write everything up to yesterday anew and switch to it."""
    at = now()
    closed = business_date(at) - timedelta(days=1)
    files: dict[str, tuple[File, ...]] = {}
    with engine_reader(SYSTEM, "snapshots.build") as connection:
        source = Source(connection, at)
        spans = _history(source, closed)
        for dataset in RAW:
            rows = source.rows(dataset, spans)
            files[dataset.name] = (_written(dataset, rows, spans),)
            for rollup in rollups_of(dataset.name):
                frame = roll_up(rollup, rows.lazy()).collect()
                files[rollup.name] = (_written(rollup, frame, spans),)
            if dataset.name == "orders":
                for name, frame in summarise(rows, closed).items():
                    files[name] = (_written(DATASETS[name], frame, ()),)
    store().switch(Manifest("", at, closed, at, files))
    return Built(closed, sum(file.rows for files_ in files.values() for file in files_))


def _history(source: Source, closed: date) -> tuple[Span, ...]:
    found = source.ask("select min(placed_at) as first from orders").item()
    first = business_date(found) if found else closed
    return ((first, closed),) if first <= closed else ()


def _written(dataset: Dataset, frame: "pl.DataFrame", spans: tuple[Span, ...]) -> File:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
    data = buffer.getvalue()
    return File(store().put(dataset.name, data), frame.height, len(data), spans)


ROW_GROUP = 25_000
