"""The import wizard's pages: each step shows what it should, to those who may see it."""

import io
from typing import Any
from uuid import UUID

import pytest

from app.access import Actor, Scope
from app.kit.db import Database
from app.kit.errors import Forbidden
from app.queries.lists.imports import IMPORT_PROBLEMS, IMPORTS
from app.queries.resource import ListQuery, cells, fetch
from app.services.imports import runs, uploads
from app.services.imports.working import carry_out
from state.platform.imports import REMEDIES, ImportsState, ImportState
from tests.integration.history import MAPPING, SAMPLE, WIPE, bring_olist
from tests.state.platform_desk import actor, at, call, query, said

__all__ = ["query"]

PREPARER = actor()


@pytest.fixture(autouse=True)
def _empty(database: Database, owner_connection: Any) -> None:
    owner_connection.execute(WIPE)


def new(state: Any) -> Any:
    return state(_reflex_internal_init=True)


async def prepared(**changed: bytes) -> UUID:
    run_id = await runs.start(PREPARER)
    for path in SAMPLE.glob("*.csv"):
        data = changed.get(path.stem, path.read_bytes())
        await uploads.add(PREPARER, run_id, path.name, io.BytesIO(data))
    return run_id


async def page(run_id: UUID, *, locale: str = "en") -> Any:
    state = new(ImportState)
    with at(f"imports/{run_id}"):
        await call(state, "load")
    return state


async def test_the_wizard_from_nothing_to_the_report(database: Database) -> None:
    listed = new(ImportsState)
    with at("imports"):
        events = await call(listed, "ask", "start", "")
    assert "/platform/main/imports/" in said(events)
    run_id = await prepared()
    state = await page(run_id)
    assert (state.run.state, state.run.step) == ("DRAFT", "mapping")
    # Without a mapping none of these names means anything but the layout's own.
    kinds = {file.name: file.kinds for file in state.run.files}
    assert (kinds["orders.csv"], kinds["order_items.csv"]) == (["orders"], [])
    with at(f"imports/{run_id}"):
        events = await call(state, "check", {"mapping": "[source\n", "name": ""})
        assert state.errors["mapping"] and state.run.state == "DRAFT"
        assert state.values["mapping"] == "[source\n"
        typed = MAPPING.read_text(encoding="utf-8")
        await call(state, "check", {"mapping": typed, "name": "olist.toml"})
        assert (state.run.state, state.run.step) == ("CHECKING", "check")
        assert [stage.code for stage in state.run.stages] == ["fetch", "read", "check"]
        await carry_out(run_id)
        events = await call(state, "look")
        assert "ProblemsState.load" in said(events)
        assert (state.run.state, state.run.step) == ("CHECKED", "preview")
        assert (state.run.new_orders, state.run.refused) == ("9", "0")
        assert state.run.goods.startswith("BRL ")
        await call(state, "ask", "carry_on", str(run_id))
        assert state.asking == "carry_on"
        await call(state, "submit", {})
        assert (state.run.state, state.run.step) == ("QUEUED", "import")
        await carry_out(run_id)
        await call(state, "look")
    assert (state.run.state, state.run.step) == ("DONE", "report")
    orders = next(count for count in state.run.counts if count.kind == "orders")
    assert (orders.read, orders.written, orders.refused) == ("9", "9", "0")
    assert state.run.notes
    assert "%(" not in " ".join(state.run.notes)


async def test_the_mapping_of_an_earlier_import(database: Database) -> None:
    earlier = await prepared()
    await runs.choose_mapping(PREPARER, earlier, MAPPING.read_text("utf-8"), "olist.toml")
    state = await page(await prepared())
    assert state.choices["mapping"] == [[str(earlier), "olist · olist.toml"]]
    with at(f"imports/{state.run.id}"):
        await call(state, "use_mapping", str(earlier))
        assert 'name = "olist"' in state.values["mapping"]
        await call(state, "use_mapping", "")
        assert state.values["mapping"] == ""


async def test_refused_rows_say_what_to_do(database: Database, query: dict[str, str]) -> None:
    items = (SAMPLE / "order_items.csv").read_bytes().replace(b"19.9,8.5", b"-19.9,8.5", 1)
    run_id = await prepared(order_items=items)
    await runs.choose_mapping(PREPARER, run_id, MAPPING.read_text("utf-8"), "olist.toml")
    await runs.check(PREPARER, run_id)
    await carry_out(run_id)
    found = await fetch(
        PREPARER, IMPORT_PROBLEMS, ListQuery.of(IMPORT_PROBLEMS, {"run": str(run_id)})
    )
    rows = [cells(IMPORT_PROBLEMS, row) for row in found.rows]
    row = next(row for row in rows if row["problem"] == "not_amount")
    assert (row["file"], row["line"], row["column"]) == ("order_items.csv", "2", "price")
    assert set(dict(REMEDIES)) >= {row["problem"] for row in rows}
    for one in rows:
        assert "%(" not in dict(REMEDIES)[one["problem"]] % one
    # Another import's rows are not among them.
    other = await fetch(
        PREPARER, IMPORT_PROBLEMS, ListQuery.of(IMPORT_PROBLEMS, {"run": str(await prepared())})
    )
    assert other.total == 0


async def test_the_list_tells_of_all_imports(database: Database) -> None:
    await bring_olist(SAMPLE)
    await prepared()
    found = await fetch(PREPARER, IMPORTS, ListQuery.of(IMPORTS, {}))
    drafted, command = (cells(IMPORTS, row) for row in found.rows)
    assert (drafted["state"], command["state"]) == ("DRAFT", "DONE")
    assert (command["orders"], command["written"], command["refused"]) == ("9", "9", "0")
    assert command["payments"].startswith("R$")


async def test_one_that_broke_off_is_told_from_one_that_runs(
    database: Database, owner_connection: Any
) -> None:
    await bring_olist(SAMPLE)
    owner_connection.execute("update import_runs set state = 'RUNNING'")
    found = await fetch(PREPARER, IMPORTS, ListQuery.of(IMPORTS, {"state": "BROKEN_OFF"}))
    assert found.total == 1
    owner_connection.execute("select pg_advisory_lock(hashtext('tongshang import'))")
    found = await fetch(PREPARER, IMPORTS, ListQuery.of(IMPORTS, {"state": "RUNNING"}))
    owner_connection.execute("select pg_advisory_unlock(hashtext('tongshang import'))")
    assert found.total == 1


async def test_nothing_of_it_for_others(database: Database) -> None:
    run_id = await prepared()
    outsider = Actor(Scope.PLATFORM, permissions=frozenset({"platform:orders:read"}))
    with at("imports", outsider), pytest.raises(Forbidden):
        await fetch(outsider, IMPORTS, ListQuery.of(IMPORTS, {}))
    state = new(ImportState)
    with at(f"imports/{run_id}", outsider):
        events = await call(state, "drop_file", "orders.csv")
        assert "toast" in said(events)
    assert len((await page(run_id)).run.files) == len(list(SAMPLE.glob("*.csv")))
