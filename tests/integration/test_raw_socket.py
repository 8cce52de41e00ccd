"""What comes over real websockets of the served console."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from app.kit.db import Database
from state.platform.merchants import MerchantsState
from tests.integration.people import join, make_merchant, make_user, open_session
from tests.serving import RawTab, serving_console

LIST = "/platform/main/merchants"
LOAD = f"{MerchantsState.get_full_name()}.load"


@pytest.fixture
async def port(database: Database, app_url: str, tmp_path: Path) -> AsyncIterator[int]:
    """Serve the console on the module's database."""
    async with serving_console(app_url, tmp_path) as port:
        yield port


async def _owner(database: Database) -> str:
    user = await make_user(database)
    await join(database, user.id, None, "platform_owner")
    return await open_session(database, user.id)


async def _asked_behind_a_lock(
    database: Database, owner_url: URL, port: int, session: str, takers_session: str
) -> tuple[RawTab, str]:
    """Let a tab go while its list is being read, and another connect with its token.

    Return the second one, after the list was read, and a name that is on the list.
    """
    merchant = await make_merchant(database)
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute("lock table merchants in access exclusive mode")
        first = await RawTab.at(port, session)
        first.send(LOAD, LIST)
        await _until_waits(url)
        await first.leave()
        await asyncio.sleep(0.3)
        taker = await RawTab.at(port, takers_session, token=first.token, boots_at=LIST)
        await asyncio.sleep(0.5)
        assert "new_token" not in taker.text
        connection.rollback()
    return taker, merchant.code


async def _until_waits(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as watching:
        for _ in range(400):
            found = await watching.execute("select 1 from pg_locks where not granted")
            if await found.fetchone():
                return
            await asyncio.sleep(0.02)
    raise AssertionError("the list was never read")


async def test_an_update_under_way_does_not_reach_whoever_takes_the_tab_over(
    database: Database, owner_url: URL, port: int
) -> None:
    """Failed before: the list of the first came to the second, who had only its token."""
    stranger = await open_session(database, (await make_user(database)).id)
    taker, code = await _asked_behind_a_lock(
        database, owner_url, port, await _owner(database), stranger
    )
    await asyncio.sleep(2)
    assert code not in taker.text and "merchants_state" not in taker.text
    await taker.leave()


async def test_the_same_person_who_reconnects_still_gets_it(
    database: Database, owner_url: URL, port: int
) -> None:
    session = await _owner(database)
    taker, code = await _asked_behind_a_lock(database, owner_url, port, session, session)
    packet = await taker.until(lambda one: code in one)
    assert "asker" not in packet
    await taker.leave()
