"""What a supplier has earned: its balances as a supplier."""

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.queries.balances import Balances, balances_of


async def balances(actor: Actor) -> Balances:
    """Return the balances of the actor's accounts as a supplier."""
    actor.require("supplier:ledger:read")
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select a.kind, a.currency, coalesce(sum(b.balance_cents), 0) as cents"
                " from ledger_accounts a left join account_balances b on b.account_id = a.id"
                " where a.merchant_id = (select app_merchant()) and a.role = 'supplier'"
                " group by 1, 2"
            )
        )
        return balances_of(dict(row) for row in found.mappings())
