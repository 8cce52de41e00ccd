"""Steps of SupplierOrders as compare-and-set, with their events and the order's derived status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.services.rules.orders import ORDER_STATUS_SQL, may_follow
from models.trade import SupplierOrderStatus as S

_STAMP = {
    S.ACCEPTED: "accepted_at",
    S.SHIPPED: "shipped_at",
    S.RECEIVED: "received_at",
    S.COMPLETED: "completed_at",
}

_LOCK_ORDERS = text(
    "select o.id from orders o where o.id in"
    " (select order_id from supplier_orders where id = any(:parts)) order by o.id"
    " for no key update of o"
)

_DERIVE = text(
    "update orders o set status = d.status,"
    " closed_at = case when d.status = 'CLOSED' then cast(:at as timestamptz) end"
    f" from (select order_id, {ORDER_STATUS_SQL} as status from supplier_orders"
    "  where order_id = any(:orders) group by order_id) d"
    " where o.id = d.order_id and o.status <> d.status"
)


@dataclass(frozen=True)
class Step:
    """A wish to move parts from one of ``expected`` to ``target``.

    ``withdrawn_by`` is ``buyer``, ``store`` or ``platform`` where one of them takes a part back.
    """

    kind: str
    expected: tuple[S, ...]
    target: S
    note: str | None = None
    withdrawn_by: str | None = None

    def __post_init__(self) -> None:
        for before in self.expected:
            if not may_follow(before, self.target):
                raise ValueError(f"{before} is never followed by {self.target}")


@dataclass(frozen=True)
class Moved:
    """A part that took the step."""

    id: UUID
    order_id: UUID
    number: str
    supplier_id: UUID
    distributor_id: UUID


async def take_step(
    session: AsyncSession, actor: Actor, part_ids: Sequence[UUID], step: Step
) -> list[Moved]:
    """Move the parts that stand where expected; write events; derive the orders' status.

    Parts that somebody else moved first are missing from the answer. Orders are locked in the
    order of their ids, so that two parts of one order moving at once see each other.
    """
    await session.execute(_LOCK_ORDERS, {"parts": list(part_ids)})
    stamp = _STAMP.get(step.target)
    moment = f", {stamp} = coalesce(s.{stamp}, :at)" if stamp else ""
    found = await session.execute(
        text(
            "with before as (select id, status from supplier_orders where id = any(:parts)"
            "  and status = any(:expected) and imported_at is null for no key update),"
            f" moved as (update supplier_orders s set status = :target, withdrawn_by = :by{moment}"
            "  from before"
            "  where s.id = before.id returning s.id, s.order_id, s.number, s.supplier_id,"
            "  s.distributor_id, before.status as was),"
            " happened as (insert into order_events (id, order_id, supplier_order_id, supplier_id,"
            "  distributor_id, kind, from_status, to_status, actor_scope, actor_user_id, note,"
            "  created_at) select new_uuid(), order_id, id, supplier_id, distributor_id, :kind,"
            "  was, :target, :scope, :user, :note, :at from moved)"
            " select id, order_id, number, supplier_id, distributor_id from moved"
        ),
        {
            "parts": list(part_ids),
            "expected": [str(status) for status in step.expected],
            "target": str(step.target),
            "kind": step.kind,
            "scope": str(actor.scope),
            "user": actor.user_id,
            "note": step.note,
            "by": step.withdrawn_by,
            "at": now(),
        },
    )
    moved = [Moved(*row) for row in found]
    await derive_orders(session, [part.order_id for part in moved])
    return moved


async def derive_orders(session: AsyncSession, order_ids: Sequence[UUID]) -> None:
    """Let the orders' status follow their parts."""
    if order_ids:
        await session.execute(_DERIVE, {"orders": list(order_ids), "at": now()})


async def release_stock(session: AsyncSession, part_ids: Sequence[UUID]) -> None:
    """Give back what the parts' lines still hold; SKUs are taken in the order of their ids."""
    await session.execute(
        text(
            "with held as materialized (select r.line_id, r.sku_id,"
            "  r.quantity - r.shipped_quantity - r.released_quantity as left_over"
            "  from stock_reservations r join order_lines l on l.id = r.line_id"
            "  where l.supplier_order_id = any(:parts) and r.state in ('HELD', 'COMMITTED')"
            "  for no key update of r),"
            " freed as (update stock_reservations r set state = 'RELEASED' from held"
            "  where r.line_id = held.line_id),"
            " per_sku as materialized"
            "  (select sku_id, sum(left_over) as units from held group by 1),"
            " locked as materialized (select s.sku_id from stock s"
            "  where s.sku_id in (select sku_id from per_sku) order by s.sku_id"
            "  for no key update of s)"
            " update stock s set reserved = s.reserved - per_sku.units from per_sku, locked"
            " where s.sku_id = per_sku.sku_id and locked.sku_id = s.sku_id"
        ),
        {"parts": list(part_ids)},
    )


_CANCEL_UNITS = text(
    "update fulfilment_lines f set cancelled_quantity = f.cancelled_quantity + x.units"
    " from unnest(cast(:lines as uuid[]), cast(:units as int[])) as x(line_id, units)"
    " where f.line_id = x.line_id"
)
_RELEASE_UNITS = text(
    "with x as materialized (select * from unnest(cast(:lines as uuid[]), cast(:units as int[]))"
    "  as x(line_id, units)),"
    " freed as (update stock_reservations r set"
    "  released_quantity = r.released_quantity + x.units,"
    "  state = case when r.shipped_quantity + r.released_quantity + x.units < r.quantity"
    "   then r.state when r.shipped_quantity > 0 then 'SHIPPED' else 'RELEASED' end"
    "  from x where r.line_id = x.line_id returning r.sku_id, x.units),"
    " per_sku as materialized (select sku_id, sum(units) as units from freed group by 1),"
    " locked as materialized (select s.sku_id from stock s"
    "  where s.sku_id in (select sku_id from per_sku) order by s.sku_id for no key update of s)"
    " update stock s set reserved = s.reserved - per_sku.units from per_sku, locked"
    " where s.sku_id = per_sku.sku_id and locked.sku_id = s.sku_id"
)


async def release_units(session: AsyncSession, units: Mapping[UUID, int]) -> None:
    """Stop so many unshipped units of paid lines from being shipped, and free their stock.

    The caller holds the lock of their order, which shipping takes as well.
    """
    if units:
        taken = {"lines": list(units), "units": list(units.values())}
        await session.execute(_CANCEL_UNITS, taken)
        await session.execute(_RELEASE_UNITS, taken)


async def reopen_order(session: AsyncSession, order_id: UUID) -> bool:
    """Reserve a closed order's goods again for a late payment; False if some are gone.

    The caller holds the order's lock. All or nothing: a savepoint takes back a part of it.
    """
    savepoint = await session.begin_nested()
    reserved = await session.execute(
        text(
            "with wanted as materialized (select r.line_id, r.sku_id, r.quantity"
            "  from stock_reservations r where r.order_id = :order and r.state = 'RELEASED'),"
            " locked as materialized (select s.sku_id from stock s"
            "  where s.sku_id in (select sku_id from wanted) order by s.sku_id"
            "  for no key update of s),"
            " taken as (update stock s set reserved = s.reserved + w.quantity"
            "  from wanted w, locked where s.sku_id = w.sku_id and locked.sku_id = s.sku_id"
            "  and s.on_hand - s.reserved >= w.quantity returning s.sku_id),"
            " held as (update stock_reservations r set state = 'HELD' from wanted w"
            "  where r.line_id = w.line_id)"
            " select (select count(*) from taken) as taken, (select count(*) from wanted) as wanted"
        ),
        {"order": order_id},
    )
    row = reserved.one()
    if row.taken != row.wanted or row.wanted == 0:
        await savepoint.rollback()
        return False
    await session.execute(
        text(
            "with back as (update supplier_orders set status = 'PENDING_PAYMENT'"
            "  where order_id = :order and status = 'CLOSED'"
            "  returning id, order_id, supplier_id, distributor_id)"
            " insert into order_events (id, order_id, supplier_order_id, supplier_id,"
            "  distributor_id, kind, from_status, to_status, actor_scope, created_at)"
            " select new_uuid(), order_id, id, supplier_id, distributor_id, 'REOPENED', 'CLOSED',"
            "  'PENDING_PAYMENT', 'system', :at from back"
        ),
        {"order": order_id, "at": now()},
    )
    await derive_orders(session, [order_id])
    await savepoint.commit()
    return True
