"""Signing in and out: password, second factor, growing pauses after failures, lists of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import PUBLIC, Actor
from app.kit.clock import now
from app.kit.errors import Forbidden, NotFound, NotSignedIn, TooMany, TradeError
from app.kit.rate_limits import hit
from app.services import second_factor
from app.services.engine import engine_transaction
from app.services.passwords import is_password
from app.services.sessions import Client, start, token_hash

FREE_FAILURES = 5
"""So many wrong passwords cost nothing; each further one doubles the pause."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


class WrongLogin(TradeError):
    """The same words for an unknown address, a wrong password, a pause and a closed account."""

    code = "wrong_login"
    status = 401
    message = (
        "E-mail and password do not match, or signing in is paused after many attempts."
        " Check both, or wait a few minutes."
    )


class WrongCode(TradeError):
    """A second factor that is wrong, too old or used before."""

    code = "wrong_code"
    status = 401
    message = "This code is wrong or was used already. Wait for the next one and enter it."


@dataclass(frozen=True)
class LoggedIn:
    """The token for the cookie; with ``second_factor_due`` it opens only the second step."""

    token: str
    second_factor_due: bool
    user_id: UUID


@dataclass(frozen=True)
class OpenSession:
    """A signed-in browser in its user's list."""

    id: UUID
    ip: str | None
    user_agent: str | None
    created_at: datetime
    last_seen_at: datetime


async def log_in(email: str, password: str, client: Client) -> LoggedIn:
    """Check a password and begin a session. Raises WrongLogin or TooMany."""
    await hit("login", address=client.ip, account=email)
    known = await _find(email)
    # Hashing takes a while, so no transaction is open meanwhile, and nobody can tell from the
    # time whether there is such a user or whether the account pauses.
    right = await is_password(known.password_hash if known and not known.paused else None, password)
    if known is None or known.paused:
        raise WrongLogin()
    async with engine_transaction(PUBLIC, "logins.log_in") as session:
        if not right:
            await _count_failure(session, known.id)
            token = None
        elif known.totp_enabled:
            token = await start(session, known.id, client, passed=False, is_done=False)
        else:
            await forgive(session, known.id)
            token = await start(session, known.id, client, passed=False)
    if token is None:
        raise WrongLogin()
    return LoggedIn(token, second_factor_due=known.totp_enabled, user_id=known.id)


async def _find(email: str) -> Row[Any] | None:
    async with engine_transaction(PUBLIC, "logins.log_in") as session:
        found = await session.execute(
            text(
                "select u.id, s.password_hash, u.totp_enabled_at is not null as totp_enabled,"
                " coalesce(s.locked_until > :now, false) as paused"
                " from users u join user_secrets s on s.user_id = u.id"
                " where u.email = :email and u.disabled_at is null"
            ),
            {"email": email.strip().lower(), "now": now()},
        )
        return found.first()


async def is_second_factor_due(token: str | None) -> bool:
    """Say whether ``token`` belongs to a browser between the two steps."""
    async with engine_transaction(PUBLIC, "logins.second_step") as session:
        return await _between_steps(session, token) is not None


async def pass_second_factor(token: str | None, code: str, client: Client) -> LoggedIn:
    """Take a TOTP or recovery code; the session goes on under a fresh token.

    Raises NotSignedIn (start again with the password), WrongCode or TooMany.
    """
    async with engine_transaction(PUBLIC, "logins.second_step") as session:
        due = await _between_steps(session, token)
        if due is None:
            raise NotSignedIn()
        await hit("second_factor", account=str(due.user_id))
        if due.paused:
            raise TooMany()
        if await second_factor.accept(session, due.user_id, code):
            await forgive(session, due.user_id)
            await _end(session, due.id)
            fresh = await start(session, due.user_id, client, passed=True)
        else:
            await _count_failure(session, due.user_id)
            fresh = None
    if fresh is None:
        raise WrongCode()
    return LoggedIn(fresh, second_factor_due=False, user_id=due.user_id)


async def _between_steps(session: AsyncSession, token: str | None) -> Row[Any] | None:
    found = await session.execute(
        text(
            "select s.id, s.user_id, coalesce(x.locked_until > :now, false) as paused"
            " from user_sessions s join users u on u.id = s.user_id"
            " join user_secrets x on x.user_id = u.id"
            " where s.token_hash = :hash and s.revoked_at is null and s.expires_at > :now"
            " and s.second_factor_at is null and u.totp_enabled_at is not null"
            " and u.disabled_at is null and s.created_at > :since"
        ),
        {"hash": token_hash(token or ""), "now": now(), "since": now() - timedelta(minutes=10)},
    )
    return found.first()


async def _count_failure(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(
        text(
            "update user_secrets set failed_logins = failed_logins + 1,"
            " locked_until = case when failed_logins + 1 >= :free"
            " then cast(:now as timestamptz) + least(cast(:longest as interval),"
            " cast(:first as interval) * power(2, least(failed_logins + 1 - :free, 20)))"
            " else locked_until end where user_id = :user"
        ),
        {
            "user": user_id,
            "free": FREE_FAILURES,
            "now": now(),
            "first": FIRST_PAUSE,
            "longest": LONGEST_PAUSE,
        },
    )


async def forgive(session: AsyncSession, user_id: UUID) -> None:
    """Forget the failures of a user who has shown who they are."""
    await session.execute(
        text(
            "update user_secrets set failed_logins = 0, locked_until = null"
            " where user_id = :user and failed_logins > 0"
        ),
        {"user": user_id},
    )


async def log_out(token: str | None) -> None:
    """End the session of a cookie; one that is not valid is no mistake."""
    async with engine_transaction(PUBLIC, "logins.log_out") as session:
        await session.execute(
            text(
                "update user_sessions set revoked_at = :now"
                " where token_hash = :hash and revoked_at is null"
            ),
            {"now": now(), "hash": token_hash(token or "")},
        )


async def log_out_everywhere(actor: Actor) -> int:
    """End every session of the actor's user, this one too. Returns how many ended."""
    async with engine_transaction(actor, "logins.log_out") as session:
        return await end_others(session, _user(actor))


async def end_others(session: AsyncSession, user_id: UUID, keep: UUID | None = None) -> int:
    """End the sessions of a user except ``keep``; returns how many."""
    ended = await session.execute(
        text(
            "update user_sessions set revoked_at = :now where user_id = :user"
            " and revoked_at is null and id is distinct from cast(:keep as uuid) returning id"
        ),
        {"now": now(), "user": user_id, "keep": keep},
    )
    return len(ended.all())


async def list_sessions(actor: Actor) -> Sequence[OpenSession]:
    """Return the sessions in which the actor's user is signed in, the latest used first."""
    async with engine_transaction(actor, "logins.list_sessions") as session:
        found = await session.execute(
            text(
                "select s.id, s.ip, s.user_agent, s.created_at, s.last_seen_at"
                " from user_sessions s join users u on u.id = s.user_id"
                " where s.user_id = :user and s.revoked_at is null and s.expires_at > :now"
                " and (u.totp_enabled_at is null or s.second_factor_at is not null)"
                " order by s.last_seen_at desc limit 100"
            ),
            {"user": _user(actor), "now": now()},
        )
        return [OpenSession(*row) for row in found]


async def revoke_session(actor: Actor, session_id: UUID) -> None:
    """End one session of the actor's user at once. Raises NotFound for another's."""
    async with engine_transaction(actor, "logins.revoke_session") as session:
        ended = await session.execute(
            text(
                "update user_sessions set revoked_at = :now"
                " where id = :id and user_id = :user and revoked_at is null returning id"
            ),
            {"now": now(), "id": session_id, "user": _user(actor)},
        )
        if ended.first() is None:
            raise NotFound()


async def _end(session: AsyncSession, session_id: UUID) -> None:
    await session.execute(
        text("update user_sessions set revoked_at = :now where id = :id"),
        {"now": now(), "id": session_id},
    )


def _user(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Forbidden()
    return actor.user_id
