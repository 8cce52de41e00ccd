"""Tokens that open one door once: a password reset, an invitation. Only their SHA-256 is kept."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.kit.errors import TradeError
from app.services.sessions import token_hash
from models.identity import OneTimeToken

RESET, INVITATION = "reset", "invitation"


class LinkExpired(TradeError):
    """A link that was used, is too old, or never existed."""

    code = "link_expired"
    status = 410
    message = "This link has been used or has expired. Ask for a new one."


@dataclass(frozen=True)
class Opened:
    """What a token was made for."""

    id: UUID
    user_id: UUID | None
    merchant_id: UUID | None
    details: Mapping[str, str]


async def issue(
    session: AsyncSession,
    purpose: str,
    lifetime: timedelta,
    *,
    user_id: UUID | None = None,
    merchant_id: UUID | None = None,
    details: Mapping[str, str] | None = None,
) -> str:
    """Make a token inside the caller's transaction; return it, which nothing else remembers."""
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeToken(
            purpose=purpose,
            token_hash=token_hash(token),
            user_id=user_id,
            merchant_id=merchant_id,
            details=dict(details or {}),
            expires_at=now() + lifetime,
        )
    )
    await session.flush()
    return token


_VALID = "token_hash = :hash and purpose = :purpose and used_at is null and expires_at > :now"
_COLUMNS = "id, user_id, merchant_id, details"


async def look_at(session: AsyncSession, purpose: str, token: str) -> Opened:
    """Return what a token is for without spending it. Raises LinkExpired."""
    statement = f"select {_COLUMNS} from one_time_tokens where {_VALID}"
    return await _open(session, statement, purpose, token)


async def spend(session: AsyncSession, purpose: str, token: str) -> Opened:
    """Use a token up; of two that come at once one wins. Raises LinkExpired."""
    statement = f"update one_time_tokens set used_at = :now where {_VALID} returning {_COLUMNS}"
    return await _open(session, statement, purpose, token)


async def _open(session: AsyncSession, statement: str, purpose: str, token: str) -> Opened:
    values = {"hash": token_hash(token), "purpose": purpose, "now": now()}
    row = (await session.execute(text(statement), values)).first()
    if row is None:
        raise LinkExpired()
    return Opened(row.id, row.user_id, row.merchant_id, row.details)


async def cancel_all(session: AsyncSession, purpose: str, user_id: UUID) -> None:
    """Void the unused tokens of a user for a purpose."""
    await session.execute(
        text(
            "update one_time_tokens set used_at = :now"
            " where user_id = :user and purpose = :purpose and used_at is null"
        ),
        {"now": now(), "user": user_id, "purpose": purpose},
    )
