"""The state of a dashboard: a view in the address, its figures, and what a click on them does."""

import asyncio
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from app import routes
from app.analytics import periods, views
from app.analytics.charts import Drawing, Reader, draw, label_of
from app.analytics.choices import Choice, choices, currencies, dimensions_of
from app.analytics.dashboards import Dashboard, open_figures, open_panels
from app.analytics.results import Panel, Row
from app.analytics.views import Comparison, View
from app.kit.clock import now
from app.kit.i18n import N_, moment_text
from app.services import saved_views
from state.base import ConsoleState
from state.boards import (
    Chip,
    FilterView,
    Menu,
    TileView,
    TodoView,
    chips_of,
    filter_view,
    href_of,
    tile_view,
    todo_view,
)
from state.gate import OF_SCREEN, acting, needs
from state.sharing import SharedViews

PAGE = "dashboard"
_CLOCK = slice(-5, None)
"""Where a moment's text has its time of day."""


class DashboardState(SharedViews, ConsoleState, mixin=True):
    """Mix in, and set ``permission``.

    Everything that selects figures stands in the address, so a view can be shared, gone back to
    and reloaded; the figures are read when the page is entered or its address changes.
    """

    permission: ClassVar[str] = ""
    resource_name: ClassVar[str] = PAGE

    preset: str = periods.Preset.MONTH
    first: str = ""
    last: str = ""
    partial: bool = False
    comparison: str = Comparison.WEEKDAY
    before: str = ""
    currency: str = "CNY"
    currencies: list[str] = []
    refreshed_at: str = ""
    closed_through: str = ""
    live_at: str = ""
    """When today's figures were last read again; empty until then."""
    tiles: list[TileView] = []
    todos: list[TodoView] = []
    panels: list[Drawing] = []
    chips: list[Chip] = []
    filters: list[FilterView] = []
    files: str = ""
    """The start of the addresses of this dashboard's files."""
    query: str = ""
    loaded: bool = False
    busy: bool = True
    quiet: bool = False
    """There is nothing at all in these days."""
    menu: Menu = Menu()
    menu_open: bool = False
    _dashboard: Dashboard | None = None
    _view: View | None = None
    _known: dict[str, list[Choice]] = {}
    _locale: str = ""
    _chosen: tuple[str, int] = ("", 0)
    _as_tables: list[str] = []

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Read what the address names: first the key figures, then the panels."""
        who = acting()
        params = dict(self.router.url.query_parameters)
        usual = "" if params else await saved_views.default_query(who.actor, PAGE)
        if usual:
            yield rx.redirect(routes.console(who.workspace, f"{PAGE}?{usual}"), replace=True)
            return
        view = views.parse(params, now())
        self._say_view(view)
        yield
        figures = await open_figures(who.actor, view)
        self._take(figures)
        yield
        panels, _ = await asyncio.gather(open_panels(who.actor, view), self._name(figures.view))
        self._take(replace(figures, panels=panels))
        self.busy = False

    def _say_view(self, view: View) -> None:
        """Say what is about to be shown."""
        who, period = acting(), view.period
        self._view, self.busy, self.menu_open, self.live_at = view, True, False, ""
        self.preset, self.first, self.last = period.preset, f"{period.first}", f"{period.last}"
        self.partial, self.comparison, self.currency = (
            period.is_partial, str(view.comparison), view.currency
        )  # fmt: skip
        shift = view.shift
        self.before = f"{period.first - shift} – {period.last - shift}" if shift else ""
        self.query = urlencode(view.query())
        self.files = routes.board_download(who.workspace)

    async def _name(self, view: View) -> None:
        """Find out what the filters' values are called, and which currencies there are."""
        actor = acting().actor
        found = await asyncio.gather(*(choices(actor, view, name) for name in view.filters))
        self._known = dict(zip(view.filters, map(list, found), strict=True))
        self.currencies = list(await currencies(actor))

    @property
    def _reader(self) -> Reader:
        who = acting()
        view = self._dashboard.view if self._dashboard else views.parse({}, now())
        return Reader.of(view, self._locale or who.locale)

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
        self.todos = [
            todo_view(todo, place, reader) for todo in self._dashboard.todos if todo.count
        ]
        self.refreshed_at = moment_text(self._dashboard.refreshed_at)
        self.closed_through = f"{self._dashboard.closed_through or ''}"
        self.loaded = True

    def _show_panels(self) -> None:
        if self._dashboard is None:
            return
        self.panels = [self._drawn(panel) for panel in self._dashboard.panels]
        self.chips = chips_of(self._dashboard.view, self._known, self._reader)
        self.quiet = bool(self.panels) and all(panel.kind == "empty" for panel in self.panels)

    def _drawn(self, panel: Panel) -> Drawing:
        drawing = draw(panel, self._reader, as_table=panel.name in self._as_tables)
        drawing.href = href_of(panel.link, acting().workspace)
        shown = panel.columns[1].measure if drawing.kind == "plot" else None
        tile = next((tile for tile in self.tiles if tile.measure == shown), None)
        if tile and len({column.measure for column in panel.columns if column.measure}) == 1:
            drawing.lead, drawing.change, drawing.tone = tile.value, tile.change, tile.tone
        return drawing

    @rx.event
    @needs(OF_SCREEN)
    async def speak(self, language: str) -> None:
        """Say everything in the language that the browser has been switched to."""
        locale = "en" if language == "en" else "zh_CN"
        if locale == (self._locale or acting().locale):
            return
        self._locale = locale
        self._show_figures()
        self._show_panels()

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
            self._show_figures()
            self.live_at = moment_text(figures.refreshed_at)[_CLOCK]

    # The view -----------------------------------------------------------------------------------

    def _go(self, view: View) -> Any:
        """Lead to the address of a view; entering it reads the figures."""
        query = urlencode(view.query())
        return rx.redirect(routes.console(acting().workspace, f"{PAGE}?{query}"))

    def _shown(self) -> View:
        return self._view or views.parse({}, now())

    @rx.event
    @needs(OF_SCREEN)
    async def choose(self, preset: str) -> Any:
        """Show another period."""
        if preset == periods.Preset.CUSTOM or preset not in set(periods.Preset):
            return None
        period = periods.preset(periods.Preset(preset), now())
        return self._go(replace(self._shown(), period=period))

    @rx.event
    @needs(OF_SCREEN)
    async def choose_days(self, data: dict[str, Any]) -> Any:
        """Show chosen days. Raises Invalid for days that cannot be."""
        try:
            first, last = (date.fromisoformat(str(data.get(end))) for end in ("from", "to"))
        except ValueError:
            return rx.toast.error(acting().text(N_("Choose the first and the last day.")))
        return self._go(replace(self._shown(), period=periods.custom(first, last, now())))

    @rx.event
    @needs(OF_SCREEN)
    async def compare(self, comparison: str) -> Any:
        """Compare with other days."""
        if comparison not in set(Comparison):
            return None
        return self._go(replace(self._shown(), comparison=Comparison(comparison)))

    @rx.event
    @needs(OF_SCREEN)
    async def pay_in(self, currency: str) -> Any:
        """Show the figures of another currency."""
        if currency not in self.currencies:
            return None
        return self._go(replace(self._shown(), currency=currency))

    @rx.event
    @needs(OF_SCREEN)
    async def open_filters(self) -> None:
        """Find out by what the view can be narrowed."""
        actor, view = acting().actor, self._shown()
        names = dimensions_of(actor)
        found = await asyncio.gather(*(choices(actor, view, name) for name in names))
        self.filters = [
            filter_view(name, view, values, self._reader)
            for name, values in zip(names, found, strict=True)
            if values or name in view.filters
        ]

    @rx.event
    @needs(OF_SCREEN)
    async def narrow(self, dimension: str, value: str) -> Any:
        """Narrow the view by a value, or with an empty one no longer."""
        filters = {**self._shown().filters, dimension: value}
        kept = {name: one for name, one in filters.items() if one and name in views.DIMENSIONS}
        return self._go(replace(self._shown(), filters=kept))

    @rx.event
    @needs(OF_SCREEN)
    async def clear(self) -> Any:
        """Take all filters away."""
        return self._go(replace(self._shown(), filters={}))

    # A click --------------------------------------------------------------------------------------

    @rx.event
    @needs(OF_SCREEN)
    async def pick(self, panel: str, row: int, x: int, y: int) -> None:
        """Offer what a point of a chart or a row of a table leads to."""
        found = self._row(panel, row)
        if found is None:
            return
        shown, line = found
        title = label_of(shown, line, self._reader)
        href = href_of(line.link, acting().workspace)
        self.menu = Menu(x, y, title, self._narrowing(shown, line), href)
        self._chosen, self.menu_open = (panel, row), bool(self.menu.narrow or href)

    def _row(self, name: str, row: int) -> tuple[Panel, Row] | None:
        panels = self._dashboard.panels if self._dashboard else ()
        panel = next((panel for panel in panels if panel.name == name), None)
        if panel is None or not 0 <= row < len(panel.rows):
            return None
        return panel, panel.rows[row]

    def _narrowing(self, panel: Panel, row: Row) -> str:
        """Return what narrowing by a row is called; nothing where it cannot be."""
        reader = self._reader
        if panel.dimension in dimensions_of(acting().actor) and row.key is not None:
            if reader.filters.get(panel.dimension) == row.key:
                return reader.say(N_("Take the filter away"))
            return reader.say(N_("Filter by this"))
        day = row.values[0]
        span = self._shown().period
        if type(day) is date and span.days > 1 and span.first <= day <= span.last:
            return reader.say(N_("Only this day"))
        return ""

    @rx.event
    @needs(OF_SCREEN)
    async def close_menu(self, is_open: bool = False) -> None:
        """Close the menu of a point."""
        self.menu_open = is_open

    @rx.event
    @needs(OF_SCREEN)
    async def narrow_by_chosen(self) -> Any:
        """Narrow the view by the point or row whose menu is open."""
        self.menu_open = False
        found = self._row(*self._chosen)
        if found is None or not self._narrowing(*found):
            return None
        panel, row = found
        view, day = self._shown(), row.values[0]
        if panel.dimension and row.key is not None:
            same = view.filters.get(panel.dimension) == row.key
            filters = {**view.filters, panel.dimension: "" if same else row.key}
            return self._go(replace(view, filters={k: v for k, v in filters.items() if v}))
        if isinstance(day, date) and not isinstance(day, datetime):
            return self._go(replace(view, period=periods.custom(day, day, now())))
        return None

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
