"""Hiding the checklist of the first steps, and showing it again."""

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


async def show_again(actor: Actor) -> None:
    """Show the actor the checklist of this workspace, hidden or not."""
    async with database().transaction(actor) as session:
        # Row-level security leaves only what the actor has hidden here.
        await session.execute(text("delete from hidden_checklists"))
