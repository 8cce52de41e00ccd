"""One embedded server for the whole run; a template database; a fresh copy for each test module."""

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fasteners
import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from sqlalchemy.engine import URL, make_url

# Settings are read from the environment, so the tests' own come before any import of the app.
RUN_FOLDER = Path(tempfile.gettempdir()) / f"tongshang-tests-{os.geteuid()}"
os.environ.setdefault("TONGSHANG_DATA_DIR", str(RUN_FOLDER / "data"))
# Tests order more, and pay less of it, than any buyer; those of the limits set their own.
os.environ.setdefault("TONGSHANG_LIMITS", "order=100000/minute")
os.environ.setdefault("TONGSHANG_SECRET_KEY", "only for tests, never elsewhere")

from app.kit.db import APP_ROLE, Database, use_database  # noqa: E402
from app.kit.paths import PROJECT_ROOT  # noqa: E402
from app.server.migrations import migrate  # noqa: E402
from app.server.postgres import ensure_database, start_embedded  # noqa: E402
from app.server.roles import app_password, ensure_roles  # noqa: E402

# Nothing is timed here: the machine may be busy with something else.
hypothesis_settings.register_profile("tongshang", deadline=None)
hypothesis_settings.load_profile("tongshang")

TEST_SECRET = os.environ["TONGSHANG_SECRET_KEY"]


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def _alone() -> Generator[None]:
    RUN_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    with fasteners.InterProcessLock(RUN_FOLDER / "lock"):
        yield


def _schema_state() -> str:
    digest = hashlib.sha256()
    for folder in ("alembic", "models"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".sql"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """Return the owner's URL of a server with roles; its database name is the template's."""
    with _alone():
        server: Any = start_embedded(RUN_FOLDER / "pg")
        root = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        with psycopg.connect(_libpq(root), autocommit=True) as connection:
            ensure_roles(connection, app_password(TEST_SECRET))
        template = root.set(database=f"template_{_schema_state()}")
        _ensure_template(template)
    yield template


def _ensure_template(template: URL) -> None:
    name = sql.Identifier(str(template.database))
    with psycopg.connect(_libpq(template.set(database="postgres")), autocommit=True) as connection:
        row = connection.execute(
            "select datistemplate from pg_database where datname = %s", [template.database]
        ).fetchone()
        if row is not None and row[0]:
            return
        # A database that is there but no template is left from a run that broke off.
        connection.execute(sql.SQL("drop database if exists {} (force)").format(name))
        ensure_database(template)
        migrate(template)
        connection.execute(sql.SQL("alter database {} is_template true").format(name))


@pytest.fixture(scope="module")
def owner_url(postgres: URL, request: pytest.FixtureRequest) -> Iterator[URL]:
    """Return the owner's URL of a database of this module's own, dropped afterwards."""
    digest = hashlib.sha256(f"{request.node.nodeid}{os.getpid()}".encode()).hexdigest()[:16]
    name = sql.Identifier(f"test_{digest}")
    with psycopg.connect(_libpq(postgres.set(database="postgres")), autocommit=True) as admin:
        drop = sql.SQL("drop database if exists {} (force)").format(name)
        admin.execute(drop)
        admin.execute(
            sql.SQL("create database {} template {}").format(
                name, sql.Identifier(str(postgres.database))
            )
        )
        yield postgres.set(database=f"test_{digest}")
        admin.execute(drop)


@pytest.fixture(scope="module")
def app_url(owner_url: URL) -> str:
    """Return the URL by which the app logs in to the module's database."""
    url = owner_url.set(username=APP_ROLE, password=app_password(TEST_SECRET))
    return url.render_as_string(hide_password=False)


@pytest.fixture
def owner_connection(owner_url: URL) -> Iterator[psycopg.Connection[Any]]:
    """Lend an autocommitting connection of the owner, to arrange and to look behind policies."""
    with psycopg.connect(_libpq(owner_url), autocommit=True) as connection:
        yield connection


@pytest.fixture
async def database(app_url: str) -> AsyncIterator[Database]:
    """Open the module's database as the app does, and make it the process's."""
    opened = Database(app_url, pool_size=8)
    use_database(opened)
    yield opened
    use_database(None)
    await opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skipped test is a failed one: there every tool must be there."""
    report = yield
    # What is slow and rarely breaks is run by hand, which needs no tool.
    is_deep = report.skipped and "TONGSHANG_DEEP=1" in str(report.longrepr)
    is_refused = report.skipped and not is_deep and not hasattr(report, "wasxfail")
    if is_refused and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


CHROMIUM_CANDIDATES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium on this machine; without one skip, or fail with CI=true."""
    for candidate in CHROMIUM_CANDIDATES:
        if Path(candidate).exists():
            return candidate
    if os.environ.get("CI") == "true":
        pytest.fail("CI must have a Chromium; .ci/run installs it")
    pytest.skip("no Chromium on this machine: browser tests need one (apt install chromium)")
