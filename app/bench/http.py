"""The shop over HTTP: a real server process, and a client that is light enough not to matter."""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from app.adapters.sandbox.signing import sign
from app.bench.ground import CLIENTS, LIMITS, Ground
from app.bench.load import Clock
from app.kit.ids import new_id
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server import frontend, processes
from app.services.placing import Address

START_SECONDS = 240


class Unexpected(Exception):
    """The server answered with something else than the benchmark expects."""


@dataclass
class Line:
    """One kept-alive connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send one request; return status and body."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nhost: bench\r\n{head}content-length: {len(body)}"
        self.writer.write(f"{head}\r\n\r\n".encode() + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in lines
            if line.lower().startswith(b"content-length:")
        )
        return int(lines[0].split()[1]), await self.reader.readexactly(length)


class Shop:
    """Buys over HTTP: the order, the payment, the provider's callback."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._idle: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
        for line in lines:
            self._idle.put_nowait(line)

    async def buy(self, clock: Clock, slug: str, skus: Sequence[UUID], address: Address) -> None:
        """Place and pay one order of one unit of each SKU."""
        line = await self._idle.get()
        try:
            at = time.perf_counter()
            order = await place(line, slug, skus, address)
            at = clock.note("place", at)
            payment = await _start(line, order)
            at = clock.note("start", at)
            await _confirm(line, payment, order["total_cents"])
            clock.note("confirm", at)
        finally:
            self._idle.put_nowait(line)


async def place(line: Line, slug: str, skus: Sequence[UUID], address: Address) -> dict[str, Any]:
    """Place an order; raises Unexpected, whose second argument is the status."""
    body = {
        "items": [{"sku_id": str(sku), "quantity": 1} for sku in skus],
        "address": address.model_dump(),
    }
    headers = {"content-type": "application/json", "idempotency-key": new_id().hex}
    return await _post(line, f"/api/v1/stores/{slug}/orders", body, headers, 201)


async def _start(line: Line, order: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "x-order-token": order["access_token"]}
    body = {"return_url": "http://shop.invalid/thanks", "provider": "sandbox"}
    return await _post(line, f"/api/v1/orders/{order['number']}/payments", body, headers, 201)


async def _confirm(line: Line, payment: Mapping[str, Any], amount_cents: int) -> None:
    number = payment["number"]
    body = json.dumps(
        {
            "event_id": f"paid-{number}",
            "kind": "paid",
            "number": number,
            "amount_cents": amount_cents,
            "currency": "CNY",
            "reference": f"ref-{number}",
        }
    ).encode()
    status, answer = await line.post("/callbacks/sandbox", body, sign(body))
    if (status, answer) != (200, b"applied"):
        raise Unexpected(answer.decode(errors="replace"), status)


async def _post(
    line: Line, path: str, body: Mapping[str, Any], headers: Mapping[str, str], expected: int
) -> dict[str, Any]:
    status, answer = await line.post(path, json.dumps(body).encode(), headers)
    if status != expected:
        raise Unexpected(answer.decode(errors="replace"), status)
    return json.loads(answer)


@asynccontextmanager
async def shop(ground: Ground, shoppers: int) -> AsyncGenerator[Shop]:
    """Serve the channel API and the callbacks in a process of their own; connect shoppers."""
    async with connected(ground, shoppers) as lines:
        yield Shop(lines)


@asynccontextmanager
async def connected(ground: Ground, connections: int) -> AsyncGenerator[list[Line]]:
    """Serve, and open so many connections."""
    port = free_port()
    with TemporaryDirectory() as logs:
        child = _serve(ground, port, Path(logs))
        try:
            await _until_ready(port, child)
            lines = [
                Line(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(connections)
            ]
            yield lines
            for line in lines:
                line.writer.close()
        finally:
            processes.stop([child])


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def console(ground: Ground) -> AsyncGenerator[tuple[str, int]]:
    """Serve the whole app, console included, as ``up`` does; yield host and port."""
    async with console_process(ground) as (host, port, _):
        yield host, port


@asynccontextmanager
async def console_process(
    ground: Ground, *, with_pages: bool = True
) -> AsyncGenerator[tuple[str, int, int]]:
    """Like ``console``; yield the process id as well. Without pages nothing need be built."""
    port = free_port()
    with TemporaryDirectory() as logs:
        served = frontend.serving(settings().data_dir)
        if not with_pages:
            served.pop("__REFLEX_MOUNT_FRONTEND_COMPILED_APP")
        child = _serve(ground, port, Path(logs), factory="app.app:app", env=served)
        try:
            await _until_ready(port, child)
            yield "127.0.0.1", port, child.process.pid
        finally:
            processes.stop([child])


def _serve(
    ground: Ground,
    port: int,
    logs: Path,
    factory: str = "app.bench.web:app",
    env: Mapping[str, str] = os.environ,
) -> processes.Child:
    env = dict(env) | {
        "TONGSHANG_APP_DATABASE_URL": ground.urls.app_text,
        "TONGSHANG_SECRET_KEY": master_secret(),
        "TONGSHANG_PORT": str(port),
        "TONGSHANG_LIMITS": LIMITS,
        "TONGSHANG_POOL_SIZE": str(CLIENTS),
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-access-log"]
    command += ["--loop", "uvloop", "--host", "127.0.0.1", "--port", str(port)]
    return processes.start("shop", [*command, "--factory", factory], env, logs)


async def _until_ready(port: int, child: processes.Child) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.process.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise Unexpected(child.log.read_text(errors="replace")[-2000:], 0)
