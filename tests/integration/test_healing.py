"""Real processes are killed under a small load of orders; what died is started again.

A server of its own, for the one of the test run is everybody's. With TONGSHANG_DEEP=1 each part is
killed several times at moments of chance.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.kit.db import Database, use_database
from app.kit.errors import RETRY_SECONDS
from app.kit.ids import new_id
from app.kit.settings import Settings
from app.server import embedded, supervision, up
from app.server.migrations import migrate
from app.server.postgres import DatabaseUrls, is_reachable, prepare
from app.server.postgres import embedded as embedded_server
from app.server.supervision import Command, Part, Supervisor
from app.services.sessions import COOKIE
from app.services.verification import verify
from tests.conftest import TEST_SECRET
from tests.integration.market import ADDRESS, Market, open_market
from tests.serving import free_port, serving_env, until_answers

HEALED_SECONDS = 90
FILE = "/download/platform/main/merchants.csv"
IS_DEEP = os.environ.get("TONGSHANG_DEEP") == "1"


@dataclass
class Shopper:
    """Orders one after the other, each again under its own key until it is placed."""

    port: int
    slug: str
    market: Market
    answers: Counter[int] = field(default_factory=Counter[int])
    faults: list[str] = field(default_factory=list[str])
    placed: list[str] = field(default_factory=list[str])

    async def shop(self, is_over: Callable[[], bool]) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=30) as http:
            while not is_over():
                key = new_id().hex
                while not await self._order(http, key):
                    await asyncio.sleep(0.1)

    async def _order(self, http: httpx.AsyncClient, key: str) -> bool:
        wish = {
            "items": [{"sku_id": str(self.market.goods[0].sku), "quantity": 1}],
            "address": ADDRESS.model_dump(),
        }
        try:
            answer = await http.post(
                f"/api/v1/stores/{self.slug}/orders", json=wish, headers={"idempotency-key": key}
            )
        except httpx.HTTPError:
            # Nobody listens while the web app itself is dead.
            return False
        self._note(answer)
        if not answer.is_success:
            return answer.status_code != 503
        order = answer.json()
        self.placed.append(order["number"])
        with contextlib.suppress(httpx.HTTPError):
            self._note(
                await http.post(
                    f"/api/v1/orders/{order['number']}/payments",
                    json={"return_url": "http://shop.invalid/thanks"},
                    headers={"x-order-token": order["access_token"]},
                )
            )
        return True

    def _note(self, answer: httpx.Response) -> None:
        """Count an answer; none but a success and a 503 that says when to come back is right."""
        self.answers[answer.status_code] += 1
        come_back = answer.headers.get("retry-after") == str(RETRY_SECONDS)
        if not answer.is_success and not (answer.status_code == 503 and come_back):
            self.faults.append(f"{answer.status_code}: {answer.text[:200]}")


@dataclass
class House:
    """The running installation."""

    settings: Settings
    urls: DatabaseUrls
    supervisor: Supervisor
    said: list[str]

    def part(self, name: str) -> Part:
        return next(part for part in self.supervisor.parts if part.name == name)

    def pid(self, name: str) -> int | None:
        if name == "database":
            return embedded.server_pid(self.settings.data_dir / "pg")
        part = self.part(name)
        assert isinstance(part, Command)
        return part.child.process.pid if part.child else None

    async def kill(self, name: str) -> None:
        """Kill a part's first process, as a lack of memory does, and wait for the next one."""
        before = self.pid(name)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        async with asyncio.timeout(HEALED_SECONDS):
            while self.pid(name) in (None, before) or not self.part(name).is_alive():
                await asyncio.sleep(0.1)


@contextlib.contextmanager
def _looked_after(supervisor: Supervisor) -> Iterator[None]:
    """Look after the parts from a thread, as ``up`` does from its own."""
    stopping = threading.Event()
    ends: list[Exception] = []

    def look() -> None:
        try:
            while not stopping.wait(0.2):
                supervisor.look()
        except Exception as error:
            ends.append(error)
            # Its children die with the thread that started them.
            stopping.wait()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        supervisor.stop(8)
        thread.join()
    assert not ends, ends


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    settings = Settings(data_dir=tmp_path, database_url=None, port=free_port())
    settings.sandbox_port = free_port()
    urls = prepare(settings, TEST_SECRET)
    migrate(urls.owner)
    said: list[str] = []
    supervisor = Supervisor(said.append, lambda: is_reachable(urls.owner))
    server = embedded_server(settings)
    assert server is not None
    supervisor.watch(server)
    env = serving_env(urls.app_text, settings.port, up.settings_env(settings, urls))
    for name, command in up._commands(settings).items():
        supervisor.start(Command(name, command, env, tmp_path / "logs"))
    with _looked_after(supervisor):
        await until_answers(settings.port, lambda: True)
        yield House(settings, urls, supervisor, said)


@pytest.fixture
async def market(house: House) -> AsyncIterator[tuple[Market, str]]:
    database = Database(house.urls.app_text, pool_size=2)
    use_database(database)
    market = await open_market(database, on_hand=100_000)
    slug = await _slug(house, market)
    yield market, slug
    use_database(None)
    await database.close()


async def _slug(house: House, market: Market) -> str:
    async with await psycopg.AsyncConnection.connect(house.urls.owner_text) as connection:
        await connection.execute("set role tongshang_engine")
        found = await connection.execute("select slug from stores where id = %s", [market.store])
        row = await found.fetchone()
        assert row is not None
        return str(row[0])


def _origin(house: House) -> str:
    return f"http://127.0.0.1:{house.settings.port}"


async def _page(house: House, path: str, lang: str = "zh") -> httpx.Response:
    cookies = {"ts_lang": lang, COOKIE: "x" * 43}
    async with httpx.AsyncClient(base_url=_origin(house), cookies=cookies, timeout=30) as http:
        return await http.get(path, headers={"accept": "text/html"})


async def test_killed_parts_come_back_and_nobody_gets_a_bare_fault(
    house: House, market: tuple[Market, str]
) -> None:
    """Failed before: ``up`` ended with the first of them, and orders got a bare 500."""
    goods, slug = market
    over = asyncio.Event()
    shoppers = [Shopper(house.settings.port, slug, goods) for _ in range(3)]
    tasks = [asyncio.create_task(one.shop(over.is_set)) for one in shoppers]
    names = ["database", "worker", "sandbox", "web"]
    for name in random.Random(7).choices(names, k=16) if IS_DEEP else names:
        before = sum(len(one.placed) for one in shoppers)
        await house.kill(name)
        async with asyncio.timeout(HEALED_SECONDS):
            # All go on ordering.
            while sum(len(one.placed) for one in shoppers) < before + 6:
                await asyncio.sleep(0.1)
    over.set()
    await asyncio.gather(*tasks)
    placed = [number for one in shoppers for number in one.placed]
    assert not [fault for one in shoppers for fault in one.faults]
    assert len(set(placed)) == len(placed)
    assert await _orders(house) >= set(placed)
    for name in names:
        assert any(f"“{name}”" in line for line in house.said)
    report = verify(house.urls.owner_text)
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


async def _orders(house: House) -> set[str]:
    async with await psycopg.AsyncConnection.connect(house.urls.owner_text) as connection:
        await connection.execute("set role tongshang_engine")
        found = await connection.execute("select number from orders")
        return {row[0] for row in await found.fetchall()}


async def test_while_the_database_is_away_everybody_reads_when_to_come_back(
    house: House, market: tuple[Market, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, slug = market
    # It stays away until we let it come back.
    database = house.part("database")
    may_start = threading.Event()
    real = database.start
    monkeypatch.setattr(supervision, "MOST_FAST_DEATHS", 10_000)
    monkeypatch.setattr(database, "start", lambda: real() if may_start.is_set() else None)
    pid = house.pid("database")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(1)
    for lang, word in (("zh", "重启"), ("en", "restarted")):
        for path in (f"/s/{slug}/search?q=a", "/s/nobody-here", "/me/profile", FILE):
            answer = await _page(house, path, lang)
            assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), path
            assert word in answer.text and "text/html" in answer.headers["content-type"], path
    async with httpx.AsyncClient(base_url=_origin(house), timeout=30) as http:
        wish: dict[str, Any] = {
            "items": [{"sku_id": str(new_id()), "quantity": 1}],
            "address": ADDRESS.model_dump(),
        }
        key = {"idempotency-key": "a" * 20}
        answer = await http.post(f"/api/v1/stores/{slug}/orders", json=wish, headers=key)
        assert (answer.status_code, answer.json()["type"]) == (
            503,
            "urn:tongshang:problem:unavailable",
        )
    may_start.set()
    async with asyncio.timeout(HEALED_SECONDS):
        while (await _page(house, f"/s/{slug}")).status_code != 200:
            await asyncio.sleep(0.2)


@pytest.mark.skipif(not IS_DEEP, reason="TONGSHANG_DEEP=1 also lets the command itself be killed")
async def test_verify_is_clean_as_a_command_after_a_kill(house: House) -> None:
    await house.kill("database")
    env = dict(os.environ) | up.settings_env(house.settings, house.urls)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app.cli", "verify", "--json"],
        env=env, capture_output=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["ok"], done.stderr
