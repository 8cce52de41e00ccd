"""Giving money back: take each party's share back cumulatively, then refund at the provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM, Actor, Scope
from app.adapters.gateway import GatewayUnavailable, ProviderState, gateway
from app.kit.clock import now
from app.kit.defer import defer
from app.kit.errors import Forbidden, Invalid, NotFound
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.ledger import Move, Source, account, post
from app.services.rules.refunds import reversals

KINDS = ("SUPPLY", "COMMISSION", "PAYMENT_FEE", "MARGIN")
"""The shares of a line, in the order in which they take single cents of rounding."""

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
_LINES = text(
    "select l.id, l.goods_cents - l.discount_cents as paid, l.refunded_cents,"
    " t.keeps_commission_on_refund as keeps,"
    " array[t.supply_cents, t.commission_cents, t.payment_fee_cents, t.margin_cents] as shares,"
    " array[t.supply_returned_cents, t.commission_returned_cents, t.payment_fee_returned_cents,"
    "  t.margin_returned_cents] as returned from order_lines l"
    " join order_line_terms t on t.line_id = l.id where l.supplier_order_id = :part order by l.id"
)


@dataclass(frozen=True)
class _LineReturn:
    """What a refund of one line takes back from each of ``KINDS``, in cents."""

    line_id: UUID
    cents: int
    parts: tuple[int, ...]
    keeps_commission: bool


async def refund_parts(session: AsyncSession, part_ids: Sequence[UUID], reason: str) -> None:
    """Promise the whole of the parts' remaining money back, inside the caller's transaction."""
    for part_id in part_ids:
        await _refund(session, part_id, None, None, reason)
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
    amounts: Mapping[UUID, int] | None,
    freight_cents: int | None,
    reason: str,
) -> None:
    """Take shares back for one part; None means all that is left."""
    await session.execute(_LOCK, {"part": part_id})
    found = (await session.execute(_PART, {"part": part_id})).mappings().first()
    if found is None:
        raise NotFound()
    part = dict(found)
    shares = [dict(row) for row in (await session.execute(_SHARES, {"part": part_id})).mappings()]
    lines = [dict(row) for row in (await session.execute(_LINES, {"part": part_id})).mappings()]
    goods = _line_returns(lines, amounts)
    returns = _by_kind(goods) | _freight_return(shares, freight_cents)
    total = sum(returns.values())
    if total == 0:
        return
    await _take_back(session, part, shares, returns, _kept_commission(goods))
    await _record(session, part, goods, total, reason)


def _line_returns(
    lines: Sequence[dict[str, Any]], amounts: Mapping[UUID, int] | None
) -> list[_LineReturn]:
    """Return each line's own frozen shares, never those of the part on average."""
    left = {line["id"]: line["paid"] - line["refunded_cents"] for line in lines}
    wanted = left if amounts is None else amounts
    for line_id, amount in wanted.items():
        if line_id not in left:
            raise NotFound()
        if not 0 <= amount <= left[line_id]:
            raise Invalid({"amount": N_("This exceeds the amount left to refund.")})
    return [_line_return(line, wanted[line["id"]]) for line in lines if wanted.get(line["id"])]


def _line_return(line: dict[str, Any], cents: int) -> _LineReturn:
    parts = reversals(line["shares"], line["returned"], cents, line["refunded_cents"])
    return _LineReturn(line["id"], cents, tuple(parts), line["keeps"])


def _by_kind(lines: Sequence[_LineReturn]) -> dict[str, int]:
    return {kind: sum(line.parts[place] for line in lines) for place, kind in enumerate(KINDS)}


def _kept_commission(lines: Sequence[_LineReturn]) -> int:
    place = KINDS.index("COMMISSION")
    return sum(max(0, line.parts[place]) for line in lines if line.keeps_commission)


def _freight_return(shares: Sequence[dict[str, Any]], freight_cents: int | None) -> dict[str, int]:
    for share in shares:
        if share["kind"] == "FREIGHT":
            left = share["amount_cents"] - share["reversed_cents"]
            wanted = left if freight_cents is None else freight_cents
            if not 0 <= wanted <= left:
                raise Invalid({"freight": N_("This exceeds the amount left to refund.")})
            return {"FREIGHT": wanted}
    if freight_cents:
        raise Invalid({"freight": N_("This exceeds the amount left to refund.")})
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
    lines: Sequence[_LineReturn],
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
            "reason": reason[:40],
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
