"""The state of a dashboard: a view in the address, its figures, and what a click on them does."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import reflex as rx

from app import routes
from app.analytics import periods, views
from app.analytics.charts import Drawing, draw
from app.analytics.dashboards import Dashboard, open_figures, open_panels
from app.analytics.results import Panel
from app.analytics.views import View
from app.kit.clock import now
from app.kit.i18n import moment_text
from app.services import saved_views
from app.services.pins import pinned_panels
from state.base import ConsoleState
from state.boards import (
    TileView,
    TodoView,
    href_of,
    tile_view,
    tiles_in_a_row,
    todo_view,
    without_gaps,
)
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.sharing import SharedViews
from state.unread import left_out
from state.viewing import ViewState

PAGE = "dashboard"
_CLOCK = slice(-5, None)
"""Where a moment's text has its time of day."""


class DashboardState(ViewState, SharedViews, ConsoleState, mixin=True):
    """Mix in, and set ``permission``.

    Everything that selects figures stands in the address, so a view can be shared, gone back to
    and reloaded; the figures are read when the page is entered or its address changes.
    """

    permission: ClassVar[str] = ""
    resource_name: ClassVar[str] = PAGE

    refreshed_at: str = ""
    closed_through: str = ""
    live_at: str = ""
    """When today's figures were last read again; empty until then."""
    tiles: list[TileView] = []
    tile_columns: int = 5
    todos: list[TodoView] = []
    panels: list[Drawing] = []
    quiet: bool = False
    """There is nothing at all in these days."""
    _dashboard: Dashboard | None = None
    _as_tables: list[str] = []

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Read what the address names: first the key figures, then the panels."""
        who = acting()
        params = dict(self.router.url.query_parameters)
        if self._is_overtaken(params):
            return
        usual = "" if params else await saved_views.default_query(who.actor, PAGE)
        if usual:
            yield go(routes.console(who.workspace, f"{PAGE}?{usual}"), replace=True)
            return
        view = views.parse(params, now())
        self._say_view(view)
        self.live_at, self.files = "", routes.board_download(who.workspace)
        yield left_out(views.unread(params, view))
        try:
            figures = await open_figures(who.actor, view)
            await self._look_elsewhere(is_empty=not _has_sales(figures))
            self._take(figures)
            yield
            panels, pinned, _ = await asyncio.gather(
                open_panels(who.actor, view),
                pinned_panels(who.actor, view),
                self._name(figures.view),
            )
            self._take(replace(figures, panels=(*panels, *pinned)))
            self.failed = False
        finally:
            # Whatever went wrong is said by whoever catches it; the page must not seem to wait.
            self.busy = False

    def _go(self, view: View) -> Any:
        # A further choice that comes before the page is there adds to this view.
        self._view = view
        return self._lead(PAGE, view.query())

    def _panels_shown(self) -> Sequence[Panel]:
        return self._dashboard.panels if self._dashboard else ()

    def _say_again(self) -> None:
        self._show_figures()
        self._show_panels()

    def _take(self, dashboard: Dashboard) -> None:
        """Show a dashboard; what it has no panels of yet stays as it was."""
        old = self._dashboard.panels if self._dashboard else ()
        self._dashboard = replace(dashboard, panels=dashboard.panels or old)
        self._show_figures()
        if dashboard.panels:
            self._show_panels()

    def _show_figures(self) -> None:
        if self._dashboard is None:
            return
        place, reader = acting().workspace, self._reader
        self.tiles = [tile_view(tile, place, reader) for tile in self._dashboard.tiles]
        self.tile_columns = tiles_in_a_row(len(self.tiles))
        self.todos = [
            todo_view(todo, place, reader) for todo in self._dashboard.todos if todo.count
        ]
        self.refreshed_at = moment_text(self._dashboard.refreshed_at)
        self.closed_through = f"{self._dashboard.closed_through or ''}"
        self.loaded = True

    def _show_panels(self) -> None:
        if self._dashboard is None:
            return
        self.panels = without_gaps([self._drawn(panel) for panel in self._dashboard.panels])
        self._say_chips(self._dashboard.view)
        self.quiet = bool(self.panels) and all(panel.kind == "empty" for panel in self.panels)

    def _drawn(self, panel: Panel) -> Drawing:
        drawing = draw(panel, self._reader, as_table=panel.name in self._as_tables)
        drawing.href = href_of(panel.link, acting().workspace)
        shown = panel.columns[1].measure if drawing.kind == "plot" else None
        tile = next((tile for tile in self.tiles if tile.measure == shown), None)
        if (
            tile
            and tile.exact
            and len({column.measure for column in panel.columns if column.measure}) == 1
        ):
            drawing.lead, drawing.change, drawing.tone = tile.value, tile.change, tile.tone
        return drawing

    @rx.event(background=True)
    @needs(OF_SCREEN)
    async def tick(self) -> None:
        """Read the key figures of today again, beside whatever else the person does.

        The browser asks for it while somebody looks, so it ends when the page is left; and each
        time the gate asks anew whose session this is and what they may see.
        """
        view = self._view
        if view is None or self.busy:
            return
        fresh = replace(view, period=periods.again(view.period, now()))
        figures = await open_figures(acting().actor, fresh)
        async with self:
            # Meanwhile another view may have been chosen, and its figures are on the way.
            if self._view != view or self.busy or self._dashboard is None:
                return
            self._dashboard = replace(figures, panels=self._dashboard.panels)
            if _has_sales(figures):
                self.elsewhere = []
            self._show_figures()
            self.live_at = moment_text(figures.refreshed_at)[_CLOCK]

    @rx.event
    @needs(OF_SCREEN)
    async def as_table(self, panel: str) -> None:
        """Show a panel's chart as a table, or as a chart again."""
        self._as_tables = (
            [name for name in self._as_tables if name != panel]
            if panel in self._as_tables
            else [*self._as_tables, panel]
        )
        self._show_panels()


def _has_sales(figures: Dashboard) -> bool:
    """Say whether the first key figure, which is the sales, is more than nothing."""
    return bool(figures.tiles and figures.tiles[0].value)
