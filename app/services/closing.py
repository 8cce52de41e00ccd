"""Ending orders that are not paid: by the buyer, or because their time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import SYSTEM, Actor
from app.kit.clock import now
from app.kit.errors import Conflict, NotFound
from app.services.engine import engine_transaction
from app.services.payments import ProviderDown, end_attempt
from app.services.placing import is_token
from app.services.transitions import Step, release_stock, take_step
from models.trade import SupplierOrderStatus as S


@dataclass(frozen=True)
class _Unpaid:
    order_id: UUID
    payment_number: str | None
    provider: str | None


async def cancel_unpaid(actor: Actor, order_id: UUID, token: str) -> None:
    """Close an unpaid order for its buyer.

    Raises NotFound; Conflict when it was paid meanwhile; ProviderDown when that is not known.
    """
    if not is_token(order_id, token):
        raise NotFound()
    unpaid = await _unpaid("o.id = :order", {"order": order_id}, limit=1)
    if not unpaid or not await _close(actor, unpaid[0], kind="CANCELLED"):
        raise Conflict()


async def cancel_for_store(actor: Actor, number: str) -> None:
    """Close an unpaid order of an own store.

    Raises NotFound; Conflict when it was paid meanwhile.
    """
    actor.require("distributor:orders:write")
    own = "o.number = :number and o.distributor_id = :distributor"
    unpaid = await _unpaid(own, {"number": number, "distributor": actor.merchant}, limit=1)
    if not unpaid:
        raise NotFound()
    if not await _close(actor, unpaid[0], kind="CANCELLED"):
        raise Conflict()


async def expire_orders(limit: int = 200) -> int:
    """Close the orders whose time to pay is over; return how many."""
    over = {"now": now()}
    silent = await _unpaid("o.expires_at <= :now and p.id is null", over, limit)
    closed = 0
    if silent:
        closed = await _close_here(SYSTEM, [order.order_id for order in silent], kind="EXPIRED")
    for order in await _unpaid("o.expires_at <= :now and p.id is not null", over, limit):
        try:
            closed += await _close(SYSTEM, order, kind="EXPIRED")
        except ProviderDown:
            # Nothing may be assumed; the next round tries again, those first that were not tried.
            continue
    return closed


async def _unpaid(where: str, params: dict[str, Any], limit: int) -> Sequence[_Unpaid]:
    async with engine_transaction(SYSTEM, "orders.close") as session:
        found = await session.execute(
            text(
                "with due as materialized (select o.id, o.expires_at, p.id as payment_id, p.number,"
                "  p.provider from orders o left join payments p on p.order_id = o.id"
                "  and p.status in ('CREATED', 'PENDING')"
                f" where o.status = 'PENDING_PAYMENT' and o.imported_at is null and {where}"
                "  order by p.asked_at nulls first, o.expires_at limit :limit),"
                " tried as (update payments p set asked_at = :tried_at from due"
                "  where p.id = due.payment_id)"
                " select id, number, provider from due order by expires_at"
            ),
            {**params, "limit": limit, "tried_at": now()},
        )
        return [_Unpaid(*row) for row in found]


async def _close(actor: Actor, order: _Unpaid, kind: str) -> bool:
    """Close at the provider first, then release. Raises ProviderDown."""
    if order.payment_number is not None and order.provider is not None:
        closed = await end_attempt(order.payment_number, order.provider)
        if not closed:
            return False
    return await _close_here(actor, [order.order_id], kind=kind) == 1


async def _close_here(actor: Actor, order_ids: Sequence[UUID], kind: str) -> int:
    async with engine_transaction(actor, "orders.close") as session:
        found = await session.execute(
            text("select id from supplier_orders where order_id = any(:orders)"),
            {"orders": list(order_ids)},
        )
        parts = [row.id for row in found]
        moved = await take_step(session, actor, parts, Step(kind, (S.PENDING_PAYMENT,), S.CLOSED))
        await release_stock(session, [part.id for part in moved])
        await session.execute(
            text(
                "update payments set status = 'CLOSED'"
                " where order_id = any(:orders) and status in ('CREATED', 'PENDING')"
            ),
            {"orders": list({part.order_id for part in moved})},
        )
        return len({part.order_id for part in moved})
