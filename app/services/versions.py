"""Versions of records: a form that was loaded before the record changed is not written over it."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Conflict, NotFound

_KEYS = {
    "analyses": "id",
    "categories": "id",
    "freight_templates": "id",
    "import_runs": "id",
    "listings": "id",
    "products": "id",
    "report_schedules": "id",
    "roles": "id",
    "split_rules": "id",
    "stores": "id",
}
"""Table → key of the records that people edit; their ``row_version`` is raised by a trigger."""


class Stale(Conflict):
    """The record was changed after it was read; the caller merges and tries again."""

    code = "stale"
    message = "Somebody changed this while you were editing it. Load it again to see what changed."


async def check_version(session: AsyncSession, table: str, key: Any, version: int | None) -> None:
    """Lock a record, and refuse a write that was made of an older version of it.

    Without a version nothing is refused: callers that read and write in one step, such as an
    import or a bulk action, and programs that mean to overwrite, have none. Raises Stale, NotFound.
    """
    found = await session.scalar(
        text(f"select row_version from {table} where {_KEYS[table]} = :key for no key update"),
        {"key": key},
    )
    if found is None:
        raise NotFound()
    if version is not None and found != version:
        raise Stale()


async def raise_version(session: AsyncSession, table: str, key: Any) -> None:
    """Raise a record's version for a change of what belongs to it in other tables."""
    await session.execute(
        text(f"update {table} set row_version = row_version + 1 where {_KEYS[table]} = :key"),
        {"key": key},
    )
