"""``tongshang doctor``: what is configured, reachable and healthy."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server import frontend
from app.server.migrations import current_revision, head_revision
from app.server.postgres import DatabaseUnavailable, DatabaseUrls, prepare


def run() -> dict[str, Any]:
    """Return one entry for each part; ``ok`` is False if anything needed is broken."""
    parts = [_data_folder(), *_database(), _frontend(), _node(), _fonts()]
    parts += [
        _service("web app", settings().origin),
        _service("sandbox", settings().sandbox_origin),
    ]
    parts += [_redis(), _mail(), _blobs()]
    return {"ok": all(part["ok"] or not part["needed"] for part in parts), "parts": parts}


def render(report: dict[str, Any]) -> str:
    """Return the report for a person."""
    marks = {(True, True): "ok  ", (True, False): "ok  ", (False, True): "FAIL"}
    return "\n".join(
        f"{marks.get((part['ok'], part['needed']), 'note')}  {part['name']}: {part['says']}"
        for part in report["parts"]
    )


def _part(name: str, says: str, *, ok: bool = True, needed: bool = True) -> dict[str, Any]:
    return {"name": name, "ok": ok, "needed": needed, "says": says}


def _data_folder() -> dict[str, Any]:
    folder = settings().data_dir
    if not folder.exists():
        return _part("data folder", f"{folder} is not there yet; `tongshang up` makes it", ok=False)
    free = shutil.disk_usage(folder).free // 2**20
    return _part("data folder", f"{folder}, {free} MB free", ok=free > 500)


def _database() -> list[dict[str, Any]]:
    try:
        urls = prepare(settings(), master_secret())
    except (DatabaseUnavailable, OSError) as reason:
        return [_part("database", str(reason), ok=False)]
    with psycopg.connect(urls.owner_text) as connection:
        version = connection.info.server_version // 10_000
    at, head = current_revision(urls.owner), head_revision()
    kind = "external" if settings().database_url else "embedded"
    parts = [
        _part("database", f"PostgreSQL {version}, {kind}"),
        _part("migrations", f"at {at}, newest {head}", ok=at == head),
    ]
    return [*parts, _queue(urls)] if at == head else parts


def _queue(urls: DatabaseUrls) -> dict[str, Any]:
    with psycopg.connect(urls.owner_text) as connection:
        row = connection.execute(
            "select count(*) filter (where status = 'todo'), count(*) filter (where"
            " status = 'failed'), coalesce(extract(epoch from now() - (select max(last_heartbeat)"
            " from procrastinate_workers)), -1) from procrastinate_jobs"
        ).fetchone()
    waiting, failed, heartbeat = row or (0, 0, -1)
    alive = 0 <= heartbeat < 60
    seen = f"{heartbeat:.0f} s ago" if heartbeat >= 0 else "never"
    says = f"{waiting} jobs wait, {failed} failed; a worker was last seen {seen}"
    return _part("worker", says, ok=alive and not failed, needed=False)


def _frontend() -> dict[str, Any]:
    built = frontend.is_built(settings().data_dir)
    says = "built" if built else "not built for the present sources; `tongshang up` builds it"
    return _part("front end", says, ok=built, needed=False)


def _node() -> dict[str, Any]:
    path = frontend.environment(settings().data_dir)["PATH"]
    node = shutil.which("node", path=path)
    if node is None:
        return _part("Node", "not found; `uv sync` installs it", ok=False)
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return _part("Node", f"{shown.stdout.strip()} for building the front end")


def _fonts() -> dict[str, Any]:
    folders = (Path("/usr/share/fonts/opentype/noto"), Path("/System/Library/Fonts"))
    found = any(folder.exists() for folder in folders)
    says = "Chinese fonts found" if found else "no Chinese fonts here (only printing needs them)"
    return _part("fonts", says, ok=found, needed=False)


def _service(name: str, origin: str) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{origin}/healthz", timeout=2)
        return _part(name, f"{origin} answers {answer.status_code}", needed=False)
    except httpx.HTTPError:
        return _part(name, f"nothing answers at {origin}", ok=False, needed=False)


def _redis() -> dict[str, Any]:
    url = settings().redis_url
    if not url:
        return _part("Redis", "not configured; one web process keeps the state in memory")

    def ping() -> str:
        import redis

        client: Any = redis.from_url(url, socket_timeout=2)
        client.ping()
        return "answers"

    return _tried("Redis", ping)


def _mail() -> dict[str, Any]:
    if not settings().smtp_url:
        return _part("mail", f"kept as files in {settings().data_dir / 'outbox'}")
    return _part("mail", "sent by the configured server")


def _blobs() -> dict[str, Any]:
    from app.adapters import blobs

    def probe() -> str:
        asyncio.run(blobs.put("doctor/probe", b"ok"))
        return "a local folder" if blobs.is_local() else "the configured object store"

    return _tried("pictures", probe)


def _tried(name: str, attempt: Callable[[], str]) -> dict[str, Any]:
    # Every library has its own errors; a doctor reports them instead of dying of them.
    try:
        return _part(name, attempt())
    except Exception as error:
        return _part(name, f"{type(error).__name__}: {error}", ok=False)
