"""What a person holds in a merchant, and that nobody gives away what they do not hold."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor, Scope
from app.kit.errors import Forbidden, NotFound, TradeError
from models.identity import Role


class NotYours(TradeError):
    """Somebody tried to give (or take away) a permission that they do not hold themselves."""

    code = "not_yours_to_give"
    status = 403
    message = "You can only give, change or take away permissions that you hold yourself."


def place_of(actor: Actor) -> UUID | None:
    """Return the merchant whose people the actor manages; None for the platform.

    Raises Forbidden where the actor has no workspace.
    """
    if actor.scope is Scope.PLATFORM:
        return None
    if actor.scope not in (Scope.SUPPLIER, Scope.DISTRIBUTOR):
        raise Forbidden()
    return actor.merchant


async def held_by(session: AsyncSession, user_id: UUID | None, place: UUID | None) -> set[str]:
    """Return all permissions of a user in a place, whatever the capacity, reads included.

    A merchant's roles span both of its capacities, so those of the Actor alone are too few.
    """
    found = await session.scalars(
        text(
            "select distinct p.permission from memberships m"
            " join roles r on r.id = m.role_id and r.is_platform = (m.merchant_id is null)"
            "  and (r.merchant_id is null or r.merchant_id = m.merchant_id)"
            " join role_permissions p on p.role_id = r.id join users u on u.id = m.user_id"
            " where m.user_id = :user and m.merchant_id is not distinct from cast(:place as uuid)"
            " and u.disabled_at is null"
        ),
        {"user": user_id, "place": place},
    )
    held = set(found)
    return held | {p.removesuffix(":write") + ":read" for p in held if p.endswith(":write")}


async def permissions_of_roles(session: AsyncSession, role_ids: Iterable[UUID]) -> set[str]:
    """Return the permissions of some roles."""
    found = await session.scalars(
        text("select distinct permission from role_permissions where role_id = any(:roles)"),
        {"roles": list(role_ids)},
    )
    return set(found)


async def role_in(session: AsyncSession, role_id: UUID, place: UUID | None) -> Role:
    """Return a role that may be given in a place. Raises NotFound for another's."""
    role = await session.get(Role, role_id)
    if role is None or role.is_platform != (place is None) or role.merchant_id not in (None, place):
        raise NotFound()
    return role


async def check_holds(
    session: AsyncSession, actor: Actor, permissions: Iterable[str], place: UUID | None
) -> None:
    """Raise NotYours unless the actor's user holds every one of ``permissions`` in the place."""
    if not set(permissions) <= await held_by(session, actor.user_id, place):
        raise NotYours()
