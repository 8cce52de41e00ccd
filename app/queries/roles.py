"""The roles of a workspace with what they permit."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.access import Actor, Scope
from app.kit.db import database
from app.kit.errors import NotFound


@dataclass(frozen=True)
class RoleRow:
    """A role; ``people`` counts those who have it in this workspace."""

    id: UUID
    code: str
    name: str
    is_built_in: bool
    people: int
    permissions: frozenset[str]
    version: int


_ROLES = """\
select r.id, r.code, r.name, r.is_built_in, r.row_version,
  array(select p.permission from role_permissions p where p.role_id = r.id) as permissions,
  (select count(distinct m.user_id) from memberships m where m.role_id = r.id
    and m.merchant_id is not distinct from (select app_merchant())) as people
from roles r where r.is_platform = ((select app_scope()) = 'platform')
order by not r.is_built_in, r.created_at, r.id"""


async def roles_of(actor: Actor) -> Sequence[RoleRow]:
    """Return the built-in roles, then the workspace's own. Raises Forbidden."""
    actor.require(f"{actor.scope}:roles:read")
    async with database().transaction(actor) as session:
        found = (await session.execute(text(_ROLES))).all()
    return [
        RoleRow(
            r.id, r.code, r.name, r.is_built_in, r.people, frozenset(r.permissions), r.row_version
        )
        for r in found
    ]


async def role_of(actor: Actor, role_id: UUID) -> RoleRow:
    """Return one role of the workspace. Raises NotFound."""
    for role in await roles_of(actor):
        if role.id == role_id:
            return role
    raise NotFound()


async def capacities(actor: Actor) -> tuple[Scope, ...]:
    """Return in which scopes the actor's workspace works; a company may do so in two."""
    if actor.scope is Scope.PLATFORM:
        return (Scope.PLATFORM,)
    async with database().transaction(actor) as session:
        row = (
            await session.execute(
                text("select is_supplier, is_distributor from merchants where id = :id"),
                {"id": actor.merchant},
            )
        ).one()
    held = ((Scope.SUPPLIER, row.is_supplier), (Scope.DISTRIBUTOR, row.is_distributor))
    return tuple(scope for scope, is_held in held if is_held)
