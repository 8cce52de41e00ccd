"""Updates go to the session that asked, never to whoever holds the tab's token by then.

Reflex sends an update to the socket that a tab's token is linked to at that moment. The token
stands in an address; somebody who has it could connect as soon as the tab is gone, while its last
event is still under way, and would be handed what that event finds. So every update carries a mark
of the login whose event it answers, and is dropped where the receiving socket shook hands with
another one.
"""

from collections.abc import Mapping
from typing import Any, cast

import reflex as rx
import structlog
from reflex.app import EventNamespace
from reflex.state import StateUpdate
from reflex_base.event.context import EventContext

from state.gate import session_mark

log = structlog.get_logger()


def deliver_only_to_askers(app: rx.App) -> None:
    """Let the app's websockets send so; called once when the app is made."""
    namespace = app.event_namespace
    if namespace is None:
        raise RuntimeError("the app has no websocket; enable_state must be on")
    emit = namespace.emit_update

    async def emit_update(update: StateUpdate, token: str) -> None:
        asker = _asker(update)
        if asker is None or not _is_for(namespace, token, asker):
            log.warning("update dropped", reason="another session holds the tab")
            return
        # With several processes the update may be handed on to the one with the socket, as a whole.
        object.__setattr__(update, "asker", asker)
        await emit(update, token)

    namespace.emit_update = emit_update


def _asker(update: StateUpdate) -> str | None:
    """Return the mark of the login whose event is under way, or which another process noted."""
    noted = getattr(update, "asker", None)
    if noted is not None:
        return cast("str", noted)
    try:
        return session_mark(EventContext.get().router_data)
    except LookupError:
        return None


def _is_for(namespace: EventNamespace, token: str, asker: str) -> bool:
    manager = namespace._token_manager
    socket = manager.token_to_socket.get(token)
    if socket is None or socket.instance_id != manager.instance_id:
        # The process that has the socket looks again.
        return True
    shaken: Mapping[str, Any] | None = namespace._static_router_data.get(socket.sid)
    return shaken is not None and session_mark(shaken) == asker
