"""The people of a workspace: invited by mail, given roles, removed.

Two rules hold throughout: nobody gives or takes away what they do not hold themselves, and a
workspace always keeps an owner.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PUBLIC, Actor
from app.adapters.mail import Mail, stays_here
from app.kit.db import database
from app.kit.errors import Invalid, NotFound, TradeError
from app.kit.i18n import N_, gettext
from app.kit.settings import settings
from app.routes import INVITE
from app.services import guards, one_time
from app.services.accounts import NewUser, add_user, check_password
from app.services.engine import engine_transaction
from app.services.grants import (
    NotYours,
    check_holds,
    held_by,
    permissions_of_roles,
    place_of,
    role_in,
)
from app.services.inputs import read
from app.services.mails import send_later
from app.services.passwords import hash_password
from app.services.sessions import Client, start
from models.identity import Membership, Merchant

INVITATION_LIFETIME = timedelta(days=7)
OWNER_ROLES = ("owner", "platform_owner")


class LastOwner(TradeError):
    """A workspace without an owner could not be managed by anybody."""

    code = "last_owner"
    status = 409
    message = "This is the last owner. Make somebody else an owner first."


class OthersInvitation(TradeError):
    """The signed-in user is not the one who was invited."""

    code = "others_invitation"
    status = 403
    message = "This invitation is for %(email)s. Sign in with that address to accept it."


class Invite(BaseModel):
    """Whom to invite, in which role."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$")]
    role_id: UUID


@dataclass(frozen=True)
class Invitation:
    """What an invited person is shown; ``merchant_name`` is empty for the platform."""

    email: str
    merchant_name: str
    role_name: str
    has_login: bool


async def invite(actor: Actor, wish: Invite) -> str | None:
    """Mail somebody an invitation, good once within a week.

    Returns its link where no mail server is configured and the mail stays in the outbox folder, so
    that the one who invites can hand it on; otherwise None.

    Raises NotYours, NotFound for a role of another merchant, Invalid, TooMany.
    """
    actor.require(f"{actor.scope}:staff:write")
    place, email = place_of(actor), wish.email.lower()
    await guards.allow(guards.INVITE_PER_MERCHANT, str(place))
    async with engine_transaction(actor, "staff.invite") as session:
        role = await role_in(session, wish.role_id, place)
        await check_holds(session, actor, await permissions_of_roles(session, [role.id]), place)
        if await _is_member(session, email, place):
            raise Invalid({"email": N_("This person works here already.")})
        token = await one_time.issue(
            session,
            one_time.INVITATION,
            INVITATION_LIFETIME,
            merchant_id=place,
            details={"email": email, "role": str(role.id), "by": str(actor.user_id)},
        )
        name = await _name_of(session, place)
        link = f"{settings().origin}{INVITE}?token={token}"
        await _send_invitation(session, email, name, link, actor.locale)
    return link if stays_here() else None


async def look_at_invitation(token: str) -> Invitation:
    """Return what an invitation is for. Raises LinkExpired."""
    async with engine_transaction(PUBLIC, "staff.look_at_invitation") as session:
        opened = await one_time.look_at(session, one_time.INVITATION, token)
        email = opened.details["email"]
        role = await role_in(session, UUID(opened.details["role"]), opened.merchant_id)
        known = await session.scalar(
            text("select 1 from users where email = :email"), {"email": email}
        )
        return Invitation(
            email, await _name_of(session, opened.merchant_id), role.name, known is not None
        )


async def accept(actor: Actor, token: str) -> None:
    """Take up an invitation as the signed-in user. Raises LinkExpired or OthersInvitation."""
    async with engine_transaction(actor, "staff.accept") as session:
        opened = await one_time.spend(session, one_time.INVITATION, token)
        email = await session.scalar(
            text("select email from users where id = :user"), {"user": actor.user_id}
        )
        if email != opened.details["email"]:
            raise OthersInvitation(email=opened.details["email"])
        assert actor.user_id is not None
        await _join(session, opened, actor.user_id)


async def accept_as_new(token: str, name: str, password: str, locale: str, client: Client) -> str:
    """Take up an invitation with a fresh login; return the session's token.

    Raises LinkExpired, or Invalid (also when the address has a login by now).
    """
    await guards.allow(guards.TOKEN_PER_ADDRESS, client.ip)
    invitation = await look_at_invitation(token)
    values = {"name": name, "email": invitation.email, "password": password, "locale": locale}
    wish = read(NewUser, values)
    check_password(password, wish.email)
    hashed = await hash_password(password)
    async with engine_transaction(PUBLIC, "staff.accept") as session:
        opened = await one_time.spend(session, one_time.INVITATION, token)
        user_id = await add_user(session, wish, hashed)
        await _join(session, opened, user_id)
        return await start(session, user_id, client, passed=False)


async def _join(session: AsyncSession, opened: one_time.Opened, user_id: UUID) -> None:
    """Make the membership, if the one who invited could still give it today."""
    place, role_id = opened.merchant_id, UUID(opened.details["role"])
    await role_in(session, role_id, place)
    inviter = UUID(opened.details["by"])
    held = await held_by(session, inviter, place)
    if not await permissions_of_roles(session, [role_id]) <= held or not any(
        permission.endswith(":staff:write") for permission in held
    ):
        raise one_time.LinkExpired()
    await session.execute(
        text(
            "insert into memberships (id, user_id, merchant_id, role_id)"
            " values (new_uuid(), :user, :place, :role) on conflict do nothing"
        ),
        {"user": user_id, "place": place, "role": role_id},
    )


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
        await _leave(session, user_id, place)
        session.add(Membership(user_id=user_id, merchant_id=place, role_id=role.id))


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


async def _leave(session: AsyncSession, user_id: UUID, place: UUID | None) -> None:
    await session.execute(
        text(
            "delete from memberships where user_id = :user"
            " and merchant_id is not distinct from cast(:place as uuid)"
        ),
        {"user": user_id, "place": place},
    )


async def _is_member(session: AsyncSession, email: str, place: UUID | None) -> bool:
    found = await session.scalar(
        text(
            "select 1 from memberships m join users u on u.id = m.user_id"
            " where u.email = :email and m.merchant_id is not distinct from cast(:place as uuid)"
        ),
        {"email": email, "place": place},
    )
    return found is not None


async def _name_of(session: AsyncSession, place: UUID | None) -> str:
    if place is None:
        named = "select value ->> 'name' from platform_settings where key = 'platform'"
        return await session.scalar(text(named)) or ""
    merchant = await session.get(Merchant, place)
    return merchant.name if merchant else ""


async def _send_invitation(
    session: AsyncSession, email: str, merchant_name: str, link: str, locale: str
) -> None:
    """Let the worker mail an invitation, in the language of the one who invites."""
    name = merchant_name or gettext(locale, N_("the platform"))
    body = N_(
        "%(name)s invites you to work together on Tongshang.\n\n"
        "Open this address within 7 days; it works once:\n%(link)s\n"
    )
    subject = gettext(locale, N_("Invitation to %(name)s"), name=name)
    await send_later(session, Mail(email, subject, gettext(locale, body, name=name, link=link)))
