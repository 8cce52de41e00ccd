"""Why a page could not be shown, said in the place of what would stand there."""

import reflex as rx
from reflex.state import BaseState, StateUpdate

from app.kit.errors import Forbidden, NotFound, TradeError, Unavailable

LOADS = ("load", "load_all")
"""What handlers are called that fill a page when it is entered or its address changes."""

_KINDS: tuple[tuple[type[TradeError], str], ...] = (
    (Forbidden, "denied"),
    (NotFound, "missing"),
    (Unavailable, "away"),
    (TradeError, "refused"),
)


class PageFault(rx.State):
    """What stands above a page that was not filled; all empty while nothing is wrong."""

    kind: str = ""
    """``denied``, ``missing``, ``away``, ``refused`` or ``broken``; each has its own words."""
    said: str = ""
    """Why it was refused, in the reader's language."""


def is_load(event_name: str) -> bool:
    """Say whether an event fills a page."""
    return event_name.rpartition(".")[2] in LOADS


def kind_of(error: Exception) -> str:
    """Return the kind of fault that an error is to the reader of a page."""
    return next((kind for cls, kind in _KINDS if isinstance(error, cls)), "broken")


async def show_fault(state: BaseState, error: Exception, said: str) -> None:
    """Let the page say why it is not filled."""
    fault = await state.get_state(PageFault)
    fault.kind, fault.said = kind_of(error), said


async def clear_fault(state: BaseState) -> None:
    """Forget what was wrong with the page before."""
    fault = await state.get_state(PageFault)
    if fault.kind:
        fault.kind = fault.said = ""


async def fault_update(root: BaseState, error: Exception, said: str) -> StateUpdate:
    """Return the update by which a page says that its load was refused before it began.

    It holds that alone: nothing else of the tab's state goes to whoever was refused.
    """
    await show_fault(root, error, said)
    fault = await root.get_state(PageFault)
    delta = await fault._get_resolved_delta()
    fault._clean()
    return StateUpdate(delta=delta)
