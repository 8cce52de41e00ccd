"""An import prepared in the console: files, mapping, check, the worker, and what may go wrong."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import Actor, Scope
from app.adapters import blobs
from app.kit.db import Database
from app.kit.errors import Forbidden, Invalid, NotFound
from app.kit.ids import new_id
from app.services.imports import kept, runs, uploads, working
from app.services.imports.history import _LOCK, Progress
from app.services.imports.layout import KINDS
from app.services.imports.mapping import HistoryMapping, parse_mapping
from app.services.imports.runs import MovedOn
from app.services.imports.templates import mapping_template, templates
from app.services.imports.uploads import NoDraft
from app.services.imports.working import carry_out, take_up_lost, tidy
from tests.integration.history import (
    ITEM_SUMS,
    MAPPING,
    SAMPLE,
    WIPE,
    bring_olist,
    broken,
    copy_of,
    fingerprint,
    item_sums_of_files,
    replace_in,
    rows,
    value,
)

OPERATOR = Actor(Scope.PLATFORM, new_id(), permissions=frozenset({"platform:imports:write"}))


@pytest.fixture(autouse=True)
def _empty(owner_connection: Any) -> None:
    owner_connection.execute(WIPE)
    owner_connection.execute("delete from procrastinate_jobs")


async def add(run_id: UUID, name: str, data: bytes) -> list[str]:
    return await uploads.add(OPERATOR, run_id, name, io.BytesIO(data))


async def prepared(folder: Path = SAMPLE) -> UUID:
    """Lay the files of a folder and their mapping ready, as somebody at the console does."""
    run_id = await runs.start(OPERATOR)
    for path in sorted(folder.glob("*.csv")):
        await add(run_id, path.name, path.read_bytes())
    await add(run_id, "olist.toml", MAPPING.read_bytes())
    return run_id


async def checked(folder: Path = SAMPLE) -> UUID:
    run_id = await prepared(folder)
    await runs.check(OPERATOR, run_id)
    await carry_out(run_id)
    return run_id


async def stands(database: Database, run_id: UUID) -> Mapping[str, Any]:
    async with database.engine_transaction(OPERATOR) as session:
        found = await session.execute(
            text("select * from import_runs where id = :id"), {"id": run_id}
        )
        return dict(found.mappings().one())


async def jobs(database: Database) -> list[str]:
    found = await rows(database, "select args ->> 'run_id' from procrastinate_jobs")
    return [run for (run,) in found]


async def test_the_whole_way(database: Database, owner_url: URL) -> None:
    before = await fingerprint(database)
    run_id = await prepared()
    draft = await stands(database, run_id)
    assert (draft["state"], draft["source"], draft["mapping_name"]) == (
        "DRAFT",
        "olist",
        "olist.toml",
    )
    assert {file["name"] for file in draft["files"]} == {p.name for p in SAMPLE.glob("*.csv")}
    await runs.check(OPERATOR, run_id)
    assert await jobs(database) == [str(run_id)]
    await carry_out(run_id)
    check = await stands(database, run_id)
    assert check["state"] == "CHECKED"
    assert check["result"]["counts"]["orders"] == {
        "read": 9,
        "written": 9,
        "unchanged": 0,
        "refused": 0,
    }
    assert await fingerprint(database) == before
    await runs.carry_on(OPERATOR, run_id)
    await carry_out(run_id)
    done = await stands(database, run_id)
    assert (done["state"], done["result"]["state"]) == ("DONE", "done")
    waiting = await rows(database, "select task_name from procrastinate_jobs where args = '{}'")
    assert waiting == [("tongshang:refresh_snapshots",)]
    assert done["result"]["counts"] == check["result"]["counts"]
    assert set(await rows(database, ITEM_SUMS)) == item_sums_of_files(SAMPLE)
    # What it wrote was written in the name of who started it.
    assert await rows(
        database,
        "select distinct scope, user_id from audit_entries where table_name = 'products'",
    ) == [("system", OPERATOR.user_id)]
    assert broken(owner_url) == []
    # The files are the history's now, so that nobody's addresses lie about.
    for file in draft["files"]:
        assert not await kept.fetch(run_id, str(file["name"]), Path("/nowhere"))


async def test_refused_rows_are_kept_with_the_files_own_names(
    database: Database, tmp_path: Path
) -> None:
    folder = copy_of(SAMPLE, tmp_path)
    replace_in(folder / "order_items.csv", "19.9,8.5", "-19.9,8.5")
    run_id = await checked(folder)
    found = await rows(
        database,
        "select file, line, field, problem, value from import_problems"
        " where run_id = :id and problem <> 'order_refused'",
        id=run_id,
    )
    assert found == [("order_items.csv", 2, "price", "not_amount", "-19.9")]
    # Changing the mapping or the files begins again without them.
    await runs.change(OPERATOR, run_id)
    assert await value(database, "select count(*) from import_problems") == 0
    await add(run_id, "order_items.csv", (SAMPLE / "order_items.csv").read_bytes())
    await runs.check(OPERATOR, run_id)
    await carry_out(run_id)
    assert (await stands(database, run_id))["result"]["ok"]


async def test_files_in_doubt_are_not_imported(database: Database) -> None:
    run_id = await prepared()
    await add(run_id, "orders.csv", "order_id,order_status\nö".encode("latin-1"))
    await runs.check(OPERATOR, run_id)
    await carry_out(run_id)
    run = await stands(database, run_id)
    assert (run["state"], run["result"]["state"]) == ("CHECKED", "stopped")
    problems = await rows(database, "select distinct problem from import_problems")
    assert {"not_encoded", "no_column"} <= {problem for (problem,) in problems}
    with pytest.raises(Invalid):
        await runs.carry_on(OPERATOR, run_id)


async def test_files_that_the_mapping_does_not_name(database: Database) -> None:
    run_id = await runs.start(OPERATOR)
    await add(run_id, "stuff.csv", b"a,b\n1,2\n")
    await runs.check(OPERATOR, run_id)
    await carry_out(run_id)
    run = await stands(database, run_id)
    assert run["state"] == "CHECKED"
    assert "holds no file" in run["result"]["fault"]["message"]


async def test_a_file_that_is_gone_stops_the_import(database: Database) -> None:
    run_id = await checked()
    await runs.carry_on(OPERATOR, run_id)
    await kept.drop(run_id, ["order_reviews.csv"])
    await carry_out(run_id)
    run = await stands(database, run_id)
    assert (run["state"], run["result"]["state"]) == ("STOPPED", "stopped")
    assert run["result"]["fault"]["params"] == {"file": "order_reviews.csv"}
    assert await value(database, "select count(*) from orders") == 0
    # Added again, it goes on.
    await runs.change(OPERATOR, run_id)
    await add(run_id, "order_reviews.csv", (SAMPLE / "order_reviews.csv").read_bytes())
    await runs.check(OPERATOR, run_id)
    await carry_out(run_id)
    assert (await stands(database, run_id))["result"]["ok"]


async def test_stopping_before_a_worker_came(database: Database) -> None:
    run_id = await prepared()
    await runs.check(OPERATOR, run_id)
    await runs.cancel(OPERATOR, run_id)
    assert (await stands(database, run_id))["state"] == "DRAFT"
    await carry_out(run_id)
    assert (await stands(database, run_id))["state"] == "DRAFT"


async def test_stopping_in_the_middle_and_carrying_on(
    database: Database, owner_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.imports import history, orders

    monkeypatch.setattr(working, "BEAT", 0.02)
    monkeypatch.setattr(orders, "BATCH", 2)
    monkeypatch.setattr(history, "WRITERS", 1)
    reached, write = asyncio.Event(), orders.write

    async def slow(*args: Any, batch: int, **options: Any) -> dict[str, int]:
        if batch == 2:
            reached.set()
            await asyncio.sleep(60)
        return await write(*args, batch=batch, **options)

    monkeypatch.setattr(orders, "write", slow)
    run_id = await checked()
    await runs.carry_on(OPERATOR, run_id)
    work = asyncio.create_task(carry_out(run_id))
    await reached.wait()
    await runs.cancel(OPERATOR, run_id)
    await work
    run = await stands(database, run_id)
    assert run["state"] == "CANCELLED"
    assert run["result"]["counts"]["orders"] == {"written": 4}
    assert await value(database, "select count(*) from orders") == 4
    assert broken(owner_url) == []
    # What has written something is not forgotten.
    with pytest.raises(MovedOn):
        await runs.discard(OPERATOR, run_id)
    monkeypatch.setattr(orders, "write", write)
    await runs.carry_on(OPERATOR, run_id)
    await carry_out(run_id)
    done = await stands(database, run_id)
    assert (done["state"], done["result"]["resumed"]) == ("DONE", True)
    assert done["result"]["counts"]["orders"]["written"] == 9
    assert set(await rows(database, ITEM_SUMS)) == item_sums_of_files(SAMPLE)
    assert broken(owner_url) == []


async def test_progress_is_told_while_the_worker_lives(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BEAT", 0.02)
    told, go = asyncio.Event(), asyncio.Event()
    bring = working.bring

    async def telling(*args: Any, watch: Any, **options: Any) -> Any:
        watch(Progress("orders", 3, 9))
        told.set()
        await go.wait()
        return await bring(*args, watch=watch, **options)

    monkeypatch.setattr(working, "bring", telling)
    run_id = await prepared()
    await runs.check(OPERATOR, run_id)
    work = asyncio.create_task(carry_out(run_id))
    await told.wait()
    for _ in range(200):
        run = await stands(database, run_id)
        if ["orders", 3, 9] in run["progress"].get("steps", []):
            break
        await asyncio.sleep(0.02)
    assert ["orders", 3, 9] in run["progress"]["steps"]
    # Another worker that takes the same job leaves it to the living one.
    await carry_out(run_id)
    assert (await stands(database, run_id))["state"] == "CHECKING"
    go.set()
    await work
    assert (await stands(database, run_id))["state"] == "CHECKED"


async def test_a_run_whose_worker_died_is_taken_up(
    database: Database, owner_connection: Any
) -> None:
    run_id = await checked()
    await runs.carry_on(OPERATOR, run_id)
    owner_connection.execute("delete from procrastinate_jobs")
    await take_up_lost()
    assert await jobs(database) == []
    owner_connection.execute(
        "update import_runs set state = 'RUNNING', beat_at = now() - interval '1 minute'"
    )
    await take_up_lost()
    await take_up_lost()
    assert await jobs(database) == [str(run_id)]
    await carry_out(run_id)
    assert (await stands(database, run_id))["state"] == "DONE"


async def test_one_whose_worker_died_can_be_stopped(
    database: Database, owner_connection: Any
) -> None:
    run_id = await checked()
    await runs.carry_on(OPERATOR, run_id)
    owner_connection.execute("update import_runs set beat_at = now() - interval '1 minute'")
    await runs.cancel(OPERATOR, run_id)
    assert (await stands(database, run_id))["state"] == "CANCELLED"
    # Stopped while its worker lived, which died before it heard of it.
    await runs.carry_on(OPERATOR, run_id)
    owner_connection.execute("update import_runs set beat_at = now()")
    await runs.cancel(OPERATOR, run_id)
    assert (await stands(database, run_id))["state"] == "QUEUED"
    owner_connection.execute("update import_runs set beat_at = now() - interval '1 minute'")
    await carry_out(run_id)
    assert (await stands(database, run_id))["state"] == "CANCELLED"


async def test_waiting_for_another_import(database: Database, owner_connection: Any) -> None:
    run_id = await prepared()
    await runs.check(OPERATOR, run_id)
    owner_connection.execute(f"select pg_advisory_lock({_LOCK})")
    await carry_out(run_id)
    run = await stands(database, run_id)
    assert (run["state"], run["progress"]) == ("CHECKING", {"steps": [["waiting", 0, 0]]})
    owner_connection.execute(f"select pg_advisory_unlock({_LOCK})")
    await carry_out(run_id)
    assert (await stands(database, run_id))["state"] == "CHECKED"


async def test_an_error_of_ours_does_not_leave_a_run_hanging(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*args: Any, **options: Any) -> Any:
        raise RuntimeError("no disk")

    run_id = await checked()
    await runs.carry_on(OPERATOR, run_id)
    monkeypatch.setattr(working, "bring", breaks)
    with pytest.raises(RuntimeError):
        await carry_out(run_id)
    run = await stands(database, run_id)
    assert (run["state"], run["result"]["state"]) == ("STOPPED", "failed")
    monkeypatch.undo()
    await runs.carry_on(OPERATOR, run_id)
    await carry_out(run_id)
    assert (await stands(database, run_id))["state"] == "DONE"


async def test_the_commands_import_and_the_wizards_know_each_other(database: Database) -> None:
    await bring_olist(SAMPLE)
    run_id = await checked()
    result = (await stands(database, run_id))["result"]
    assert result["counts"]["orders"] == {"read": 9, "written": 0, "unchanged": 9, "refused": 0}


async def test_whoever_left_the_page_is_told(database: Database) -> None:
    run_id = await checked()
    assert await rows(database, "select kind from notifications") == []
    await runs.carry_on(OPERATOR, run_id)
    await carry_out(run_id)
    told = await rows(database, "select scope, kind, params, path from notifications")
    assert told == [("platform", "import_done", {"source": "olist"}, f"imports/{run_id}")]


async def test_files_that_nobody_imports_do_not_lie_about_for_ever(
    database: Database, owner_connection: Any
) -> None:
    old, new = await prepared(), await checked()
    owner_connection.execute(
        "update import_runs set started_at = now() - interval '40 days' where id = %s", [old]
    )
    assert await tidy() == 1
    assert (await stands(database, old))["files"] == []
    assert not any(str(old) in key for key in await _keys())
    assert any(str(new) in key for key in await _keys())


# Files -----------------------------------------------------------------------------------------


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


async def test_an_archive_brings_its_tables_and_its_mapping(database: Database) -> None:
    run_id = await runs.start(OPERATOR)
    names = await add(
        run_id,
        "history.zip",
        archive(**{
            "olist/orders.csv": b"order_id\n",
            "../../etc/order_items.csv": b"order_id\n",
            "__MACOSX/orders.csv": b"junk",
            ".hidden.csv": b"junk",
            "readme.pdf": b"junk",
            "olist.toml": MAPPING.read_bytes(),
        }),
    )  # fmt: skip
    assert sorted(names) == ["olist.toml", "order_items.csv", "orders.csv"]
    run = await stands(database, run_id)
    assert [file["name"] for file in run["files"]] == ["order_items.csv", "orders.csv"]
    assert run["source"] == "olist"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("orders.exe", b"MZ"),
        ("", b"a"),
        ("a\x00b.csv", b"a"),
        ("broken.zip", b"PK\x03\x04 not an archive"),
        ("empty.zip", archive()),
        ("useless.zip", archive(**{"a.pdf": b"x"})),
        ("latin.toml", "name = 'ö'".encode("latin-1")),
        ("wrong.toml", b"[source"),
    ],
)
async def test_what_is_no_file_of_an_import(database: Database, name: str, data: bytes) -> None:
    run_id = await runs.start(OPERATOR)
    with pytest.raises(Invalid):
        await add(run_id, name, data)
    assert (await stands(database, run_id))["files"] == []


async def test_files_that_are_too_large(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await runs.start(OPERATOR)
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000)
    with pytest.raises(Invalid):
        await add(run_id, "orders.csv", b"x" * 1_001)
    monkeypatch.setattr(uploads, "MOST_ALTOGETHER", 5_000)
    # A small archive of a large file.
    with pytest.raises(Invalid):
        await add(run_id, "bomb.zip", archive(**{"orders.csv": b"0" * 1_000_000}))
    for name in ("a.csv", "b.csv", "c.csv", "d.csv", "e.csv"):
        await add(run_id, name, b"x" * 1_000)
    with pytest.raises(Invalid):
        await add(run_id, "f.csv", b"x")
    # One of the same name takes the place of the other.
    await add(run_id, "e.csv", b"x")
    assert len((await stands(database, run_id))["files"]) == 5


async def test_files_are_taken_away_and_a_draft_is_forgotten(database: Database) -> None:
    run_id = await prepared()
    await uploads.drop(OPERATOR, run_id, "orders.csv")
    assert "orders.csv" not in {f["name"] for f in (await stands(database, run_id))["files"]}
    await runs.discard(OPERATOR, run_id)
    assert await value(database, "select count(*) from import_runs") == 0
    left = [key for key in await _keys() if str(run_id) in key]
    assert left == []


async def _keys() -> list[str]:
    store = blobs._store()
    return [str(meta["path"]) async for part in store.list("imports") for meta in part]


async def test_steps_in_the_wrong_order(database: Database) -> None:
    run_id = await runs.start(OPERATOR)
    with pytest.raises(Invalid):
        await runs.check(OPERATOR, run_id)
    with pytest.raises(MovedOn):
        await runs.change(OPERATOR, run_id)
    with pytest.raises(MovedOn):
        await runs.cancel(OPERATOR, run_id)
    ready = await checked()
    with pytest.raises(NoDraft):
        await add(ready, "orders.csv", b"")
    with pytest.raises(NoDraft):
        await uploads.drop(OPERATOR, ready, "orders.csv")
    with pytest.raises(MovedOn):
        await runs.choose_mapping(OPERATOR, ready, "", "")
    with pytest.raises(MovedOn):
        await runs.check(OPERATOR, ready)
    await runs.carry_on(OPERATOR, ready)
    with pytest.raises(MovedOn):
        await runs.carry_on(OPERATOR, ready)
    with pytest.raises(MovedOn):
        await runs.discard(OPERATOR, ready)


async def test_only_those_permitted(database: Database) -> None:
    reader = Actor(Scope.PLATFORM, permissions=frozenset({"platform:imports:read"}))
    run_id = await prepared()
    steps = (runs.check, runs.carry_on, runs.change, runs.cancel, runs.discard)
    for step in steps:
        with pytest.raises(Forbidden):
            await step(reader, run_id)
    with pytest.raises(Forbidden):
        await runs.start(reader)
    with pytest.raises(Forbidden):
        await runs.choose_mapping(reader, run_id, "", "")
    with pytest.raises(Forbidden):
        await uploads.add(reader, run_id, "orders.csv", io.BytesIO(b""))
    for step in steps[:2]:
        with pytest.raises(NotFound):
            await step(OPERATOR, uuid4())
    # A run of the command has no files here that could be changed.
    await bring_olist(SAMPLE)
    command = await value(database, "select id from import_runs where not is_wizard")
    with pytest.raises(NotFound):
        await runs.carry_on(OPERATOR, command)


# Templates -------------------------------------------------------------------------------------


def test_the_template_of_a_mapping_says_what_holds_without_one() -> None:
    found, usual = parse_mapping(mapping_template(), "mapping.toml"), HistoryMapping()
    for kind in KINDS.values():
        for column in kind.columns:
            assert found.column_of(kind, column.name) == usual.column_of(kind, column.name)
    assert found.files == {kind: f"{kind}.csv" for kind in KINDS}


def test_the_templates_have_the_layouts_columns() -> None:
    with zipfile.ZipFile(io.BytesIO(templates())) as packed:
        for kind in KINDS.values():
            head = packed.read(f"{kind.name}.csv").decode("utf-8-sig").strip()
            assert head.split(",") == [column.name for column in kind.columns]
