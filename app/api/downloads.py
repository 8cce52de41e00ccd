"""Lists as files: what the reader may see of a list, filtered as the address says.

An address names its workspace, and the session's cookie decides as whom it is read; the same query
under the same row-level security fills the page and the file.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from app import routes
from app.access import Actor
from app.api.files import FileRoute, begun, file_headers, places, xlsx_file
from app.api.problems import request_locale
from app.kit.errors import NotFound
from app.kit.i18n import gettext
from app.queries.lists import resource_named
from app.queries.resource import Column, ListQuery, Resource, Row, export
from app.queries.sheets import CsvSheet, XlsxSheet, exported
from app.routes import Workspace
from app.services.sessions import COOKIE, actor_for

router = APIRouter(prefix="/download", route_class=FileRoute)


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


@router.get("/{scope}/{merchant}/{name}.{fmt}", include_in_schema=False)
async def download(request: Request, scope: str, merchant: str, name: str, fmt: str) -> Response:
    """Return a list as a file; 404 for one that the reader does not have."""
    workspace = Workspace(scope, merchant)
    wanted = await _wanted(request, workspace, name)
    if fmt == "csv":
        pieces = await begun(_csv(wanted))
        return StreamingResponse(pieces, 200, wanted.headers(fmt), "text/csv; charset=utf-8")
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
        head = sheet.head()
        async for rows in wanted.rows():
            yield head + sheet.piece(rows)
            head = b""
        if head:
            yield head


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
