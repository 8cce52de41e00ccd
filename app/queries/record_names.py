"""The names of records that are known by their identifiers, as far as the reader may see them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.queries.titles import category, title

IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NAMED: tuple[tuple[str, str, str], ...] = (
    # rows with their identifier, and how people call them
    ("users t", "t.id", "t.name"),
    ("merchants t", "t.id", "t.name"),
    ("roles t", "t.id", "case when t.is_built_in then 'roles.' || t.code else t.name end"),
    ("memberships t join users u on u.id = t.user_id", "t.id", "u.name"),
    ("api_keys t", "t.id", "t.name"),
    ("categories t", "t.id", category("t")),
    ("products t", "t.id", title("t")),
    ("skus t", "t.id", "t.code"),
    ("product_images t join products p on p.id = t.product_id", "t.id", title()),
    ("freight_templates t", "t.id", "t.name"),
    ("stores t", "t.id", "t.name"),
    ("listings t join products p on p.id = t.product_id", "t.id", title(own="t.title_override")),
    ("split_rules t", "t.id", "t.name"),
    ("orders t", "t.id", "t.number"),
    ("supplier_orders t", "t.id", "t.number"),
    ("payments t join orders o on o.id = t.order_id", "t.id", "t.number || ' · ' || o.number"),
    ("refunds t join orders o on o.id = t.order_id", "t.id", "t.number || ' · ' || o.number"),
    ("shipments t", "t.id", "t.tracking_no"),
    ("analyses t", "t.id", "t.name"),
    ("report_schedules t", "t.id", "t.name"),
    ("store_campaigns t", "t.id", "t.name"),
    ("saved_views t", "t.id", "t.name"),
    ("consumers t", "t.id", "t.name"),
    ("reviews t join orders o on o.id = t.order_id", "t.id", "o.number"),
    ("split_rule_versions t join split_rules r on r.id = t.rule_id", "t.id",
     "r.name || ' · ' || t.version"),
)  # fmt: skip
"""Identifiers are unique over all tables, so each is looked for everywhere, by primary key."""

_NAMES = text(
    "with wanted as materialized (select unnest(cast(:ids as uuid[])) as id) "
    + " union all ".join(
        f"select {key} as id, {name} as name from {rows} join wanted w on w.id = {key}"
        for rows, key, name in NAMED
    )
)

CALLED = " union all ".join(
    f"select {key}::text from {rows} where {name} ilike '%' || :like" for rows, key, name in NAMED
)
"""The identifiers of the records whose name holds ``:like``, as far as the reader may see them."""


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
    if (entry or {}).get("table") == "platform_settings":
        return f"key.{row_id}"
    told = [names[part] for part in row_id.split("/") if part in names]
    if told:
        return " · ".join(told)
    for side in ("after", "before"):
        values = _side(entry, side)
        for column in ("name", "title", "code", "name_zh", "number", "tracking_no"):
            if values.get(column):
                return str(values[column])
    parts = (short(part) if IDENTIFIER.fullmatch(part) else part for part in row_id.split("/"))
    return " · ".join(parts)
