"""Where the files lie, and the manifest that says which of them are the snapshot.

Files are immutable and named by their content. The manifest is one small object that is replaced
as a whole, after all files that it names are there: a reader takes one manifest and keeps to it,
so it never sees half a build. Each database has a folder of its own.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from obstore.store import LocalStore, ObjectStore, from_url

from app.analytics.snapshots.layout import SCHEMA_VERSION
from app.kit.clock import now
from app.kit.db import database
from app.kit.settings import settings

MANIFEST = "manifest.json"
GRACE = timedelta(hours=1)
"""So long a file that no manifest names any more is kept for those who still read it."""
LOOK_AGAIN_SECONDS = 2.0
"""So long a process takes the manifest that it has for the newest one."""
_DAY = timedelta(days=1)

Span = tuple[date, date]


def spans_of(days: Iterable[date]) -> tuple[Span, ...]:
    """Return the runs of days that follow each other, each as its first and last day."""
    spans: list[Span] = []
    for day in sorted(set(days)):
        if spans and day == spans[-1][1] + _DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(spans)


def days_of(spans: Iterable[Span]) -> Iterator[date]:
    """Return every day of some spans."""
    for first, last in spans:
        for place in range((last - first).days + 1):
            yield first + place * _DAY


@dataclass(frozen=True)
class File:
    """One Parquet file: for which days it answers, and whether that is all that it holds.

    A file is not whole when a later one has replaced some of its days. A summary has no days.
    """

    path: str
    rows: int
    bytes: int
    spans: tuple[Span, ...] = ()
    is_whole: bool = True

    def touches(self, first: date, last: date) -> bool:
        """Say whether it answers for any day from ``first`` to ``last``."""
        return any(begin <= last and end >= first for begin, end in self.spans)


@dataclass(frozen=True)
class Manifest:
    """The snapshot: its files by dataset, and how far it goes."""

    installation: str
    built_at: datetime
    closed_through: date
    watermark: datetime
    """Traces up to here have been followed."""
    files: Mapping[str, tuple[File, ...]] = field(default_factory=dict[str, tuple[File, ...]])
    audited_at: datetime | None = None
    schema: int = SCHEMA_VERSION

    def paths(self) -> set[str]:
        """Return the paths of all files."""
        return {file.path for files in self.files.values() for file in files}

    def text(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps(
            {
                "schema": self.schema,
                "installation": self.installation,
                "built_at": self.built_at.isoformat(),
                "closed_through": self.closed_through.isoformat(),
                "watermark": self.watermark.isoformat(),
                "audited_at": self.audited_at.isoformat() if self.audited_at else None,
                "files": {name: [_plain(f) for f in files] for name, files in self.files.items()},
            }
        )


def _plain(file: File) -> dict[str, Any]:
    spans = [f"{first}/{last}" for first, last in file.spans]
    return {
        "path": file.path,
        "rows": file.rows,
        "bytes": file.bytes,
        "days": spans,
        "whole": file.is_whole,
    }


def _file(plain: Mapping[str, Any]) -> File:
    spans = [span.split("/") for span in plain["days"]]
    return File(
        plain["path"],
        plain["rows"],
        plain["bytes"],
        tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans),
        plain["whole"],
    )


def parse(text: str) -> Manifest | None:
    """Read a manifest; one of another schema is none."""
    plain = json.loads(text)
    if plain.get("schema") != SCHEMA_VERSION:
        return None
    audited = plain["audited_at"]
    return Manifest(
        plain["installation"],
        datetime.fromisoformat(plain["built_at"]),
        date.fromisoformat(plain["closed_through"]),
        datetime.fromisoformat(plain["watermark"]),
        {name: tuple(map(_file, files)) for name, files in plain["files"].items()},
        datetime.fromisoformat(audited) if audited else None,
    )


class Store:
    """One folder of snapshots, on this machine or in an object store. Blocking."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._is_remote = "://" in base
        self._objects = self._open()
        self._seen: tuple[float, Manifest | None] | None = None

    def _open(self) -> ObjectStore:
        if self._is_remote:
            return from_url(self.base)
        Path(self.base).mkdir(parents=True, exist_ok=True)
        return LocalStore(self.base)

    def url(self, path: str) -> str:
        """Return where polars reads a file."""
        return f"{self.base}/{path}"

    def put(self, folder: str, data: bytes) -> str:
        """Keep a Parquet file under a name that its content gives it; return its path."""
        path = f"{folder}/{hashlib.sha256(data).hexdigest()[:24]}.parquet"
        self._objects.put(path, data)
        return path

    def current(self) -> Manifest | None:
        """Return the manifest, at most ``LOOK_AGAIN_SECONDS`` old; None without a snapshot."""
        seen = self._seen
        if seen is None or time.monotonic() - seen[0] > LOOK_AGAIN_SECONDS:
            seen = self._seen = (time.monotonic(), self.newest())
        return seen[1]

    def newest(self) -> Manifest | None:
        """Return the manifest as it is at this moment."""
        try:
            found = self._objects.get(MANIFEST)
        except FileNotFoundError:
            return None
        return parse(bytes(found.bytes()).decode())

    def switch(self, manifest: Manifest) -> None:
        """Make ``manifest`` the one that readers take from now on."""
        self._objects.put(MANIFEST, manifest.text().encode())
        self._seen = (time.monotonic(), manifest)

    def collect(self, keep: Manifest) -> int:
        """Delete files that ``keep`` does not name and that are older than the grace period."""
        named = keep.paths() | {MANIFEST}
        oldest = now() - GRACE
        stale = [
            meta["path"]
            for batch in self._objects.list()
            for meta in batch
            if meta["path"] not in named and meta["last_modified"] < oldest
        ]
        if stale:
            self._objects.delete(stale)
        return len(stale)


@lru_cache(maxsize=8)
def store_at(base: str) -> Store:
    """Return the store of a folder or URL."""
    return Store(base)


def store() -> Store:
    """Return the store of this process's database."""
    name = database().engine.url.database or "default"
    base = (settings().snapshot_url or str(settings().data_dir / "snapshots")).rstrip("/")
    return store_at(f"{base}/{name}")
