"""What an import did so far, kept in the transactions that did it, so that it can go on."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.ids import new_id
from app.services.imports.files import SourceFile
from app.services.imports.mapping import HistoryMapping
from app.services.imports.problems import Problem
from app.services.imports.report import shown_columns
from app.services.imports.staging import copy_frame, run

_ABANDON = """\
update import_runs set state = 'STOPPED', finished_at = :at
where state = 'RUNNING' and id <> :run"""

_FIND = "select id from import_runs where state = 'RUNNING' and fingerprint = :fingerprint"

_BEGIN = """\
insert into import_runs (id, source, fingerprint, state, user_id, files, mapping_name, mapping)
values (:id, :source, :fingerprint, 'RUNNING', :user, :files::jsonb, left(:name, 80), :mapping)"""

_TAKE_UP = """\
update import_runs set source = :source, fingerprint = :fingerprint, state = 'RUNNING'
where id = :run"""

_HAS_STEPS = "select exists (select 1 from import_steps where run_id = :run) as has_steps"

_RECORD = """\
insert into import_steps (id, run_id, step, batch, written)
values (:id, :run, :step, :batch, :written::jsonb)"""

_WRITTEN = "select written from import_steps where run_id = :run"

_SHOWN_COLUMNS = "create unlogged table staging.shown_columns (kind text, field text, shown text)"

_FORGET_PROBLEMS = "delete from import_problems where run_id = :run"

# A column is named as the file names it, for the reader has the file before them.
_PROBLEMS = """\
insert into import_problems (id, run_id, kind, file, line, field, problem, value, params)
select new_uuid(), :run, p.kind, left(f.file, 200), p.line, left(coalesce(c.shown, p.field), 100),
  p.problem, left(p.value, 100), left(p.params, 200)
from (select distinct on (kind, line) * from staging.problems order by kind, line, n) p
join staging.files f on f.kind = p.kind
left join staging.shown_columns c on c.kind = p.kind and c.field = p.field"""

_DOUBT = """\
insert into import_problems (id, run_id, kind, file, line, field, problem, value, params)
values (:id, :run, :kind, left(:file, 200), :line, left(:field, 100), :problem, left(:value, 100),
  left(:params, 200))"""

_FINISH = """\
update import_runs set state = :state, finished_at = :at, result = :result::jsonb
where id = :run"""


async def begin(
    session: AsyncSession,
    actor: Actor,
    mapping: HistoryMapping,
    fingerprint: str,
    files: Sequence[SourceFile],
) -> tuple[UUID, bool]:
    """Return the run of these files, and whether it goes on with one that broke off.

    The caller holds the lock of all imports, so that what seems to run and is another is dead.
    """
    found = (await run(session, _FIND, fingerprint=fingerprint)).first()
    run_id = new_id() if found is None else found.id
    await run(session, _ABANDON, at=now(), run=run_id)
    if found is None:
        # A file of which several kinds are read is one file.
        sizes = {file.path.name: file.path.stat().st_size for file in files}
        named = json.dumps([{"name": name, "size": size} for name, size in sizes.items()])
        params = {"source": mapping.source.name, "fingerprint": fingerprint, "user": actor.user_id}
        params |= {"name": mapping.name, "mapping": mapping.text}
        await run(session, _BEGIN, id=run_id, files=named, **params)
    return run_id, found is not None


async def take_up(
    session: AsyncSession, run_id: UUID, source: str, fingerprint: str
) -> tuple[UUID, bool]:
    """Begin a run that the console prepared; like ``begin``."""
    await run(session, _ABANDON, at=now(), run=run_id)
    await run(session, _TAKE_UP, run=run_id, source=source, fingerprint=fingerprint)
    return run_id, bool((await run(session, _HAS_STEPS, run=run_id)).scalar_one())


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


async def keep_problems(session: AsyncSession, run_id: UUID, mapping: HistoryMapping) -> None:
    """Keep the first problem of each refused row."""
    columns = {"kind": pl.String, "field": pl.String, "shown": pl.String}
    frame = pl.DataFrame(shown_columns(mapping), schema=columns, orient="row")
    await run(session, _SHOWN_COLUMNS)
    await copy_frame(session, "shown_columns", frame)
    for statement in (_FORGET_PROBLEMS, _PROBLEMS):
        await run(session, statement, run=run_id)


async def keep_doubts(session: AsyncSession, run_id: UUID, doubts: Sequence[Problem]) -> None:
    """Keep why files were not read at all."""
    await run(session, _FORGET_PROBLEMS, run=run_id)
    for doubt in doubts:
        await run(session, _DOUBT, id=new_id(), run=run_id, **vars(doubt))


async def finish(session: AsyncSession, run_id: UUID, state: str, result: dict[str, Any]) -> None:
    """End a run with its result."""
    params = {"state": state, "at": now(), "result": json.dumps(result, default=str)}
    await run(session, _FINISH, run=run_id, **params)
