"""A user's own views of a list: filters and sort under a name, in one workspace."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import Forbidden, Invalid
from app.kit.i18n import N_
from models.ops import SavedView

MOST_VIEWS = 20


async def of(actor: Actor, resource: str) -> list[dict[str, str]]:
    """Return the actor's views of a list, each as id, name and the query of its address."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select id, name, query from saved_views where resource = :resource"
                " and scope = :scope and merchant_id is not distinct from :merchant order by name"
            ),
            {"resource": resource, "scope": actor.scope, "merchant": actor.merchant_id},
        )
        return [
            {"id": str(row.id), "name": row.name, "query": urlencode(row.query)} for row in found
        ]


async def save(actor: Actor, resource: str, name: str, query: Mapping[str, str]) -> None:
    """Keep a view; one of the same name is replaced. Raises Invalid without a name."""
    name = name.strip()[:60]
    if actor.user_id is None:
        raise Forbidden()
    if not name:
        raise Invalid({"name": N_("Please fill this in.")})
    views = await of(actor, resource)
    if len(views) >= MOST_VIEWS and name not in {view["name"] for view in views}:
        raise Invalid({"name": N_("These are too many.")})
    async with database().transaction(actor) as session:
        await session.execute(
            text(
                "delete from saved_views where resource = :resource and scope = :scope"
                " and merchant_id is not distinct from :merchant and name = :name"
            ),
            {
                "resource": resource,
                "scope": actor.scope,
                "merchant": actor.merchant_id,
                "name": name,
            },
        )
        session.add(
            SavedView(
                user_id=actor.user_id,
                scope=actor.scope,
                merchant_id=actor.merchant_id,
                resource=resource,
                name=name,
                query=dict(query),
            )
        )


async def drop(actor: Actor, view_id: UUID) -> None:
    """Forget a view; policies let only its owner do so."""
    async with database().transaction(actor) as session:
        await session.execute(text("delete from saved_views where id = :id"), {"id": view_id})
