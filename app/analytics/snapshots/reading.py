"""The only opener of the snapshots' files: row-level security does not reach Parquet.

Blocking: call it in a thread.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING

from app.access import Actor
from app.analytics.snapshots.manifest import Manifest
from app.analytics.snapshots.opening import kept_rows_of
from app.analytics.snapshots.scope import sight
from app.analytics.snapshots.store import store

if TYPE_CHECKING:
    import polars as pl

_pinned: ContextVar[Manifest | None] = ContextVar("pinned_manifest", default=None)


@contextmanager
def one_snapshot() -> Generator[None]:
    """Let everything inside see one snapshot, whatever is built meanwhile."""
    token = _pinned.set(_pinned.get() or store().current())
    try:
        yield
    finally:
        _pinned.reset(token)


def manifest() -> Manifest | None:
    """Return the manifest that reads go by; None without a snapshot."""
    return _pinned.get() or store().current()


def closed_through() -> date | None:
    """Return the last day in the snapshot; None without one, when live rows answer everything."""
    found = manifest()
    return found.closed_through if found else None


def refreshed_at() -> datetime | None:
    """Return when the snapshot was built; None without one."""
    found = manifest()
    return found.built_at if found else None


def scan(actor: Actor, dataset: str, *, first: date, last: date) -> "pl.LazyFrame":
    """Return the rows of the closed days from ``first`` to ``last`` that the actor may see.

    Of a summary, whose rows have no day, all. Raises Forbidden where the actor may see nothing of
    the dataset (see ``scope.sight``), LookupError for an unknown one.
    """
    seen = sight(actor, dataset)
    found = manifest()
    files = found.files.get(dataset, ()) if found else ()
    days = None if seen.dataset.is_summary else ((first, last),)
    rows = kept_rows_of(store(), seen.dataset, files, days)
    return seen.own(rows).select(seen.columns)


def content(actor: Actor, dataset: str, *, first: date, last: date) -> tuple[object, ...]:
    """Return what names the rows that ``scan`` gives: other rows have another name.

    Files never change, so it is they, the days, and what the actor sees of them. Raises as
    ``scan`` does.
    """
    seen = sight(actor, dataset)
    found = manifest()
    files = found.files.get(dataset, ()) if found else ()
    mine = tuple(
        (store().url(file.path), file.spans)
        for file in files
        if not file.spans or file.touches(first, last)
    )
    return (dataset, first, last, seen.columns, seen.equal, mine)
