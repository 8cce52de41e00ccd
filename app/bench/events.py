"""``tongshang bench events``: two hundred tabs of the console, and how long an event takes.

Every tab sends an event a second: reading a list (its address sorted one way, then the other) and
ticking a row, in turn. The baseline is the websocket's own echo from the same tabs in the same run.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.bench.ground import Ground, as_engine, open_ground
from app.bench.http import console
from app.bench.load import percentile
from app.bench.socket import Tab
from app.kit.settings import settings
from app.server import frontend
from app.services.roles import sync_built_in_roles
from app.services.sessions import COOKIE, token_hash

TABS = 200
WARM_UP_SECONDS = 2
LIST = "/platform/main/merchants"

_PEOPLE = """\
with made as (
  insert into users (id, email, name, locale)
  select new_uuid(), 'bench-' || n || '@bench.example', 'Bench ' || n, 'zh_CN'
  from generate_series(1, %(tabs)s) n returning id, email),
member as (
  insert into memberships (id, user_id, role_id)
  select new_uuid(), made.id, r.id from made
  join roles r on r.code = 'platform_owner' and r.merchant_id is null)
insert into user_sessions (id, user_id, token_hash, expires_at)
select new_uuid(), made.id, t.hash, now() + interval '1 hour' from made
join unnest(%(hashes)s::text[]) with ordinality as t(hash, n)
  on made.email = 'bench-' || t.n || '@bench.example'"""


@dataclass(frozen=True)
class _Names:
    """The events as the wire names them."""

    hydrate: str
    load: str
    pick: str
    state: str


async def run(seconds: int) -> dict[str, Any]:
    """Measure; return events per second, p50 and p99 in ms, and the echo's next to them."""
    frontend.build(settings().data_dir)
    names = _names()
    async with open_ground() as ground:
        await sync_built_in_roles()
        cookies = console_people(ground)
        async with console(ground) as (host, port):
            tabs = await _open(host, port, cookies, names)
            # A server that has just started still opens connections and plans its statements.
            await _drive(tabs, WARM_UP_SECONDS, lambda tab, n: _list(tab, names, n))
            echo = await _drive(tabs, seconds, lambda tab, _: tab.ping())
            ticks = await _drive(tabs, seconds, lambda tab, n: _tick(tab, names, n))
            lists = await _drive(tabs, seconds, lambda tab, n: _list(tab, names, n))
    return _figures(echo, ticks, lists, seconds, tabs)


def _names() -> _Names:
    from state.platform.merchants import MerchantsState

    name = MerchantsState.get_full_name()
    root = name.split(".", maxsplit=1)[0]
    return _Names(f"{root}.hydrate", f"{name}.load", f"{name}.pick_page", name)


def console_people(ground: Ground) -> list[str]:
    """Make people who may see everything of the platform; return their cookies."""
    tokens = [secrets.token_urlsafe(24) for _ in range(TABS)]
    with as_engine(ground.urls) as connection:
        connection.execute(
            _PEOPLE, {"tabs": TABS, "hashes": [token_hash(token) for token in tokens]}
        )
    return [f"{COOKIE}={token}" for token in tokens]


async def _open(host: str, port: int, cookies: Sequence[str], names: _Names) -> list[Tab]:
    tabs: list[Tab] = []
    for cookie in cookies:
        tab = await Tab.open(host, port, secrets.token_hex(16), cookie)
        tab.listener = asyncio.create_task(tab.listen())
        await asyncio.sleep(0.02)
        await tab.ask(_event(names.hydrate, LIST), "delta")
        await tab.ask(_event(names.load, LIST), names.state)
        tabs.append(tab)
    return tabs


def _event(name: str, path: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    router = {"pathname": path.split("?", maxsplit=1)[0], "asPath": path}
    return {"name": name, "payload": payload or {}, "router_data": router}


def _tick(tab: Tab, names: _Names, _: int) -> Awaitable[None]:
    return tab.ask(_event(names.pick, LIST), names.state)


def _list(tab: Tab, names: _Names, n: int) -> Awaitable[None]:
    return tab.ask(_event(names.load, f"{LIST}?sort={'name' if n % 2 else 'code'}"), names.state)


async def _drive(
    tabs: Sequence[Tab], seconds: int, act: Callable[[Tab, int], Awaitable[None]]
) -> list[float]:
    """Let every tab act once a second, spread over the second; return what each act took."""
    taken: list[float] = []

    async def sit(tab: Tab, offset: float) -> None:
        await asyncio.sleep(offset)
        for n in range(seconds):
            began = time.perf_counter()
            await act(tab, n)
            spent = time.perf_counter() - began
            taken.append(spent)
            await asyncio.sleep(max(0.0, 1 - spent))

    async with asyncio.TaskGroup() as group:
        for place, tab in enumerate(tabs):
            group.create_task(sit(tab, place / len(tabs)))
    return taken


def _figures(
    echo: Sequence[float],
    ticks: Sequence[float],
    lists: Sequence[float],
    seconds: int,
    tabs: Sequence[Tab],
) -> dict[str, Any]:
    def part(taken: Sequence[float]) -> dict[str, Any]:
        p99 = percentile(taken, 0.99)
        return {
            "events": len(taken),
            "events_per_s": round(len(taken) / seconds, 1),
            "p50_ms": percentile(taken, 0.5),
            "p99_ms": p99,
            "ratio": round(p99 / max(percentile(echo, 0.99), 0.1), 1),
        }

    received = sum(tab.received for tab in tabs)
    return {
        "tabs": len(tabs),
        "echo": part(echo),
        "tick_a_row": part(ticks),
        "read_a_list": part(lists),
        "kb_received_per_tab": round(received / len(tabs) / 1024),
    }
