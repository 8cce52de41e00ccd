"""Giving money back: take each party's share back cumulatively, then refund at the provider."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM, Actor, Scope
from app.adapters.gateway import GatewayUnavailable, ProviderState, gateway
from app.kit.clock import now
from app.kit.defer import defer
from app.kit.errors import Forbidden, Invalid, NotFound
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.ledger import Move, Source, account, post
from app.services.rules.refunds import reversals

_PART = text(
    "select s.id, s.order_id, s.number, s.supplier_id, s.distributor_id, s.freight_cents,"
    " p.id as payment_id, p.number as payment_number, p.currency,"
    " (select count(*) from refunds r where r.order_id = s.order_id) as refunds"
    " from orders o join supplier_orders s on s.order_id = o.id"
    " join payments p on p.order_id = s.order_id and p.settled_by_order"
    " where s.id = :part for no key update of o, s"
)
_SHARES = text(
    "select id, kind, merchant_id, amount_cents, reversed_cents, state from splits"
    " where supplier_order_id = :part"
    " order by array_position(array['SUPPLY','COMMISSION','PAYMENT_FEE','MARGIN','FREIGHT'], kind)"
    " for no key update"
)
_LINES = text(
    "select l.id, l.goods_cents - l.discount_cents as paid, l.refunded_cents,"
    " t.keeps_commission_on_refund as keeps from order_lines l"
    " join order_line_terms t on t.line_id = l.id where l.supplier_order_id = :part order by l.id"
)


async def refund_parts(session: AsyncSession, part_ids: Sequence[UUID], reason: str) -> None:
    """Promise the whole of the parts' remaining money back, inside the caller's transaction."""
    for part_id in part_ids:
        lines = [dict(row) for row in (await session.execute(_LINES, {"part": part_id})).mappings()]
        rest = {line["id"]: line["paid"] - line["refunded_cents"] for line in lines}
        await _refund(session, part_id, rest, None, reason)
    await defer(session, "tongshang:submit_refunds", once="submit_refunds")


async def refund_lines(
    actor: Actor, number: str, amounts: Mapping[UUID, int], freight_cents: int, reason: str
) -> None:
    """Refund given cents of a part's lines and freight. Platform or the part's distributor.

    Raises NotFound, Forbidden, or Invalid when more than what is left would be refunded.
    """
    async with engine_transaction(actor, "refunds.post") as session:
        found = await session.execute(
            text("select id, distributor_id from supplier_orders where number = :number"),
            {"number": number},
        )
        part = found.first()
        if part is None:
            raise NotFound()
        _check_may_refund(actor, part.distributor_id)
        await _refund(session, part.id, amounts, freight_cents, reason)
        await defer(session, "tongshang:submit_refunds", once="submit_refunds")


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
    part_id: UUID,
    amounts: Mapping[UUID, int],
    freight_cents: int | None,
    reason: str,
) -> None:
    """Take shares back for one part; ``freight_cents`` of None means all that is left."""
    found = (await session.execute(_PART, {"part": part_id})).mappings().first()
    if found is None:
        raise NotFound()
    part = dict(found)
    shares = [dict(row) for row in (await session.execute(_SHARES, {"part": part_id})).mappings()]
    lines = [dict(row) for row in (await session.execute(_LINES, {"part": part_id})).mappings()]
    _check_amounts(lines, amounts)
    goods = sum(amounts.values())
    returns = _goods_returns(shares, lines, goods)
    freight = _freight_return(shares, freight_cents)
    returns.update(freight)
    total = sum(returns.values())
    if total == 0:
        return
    kept = any(line["keeps"] for line in lines)
    await _take_back(session, part, shares, returns, keep_commission=kept)
    await _record(session, part, amounts, total, reason)


def _check_amounts(lines: Sequence[dict[str, Any]], amounts: Mapping[UUID, int]) -> None:
    left = {line["id"]: line["paid"] - line["refunded_cents"] for line in lines}
    for line_id, amount in amounts.items():
        if line_id not in left:
            raise NotFound()
        if not 0 <= amount <= left[line_id]:
            raise Invalid({"amount": "More than is left to refund."})


def _goods_returns(
    shares: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], goods: int
) -> dict[UUID, int]:
    of_goods = [share for share in shares if share["kind"] != "FREIGHT"]
    # A negative share (the platform paying in) is counted with the largest, so that all are ≥ 0.
    amounts = [share["amount_cents"] for share in of_goods]
    negative = sum(amount for amount in amounts if amount < 0)
    positive = [max(amount, 0) for amount in amounts]
    if negative and positive:
        positive[positive.index(max(positive))] += negative
    already = [share["reversed_cents"] for share in of_goods]
    before = sum(line["refunded_cents"] for line in lines)
    parts = reversals(positive, already, goods, before)
    return {share["id"]: part for share, part in zip(of_goods, parts, strict=True)}


def _freight_return(shares: Sequence[dict[str, Any]], freight_cents: int | None) -> dict[UUID, int]:
    for share in shares:
        if share["kind"] == "FREIGHT":
            left = share["amount_cents"] - share["reversed_cents"]
            wanted = left if freight_cents is None else freight_cents
            if not 0 <= wanted <= left:
                raise Invalid({"freight": "More than is left to refund."})
            return {share["id"]: wanted}
    if freight_cents:
        raise Invalid({"freight": "More than is left to refund."})
    return {}


_ACCOUNTS = {
    "SUPPLY": "supplier",
    "FREIGHT": "supplier",
    "MARGIN": "distributor",
}


async def _take_back(
    session: AsyncSession,
    part: dict[str, Any],
    shares: Sequence[dict[str, Any]],
    returns: Mapping[UUID, int],
    *,
    keep_commission: bool,
) -> None:
    """Post the parties' returns; a kept commission is charged to the distributor beside it."""
    unallocated = await account(session, None, "platform", "UNALLOCATED", part["currency"])
    moves: list[Move] = []
    for share in shares:
        amount = returns.get(share["id"], 0)
        if amount:
            origin = await _account_of(session, share, part["currency"])
            moves.append(Move(origin, unallocated, amount, share["id"], part["id"]))
            await session.execute(_REVERSE, {"id": share["id"], "cents": amount})
    entry = new_id()
    source = Source("REFUND", "refund", entry, part["order_id"])
    await post(session, source, moves)
    commission = sum(returns.get(s["id"], 0) for s in shares if s["kind"] == "COMMISSION")
    if keep_commission and commission:
        origin = await account(session, part["distributor_id"], "distributor", "PENDING")
        target = await account(session, None, "platform", "COMMISSION")
        charge = Source("COMMISSION_KEPT", "refund", entry, part["order_id"])
        await post(session, charge, [Move(origin, target, commission, None, part["id"])])


_REVERSE = text(
    "update splits set reversed_cents = reversed_cents + :cents, state ="
    " case when reversed_cents + :cents >= amount_cents then 'REVERSED' else state end"
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
    amounts: Mapping[UUID, int],
    total: int,
    reason: str,
) -> None:
    lines = [line_id for line_id, amount in amounts.items() if amount]
    await session.execute(
        text(
            "update order_lines l set refunded_cents = l.refunded_cents + x.cents"
            " from unnest(cast(:lines as uuid[]), cast(:cents as bigint[])) as x(id, cents)"
            " where l.id = x.id"
        ),
        {"lines": lines, "cents": [amounts[line] for line in lines]},
    )
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
            "reason": reason[:40],
        },
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
                "  then cast(:at as timestamptz) end"
                " where id = :id and status in ('PENDING', 'PROCESSING')"
                " returning id, order_id, amount_cents, currency"
            ),
            {"id": refund_id, "status": status, "at": now()},
        )
        refund = found.first()
        if refund is None or status != "SUCCEEDED":
            return False
        unallocated = await account(session, None, "platform", "UNALLOCATED", refund.currency)
        clearing = await account(session, None, "platform", "CLEARING", refund.currency)
        source = Source("REFUND_PAID", "refund", refund.id, refund.order_id)
        await post(session, source, [Move(unallocated, clearing, refund.amount_cents)])
        return True
