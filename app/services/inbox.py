"""The notices of a workspace."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.i18n import moment_text, money_text

MOST_NOTICES = 30


async def notices(actor: Actor) -> list[dict[str, str]]:
    """Return the newest notices: id, kind, about, path, at, and ``unread`` ("1" or "")."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select n.id, n.kind, n.params, n.path, n.created_at, r.read_at is null as unread"
                " from notifications n left join notification_reads r"
                " on r.notification_id = n.id and r.user_id = :user"
                " order by n.created_at desc limit :limit"
            ),
            {"user": actor.user_id, "limit": MOST_NOTICES},
        )
        return [
            {
                "id": str(row.id),
                "kind": row.kind,
                "about": about(row.params),
                "path": row.path or "dashboard",
                "at": moment_text(row.created_at),
                "unread": "1" if row.unread else "",
            }
            for row in found
        ]


def about(params: Mapping[str, object]) -> str:
    """Return what a notice is about on one line; amounts in their currency."""
    currency = str(params.get("currency") or "")
    return " · ".join(
        money_text(int(str(value)), currency) if name == "cents" else str(value)
        for name, value in params.items()
        if name != "currency"
    )


async def unread(actor: Actor) -> int:
    """Return how many of the newest notices the user has not read."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select count(*) from (select id from notifications order by created_at desc"
                " limit :limit) n where not exists (select 1 from notification_reads r"
                " where r.notification_id = n.id and r.user_id = :user)"
            ),
            {"user": actor.user_id, "limit": MOST_NOTICES},
        )
        return int(found.scalar_one())


async def mark_read(actor: Actor, notice_id: UUID | None = None) -> None:
    """Note that the user has read one notice, or (without one) all."""
    async with database().transaction(actor) as session:
        await session.execute(
            text(
                "insert into notification_reads (notification_id, user_id)"
                " select id, :user from notifications"
                " where cast(:one as uuid) is null or id = :one on conflict do nothing"
            ),
            {"user": actor.user_id, "one": notice_id},
        )
