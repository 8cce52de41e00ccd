"""Ending orders that are not paid: by the buyer, or because their time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import SYSTEM, Actor
from app.adapters.gateway import GatewayUnavailable, ProviderState, gateway
from app.kit.clock import now
from app.kit.errors import Conflict, NotFound
from app.services.engine import engine_transaction
from app.services.payments import confirm, event_of
from app.services.placing import access_token
from app.services.transitions import Step, release_stock, take_step
from models.trade import SupplierOrderStatus as S


@dataclass(frozen=True)
class _Unpaid:
    order_id: UUID
    payment_number: str | None
    provider: str | None


async def cancel_unpaid(actor: Actor, order_id: UUID, token: str) -> None:
    """Close an unpaid order for its buyer. Raises NotFound; Conflict when it was paid meanwhile."""
    if token != access_token(order_id):
        raise NotFound()
    unpaid = await _unpaid("o.id = :order", {"order": order_id}, limit=1)
    if not unpaid or not await _close(actor, unpaid[0], kind="CANCELLED"):
        raise Conflict()


async def expire_orders(limit: int = 200) -> int:
    """Close the orders whose time to pay is over; return how many."""
    unpaid = await _unpaid("o.expires_at <= :now", {"now": now()}, limit=limit)
    silent = [order.order_id for order in unpaid if order.payment_number is None]
    closed = await _close_here(SYSTEM, silent, kind="EXPIRED") if silent else 0
    for order in unpaid:
        if order.payment_number is not None:
            closed += await _close(SYSTEM, order, kind="EXPIRED")
    return closed


async def _unpaid(where: str, params: dict[str, Any], limit: int) -> Sequence[_Unpaid]:
    async with engine_transaction(SYSTEM, "orders.close") as session:
        found = await session.execute(
            text(
                "select o.id, p.number, p.provider from orders o left join payments p"
                " on p.order_id = o.id and p.status in ('CREATED', 'PENDING')"
                f" where o.status = 'PENDING_PAYMENT' and {where}"
                " order by o.expires_at limit :limit"
            ),
            {**params, "limit": limit},
        )
        return [_Unpaid(*row) for row in found]


async def _close(actor: Actor, order: _Unpaid, kind: str) -> bool:
    """Close at the provider first, then release; a payment that came in between is applied."""
    if order.payment_number is not None and order.provider is not None:
        try:
            state = await gateway(order.provider).close(order.payment_number)
        except GatewayUnavailable:
            # Nothing may be assumed; the periodic job tries again.
            return False
        if state.state is ProviderState.PAID:
            await confirm(event_of(order.provider, order.payment_number, state))
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
