"""The checklist of the first steps: how far the workspace has come."""

from typing import Any

import reflex as rx

from app import routes
from app.kit.i18n import N_
from app.queries.checklists import CHECKLISTS, Step, progress
from app.services.checklists import hide, show_again
from state.base import ConsoleState
from state.gate import SIGNED_IN, acting, needs
from state.going import go

__all__ = ["CHECKLISTS", "ChecklistState", "Step"]


class ChecklistState(ConsoleState, rx.State):
    """What is done is what the data says is done."""

    shown: bool = False
    done: list[str] = []
    _asked: bool = False
    """Asked for in this tab, it shows although all is done."""

    @rx.event
    @needs(SIGNED_IN)
    async def load(self) -> None:
        """Read how far the workspace has come; a finished list shows only when asked for."""
        await self._read()

    async def _read(self) -> None:
        actor = acting().actor
        found = await progress(actor)
        self.done = list(found.done)
        steps = CHECKLISTS[actor.scope].steps if actor.scope in CHECKLISTS else ()
        unfinished = not found.hidden and len(found.done) < len(steps)
        self.shown = bool(steps) and (self._asked or unfinished)

    @rx.event
    @needs(SIGNED_IN)
    async def hide(self) -> Any:
        """Show it no more to this person in this workspace."""
        who = acting()
        await hide(who.actor)
        self.shown = self._asked = False
        return rx.toast.success(who.text(N_("The checklist is hidden. Your menu shows it again.")))

    @rx.event
    @needs(SIGNED_IN)
    async def show_again(self) -> Any:
        """Show it on the dashboard, also after it was hidden or finished."""
        who = acting()
        await show_again(who.actor)
        self._asked = True
        await self._read()
        return go(routes.console(who.workspace, "dashboard"))
