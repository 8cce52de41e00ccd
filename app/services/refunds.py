"""Giving money back: take each party's share back cumulatively, then refund at the provider."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM, Actor, Scope
from app.adapters.gateway import GatewayUnavailable, ProviderState, gateway
from app.kit.clock import now
from app.kit.defer import defer
from app.kit.errors import Conflict, Forbidden, Invalid, NotFound
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.inputs import text_of
from app.services.ledger import Move, Source, account, post
from app.services.notices import Notice, tell
from app.services.rules.refunds import (
    KINDS,
    LineReturn,
    LineState,
    LineWish,
    PartState,
    RefundPlan,
    plan_refund,
)
from app.services.transitions import Moved, Step, derive_orders, release_units, take_step
from models.trade import SupplierOrderStatus as S

__all__ = [
    "LINE_STATES",
    "LineWish",
    "checked_reason",
    "freight_state",
    "line_states",
    "refund_lines",
    "refund_parts",
    "refund_rest",
]

MAX_REASON = 300
"""Characters of a reason; a longer one is refused, since the end of a text may be what counts."""

# Locked by a statement of its own: the next one then sees what the holder before has written.
_LOCK = text(
    "select o.id from orders o join supplier_orders s on s.order_id = o.id where s.id = :part"
    " for no key update of o"
)
_PART = text(
    "select s.id, s.order_id, s.number, s.supplier_id, s.distributor_id, s.freight_cents,"
    " p.id as payment_id, p.number as payment_number, p.currency,"
    " (select count(*) from refunds r where r.order_id = s.order_id) as refunds"
    " from supplier_orders s join payments p on p.order_id = s.order_id and p.settled_by_order"
    # The money of imported history was never here.
    " where s.imported_at is null and s.id = :part for no key update of s"
)
# In the order of ids, as the release of due shares takes them.
_SHARES = text(
    "select id, kind, merchant_id, amount_cents, reversed_cents, state from splits"
    " where supplier_order_id = :part order by id for no key update"
)
LINE_STATES = (
    "select l.id, l.goods_cents - l.discount_cents as paid, l.refunded_cents,"
    " t.keeps_commission_on_refund as keeps,"
    " array[t.supply_cents, t.commission_cents, t.payment_fee_cents, t.margin_cents] as shares,"
    " array[t.supply_returned_cents, t.commission_returned_cents, t.payment_fee_returned_cents,"
    "  t.margin_returned_cents] as returned, f.quantity, f.shipped_quantity as shipped,"
    " f.cancelled_quantity as cancelled from order_lines l"
    " join order_line_terms t on t.line_id = l.id join fulfilment_lines f on f.line_id = l.id"
    " where l.supplier_order_id = :part order by l.id"
)
"""The rows of ``line_states``."""


def checked_reason(reason: str) -> str:
    """Return a reason as it is kept. Raises Invalid for none, or for one that would be cut."""
    reason = text_of("reason", reason, MAX_REASON, lines=True)
    if not reason:
        raise Invalid({"reason": N_("Enter a reason; the buyer will see it.")})
    return reason


async def refund_parts(
    session: AsyncSession, actor: Actor, part_ids: Sequence[UUID], reason: str
) -> None:
    """Promise the whole of the parts' remaining money back, inside the caller's transaction.

    What was not shipped of them is not shipped any more, and free to be sold.
    """
    for part_id in part_ids:
        await _refund(session, actor, part_id, None, None, reason)
    await defer(session, "tongshang:submit_refunds", once="submit_refunds")


async def refund_lines(
    actor: Actor,
    number: str,
    wishes: Mapping[UUID, int | LineWish],
    freight_cents: int | None,
    reason: str,
) -> None:
    """Refund given cents and units of a part's lines, and freight. Platform or the distributor.

    An amount without units stops nothing from being shipped, unless it is all that was paid for
    the line. A freight of None is all that is left.

    Raises NotFound, Forbidden, or Invalid when more than what is left would be refunded, or
    nothing, or when the reason is missing or too long.
    """
    reason = checked_reason(reason)
    wanted = {
        line: LineWish(wish) if isinstance(wish, int) else wish for line, wish in wishes.items()
    }
    async with engine_transaction(actor, "refunds.post") as session:
        part_id = await _own_part(session, actor, number)
        plan = await _refund(session, actor, part_id, wanted, freight_cents, reason)
        await _end(session, actor, part_id, plan, reason)
        await _tell(session, actor, part_id, plan, reason)
        await defer(session, "tongshang:submit_refunds", once="submit_refunds")


async def refund_rest(actor: Actor, number: str, reason: str) -> None:
    """Refund all that is left of a part. Raises as ``refund_lines``, Conflict when nothing is."""
    reason = checked_reason(reason)
    async with engine_transaction(actor, "refunds.post") as session:
        part_id = await _own_part(session, actor, number)
        plan = await _refund(session, actor, part_id, None, None, reason)
        if not plan.total_cents and not plan.units:
            raise Conflict()
        await _end(session, actor, part_id, plan, reason)
        await _tell(session, actor, part_id, plan, reason)
        await defer(session, "tongshang:submit_refunds", once="submit_refunds")


async def _own_part(session: AsyncSession, actor: Actor, number: str) -> UUID:
    found = await session.execute(
        text("select id, distributor_id from supplier_orders where number = :number"),
        {"number": number},
    )
    part = found.first()
    if part is None:
        raise NotFound()
    _check_may_refund(actor, part.distributor_id)
    return part.id


def _check_may_refund(actor: Actor, distributor_id: UUID) -> None:
    if actor.scope is Scope.PLATFORM:
        actor.require("platform:payments:write")
    elif actor.scope is Scope.DISTRIBUTOR:
        actor.require("distributor:orders:write")
        if actor.merchant != distributor_id:
            raise NotFound()
    else:
        raise Forbidden()


async def _refund(
    session: AsyncSession,
    actor: Actor,
    part_id: UUID,
    wishes: Mapping[UUID, LineWish] | None,
    freight_cents: int | None,
    reason: str,
) -> RefundPlan:
    """Take shares and unshipped units back for one part; None means all that is left."""
    await session.execute(_LOCK, {"part": part_id})
    found = (await session.execute(_PART, {"part": part_id})).mappings().first()
    if found is None:
        raise NotFound()
    part = dict(found)
    shares = [dict(row) for row in (await session.execute(_SHARES, {"part": part_id})).mappings()]
    lines = (await session.execute(text(LINE_STATES), {"part": part_id})).mappings()
    state = PartState(line_states([dict(row) for row in lines]), *freight_state(shares))
    plan = plan_refund(state, wishes, freight_cents)
    if plan.total_cents:
        await _take_back(session, part, shares, plan.by_kind, plan.kept_commission_cents)
        await _record(session, part, plan.lines, plan.total_cents, reason)
    await release_units(session, plan.units)
    # The refund has only been promised: the order's own status may have to say so.
    await derive_orders(session, [part["order_id"]])
    return plan


def line_states(rows: Sequence[Mapping[str, Any]]) -> tuple[LineState, ...]:
    """Make states of the rows of ``LINE_STATES``."""
    return tuple(
        LineState(
            id=row["id"],
            paid_cents=row["paid"],
            refunded_cents=row["refunded_cents"],
            shares=tuple(row["shares"]),
            returned=tuple(row["returned"]),
            quantity=row["quantity"],
            shipped=row["shipped"],
            cancelled=row["cancelled"],
            keeps_commission=row["keeps"],
        )
        for row in rows
    )


def freight_state(shares: Sequence[Mapping[str, Any]]) -> tuple[int, int, int]:
    """Return of a part's shares the freight that the buyer can get back, in cents.

    After it what the store bore of the freight, and what of that has not come back yet.
    """
    left = {s["kind"]: s["amount_cents"] - s["reversed_cents"] for s in shares}
    borne = sum(s["amount_cents"] for s in shares if s["kind"] == "FREE_FREIGHT")
    store_left = left.get("FREE_FREIGHT", 0)
    return left.get("FREIGHT", 0) + store_left, -borne, -store_left


def order_number(part_number: str) -> str:
    """Return the number of the order to which a part of this number belongs."""
    return part_number.rpartition("-")[0]


def refunded(part: Moved, note: str | None) -> Notice:
    """Return what the store is told of a part that somebody else had refunded."""
    params = {"number": part.number} | ({"note": note} if note else {})
    path = f"orders/{order_number(part.number)}"
    event = f"part:{part.id}:refunded"
    return Notice("order_refunded", "distributor", part.distributor_id, event, path, params)


async def _tell(
    session: AsyncSession, actor: Actor, part_id: UUID, plan: RefundPlan, reason: str
) -> None:
    """Tell the supplier what not to ship, and the store of a refund that it did not make."""
    found = await session.execute(
        text(
            "select id, order_id, number, supplier_id, distributor_id, (select count(*)"
            "  from refunds r where r.supplier_order_id = s.id) as refunds"
            " from supplier_orders s where s.id = :part"
        ),
        {"part": part_id},
    )
    *facts, refunds = found.one()
    part = Moved(*facts)
    event, notices = f"part:{part.id}:refund{refunds}", list[Notice]()
    if plan.units:
        kind = "part_withdrawn" if plan.ends else "part_refunded"
        params = {"number": part.number, "note": reason}
        path = f"orders/{part.number}"
        notices.append(Notice(kind, "supplier", part.supplier_id, event, path, params))
    if actor.scope is Scope.PLATFORM:
        notices.append(replace(refunded(part, reason), event=event))
    await tell(session, notices)


async def _end(
    session: AsyncSession, actor: Actor, part_id: UUID, plan: RefundPlan, reason: str
) -> None:
    """End a part of which nothing is left to ship: withdrawn, or shipped as far as it goes."""
    if not plan.units:
        return
    by = "platform" if actor.scope is Scope.PLATFORM else "store"
    if plan.ends:
        step = Step("WITHDRAWN", (S.PAID, S.ACCEPTED), S.REJECTED, reason, by)
        await take_step(session, actor, [part_id], step)
        return
    left = await session.scalar(
        text(
            "select sum(quantity - shipped_quantity - cancelled_quantity) from fulfilment_lines"
            " where supplier_order_id = :part"
        ),
        {"part": part_id},
    )
    if left == 0:
        step = Step("REST_CANCELLED", (S.PARTLY_SHIPPED,), S.SHIPPED, reason)
        await take_step(session, actor, [part_id], step)


_ACCOUNTS = {
    "SUPPLY": "supplier",
    "FREIGHT": "supplier",
    "MARGIN": "distributor",
    "FREE_FREIGHT": "distributor",
}


async def _take_back(
    session: AsyncSession,
    part: dict[str, Any],
    shares: Sequence[dict[str, Any]],
    returns: Mapping[str, int],
    kept_commission: int,
) -> None:
    """Post the parties' returns; a kept commission is charged to the distributor beside it."""
    currency = part["currency"]
    unallocated = await account(session, None, "platform", "UNALLOCATED", currency)
    moves: list[Move] = []
    for share in shares:
        amount = returns.get(share["kind"], 0)
        if amount:
            origin = await _account_of(session, share, currency)
            ends = (origin, unallocated) if amount > 0 else (unallocated, origin)
            moves.append(Move(*ends, abs(amount), share["id"], part["id"]))
            await session.execute(_REVERSE, {"id": share["id"], "cents": amount})
    entry = new_id()
    await post(session, Source("REFUND", "refund", entry, part["order_id"]), moves)
    if kept_commission:
        released = any(share["state"] == "AVAILABLE" for share in shares)
        kind = "AVAILABLE" if released else "PENDING"
        origin = await account(session, part["distributor_id"], "distributor", kind, currency)
        target = await account(session, None, "platform", "COMMISSION", currency)
        charge = Source("COMMISSION_KEPT", "refund", entry, part["order_id"])
        await post(session, charge, [Move(origin, target, kept_commission, None, part["id"])])


_REVERSE = text(
    "update splits set reversed_cents = reversed_cents + :cents, state ="
    " case when reversed_cents + :cents = amount_cents then 'REVERSED' else state end"
    " where id = :id"
)


async def _account_of(session: AsyncSession, share: dict[str, Any], currency: str) -> UUID:
    role = _ACCOUNTS.get(share["kind"])
    if role is None:
        return await account(session, None, "platform", share["kind"], currency)
    kind = "AVAILABLE" if share["state"] == "AVAILABLE" else "PENDING"
    return await account(session, share["merchant_id"], role, kind, currency)


async def _record(
    session: AsyncSession,
    part: dict[str, Any],
    lines: Sequence[LineReturn],
    total: int,
    reason: str,
) -> None:
    columns = {"lines": [line.line_id for line in lines], "cents": [line.cents for line in lines]}
    await session.execute(
        text(
            "update order_lines l set refunded_cents = l.refunded_cents + x.cents"
            " from unnest(cast(:lines as uuid[]), cast(:cents as bigint[])) as x(id, cents)"
            " where l.id = x.id"
        ),
        columns,
    )
    returned = {kind: [line.parts[place] for line in lines] for place, kind in enumerate(KINDS)}
    await session.execute(_RETURNED, {"lines": columns["lines"], **returned})
    supply = {"lines": columns["lines"], "cents": returned["SUPPLY"]}
    await session.execute(_SUPPLY_RETURNED, supply)
    await session.execute(
        text("update orders set refunded_cents = refunded_cents + :cents where id = :order"),
        {"cents": total, "order": part["order_id"]},
    )
    await session.execute(
        text("update payments set refunded_cents = refunded_cents + :cents where id = :id"),
        {"cents": total, "id": part["payment_id"]},
    )
    await session.execute(
        text(
            "insert into refunds (id, order_id, supplier_order_id, payment_id, distributor_id,"
            " number, amount_cents, currency, reason, status, attempts) values (:id, :order, :part,"
            " :payment, :distributor, :number, :amount, :currency, :reason, 'PENDING', 0)"
        ),
        {
            "id": new_id(),
            "order": part["order_id"],
            "part": part["id"],
            "payment": part["payment_id"],
            "distributor": part["distributor_id"],
            "number": f"{part['payment_number']}R{part['refunds'] + 1}",
            "amount": total,
            "currency": part["currency"],
            "reason": reason,
        },
    )


_RETURNED = text(
    "update order_line_terms t set"
    " supply_returned_cents = t.supply_returned_cents + x.supply,"
    " commission_returned_cents = t.commission_returned_cents + x.commission,"
    " payment_fee_returned_cents = t.payment_fee_returned_cents + x.fee,"
    " margin_returned_cents = t.margin_returned_cents + x.margin"
    " from unnest(cast(:lines as uuid[]), cast(:SUPPLY as bigint[]), cast(:COMMISSION as bigint[]),"
    "  cast(:PAYMENT_FEE as bigint[]), cast(:MARGIN as bigint[]))"
    "  as x(id, supply, commission, fee, margin) where t.line_id = x.id"
)


_SUPPLY_RETURNED = text(
    "update fulfilment_lines f set supply_returned_cents = f.supply_returned_cents + x.cents"
    " from unnest(cast(:lines as uuid[]), cast(:cents as bigint[])) as x(id, cents)"
    " where f.line_id = x.id"
)


async def submit_refunds(limit: int = 100) -> int:
    """Send promised refunds to their provider; an unclear answer is asked for again, never assumed.

    Returns how many succeeded.
    """
    done = 0
    for refund in await _promised(limit):
        try:
            state = await gateway(refund["provider"]).refund(
                refund["payment_number"], refund["number"], refund["amount_cents"]
            )
        except GatewayUnavailable:
            state = ProviderState.UNKNOWN
        done += await _answered(refund["id"], state)
    return done


async def _promised(limit: int) -> list[dict[str, Any]]:
    async with engine_transaction(SYSTEM, "refunds.submit") as session:
        found = await session.execute(
            text(
                "select r.id, r.number, r.amount_cents, p.number as payment_number, p.provider"
                " from refunds r join payments p on p.id = r.payment_id"
                " where r.status in ('PENDING', 'PROCESSING') order by r.created_at limit :limit"
            ),
            {"limit": limit},
        )
        return [dict(row) for row in found.mappings()]


async def ask_again(actor: Actor, refund_ids: Sequence[UUID]) -> int:
    """Send refused refunds to their provider once more, under the same numbers.

    Returns how many; those that were not refused are left alone.
    """
    actor.require("platform:payments:write")
    async with engine_transaction(actor, "refunds.post") as session:
        found = await session.execute(
            text(
                "update refunds set status = 'PENDING' where id = any(:ids)"
                " and status = 'FAILED' returning id"
            ),
            {"ids": list(refund_ids)},
        )
        count = len(found.all())
        if count:
            await defer(session, "tongshang:submit_refunds", once="submit_refunds")
    return count


def _failed(number: str, refund_id: UUID) -> Notice:
    event, path = f"refund:{refund_id}:failed", "refunds?status=FAILED"
    return Notice("refund_failed", "platform", None, event, path, {"number": number})


_LOCK_ORDER = text("select id from orders where id = :order for no key update")


async def _answered(refund_id: UUID, state: ProviderState) -> bool:
    status = {
        ProviderState.REFUNDED: "SUCCEEDED",
        ProviderState.FAILED: "FAILED",
    }.get(state, "PROCESSING")
    async with engine_transaction(SYSTEM, "refunds.submit") as session:
        found = await session.execute(
            text(
                "update refunds set status = cast(:status as text), attempts = attempts + 1,"
                " succeeded_at = case when cast(:status as text) = 'SUCCEEDED'"
                "  then cast(:at as timestamptz) end,"
                " failed_at = case when cast(:status as text) = 'FAILED'"
                "  then cast(:at as timestamptz) end"
                " where id = :id and status in ('PENDING', 'PROCESSING')"
                " returning id, number, order_id, amount_cents, currency"
            ),
            {"id": refund_id, "status": status, "at": now()},
        )
        refund = found.first()
        if refund is None or status != "SUCCEEDED":
            if refund is not None and status == "FAILED":
                await tell(session, [_failed(refund.number, refund.id)])
            return False
        unallocated = await account(session, None, "platform", "UNALLOCATED", refund.currency)
        clearing = await account(session, None, "platform", "CLEARING", refund.currency)
        source = Source("REFUND_PAID", "refund", refund.id, refund.order_id)
        await post(session, source, [Move(unallocated, clearing, refund.amount_cents)])
        await session.execute(_LOCK_ORDER, {"order": refund.order_id})
        await derive_orders(session, [refund.order_id])
        return True
