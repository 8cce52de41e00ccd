"""Rows of detail pages: read as the actor, then written as text for the browser."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.currencies import percent_text
from app.kit.i18n import moment_text, money_text
from app.queries.resource import Row


async def rows(session: AsyncSession, sql: str, **params: object) -> list[Row]:
    """Return all rows of a statement."""
    found = await session.execute(text(sql), params)
    return [dict(row) for row in found.mappings()]


async def one(session: AsyncSession, sql: str, **params: object) -> Row | None:
    """Return the first row of a statement, or None."""
    found = await rows(session, sql, **params)
    return found[0] if found else None


def shown(row: Mapping[str, Any], currency: str | None = None) -> dict[str, str]:
    """Return a row as text: ``*_cents`` as money, ``*_bps`` as a rate, moments as one reads them.

    Money is of the row's ``currency`` or, where it has none, of the given one. True is "1", false
    and null are empty, so that a page can test them as text.
    """
    own = row.get("currency") or currency
    return {key: _text(key, value, own) for key, value in row.items()}


def all_shown(
    found: Iterable[Mapping[str, Any]], currency: str | None = None
) -> list[dict[str, str]]:
    """Return rows as text."""
    return [shown(row, currency) for row in found]


def _text(key: str, value: Any, currency: str | None) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if key.endswith("_cents"):
        return money_text(int(value), currency)
    if key.endswith("_bps"):
        return f"{percent_text(int(value))} %"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, list):
        return " · ".join(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)
