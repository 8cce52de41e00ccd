"""The distributor's inbox of suppliers' changes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database


async def mark_seen(actor: Actor, change_ids: Sequence[UUID]) -> int:
    """Mark changes as seen; returns how many were new. Policies hide those of others."""
    actor.require("distributor:listings:write")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "update listing_changes set seen_at = :at"
                " where id = any(:ids) and seen_at is null returning id"
            ),
            {"ids": list(change_ids), "at": now()},
        )
        return len(found.all())


async def mark_all_seen(actor: Actor) -> int:
    """Mark every change as seen; returns how many were new."""
    actor.require("distributor:listings:write")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text("update listing_changes set seen_at = :at where seen_at is null returning id"),
            {"at": now()},
        )
        return len(found.all())
