"""What an installation rests on, looked at part by part: for ``doctor`` and for the console.

Each check blocks for as long as its part takes to answer, so the console runs them in a thread.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.adapters import blobs
from app.adapters.mail import stays_here
from app.kit.i18n import N_
from app.kit.settings import settings

LEAST_FREE_MB = 500
WORKER_SECONDS = 60
"""A worker that was not seen for longer is taken for dead."""

QUEUE_SQL = """\
select count(*) filter (where status = 'todo') as waiting,
  count(*) filter (where status = 'failed') as failed,
  count(*) filter (where status = 'doing') as running,
  (select extract(epoch from now() - max(last_heartbeat)) from procrastinate_workers) as seen
from procrastinate_jobs"""
"""The queue in one row; ``seen`` is how many seconds ago a worker gave a sign, or null."""


@dataclass(frozen=True)
class Part:
    """How one part is; ``says`` is a gettext message id, ``params`` fill its places."""

    name: str
    says: str
    ok: bool = True
    needed: bool = True
    params: Mapping[str, object] = field(default_factory=dict[str, object])


def data_folder() -> Part:
    """Look at the folder in which everything lives."""
    folder = settings().data_dir
    if not folder.exists():
        missing = N_("%(folder)s does not exist yet; `tongshang up` creates it")
        return Part(N_("Data folder"), missing, ok=False, params={"folder": folder})
    free = shutil.disk_usage(folder).free // 2**20
    says = N_("%(folder)s, %(free)s MB free")
    params = {"folder": folder, "free": f"{free:,}"}
    return Part(N_("Data folder"), says, ok=free > LEAST_FREE_MB, params=params)


def queue(waiting: int, failed: int, seen: float | None) -> Part:
    """Judge the figures of ``QUEUE_SQL``."""
    alive = seen is not None and seen < WORKER_SECONDS
    params: dict[str, object] = {"waiting": waiting, "failed": failed}
    if seen is None:
        says = N_("%(waiting)s waiting, %(failed)s failed; no worker has been seen yet")
    else:
        says = N_("%(waiting)s waiting, %(failed)s failed; worker last seen %(seen)s s ago")
        params["seen"] = round(seen)
    return Part(N_("Worker"), says, ok=alive and not failed, needed=False, params=params)


def redis() -> Part:
    """Look whether the shared memory of several web processes answers."""
    url = settings().redis_url
    if not url:
        return Part("Redis", N_("not configured; one web process keeps the state in memory"))

    def ping() -> str:
        from redis import from_url  # pyright: ignore[reportUnknownVariableType]

        from_url(url, socket_timeout=2).ping()  # pyright: ignore[reportUnknownMemberType]
        return N_("responding")

    return _tried("Redis", ping)


def mail() -> Part:
    """Say where mail goes."""
    if stays_here():
        params = {"folder": settings().data_dir / "outbox"}
        return Part(
            N_("Mail"), N_("kept in the outbox folder %(folder)s; nothing is sent"), params=params
        )
    return Part(N_("Mail"), N_("sent through the configured server"))


def pictures() -> Part:
    """Look whether the store of pictures takes a file."""

    def probe() -> str:
        asyncio.run(blobs.put("doctor/probe", b"ok"))
        return N_("a local folder") if blobs.is_local() else N_("configured object store")

    return _tried(N_("Pictures"), probe)


def _tried(name: str, attempt: Callable[[], str]) -> Part:
    # Every library has its own errors; a check reports them instead of dying of them.
    try:
        return Part(name, attempt())
    except Exception as error:
        params = {"error": f"{type(error).__name__}: {error}"}
        return Part(name, "%(error)s", ok=False, params=params)


SIDE_PARTS: tuple[Callable[[], Part], ...] = (data_folder, redis, mail, pictures)
"""What lies beside the database."""
