"""Connections whose answers are Arrow: for reading many rows, without a Python object for each.

Blocking. The driver is imported when the first connection is opened.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, cast

from psycopg.sql import Literal

if TYPE_CHECKING:
    import polars as pl

MOST_IDLE = 8
"""As many as a dashboard reads datasets of the running day at once: a new one takes 50 ms."""


class ArrowCursor(Protocol):
    """What is used of the driver's cursor."""

    def __enter__(self) -> "ArrowCursor": ...
    def __exit__(self, *raised: object) -> None: ...
    def execute(self, operation: str, /) -> object:
        """Run a statement; the driver binds numbers only, so values stand in the text."""
        ...

    def fetch_arrow(self) -> Any:
        """Return the answer as an Arrow stream, once."""
        ...


class ArrowConnection(Protocol):
    """What is used of the driver's connection."""

    def cursor(self) -> ArrowCursor:
        """Return a new cursor."""
        ...

    def rollback(self) -> None:
        """End the transaction."""
        ...

    def close(self) -> None:
        """Leave the server."""
        ...


class ArrowConnections:
    """A few connections to one database, kept open for the next reader."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[ArrowConnection] = []
        self._lock = Lock()
        self._is_closed = False

    @contextmanager
    def transaction(self, settings: Mapping[str, str]) -> Generator[ArrowConnection]:
        """Open one read-only transaction that sees one moment, for whom ``settings`` say."""
        connection = self._begun(settings)
        try:
            yield connection
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def _begun(self, settings: Mapping[str, str]) -> ArrowConnection:
        while True:
            kept = self._kept()
            connection = kept or self._connect()
            try:
                with connection.cursor() as cursor:
                    cursor.execute("set transaction isolation level repeatable read, read only")
                    cursor.execute(f"select {', '.join(map(_set, settings, settings.values()))}")
            except Exception:
                connection.close()
                # A kept connection may have been cut off meanwhile; a new one says what is wrong.
                if kept is None:
                    raise
            else:
                return connection

    def close(self) -> None:
        """Close those that nobody uses; the others close when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _kept(self) -> ArrowConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _connect(self) -> ArrowConnection:
        import adbc_driver_postgresql.dbapi as driver  # pyright: ignore[reportMissingTypeStubs]

        return cast("Any", driver).connect(self._url)

    def _give_back(self, connection: ArrowConnection) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()


def _set(name: str, value: str) -> str:
    return f"set_config('app.{name}', {Literal(value).as_string()}, true)"


def ask(connection: ArrowConnection, sql: str) -> "pl.DataFrame":
    """Return the answer to a statement."""
    import polars as pl

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return pl.DataFrame(cursor.fetch_arrow())
