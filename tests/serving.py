"""The whole app in a process of its own, and tabs that speak to it over raw websockets.

Nothing is built for it: pages come from elsewhere, events, stores, API and files are served.
"""

import asyncio
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.bench.socket import NAMESPACE, Tab
from app.server import processes
from app.services.sessions import COOKIE

START_SECONDS = 90


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving_env(app_url: str, port: int, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that serves the app on a database."""
    return (
        dict(os.environ)
        | {
            "TONGSHANG_APP_DATABASE_URL": app_url,
            "TONGSHANG_PORT": str(port),
            "REFLEX_ENV_MODE": "prod",
            "__REFLEX_SKIP_COMPILE": "true",
        }
        | dict(more or {})
    )


def web_command(port: int, factory: str = "app.app:app") -> list[str]:
    """Return the command of the web app, as ``up`` runs it."""
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-access-log"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--respawn-failed-workers"]
    return [*command, "--factory", factory]


async def until_answers(port: int, is_alive: Callable[[], bool]) -> None:
    """Wait until the app says that it is well."""
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        while time.monotonic() < deadline and is_alive():
            try:
                if (await http.get("/healthz")).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the app does not answer")


@asynccontextmanager
async def serving_console(app_url: str, folder: Path) -> AsyncIterator[int]:
    """Serve the app on a database; yield its port."""
    port = free_port()
    child = processes.start("web", web_command(port), serving_env(app_url, port), folder)
    try:
        await until_answers(port, lambda: child.process.poll() is None)
        yield port
    finally:
        processes.stop([child])


ROOT = "reflex___state____state"
"""Reflex's own root state, as the wire names it."""


def event_of(name: str, path: str, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an event as a browser at an address sends it."""
    router = {"pathname": path.partition("?")[0], "asPath": path}
    return {"name": name, "payload": dict(payload or {}), "router_data": router}


@dataclass
class RawTab(Tab):
    """A tab that keeps every packet that came."""

    packets: list[str] = field(default_factory=list[str])
    port: int = 0
    token: str = ""
    boots_at: str = ""

    @classmethod
    async def at(
        cls, port: int, session: str | None, token: str = "", boots_at: str = ""
    ) -> "RawTab":
        """Connect with a session's cookie; ``token`` names a tab that is there already.

        ``boots_at`` is the address whose page the tab loads with its first packet, as browsers do.
        """
        token = token or secrets.token_hex(16)
        cookie = f"{COOKIE}={session}" if session else "nothing=1"
        tab = await cls.open("127.0.0.1", port, token, cookie)
        assert isinstance(tab, RawTab)
        tab.port, tab.token, tab.boots_at = port, token, boots_at
        tab.listener = asyncio.create_task(tab.listen())
        await tab.until(lambda packet: packet.startswith("0"))
        return tab

    def _packet(self, packet: str) -> None:
        self.packets.append(packet)
        if packet.startswith("0") and self.boots_at:
            boot = {"event": event_of(f"{ROOT}.hydrate_and_load", self.boots_at)}
            self.say(f"40{NAMESPACE},{json.dumps(boot)}")
        else:
            super()._packet(packet)

    def send(self, name: str, path: str, payload: Mapping[str, Any] | None = None) -> None:
        """Send an event and wait for nothing."""
        self.say(f"42{NAMESPACE},{json.dumps(['event', event_of(name, path, payload)])}")

    async def until(self, wanted: Callable[[str], bool], seconds: float = 20) -> str:
        """Return the first packet that is wanted, as soon as it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for packet in self.packets:
                if wanted(packet):
                    return packet
            await asyncio.sleep(0.01)
        raise TimeoutError(f"not among {[packet[:200] for packet in self.packets]}")

    @property
    def text(self) -> str:
        """All that came."""
        return "\n".join(self.packets)

    async def leave(self) -> None:
        """Close the connection."""
        self.writer.close()
        if self.listener is not None:
            self.listener.cancel()
