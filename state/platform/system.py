"""The installation's health: its parts, the queue, and the comparison of all invariants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from app.access import Actor
from app.analytics.snapshots.checking import MEANING
from app.kit.i18n import N_, moment_text
from app.queries.health import Health, VerifyReport, health
from app.queries.lists.house import JOBS
from app.services import jobs, verify_runs
from app.services.verification import CHECKS
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.screens import Action, Values

_WRITE = "platform:system:write"
_MIB = 2**20
MEANINGS = tuple((meaning, meaning) for meaning in (*(c.meaning for c in CHECKS), MEANING))
"""The invariants in words, by themselves: a report holds their English text."""


@dataclass
class PartView:
    """A part of the installation: its name in both languages' catalogs, and how it is."""

    name: str
    says: str
    state: str


@dataclass
class CheckView:
    """An invariant, and the first rows that break it."""

    name: str
    meaning: str
    ok: bool
    rows: list[str]


class SystemState(ConsoleState, rx.State):
    """What the page shows above the queue."""

    permission: ClassVar[str] = "platform:system:read"

    parts: list[PartView] = []
    versions: list[list[str]] = []
    waiting: int = 0
    failed: int = 0
    running: int = 0
    database_size: str = ""
    folder_size: str = ""
    verify_state: str = ""
    verify_at: str = ""
    verify_by: str = ""
    checks: list[CheckView] = []
    loaded: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Look at everything, then read the list of jobs."""
        self._show(await health(acting().actor))
        return JobsState.load

    @rx.event
    @needs(OF_SCREEN)
    async def look_again(self) -> None:
        """Look at everything once more."""
        self._show(await health(acting().actor))

    @rx.event
    @needs(_WRITE)
    async def run_verify(self) -> Any:
        """Let the worker compare all invariants."""
        who = acting()
        await verify_runs.ask(who.actor)
        self._show(await health(who.actor))
        return rx.toast.success(who.text("The check has started; refresh in a moment."))

    def _show(self, found: Health) -> None:
        who = acting()
        self.parts = [
            PartView(
                who.text(part.name),
                who.text(part.says, **part.params),
                "OK" if part.ok else "BROKEN" if part.needed else "NOTE",
            )
            for part in found.parts
        ]
        self.versions = [list(pair) for pair in found.versions]
        self.waiting, self.failed, self.running = found.waiting, found.failed, found.running
        self.database_size = f"{found.database_bytes / _MIB:,.0f} MB"
        self.folder_size = f"{found.folder_bytes / _MIB:,.1f} MB"
        self._show_verify(found.verify)
        self.loaded = True

    def _show_verify(self, run: VerifyReport | None) -> None:
        self.checks = []
        if run is None:
            self.verify_state = "NEVER"
            return
        self.verify_at = moment_text(run.finished_at or run.requested_at)
        self.verify_by = run.requested_by
        self.verify_state = "RUNNING" if run.ok is None else "GOOD" if run.ok else "BROKEN"
        self.checks = [
            CheckView(c["name"], c["meaning"], c["ok"], [_row_text(row) for row in c["rows"]])
            for c in run.checks
        ]


def _row_text(row: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in row.items())


async def _retry(actor: Actor, keys: Sequence[Any], values: Values) -> int:
    del values
    return await jobs.retry(actor, keys)


async def _discard(actor: Actor, keys: Sequence[Any], values: Values) -> int:
    del values
    return await jobs.discard(actor, keys)


class JobsState(ListState, rx.State):
    """The jobs of the queue."""

    resource: ClassVar = JOBS
    key_of: ClassVar = int
    actions: ClassVar = (
        Action("retry", N_("Run again"), _WRITE, _retry, icon="rotate-ccw",
               when=("status", ("failed",)), done=N_("Waiting again: %(count)s."),
               did=N_("Waiting again")),
        Action("discard", N_("Discard"), _WRITE, _discard, icon="trash-2", danger=True,
               when=("status", ("failed",)),
               question=N_("The job's work will not be done."),
               done=N_("Discarded: %(count)s."), did=N_("Discarded")),
    )  # fmt: skip
