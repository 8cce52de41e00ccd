"""Payments that do not simply pay a waiting order: repeated, wrong, too late, or a second one."""

from json import dumps
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM
from app.adapters.gateway import PaymentEvent
from app.kit.clock import now
from app.kit.defer import defer
from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id
from app.services.confirm_sql import CONFIRM_SQL, confirm_params
from app.services.engine import engine_transaction
from app.services.ledger import (
    Move,
    Source,
    account,
    open_merchant_accounts,
    open_platform_accounts,
    post,
)
from app.services.transitions import reopen_order

_LOAD = text(
    "select p.id, p.order_id, p.status, p.amount_cents, p.currency, p.distributor_id,"
    " o.status as order_status, o.total_cents, o.number as order_number"
    " from orders o join payments p on p.order_id = o.id"
    " where p.number = :number and p.provider = :provider for no key update of o, p"
)
_SEEN = text(
    "select outcome from payment_callbacks where provider = :provider and event_id = :event_id"
)
_KEEP = text(
    "insert into payment_callbacks (id, provider, event_id, kind, number, outcome, body,"
    " received_at) values (:id, :provider, :event_id, :kind, :number, :outcome,"
    " cast(:body as jsonb), :at) on conflict (provider, event_id) do nothing"
)


async def handle_exception(event: PaymentEvent) -> str:
    """Deal with an event that did not pay a waiting order; return the outcome, one word.

    ``duplicate``, ``amount_mismatch``, ``failed``, ``closed``, ``reopened`` (a late payment whose
    goods are still there) or ``refunded`` (late or second payment, given back).
    Raises NotFound for a payment that is not ours.
    """
    async with engine_transaction(SYSTEM, "payments.confirm") as session:
        found = await session.execute(_LOAD, {"number": event.number, "provider": event.provider})
        payment = found.mappings().first()
        if payment is None:
            raise NotFound()
        outcome = await _decide(session, event, dict(payment))
        await _keep(session, event, outcome)
        return outcome


async def _decide(  # noqa: PLR0911 (one return for each row of the table of cases)
    session: AsyncSession, event: PaymentEvent, payment: dict[str, Any]
) -> str:
    seen = await session.execute(_SEEN, {"provider": event.provider, "event_id": event.event_id})
    if seen.first() is not None or payment["status"] == "PAID":
        return "duplicate"
    if event.kind in ("failed", "closed"):
        await _set_status(session, payment["id"], event.kind.upper())
        return event.kind
    if event.kind != "paid":
        return "ignored"
    if (event.amount_cents, event.currency) != (payment["amount_cents"], payment["currency"]):
        await _warn_platform(session, event)
        return "amount_mismatch"
    if payment["order_status"] == "CLOSED" and await reopen_order(session, payment["order_id"]):
        await _confirm_here(session, event, payment)
        return "reopened"
    if payment["order_status"] == "PENDING_PAYMENT":
        # The order was released or reopened between our two looks at it.
        await _confirm_here(session, event, payment)
        return "applied"
    await _give_back(session, event, payment)
    return "refunded"


async def _confirm_here(
    session: AsyncSession, event: PaymentEvent, payment: dict[str, Any]
) -> None:
    parties = await session.execute(
        text("select distinct supplier_id from supplier_orders where order_id = :order"),
        {"order": payment["order_id"]},
    )
    # The statement itself refuses to post to accounts that were never opened.
    await open_platform_accounts(session)
    for merchant_id in (payment["distributor_id"], *parties.scalars()):
        await open_merchant_accounts(session, merchant_id)
    connection = await session.connection()
    applied = await connection.exec_driver_sql(CONFIRM_SQL, confirm_params(event))
    if applied.first() is None:
        # Money must never be answered with success and be lost: the provider sends it again.
        raise Conflict()


async def _set_status(session: AsyncSession, payment_id: UUID, status: str) -> None:
    await session.execute(
        text(
            "update payments set status = :status"
            " where id = :id and status in ('CREATED', 'PENDING')"
        ),
        {"id": payment_id, "status": status},
    )


async def _give_back(session: AsyncSession, event: PaymentEvent, payment: dict[str, Any]) -> None:
    """Book money that no order can take, and promise its return."""
    amount = payment["amount_cents"]
    await session.execute(
        text(
            "update payments set status = 'PAID', settled_by_order = false, paid_at = :at,"
            " provider_ref = :reference, refunded_cents = amount_cents where id = :id"
        ),
        {"id": payment["id"], "at": now(), "reference": event.reference},
    )
    await open_platform_accounts(session)
    clearing = await account(session, None, "platform", "CLEARING")
    unallocated = await account(session, None, "platform", "UNALLOCATED")
    source = Source("UNALLOCATED", "payment", payment["id"], payment["order_id"])
    await post(session, source, [Move(clearing, unallocated, amount)])
    reason = "paid_late" if payment["order_status"] == "CLOSED" else "paid_twice"
    await session.execute(
        text(
            "insert into refunds (id, order_id, payment_id, distributor_id, number, amount_cents,"
            " currency, reason, status, attempts) values (:id, :order_id, :payment_id,"
            " :distributor_id, :number, :amount, :currency, :reason, 'PENDING', 0)"
        ),
        {
            "id": new_id(),
            "order_id": payment["order_id"],
            "payment_id": payment["id"],
            "distributor_id": payment["distributor_id"],
            "number": f"{event.number}R0",
            "amount": amount,
            "currency": payment["currency"],
            "reason": reason,
        },
    )
    await defer(session, "tongshang:submit_refunds", once="submit_refunds")


async def _warn_platform(session: AsyncSession, event: PaymentEvent) -> None:
    await session.execute(
        text(
            "insert into notifications (id, scope, kind, params, path) values (:id, 'platform',"
            " 'payment_amount_mismatch', jsonb_build_object('number', cast(:number as text),"
            " 'cents', cast(:cents as bigint), 'currency', cast(:currency as text)), 'payments')"
        ),
        {
            "id": new_id(),
            "number": event.number,
            "cents": event.amount_cents,
            "currency": event.currency,
        },
    )


async def _keep(session: AsyncSession, event: PaymentEvent, outcome: str) -> None:
    await session.execute(
        _KEEP,
        {
            "id": new_id(),
            "provider": event.provider,
            "event_id": event.event_id,
            "kind": event.kind,
            "number": event.number,
            "outcome": outcome,
            "body": dumps(dict(event.body)),
            "at": now(),
        },
    )
