"""``tongshang doctor``: what is configured, reachable and healthy."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from app.analytics.snapshots import health
from app.analytics.snapshots.store import store_of
from app.kit.i18n import gettext
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server import frontend
from app.server.migrations import current_revision, head_revision
from app.server.postgres import DatabaseUnavailable, DatabaseUrls, prepare
from app.services import checks


def run() -> dict[str, Any]:
    """Return one entry for each part; ``ok`` is False if anything needed is broken."""
    parts = [*_database(), _frontend(), _node(), _fonts()]
    parts += [
        _service("web app", settings().origin),
        _service("sandbox", settings().sandbox_origin),
    ]
    parts += [_shown(check()) for check in checks.SIDE_PARTS]
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


def _shown(part: checks.Part) -> dict[str, Any]:
    # The command line speaks English; the console says the same in the reader's language.
    says = gettext("en", part.says, **part.params)
    return _part(part.name, says, ok=part.ok, needed=part.needed)


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
    if at != head:
        return parts
    return [*parts, _queue(urls), _shown(health.part(store_of(str(urls.app.database))))]


def _queue(urls: DatabaseUrls) -> dict[str, Any]:
    with (
        psycopg.connect(urls.owner_text) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        row = cursor.execute(checks.QUEUE_SQL).fetchone()
    assert row is not None
    seen = None if row["seen"] is None else float(row["seen"])
    return _shown(checks.queue(row["waiting"], row["failed"], seen))


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
