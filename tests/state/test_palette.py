"""The palette: Enter leads to what was typed, not to the answer to fewer letters."""

from typing import Any

from app.kit.db import Database
from state.shell import ShellState
from tests.integration.people import join, make_merchant, make_user, open_session
from tests.state.pipeline import Answer, Pipeline, Tab


async def _opened(pipeline: Pipeline, database: Database) -> Tab:
    user = await make_user(database)
    await join(database, user.id, None, "platform_owner")
    tab = pipeline.tab(await open_session(database, user.id), "/platform/main/orders")
    await tab.send(ShellState, "load")
    await tab.send(ShellState, "open_palette")
    return tab


def _paths(answer: Answer) -> list[Any]:
    return [e.payload["path"] for e in answer.events if e.name.endswith("_redirect")]


async def test_enter_waits_for_the_answer_to_what_was_typed(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = await _opened(pipeline, database)
    # Pasted, and Enter before the look-up was even asked for.
    pasted = await tab.send(ShellState, "visit_first", data={"typed": merchant.code})
    assert _paths(pasted) == [f"/platform/main/merchants/{merchant.code}"]
    # A look-up that comes after that belongs to a palette that is closed.
    late = await tab.send(ShellState, "look_up", typed="or")
    assert "orders" not in late.text
    again = await tab.send(ShellState, "visit_first", data={"typed": merchant.code})
    assert not _paths(again)


async def test_enter_after_more_letters_forgets_the_stale_answer(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = await _opened(pipeline, database)
    await tab.send(ShellState, "look_up", typed="o")
    answer = await tab.send(ShellState, "visit_first", data={"typed": merchant.code})
    assert _paths(answer) == [f"/platform/main/merchants/{merchant.code}"]


async def test_enter_on_what_is_not_there_stays(pipeline: Pipeline, database: Database) -> None:
    tab = await _opened(pipeline, database)
    answer = await tab.send(ShellState, "visit_first", data={"typed": "nothing-of-this-name"})
    assert not _paths(answer)
    assert (await tab.state(ShellState)).palette_open


async def test_a_hit_that_was_replaced_meanwhile_still_leads_where_it_said(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = await _opened(pipeline, database)
    await tab.send(ShellState, "look_up", typed="nothing-of-this-name")
    page = f"/platform/main/merchants/{merchant.code}"
    assert _paths(await tab.send(ShellState, "visit", href=page)) == [page]
    await tab.send(ShellState, "open_palette")
    assert not (await tab.send(ShellState, "visit", href="https://evil.example/")).events
