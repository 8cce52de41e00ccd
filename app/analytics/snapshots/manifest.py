"""The manifest: which files are the snapshot, and how far it goes.

Files are immutable and named by their content. The manifest is one small object that is replaced
as a whole, after all files that it names are there: a reader takes one manifest and keeps to it,
so it never sees half a build.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from app.analytics.snapshots.layout import DATASETS, SCHEMA_VERSION, print_of

DAY = timedelta(days=1)
GRACE = timedelta(hours=1)
"""So long a file that no manifest names any more is kept for those who still read it."""

Span = tuple[date, date]
"""The first and the last of some days that follow each other."""


def spans_of(days: Iterable[date]) -> tuple[Span, ...]:
    """Return the runs of days that follow each other."""
    spans: list[Span] = []
    for day in sorted(set(days)):
        if spans and day == spans[-1][1] + DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(spans)


def days_of(spans: Iterable[Span]) -> Iterator[date]:
    """Return every day of some spans."""
    for first, last in spans:
        for place in range((last - first).days + 1):
            yield first + place * DAY


@dataclass(frozen=True)
class File:
    """One Parquet file: for which days it answers, and whether that is all that it holds.

    A file is not whole when a later one has replaced some of its days. All its days lie in one
    month. A summary has no days.
    """

    path: str
    rows: int
    bytes: int
    spans: tuple[Span, ...] = ()
    is_whole: bool = True

    def touches(self, first: date, last: date) -> bool:
        """Say whether it answers for any day from ``first`` to ``last``."""
        return any(begin <= last and end >= first for begin, end in self.spans)

    @property
    def month(self) -> date:
        """The first day of its month."""
        return self.spans[0][0].replace(day=1)


@dataclass(frozen=True)
class Manifest:
    """The snapshot. ``installation`` says of which database it is, should one be made anew."""

    installation: str
    built_at: datetime
    closed_through: date
    watermark: datetime
    """Traces up to here have been followed."""
    audited_at: datetime | None = None
    files: Mapping[str, tuple[File, ...]] = field(default_factory=dict[str, tuple[File, ...]])
    retired: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """Path → since when no manifest names it; readers of an earlier one may still read it."""

    def paths(self) -> set[str]:
        """Return the paths of all files."""
        return {file.path for files in self.files.values() for file in files}

    def instead_of(self, before: "Manifest") -> "Manifest":
        """Return this manifest as the one that replaces another, whose files it lets go."""
        kept = self.paths()
        gone = dict.fromkeys(before.paths(), self.built_at) | dict(before.retired)
        retired = {path: since for path, since in gone.items() if path not in kept}
        return replace(
            self, retired={p: s for p, s in retired.items() if s + GRACE >= before.built_at}
        )

    def text(self) -> str:
        """Return the manifest as JSON."""
        plain: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "prints": {name: print_of(DATASETS[name]) for name in self.files},
            "installation": self.installation,
            "built_at": self.built_at.isoformat(),
            "closed_through": self.closed_through.isoformat(),
            "watermark": self.watermark.isoformat(),
            "audited_at": self.audited_at.isoformat() if self.audited_at else None,
            "files": {name: [_plain(f) for f in files] for name, files in self.files.items()},
            "retired": {path: since.isoformat() for path, since in self.retired.items()},
        }
        return json.dumps(plain)


def parse(text: str) -> Manifest | None:
    """Read a manifest; one of another schema, or that makes no sense, is none."""
    try:
        plain = json.loads(text)
        return _manifest(plain) if plain["schema"] == SCHEMA_VERSION else None
    except (ValueError, KeyError, TypeError):
        return None


def parse_outdated(text: str) -> Manifest | None:
    """Read a manifest of another schema, for those files that look as they would look now."""
    try:
        plain = json.loads(text)
        if plain["schema"] == SCHEMA_VERSION:
            return None
        prints = plain["prints"]
        files = {
            name: files
            for name, files in plain["files"].items()
            if name in DATASETS and prints[name] == print_of(DATASETS[name])
        }
        return _manifest({**plain, "files": files})
    except (ValueError, KeyError, TypeError):
        return None


def _manifest(plain: Mapping[str, Any]) -> Manifest:
    audited = plain["audited_at"]
    return Manifest(
        plain["installation"],
        datetime.fromisoformat(plain["built_at"]),
        date.fromisoformat(plain["closed_through"]),
        datetime.fromisoformat(plain["watermark"]),
        datetime.fromisoformat(audited) if audited else None,
        {name: tuple(map(_file, files)) for name, files in plain["files"].items()},
        {path: datetime.fromisoformat(since) for path, since in plain["retired"].items()},
    )


def _plain(file: File) -> dict[str, Any]:
    days = [f"{first}/{last}" for first, last in file.spans]
    return {
        "path": file.path,
        "rows": file.rows,
        "bytes": file.bytes,
        "days": days,
        "whole": file.is_whole,
    }


def _file(plain: Mapping[str, Any]) -> File:
    days = [span.split("/") for span in plain["days"]]
    spans = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in days)
    return File(plain["path"], plain["rows"], plain["bytes"], spans, plain["whole"])
