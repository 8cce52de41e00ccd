"""Lists as files: what the reader may see of a list, filtered as the address says.

An address names its workspace, and the session's cookie decides as whom it is read; the same query
under the same row-level security fills the page and the file.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from starlette.background import BackgroundTask

from app import routes
from app.access import Actor
from app.api.problems import problem, request_locale
from app.kit.clock import now
from app.kit.errors import NotFound, NotSignedIn, TradeError
from app.kit.i18n import day_text, gettext
from app.queries.lists import resource_named
from app.queries.resource import Column, ListQuery, Resource, Row, export
from app.queries.sheets import CsvSheet, XlsxSheet, exported
from app.routes import Workspace
from app.services.sessions import COOKIE, actor_for

router = APIRouter(prefix="/download")

MOST_AT_ONCE = 4
"""A slow reader holds a connection of the database; so many may, further ones wait."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Download:
    """What is asked for, and by whom."""

    actor: Actor
    resource: Resource
    query: ListQuery
    columns: list[Column]
    locale: str

    def rows(self) -> AsyncIterator[list[Row]]:
        """Read the rows in pieces."""
        return export(self.actor, self.resource, self.query)

    def headers(self, fmt: str) -> dict[str, str]:
        """Return headers that name the file after its list."""
        return file_headers(self.resource.name, gettext(self.locale, self.resource.title), fmt)


places = asyncio.Semaphore(MOST_AT_ONCE)


def file_headers(plain: str, title: str, fmt: str) -> dict[str, str]:
    """Return headers that name a file after its title and the day, and let nobody keep it.

    ``plain`` is for browsers that read ASCII only.
    """
    name = quote(f"{title} {day_text(now())}.{fmt}")
    return {
        "content-disposition": f"attachment; filename=\"{plain}.{fmt}\"; filename*=UTF-8''{name}",
        "cache-control": "private, no-store",
    }


async def xlsx_file(write: Callable[[Path], Awaitable[None]], headers: dict[str, str]) -> Response:
    """Return the spreadsheet that ``write`` lays at a path; it is removed once it was sent."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tongshang-"))
    path = folder / "file.xlsx"
    try:
        await write(path)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, folder)
        raise
    done = BackgroundTask(shutil.rmtree, folder)
    return FileResponse(path, media_type=XLSX, headers=headers, background=done)


@router.get("/{scope}/{merchant}/{name}.{fmt}", include_in_schema=False)
async def download(request: Request, scope: str, merchant: str, name: str, fmt: str) -> Response:
    """Return a list as a file; 404 for one that the reader does not have."""
    workspace = Workspace(scope, merchant)
    try:
        wanted = await _wanted(request, workspace, name)
    except NotSignedIn:
        back = quote(routes.console(workspace), safe="/")
        return RedirectResponse(f"{routes.LOGIN}?next={back}", 303)
    except TradeError as error:
        return problem(error, request_locale(request))
    if fmt == "csv":
        return StreamingResponse(_csv(wanted), 200, wanted.headers(fmt), "text/csv; charset=utf-8")
    return await _xlsx(wanted, fmt)


async def _wanted(request: Request, workspace: Workspace, name: str) -> Download:
    if workspace.scope not in routes.SCOPES or not request.url.path.endswith((".csv", ".xlsx")):
        raise NotFound()
    locale = request_locale(request)
    actor, _ = await actor_for(request.cookies.get(COOKIE), workspace, locale)
    resource = resource_named(workspace.scope, name)
    if resource is None:
        raise NotFound()
    actor.require(resource.permission)
    params = dict(request.query_params)
    chosen = params.get("columns", "").split(",")
    columns = exported(resource.visible_to(actor), chosen)
    return Download(actor, resource, ListQuery.of(resource, params), columns, locale)


async def _csv(wanted: Download) -> AsyncIterator[bytes]:
    sheet = CsvSheet(wanted.columns, wanted.locale)
    async with places:
        yield sheet.head()
        async for rows in wanted.rows():
            yield sheet.piece(rows)


async def _xlsx(wanted: Download, fmt: str) -> Response:
    async def write(path: Path) -> None:
        async with places:
            await _write(wanted, path)

    return await xlsx_file(write, wanted.headers(fmt))


async def _write(wanted: Download, path: Path) -> None:
    title = gettext(wanted.locale, wanted.resource.title)
    sheet = await asyncio.to_thread(XlsxSheet, path, wanted.columns, wanted.locale, title)
    try:
        async for rows in wanted.rows():
            await asyncio.to_thread(sheet.add, rows)
    finally:
        await asyncio.to_thread(sheet.close)


def install(web: FastAPI) -> None:
    """Serve downloads from ``web``."""
    web.include_router(router)
