"""An import as the console prepares it: files come in, a mapping is chosen, the worker is asked.

A run is a row of ``import_runs``. Each step moves it from some states to another in one statement,
so that two people or two clicks never do a step twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.defer import defer
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.imports import kept
from app.services.imports.mapping import MappingWrong, parse_mapping
from app.services.inputs import text_of
from app.services.versions import check_version
from models.imports import RunState

WRITE = "platform:imports:write"
MOST_MAPPING = 200_000
"""So many characters a mapping may have."""

BEATS = 20
"""After so many seconds without a sign of life a run has lost its worker."""

UNDER_WAY = (RunState.CHECKING, RunState.QUEUED, RunState.RUNNING)
PREPARED = (RunState.CHECKED, RunState.STOPPED, RunState.CANCELLED)
"""The states of a run from which its preparation can be changed again."""


class MovedOn(Conflict):
    """The run is no longer where the step begins."""

    code = "import_moved_on"
    message = "This import has changed in the meantime. Reload to see its current state."


@dataclass(frozen=True)
class Run:
    """A run of the wizard as its steps see it."""

    id: UUID
    state: str
    files: Sequence[Mapping[str, Any]]
    mapping_name: str
    mapping: str
    result: Mapping[str, Any]


async def start(actor: Actor) -> UUID:
    """Begin a new import without files. Raises Forbidden."""
    actor.require(WRITE)
    run_id = new_id()
    async with engine_transaction(actor, "imports.prepare") as session:
        await session.execute(
            text(
                "insert into import_runs (id, state, user_id, is_wizard)"
                " values (:id, 'DRAFT', :user, true)"
            ),
            {"id": run_id, "user": actor.user_id},
        )
    return run_id


async def choose_mapping(
    actor: Actor, run_id: UUID, typed: str, name: str, version: int | None = None
) -> None:
    """Keep the mapping of a draft; an empty text is the canonical layout.

    ``version`` is that of the run; see ``check_version``. Raises Invalid, Stale.
    """
    actor.require(WRITE)
    typed = text_of("mapping", typed, MOST_MAPPING, lines=True)
    name = text_of("mapping", name, 80)
    source = ""
    if typed:
        try:
            source = parse_mapping(typed, name or "mapping.toml").source.name
        except MappingWrong as error:
            raise Invalid({"mapping": str(error.params["reason"])}) from error
    async with engine_transaction(actor, "imports.prepare") as session:
        await check_version(session, "import_runs", run_id, version)
        await _move(
            session,
            run_id,
            (RunState.DRAFT,),
            "mapping = :mapping, mapping_name = :name, source = :source",
            mapping=typed,
            name=name if typed else "",
            source=source,
        )


async def check(actor: Actor, run_id: UUID) -> None:
    """Let the worker check the files of a draft. Raises Invalid without files, or MovedOn."""
    await _ask(actor, run_id, (RunState.DRAFT,), RunState.CHECKING)


async def carry_on(actor: Actor, run_id: UUID) -> None:
    """Let the worker import what was checked, or go on with what was cancelled or broke off.

    Raises Invalid where the files are in doubt, or MovedOn.
    """
    await _ask(actor, run_id, PREPARED, RunState.QUEUED)


async def _ask(actor: Actor, run_id: UUID, begin: Sequence[str], state: str) -> None:
    actor.require(WRITE)
    async with engine_transaction(actor, "imports.prepare") as session:
        run = await _find(session, run_id)
        if not run.files:
            raise Invalid({"files": N_("Add at least one file first.")})
        if state == RunState.QUEUED and run.result.get("state") == "stopped":
            raise Invalid(
                {"files": N_("The files cannot be read as they are. Correct them first.")}
            )
        await _move(
            session,
            run_id,
            begin,
            "state = :state, asked_at = :at, beat_at = null, cancel_at = null, progress = '{}',"
            " finished_at = null",
            state=state,
            at=now(),
        )
        await hand_over(session, run_id)


async def hand_over(session: AsyncSession, run_id: UUID) -> None:
    """Put a run into the worker's queue, where it waits at most once."""
    await defer(session, "tongshang:carry_out_import", once=f"import:{run_id}", run_id=str(run_id))


async def change(actor: Actor, run_id: UUID) -> None:
    """Go back to the files and the mapping of a run that was checked. Raises MovedOn."""
    actor.require(WRITE)
    async with engine_transaction(actor, "imports.prepare") as session:
        await _move(session, run_id, PREPARED, "state = 'DRAFT', result = '{}'")
        await _forget_problems(session, run_id)


async def cancel(actor: Actor, run_id: UUID) -> None:
    """Stop what the worker does with a run, or would do. Raises MovedOn.

    What was written stays: whole orders, and the run can be carried on.
    """
    actor.require(WRITE)
    async with engine_transaction(actor, "imports.prepare") as session:
        # A worker that lives hears of it with its next beat; without one nobody has to.
        lives = f"beat_at > now() - interval '{BEATS} seconds'"
        stopped = "case state when 'CHECKING' then 'DRAFT' else 'CANCELLED' end"
        await _move(
            session,
            run_id,
            UNDER_WAY,
            f"cancel_at = :at, state = case when {lives} then state else {stopped} end,"
            f" finished_at = case when {lives} or state = 'CHECKING' then null else :at end",
            at=now(),
        )


async def discard(actor: Actor, run_id: UUID) -> None:
    """Forget a run that wrote nothing, with its files. Raises MovedOn."""
    actor.require(WRITE)
    async with engine_transaction(actor, "imports.prepare") as session:
        run = await _find(session, run_id)
        gone = await session.execute(
            text(
                "delete from import_runs r where id = :id and state = any(:states) and not exists"
                " (select 1 from import_steps s where s.run_id = r.id)"
            ),
            {"id": run_id, "states": [RunState.DRAFT, *PREPARED]},
        )
        if not gone.rowcount:  # type: ignore[attr-defined]
            raise MovedOn()
    await kept.drop(run_id, kept.names(run.files))


_FIND = text(
    "select id, state, files, mapping_name, mapping, result from import_runs"
    " where id = :id and is_wizard for update"
)


async def _find(session: AsyncSession, run_id: UUID) -> Run:
    row = (await session.execute(_FIND, {"id": run_id})).mappings().first()
    if row is None:
        raise NotFound()
    return Run(**row)


async def _move(
    session: AsyncSession, run_id: UUID, begin: Sequence[str], changes: str, **params: object
) -> None:
    """Change a run that stands in one of the states ``begin``. Raises NotFound or MovedOn."""
    run = await _find(session, run_id)
    if run.state not in begin:
        raise MovedOn()
    await session.execute(
        text(f"update import_runs set {changes} where id = :id"),
        {"id": run_id, **params},
    )


async def _forget_problems(session: AsyncSession, run_id: UUID) -> None:
    await session.execute(text("delete from import_problems where run_id = :id"), {"id": run_id})
