"""Hiding the checklist of the first steps."""

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.ids import new_id


async def hide(actor: Actor) -> None:
    """Show the actor the checklist of this workspace no more; a second time changes nothing."""
    async with database().transaction(actor) as session:
        await session.execute(
            text(
                "insert into hidden_checklists (id, user_id, scope, merchant_id)"
                " values (:id, :user, :scope, :merchant) on conflict do nothing"
            ),
            {
                "id": new_id(),
                "user": actor.user_id,
                "scope": actor.scope,
                "merchant": actor.merchant_id,
            },
        )
