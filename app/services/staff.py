"""The people of a workspace: given roles, removed; for inviting see ``app.services.invitations``.

Two rules hold throughout: nobody gives or takes away what they do not hold themselves, and a
workspace always keeps an owner.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound, TradeError
from app.services.grants import (
    NotYours,
    check_holds,
    held_by,
    permissions_of_roles,
    place_of,
    role_in,
)

OWNER_ROLES = ("owner", "platform_owner")


class LastOwner(TradeError):
    """A workspace without an owner could not be managed by anybody."""

    code = "last_owner"
    status = 409
    message = "This is the last owner. Make somebody else an owner first."


async def change_role(actor: Actor, user_id: UUID, role_id: UUID) -> None:
    """Give a member another role in place of those that they have.

    Raises NotFound, NotYours (of what they have or would get), LastOwner.
    """
    async with database().transaction(actor) as session:
        place = await _check_may_change(session, actor, user_id)
        role = await role_in(session, role_id, place)
        await check_holds(session, actor, await permissions_of_roles(session, [role.id]), place)
        if role.code not in OWNER_ROLES or role.merchant_id is not None:
            await _keep_an_owner(session, user_id, place)
        await _replace(session, user_id, place, role.id)


async def remove(actor: Actor, user_id: UUID) -> None:
    """Take a person out of the workspace; their next event there is refused.

    Raises NotFound, NotYours, LastOwner.
    """
    async with database().transaction(actor) as session:
        place = await _check_may_change(session, actor, user_id)
        await _keep_an_owner(session, user_id, place)
        await _leave(session, user_id, place)


async def _check_may_change(session: AsyncSession, actor: Actor, user_id: UUID) -> UUID | None:
    actor.require(f"{actor.scope}:staff:write")
    place = place_of(actor)
    # Changes of one workspace's people wait for one another: two owners who remove each other
    # at the same moment would leave none.
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:place, 20))"), {"place": str(place)}
    )
    roles = await session.scalars(
        text(
            "select role_id from memberships where user_id = :user"
            " and merchant_id is not distinct from cast(:place as uuid)"
        ),
        {"user": user_id, "place": place},
    )
    held = list(roles)
    if not held:
        raise NotFound()
    if not await permissions_of_roles(session, held) <= await held_by(
        session, actor.user_id, place
    ):
        raise NotYours()
    return place


async def _keep_an_owner(session: AsyncSession, leaving: UUID, place: UUID | None) -> None:
    others = await session.scalar(
        text(
            "select count(*) filter (where m.user_id <> :user) as others"
            " from memberships m join roles r on r.id = m.role_id and r.is_built_in"
            "  and r.code = any(:owners)"
            " join users u on u.id = m.user_id and u.disabled_at is null"
            " where m.merchant_id is not distinct from cast(:place as uuid)"
        ),
        {"user": leaving, "owners": list(OWNER_ROLES), "place": place},
    )
    if not others:
        raise LastOwner()


async def _replace(session: AsyncSession, user_id: UUID, place: UUID | None, role: UUID) -> None:
    """Leave a member with one role. The row stays, so that the trail tells of a change."""
    wanted = {"user": user_id, "place": place, "role": role}
    kept = await session.scalar(
        text(
            "select id from memberships where user_id = :user"
            " and merchant_id is not distinct from cast(:place as uuid)"
            " order by role_id = :role desc, created_at limit 1"
        ),
        wanted,
    )
    await session.execute(
        text(
            "delete from memberships where user_id = :user and id <> :kept"
            " and merchant_id is not distinct from cast(:place as uuid)"
        ),
        wanted | {"kept": kept},
    )
    await session.execute(
        text("update memberships set role_id = :role where id = :kept and role_id <> :role"),
        wanted | {"kept": kept},
    )


async def _leave(session: AsyncSession, user_id: UUID, place: UUID | None) -> None:
    await session.execute(
        text(
            "delete from memberships where user_id = :user"
            " and merchant_id is not distinct from cast(:place as uuid)"
        ),
        {"user": user_id, "place": place},
    )
