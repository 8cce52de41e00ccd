"""Rows of a declared list that were chosen: by their keys, or all that match a query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.access import Actor
from app.kit.db import database
from app.queries.resource import (
    Column,
    ListQuery,
    Resource,
    Row,
    bound,
    condition_of,
    rows_of,
)

When = tuple[str, tuple[str, ...]]
"""A column, and the codes in it with which something can be done."""


@dataclass(frozen=True)
class Chosen:
    """A row: its key, what people call it, and whether it ``fits`` what shall be done with it."""

    key: Any
    label: str
    fits: bool


def naming_column(resource: Resource, actor: Actor) -> Column:
    """Return the column by which people know a row: its title, else its link, else its code."""

    def rank(column: Column) -> int:
        if column.kind in ("title", "titles"):
            return 0
        if column.kind == "names":
            return 1
        return 2 if column.link else 3 if column.kind == "code" else 4

    return min(resource.visible_to(actor), key=rank)


async def chosen_rows(
    actor: Actor, resource: Resource, chosen: ListQuery | Sequence[Any], when: When | None = None
) -> list[Chosen]:
    """Return the rows of a query, or those of some keys, in one statement and without a limit.

    Each says whether its ``when`` column holds one of the codes; without ``when`` all do.
    """
    actor.require(resource.permission)
    query = chosen if isinstance(chosen, ListQuery) else ListQuery()
    where, params = condition_of(actor, resource, query)
    if not isinstance(chosen, ListQuery):
        where += f" and {resource.key} = any(:keys)"
        params["keys"] = list(chosen)
    column = resource.column(when[0]) if when else None
    fits = "true"
    if when is not None and column is not None:
        fits = f"coalesce(({column.sql})::text = any(:codes), false)"
        params["codes"] = list(when[1])
    label = naming_column(resource, actor)
    sql = (
        f'select {resource.key} as "key", {label.sql} as label, {fits} as fits'
        f" from {resource.source} where {where}"
    )
    async with database().transaction(actor) as session:
        found = await session.execute(bound(sql), params)
        return [Chosen(row.key, _label(row.label, actor), row.fits) for row in found]


def _label(value: Any, actor: Actor) -> str:
    if isinstance(value, list):
        names = [str(name or "") for name in value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        own = names[-1] if actor.locale == "en" else names[0]
        return own or names[0]
    return "" if value is None else str(value)


async def rows_by_key(actor: Actor, resource: Resource, keys: Sequence[Any]) -> dict[str, Row]:
    """Return those of some rows that are still there, whatever search and filters say."""
    actor.require(resource.permission)
    sql, params = rows_of(actor, resource, keys)
    async with database().transaction(actor) as session:
        found = await session.execute(bound(sql), params)
        return {str(row["id"]): dict(row) for row in found.mappings()}
