"""A browser's websocket, as light as can be: Engine.IO 4 and Socket.IO over wsproto."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Message, Ping, RejectConnection, Request, TextMessage

NAMESPACE = "/_event"


class Refused(Exception):
    """The server did not accept the websocket."""


@dataclass
class Tab:
    """One tab of a browser: a websocket with a cookie, on a page."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: WSConnection
    waiting: asyncio.Future[None] | None = None
    wanted: str = ""
    received: int = 0
    listener: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, host: str, port: int, token: str, cookie: str) -> "Tab":
        """Connect as a browser does. Raises Refused."""
        reader, writer = await asyncio.open_connection(host, port)
        tab = cls(reader, writer, WSConnection(ConnectionType.CLIENT))
        headers = [
            (b"cookie", cookie.encode()),
            (b"origin", f"http://{host}:{port}".encode()),
        ]
        target = f"{NAMESPACE}/?EIO=4&transport=websocket&token={token}"
        tab._send(Request(host=f"{host}:{port}", target=target, extra_headers=headers))
        await tab._accepted()
        return tab

    async def _accepted(self) -> None:
        while True:
            self.protocol.receive_data(await self.reader.read(65536) or None)
            for event in self.protocol.events():
                if isinstance(event, AcceptConnection):
                    return
                if isinstance(event, RejectConnection):
                    raise Refused(str(event.status_code))

    async def close(self) -> None:
        """End the connection as a closed tab does."""
        self.writer.close()
        if self.listener is not None:
            self.listener.cancel()
        with suppress(OSError):
            await self.writer.wait_closed()

    def _send(self, event: Any) -> None:
        self.writer.write(self.protocol.send(event))

    def say(self, text: str) -> None:
        """Send one Engine.IO packet."""
        self._send(Message(data=text))

    async def ask(self, event: Mapping[str, Any], wanted: str) -> None:
        """Send an event and wait for the first update that names ``wanted``."""
        await self._until(wanted, f"42{NAMESPACE},{json.dumps(['event', event])}")

    async def connected(self) -> None:
        """Begin to listen, and wait until the server has taken the tab in."""
        self.waiting, self.wanted = asyncio.get_running_loop().create_future(), f"40{NAMESPACE}"
        self.listener = asyncio.create_task(self.listen())
        await asyncio.wait_for(self.waiting, 30)

    async def ping(self) -> None:
        """Send the server's own echo event and wait for its answer."""
        await self._until('"ping"', f'42{NAMESPACE},["ping"]')

    async def _until(self, wanted: str, packet: str) -> None:
        self.waiting = asyncio.get_running_loop().create_future()
        self.wanted = wanted
        self.say(packet)
        await asyncio.wait_for(self.waiting, 30)

    async def listen(self) -> None:
        """Read until the connection ends; answer pings, wake who waits."""
        text: list[str] = []
        self._take(text)
        while data := await self.reader.read(262144):
            self.received += len(data)
            self.protocol.receive_data(data)
            self._take(text)

    def _take(self, text: list[str]) -> None:
        for event in self.protocol.events():
            if isinstance(event, Ping):
                self._send(event.response())
            elif isinstance(event, TextMessage):
                text.append(event.data)
                if event.message_finished:
                    self._packet("".join(text))
                    text.clear()

    def _packet(self, packet: str) -> None:
        if packet.startswith("0"):
            self.say(f"40{NAMESPACE},")
        elif packet == "2":
            self.say("3")
        elif self.waiting is not None and self.wanted in packet and not self.waiting.done():
            self.waiting.set_result(None)
