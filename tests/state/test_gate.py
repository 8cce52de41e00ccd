"""The gate: whoever can open a websocket can send any event, and gets only what is theirs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import reflex as rx
from reflex.state import FrontendEventExceptionState, State
from reflex_base.registry import RegistrationContext
from sqlalchemy import text

from app.access import PERMISSIONS, SYSTEM
from app.kit import rate_limits
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.settings import settings
from app.services import platform_settings
from models.identity import Merchant
from state.base import ConsoleState
from state.gate import (
    OF_SCREEN,
    SIGNED_IN,
    UnmarkedHandler,
    audit_handlers,
    needs,
)
from state.platform.merchants import MerchantsState
from state.platform.settings import SettingsState
from state.shell import ShellState
from tests.integration.people import join, make_merchant, make_user, open_session
from tests.state.pipeline import Answer, Pipeline, Tab
from tests.state.platform_desk import actor as operator

PLATFORM = "/platform/main/merchants"


@contextmanager
def _registry(console: rx.App) -> Iterator[None]:
    """Let classes be defined inside without a trace in the console's registry."""
    with console.set_contexts():
        real = RegistrationContext.get()
        substates = {key: set(found) for key, found in real.base_state_substates.items()}
        copy = RegistrationContext(
            event_handlers=dict(real.event_handlers),
            base_states=dict(real.base_states),
            base_state_substates=substates,
        )
        token = RegistrationContext.set(copy)
        try:
            yield
        finally:
            RegistrationContext.reset(token)


async def _person(database: Database, merchant: Merchant | None, role: str = "owner") -> str:
    user = await make_user(database)
    await join(database, user.id, merchant.id if merchant else None, role)
    return await open_session(database, user.id)


def _leaves_for(answer: Answer) -> str:
    """Return the script by which the browser is sent elsewhere, or the empty text."""
    return " ".join(str(e.payload) for e in answer.events if e.name == "_call_script")


# Marks ---------------------------------------------------------------------------------------


def test_a_class_with_an_unmarked_handler_does_not_import(console: rx.App) -> None:
    with _registry(console), pytest.raises(UnmarkedHandler, match="open_door"):

        class Careless(ConsoleState, rx.State):
            @rx.event
            async def open_door(self) -> None:
                """Anyone could call this."""


def test_an_inherited_handler_counts_as_well(console: rx.App) -> None:
    class Shared(ConsoleState, mixin=True):
        @rx.event
        async def from_mixin(self) -> None:
            """Anyone could call this."""

    with _registry(console), pytest.raises(UnmarkedHandler, match="from_mixin"):

        class Heir(Shared, rx.State):
            pass


def test_a_mark_must_be_a_permission_and_its_handler_async() -> None:
    with pytest.raises(UnmarkedHandler):
        needs("platform:merchants:burn")
    with pytest.raises(UnmarkedHandler, match="async"):

        @needs(SIGNED_IN)
        def slow(self: Any) -> None:
            """Everybody would wait for this."""


def test_the_audit_finds_a_plain_state(console: rx.App) -> None:
    with _registry(console):

        class Foreign(rx.State):
            @rx.event
            async def do_it(self) -> None:
                """Brought by somebody else."""

        with pytest.raises(UnmarkedHandler, match="do_it"):
            audit_handlers()


def test_the_audit_finds_undecorated_methods_of_a_third_party_state(console: rx.App) -> None:
    with _registry(console):

        class ThirdParty(rx.State):
            def undecorated(self) -> None:
                """Reflex makes a handler of every public method."""

        with pytest.raises(UnmarkedHandler, match="undecorated"):
            audit_handlers()


def test_the_audit_finds_a_plain_mixin(console: rx.App) -> None:
    with _registry(console):

        class Mixin(rx.State, mixin=True):
            @rx.event
            async def mixed_in(self) -> None:
                """Without a mark."""

        class Uses(Mixin, rx.State):
            pass

        with pytest.raises(UnmarkedHandler, match="mixed_in"):
            audit_handlers()


def test_an_internal_name_does_not_pass_for_reflexs_own(console: rx.App) -> None:
    with _registry(console):

        class Disguised(rx.State):
            async def hydrate(self) -> None:  # pyright: ignore
                """Named like one of Reflex's own handlers."""

        with pytest.raises(UnmarkedHandler, match="hydrate"):
            audit_handlers()


def test_setvar_is_gone_everywhere(console: rx.App) -> None:
    with console.set_contexts():
        handlers = RegistrationContext.get().event_handlers
    assert handlers
    assert not [name for name in handlers if name.endswith(".setvar")]


def test_every_handler_needs_something_known(console: rx.App) -> None:
    with console.set_contexts():
        handlers = RegistrationContext.get().event_handlers
    ours = {n: r for n, r in handlers.items() if r.handler.fn.__module__.startswith("state.")}
    assert len(ours) > 20
    for name, registered in ours.items():
        needed = registered.handler.fn.__needs__
        if needed == OF_SCREEN:
            needed = getattr(registered.states[0], "permission", "")
        assert needed == SIGNED_IN or needed in PERMISSIONS, name


# Sessions ------------------------------------------------------------------------------------


async def test_without_a_cookie_one_is_sent_to_sign_in(pipeline: Pipeline) -> None:
    for cookie in (None, "forged"):
        answer = await pipeline.tab(cookie, PLATFORM).send(MerchantsState, "load")
        assert "/login?next=/platform/main/merchants" in _leaves_for(answer)
        assert answer.is_empty


async def test_hydrating_needs_a_session_too(pipeline: Pipeline) -> None:
    answer = await pipeline.tab(None, PLATFORM).send(State, "hydrate_and_load")
    assert "/login" in _leaves_for(answer)
    assert answer.is_empty


async def test_a_revoked_session_ends_with_the_next_event(
    pipeline: Pipeline, database: Database
) -> None:
    tab = pipeline.tab(await _person(database, None, "platform_owner"), PLATFORM)
    first = await tab.send(MerchantsState, "load")
    assert first.var(MerchantsState, "loaded") is True
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("update user_sessions set revoked_at = now()"))
    second = await tab.send(MerchantsState, "load")
    assert "/login" in _leaves_for(second)
    assert second.is_empty


async def test_a_stolen_token_is_worth_nothing_with_another_cookie(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    victim = pipeline.tab(await _person(database, None, "platform_owner"), PLATFORM)
    await victim.send(MerchantsState, "load")
    thief = await _person(database, None, "platform_owner")
    for path, state, name in (
        (PLATFORM, State, "hydrate_and_load"),
        (PLATFORM, MerchantsState, "load"),
        (PLATFORM, ShellState, "toggle_inbox"),
    ):
        answer = await Tab(pipeline, thief, path, victim.token).send(state, name)
        assert answer.is_empty
        assert merchant.code not in answer.text
        assert "sessionStorage.removeItem" in _leaves_for(answer)
    # The victim goes on undisturbed, and does not learn of the thief's cookie.
    later = await victim.send(MerchantsState, "pick_page")
    assert later.var(MerchantsState, "selected")
    assert thief not in later.text


async def test_no_cookie_goes_to_the_browser(pipeline: Pipeline, database: Database) -> None:
    token = await _person(database, None, "platform_owner")
    tab = pipeline.tab(token, PLATFORM)
    seen = [
        await tab.send(State, "hydrate"),
        await tab.send(ShellState, "load"),
        await tab.send(MerchantsState, "load"),
    ]
    assert any(answer.deltas for answer in seen)
    assert not [answer for answer in seen if token in answer.text]


# Workspaces ----------------------------------------------------------------------------------


async def test_a_workspace_that_is_not_ones_own_shows_nothing(
    pipeline: Pipeline, database: Database
) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    token = await _person(database, mine)
    for path in (f"/supplier/{theirs.code}/orders", "/platform/main/merchants", "/supplier/nobody"):
        answer = await pipeline.tab(token, path).send(ShellState, "load")
        assert answer.is_empty
        assert "/workspaces" in _leaves_for(answer)


async def test_a_path_that_names_no_workspace_is_no_way_round(
    pipeline: Pipeline, database: Database
) -> None:
    token = await _person(database, None, "platform_owner")
    for path in (
        "",
        "/",
        "/platform",
        "//main/merchants",
        "/consumer/main/x",
        "javascript:alert(1)",
    ):
        answer = await pipeline.tab(token, path).send(MerchantsState, "load")
        assert answer.is_empty, path


async def test_another_workspace_in_the_same_tab_starts_from_nothing(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    user = await make_user(database)
    await join(database, user.id, None, "platform_owner")
    await join(database, user.id, merchant.id)
    tab = pipeline.tab(await open_session(database, user.id), PLATFORM)
    await tab.send(ShellState, "load")
    await tab.send(MerchantsState, "load")
    assert (await tab.state(MerchantsState)).rows
    tab.path = f"/supplier/{merchant.code}/orders"
    answer = await tab.send(ShellState, "load")
    assert answer.var(ShellState, "path") == f"/supplier/{merchant.code}"
    forgotten = await tab.state(MerchantsState)
    assert (forgotten.rows, forgotten.total, forgotten.loaded) == ([], 0, False)


async def test_a_page_left_at_once_leaves_no_half_filled_frame(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = pipeline.tab(await _person(database, None, "platform_owner"), PLATFORM)
    reached = asyncio.Event()

    async def hang(*_: object) -> None:
        reached.set()
        await asyncio.sleep(60)

    for step in ("platform_settings.current", "signed_in", "remember_workspace"):
        reached.clear()
        with monkeypatch.context() as patch:
            patch.setattr(f"state.shell.{step}", hang)
            await tab.leave(ShellState, "load", reached)
        answer = await tab.send(ShellState, "load")
        assert "platform:merchants:read" in answer.var(ShellState, "may")
        assert answer.var(ShellState, "workspaces")
        tab = pipeline.tab(tab.cookie, PLATFORM)


async def test_two_tabs_hold_two_workspaces(pipeline: Pipeline, database: Database) -> None:
    one, other = await make_merchant(database), await make_merchant(database)
    user = await make_user(database)
    for merchant in (one, other):
        await join(database, user.id, merchant.id)
    token = await open_session(database, user.id)
    tabs = [pipeline.tab(token, f"/supplier/{m.code}/orders") for m in (one, other)]
    for tab, merchant in zip(tabs, (one, other), strict=True):
        answer = await tab.send(ShellState, "load")
        assert answer.var(ShellState, "path") == f"/supplier/{merchant.code}"
    # Each stays where it is, whichever spoke last.
    for tab, merchant in zip(tabs, (one, other), strict=True):
        await tab.send(ShellState, "toggle_inbox")
        assert (await tab.state(ShellState)).path == f"/supplier/{merchant.code}"


# Permissions ---------------------------------------------------------------------------------


async def test_a_page_whose_connection_came_back_is_not_loaded_over(
    pipeline: Pipeline, database: Database
) -> None:
    """Two seconds offline showed the form as it is stored, over what was typed."""
    cookie = await _person(database, None, "platform_owner")
    tab = pipeline.tab(cookie, "/platform/main/settings")
    entered = {"hashes": ["0"]}
    await tab.send(State, "hydrate_and_load", entered)
    state = await tab.state(SettingsState)
    first = state.bases_made
    assert state.loaded and first > 0
    stored = await platform_settings.current()
    await platform_settings.change(operator(), stored.model_copy(update={"name": "Other"}))
    await tab.send(State, "hydrate_and_load", {})
    state = await tab.state(SettingsState)
    assert state.values["name"] != "Other" and state.bases_made == first
    assert state.changed_meanwhile
    await tab.send(SettingsState, "show_stored")
    assert (await tab.state(SettingsState)).values["name"] == "Other"
    # Entering the page again, or loading it anew, shows what is stored.
    for enter in ("hydrate_and_load", "hydrate_and_load"):
        await tab.send(State, enter, entered)
    state = await tab.state(SettingsState)
    assert not state.changed_meanwhile and state.bases_made > first


async def test_a_fault_of_a_script_does_not_load_the_page_again(
    pipeline: Pipeline, database: Database
) -> None:
    cookie = await _person(database, None, "platform_owner")
    tab = pipeline.tab(cookie, "/platform/main/settings")
    fault = "TypeError: Cannot read properties of null (reading 'hasAttribute')"
    told = await tab.send(
        FrontendEventExceptionState, "handle_frontend_exception",
        {"info": fault, "component_stack": ""},
    )  # fmt: skip
    assert "location.reload" not in told.text


async def test_a_role_without_the_permission_is_refused_though_it_sees_no_button(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database, status="PENDING")
    analyst = pipeline.tab(await _person(database, None, "platform_analyst"), PLATFORM)
    assert (await analyst.send(MerchantsState, "load")).is_empty
    finance = pipeline.tab(await _person(database, None, "platform_finance"), PLATFORM)
    await finance.send(MerchantsState, "load")
    asked = {"name": "approve", "key": str(merchant.id)}
    answer = await finance.send(MerchantsState, "ask", asked)
    assert "没有" in answer.text or "permission" in answer.text
    async with database.engine_transaction(SYSTEM) as session:
        status = await session.scalar(
            text("select status from merchants where id = :id"), {"id": merchant.id}
        )
    assert status == "PENDING"


async def test_a_tab_is_answered_in_the_language_it_was_switched_to(
    pipeline: Pipeline, database: Database
) -> None:
    tab = pipeline.tab(await _person(database, None, "platform_finance"), PLATFORM)
    await tab.send(MerchantsState, "load")
    asked = {"name": "approve", "key": str(new_id())}
    for language, said in (("en", "permission"), ("zh", "没有"), ("en", "permission")):
        await tab.send(ShellState, "speak", language=language)
        assert said in (await tab.send(MerchantsState, "ask", asked)).text


async def test_a_handler_of_another_scope_is_refused(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = pipeline.tab(await _person(database, merchant), f"/supplier/{merchant.code}/orders")
    answer = await tab.send(MerchantsState, "load")
    assert answer.is_empty


# Payloads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        ("turn_by", {"pages": {"$gt": 0}}),
        ("turn_by", {"pages": "two"}),
        ("turn_by", {"pages": None}),
        ("turn_by", {}),
        ("turn_by", {"pages": 1, "also": "this"}),
        ("search", {"q": ["a"]}),
        ("pick", {"key": 7}),
        ("submit", {"data": "text"}),
        ("load", {"self": 1}),
        ("ask", {"name": "approve"}),
    ],
)
async def test_an_ill_shaped_payload_is_refused(
    pipeline: Pipeline, database: Database, handler: str, payload: dict[str, Any]
) -> None:
    tab = pipeline.tab(await _person(database, None, "platform_owner"), PLATFORM)
    await tab.send(MerchantsState, "load")
    answer = await tab.send(MerchantsState, handler, payload)
    assert answer.is_empty
    assert len(answer.events) == 1  # the toast


@pytest.mark.parametrize("name", ["setvar", "_run", "reset", "get_state", "__init__"])
async def test_what_is_no_handler_is_never_called_nor_logged_with_its_cookie(
    pipeline: Pipeline, database: Database, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    token = await _person(database, None, "platform_owner")
    tab = pipeline.tab(token, PLATFORM)
    await tab.send(MerchantsState, "load")
    total = (await tab.state(MerchantsState)).total
    answer = await tab.drop(MerchantsState, name, {"var_name": "total", "value": 987})
    assert answer.is_empty
    assert (await tab.state(MerchantsState)).total == total
    assert "without a handler" in caplog.text
    assert token not in caplog.text


# Rate limits ---------------------------------------------------------------------------------


async def test_a_script_is_slowed_down_politely(
    console: rx.App, pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "limits", "event=30/minute")
    rate_limits.forget_all()
    token = await _person(database, None, "platform_owner")
    tabs = [pipeline.tab(token, PLATFORM) for _ in range(2)]
    # Both tabs draw from one bucket, since it is the session's.
    answers = [await tabs[n % 2].send(MerchantsState, "pick_page") for n in range(31)]
    assert not answers[0].is_empty
    assert answers[-1].is_empty
    assert "too fast" in answers[-1].text or "太快" in answers[-1].text
    other = pipeline.tab(await _person(database, None, "platform_owner"), PLATFORM)
    assert not (await other.send(MerchantsState, "load")).is_empty
