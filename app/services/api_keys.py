"""Keys by which a merchant's own programs act for it: shown once, SHA-256 at rest, revocable."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from app.access import PERMISSIONS, PUBLIC, Actor, Scope
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import Invalid, NotFound, NotSignedIn
from app.kit.i18n import N_
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.grants import check_holds
from app.services.sessions import token_hash
from models.identity import ApiKey, MerchantStatus

MOST_KEYS = 50


class KeyDraft(BaseModel):
    """A key as its maker wants it: what for, and what it may do."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(80, 1)]
    permissions: frozenset[str]


@dataclass(frozen=True)
class KeyRow:
    """A key in the list of its merchant; ``prefix`` tells it from others, and is no secret."""

    id: UUID
    name: str
    prefix: str
    permissions: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None


async def create(actor: Actor, draft: KeyDraft) -> str:
    """Make a key for the actor's workspace; return it, which nothing else remembers.

    Raises NotYours for permissions that the actor does not hold, Invalid for none or another
    capacity's.
    """
    actor.require(f"{actor.scope}:settings:write")
    allowed = {p for p in PERMISSIONS if p.startswith(f"{actor.scope}:")}
    if not draft.permissions or not draft.permissions <= allowed:
        raise Invalid({"permissions": N_("Please choose at least one permission.")})
    prefix, secret = f"ts_{secrets.token_hex(5)}", secrets.token_urlsafe(32)
    async with database().transaction(actor) as session:
        await check_holds(session, actor, draft.permissions, actor.merchant)
        count = await session.scalar(text("select count(*) from api_keys where revoked_at is null"))
        if (count or 0) >= MOST_KEYS:
            raise Invalid({"name": N_("This is more than allowed.")})
        key = ApiKey(
            merchant_id=actor.merchant,
            scope=actor.scope,
            name=draft.name,
            prefix=prefix,
            secret_hash=token_hash(f"{prefix}.{secret}"),
            permissions=sorted(draft.permissions),
            created_by=actor.user_id,
        )
        session.add(key)
    return f"{prefix}.{secret}"


async def list_keys(actor: Actor) -> Sequence[KeyRow]:
    """Return the valid keys of the actor's workspace, the newest first."""
    actor.require(f"{actor.scope}:settings:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select id, name, prefix, permissions, created_at, last_used_at from api_keys"
                " where merchant_id = :merchant and scope = :scope and revoked_at is null"
                " order by created_at desc"
            ),
            {"merchant": actor.merchant, "scope": actor.scope},
        )
        return [KeyRow(*row) for row in found]


async def revoke(actor: Actor, key_id: UUID) -> None:
    """End a key at once. Raises NotFound."""
    actor.require(f"{actor.scope}:settings:write")
    async with database().transaction(actor) as session:
        ended = await session.execute(
            text(
                "update api_keys set revoked_at = :now where id = :id and merchant_id = :merchant"
                " and scope = :scope and revoked_at is null returning id"
            ),
            {"now": now(), "id": key_id, "merchant": actor.merchant, "scope": actor.scope},
        )
        if ended.first() is None:
            raise NotFound()


async def actor_of_key(key: str, locale: str = "zh_CN") -> Actor:
    """Return as whom a key acts. Raises NotSignedIn for one that is unknown or revoked.

    A key of a suspended or waiting merchant opens nothing.
    """
    async with engine_transaction(PUBLIC, "api_keys.resolve") as session:
        found = await session.execute(
            text(
                "select k.id, k.merchant_id, k.scope, k.permissions,"
                " coalesce(k.last_used_at < :now - interval '1 minute', true) as is_stale"
                " from api_keys k join merchants m on m.id = k.merchant_id"
                " where k.secret_hash = :hash and k.revoked_at is null and m.status = :active"
            ),
            {"hash": token_hash(key), "now": now(), "active": MerchantStatus.ACTIVE},
        )
        row = found.first()
        if row is None:
            raise NotSignedIn()
        if row.is_stale:
            await session.execute(
                text("update api_keys set last_used_at = :now where id = :id"),
                {"now": now(), "id": row.id},
            )
        return Actor(
            Scope(row.scope),
            merchant_id=row.merchant_id,
            permissions=frozenset(row.permissions),
            locale=locale,
        )
