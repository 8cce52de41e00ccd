"""The checklist of the first steps: how far the workspace has come."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.queries.checklists import CHECKLISTS, Step, progress
from app.services.checklists import hide
from state.base import ConsoleState
from state.gate import SIGNED_IN, acting, needs

__all__ = ["CHECKLISTS", "ChecklistState", "Step"]


class ChecklistState(ConsoleState, rx.State):
    """What is done is what the data says is done."""

    shown: bool = False
    done: list[str] = []

    @rx.event
    @needs(SIGNED_IN)
    async def load(self) -> None:
        """Read how far the workspace has come; a finished list shows no more."""
        actor = acting().actor
        found = await progress(actor)
        self.done = list(found.done)
        steps = CHECKLISTS[actor.scope].steps if actor.scope in CHECKLISTS else ()
        self.shown = not found.hidden and len(found.done) < len(steps)

    @rx.event
    @needs(SIGNED_IN)
    async def hide(self) -> Any:
        """Show it no more to this person in this workspace."""
        who = acting()
        await hide(who.actor)
        self.shown = False
        return rx.toast.success(who.text(N_("The checklist is hidden.")))
