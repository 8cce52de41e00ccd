"""Actions on many rows: what will change is said before, what became of each row afterwards."""

from typing import Any

import pytest

from app.access import SYSTEM
from app.kit.db import Database
from app.kit.i18n import gettext
from app.kit.ids import new_id
from models.identity import Merchant
from state import bulk
from state.platform.merchants import MerchantsState
from tests.integration.people import join, make_user, open_session
from tests.state.pipeline import Pipeline, Tab
from tests.state.platform_desk import at, call, query, said

__all__ = ["query"]


async def _companies(database: Database, *statuses: str) -> tuple[str, list[Merchant]]:
    """Make companies with a mark in their names, by which a list finds them alone."""
    mark = f"批{new_id().hex[-8:]}"
    made = [
        Merchant(code=f"m-{new_id().hex[-9:]}", name=f"{mark} {place}", status=status,
                 is_supplier=True)
        for place, status in enumerate(statuses)
    ]  # fmt: skip
    async with database.engine_transaction(SYSTEM) as session:
        session.add_all(made)
    return mark, made


def _statuses(state: MerchantsState) -> list[str]:
    return [row["status"] for row in state.rows]


async def test_all_that_match_says_before_how_many_will_change_and_after_why_not(
    database: Database, query: dict[str, str]
) -> None:
    query["q"], made = await _companies(database, *["ACTIVE"] * 27, "PENDING")
    state = MerchantsState()
    with at("merchants"):
        await call(state, "load")
        await call(state, "pick_page")
        await call(state, "pick_whole")
        assert not await call(state, "ask", "approve", "")
        assert (state.asking, state.fits, state.unfit) == ("approve", 1, 27)
        await call(state, "submit", {})
    assert (state.asking, state.whole, state.selected) == ("", False, [])
    assert len(state.outcomes) == 28
    told = {row["label"]: (row["ok"], row["why"]) for row in state.outcomes}
    assert told[made[-1].name] == ("1", "Approved")
    assert told[made[0].name] == ("", "Not at the stage for this.")
    assert "Approved: 1." in state.outcome and "27" in state.outcome


async def test_a_row_stays_marked_where_it_was_until_the_next_load(
    database: Database, query: dict[str, str]
) -> None:
    query["q"], _ = await _companies(database, "PENDING", "PENDING", "PENDING")
    query["status"] = "PENDING"
    state = MerchantsState()
    with at("merchants"):
        await call(state, "load")
        first, second, third = (row["id"] for row in state.rows)
        assert "Approved" in said(await call(state, "ask", "approve", first))
        # The filter leaves it out now, but the next row does not slide under the pointer.
        assert [row["id"] for row in state.rows] == [first, second, third]
        assert _statuses(state) == ["ACTIVE", "PENDING", "PENDING"]
        assert state.marks == {first: "Approved"}
        await call(state, "ask", "approve", third)
        assert set(state.marks) == {first, third}
        # Somebody's second click finds it approved already, and says so.
        assert "somebody else" in said(await call(state, "ask", "approve", first))
        await call(state, "load")
    assert [row["id"] for row in state.rows] == [second]
    assert not state.marks


async def test_what_was_done_is_taken_back_where_that_is_possible(
    database: Database, query: dict[str, str]
) -> None:
    query["q"], _ = await _companies(database, "ACTIVE", "ACTIVE")
    query["status"] = "ACTIVE"
    state = MerchantsState()
    with at("merchants"):
        await call(state, "load")
        first = state.rows[0]["id"]
        await call(state, "ask", "suspend", first)
        await call(state, "submit", {"note": "Licence expired"})
        assert state.undos == {first: "reinstate"}
        await call(state, "ask", state.undos[first], first)
    assert _statuses(state) == ["ACTIVE", "ACTIVE"]
    assert (state.marks, state.undos) == ({first: "Reinstated"}, {})


async def _many(pipeline: Pipeline, database: Database, *statuses: str) -> Tab:
    mark, _ = await _companies(database, *statuses)
    user = await make_user(database)
    await join(database, user.id, None, "platform_owner")
    session = await open_session(database, user.id)
    tab = pipeline.tab(session, f"/platform/main/merchants?q={mark}")
    for handler in ("load", "pick_page", "pick_whole"):
        await tab.send(MerchantsState, handler)
    await tab.send(MerchantsState, "ask", {"name": "approve", "key": ""})
    return tab


def _progress(answer: Any) -> list[int]:
    name = MerchantsState.get_full_name()
    return [
        value
        for delta in answer.deltas
        for key, value in delta.get(name, {}).items()
        if key.startswith("bulk_done")
    ]


async def test_many_rows_are_changed_beside_with_progress(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PIECE", 2)
    tab = await _many(pipeline, database, *["PENDING"] * 5, "ACTIVE")
    answer = await tab.send(MerchantsState, "submit", data={})
    assert [done for done in _progress(answer) if done] == [2, 4, 6]
    state = await tab.state(MerchantsState)
    assert set(_statuses(state)) == {"ACTIVE"}
    assert (state.bulk_total, len(state.marks), len(state.outcomes)) == (0, 5, 6)


async def test_it_can_be_stopped_and_says_what_was_not_reached(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PIECE", 2)
    tab = await _many(pipeline, database, *["PENDING"] * 6)
    run = bulk.BulkState._piece

    async def stopping(self: Any, *args: Any) -> Any:
        told = await run(self, *args)
        async with self:
            self.bulk_stopping = True
        return told

    monkeypatch.setattr(MerchantsState, "_piece", stopping)
    await tab.send(MerchantsState, "submit", data={})
    state = await tab.state(MerchantsState)
    assert sorted(_statuses(state)) == ["ACTIVE"] * 2 + ["PENDING"] * 4
    assert [row["why"] for row in state.outcomes if not row["ok"]] == [
        gettext("zh_CN", "Not reached: it was stopped before.")
    ] * 4


async def test_who_lost_the_permission_meanwhile_does_not_go_on(
    pipeline: Pipeline, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PIECE", 2)
    tab = await _many(pipeline, database, *["PENDING"] * 4)
    run = bulk.BulkState._piece

    async def signing_out(self: Any, *args: Any) -> Any:
        told = await run(self, *args)
        async with self:
            self.router.headers.cookie = ""
        return told

    monkeypatch.setattr(MerchantsState, "_piece", signing_out)
    await tab.send(MerchantsState, "submit", data={})
    async with database.engine_transaction(SYSTEM) as session:
        from sqlalchemy import text

        mark = tab.path.partition("q=")[2]
        found = await session.execute(
            text("select status, count(*) from merchants where name like :m group by status"),
            {"m": f"{mark}%"},
        )
        assert dict(tuple(row) for row in found) == {"ACTIVE": 2, "PENDING": 2}
