"""What the server keeps of browsers' tabs: small while they rest, nothing soon after they are gone.

Reflex keeps the state of every tab in memory for an hour. A console that is used all day opens
thousands, most of them left at once. Here a tab that has done nothing for a while is parked: its
values are kept pickled and squeezed, and come back with its next event. What has no websocket any
more by then is forgotten; whoever comes back after that gets the page read anew.
"""

import ctypes
import gc
import pickle
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import reflex as rx
import structlog
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken, StateToken
from reflex.state import BaseState

log = structlog.get_logger()

REST_SECONDS = 120
"""After so long without an event a tab is parked, or forgotten if its websocket has ended."""
TRIM_SECONDS = 30
"""How often, at most, freed memory is handed back to the system."""


class TabStates(StateManagerMemory):
    """States in the memory of one process; ``is_connected`` says whether a tab has a websocket."""

    def __init__(
        self, is_connected: Callable[[str], bool], rest_seconds: int = REST_SECONDS
    ) -> None:
        super().__init__(token_expiration=rest_seconds)
        self._is_connected = is_connected
        self._parked: dict[str, bytes] = {}
        self._trimmed_at = 0.0

    @property
    def parked_bytes(self) -> int:
        """What the parked tabs take."""
        return sum(map(len, self._parked.values()))

    def _get_or_create_state(self, token: StateToken[Any]) -> Any:
        squeezed = self._parked.pop(token.cache_key, None)
        state = super()._get_or_create_state(token)
        if squeezed is not None:
            _restore(state, squeezed)
        return state

    def _purge_token(self, token: StateToken[Any]) -> None:
        if isinstance(token, BaseStateToken) and self._is_connected(token.ident):
            self._park(token)
            return
        self._parked.pop(token.cache_key, None)
        super()._purge_token(token)

    def _park(self, token: StateToken[Any]) -> None:
        key = token.cache_key
        try:
            squeezed = self._parked.get(key) or _squeezed(self.states.get(key))
        except Exception as error:
            # A value that cannot be pickled costs memory, not the tab.
            log.warning("tab not parked", error=type(error).__name__)
        else:
            super()._purge_token(token)
            if squeezed is not None:
                self._parked[key] = squeezed
        # Looked at again, for the websocket may have ended by then.
        self._token_expires_at[key] = (time.time() + self.token_expiration, token)

    def _purge_expired_tokens(self) -> float | None:
        before = len(self.states)
        next_at = super()._purge_expired_tokens()
        if len(self.states) < before:
            self._trim()
        # A tab that comes and goes must not wake the sweep for itself alone.
        return None if next_at is None else max(next_at, time.time() + 1)

    def _trim(self) -> None:
        """Hand freed memory back: the allocator keeps what lies between things still in use."""
        if time.monotonic() - self._trimmed_at < TRIM_SECONDS:
            return
        self._trimmed_at = time.monotonic()
        gc.collect()
        if sys.platform == "linux":
            with suppress(OSError, AttributeError):
                ctypes.CDLL("libc.so.6").malloc_trim(0)


def keep_tabs_small(app: rx.App) -> None:
    """Let an app whose states live in memory keep them so; called once when it is made."""
    if not isinstance(app._state_manager, StateManagerMemory):
        return

    def is_connected(token: str) -> bool:
        namespace = app.event_namespace
        return namespace is not None and token in namespace._token_manager.token_to_socket

    app._state_manager = TabStates(is_connected)


def _tree(state: BaseState) -> Iterator[BaseState]:
    yield state
    for substate in state.substates.values():
        yield from _tree(substate)


def _squeezed(root: Any) -> bytes | None:
    """Return the values of a tab's states; None for one that has none."""
    if root is None:
        return None
    values = {state.get_full_name(): dict(vars(state)) for state in _tree(root) if vars(state)}
    return zlib.compress(pickle.dumps(values, pickle.HIGHEST_PROTOCOL), 1)


def _restore(root: BaseState, squeezed: bytes) -> None:
    # Written by this process, and never out of it.
    values = cast("dict[str, dict[str, Any]]", pickle.loads(zlib.decompress(squeezed)))  # noqa: S301
    for state in _tree(root):
        vars(state).update(values.get(state.get_full_name(), {}))
