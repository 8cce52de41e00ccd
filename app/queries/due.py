"""When a merchant's pending shares become due."""

from collections.abc import Mapping

from sqlalchemy import text

from app.access import Actor, Scope
from app.kit.db import database
from app.kit.i18n import day_text
from app.services.fulfilment import RECEIPT_DAYS

# The rule of ``app.services.settlement``, for shares whose receipt is known.
_NEXT = text(
    "select m.settle_days, (select min(s.received_at + make_interval(days => m.settle_days))"
    "  from splits sp join supplier_orders s on s.id = sp.supplier_order_id"
    "  where sp.merchant_id = m.id and sp.state = 'PENDING' and sp.kind = any(:kinds)"
    "  and s.received_at is not null and s.imported_at is null) as next"
    " from merchants m where m.id = (select app_merchant())"
)
_KINDS = {Scope.SUPPLIER: ("SUPPLY", "FREIGHT"), Scope.DISTRIBUTOR: ("MARGIN",)}


async def due_terms(actor: Actor) -> Mapping[str, str]:
    """Return ``days`` after receipt, days until receipt counts as given, and the ``next`` day."""
    actor.require(f"{actor.scope}:ledger:read")
    async with database().transaction(actor) as session:
        found = await session.execute(_NEXT, {"kinds": list(_KINDS[actor.scope])})
        row = found.one()
    next_day = day_text(row.next) if row.next is not None else ""
    return {"days": str(row.settle_days), "receipt": str(RECEIPT_DAYS), "next": next_day}
