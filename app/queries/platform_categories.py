"""The catalogue's categories as a tree of two levels, with how much each holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.platform_order import rows


@dataclass(frozen=True)
class Shelf:
    """A category of the second level."""

    id: str
    name_zh: str
    name_en: str
    slug: str
    products: int


@dataclass(frozen=True)
class Aisle:
    """A category of the first level with those below it; ``products`` counts them all."""

    id: str
    name_zh: str
    name_en: str
    slug: str
    products: int
    shelves: list[Shelf] = field(default_factory=list[Shelf])


_TREE = text(
    "select c.id, c.parent_id, c.name_zh, c.name_en, c.slug,"
    " (select count(*) from products p where p.category_id = c.id and p.status <> 'ARCHIVED')"
    "  as products from categories c order by c.position, c.id"
)


async def category_tree(actor: Actor) -> list[Aisle]:
    """Return all categories in the operator's order. Raises Forbidden.

    Products are counted as far as the actor may read them.
    """
    actor.require("platform:categories:read")
    async with database().transaction(actor) as session:
        found = await rows(session, _TREE, {})
    below: dict[UUID, list[Shelf]] = {}
    for row in found:
        if row["parent_id"] is not None:
            below.setdefault(row["parent_id"], []).append(Shelf(**_facts(row)))
    return [_aisle(row, below.get(row["id"], [])) for row in found if row["parent_id"] is None]


def _aisle(row: Mapping[str, Any], shelves: list[Shelf]) -> Aisle:
    facts = _facts(row)
    facts["products"] += sum(shelf.products for shelf in shelves)
    return Aisle(**facts, shelves=shelves)


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    facts = {key: row[key] for key in ("name_zh", "name_en", "slug", "products")}
    return {"id": str(row["id"]), **facts}


async def category_values(actor: Actor, category_id: UUID) -> dict[str, str]:
    """Return a category as its form shows it. Raises NotFound."""
    actor.require("platform:categories:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select name_zh, name_en, slug, parent_id, row_version from categories"
                " where id = :id"
            ),
            {"id": category_id},
        )
        row = found.mappings().first()
    if row is None:
        raise NotFound()
    return {key: str(value or "") for key, value in row.items()}
