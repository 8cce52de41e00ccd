"""What an import did so far, kept in the transactions that did it, so that it can go on."""

import json
from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.ids import new_id
from app.services.imports.staging import run

_ABANDON = """\
update import_runs set state = 'STOPPED', finished_at = :at
where state = 'RUNNING' and fingerprint <> :fingerprint"""

_FIND = "select id from import_runs where state = 'RUNNING' and fingerprint = :fingerprint"

_BEGIN = """\
insert into import_runs (id, source, fingerprint, state, user_id)
values (:id, :source, :fingerprint, 'RUNNING', :user)"""

_RECORD = """\
insert into import_steps (id, run_id, step, batch, written)
values (:id, :run, :step, :batch, :written::jsonb)"""

_WRITTEN = "select written from import_steps where run_id = :run"

_PROBLEMS = (
    "delete from import_problems where run_id = :run",
    """\
insert into import_problems (id, run_id, kind, file, line, field, problem, value, params)
select new_uuid(), :run, p.kind, left(f.file, 200), p.line, left(p.field, 100), p.problem,
  left(p.value, 100), left(p.params, 200)
from (select distinct on (kind, line) * from staging.problems order by kind, line, n) p
join staging.files f on f.kind = p.kind""",
)

_FINISH = """\
update import_runs set state = :state, finished_at = :at, result = :result::jsonb
where id = :run"""


async def begin(
    session: AsyncSession, actor: Actor, source: str, fingerprint: str
) -> tuple[UUID, bool]:
    """Return the run of these files, and whether it goes on with one that broke off.

    The caller holds the lock of all imports, so that what seems to run and is another is dead.
    """
    await run(session, _ABANDON, at=now(), fingerprint=fingerprint)
    found = (await run(session, _FIND, fingerprint=fingerprint)).first()
    if found is not None:
        return found.id, True
    made = new_id()
    params = {"source": source, "fingerprint": fingerprint, "user": actor.user_id}
    await run(session, _BEGIN, id=made, **params)
    return made, False


async def record(
    session: AsyncSession, run_id: UUID, step: str, batch: int, written: dict[str, int]
) -> None:
    """Record a written batch, in its own transaction."""
    params = {"step": step, "batch": batch, "written": json.dumps(written)}
    await run(session, _RECORD, id=new_id(), run=run_id, **params)


async def written(session: AsyncSession, run_id: UUID) -> Counter[str]:
    """Return kind → rows that this run has written, before and after it broke off."""
    rows: Counter[str] = Counter()
    for row in await run(session, _WRITTEN, run=run_id):
        rows.update(row.written)
    return rows


async def keep_problems(session: AsyncSession, run_id: UUID) -> None:
    """Keep the first problem of each refused row."""
    for statement in _PROBLEMS:
        await run(session, statement, run=run_id)


async def finish(session: AsyncSession, run_id: UUID, state: str, result: dict[str, Any]) -> None:
    """End a run with its result."""
    params = {"state": state, "at": now(), "result": json.dumps(result, default=str)}
    await run(session, _FINISH, run=run_id, **params)
