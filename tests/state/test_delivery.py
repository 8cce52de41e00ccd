"""To whom an update is delivered; the served app is tried in tests/integration/test_raw_socket."""

import pickle
from types import SimpleNamespace
from typing import Any, cast

import reflex as rx
from reflex.state import StateUpdate
from reflex.utils.token_manager import LocalTokenManager, SocketRecord
from reflex_base.event.context import EventContext

from app.services.sessions import COOKIE
from state.delivery import deliver_only_to_askers


class Sent:
    """An app whose websockets only note what they are given to send."""

    def __init__(self) -> None:
        self.updates: list[StateUpdate] = []
        self.manager = LocalTokenManager()
        self.namespace = SimpleNamespace(
            _token_manager=self.manager, _static_router_data={}, emit_update=self._emit
        )
        deliver_only_to_askers(cast("rx.App", SimpleNamespace(event_namespace=self.namespace)))

    async def _emit(self, update: StateUpdate, token: str) -> None:
        self.updates.append(update)

    def connect(self, sid: str, session: str, instance: str | None = None) -> None:
        self.manager.token_to_socket["tab"] = SocketRecord(
            instance_id=instance or self.manager.instance_id, sid=sid
        )
        if instance is None:
            self.namespace._static_router_data[sid] = _router(session)

    async def send(self, update: StateUpdate, asked_by: str | None) -> bool:
        before = len(self.updates)
        if asked_by is None:
            await self.namespace.emit_update(update, "tab")
        else:
            context = cast("Any", SimpleNamespace(router_data=_router(asked_by)))
            token = EventContext.set(context)
            try:
                await self.namespace.emit_update(update, "tab")
            finally:
                EventContext.reset(token)
        return len(self.updates) > before


def _router(session: str) -> dict[str, Any]:
    return {"headers": {"cookie": f"{COOKIE}={session}"}}


async def test_only_the_session_that_asked_gets_the_answer() -> None:
    app = Sent()
    app.connect("s1", "anna")
    assert await app.send(StateUpdate(), "anna")
    assert not await app.send(StateUpdate(), "bert")
    app.connect("s2", "bert")
    assert not await app.send(StateUpdate(), "anna")


async def test_what_nobody_is_known_to_have_asked_for_goes_nowhere() -> None:
    app = Sent()
    app.connect("s1", "anna")
    assert not await app.send(StateUpdate(), None)


async def test_the_process_that_has_the_socket_looks_too() -> None:
    here, there = Sent(), Sent()
    here.connect("s1", "", instance="another process")
    assert await here.send(StateUpdate(delta={"state": {"secret": 1}}), "anna")
    handed_on = pickle.loads(pickle.dumps(here.updates[0]))
    there.connect("s1", "bert")
    assert not await there.send(handed_on, None)
    there.connect("s2", "anna")
    assert await there.send(handed_on, None)
