"""What bulk work costs the trail, and that work of a client that is gone ends."""

import os
import socket
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

ROWS = 60
NOTHING = (
    "insert into categories (id, slug, name_zh, name_en, position)"
    " select id, slug, name_zh, name_en, position from categories where false"
    " on conflict (id) do update set position = excluded.position + 1"
)


@pytest.fixture
def connection(owner_url: URL) -> Any:
    """A connection of its own, whose functions have not planned anything yet."""
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def test_a_bulk_update_after_an_empty_upsert_compares_no_row_with_all(connection: Any) -> None:
    plans: list[str] = []
    connection.execute(
        "insert into categories (id, slug, name_zh, name_en, position)"
        " select new_uuid(), 'kind-' || n, '类', 'Kind', n from generate_series(1, %s) n",
        [ROWS],
    )
    connection.add_notice_handler(lambda note: plans.append(f"{note.message_detail}"))
    connection.execute("set client_min_messages = log; set debug_print_plan = on")
    connection.execute(NOTHING)
    connection.execute("update categories set position = position + 1 where slug like 'kind-%'")
    connection.execute("set debug_print_plan = off")
    trails = [plan for plan in plans if "after_rows" in plan]
    assert trails
    assert not [plan for plan in trails if "{NESTLOOP" in plan]
    found = connection.execute(
        "select count(*), count(*) filter (where (after ->> 'position')::int"
        " = (before ->> 'position')::int + 1) from audit_entries"
        " where table_name = 'categories' and action = 'update'"
    ).fetchone()
    assert found == (ROWS, ROWS)


def test_every_function_behind_transition_tables_plans_for_any_number_of_rows(
    connection: Any,
) -> None:
    found = connection.execute(
        "select distinct p.proname, p.proconfig from pg_trigger t"
        " join pg_proc p on p.oid = t.tgfoid"
        " where t.tgoldtable is not null or t.tgnewtable is not null"
    ).fetchall()
    assert len(found) >= 3
    assert not [
        name for name, config in found if "plan_cache_mode=force_generic_plan" not in (config or [])
    ]


def test_a_query_of_a_client_that_is_gone_ends(app_url: str, connection: Any) -> None:
    url = make_url(app_url).set(drivername="postgresql").render_as_string(hide_password=False)
    client = psycopg.connect(url, autocommit=True)
    client.pgconn.send_query(b"select pg_sleep(600)")
    running = "select 1 from pg_stat_activity where pid = %s and query like '%%pg_sleep%%'"

    def runs() -> bool:
        return bool(connection.execute(running, [client.info.backend_pid]).fetchone())

    assert _comes(runs)
    # The other end hears no more than of a process that died.
    with socket.socket(fileno=os.dup(client.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    assert _comes(lambda: not runs()), "the query of a client that is gone still runs"


def _comes(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False
