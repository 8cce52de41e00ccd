"""Roles that an owner composes of the permissions that they hold themselves.

Built-in roles cannot be changed. Row-level security holds every statement to the workspace's own.
"""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PERMISSIONS, Actor
from app.kit.db import database
from app.kit.errors import Forbidden, Invalid, TradeError
from app.kit.i18n import N_, plural
from app.kit.ids import new_id
from app.kit.text import Text
from app.services.grants import check_holds, permissions_of_roles, place_of, role_in
from app.services.versions import check_version, raise_version
from models.identity import Role, RolePermission


class RoleInUse(TradeError):
    """People have this role, so it can only go when they get another."""

    code = "role_in_use"
    status = 409
    message = plural(
        "%(count)s person has this role. Choose another for them first.",
        "%(count)s people have this role. Choose another for them first.",
    )


class RoleDraft(BaseModel):
    """A role as its composer wants it."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(80, 1)]
    permissions: frozenset[str]


async def create(actor: Actor, draft: RoleDraft) -> UUID:
    """Make a role of permissions that the actor holds. Raises NotYours or Invalid."""
    actor.require(f"{actor.scope}:roles:write")
    place = place_of(actor)
    async with database().transaction(actor) as session:
        await _check(session, actor, draft, place)
        role = Role(
            merchant_id=place,
            is_platform=place is None,
            code=f"own-{new_id().hex[-12:]}",
            name=draft.name,
        )
        session.add(role)
        await session.flush()
        await _grant(session, role, draft.permissions)
        return role.id


async def change(actor: Actor, role_id: UUID, draft: RoleDraft, version: int | None = None) -> None:
    """Rename a role and set its permissions, for everybody who has it, from their next event.

    ``version`` is that of the role; see ``check_version``. Raises NotFound, Stale, Forbidden for a
    built-in role, NotYours for permissions before or after.
    """
    actor.require(f"{actor.scope}:roles:write")
    place = place_of(actor)
    async with database().transaction(actor) as session:
        role = await _own(session, role_id, place)
        await check_version(session, "roles", role_id, version)
        await raise_version(session, "roles", role_id)
        before = await permissions_of_roles(session, [role.id])
        await check_holds(session, actor, before, place)
        await _check(session, actor, draft, place, role_id)
        role.name = draft.name
        # Only what differs is written, so that the trail tells of no other permission.
        await session.execute(
            text("delete from role_permissions where role_id = :role and permission = any(:gone)"),
            {"role": role.id, "gone": sorted(before - draft.permissions)},
        )
        await _grant(session, role, draft.permissions - before)


async def delete(actor: Actor, role_id: UUID, reassign_to: UUID | None = None) -> None:
    """Remove a role; those who have it get ``reassign_to``, which needs the right over staff.

    Raises RoleInUse without a replacement, NotFound, Forbidden for a built-in role, NotYours.
    """
    actor.require(f"{actor.scope}:roles:write")
    place = place_of(actor)
    async with database().transaction(actor) as session:
        role = await _own(session, role_id, place)
        await check_holds(session, actor, await permissions_of_roles(session, [role.id]), place)
        users = await session.scalars(
            text("select user_id from memberships where role_id = :role"), {"role": role.id}
        )
        people = list(users)
        if people:
            await _reassign(session, actor, role, people, reassign_to)
        await session.delete(role)


async def _reassign(
    session: AsyncSession, actor: Actor, role: Role, people: list[UUID], to: UUID | None
) -> None:
    if to is None or to == role.id:
        raise RoleInUse(count=len(people))
    actor.require(f"{actor.scope}:staff:write")
    place = place_of(actor)
    replacement = await role_in(session, to, place)
    await check_holds(session, actor, await permissions_of_roles(session, [replacement.id]), place)
    wanted = {"role": role.id, "place": place, "to": replacement.id}
    # Who has the other role already has it once; a row that stays tells of a change.
    await session.execute(
        text(
            "delete from memberships m where m.role_id = :role and exists (select 1"
            " from memberships o where o.user_id = m.user_id and o.role_id = :to"
            " and o.merchant_id is not distinct from cast(:place as uuid))"
        ),
        wanted,
    )
    await session.execute(
        text("update memberships set role_id = :to where role_id = :role"), wanted
    )


async def _own(session: AsyncSession, role_id: UUID, place: UUID | None) -> Role:
    role = await role_in(session, role_id, place)
    if role.is_built_in:
        raise Forbidden()
    return role


async def _check(
    session: AsyncSession,
    actor: Actor,
    draft: RoleDraft,
    place: UUID | None,
    role_id: UUID | None = None,
) -> None:
    if not draft.permissions or not draft.permissions <= PERMISSIONS:
        raise Invalid({"permissions": N_("Please choose at least one permission.")})
    await check_holds(session, actor, draft.permissions, place)
    taken = await session.scalar(
        text(
            "select 1 from roles where lower(name) = lower(:name) and not is_built_in"
            " and merchant_id is not distinct from cast(:place as uuid)"
            " and id is distinct from cast(:role as uuid)"
        ),
        {"name": draft.name, "place": place, "role": role_id},
    )
    if taken is not None:
        raise Invalid({"name": N_("A role with this name already exists. Choose another.")})


async def _grant(session: AsyncSession, role: Role, permissions: Iterable[str]) -> None:
    session.add_all(
        RolePermission(role_id=role.id, permission=permission, merchant_id=role.merchant_id)
        for permission in sorted(permissions)
    )
    await session.flush()
