"""Report schedules: made, changed, paused, sent at once, removed by who manages analyses.

Row-level security holds every statement to the workspace. What a receiver gets is decided when it
is sent, by what they may see then.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.defer import defer
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.reports.due import Timing, next_due
from app.services.versions import check_version
from models.analyses import ReportReceiver, ReportSchedule, Rhythm, ScheduleStatus

MOST_SCHEDULES = 100
SEND = "tongshang:send_reports"
"""The task that sends what waits."""


class ScheduleDraft(BaseModel):
    """A schedule as somebody wants it; without an analysis a view of the dashboard is sent."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(80, 1)]
    rhythm: Rhythm
    weekday: Annotated[int, Field(ge=1, le=7)] = 1
    month_day: Annotated[int, Field(ge=1, le=31)] = 1
    hour: Annotated[int, Field(ge=0, le=23)] = 8
    receivers: Annotated[frozenset[UUID], Field(min_length=1, max_length=50)]
    analysis_id: UUID | None = None
    query: Mapping[str, str] = {}

    @property
    def timing(self) -> Timing:
        """When it is due."""
        return Timing(self.rhythm, self.weekday, self.month_day, self.hour)


async def create(actor: Actor, draft: ScheduleDraft) -> UUID:
    """Mail a report from its next due moment on. Raises Forbidden, Invalid, NotFound."""
    _require(actor)
    async with database().transaction(actor) as session:
        await _check(session, actor, draft)
        row = ReportSchedule(
            user_id=actor.user_id,
            scope=actor.scope,
            merchant_id=actor.merchant_id,
            next_at=next_due(draft.timing, now()),
            **_columns(draft),
        )
        session.add(row)
        await session.flush()
        await _set_receivers(session, actor, row.id, draft.receivers)
        return row.id


async def change(
    actor: Actor, schedule_id: UUID, draft: ScheduleDraft, version: int | None = None
) -> None:
    """Change name, time, subject and receivers; who unsubscribed stays so.

    ``version`` is that of the schedule; see ``check_version``. Raises Forbidden, Invalid, NotFound,
    Stale.
    """
    _require(actor)
    async with database().transaction(actor) as session:
        row = await session.get(ReportSchedule, schedule_id, with_for_update=True)
        if row is None:
            raise NotFound()
        await check_version(session, "report_schedules", schedule_id, version)
        await _check(session, actor, draft, changing=True)
        for name, value in _columns(draft).items():
            setattr(row, name, value)
        row.next_at, row.updated_at = next_due(draft.timing, now()), now()
        await session.flush()
        await _set_receivers(session, actor, schedule_id, draft.receivers)


def _columns(draft: ScheduleDraft) -> dict[str, Any]:
    return draft.model_dump(exclude={"receivers", "query"}) | {"query": dict(draft.query)}


async def pause(actor: Actor, ids: Sequence[UUID]) -> int:
    """Send nothing of these by itself until they are resumed; return how many there were."""
    _require(actor)
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "update report_schedules set status = 'PAUSED', updated_at = :now"
                " where id = any(:ids) and status = 'ACTIVE' returning id"
            ),
            {"ids": list(ids), "now": now()},
        )
        return len(found.all())


async def resume(actor: Actor, ids: Sequence[UUID]) -> int:
    """Send these again from their next due moment; what was missed meanwhile is not sent."""
    _require(actor)
    async with database().transaction(actor) as session:
        found = await session.scalars(
            select(ReportSchedule)
            .where(
                col(ReportSchedule.id).in_(ids),
                col(ReportSchedule.status) == ScheduleStatus.PAUSED,
            )
            .with_for_update()
        )
        paused = found.all()
        for row in paused:
            row.status, row.updated_at = ScheduleStatus.ACTIVE, now()
            row.next_at = next_due(timing_of(row), now())
        return len(paused)


async def remove(actor: Actor, ids: Sequence[UUID]) -> int:
    """Forget schedules with all that was delivered; return how many there were."""
    _require(actor)
    async with database().transaction(actor) as session:
        found = await session.execute(
            text("delete from report_schedules where id = any(:ids) returning id"),
            {"ids": list(ids)},
        )
        return len(found.all())


async def send_now(actor: Actor, ids: Sequence[UUID]) -> int:
    """Let the worker send these at once as well; return to how many receivers.

    Asked twice within a minute it sends once.
    """
    _require(actor)
    async with database().transaction(actor) as session:
        seen = list(
            await session.scalars(
                text("select id from report_schedules where id = any(:ids)"), {"ids": list(ids)}
            )
        )
    async with engine_transaction(actor, "reports.send_now") as session:
        count = 0
        for key in seen:
            count += await promise(session, key, now().replace(second=0, microsecond=0))
        if count:
            await defer(session, SEND, once="send_reports_now", timestamp=0)
        return count


async def promise(session: AsyncSession, schedule_id: UUID, due: object) -> int:
    """Note that every receiver is to get a report for a due moment; return how many are new."""
    found = await session.execute(
        text(
            "insert into report_deliveries (id, schedule_id, user_id, scope, merchant_id, due_at,"
            " status, attempts, try_at)"
            " select new_uuid(), r.schedule_id, r.user_id, r.scope, r.merchant_id, :due,"
            " 'WAITING', 0, :now from report_receivers r"
            " where r.schedule_id = :schedule and r.unsubscribed_at is null"
            " on conflict on constraint uq_report_deliveries_once do nothing returning id"
        ),
        {"schedule": schedule_id, "due": due, "now": now()},
    )
    return len(found.all())


def timing_of(row: ReportSchedule) -> Timing:
    """Return when a schedule is due."""
    return Timing(Rhythm(row.rhythm), row.weekday, row.month_day, row.hour)


def _require(actor: Actor) -> None:
    actor.require(f"{actor.scope}:analytics:write")


async def _check(
    session: AsyncSession, actor: Actor, draft: ScheduleDraft, *, changing: bool = False
) -> None:
    if draft.analysis_id is None:
        actor.require(f"{actor.scope}:dashboard:read")
    else:
        known = await session.scalar(
            text("select 1 from analyses where id = :id"), {"id": draft.analysis_id}
        )
        if known is None:
            raise NotFound()
    colleagues = set(await session.scalars(text("select id from colleagues()")))
    # Who left meanwhile may stay on a list that is changed: they are skipped when it is sent.
    if not changing and not draft.receivers <= colleagues:
        raise Invalid({"receivers": N_("Please choose people who work here.")})
    count = await session.scalar(
        text(
            "select count(*) from report_schedules where scope = :scope"
            " and merchant_id is not distinct from (select app_merchant())"
        ),
        {"scope": actor.scope},
    )
    if not changing and (count or 0) >= MOST_SCHEDULES:
        raise Invalid({"name": N_("This is more than allowed.")})


async def _set_receivers(
    session: AsyncSession, actor: Actor, schedule_id: UUID, receivers: frozenset[UUID]
) -> None:
    """Make these the receivers. Who is not a colleague is not added, though they may stay."""
    wanted = {"schedule": schedule_id, "people": list(receivers)}
    # Somebody who unsubscribed keeps their mark, or being taken off and put on would undo it.
    await session.execute(
        text(
            "delete from report_receivers where schedule_id = :schedule"
            " and user_id <> all(:people) and unsubscribed_at is null"
        ),
        wanted,
    )
    new = await session.scalars(
        text(
            "select id from colleagues() c where c.id = any(:people) and not exists"
            " (select 1 from report_receivers r where r.schedule_id = :schedule"
            " and r.user_id = c.id)"
        ),
        wanted,
    )
    session.add_all(
        ReportReceiver(
            schedule_id=schedule_id,
            user_id=user_id,
            scope=actor.scope,
            merchant_id=actor.merchant_id,
        )
        for user_id in new
    )
    await session.flush()
