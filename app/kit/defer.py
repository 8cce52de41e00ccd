"""Promising later work inside a business transaction (the transactional outbox)."""

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_DEFER = text(
    "insert into procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)"
    " values ('default', :task, 0, :once, cast(:args as jsonb)) on conflict do nothing"
)


async def defer(session: AsyncSession, task: str, *, once: str | None = None, **args: Any) -> None:
    """Enqueue ``task`` of ``app.jobs``; it is seen by the worker when the transaction commits.

    One job per transaction, never one per row: each job's NOTIFY serialises commits. ``once``
    is a key under which at most one job waits.
    """
    await session.execute(_DEFER, {"task": task, "once": once, "args": json.dumps(args)})
