"""Invitations into a workspace: mailed, good once, dead as soon as the inviter loses the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PUBLIC, Actor
from app.adapters.mail import Mail, stays_here
from app.kit.clock import now
from app.kit.errors import Invalid, NotFound, TradeError
from app.kit.i18n import N_, gettext
from app.kit.rate_limits import hit
from app.kit.settings import settings
from app.routes import INVITE
from app.services import one_time
from app.services.accounts import NewUser, add_user, check_password
from app.services.engine import engine_transaction
from app.services.grants import check_holds, held_by, permissions_of_roles, place_of, role_in
from app.services.inputs import read
from app.services.mails import send_later
from app.services.passwords import hash_password
from app.services.sessions import Client, start
from models.identity import Merchant

LIFETIME = timedelta(days=7)


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
    await hit("invite", account=str(place))
    async with engine_transaction(actor, "invitations.invite") as session:
        role = await role_in(session, wish.role_id, place)
        await check_holds(session, actor, await permissions_of_roles(session, [role.id]), place)
        if await _is_member(session, email, place):
            raise Invalid({"email": N_("This person is already a member.")})
        token = await one_time.issue(
            session,
            one_time.INVITATION,
            LIFETIME,
            merchant_id=place,
            details={"email": email, "role": str(role.id), "by": str(actor.user_id)},
        )
        name = await _name_of(session, place)
        link = f"{settings().origin}{INVITE}?token={token}"
        await _send_invitation(session, email, name, link, actor.locale)
    return link if stays_here() else None


async def look_at(token: str) -> Invitation:
    """Return what an invitation is for. Raises LinkExpired."""
    async with engine_transaction(PUBLIC, "invitations.look_at") as session:
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
    async with engine_transaction(actor, "invitations.accept") as session:
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
    await hit("token", address=client.ip)
    invitation = await look_at(token)
    values = {"name": name, "email": invitation.email, "password": password, "locale": locale}
    wish = read(NewUser, values)
    check_password(password, wish.email)
    hashed = await hash_password(password)
    async with engine_transaction(PUBLIC, "invitations.accept") as session:
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


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that nobody has taken up yet, in the list of its workspace."""

    id: UUID
    email: str
    role_name: str
    created_at: datetime
    expires_at: datetime


_OPEN = (
    "purpose = 'invitation' and used_at is null and expires_at > :now"
    " and merchant_id is not distinct from cast(:place as uuid)"
)


async def list_open(actor: Actor) -> Sequence[OpenInvitation]:
    """Return the open invitations of the actor's workspace, the newest first."""
    actor.require(f"{actor.scope}:staff:read")
    async with engine_transaction(actor, "invitations.list_open") as session:
        found = await session.execute(
            text(
                "select t.id, t.details ->> 'email', r.name, t.created_at, t.expires_at"
                " from one_time_tokens t join roles r on r.id = (t.details ->> 'role')::uuid"
                f" where t.id in (select id from one_time_tokens where {_OPEN})"
                " order by t.created_at desc limit 200"
            ),
            {"now": now(), "place": place_of(actor)},
        )
        return [OpenInvitation(*row) for row in found]


async def cancel(actor: Actor, invitation_id: UUID) -> None:
    """Take an invitation back. Raises NotFound for one that is used up or another's."""
    actor.require(f"{actor.scope}:staff:write")
    async with engine_transaction(actor, "invitations.cancel") as session:
        ended = await session.execute(
            text(
                f"update one_time_tokens set used_at = :now where id = :id and {_OPEN} returning id"
            ),
            {"now": now(), "id": invitation_id, "place": place_of(actor)},
        )
        if ended.first() is None:
            raise NotFound()


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
