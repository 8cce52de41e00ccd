"""What is kept of a tab: little while it rests, nothing soon after it is gone."""

import time
from typing import Any

import reflex as rx
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State

from app.app import app
from state.platform.merchants import MerchantsState
from state.tabs import REST_SECONDS, TabStates


class Clock:
    """Tabs whose time passes when the test says so."""

    def __init__(self, console: rx.App) -> None:
        self.connected: set[str] = set()
        self.tabs = TabStates(self.connected.__contains__)
        self.console = console

    def token(self, ident: str) -> BaseStateToken:
        return BaseStateToken(ident=ident, cls=State)

    async def rest(self) -> None:
        for key, (_, token) in list(self.tabs._token_expires_at.items()):
            self.tabs._token_expires_at[key] = (time.time() - 1, token)
        self.tabs._purge_expired_tokens()

    async def list_of(self, ident: str) -> MerchantsState:
        async with self.tabs.modify_state(self.token(ident)) as root:
            return await root.get_state(MerchantsState)


async def test_a_tab_that_is_gone_leaves_nothing(console: rx.App) -> None:
    """Failed before: everything of it stayed for an hour."""
    with console.set_contexts():
        clock = Clock(console)
        await clock.list_of("gone")
        await clock.rest()
        assert not clock.tabs.states and not clock.tabs._parked and not clock.tabs._states_locks
        await clock.tabs.close()


async def test_a_tab_that_rests_is_small_and_comes_back_as_it_was(console: rx.App) -> None:
    with console.set_contexts():
        clock = Clock(console)
        clock.connected.add("here")
        state = await clock.list_of("here")
        state.rows, state.selected = [{"id": str(n), "name": "青窑"} for n in range(25)], ["3"]
        object.__setattr__(state._get_root_state(), "_bound", {"session": "a", "workspace": "b"})
        await clock.rest()
        assert not clock.tabs.states
        assert 0 < clock.tabs.parked_bytes < 20_000
        again = await clock.list_of("here")
        assert again is not state
        assert list(again.selected) == ["3"] and len(again.rows) == 25
        # To whom the tab belongs is never forgotten with it.
        root: Any = again._get_root_state()
        assert root._bound == {"session": "a", "workspace": "b"}
        assert not clock.tabs._parked
        await clock.tabs.close()


async def test_a_parked_tab_that_goes_is_forgotten_as_well(console: rx.App) -> None:
    with console.set_contexts():
        clock = Clock(console)
        clock.connected.add("here")
        await clock.list_of("here")
        await clock.rest()
        await clock.rest()
        assert clock.tabs._parked
        clock.connected.clear()
        await clock.rest()
        assert not clock.tabs._parked and not clock.tabs._token_expires_at
        await clock.tabs.close()


async def test_a_tab_in_the_middle_of_something_is_left_alone(console: rx.App) -> None:
    with console.set_contexts():
        clock = Clock(console)
        async with clock.tabs.modify_state(clock.token("busy")):
            await clock.rest()
            assert clock.tabs.states
        await clock.tabs.close()


def test_the_console_keeps_its_tabs_so(console: rx.App) -> None:
    assert console is app
    assert isinstance(app.state_manager, TabStates)
    assert app.state_manager.token_expiration == REST_SECONDS <= 300
