"""The names of records that are known by their identifiers, as far as the reader may see them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_NAMES = text(
    "with wanted as materialized (select unnest(cast(:ids as uuid[])) as id)"
    " select id, name from users join wanted using (id)"
    " union all select id, name from merchants join wanted using (id)"
    " union all select id, case when is_built_in then 'roles.' || code else name end"
    "  from roles join wanted using (id)"
    " union all select m.id, u.name from memberships m join wanted w on w.id = m.id"
    "  join users u on u.id = m.user_id"
    " union all select id, name from api_keys join wanted using (id)"
    " union all select id, case when :english and name_en <> '' then name_en else name_zh end"
    "  from categories join wanted using (id)"
    " union all select id, title from products join wanted using (id)"
    " union all select id, code from skus join wanted using (id)"
    " union all select id, name from freight_templates join wanted using (id)"
    " union all select id, name from stores join wanted using (id)"
    " union all select l.id, coalesce(l.title_override, p.title) from listings l"
    "  join wanted w on w.id = l.id join products p on p.id = l.product_id"
    " union all select id, name from split_rules join wanted using (id)"
)
"""Identifiers are unique over all tables, so each is looked for everywhere, by primary key."""


async def names_of(
    session: AsyncSession, ids: Iterable[str], *, english: bool = False
) -> dict[str, str]:
    """Return identifier → name for those records that the session's actor may read."""
    wanted = sorted({UUID(one) for one in ids if IDENTIFIER.fullmatch(one)})
    if not wanted:
        return {}
    found = await session.execute(_NAMES, {"ids": wanted, "english": english})
    return {str(row.id): row.name for row in found if row.name}


def _side(entry: Mapping[str, Any] | None, side: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any] | None", (entry or {}).get(side)) or {}


def ids_in(entry: Mapping[str, Any] | None) -> set[str]:
    """Return the identifiers among the values of ``{"before": {…}, "after": {…}}``."""
    values = (value for side in ("before", "after") for value in _side(entry, side).values())
    return {value for value in values if isinstance(value, str) and IDENTIFIER.fullmatch(value)}


def short(identifier: str) -> str:
    """Return the end of an identifier, for a record whose name cannot be told."""
    return f"#{identifier[-8:]}"


def label_of(row_id: str, entry: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """Return how to call an audited row, whose key may have several parts.

    A row that is gone is called what its last entry says of it.
    """
    told = [names[part] for part in row_id.split("/") if part in names]
    if told:
        return " · ".join(told)
    for side in ("after", "before"):
        values = _side(entry, side)
        for column in ("name", "title", "code", "name_zh"):
            if values.get(column):
                return str(values[column])
    parts = (short(part) if IDENTIFIER.fullmatch(part) else part for part in row_id.split("/"))
    return " · ".join(parts)
