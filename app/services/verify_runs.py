"""Runs of ``verify`` that the platform asks for; the worker carries them out."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.access import SYSTEM, Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.defer import defer
from app.kit.errors import TradeError
from app.services.engine import engine_transaction
from app.services.verification import verify, with_check
from models.ops import VerifyRun


class VerifyUnderWay(TradeError):
    """One run at a time is enough, since it reads everything."""

    code = "verify_under_way"
    status = 409
    message = "A check is already running. Its report appears here when it is done."


async def ask(actor: Actor) -> UUID:
    """Let the worker compare every invariant. Raises Forbidden or VerifyUnderWay."""
    actor.require("platform:system:write")
    run = VerifyRun(requested_by=actor.user_id)
    async with database().transaction(actor) as session:
        # A run that was given up an hour ago, with its worker, holds nobody back.
        busy = await session.scalar(
            text(
                "select 1 from verify_runs where finished_at is null"
                " and requested_at > now() - interval '1 hour'"
            )
        )
        if busy is not None:
            raise VerifyUnderWay()
        session.add(run)
        await session.flush()
        await defer(session, "tongshang:verify", once="verify", run_id=str(run.id))
    return run.id


async def carry_out(
    run_id: UUID, app_url: str, more: Callable[[], dict[str, Any] | None] = lambda: None
) -> None:
    """Compare every invariant, and what ``more`` does, and note the result under the run."""
    url = make_url(app_url).set(drivername="postgresql").render_as_string(hide_password=False)
    report = await asyncio.to_thread(verify, url)
    report = with_check(report, await asyncio.to_thread(more))
    async with engine_transaction(SYSTEM, "verify.record") as session:
        await session.execute(
            text(
                "update verify_runs set finished_at = :at, ok = :ok,"
                " checks = cast(:checks as jsonb) where id = :id"
            ),
            {
                "id": run_id,
                "at": now(),
                "ok": report["ok"],
                "checks": json.dumps(report["checks"], default=str),
            },
        )
