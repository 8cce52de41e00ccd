"""Tabs of browsers without a browser: events go through Reflex's real pipeline and our gate."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State
from reflex_base.event import Event
from reflex_base.event.processor.base_state_processor import BaseStateEventProcessor
from reflex_base.utils.format import json_dumps

from app.kit.ids import new_id
from app.services.sessions import COOKIE
from state.page_fault import PageFault


@dataclass
class Answer:
    """What the browser gets of one event and of those that it caused."""

    deltas: list[Mapping[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it as text, to look for what must not be there."""
        # Serialised as for the socket, where Reflex leaves credentials out of the headers.
        shown = [self.deltas, [[event.name, event.payload] for event in self.events]]
        text = json_dumps(shown, ensure_ascii=False)
        # What a toast says is a script within the JSON, in which Chinese is escaped once more.
        return re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of any state was sent but that the page may not be opened."""
        names = {name for delta in self.deltas for name in delta}
        return names <= {PageFault.get_full_name()}

    @property
    def fault(self) -> str:
        """The kind of fault that stands in the place of the page, if any."""
        return (
            self.var(PageFault, "kind")
            if any(PageFault.get_full_name() in delta for delta in self.deltas)
            else ""
        )

    def var(self, state: type[State], name: str) -> Any:
        """Return the newest value of a var that was sent."""
        found = [
            delta[state.get_full_name()] for delta in self.deltas if state.get_full_name() in delta
        ]
        sent = {key.split("_rx_")[0]: value for part in found for key, value in part.items()}
        return sent[name]


class Pipeline:
    """The server's side of any number of tabs."""

    def __init__(self, processor: BaseStateEventProcessor, answers: dict[str, Answer]) -> None:
        self.processor = processor
        self.answers = answers

    def tab(self, cookie: str | None, path: str, token: str | None = None) -> "Tab":
        """Open a tab with a session's cookie; ``token`` names one that is there already."""
        return Tab(self, cookie, path, token or new_id().hex)


@dataclass
class Tab:
    """One tab: its cookie, the address it shows, the token that names its state."""

    pipeline: Pipeline
    cookie: str | None
    path: str
    token: str

    async def send(
        self, state: type[Any], name: str, payload: dict[str, Any] | None = None, **args: Any
    ) -> Answer:
        """Send an event as the browser would and return all that comes back."""
        event = self._event(state, name, args if payload is None else payload)
        answer = self.pipeline.answers[self.token] = Answer()
        future = await self.pipeline.processor.enqueue(self.token, event)
        await asyncio.wait_for(future.wait_all(), timeout=20)
        return answer

    async def send_named(self, full_name: str, payload: dict[str, Any]) -> Answer:
        """Send an event by its whole name, as anybody with a websocket can."""
        answer = self.pipeline.answers[self.token] = Answer()
        event = Event(name=full_name, payload=payload, router_data=self._router())
        future = await self.pipeline.processor.enqueue(self.token, event)
        with suppress(Exception):
            # What a handler raises is told to the log.
            await asyncio.wait_for(future.wait_all(), timeout=20)
        return answer

    async def leave(self, state: type[Any], name: str, reached: asyncio.Event) -> None:
        """Send an event and cancel it at a point, as Reflex does where the page is left."""
        self.pipeline.answers[self.token] = Answer()
        future = await self.pipeline.processor.enqueue(self.token, self._event(state, name, {}))
        await asyncio.wait_for(reached.wait(), timeout=20)
        future.cancel()
        await self.pipeline.processor.join(timeout=20)

    async def drop(self, state: type[Any], name: str, payload: dict[str, Any]) -> Answer:
        """Send an event that has no handler, for whose end nobody can wait."""
        answer = self.pipeline.answers[self.token] = Answer()
        await self.pipeline.processor.enqueue(self.token, self._event(state, name, payload))
        await self.pipeline.processor.join(timeout=20)
        return answer

    def _event(self, state: type[Any], name: str, payload: dict[str, Any]) -> Event:
        full_name = f"{state.get_full_name()}.{name}"
        return Event(name=full_name, payload=payload, router_data=self._router())

    def _router(self) -> dict[str, Any]:
        return {
            "asPath": self.path,
            "pathname": self.path.split("?", maxsplit=1)[0],
            "token": self.token,
            "headers": {"cookie": f"{COOKIE}={self.cookie}" if self.cookie else ""},
        }

    async def state(self, cls: type[Any]) -> Any:
        """Look at a state of this tab on the server."""
        manager = self.pipeline.processor._root_context.state_manager  # type: ignore[union-attr]
        root = await manager.get_state(BaseStateToken(ident=self.token, cls=cls))
        return await root.get_state(cls)


@asynccontextmanager
async def running(app: rx.App) -> AsyncIterator[Pipeline]:
    """Run the pipeline of an app with states in memory."""
    answers: dict[str, Answer] = {}

    async def emit_delta(token: str, delta: Mapping[str, Any]) -> None:
        answers[token].deltas.append(delta)

    async def emit_event(token: str, *events: Event) -> None:
        answers[token].events.extend(events)

    with app.set_contexts():
        processor = BaseStateEventProcessor(middleware=app).configure(
            state_manager=StateManagerMemory()
        )
        object.__setattr__(processor._root_context, "emit_delta_impl", emit_delta)
        object.__setattr__(processor._root_context, "emit_event_impl", emit_event)
        async with processor:
            yield Pipeline(processor, answers)
