"""One import as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.lists.imports import STATE_SQL


@dataclass(frozen=True)
class ImportRunRow:
    """An import with what its last step found; ``result`` is the report of check or import."""

    id: UUID
    state: str
    source: str
    by: str
    is_wizard: bool
    files: Sequence[Mapping[str, Any]]
    mapping_name: str
    mapping: str
    progress: Mapping[str, Any]
    result: Mapping[str, Any]
    is_cancelling: bool
    has_written: bool
    started_at: datetime
    finished_at: datetime | None
    row_version: int


_RUN = f"""\
select r.id, {STATE_SQL} as state, r.source, coalesce(u.name, '') as by, r.is_wizard, r.files,
  r.mapping_name, r.mapping, r.progress, r.result, r.cancel_at is not null as is_cancelling,
  exists (select 1 from import_steps s where s.run_id = r.id) as has_written, r.started_at,
  r.finished_at, r.row_version
from import_runs r left join users u on u.id = r.user_id where r.id = :id"""

_MAPPINGS = """\
select * from (select distinct on (source) id, source, mapping_name from import_runs
  where mapping <> '' and source <> '' order by source, started_at desc) m
order by source limit 50"""


async def import_run(actor: Actor, run_id: UUID) -> ImportRunRow:
    """Return a run. Raises Forbidden or NotFound."""
    actor.require("platform:imports:read")
    async with database().transaction(actor) as session:
        row = (await session.execute(text(_RUN), {"id": run_id})).mappings().first()
    if row is None:
        raise NotFound()
    return ImportRunRow(**row)


async def known_mappings(actor: Actor) -> list[tuple[str, str, str]]:
    """Return run, source and file name of the newest mapping of each source."""
    actor.require("platform:imports:read")
    async with database().transaction(actor) as session:
        found = await session.execute(text(_MAPPINGS))
        return [(str(row.id), row.source, row.mapping_name) for row in found]
