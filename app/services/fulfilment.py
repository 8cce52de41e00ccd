"""What a supplier does with its part of an order, and what the buyer says to it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM, Actor, Scope
from app.adapters.couriers import CARRIERS, OTHER, is_tracking_number, tidy_number
from app.kit.clock import now
from app.kit.errors import Conflict, NotFound
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.notices import Notice, tell, tell_each
from app.services.placing import is_token
from app.services.refunds import checked_reason, order_number, refund_parts, refunded
from app.services.transitions import Moved, Step, derive_orders, take_step
from models.trade import SupplierOrderStatus as S

RECEIPT_DAYS = 10
"""A shipped part counts as received after so many days without a word of the buyer."""

AFTER_SALE_DAYS = 7
"""A received part is completed after so many days."""


@dataclass(frozen=True)
class Outcome:
    """What became of one row of a bulk action; ``problem`` is a gettext message id, or empty."""

    number: str
    problem: str = ""


_SITE = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+([/?#]\S*)?")


@dataclass(frozen=True)
class Ship:
    """A parcel: ``quantities`` maps line ids to units; empty means everything that is left."""

    number: str
    carrier_code: str
    tracking_no: str
    quantities: Mapping[UUID, int] = field(default_factory=dict[UUID, int])
    carrier_name: str = ""
    """Of a carrier that is in no table (``other``), and its site."""
    carrier_site: str = ""


async def _parts(
    session: AsyncSession, actor: Actor, numbers: Sequence[str]
) -> dict[str, tuple[UUID, str]]:
    found = await session.execute(
        text(
            "select number, id, status from supplier_orders"
            " where supplier_id = :supplier and number = any(:numbers)"
        ),
        {"supplier": actor.merchant, "numbers": list(numbers)},
    )
    return {row.number: (row.id, row.status) for row in found}


async def accept(actor: Actor, numbers: Sequence[str]) -> list[Outcome]:
    """Accept paid parts; each row of the answer says what became of one number."""
    actor.require("supplier:orders:write")
    async with engine_transaction(actor, "orders.transition") as session:
        parts = await _parts(session, actor, numbers)
        step = Step("ACCEPTED", (S.PAID,), S.ACCEPTED)
        moved = await take_step(session, actor, [part_id for part_id, _ in parts.values()], step)
    done = {part.number for part in moved}
    return [
        Outcome(number, "" if number in done else N_("Only a paid order can be accepted."))
        for number in numbers
    ]


async def reject(actor: Actor, number: str, reason: str) -> None:
    """Refuse a paid part with a reason; its money goes back to the buyer.

    Raises NotFound, Invalid without a reason, Conflict when it is no longer only paid.
    """
    actor.require("supplier:orders:write")
    reason = checked_reason(reason)
    async with engine_transaction(actor, "orders.transition") as session:
        parts = await _parts(session, actor, [number])
        if number not in parts:
            raise NotFound()
        step = Step("REJECTED", (S.PAID,), S.REJECTED, reason)
        await _refuse(session, actor, [parts[number][0]], step, "rejected")


async def cancel_paid(actor: Actor, order_id: UUID, token: str) -> None:
    """Withdraw a paid order for its buyer, as long as no supplier has accepted its part.

    Raises NotFound; Conflict when a supplier was first.
    """
    if not is_token(order_id, token):
        raise NotFound()
    async with engine_transaction(actor, "orders.transition") as session:
        await session.execute(
            text("select id from orders where id = :order for no key update"), {"order": order_id}
        )
        found = await session.execute(
            text("select id, status from supplier_orders where order_id = :order"),
            {"order": order_id},
        )
        parts = {row.id: row.status for row in found}
        if set(parts.values()) != {S.PAID}:
            raise Conflict()
        step = Step("CANCELLED", (S.PAID,), S.REJECTED, withdrawn_by="buyer")
        await _refuse(session, actor, list(parts), step, "buyer_cancelled")


async def withdraw(actor: Actor, number: str, reason: str) -> int:
    """Let the store take back what no supplier has accepted of a paid order; refund the buyer.

    Returns how many parts were taken back. Raises NotFound, Invalid without a reason, Conflict when
    nothing is left to take back.
    """
    actor.require("distributor:orders:write")
    reason = checked_reason(reason)
    async with engine_transaction(actor, "orders.transition") as session:
        order = await session.execute(
            text(
                "select id from orders where number = :number and distributor_id = :distributor"
                " for no key update"
            ),
            {"number": number, "distributor": actor.merchant},
        )
        order_id = order.scalar_one_or_none()
        if order_id is None:
            raise NotFound()
        found = await session.execute(
            text("select id from supplier_orders where order_id = :order and status = 'PAID'"),
            {"order": order_id},
        )
        parts = [row.id for row in found]
        if not parts:
            raise Conflict()
        step = Step("WITHDRAWN", (S.PAID,), S.REJECTED, reason, "store")
        await _refuse(session, actor, parts, step, "store_withdrew")
        return len(parts)


async def cancel_part(actor: Actor, part_id: UUID, reason: str) -> None:
    """Withdraw a paid part for the platform before its supplier accepts it; the buyer is refunded.

    Raises Invalid without a reason, NotFound, Conflict when the supplier was first.
    """
    actor.require("platform:orders:write")
    reason = checked_reason(reason)
    async with engine_transaction(actor, "orders.transition") as session:
        step = Step("CANCELLED", (S.PAID,), S.REJECTED, reason, "platform")
        await _refuse(session, actor, [part_id], step, "platform_cancelled")


async def _refuse(
    session: AsyncSession, actor: Actor, part_ids: Sequence[UUID], step: Step, reason: str
) -> None:
    moved = await take_step(session, actor, part_ids, step)
    if len(moved) != len(part_ids):
        raise Conflict()
    await refund_parts(session, actor, part_ids, reason)
    await tell(session, [_told(part, step, actor) for part in moved])
    if step.withdrawn_by and actor.scope is not Scope.DISTRIBUTOR:
        await tell(session, [refunded(part, step.note) for part in moved])


def _told(part: Moved, step: Step, actor: Actor) -> Notice:
    """Return what the other side is told of a part that ended before it was accepted."""
    params = {"number": part.number} | ({"note": step.note} if step.note else {})
    event = f"part:{part.id}:{step.kind}"
    if step.withdrawn_by:
        path = f"orders/{part.number}"
        return Notice("part_withdrawn", "supplier", part.supplier_id, event, path, params)
    path = f"orders/{order_number(part.number)}"
    return Notice("part_refused", "distributor", part.distributor_id, event, path, params)


async def ship(actor: Actor, wishes: Sequence[Ship]) -> list[Outcome]:
    """Ship accepted parts, wholly or in part, set-based; each wish gets its outcome."""
    actor.require("supplier:orders:write")
    problems = [_ship_problem(wishes, place) for place in range(len(wishes))]
    good = {
        wish.number: wish for wish, problem in zip(wishes, problems, strict=True) if not problem
    }
    async with engine_transaction(actor, "orders.transition") as session:
        parts = await _parts(session, actor, list(good))
        refused = await _ship(session, actor, good, {n: p for n, (p, _) in parts.items()})
    return [
        Outcome(wish.number, problem or refused.get(wish.number, ""))
        for wish, problem in zip(wishes, problems, strict=True)
    ]


def _ship_problem(wishes: Sequence[Ship], place: int) -> str:
    wish = wishes[place]
    if any(other.number == wish.number for other in wishes[:place]):
        return N_("This order is listed twice. Ship the second parcel separately.")
    if wish.carrier_code not in CARRIERS:
        return N_("Choose a carrier.")
    if wish.carrier_code == OTHER and not 2 <= len(wish.carrier_name.strip()) <= 40:
        return N_("Enter the carrier's name.")
    if wish.carrier_site and not _SITE.fullmatch(wish.carrier_site.strip()):
        return N_("Enter the carrier's site as a link, such as https://example.com.")
    if not is_tracking_number(wish.carrier_code, wish.tracking_no):
        return N_("This does not look like a tracking number: 5 to 40 letters and digits.")
    return ""


async def _ship(
    session: AsyncSession, actor: Actor, good: Mapping[str, Ship], ids: Mapping[str, UUID]
) -> dict[str, str]:
    """Ship what can be shipped; return the problem of each number that cannot."""
    wishes = {ids[number]: wish for number, wish in good.items() if number in ids}
    refused = {number: N_("This order was not found.") for number in good if number not in ids}
    await session.execute(_LOCK, {"parts": list(wishes)})
    rows, problems = await _shippable(session, wishes)
    refused |= {wishes[part_id].number: problem for part_id, problem in problems.items()}
    if not rows:
        return refused
    shipments = {part_id: new_id() for part_id in {row["part_id"] for row in rows}}
    await session.execute(_SHIPMENTS, _shipment_params(wishes, shipments))
    lines = {
        "lines": [row["line_id"] for row in rows],
        "units": [row["units"] for row in rows],
        "shipments": [shipments[row["part_id"]] for row in rows],
    }
    for statement in _SHIP_LINES:
        await session.execute(statement, {**lines, "user": actor.user_id, "at": now()})
    await _mark_shipped(session, actor, list(shipments))
    await tell_each(session, "part_shipped", _SENT, {"shipments": list(shipments.values())})
    return refused


_LOCK = text(
    "select o.id from orders o where o.id in"
    " (select order_id from supplier_orders where id = any(:parts)) order by o.id"
    " for no key update of o"
)

_OPEN_LINES = text(
    "select f.line_id, f.supplier_order_id as part_id, f.quantity - f.shipped_quantity"
    "  - f.cancelled_quantity as open"
    " from fulfilment_lines f join supplier_orders s on s.id = f.supplier_order_id"
    " where s.id = any(:parts) and s.status in ('ACCEPTED', 'PARTLY_SHIPPED')"
    " and f.quantity > f.shipped_quantity + f.cancelled_quantity order by f.sku_id"
)


_SENT = (
    "select 'distributor' as scope, h.distributor_id as merchant_id,"
    " 'shipment:' || h.id as event, 'orders/' || o.number as path,"
    " jsonb_build_object('number', o.number, 'tracking', h.tracking_no) as params"
    " from shipments h join orders o on o.id = h.order_id"
    " where h.id = any(cast(:shipments as uuid[]))"
)
_KNOWN_PARCELS = text(
    "select h.supplier_order_id as part_id from shipments h"
    " join unnest(cast(:parts as uuid[]), cast(:carriers as text[]), cast(:numbers as text[]))"
    "  as x(part, carrier, number) on h.supplier_order_id = x.part"
    " and h.carrier_code = x.carrier and h.tracking_no = x.number"
)


async def _shippable(
    session: AsyncSession, wishes: Mapping[UUID, Ship]
) -> tuple[list[dict[str, Any]], dict[UUID, str]]:
    """Return the lines to ship with their ``units``, and the problems of the other parts."""
    found = await session.execute(_OPEN_LINES, {"parts": list(wishes)})
    known = await session.execute(_KNOWN_PARCELS, _parcels(wishes))
    problems = {row.part_id: N_("This parcel is already recorded.") for row in known}
    lines = [dict(line) for line in found.mappings() if line["part_id"] not in problems]
    rows = [{**line, "units": _units(wishes[line["part_id"]], line)} for line in lines]
    for row in rows:
        if not 0 <= row["units"] <= row["open"]:
            problems[row["part_id"]] = N_("This exceeds the quantity left to ship.")
    # What was stopped after it was packed must not leave in silence beside the rest.
    is_open = {line["line_id"] for line in lines}
    for part_id in {line["part_id"] for line in lines}:
        if any(n and line not in is_open for line, n in wishes[part_id].quantities.items()):
            problems[part_id] = N_("This exceeds the quantity left to ship.")
    rows = [row for row in rows if row["units"] and row["part_id"] not in problems]
    able = {row["part_id"] for row in rows} | set(problems)
    for part_id in wishes.keys() - able:
        problems[part_id] = N_(
            "Nothing here can be shipped: not accepted yet, shipped, or refunded."
        )
    return rows, problems


def _units(wish: Ship, line: Mapping[str, Any]) -> int:
    return wish.quantities.get(line["line_id"], 0) if wish.quantities else line["open"]


def _of_other(wish: Ship, text: str) -> str:
    return text.strip() if wish.carrier_code == OTHER else ""


def _parcels(wishes: Mapping[UUID, Ship]) -> dict[str, Any]:
    return {
        "parts": list(wishes),
        "carriers": [wish.carrier_code for wish in wishes.values()],
        "names": [_of_other(wish, wish.carrier_name) for wish in wishes.values()],
        "sites": [_of_other(wish, wish.carrier_site) for wish in wishes.values()],
        "numbers": [tidy_number(wish.tracking_no) for wish in wishes.values()],
    }


def _shipment_params(wishes: Mapping[UUID, Ship], shipments: Mapping[UUID, UUID]) -> dict[str, Any]:
    sent = {part_id: wish for part_id, wish in wishes.items() if part_id in shipments}
    return {**_parcels(sent), "ids": [shipments[part_id] for part_id in sent], "at": now()}


_SHIPMENTS = text(
    "with sent as (insert into shipments (id, order_id, supplier_order_id, supplier_id,"
    "  distributor_id, carrier_code, tracking_no, carrier_name, carrier_site,"
    "  shipped_at)"
    "  select x.id, s.order_id, s.id, s.supplier_id, s.distributor_id, x.carrier, x.number,"
    "   x.name, x.site, :at"
    "  from unnest(cast(:ids as uuid[]), cast(:parts as uuid[]), cast(:carriers as text[]),"
    "   cast(:numbers as text[]), cast(:names as text[]), cast(:sites as text[]))"
    "   as x(id, part, carrier, number, name, site)"
    "  join supplier_orders s on s.id = x.part returning *)"
    " insert into tracking_events (id, shipment_id, order_id, supplier_id, distributor_id, state,"
    "  text, occurred_at) select new_uuid(), id, order_id, supplier_id, distributor_id, 'SHIPPED',"
    "  '', shipped_at from sent"
)

_WANTED = (
    "with x as materialized (select * from unnest(cast(:lines as uuid[]), cast(:units as int[]),"
    " cast(:shipments as uuid[])) as x(line_id, units, shipment_id))"
)

_SHIP_LINES = (
    text(
        f"{_WANTED} insert into shipment_lines (shipment_id, line_id, supplier_id, quantity)"
        " select x.shipment_id, x.line_id, f.supplier_id, x.units"
        " from x join fulfilment_lines f on f.line_id = x.line_id"
    ),
    text(
        f"{_WANTED} update fulfilment_lines f set shipped_quantity = shipped_quantity + x.units"
        " from x where f.line_id = x.line_id"
    ),
    text(
        f"{_WANTED} update stock_reservations r set"
        " shipped_quantity = r.shipped_quantity + x.units,"
        " state = case when r.shipped_quantity + r.released_quantity + x.units = r.quantity"
        "  then 'SHIPPED' else r.state end from x where r.line_id = x.line_id"
    ),
    text(
        f"{_WANTED}, per_sku as materialized (select f.sku_id, sum(x.units) as units"
        "  from x join fulfilment_lines f on f.line_id = x.line_id group by 1),"
        " locked as materialized (select s.sku_id from stock s where s.sku_id in"
        "  (select sku_id from per_sku) order by s.sku_id for no key update of s)"
        " update stock s set on_hand = s.on_hand - p.units, reserved = s.reserved - p.units"
        " from per_sku p, locked where s.sku_id = p.sku_id and locked.sku_id = s.sku_id"
    ),
    text(
        f"{_WANTED} insert into stock_movements (id, sku_id, supplier_id, delta, reason, reference,"
        "  user_id, created_at) select new_uuid(), f.sku_id, f.supplier_id, -x.units, 'SHIPMENT',"
        "  s.number, :user, :at from x join fulfilment_lines f on f.line_id = x.line_id"
        "  join supplier_orders s on s.id = f.supplier_order_id"
    ),
)


async def _mark_shipped(session: AsyncSession, actor: Actor, part_ids: Sequence[UUID]) -> None:
    found = await session.execute(
        text(
            "select supplier_order_id as id, bool_and(shipped_quantity + cancelled_quantity"
            "  = quantity) as whole"
            " from fulfilment_lines where supplier_order_id = any(:parts) group by 1"
        ),
        {"parts": list(part_ids)},
    )
    whole = {row.id: row.whole for row in found}
    before = (S.ACCEPTED, S.PARTLY_SHIPPED)
    for complete, target in ((True, S.SHIPPED), (False, S.PARTLY_SHIPPED)):
        chosen = [part for part in part_ids if whole[part] is complete]
        if chosen:
            await take_step(session, actor, chosen, Step("SHIPPED", before, target))


async def confirm_receipt(actor: Actor, order_id: UUID, token: str, part: str | None = None) -> int:
    """Let the buyer say that a part, or everything shipped, has arrived; return how many moved.

    ``part`` is the number of one part of the order.

    Raises NotFound; Conflict when nothing is on its way.
    """
    if not is_token(order_id, token):
        raise NotFound()
    async with engine_transaction(actor, "orders.transition") as session:
        found = await session.execute(
            text(
                "select id from supplier_orders where order_id = :order"
                " and (cast(:part as text) is null or number = :part)"
            ),
            {"order": order_id, "part": part},
        )
        parts = [row.id for row in found]
        moved = await take_step(session, actor, parts, Step("RECEIVED", (S.SHIPPED,), S.RECEIVED))
        if not moved:
            raise Conflict()
        return len(moved)


async def receive_overdue(limit: int = 500) -> int:
    """Count parts as received whose buyer has not spoken for ``RECEIPT_DAYS``."""
    step = Step("RECEIVED_BY_TIME", (S.SHIPPED,), S.RECEIVED)
    return await _step_overdue("SHIPPED", "shipped_at", RECEIPT_DAYS, step, limit)


async def complete_overdue(limit: int = 500) -> int:
    """Complete parts whose after-sale window is over."""
    step = Step("COMPLETED", (S.RECEIVED,), S.COMPLETED)
    return await _step_overdue("RECEIVED", "received_at", AFTER_SALE_DAYS, step, limit)


async def _step_overdue(status: str, column: str, days: int, step: Step, limit: int) -> int:
    async with engine_transaction(SYSTEM, "orders.transition") as session:
        found = await session.execute(
            text(
                f"select id from supplier_orders where status = :status and {column} <= :before"
                " and imported_at is null"
                f" order by {column} limit :limit"
            ),
            {"status": status, "before": now() - timedelta(days=days), "limit": limit},
        )
        parts = [row.id for row in found]
        return len(await take_step(session, SYSTEM, parts, step)) if parts else 0


__all__ = [
    "Outcome",
    "Ship",
    "accept",
    "cancel_paid",
    "cancel_part",
    "complete_overdue",
    "confirm_receipt",
    "derive_orders",
    "receive_overdue",
    "reject",
    "ship",
    "withdraw",
]
