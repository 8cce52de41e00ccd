"""Where the files lie: a folder of this machine, or an S3-compatible store. Blocking."""

import hashlib
import time
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from obstore.store import LocalStore, ObjectStore, from_url

from app.analytics.snapshots.manifest import GRACE, Manifest, parse, parse_outdated
from app.kit.db import database
from app.kit.settings import settings

MANIFEST = "manifest.json"
LOOK_AGAIN_SECONDS = 2.0
"""So long a process takes the manifest that it has for the newest one."""


class Store:
    """The files of one database."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._objects = _open(base)
        self._seen: tuple[float, Manifest | None] | None = None

    def url(self, path: str) -> str:
        """Return the address at which polars reads a file."""
        return f"{self.base}/{path}"

    def put(self, folder: str, data: bytes | Path) -> str:
        """Keep a Parquet file under a name that its content gives it; return its path."""
        digest = hashlib.sha256()
        if isinstance(data, bytes):
            digest.update(data)
        else:
            with data.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
        path = f"{folder}/{digest.hexdigest()[:24]}.parquet"
        self._objects.put(path, data)
        return path

    def current(self) -> Manifest | None:
        """Return the manifest, at most ``LOOK_AGAIN_SECONDS`` old; None without a snapshot."""
        if self._seen is None or time.monotonic() - self._seen[0] > LOOK_AGAIN_SECONDS:
            self._seen = (time.monotonic(), self.newest())
        return self._seen[1]

    def newest(self) -> Manifest | None:
        """Return the manifest as it is at this moment."""
        return parse(self._text())

    def outdated(self) -> Manifest | None:
        """Return what can be taken over of a snapshot that an earlier version made."""
        return parse_outdated(self._text())

    def _text(self) -> str:
        try:
            return bytes(self._objects.get(MANIFEST).bytes()).decode()
        except FileNotFoundError:
            return ""

    def switch(self, manifest: Manifest) -> None:
        """Make ``manifest`` the one that readers take from now on."""
        self._objects.put(MANIFEST, manifest.text().encode())
        self._seen = (time.monotonic(), manifest)

    def collect(self, manifest: Manifest, at: datetime) -> int:
        """Delete what was retired long ago, and what a broken build left; return how many files.

        Only for a builder that holds the lock: what another one writes looks like a remnant.
        """
        oldest = at - GRACE
        kept = manifest.paths() | {MANIFEST}
        kept |= {path for path, since in manifest.retired.items() if since >= oldest}
        stale = [
            meta["path"]
            for meta in self._listed()
            if meta["path"] not in kept
            and (meta["path"] in manifest.retired or meta["last_modified"] < oldest)
        ]
        if stale:
            self._objects.delete(stale)
        return len(stale)

    def _listed(self) -> list[dict[str, Any]]:
        pages = cast("Any", self._objects).list()
        return [meta for page in pages for meta in page]


def _open(base: str) -> ObjectStore:
    if "://" in base:
        return from_url(base)
    Path(base).mkdir(parents=True, exist_ok=True)
    return LocalStore(base)


@lru_cache(maxsize=64)
def _store_at(base: str) -> Store:
    return Store(base)


def store_of(database_name: str) -> Store:
    """Return the store of a database; each has a folder of its own."""
    base = (settings().snapshot_url or str(settings().data_dir / "snapshots")).rstrip("/")
    return _store_at(f"{base}/{database_name}")


def store() -> Store:
    """Return the store of the process's database."""
    return store_of(str(database().engine.url.database))
