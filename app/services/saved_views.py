"""Views under a name: a list's filters and sort, a dashboard's days and filters, in one workspace.

A view is its user's own, or it is shared with a role by someone who manages roles. One of each may
be the default, with which a page opens that is asked for nothing; one's own goes before a role's.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.errors import Forbidden, Invalid
from app.kit.i18n import N_
from app.services.inputs import text_of
from app.services.sharing_roles import roles_to_share_with
from models.ops import SavedView

MOST_VIEWS = 20
SHARES = "roles:write"
"""The right to share a view with a role."""

_FOUND = (
    "select v.id, v.name, v.query, v.role_id, v.is_default, r.code, r.name as role_name,"
    " r.is_built_in from saved_views v left join roles r on r.id = v.role_id"
    " where v.resource = :resource and v.scope = :scope"
    " and v.merchant_id is not distinct from :merchant"
)
_OF_MINE = (
    " and (v.role_id is null or exists (select 1 from memberships m where m.role_id = v.role_id"
    " and m.user_id = :user and m.merchant_id is not distinct from v.merchant_id))"
)


async def of(actor: Actor, resource: str) -> list[dict[str, str]]:
    """Return the views of a page: the actor's own, those of its roles, those that it manages.

    Each as id, name, the query of its address, whether it is a ``default`` ("1" or ""), and of a
    shared one the ``role``'s code (or its name, if it is the workspace's own) and ``role_id``.
    """
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(f"{_FOUND} order by v.role_id is not null, v.name, v.id"), _place(actor, resource)
        )
        return [_shown(row) for row in found]


def _place(actor: Actor, resource: str) -> dict[str, Any]:
    return {"resource": resource, "scope": actor.scope, "merchant": actor.merchant_id}


def _shown(row: Any) -> dict[str, str]:
    role = row.code if row.is_built_in else row.role_name
    return {
        "id": f"{row.id}",
        "name": row.name,
        "query": urlencode(row.query),
        "default": "1" if row.is_default else "",
        "role": role or "",
        "role_id": f"{row.role_id or ''}",
    }


async def default_query(actor: Actor, resource: str) -> str:
    """Return the query that a page opens with: one's own default, else a role's, else nothing."""
    statement = f"{_FOUND}{_OF_MINE} and v.is_default order by v.role_id is not null, v.id limit 1"
    async with database().transaction(actor) as session:
        values = _place(actor, resource) | {"user": actor.user_id}
        found = (await session.execute(text(statement), values)).first()
        return urlencode(found.query) if found else ""


async def save(
    actor: Actor,
    resource: str,
    name: str,
    query: Mapping[str, str],
    *,
    role_id: UUID | None = None,
    is_default: bool = False,
) -> None:
    """Keep a view; one of the same name and owner is replaced.

    With ``role_id`` it is shared with all who have the role here. Raises Invalid without a name,
    Forbidden for who may not manage roles.
    """
    if actor.user_id is None:
        raise Forbidden()
    name = text_of("name", name, 60, required=True)
    if role_id is not None and role_id not in {
        r.id for r in await roles_to_share_with(actor, SHARES)
    }:
        raise Forbidden()
    await _check_room(actor, resource, name, role_id)
    async with database().transaction(actor) as session:
        await _make_way(session, actor, resource, name, role_id, is_default=is_default)
        session.add(
            SavedView(
                user_id=actor.user_id,
                role_id=role_id,
                is_default=is_default,
                scope=actor.scope,
                merchant_id=actor.merchant_id,
                resource=resource,
                name=name,
                query=dict(query),
            )
        )


async def _check_room(actor: Actor, resource: str, name: str, role_id: UUID | None) -> None:
    owner = f"{role_id or ''}"
    names = {view["name"] for view in await of(actor, resource) if view["role_id"] == owner}
    if len(names) >= MOST_VIEWS and name not in names:
        raise Invalid({"name": N_("This is more than allowed.")})


async def _make_way(
    session: AsyncSession,
    actor: Actor,
    resource: str,
    name: str,
    role_id: UUID | None,
    *,
    is_default: bool,
) -> None:
    """Take away the view that is replaced, and let no other one be the owner's default."""
    place = (
        " where resource = :resource and scope = :scope"
        " and merchant_id is not distinct from :merchant and role_id is not distinct from :role"
    )
    values = _place(actor, resource) | {"role": role_id}
    await session.execute(
        text(f"delete from saved_views{place} and name = :name"), values | {"name": name}
    )
    if is_default:
        # The author of a shared view is whoever changed it last.
        await session.execute(
            text(
                f"update saved_views set is_default = false, user_id = :user{place} and is_default"
            ),
            values | {"user": actor.user_id},
        )


async def drop(actor: Actor, view_id: UUID) -> None:
    """Forget a view; policies let only its owner do so, or of a shared one who manages roles."""
    async with database().transaction(actor) as session:
        await session.execute(text("delete from saved_views where id = :id"), {"id": view_id})
