"""How the installation is, for the platform's page."""

import asyncio
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.access import Actor
from app.analytics.snapshots import health as snapshots
from app.analytics.snapshots.store import store
from app.kit.db import database
from app.kit.i18n import N_
from app.kit.settings import settings
from app.services.checks import QUEUE_SQL, SIDE_PARTS, Part, queue


@dataclass(frozen=True)
class VerifyReport:
    """The newest run of verify; ``ok`` is None while it is under way."""

    requested_at: datetime
    finished_at: datetime | None
    requested_by: str
    ok: bool | None
    checks: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Health:
    """Parts, figures of the queue, sizes in bytes, versions, and the newest report."""

    parts: Sequence[Part]
    waiting: int
    running: int
    failed: int
    worker_seen: float | None
    database_bytes: int
    folder_bytes: int
    versions: Sequence[tuple[str, str]]
    verify: VerifyReport | None


_VERIFY = """\
select v.requested_at, v.finished_at, v.ok, v.checks, coalesce(u.name, '') as name
from verify_runs v left join users u on u.id = v.requested_by
order by v.requested_at desc limit 1"""


async def health(actor: Actor) -> Health:
    """Look at every part. Raises Forbidden."""
    actor.require("platform:system:read")
    async with database().transaction(actor) as session:
        jobs = (await session.execute(text(QUEUE_SQL))).one()
        server = str(await session.scalar(text("show server_version")))
        size = int(await session.scalar(text("select pg_database_size(current_database())")) or 0)
        last = (await session.execute(text(_VERIFY))).first()
    seen = None if jobs.seen is None else float(jobs.seen)
    kind = (
        N_("PostgreSQL %(version)s") if _is_external() else N_("PostgreSQL %(version)s, embedded")
    )
    major = server.split(maxsplit=1)[0]
    parts = [Part(N_("Database"), kind, params={"version": major})]
    parts.append(queue(jobs.waiting, jobs.failed, seen))
    parts.append(await asyncio.to_thread(snapshots.part, store()))
    parts += await asyncio.gather(*(asyncio.to_thread(check) for check in SIDE_PARTS))
    return Health(
        parts=parts,
        waiting=jobs.waiting,
        running=jobs.running,
        failed=jobs.failed,
        worker_seen=seen,
        database_bytes=size,
        folder_bytes=await asyncio.to_thread(_size_of, settings().data_dir / "blobs"),
        versions=_versions(major),
        verify=None
        if last is None
        else VerifyReport(last.requested_at, last.finished_at, last.name, last.ok, last.checks),
    )


def _is_external() -> bool:
    # The embedded server is reached by a socket in the data folder, even where `up` named its URL.
    return str(settings().data_dir) not in (settings().database_url or str(settings().data_dir))


def _versions(server: str) -> Sequence[tuple[str, str]]:
    packages = ("tongshang", "reflex", "fastapi", "sqlalchemy", "procrastinate")
    found = [(name, version(name)) for name in packages]
    return [*found, ("Python", platform.python_version()), ("PostgreSQL", server)]


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
