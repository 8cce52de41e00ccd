"""Building the snapshot: what is new or has changed is read, rolled up and switched to. Blocking.

All tables are read as of one moment. A crash at any point leaves the manifest before; of two
builders at once, one runs.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from app.access import SYSTEM
from app.analytics.periods import business_date
from app.analytics.snapshots.changes import Days, differing, kept_from, moved_products, traced
from app.analytics.snapshots.draft import Draft
from app.analytics.snapshots.extract import Source, chunks
from app.analytics.snapshots.frames import roll_up
from app.analytics.snapshots.layout import DATASETS, RAW, Dataset, rollups_of
from app.analytics.snapshots.manifest import DAY, File, Manifest, days_of, spans_of
from app.analytics.snapshots.store import Store, store
from app.analytics.snapshots.summaries import summarise, torn_customers
from app.kit.clock import now
from app.services.engine import engine_reader

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Built:
    """What a build did. Without ``closed_through`` another one was at work and it did nothing."""

    closed_through: date | None = None
    is_full: bool = False
    new_days: int = 0
    changed_days: int = 0
    """Closed days of which some figure had changed."""
    differing_days: int | None = None
    """Of these, what only the audit found; None without an audit."""
    rows: int = 0
    """Rows written."""
    deleted_files: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the report for a machine."""
        return asdict(self)


def build(installation: str, *, full: bool = False, audit: bool = False) -> Built:
    """Bring the snapshot up to yesterday.

    ``full`` makes everything anew, ``audit`` compares every closed day with the tables.
    ``installation`` names the database; a snapshot of another one is made anew.
    """
    began = time.monotonic()
    with engine_reader(SYSTEM, "snapshots.build") as connection:
        source = Source(connection, now())
        if not source.is_alone():
            return Built()
        work = _Work(source, store(), installation, full=full)
        work.run(audit=audit)
        manifest = work.switch()
        deleted = store().collect(manifest, source.at)
    return work.report(deleted, time.monotonic() - began)


class _Work:
    """One build."""

    def __init__(self, source: Source, target: Store, installation: str, *, full: bool) -> None:
        self.source, self.target, self.installation = source, target, installation
        newest = target.newest()
        self.replaced = newest or target.outdated()
        is_mine = self.replaced is not None and self.replaced.installation == installation
        mine = self.replaced if is_mine else None
        self.before = mine if newest is not None and not full else None
        self.closed = business_date(source.at) - DAY
        self.draft = Draft(target, self.before.files if self.before else _lasting(mine))
        self.done: Days = {dataset.name: set() for dataset in RAW}
        self.written: set[str] = set()
        self.changed: set[date] = set()
        self.new: set[date] = set()
        self.differing: set[date] | None = None
        self.audited_at = self.before.audited_at if self.before else source.at

    def run(self, *, audit: bool) -> None:
        """Read and write what has to be."""
        names = self.source.names()
        self._roll_up_lasting()
        self._close_days()
        if self.before is not None:
            self._follow_traces(self.before, names)
            if audit:
                self._audit()
        self._mend_firsts()
        self._summarise(names)
        self.draft.compact(self.closed, nightly=bool(self.new))

    def _roll_up_lasting(self) -> None:
        """Sum visits long ago anew where only their sums look otherwise than before."""
        visits = self.draft.files.get("traffic", ())
        for rollup in rollups_of("traffic"):
            if rollup.name in self.draft.files:
                continue
            for file in visits:
                days = list(days_of(file.spans))
                rows = self.draft.rows(DATASETS["traffic"], days)
                self.draft.add(rollup, days, roll_up(rollup, rows, rollup.names).collect())

    def _close_days(self) -> None:
        """Take the days that have closed since the last build, or all."""
        first = self.before.closed_through + DAY if self.before else self.source.first_day()
        if first is None or first > self.closed:
            return
        self.new = set(days_of([(first, self.closed)]))
        for dataset in RAW:
            kept = kept_from(dataset, self.closed)
            self._take(dataset, (day for day in self.new if day >= kept))

    def _follow_traces(self, before: Manifest, names: "pl.DataFrame") -> None:
        found = traced(self.source, before.watermark, before.closed_through)
        found["lines"] |= moved_products(
            self.source,
            self.draft.rows(DATASETS["names"]),
            self.draft.rows(DATASETS["daily_product"]),
            names,
        )
        for dataset in RAW:
            self._take(dataset, found[dataset.name])

    def _audit(self) -> None:
        """Take the days whose figures differ from the tables'."""
        first = self.source.first_day()
        stand = {dataset.name: self.draft.rows(dataset) for dataset in RAW}
        found = differing(self.source, stand, first or self.closed, self.closed)
        for dataset in RAW:
            self._take(dataset, found[dataset.name])
        self.differing = set[date]().union(*found.values())
        self.audited_at = self.source.at

    def _take(self, dataset: Dataset, days: Iterable[date]) -> None:
        """Read days, unless this build has done so, and write those that are new or other."""
        wanted = set(days) - self.done[dataset.name]
        if not wanted:
            return
        orders = self.source.orders_by_day(min(wanted), max(wanted))
        for chunk in chunks(wanted, orders):
            rows = self.source.rows(dataset, spans_of(chunk))
            other = self._other(dataset, chunk, rows)
            if other:
                self._write(dataset, other, rows)
        self.done[dataset.name] |= wanted

    def _other(self, dataset: Dataset, chunk: list[date], rows: "pl.DataFrame") -> set[date]:
        """Return which days are not in the files exactly as they were read."""
        new = self.new & set(chunk)
        rest = [day for day in chunk if day not in new]
        if not rest:
            return new
        stand = self.draft.rows(dataset, rest).collect().partition_by("day", as_dict=True)
        read = rows.partition_by("day", as_dict=True)
        other = {day for day in rest if not _same(stand.get((day,)), read.get((day,)))}
        self.changed |= other
        return new | other

    def _write(self, dataset: Dataset, days: set[date], rows: "pl.DataFrame") -> None:
        import polars as pl

        mine = rows.filter(pl.col("day").is_in(list(days)))
        self.draft.add(dataset, days, mine)
        self.written.add(dataset.name)
        for rollup in rollups_of(dataset.name):
            self.draft.add(rollup, days, roll_up(rollup, mine.lazy(), rollup.names).collect())

    def _mend_firsts(self) -> None:
        """Read the days of customers who have not exactly one first order.

        An order that came late with an earlier payment takes the place of the one that was first.
        """
        if self.done["orders"]:
            orders = self.draft.rows(DATASETS["orders"])
            self._take(DATASETS["orders"], torn_customers(orders, self.closed))

    def _summarise(self, names: "pl.DataFrame") -> None:
        if "orders" in self.written or "customers" not in self.draft.files:
            orders = self.draft.rows(DATASETS["orders"])
            for name, frame in summarise(orders, self.closed).items():
                self.draft.put(DATASETS[name], frame)
        self.draft.put(DATASETS["names"], names)

    def switch(self) -> Manifest:
        """Make what was written the snapshot."""
        at = self.source.at
        closed = self.before.closed_through if self.before else self.closed
        manifest = Manifest(
            self.installation,
            at,
            max(closed, self.closed),
            at,
            self.audited_at,
            self.draft.files,
        )
        if self.replaced is not None:
            manifest = manifest.instead_of(self.replaced)
        self.target.switch(manifest)
        return manifest

    def report(self, deleted: int, seconds: float) -> Built:
        """Return what was done."""
        return Built(
            closed_through=self.closed,
            is_full=self.before is None,
            new_days=len(self.new),
            changed_days=len(self.changed),
            differing_days=len(self.differing) if self.differing is not None else None,
            rows=self.draft.written,
            deleted_files=deleted,
            seconds=round(seconds, 3),
        )


def _lasting(before: Manifest | None) -> Mapping[str, tuple[File, ...]]:
    """Return the files that the tables could not give back, which a full build starts from."""
    lasting = {"traffic", *(rollup.name for rollup in rollups_of("traffic"))}
    return {name: before.files[name] for name in lasting if before and name in before.files}


def _same(one: "pl.DataFrame | None", other: "pl.DataFrame | None") -> bool:
    if one is None or other is None:
        return one is other
    return one.equals(other)
