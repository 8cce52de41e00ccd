"""What a supplier has earned: its balances as a supplier."""

from collections.abc import Mapping

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database


async def balances(actor: Actor) -> Mapping[str, int]:
    """Return account kind → balance in cents of the actor's accounts as a supplier."""
    actor.require("supplier:ledger:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select a.kind, coalesce(sum(b.balance_cents), 0)::bigint from ledger_accounts a"
                " left join account_balances b on b.account_id = a.id"
                " where a.merchant_id = (select app_merchant()) and a.role = 'supplier'"
                " group by 1"
            )
        )
        return {row[0]: row[1] for row in found}
