"""A distributor's desk for tests: its market, its actor, and its states without a browser."""

import inspect
from typing import Any, TypeVar

from reflex.state import BaseState

from app.access import BUILT_IN_ROLES, Actor, Scope
from app.kit.ids import new_id
from app.routes import Workspace
from app.services.sessions import Entered
from state.gate import Acting
from tests.integration.market import Market

S = TypeVar("S", bound=BaseState)


def permissions_of(role: str) -> frozenset[str]:
    """Return what a built-in role may do."""
    return next(r.permissions for r in BUILT_IN_ROLES if r.code == role)


def seller(market: Market, role: str = "owner", locale: str = "en") -> Actor:
    """Return somebody who works for the market's distributor."""
    return Actor(
        Scope.DISTRIBUTOR,
        new_id(),
        market.distributor,
        permissions=permissions_of(role),
        locale=locale,
    )


def at(actor: Actor, page: str) -> Acting:
    """Return an event of the actor on a page of the workspace."""
    user = Entered(
        user_id=actor.user_id or new_id(),
        session_id=new_id(),
        name="Su",
        email="su@test.example",
        locale=actor.locale,
        totp_enabled=False,
        merchant_name="M",
        is_suspended=False,
    )
    workspace = Workspace("distributor", "m")
    return Acting(actor, user, workspace, f"{workspace.path}/{page}")


async def do(state: BaseState, name: str, *arguments: Any) -> Any:
    """Call a handler as an event would, without the gate before it."""
    handler = type(state).event_handlers[name].fn
    if inspect.isasyncgenfunction(handler):
        return [step async for step in handler(state, *arguments)]
    return await handler(state, *arguments)


def said(outcome: Any) -> str:
    """Return what a toast says, as text to search in."""
    events = outcome if isinstance(outcome, list) else [outcome]
    return " ".join(str(event) for event in events)
