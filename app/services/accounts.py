"""Accounts of people: registering, passwords, forgotten ones, language."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PUBLIC, SYSTEM, Actor, Scope
from app.adapters.mail import Mail
from app.kit.clock import now
from app.kit.db import database
from app.kit.defer import defer
from app.kit.errors import Forbidden, Invalid
from app.kit.i18n import LOCALES, N_, gettext
from app.kit.rate_limits import hit
from app.kit.settings import settings
from app.kit.text import EMAIL, Text
from app.routes import FORGOT, RESET
from app.services import merchants, one_time
from app.services.engine import engine_transaction
from app.services.logins import end_others, forgive
from app.services.mails import seal_text, send_later, unseal_text
from app.services.passwords import hash_password, is_password
from app.services.sessions import Client, start
from models.identity import User, UserSecret

RESET_LIFETIME = timedelta(minutes=30)
LEAST_LENGTH = 10
MOST_LENGTH = 200


class NewUser(BaseModel):
    """A person who wants a login."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(80, 1)]
    email: Annotated[str, Text(254, pattern=EMAIL)]
    password: Annotated[str, Text(MOST_LENGTH, secret=True)]
    locale: Annotated[str, StringConstraints(pattern="^(zh_CN|en)$")] = "zh_CN"

    @field_validator("email")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()


def check_password(password: str, email: str) -> None:
    """Raise Invalid for a password that is guessed soon; there are no rules beyond that."""
    if len(password) < LEAST_LENGTH:
        raise Invalid({"password": N_("Use at least 10 characters; a short sentence is best.")})
    if len(password) > MOST_LENGTH:
        raise Invalid({"password": N_("This is too long.")})
    plain, name = password.lower(), email.lower().partition("@")[0]
    if len(set(plain)) < 5 or plain == email.lower() or plain in (name * 2, name + name[::-1]):
        raise Invalid({"password": N_("This password is too easy to guess.")})


async def register(
    wish: NewUser, client: Client, application: merchants.Application | None = None
) -> str:
    """Make a login, with an application for a company where there is one; return the token.

    Raises Invalid (also when the address has a login already) or TooMany.
    """
    await hit("register", address=client.ip)
    check_password(wish.password, wish.email)
    hashed = await hash_password(wish.password)
    async with engine_transaction(PUBLIC, "accounts.register") as session:
        user_id = await add_user(session, wish, hashed)
        if application is not None:
            await merchants.receive(session, application, user_id)
        return await start(session, user_id, client, passed=False)


async def add_user(session: AsyncSession, wish: NewUser, hashed: str) -> UUID:
    """Insert a user with a password hash, inside the caller's transaction. Raises Invalid."""
    user = User(email=wish.email, name=wish.name, locale=wish.locale)
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise Invalid(
            {"email": N_("This e-mail is already registered. Sign in instead.")}
        ) from error
    session.add(UserSecret(user_id=user.id, password_hash=hashed))
    await session.flush()
    return user.id


async def change_password(actor: Actor, session_id: UUID, old: str, new: str) -> None:
    """Change the password of the actor's user and end their other sessions. Raises Invalid."""
    await hit("second_factor", account=str(actor.user_id))
    user_id, email, locale, stored = await _known(actor)
    if not await is_password(stored, old):
        raise Invalid({"old": N_("Incorrect password.")})
    check_password(new, email)
    hashed = await hash_password(new)
    async with engine_transaction(actor, "accounts.change_password") as session:
        await _set_password(session, user_id, hashed)
        await end_others(session, user_id, keep=session_id)
        await send_later(session, _changed_mail(email, locale))


async def _known(actor: Actor) -> tuple[UUID, str, str, str]:
    if actor.user_id is None:
        raise Forbidden()
    async with engine_transaction(actor, "accounts.change_password") as session:
        found = await session.execute(
            text(
                "select u.id, u.email, u.locale, s.password_hash from users u"
                " join user_secrets s on s.user_id = u.id where u.id = :user"
            ),
            {"user": actor.user_id},
        )
        row = found.one()
        return row.id, row.email, row.locale, row.password_hash


async def forgot(email: str, client: Client) -> None:
    """Let the worker mail a link to set a new password, where there is such a user.

    What happens here is the same for every address, so neither the answer nor the time that it
    takes tells who has a login. Raises TooMany.
    """
    await hit("forgot", address=client.ip, account=email)
    async with engine_transaction(PUBLIC, "accounts.forgot") as session:
        await defer(session, "tongshang:mail_reset_link", sealed=seal_text(email.strip().lower()))


async def mail_reset_link(sealed: str) -> None:
    """Mail the link that ``forgot`` promised; earlier links of the user are void from now on."""
    async with engine_transaction(SYSTEM, "accounts.mail_reset_link") as session:
        found = await session.execute(
            text(
                "select id, email, locale from users where email = :email and disabled_at is null"
            ),
            {"email": unseal_text(sealed)},
        )
        user = found.first()
        if user is not None:
            await one_time.cancel_all(session, one_time.RESET, user.id)
            token = await one_time.issue(session, one_time.RESET, RESET_LIFETIME, user_id=user.id)
            await send_later(session, _reset_mail(user.email, user.locale, token))


async def check_reset(token: str) -> None:
    """Raise LinkExpired unless ``token`` may still set a password."""
    async with engine_transaction(PUBLIC, "accounts.reset") as session:
        await one_time.look_at(session, one_time.RESET, token)


async def reset(token: str, password: str, client: Client) -> None:
    """Set a new password by a mailed link, once, and end every session of the user.

    The second factor stays as it is. Raises LinkExpired, Invalid or TooMany.
    """
    await hit("token", address=client.ip)
    check_password(password, "")
    hashed = await hash_password(password)
    async with engine_transaction(PUBLIC, "accounts.reset") as session:
        opened = await one_time.spend(session, one_time.RESET, token)
        found = await session.execute(
            text("select email, locale from users where id = :user"), {"user": opened.user_id}
        )
        user = found.first()
        if user is None or opened.user_id is None:
            raise one_time.LinkExpired()
        check_password(password, user.email)
        await _set_password(session, opened.user_id, hashed)
        await forgive(session, opened.user_id)
        await end_others(session, opened.user_id)
        await send_later(session, _changed_mail(user.email, user.locale))


async def change_locale(user_id: UUID, locale: str) -> None:
    """Note the language of a user, for mails and for their next browser."""
    if locale not in LOCALES:
        raise Invalid({"locale": N_("Please choose one.")})
    async with database().transaction(Actor(Scope.ACCOUNT, user_id)) as session:
        await session.execute(
            text("update users set locale = :locale where id = :user"),
            {"locale": locale, "user": user_id},
        )


async def _set_password(session: AsyncSession, user_id: UUID, hashed: str) -> None:
    await session.execute(
        text(
            "update user_secrets set password_hash = :hashed, password_changed_at = :now"
            " where user_id = :user"
        ),
        {"hashed": hashed, "now": now(), "user": user_id},
    )
    await one_time.cancel_all(session, one_time.RESET, user_id)


def _reset_mail(email: str, locale: str, token: str) -> Mail:
    link = f"{settings().origin}{RESET}?token={token}"
    return Mail(
        email,
        gettext(locale, N_("Set a new password for Tongshang")),
        gettext(
            locale,
            N_(
                "Somebody, probably you, asked to set a new password.\n\n"
                "Open this address within 30 minutes; it works once:\n%(link)s\n\n"
                "If it was not you, do nothing: your password stays as it is.\n"
            ),
            link=link,
        ),
    )


def _changed_mail(email: str, locale: str) -> Mail:
    return Mail(
        email,
        gettext(locale, N_("Your Tongshang password was changed")),
        gettext(
            locale,
            N_(
                "Your password was changed just now and your other sessions were ended.\n\n"
                "If it was not you, set a new one at once: %(link)s\n"
            ),
            link=f"{settings().origin}{FORGOT}",
        ),
    )
