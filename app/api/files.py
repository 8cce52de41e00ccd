"""What every file for download has in common: its name, how it is sent, how it is refused."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi.routing import APIRoute

from app import routes
from app.api.refusals import refused
from app.kit.clock import now
from app.kit.errors import NotSignedIn, TradeError
from app.kit.i18n import day_text

MAX_AT_ONCE = 4
"""A slow reader holds a connection of the database; so many may, further ones wait."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PIECE = 256 * 1024

places = asyncio.Semaphore(MAX_AT_ONCE)


class FileRoute(APIRoute):
    """A route of files. Whoever is refused one reads why: a page for people, else a document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                workspace = routes.Workspace(
                    request.path_params["scope"], request.path_params["merchant"]
                )
                back = quote(routes.console(workspace), safe="/")
                return RedirectResponse(f"{routes.LOGIN}?next={back}", 303)
            except TradeError as error:
                return refused(request, error)

        return answer


def file_headers(plain: str, title: str, fmt: str) -> dict[str, str]:
    """Return headers that name a file after its title and the day, and let nobody keep it.

    ``plain`` is for browsers that read ASCII only.
    """
    name = quote(f"{title} {day_text(now())}.{fmt}")
    return {
        "content-disposition": f"attachment; filename=\"{plain}.{fmt}\"; filename*=UTF-8''{name}",
        "cache-control": "private, no-store",
    }


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return pieces of which the first is there already.

    What goes wrong before it is refused with its status, instead of tearing a file that has begun.
    """
    first = await anext(pieces, b"")

    async def all_of_them() -> AsyncGenerator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of_them()


async def xlsx_file(write: Callable[[Path], Awaitable[None]], headers: dict[str, str]) -> Response:
    """Return the spreadsheet that ``write`` lays at a path; nothing of it stays behind.

    It is read from a file that was opened before its name went away. An answer that names a path
    is opened by the server at a time of its own, which may be after the file's removal.
    """
    with tempfile.TemporaryDirectory(prefix="tongshang-") as folder:
        path = Path(folder) / "file.xlsx"
        await write(path)
        opened = await asyncio.to_thread(path.open, "rb")
        size = path.stat().st_size
    return StreamingResponse(
        _pieces(opened), media_type=XLSX, headers={**headers, "content-length": str(size)}
    )


async def _pieces(opened: IO[bytes]) -> AsyncGenerator[bytes]:
    with opened:
        while piece := await asyncio.to_thread(opened.read, _PIECE):
            yield piece
