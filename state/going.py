"""Leading the browser to an address, inside the console or out of it."""

import json
from typing import Any

import reflex as rx

from app import routes
from state.gate import acting


def go(address: str, *, replace: bool = False) -> Any:
    """Return the event that leads to ``address``.

    The router in the browser knows the console's pages alone, so anything else is loaded as a
    whole; so is another workspace, for nothing of the last one may stay in the tab.
    """
    if routes.workspace_of(address) == acting().workspace:
        return rx.redirect(address, replace=replace)
    verb = "replace" if replace else "assign"
    return rx.call_script(f"location.{verb}({json.dumps(address)})")
