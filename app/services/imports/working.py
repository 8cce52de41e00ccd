"""What the worker does with a run of the wizard: check it or import it, telling how far it is.

Every few seconds it says that it lives and looks whether somebody wants it to stop. A run whose
worker died is taken up by another one (``take_up_lost``); the journal lets it go on where it was.
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from app.access import SYSTEM
from app.kit.clock import now
from app.kit.db import Database
from app.kit.errors import TradeError, Unavailable
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.imports import journal, kept
from app.services.imports.history import (
    ImportRuns,
    Progress,
    alone,
    bring,
    leaving_nothing_staged,
)
from app.services.imports.mapping import HistoryMapping, parse_mapping
from app.services.imports.report import Report
from app.services.imports.runs import BEATS, hand_over

log = structlog.get_logger()

KEPT = timedelta(days=30)
"""So long the files of an import wait for somebody to go on with it."""

BEAT = 2.0
"""Seconds between two signs of life."""

WAITING = "waiting"
"""The step of a run that waits for another import to end."""

_CLAIM = text(
    "update import_runs set beat_at = :at where id = :id and is_wizard"
    " and state in ('CHECKING', 'QUEUED', 'RUNNING')"
    f" and (beat_at is null or beat_at < now() - interval '{BEATS} seconds')"
    " returning id, state, files, mapping_name, mapping, cancel_at is not null as is_cancelled,"
    " user_id"
)

_BEAT = text(
    "update import_runs set beat_at = :at, progress = cast(:progress as jsonb) where id = :id"
    " returning cancel_at is not null"
)

_WAIT = text(
    "update import_runs set beat_at = null, asked_at = :at, progress = cast(:progress as jsonb)"
    " where id = :id"
)

_LOST = text(
    "select id from import_runs where is_wizard and state in ('CHECKING', 'QUEUED', 'RUNNING')"
    f" and coalesce(beat_at, asked_at) < now() - interval '{BEATS} seconds'"
)

_FORGOTTEN = text(
    "select id, files from import_runs where is_wizard and files <> '[]' and state <> 'DONE'"
    " and state not in ('CHECKING', 'QUEUED', 'RUNNING')"
    " and coalesce(asked_at, started_at) < :since for update"
)

_NOTIFY = text(
    "insert into notifications (id, scope, kind, params, path) values (:id, 'platform',"
    " :kind, cast(:params as jsonb), :path)"
)

_END = text(
    "update import_runs set state = cast(:state as text), beat_at = null, cancel_at = null,"
    " progress = '{}',"
    " result = cast(:result as jsonb), source = coalesce(nullif(:source, ''), source),"
    " finished_at = case when cast(:state as text) in ('STOPPED', 'CANCELLED')"
    "  then cast(:at as timestamptz) end"
    " where id = :id"
)


@dataclass(frozen=True)
class _Task:
    id: UUID
    state: str
    files: list[dict[str, Any]]
    mapping_name: str
    mapping: str
    is_cancelled: bool
    user_id: UUID | None

    @property
    def is_check(self) -> bool:
        return self.state == "CHECKING"


@dataclass
class _Seen:
    """The newest progress of each step, in the order in which they began."""

    steps: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def note(self, progress: Progress) -> None:
        self.steps[progress.step] = [progress.done, progress.total]

    def as_json(self) -> str:
        return json.dumps({"steps": [[step, *counts] for step, counts in self.steps.items()]})


async def carry_out(run_id: UUID, writer: Database | None = None) -> None:
    """Do what a run waits for; one that has a living worker is left alone.

    ``writer`` is that of ``bring``.
    """
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        row = (await session.execute(_CLAIM, {"id": run_id, "at": now()})).mappings().first()
    if row is None:
        return
    task = _Task(**row)
    try:
        if task.is_cancelled:
            raise _Cancelled()
        await _end(task, await _watched(task, writer))
    except ImportRuns:
        await _wait(run_id)
    except _Cancelled:
        await _end_cancelled(task)
    except Unavailable:
        # The run keeps its last beat, and is taken up again when that is old.
        raise
    except TradeError as error:
        fault = {"message": error.message, "params": {k: str(v) for k, v in error.params.items()}}
        await _finish(task, "CHECKED" if task.is_check else "STOPPED", _in_doubt(fault))
    except Exception:
        fault = {"message": N_("That went wrong on our side. Please try again.")}
        await _finish(task, "CHECKED" if task.is_check else "STOPPED", _in_doubt(fault, "failed"))
        raise


async def _wait(run_id: UUID) -> None:
    """Leave a run as if nobody had taken it up, so that it is tried again in a while."""
    progress = _Seen({WAITING: [0, 0]}).as_json()
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        await session.execute(_WAIT, {"id": run_id, "at": now(), "progress": progress})


async def take_up_lost() -> None:
    """Put runs that lost their worker, or wait for another import, into the queue again."""
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        for row in (await session.execute(_LOST)).all():
            log.warning("import taken up again", run=str(row.id))
            await hand_over(session, row.id)


async def tidy() -> int:
    """Forget the files of imports that nobody went on with; return how many imports.

    They hold people's addresses, so they do not lie about for ever; nor do the staged rows of an
    import that was killed.
    """
    with contextlib.suppress(ImportRuns):
        async with alone(), leaving_nothing_staged(SYSTEM):
            pass
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        found = (await session.execute(_FORGOTTEN, {"since": now() - KEPT})).all()
        ids = [row.id for row in found]
        await session.execute(
            text("update import_runs set files = '[]' where id = any(:ids)"), {"ids": ids}
        )
    for row in found:
        await kept.drop(row.id, kept.names(row.files))
    return len(found)


class _Cancelled(Exception):
    """Somebody wants the run to stop."""


class FileGone(TradeError):
    """A file of the run is not where it was kept; without it the import would not be whole."""

    code = "import_file_gone"
    status = 409
    message = "The file %(file)s is no longer available. Add it again."


async def _watched(task: _Task, writer: Database | None) -> Report:
    """Work on a run, with a beat beside it. Raises _Cancelled once the work has stopped."""
    seen = _Seen()
    work = asyncio.ensure_future(_work(task, seen, writer))
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=BEAT)
            if not work.done() and await _beat(task.id, seen):
                work.cancel()
                await asyncio.wait({work})
                if work.cancelled():
                    raise _Cancelled()
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
    return work.result()


async def _beat(run_id: UUID, seen: _Seen) -> bool:
    """Say how far a run is; return whether somebody wants it to stop."""
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        params = {"id": run_id, "at": now(), "progress": seen.as_json()}
        return bool(await session.scalar(_BEAT, params))


async def _work(task: _Task, seen: _Seen, writer: Database | None) -> Report:
    mapping = HistoryMapping()
    if task.mapping:
        mapping = parse_mapping(task.mapping, task.mapping_name or "mapping.toml")
    with tempfile.TemporaryDirectory(prefix="tongshang-import-") as folder:
        for place, file in enumerate(task.files):
            seen.note(Progress("fetch", place, len(task.files)))
            if not await kept.fetch(task.id, str(file["name"]), Path(folder)):
                raise FileGone(file=file["name"])
        seen.note(Progress("fetch", len(task.files), len(task.files)))
        return await bring(
            # In the name of whoever started it, who may have left the page.
            replace(SYSTEM, user_id=task.user_id),
            Path(folder),
            mapping,
            dry=task.is_check,
            watch=seen.note,
            run_id=task.id,
            writer=writer,
        )


async def _end(task: _Task, report: Report) -> None:
    # Problems are rows of their own.
    result: dict[str, Any] = report.as_dict("en") | {"problems": None}
    if task.is_check:
        await _finish(task, "CHECKED", result, report.source)
    elif report.state == "stopped":
        await _finish(task, "STOPPED", result, report.source)
        await _tell(task, "import_stopped", report.source)
    else:
        # The import itself has ended the run; what it worked on is in the database now.
        await kept.drop(task.id, kept.names(task.files))
        await _tell(task, "import_done", report.source)


async def _tell(task: _Task, kind: str, source: str) -> None:
    """Put a notice into the platform's inbox, for whoever has left the page."""
    params = {"kind": kind, "params": json.dumps({"source": source})}
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        await session.execute(_NOTIFY, {"id": new_id(), "path": f"imports/{task.id}", **params})


async def _end_cancelled(task: _Task) -> None:
    if task.is_check:
        await _finish(task, "DRAFT", {})
        return
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        written = await journal.written(session, task.id)
    counts = {kind: {"written": rows} for kind, rows in written.items()}
    await _finish(task, "CANCELLED", {"state": "cancelled", "counts": counts})


def _in_doubt(fault: Mapping[str, Any], state: str = "stopped") -> dict[str, Any]:
    return {"state": state, "fault": dict(fault)}


async def _finish(task: _Task, state: str, result: Mapping[str, Any], source: str = "") -> None:
    params = {
        "id": task.id,
        "state": state,
        "result": json.dumps(result, default=str),
        "source": source,
        "at": now(),
    }
    async with engine_transaction(SYSTEM, "imports.prepare") as session:
        await session.execute(_END, params)
