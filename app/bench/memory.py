"""``tongshang bench memory``: what the console's web process weighs after thousands of page loads.

Each load is a tab of a browser: a websocket with its cookie, the page's first packet, its rows, and
gone. The baseline is the same process, warmed up; what is left after a rest is set against it.
"""

import asyncio
import secrets
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from app.bench.events import console_people
from app.bench.ground import open_ground
from app.bench.http import console_process
from app.bench.socket import Tab
from app.services.roles import sync_built_in_roles

LOADS, WARM_UP, AT_ONCE, IDLE_TABS = 3_000, 100, 8, 100
PAGES = ("merchants", "orders", "products", "payments", "ledger", "rules", "staff", "audit")
"""Pages of the platform's workspace that are loaded in turn."""
ROOT = "reflex___state____state"


class NotMeasurable(Exception):
    """The system does not say what a process weighs."""


def check_measurable() -> None:
    """Raise NotMeasurable where nothing says what a process weighs."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise NotMeasurable("Only Linux says what a process weighs (/proc/…/smaps_rollup).")


async def run(seconds: int, loads: int = LOADS) -> dict[str, Any]:
    """Measure; ``seconds`` is the rest after the loads. Return MB, their ratio, KB of a tab."""
    async with open_ground() as ground:
        await sync_built_in_roles()
        cookies = console_people(ground)
        async with console_process(ground, with_pages=False) as (host, port, pid):
            await _load(host, port, cookies, WARM_UP)
            before = _mb(pid)
            idle = await _open(host, port, cookies, IDLE_TABS)
            opened = _mb(pid)
            for tab in idle:
                await tab.close()
            await _load(host, port, cookies, loads)
            after = _mb(pid)
            await asyncio.sleep(seconds)
            rested = _mb(pid)
    return {
        "loads": loads,
        "before_mb": round(before, 1),
        "after_mb": round(after, 1),
        "after_rest_mb": round(rested, 1),
        "rest_s": seconds,
        "ratio": round(rested / before, 3),
        "kb_per_open_tab": round((opened - before) * 1024 / IDLE_TABS),
        "kb_kept_per_load": round((rested - before) * 1024 / loads, 1),
    }


async def _load(host: str, port: int, cookies: Sequence[str], loads: int) -> None:
    """Load so many pages, a few at once, each in a tab that is closed at once."""
    turns = iter(range(loads))

    async def browse() -> None:
        for turn in turns:
            tab = await _page(host, port, cookies[turn % len(cookies)], PAGES[turn % len(PAGES)])
            await tab.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(browse())


async def _open(host: str, port: int, cookies: Sequence[str], tabs: int) -> list[Tab]:
    pages = cycle(PAGES)
    return [await _page(host, port, cookies[n % len(cookies)], next(pages)) for n in range(tabs)]


async def _page(host: str, port: int, cookie: str, page: str) -> Tab:
    """Open a tab on a page and wait for the update with which it is filled."""
    tab = await Tab.open(host, port, secrets.token_hex(16), cookie)
    await tab.connected()
    path = f"/platform/main/{page}"
    router = {"pathname": path, "asPath": path}
    event = {"name": f"{ROOT}.hydrate_and_load", "payload": {}, "router_data": router}
    await tab.ask(event, 'loaded_rx_state_":true')
    return tab


def _mb(pid: int) -> float:
    """Return the memory of a process and all that it started, in MB: shared pages by their part."""
    pids, found = [pid], 0
    while pids:
        one = pids.pop()
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            pids += map(int, task.read_text().split())
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        found += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found / 1024
