"""A first start that is broken off leaves nothing half done for the next one."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from app.kit.settings import Settings
from app.server import first_data
from app.server.postgres import DatabaseUrls
from app.services.demo import goods, market
from app.services.verification import verify


def _counts(owner: psycopg.Connection[Any]) -> dict[str, int]:
    with owner.transaction():
        owner.execute("set local role tongshang_engine")
        return {
            table: owner.execute(f"select count(*) from {table}".encode()).fetchone()[0]  # type: ignore[index]
            for table in ("users", "merchants", "stores", "products", "orders")
        }


def test_a_demo_that_was_broken_off_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    owner_url: URL,
    app_url: str,
    owner_connection: psycopg.Connection[Any],
) -> None:
    urls = DatabaseUrls(owner_url, make_url(app_url))
    said: list[str] = []

    def start() -> None:
        first_data.fill(Settings(data_dir=tmp_path), urls, empty=False, say=said.append)

    with monkeypatch.context() as broken:

        async def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(market, "_stores", interrupted)
        with pytest.raises(KeyboardInterrupt):
            start()
    half = _counts(owner_connection)
    assert half["merchants"] > 0
    assert half["stores"] == half["orders"] == 0

    start()
    whole = _counts(owner_connection)
    assert whole["stores"] == len(goods.STORES)
    assert whole["orders"] == market.ORDERS
    assert {name: whole[name] for name in ("users", "merchants", "products")} == {
        name: half[name] for name in ("users", "merchants", "products")
    }
    assert verify(owner_connection.info.dsn)["ok"]

    start()
    assert _counts(owner_connection) == whole
    assert len(said) == 2


def test_people_s_own_data_is_never_taken_away(
    tmp_path: Path, owner_url: URL, app_url: str, owner_connection: psycopg.Connection[Any]
) -> None:
    """Not even where the demo's mark says that it is not whole."""
    urls = DatabaseUrls(owner_url, make_url(app_url))
    with owner_connection.transaction():
        owner_connection.execute("set local role tongshang_engine")
        owner_connection.execute(
            "insert into users (id, email, name, locale)"
            " values (new_uuid(), 'somebody@their.example', 'Somebody', 'en')"
        )
        owner_connection.execute(
            "insert into platform_settings (key, value) values ('demo', '{\"whole\": false}')"
            " on conflict (key) do update set value = excluded.value"
        )
    before = _counts(owner_connection)
    first_data.fill(Settings(data_dir=tmp_path), urls, empty=False, say=print)
    assert _counts(owner_connection) == before
