"""The worker's part: take what is due, compute it as each receiver, mail it, note the outcome.

Any number of workers may do this at once. A schedule is taken, and a delivery is sent, by whoever
locks its row first; the others pass it over. One row per schedule, receiver and due moment is all
there can be, so that nobody gets a report twice; what was missed while no worker ran is sent once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import SYSTEM, Scope
from app.adapters.mail import Mail, mailer
from app.kit.clock import now
from app.kit.errors import Forbidden, TradeError, Unavailable
from app.kit.i18n import N_
from app.services.engine import engine_transaction
from app.services.reports.contents import Wanted, contents_of
from app.services.reports.due import latest_due, next_due
from app.services.reports.letters import letter
from app.services.reports.receivers import receiver_of
from app.services.reports.schedules import promise, timing_of
from models.analyses import DeliveryStatus, ReportSchedule

log = structlog.get_logger()

FIRST_PAUSE = timedelta(minutes=5)
"""After a failed try; each further pause is twice as long."""
MOST_ATTEMPTS = 6
KEPT = timedelta(days=180)
"""How long it is kept what became of a delivery."""

NOT_SHARED = N_("The analysis is no longer shared with the person who set up this report.")
OUR_FAULT = N_("Something went wrong on our side; the log has the details.")
MAIL_REFUSED = N_("The mail server rejected it.")


async def send_due() -> int:
    """Send every report that is due; return how many mails were handed over."""
    while await _take_one():
        pass
    sent = 0
    while (status := await _deliver_one()) is not None:
        sent += status is DeliveryStatus.SENT
    return sent


async def _take_one() -> bool:
    """Turn one due schedule into deliveries, and set when it is due next."""
    async with engine_transaction(SYSTEM, "reports.take") as session:
        key = await session.scalar(
            text(
                "select id from report_schedules where status = 'ACTIVE' and next_at <= :now"
                " order by next_at, id limit 1 for update skip locked"
            ),
            {"now": now()},
        )
        row = await session.get(ReportSchedule, key) if key is not None else None
        if row is None:
            return False
        timing = timing_of(row)
        await promise(session, row.id, latest_due(timing, now()))
        row.next_at = next_due(timing, now())
        return True


@dataclass(frozen=True)
class _Outcome:
    """What became of a try."""

    status: DeliveryStatus
    fault: str | None = None
    again: bool = False


async def _deliver_one() -> DeliveryStatus | None:
    """Send one waiting delivery; None when there is none that nobody else is sending."""
    async with engine_transaction(SYSTEM, "reports.deliver") as session:
        row = (await session.execute(text(_WAITING), {"now": now()})).first()
        if row is None:
            return None
        outcome = await _tried(session, row)
        await _note(session, row, outcome)
        return outcome.status


_WAITING = """\
select d.id, d.user_id, d.scope, d.merchant_id, d.due_at, d.attempts, d.schedule_id,
  s.name, s.analysis_id, s.query, r.unsubscribed_at is null and r.user_id is not null as wants,
  a.question, coalesce(a.user_id = s.user_id or a.sharing = 'ALL' or exists (
    select 1 from memberships m where m.role_id = a.role_id and m.user_id = s.user_id
    and m.merchant_id is not distinct from a.merchant_id), false) as is_shared,
  coalesce((select value ->> 'contact' from platform_settings where key = 'platform'), '')
    as contact
from report_deliveries d join report_schedules s on s.id = d.schedule_id
left join report_receivers r on r.schedule_id = d.schedule_id and r.user_id = d.user_id
left join analyses a on a.id = s.analysis_id
where d.status = 'WAITING' and d.try_at <= :now
order by d.try_at, d.id limit 1 for update of d skip locked"""


async def _tried(session: AsyncSession, row: Any) -> _Outcome:
    """Try once. Permissions, subscription and sharing are those of this moment."""
    if not row.wants:
        return _Outcome(DeliveryStatus.UNSUBSCRIBED)
    if row.analysis_id is not None and not row.is_shared:
        return _Outcome(DeliveryStatus.FAILED, NOT_SHARED)
    try:
        mail = await _composed(session, row)
        if mail is not None:
            await mailer().send(mail)
    except Exception as error:
        return _failed(row, error)
    return _Outcome(DeliveryStatus.LEFT if mail is None else DeliveryStatus.SENT)


def _failed(row: Any, error: Exception) -> _Outcome:
    """Return what is noted of a try that was refused or broke off."""
    if isinstance(error, Forbidden):
        return _Outcome(DeliveryStatus.NO_ACCESS)
    if isinstance(error, Unavailable):
        # Nothing about the report is wrong.
        return _Outcome(DeliveryStatus.FAILED, error.message[:200], again=True)
    if isinstance(error, TradeError):
        return _Outcome(DeliveryStatus.FAILED, error.message[:200])
    if isinstance(error, OSError):
        # Without the traceback, in which the mail would stand.
        log.warning("report_not_mailed", delivery=str(row.id), fault=type(error).__name__)
        return _Outcome(DeliveryStatus.FAILED, MAIL_REFUSED, again=True)
    log.error("report_failed", delivery=str(row.id), exc_info=error)
    return _Outcome(DeliveryStatus.FAILED, OUR_FAULT, again=True)


async def _composed(session: AsyncSession, row: Any) -> Mail | None:
    """Return the message; None for a receiver who has left. Raises Forbidden."""
    receiver = await receiver_of(session, row.user_id, Scope(row.scope), row.merchant_id)
    if receiver is None:
        return None
    wanted = Wanted(row.schedule_id, row.name, row.due_at, row.question, row.query)
    contents = await contents_of(receiver.actor, wanted)
    return await letter(receiver, wanted, contents, row.contact, key=f"report-{row.id}")


async def _note(session: AsyncSession, row: Any, outcome: _Outcome) -> None:
    attempts = row.attempts + 1
    waits = outcome.again and attempts < MOST_ATTEMPTS
    await session.execute(
        text(
            "update report_deliveries set status = :status, fault = :fault, attempts = :attempts,"
            " try_at = :try_at, finished_at = :finished where id = :id"
        ),
        {
            "id": row.id,
            "status": DeliveryStatus.WAITING if waits else outcome.status,
            "fault": outcome.fault,
            "attempts": attempts,
            "try_at": _next_try(attempts),
            "finished": None if waits else now(),
        },
    )


def _next_try(attempts: int) -> datetime:
    return now() + FIRST_PAUSE * 2 ** (attempts - 1)


async def forget_old() -> int:
    """Forget what became of deliveries long ago; return how many."""
    async with engine_transaction(SYSTEM, "reports.tidy") as session:
        gone = await session.execute(
            text("delete from report_deliveries where finished_at < :since returning id"),
            {"since": now() - KEPT},
        )
        return len(gone.all())
