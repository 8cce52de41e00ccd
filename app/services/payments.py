"""Paying an order: start at the provider, confirm by its callback or by asking, split, post."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import errors
from sqlalchemy import text

from app.access import SYSTEM, Actor
from app.adapters.gateway import (
    Gateway,
    GatewayUnavailable,
    PaymentEvent,
    PaymentRequest,
    ProviderPayment,
    ProviderState,
    gateway,
)
from app.kit.clock import now
from app.kit.errors import NotFound, TradeError
from app.kit.ids import new_id
from app.kit.settings import settings
from app.services.confirm_sql import CONFIRM_SQL, confirm_params
from app.services.engine import engine_pipeline, engine_transaction
from app.services.late_payments import handle_exception
from app.services.ledger import open_accounts
from app.services.placing import is_token

POLL_AFTER_SECONDS = 45


class NotPayable(TradeError):
    """The order does not wait for a payment: paid already, closed, or expired."""

    code = "not_payable"
    status = 409
    message = "This order can no longer be paid. Check its status."


class ProviderDown(TradeError):
    """The provider did not answer."""

    code = "provider_down"
    status = 503
    message = "The payment service is not responding. Please try again in a minute."


@dataclass(frozen=True)
class StartedPayment:
    """Where the buyer goes to pay."""

    number: str
    pay_url: str


# A statement of its own takes the lock: only the next one sees the attempt that a rival for the
# lock has recorded meanwhile.
_LOCK = "select o.id from orders o where {which} for no key update"

_FIND = """\
select o.id, o.number, o.total_cents, o.currency, o.status, o.expires_at, o.locale,
       o.distributor_id, s.name as store_name,
       (select count(*) from payments p where p.order_id = o.id) as attempts,
       p.id as payment_id, p.number as payment_number, p.pay_url, p.provider
from orders o join stores s on s.id = o.store_id
left join payments p on p.order_id = o.id and p.status in ('CREATED', 'PENDING')
where {which}"""

_BY_ID = "o.id = %s"

# The hash of the token stands in the condition, so that a wrong one finds nothing.
_BY_NUMBER = "o.number = %s and o.access_hash = %s"

_CREATE = """\
insert into payments (id, order_id, distributor_id, number, provider, status, amount_cents,
    currency, refunded_cents, settled_by_order)
values (%s, %s, %s, %s, %s, 'CREATED', %s, %s, 0, false)"""

_OPENED = """\
update payments set status = 'PENDING', pay_url = %s, provider_ref = %s
where id = %s and status = 'CREATED'"""


@dataclass(frozen=True)
class _Which:
    """The condition that finds an order for a buyer who may pay it."""

    condition: LiteralString
    params: Sequence[object]


async def start(
    actor: Actor, order_id: UUID, token: str, *, return_url: str, provider: str = "sandbox"
) -> StartedPayment:
    """Open a payment for an order, or return the one that is open.

    ``token`` is the secret of the order's link. Raises NotFound, NotPayable, ProviderDown.
    """
    if not is_token(order_id, token):
        raise NotFound()
    return await _start(actor, _Which(_BY_ID, [order_id]), return_url, provider)


async def start_by_number(
    actor: Actor, number: str, token: str, *, return_url: str, provider: str = "sandbox"
) -> StartedPayment:
    """Like ``start``, for an order that is known by its number."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    return await _start(actor, _Which(_BY_NUMBER, [number, digest]), return_url, provider)


async def _start(actor: Actor, which: _Which, return_url: str, provider: str) -> StartedPayment:
    door = _known_gateway(provider)
    found, payment_id, number = await _record_attempt(actor, which, provider)
    if found["payment_id"] is not None and found["provider"] != provider:
        # Two open payments of one order could both be paid, so the other one is ended first.
        if not await end_attempt(number, found["provider"]):
            raise NotPayable()
        await _mark(number, "CLOSED")
        found, payment_id, number = await _record_attempt(actor, which, provider)
    if found["pay_url"]:
        return StartedPayment(number, found["pay_url"])
    request = PaymentRequest(
        number=number,
        amount_cents=found["total_cents"],
        currency=found["currency"],
        subject=f"{found['store_name']} {found['number']}",
        return_url=return_url,
        callback_url=f"{settings().origin}/callbacks/{provider}",
        locale=found["locale"],
        expires_at=found["expires_at"].isoformat(),
    )
    try:
        opened = await door.create(request)
    except GatewayUnavailable as error:
        raise ProviderDown() from error
    async with engine_pipeline(actor, "payments.start") as connection:
        await connection.execute(_OPENED, [opened.pay_url, opened.reference, payment_id])
    return StartedPayment(number, opened.pay_url)


def _known_gateway(provider: str) -> Gateway:
    try:
        return gateway(provider)
    except LookupError:
        raise NotFound() from None


async def _record_attempt(
    actor: Actor, which: _Which, provider: str
) -> tuple[dict[str, Any], UUID, str]:
    async with engine_pipeline(actor, "payments.start") as connection:
        await connection.execute(_LOCK.format(which=which.condition), which.params)
        sought = await connection.execute(_FIND.format(which=which.condition), which.params)
        found = await sought.fetchone()
        if found is None:
            raise NotFound()
        if found["status"] != "PENDING_PAYMENT" or found["expires_at"] <= now():
            raise NotPayable()
        if found["payment_id"] is not None:
            return found, found["payment_id"], found["payment_number"]
        payment_id, number = new_id(), f"{found['number']}P{found['attempts'] + 1}"
        amount = (found["total_cents"], found["currency"])
        owner = (payment_id, found["id"], found["distributor_id"])
        await connection.execute(_CREATE, [*owner, number, provider, *amount])
        return found, payment_id, number


async def confirm(event: PaymentEvent) -> str:
    """Apply a verified message of a provider once; return what it led to.

    A duplicate, late or reordered message leaves the ledger as it is. Raises NotFound for a
    payment that is not ours.
    """
    if event.kind != "paid":
        return await handle_exception(event)
    try:
        applied = await _confirm(event)
    except errors.NotNullViolation:
        # A merchant of this order has no accounts yet.
        await _open_missing_accounts(event)
        applied = await _confirm(event)
    return "applied" if applied else await handle_exception(event)


async def _confirm(event: PaymentEvent) -> bool:
    async with engine_pipeline(SYSTEM, "payments.confirm") as connection:
        cursor = await connection.execute(CONFIRM_SQL, confirm_params(event))
    return await cursor.fetchone() is not None


async def _open_missing_accounts(event: PaymentEvent) -> None:
    async with engine_transaction(SYSTEM, "payments.confirm") as session:
        found = await session.execute(
            text(
                "select distinct unnest(array[s.supplier_id, s.distributor_id]) as id"
                " from supplier_orders s join payments p on p.order_id = s.order_id"
                " where p.number = :number"
            ),
            {"number": event.number},
        )
        merchants = [row.id for row in found]
    await open_accounts(SYSTEM, merchants)


async def end_attempt(number: str, provider: str) -> bool:
    """Close a payment at its provider; a payment that came in between is applied.

    Returns whether it is closed. Raises ProviderDown where the answer leaves that open.
    """
    try:
        payment = await gateway(provider).close(number)
    except (GatewayUnavailable, LookupError) as error:
        raise ProviderDown() from error
    if payment.state is ProviderState.PAID:
        await confirm(event_of(provider, number, payment))
        return False
    if payment.state not in _ENDED:
        raise ProviderDown()
    return True


_ENDED = (ProviderState.CLOSED, ProviderState.FAILED)


async def poll_pending(limit: int = 50) -> int:
    """Ask providers about payments whose callback is missing; callbacks are never guaranteed.

    A payment whose order waits no longer (paid by another one, or closed) is ended at its
    provider, so that nobody pays it. Returns how many payments turned out to be paid.
    """
    paid = 0
    for number, provider, waits in await _silent_payments(limit):
        try:
            state = await _ask(number, provider, waits=waits)
        except (ProviderDown, GatewayUnavailable, LookupError):
            continue
        if state is ProviderState.PAID:
            paid += 1
        elif state in _ENDED:
            await _mark(number, str(state))
    return paid


async def _ask(number: str, provider: str, *, waits: bool) -> ProviderState:
    if not waits:
        closed = await end_attempt(number, provider)
        return ProviderState.CLOSED if closed else ProviderState.PAID
    payment = await gateway(provider).query(number)
    if payment.state is ProviderState.PAID:
        await confirm(event_of(provider, number, payment))
    return payment.state


def event_of(provider: str, number: str, payment: ProviderPayment) -> PaymentEvent:
    """Make the event that an answer to a query amounts to."""
    return PaymentEvent(
        provider=provider,
        event_id=f"query:{number}",
        kind="paid",
        number=number,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        reference=payment.reference,
        body={"source": "query"},
    )


_SILENT = text(
    "with silent as materialized (select p.id, o.status = 'PENDING_PAYMENT' as waits"
    "  from payments p join orders o on o.id = p.order_id"
    "  where p.status in ('CREATED', 'PENDING') and coalesce(p.asked_at, p.created_at) < :before"
    "  order by coalesce(p.asked_at, p.created_at) limit :limit for no key update of p skip locked)"
    " update payments p set asked_at = :at from silent where p.id = silent.id"
    " returning p.number, p.provider, silent.waits"
)


async def _silent_payments(limit: int) -> Sequence[tuple[str, str, bool]]:
    async with engine_transaction(SYSTEM, "payments.poll") as session:
        found = await session.execute(
            _SILENT,
            {
                "before": now() - timedelta(seconds=POLL_AFTER_SECONDS),
                "at": now(),
                "limit": limit,
            },
        )
        return [(row.number, row.provider, row.waits) for row in found]


async def _mark(number: str, status: str) -> None:
    async with engine_transaction(SYSTEM, "payments.poll") as session:
        await session.execute(
            text(
                "update payments set status = :status"
                " where number = :number and status in ('CREATED', 'PENDING')"
            ),
            {"number": number, "status": status},
        )
