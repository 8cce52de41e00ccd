"""The platform's people at their desks: acting in a workspace, calling a state's handlers."""

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.access import PERMISSIONS, Actor, Scope
from app.kit.ids import new_id
from app.routes import Workspace
from app.services.sessions import Entered
from state.gate import OF_SCREEN, Acting, acting_as

EVERYTHING = frozenset(p for p in PERMISSIONS if p.startswith("platform:"))


def actor(*permissions: str) -> Actor:
    """Somebody of the platform; without permissions named, with all of them."""
    return Actor(Scope.PLATFORM, permissions=frozenset(permissions) or EVERYTHING, locale="en")


@contextmanager
def at(page: str, who: Actor | None = None) -> Iterator[Acting]:
    """Act in the platform's workspace on a page such as ``orders/123``."""
    entered = Entered(new_id(), new_id(), "Lin", "lin@test.example", "en", False, "", False)
    acting = Acting(who or actor(), entered, Workspace("platform"), f"/platform/main/{page}")
    with acting_as(acting):
        yield acting


async def call(state: Any, handler: str, *args: Any) -> list[Any]:
    """Run a handler of a state; return what it sent to the browser."""
    function = getattr(type(state), handler).fn
    if inspect.isasyncgenfunction(function):
        return [step async for step in function(state, *args)]
    answer = await function(state, *args)
    return [] if answer is None else [answer]


def said(events: Iterable[Any]) -> str:
    """Return all that was sent to the browser as one text."""
    return " ".join(str(event) for event in events)


@pytest.fixture
def query(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The parameters of the address that lists read; fill it before loading."""
    from app.queries.resource import ListQuery
    from state.listing import ListState

    params: dict[str, str] = {}
    monkeypatch.setattr(ListState, "_query", lambda self: ListQuery.of(self.resource, params))
    return params


__all__ = ["EVERYTHING", "OF_SCREEN", "actor", "at", "call", "query", "said"]
