"""A page that is not filled says why, and never stands there as grey lines for ever."""

from types import SimpleNamespace
from typing import Any

import pytest
import reflex as rx

from app import pages
from app.kit.db import Database
from app.kit.errors import Conflict, Unavailable
from state import gate
from state.page_fault import LOADS, PageFault
from state.platform.merchants import MerchantsState
from state.platform.rules import RulesState
from state.shell import ShellState
from tests.integration.people import join, make_user, open_session
from tests.state.pipeline import Pipeline, Tab

LIST = "/platform/main/merchants"


async def _tab(pipeline: Pipeline, database: Database, role: str = "platform_owner") -> Tab:
    user = await make_user(database)
    await join(database, user.id, None, role)
    return pipeline.tab(await open_session(database, user.id), LIST)


def test_every_page_is_filled_by_a_handler_that_is_known_to_fill_pages(console: rx.App) -> None:
    names = {module.LOAD.fn.__name__ for _, module in pages.modules()}
    assert names <= set(LOADS)


async def test_a_page_without_permission_says_so(pipeline: Pipeline, database: Database) -> None:
    """Failed before: a toast for a moment, then grey lines for ever."""
    tab = await _tab(pipeline, database, "platform_analyst")
    assert (await tab.send(RulesState, "load")).fault == "denied"


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Unavailable(), "away"), (OverflowError("date"), "broken"), (Conflict(), "refused")],
)
async def test_a_load_that_breaks_off_says_so_until_one_succeeds(
    pipeline: Pipeline,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    kind: str,
) -> None:
    tab = await _tab(pipeline, database)

    async def broken(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("state.listing.fetch", broken)
        answer = await tab.send(MerchantsState, "load")
    assert answer.fault == kind
    assert bool(answer.var(PageFault, "said")) == (kind != "broken")
    answer = await tab.send(MerchantsState, "load")
    assert answer.var(PageFault, "kind") == ""
    assert answer.var(MerchantsState, "loaded")


async def test_an_act_that_fails_leaves_the_page_as_it_is(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await _tab(pipeline, database)

    async def broken(*_: Any) -> None:
        raise Unavailable()

    monkeypatch.setattr("state.shell.inbox.mark_read", broken)
    answer = await tab.send(ShellState, "read_all")
    assert not answer.fault and "重启" in answer.text


async def test_a_page_waits_for_a_database_that_is_being_restarted(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed before: the tab was sent to the choice of workspaces, which could not answer."""
    tab = await _tab(pipeline, database)
    real, asked = gate.actor_for, SimpleNamespace(times=0)

    async def away_at_first(*args: Any) -> Any:
        asked.times += 1
        if asked.times < 4:
            raise Unavailable()
        return await real(*args)

    monkeypatch.setattr(gate, "actor_for", away_at_first)
    monkeypatch.setattr(gate, "OUTAGE_PAUSE", 0.01)
    answer = await tab.send(MerchantsState, "load")
    assert answer.var(MerchantsState, "loaded") and "重启" in answer.text
    assert "location.assign" not in answer.text


async def test_what_opens_no_page_is_told_at_once(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await _tab(pipeline, database)

    async def away(*_: Any) -> Any:
        raise Unavailable()

    monkeypatch.setattr(gate, "actor_for", away)
    answer = await tab.send(MerchantsState, "pick_page")
    assert answer.is_empty and "重启" in answer.text and "location.assign" not in answer.text


@pytest.mark.parametrize("handler", ["drop_view"])
async def test_an_identifier_that_is_none_is_no_fault_of_ours(
    pipeline: Pipeline, database: Database, handler: str
) -> None:
    """Failed before: the handler broke off, and the log had a traceback."""
    tab = await _tab(pipeline, database)
    answer = await tab.send(MerchantsState, handler, view_id="abc")
    assert answer.events and "系统出了点问题" not in answer.text
