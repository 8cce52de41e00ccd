"""Unsubscribing from a report by the link in its mail, which works without a login.

The link carries a signature over schedule and receiver, so it can be made anew for each mail and
nothing is stored; whoever has it can end or take up this one subscription and no more.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from app.access import PUBLIC
from app.kit.clock import now
from app.kit.secrets import derive_key
from app.kit.settings import settings
from app.routes import UNSUBSCRIBE
from app.services.engine import engine_transaction
from app.services.one_time import LinkExpired

_PURPOSE = "unsubscribing from a report"
_MARK_BYTES = 24


@dataclass(frozen=True)
class Subscription:
    """What a link is about."""

    report: str
    is_on: bool


def token_for(schedule_id: UUID, user_id: UUID) -> str:
    """Return the token of a receiver's subscription."""
    who = schedule_id.bytes + user_id.bytes
    return urlsafe_b64encode(who + _mark(who)).decode().rstrip("=")


def link_for(schedule_id: UUID, user_id: UUID) -> str:
    """Return the address of the page that ends a subscription."""
    return f"{settings().origin}{UNSUBSCRIBE}?token={token_for(schedule_id, user_id)}"


def _mark(who: bytes) -> bytes:
    return hmac.new(derive_key(_PURPOSE), who, sha256).digest()[:_MARK_BYTES]


def _read(token: str) -> tuple[UUID, UUID]:
    """Return schedule and receiver. Raises LinkExpired for a token that was not made here."""
    try:
        raw = urlsafe_b64decode(token[:200] + "=" * (-len(token[:200]) % 4))
        who = UUID(bytes=raw[:16]), UUID(bytes=raw[16:32])
    except ValueError:
        raise LinkExpired() from None
    if not hmac.compare_digest(token_for(*who).encode(), token.encode()):
        raise LinkExpired()
    return who


async def look_at(token: str) -> Subscription:
    """Return what a link is about without changing anything. Raises LinkExpired."""
    schedule_id, user_id = _read(token)
    async with engine_transaction(PUBLIC, "reports.look_at") as session:
        row = (
            await session.execute(
                text(
                    "select s.name, r.unsubscribed_at is null as is_on from report_receivers r"
                    " join report_schedules s on s.id = r.schedule_id"
                    " where r.schedule_id = :schedule and r.user_id = :user"
                ),
                {"schedule": schedule_id, "user": user_id},
            )
        ).first()
    if row is None:
        raise LinkExpired()
    return Subscription(row.name, row.is_on)


async def set_subscription(token: str, *, is_on: bool) -> None:
    """End a subscription, or take it up again; twice is the same as once. Raises LinkExpired."""
    schedule_id, user_id = _read(token)
    async with engine_transaction(PUBLIC, "reports.unsubscribe") as session:
        await session.execute(
            text(
                "update report_receivers set unsubscribed_at = :at"
                " where schedule_id = :schedule and user_id = :user"
                " and (unsubscribed_at is null) <> :is_on"
            ),
            {
                "schedule": schedule_id,
                "user": user_id,
                "at": None if is_on else now(),
                "is_on": is_on,
            },
        )
