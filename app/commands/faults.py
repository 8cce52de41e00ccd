"""What a person at a terminal is told when a command cannot do its work."""

import errno
import logging
from typing import Any

import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.kit.errors import TradeError
from app.kit.settings import Settings, allowed
from app.server.frontend import BuildFailed
from app.server.postgres import DatabaseUnavailable
from app.server.up import CannotStart

_KNOWN = (CannotStart, DatabaseUnavailable, BuildFailed, TradeError)


def explain(error: Exception) -> tuple[int, list[str]]:
    """Return the exit code and the sentences for ``error``; bugs are told as what they are."""
    if isinstance(error, _KNOWN):
        return 1, [str(error)]
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return 2, [_setting(dict(fault)) for fault in error.errors()]
    if isinstance(error, OSError) and error.filename is not None:
        return 1, [f"{error.filename}: {_reason(error)}."]
    if isinstance(error, (psycopg.Error, DBAPIError)):
        return 1, [f"The database refused: {one_line(error)}. {_HINT}"]
    logging.getLogger("tongshang").debug("fault", exc_info=error)
    return 1, [f"This is a fault of Tongshang ({type(error).__name__}: {one_line(error)}). {_HINT}"]


_HINT = "Set TONGSHANG_DEBUG=1 to see where it happened."


def _setting(fault: dict[str, Any]) -> str:
    """Return what is wrong with a setting, and what it may be.

    Only numbers are repeated: an address may hold a password.
    """
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not fault["loc"]:
        return f"{message}."
    name = str(fault["loc"][0])
    variable, bounds = f"TONGSHANG_{name.upper()}", allowed(name)
    if fault["type"] == "value_error":
        is_sentence = message.startswith(("must ", "is "))
        return f"{variable} {message}." if is_sentence else f"{variable}: {message}."
    if Settings.model_fields[name].annotation is int and bounds:
        return f"{variable} is {str(fault['input'])[:40]!r}, but must be a number from {bounds}."
    return f"{variable}: {message}."


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full; free some space or choose another folder with --data-dir"
    return f"{error.strerror}; choose another folder with --data-dir or TONGSHANG_DATA_DIR"


def one_line(error: BaseException) -> str:
    """Return an error's text without line breaks and SQL."""
    return " ".join(str(error).split("[SQL:")[0].split())[:300].rstrip(". ")
