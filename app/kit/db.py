"""Connections, and the transaction that knows who acts.

Two database roles serve the app (see ARCHITECTURE.md): connections log in as ``tongshang_app``,
whose rows are limited by row-level security to what the settings of the transaction say; the core
flows that touch several tenants enter ``tongshang_engine`` by ``SET LOCAL ROLE``, which only
``app.services.engine`` does.
"""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString, Protocol

from psycopg import AsyncConnection as RawConnection
from psycopg import DataError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from app.kit.arrow import ArrowConnection, ArrowConnections
from app.kit.errors import Invalid
from app.kit.outages import is_cut_off, outages_named
from app.kit.text import UNPRINTABLE

APP_ROLE = "tongshang_app"
ENGINE_ROLE = "tongshang_engine"

CONNECT_SECONDS = 5
"""How long is waited for a new connection, or for a free one of the hot pool."""

_SET_ACTOR = text(
    "select set_config('app.scope', :scope, true), set_config('app.merchant', :merchant, true),"
    " set_config('app.user', :user, true), set_config('app.consumer', :consumer, true),"
    " set_config('app.store', :store, true), set_config('app.permissions', :permissions, true)"
)

_SET_ACTOR_RAW = (
    "select set_config('app.scope', %(scope)s, true),"
    " set_config('app.merchant', %(merchant)s, true), set_config('app.user', %(user)s, true),"
    " set_config('app.consumer', %(consumer)s, true), set_config('app.store', %(store)s, true),"
    " set_config('app.permissions', %(permissions)s, true)"
)
_SET_ACTOR_AND_ENGINE = f"{_SET_ACTOR_RAW}, set_config('role', '{ENGINE_ROLE}', true)"


_TEXT_CODES = ("22021", "22P05")
"""PostgreSQL's codes for a character that a text, or a JSON document, cannot hold."""


class UnkeepableText(Invalid):
    """A text holds what PostgreSQL cannot keep: a NUL or half a character."""

    message = UNPRINTABLE


class Identity(Protocol):
    """Whoever a transaction acts for; ``app.access.Actor`` is one."""

    def database_settings(self) -> Mapping[str, str]:
        """Return scope, merchant, user, consumer, store and permissions as text, '' for none."""
        ...


class Database:
    """The pool of one process. Made when the process starts to serve, never at import."""

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            # Dead connections are found at their sockets, without a round trip.
            pool_pre_ping=False,
            connect_args={"connect_timeout": CONNECT_SECONDS},
            # An error's message goes into the log, and parameters are what people typed.
            hide_parameters=True,
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_cut_off)
        self._pool_size = pool_size
        self._hot: AsyncConnectionPool[RawConnection[DictRow]] | None = None
        self._arrow = ArrowConnections(
            self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        self._arrow.close()
        if self._hot is not None:
            await self._hot.close()

    async def _hot_pool(self) -> AsyncConnectionPool[RawConnection[DictRow]]:
        if self._hot is None:
            url = make_url(self.engine.url).set(drivername="postgresql")
            self._hot = AsyncConnectionPool(
                url.render_as_string(hide_password=False),
                connection_class=RawConnection[DictRow],
                kwargs={
                    "autocommit": True,
                    "row_factory": dict_row,
                    "prepare_threshold": 2,
                    # Planning the hot statements takes longer than running them.
                    "options": "-c plan_cache_mode=force_generic_plan",
                },
                min_size=1,
                max_size=self._pool_size,
                timeout=CONNECT_SECONDS,
                # After that the next who asks tries at once, however long the server was away.
                reconnect_timeout=3,
                open=False,
            )
            await self._hot.open()
        return self._hot

    @asynccontextmanager
    async def transaction(self, identity: Identity) -> AsyncGenerator[AsyncSession]:
        """Open one transaction as ``tongshang_app`` for ``identity``; commit at the end.

        Anything raised inside rolls all of it back. Raises Unavailable in an outage.
        """
        with _refusing_texts(), outages_named():
            async with (
                AsyncSession(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                await session.execute(_SET_ACTOR, dict(identity.database_settings()))
                yield session

    @asynccontextmanager
    async def engine_transaction(self, identity: Identity) -> AsyncGenerator[AsyncSession]:
        """Open one transaction as ``tongshang_engine``. Only ``app.services.engine`` calls this."""
        async with self.transaction(identity) as session:
            await session.execute(text(f"set local role {ENGINE_ROLE}"))
            yield session

    @asynccontextmanager
    async def engine_pipeline(self, identity: Identity) -> AsyncGenerator[RawConnection[Any]]:
        """Open one transaction as the engine role on a bare psycopg connection in pipeline mode.

        For the hot writes: BEGIN, the actor, the statement and COMMIT travel together, so that no
        lock is held while the process is busy. What was not fetched inside the block can be
        fetched after it. Anything raised inside, or by a statement, rolls all of it back.
        """
        async with self._pipeline(identity, _SET_ACTOR_AND_ENGINE) as connection:
            yield connection

    @asynccontextmanager
    async def pipeline(self, identity: Identity) -> AsyncGenerator[RawConnection[Any]]:
        """Open one transaction as ``tongshang_app`` for ``identity`` in pipeline mode.

        For reads of several statements, which then cost one round trip. See ``engine_pipeline``.
        """
        async with self._pipeline(identity, _SET_ACTOR_RAW) as connection:
            yield connection

    @asynccontextmanager
    async def _pipeline(
        self, identity: Identity, begin: LiteralString
    ) -> AsyncGenerator[RawConnection[Any]]:
        pool = await self._hot_pool()
        with _refusing_texts(), outages_named():
            # Whatever is left open by an error the pool rolls back.
            async with _lent(pool) as connection, connection.pipeline():
                await connection.execute("begin", prepare=False)
                await connection.execute(begin, identity.database_settings())
                yield connection
                await connection.execute("commit", prepare=False)

    @contextmanager
    def reader(self, identity: Identity) -> Generator[ArrowConnection]:
        """Open one read-only transaction as ``tongshang_app`` whose answers are Arrow.

        All its statements see one moment. Blocking: use it in a thread.
        """
        with outages_named(), self._arrow.transaction(identity.database_settings()) as connection:
            yield connection

    @contextmanager
    def engine_reader(self, identity: Identity) -> Generator[ArrowConnection]:
        """Like ``reader`` as ``tongshang_engine``. Only ``app.services.engine`` calls this."""
        with outages_named(), self._arrow.transaction(identity.database_settings()) as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"set local role {ENGINE_ROLE}")
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[AsyncConnection]:
        """Lend a bare connection without a transaction (health checks, the hot paths)."""
        with outages_named():
            async with self.engine.connect() as connection:
                yield connection


def _refuse_cut_off(dbapi_connection: Any, *_: object) -> None:
    """Let the pool make new connections where the server has ended the kept ones."""
    if is_cut_off(dbapi_connection.driver_connection):
        raise InvalidatePoolError()


@asynccontextmanager
async def _lent(
    pool: AsyncConnectionPool[RawConnection[DictRow]],
) -> AsyncGenerator[RawConnection[DictRow]]:
    """Lend a connection that is alive; the pool's own check would wait a second for each dead."""
    while is_cut_off(connection := await pool.getconn()):
        await connection.close()
        await pool.putconn(connection)
    try:
        async with connection:
            yield connection
    finally:
        await pool.putconn(connection)


@contextmanager
def _refusing_texts() -> Generator[None]:
    """Turn a text that PostgreSQL cannot hold into a refusal.

    Forms and models say it at their field (``app.kit.text``); this is for what comes in elsewhere,
    such as in an address.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnkeepableText() from error
    except (DBAPIError, DataError) as error:
        fault = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(fault, DataError) and _is_about_text(fault):
            raise UnkeepableText() from error
        raise


def _is_about_text(fault: DataError) -> bool:
    # psycopg itself refuses a NUL, without a code of PostgreSQL's.
    return fault.sqlstate in _TEXT_CODES or (fault.sqlstate is None and "NUL" in str(fault))


_database: Database | None = None


def use_database(database: Database | None) -> None:
    """Make ``database`` the one that this process uses (at start, and in tests)."""
    global _database
    _database = database


def database() -> Database:
    """Return the process's database. Raises RuntimeError before ``use_database``."""
    if _database is None:
        raise RuntimeError("no database is open in this process; call use_database first")
    return _database
