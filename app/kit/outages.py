"""Telling an outage of the database from every other fault, and finding dead connections."""

import select
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.kit.errors import Unavailable

_OUTAGE_STATES = ("08", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs (PostgreSQL's appendix A): connection lost, shut down, starting, too many clients."""


def is_outage(error: BaseException) -> bool:
    """Say whether an error means that the database cannot be reached, whatever the statement."""
    if isinstance(error, NoConnectionFree):
        return True
    if isinstance(error, DBAPIError):
        lost = error.connection_invalidated
        return lost or (error.orig is not None and is_outage(error.orig))
    if isinstance(error, psycopg.errors.PipelineAborted):
        # It follows another error, which says more.
        return False
    if isinstance(error, psycopg.OperationalError):
        # A lost connection and one that was never made have no SQLSTATE.
        return error.sqlstate is None or error.sqlstate.startswith(_OUTAGE_STATES)
    return _is_arrow_outage(error)


def _is_arrow_outage(error: BaseException) -> bool:
    # The driver is loaded only where it is used; its errors are known by where they come from.
    if not type(error).__module__.startswith("adbc_driver_manager"):
        return False
    state = str(getattr(error, "sqlstate", None) or "")
    if state:
        return state.startswith(_OUTAGE_STATES)
    text = str(error).lower()
    return "connect" in text or "server closed" in text or "terminat" in text


@contextmanager
def outages_named() -> Generator[None]:
    """Raise Unavailable in the place of whatever a driver says of an outage."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise Unavailable() from error
        raise


class HasSocket(Protocol):
    """What is asked of a connection."""

    def fileno(self) -> int:
        """Return the number of its socket. Raises OperationalError for one that is closed."""
        ...


def is_cut_off(connection: HasSocket) -> bool:
    """Say whether an idle connection was ended by the server; this costs no round trip.

    Nothing is to be read from an idle connection but the server's farewell.
    """
    try:
        number = connection.fileno()
    except psycopg.OperationalError:
        return True
    waiting = select.poll()
    waiting.register(number, select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(waiting.poll(0))
