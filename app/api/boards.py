"""Dashboards as files: one panel as CSV or XLSX, or all of them as sheets of one XLSX file.

As with every download, the address names its workspace, the session's cookie decides as whom it is
read, and what is read is what the page would show with the same query.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request, Response

from app import routes
from app.analytics import views
from app.analytics.charts import Reader
from app.analytics.dashboards import Dashboard, Panel, open_dashboard, open_panel
from app.analytics.files import csv_of, write_xlsx
from app.api.files import FileRoute, file_headers, places, xlsx_file
from app.api.problems import request_locale
from app.kit.clock import now
from app.kit.errors import NotFound
from app.kit.i18n import N_, moment_text
from app.routes import Workspace
from app.services.pins import pinned_panels
from app.services.sessions import COOKIE, actor_for

router = APIRouter(prefix="/download", route_class=FileRoute)

WHOLE = "dashboard"
"""The name that means all panels."""
_TITLE = N_("Dashboard")


@dataclass(frozen=True)
class _Board:
    """What is asked for: which panels of a dashboard, for whom."""

    dashboard: Dashboard
    panels: Sequence[Panel]
    reader: Reader
    title: str

    def headers(self, fmt: str) -> dict[str, str]:
        """Return headers that name the file after what it holds."""
        return file_headers("dashboard", self.title, fmt)

    def said(self) -> list[tuple[str, str]]:
        """Return what the first sheet says: days, comparison, filters, of when the figures are."""
        say, view = self.reader.say, self.dashboard.view
        closed = self.dashboard.closed_through
        lines = [
            (say(N_("Days")), f"{view.period.first} – {view.period.last}"),
            (say(N_("Compared with")), self.reader.compared_with),
            (say(N_("Currency")), view.currency),
            (say(N_("Data as of")), moment_text(self.dashboard.refreshed_at)),
            (say(N_("Closed through")), f"{closed or ''}"),
        ]
        lines += [(say(views.DIMENSIONS[name]), value) for name, value in view.filters.items()]
        return lines


@router.get("/{scope}/{merchant}/board/{name}.{fmt}", include_in_schema=False)
async def download(request: Request, scope: str, merchant: str, name: str, fmt: str) -> Response:
    """Return a dashboard or a panel of it as a file; 404 for one that the reader does not have."""
    workspace = Workspace(scope, merchant)
    async with places:
        board = await _wanted(request, workspace, name, fmt)
        if fmt == "csv":
            body = await asyncio.to_thread(csv_of, board.panels[0], board.reader)
            return Response(body, 200, board.headers(fmt), "text/csv; charset=utf-8")
        return await _xlsx(board)


async def _wanted(request: Request, workspace: Workspace, name: str, fmt: str) -> _Board:
    if workspace.scope not in routes.SCOPES or fmt not in ("csv", "xlsx"):
        raise NotFound()
    locale = request_locale(request)
    actor, _ = await actor_for(request.cookies.get(COOKIE), workspace, locale)
    view = views.parse(dict(request.query_params), now())
    whole = name == WHOLE and fmt == "xlsx"
    dashboard = await (open_dashboard(actor, view) if whole else open_panel(actor, view, name))
    pinned = await pinned_panels(actor, view, "" if whole else name)
    panels = (*dashboard.panels, *pinned)
    if not panels and not whole:
        raise NotFound()
    reader = Reader.of(dashboard.view, locale)
    return _Board(dashboard, panels, reader, reader.say(_TITLE if whole else panels[0].title))


async def _xlsx(board: _Board) -> Response:
    said = board.said()
    return await xlsx_file(
        lambda path: asyncio.to_thread(write_xlsx, path, board.panels, board.reader, said),
        board.headers("xlsx"),
    )


def install(web: FastAPI) -> None:
    """Serve dashboards as files from ``web``."""
    web.include_router(router)
