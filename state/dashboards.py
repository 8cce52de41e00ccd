"""The state of a dashboard: the period in the address, figures read once, drawn as one looks."""

from typing import Any, ClassVar

import reflex as rx

from app import routes
from app.access import Actor
from app.analytics import charts, periods
from app.analytics.dashboards import Dashboard, Tile, Todo
from app.analytics.measures import MEASURES, Link, Unit
from app.kit.clock import now
from app.kit.i18n import N_, catalog, moment_text
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs


class DashboardState(ConsoleState, mixin=True):
    """Mix in; set ``permission`` and define ``_read``.

    Charts cannot read the page's colours, so the browser says how it looks (``draw``).
    """

    permission: ClassVar[str] = ""

    preset: str = periods.Preset.MONTH
    first: str = ""
    last: str = ""
    partial: bool = False
    compared: str = ""
    refreshed_at: str = ""
    tiles: list[dict[str, str]] = []
    todos: list[dict[str, str]] = []
    panels: list[dict[str, Any]] = []
    loaded: bool = False
    _dashboard: Dashboard | None = None
    _look: list[str] = []

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Read the figures of the period that the address names."""
        who = acting()
        period = periods.parse(dict(self.router.url.query_parameters), now())
        self._dashboard = await self._read(who.actor, period)
        self.preset, self.first, self.last = period.preset, f"{period.first}", f"{period.last}"
        self.partial = period.is_partial
        self.compared = f"{period.before_first} – {period.before_last}"
        self.refreshed_at = moment_text(self._dashboard.refreshed_at)
        self.tiles = [_tile(tile, who.workspace) for tile in self._dashboard.tiles]
        self.todos = [_todo(todo, who.workspace) for todo in self._dashboard.todos if todo.count]
        self._paint()
        self.loaded = True

    @rx.event
    @needs(OF_SCREEN)
    async def draw(self, theme: str, language: str) -> None:
        """Draw the charts for the browser's theme and language."""
        self._look = ["dark" if theme == "dark" else "light", "en" if language == "en" else "zh_CN"]
        self._paint()

    @rx.event
    @needs(OF_SCREEN)
    async def choose(self, preset: str) -> Any:
        """Show another period."""
        if preset == periods.Preset.CUSTOM or preset not in set(periods.Preset):
            return None
        return rx.redirect(routes.console(acting().workspace, f"dashboard?period={preset}"))

    @rx.event
    @needs(OF_SCREEN)
    async def choose_days(self, data: dict[str, Any]) -> Any:
        """Show chosen days. Raises Invalid for days that cannot be."""
        query = {"period": "custom", "from": str(data.get("from")), "to": str(data.get("to"))}
        period = periods.parse(query, now())
        chosen = "&".join(f"{key}={value}" for key, value in period.query().items())
        return rx.redirect(routes.console(acting().workspace, f"dashboard?{chosen}"))

    @rx.event
    @needs(OF_SCREEN)
    async def open_point(self, panel: str, curve: int, point: int) -> Any:
        """Lead from a bar or a point to the rows behind it."""
        figure = next((p["figure"] for p in self.panels if p["name"] == panel), None)
        try:
            path = figure["data"][curve]["customdata"][point][1] if figure else ""
        except (IndexError, KeyError, TypeError):
            path = ""
        return rx.redirect(routes.console(acting().workspace, path)) if path else None

    async def _read(self, actor: Actor, period: periods.Period) -> Dashboard:
        raise NotImplementedError

    def _paint(self) -> None:
        if self._dashboard is None:
            return
        theme, locale = self._look or ("light", acting().locale)
        drawn = charts.figures(self._dashboard, "dark" if theme == "dark" else "light", locale)
        self.panels = [
            {"name": name, "figure": figure, "wide": name.startswith("trend_"), **_both(title)}
            for name, figure in drawn.items()
            for title in [_title(self._dashboard, name)]
        ]


def _both(message: str) -> dict[str, str]:
    """Return a text in both languages, so that switching needs no round trip."""
    return {"zh": catalog("zh_CN").get(message, message), "en": message}


def _title(dashboard: Dashboard, name: str) -> str:
    kind, _, key = name.partition("_")
    if kind == "trend":
        return MEASURES[key].name
    found = next((b.title for b in dashboard.breakdowns if b.key == key), None)
    return found or N_("Order progress")


def _href(link: Link | None, workspace: routes.Workspace) -> str:
    return routes.console(workspace, link.path) if link else ""


def _tile(tile: Tile, workspace: routes.Workspace) -> dict[str, str]:
    measure = tile.definition
    spark = charts.sparkline(tile.series)
    return {
        "measure": tile.measure,
        **_both(measure.name),
        "formula_zh": catalog("zh_CN").get(measure.formula, measure.formula),
        "formula_en": measure.formula,
        "value_zh": charts.value_text(tile.value, measure.unit, "zh_CN"),
        "value_en": charts.value_text(tile.value, measure.unit, "en"),
        "exact": str(tile.value) if tile.value is not None else "",
        "change": charts.change_text(tile.change_bps, "en") if tile.change_bps is not None else "",
        "direction": _direction(tile),
        "line": spark.line,
        "area": spark.area,
        "href": _href(tile.link, workspace),
    }


def _direction(tile: Tile) -> str:
    """Return ``up`` for good news, ``down`` for bad, nothing for neither."""
    good = tile.definition.rising_is_good
    if not tile.change_bps or good is None:
        return ""
    return "up" if (tile.change_bps > 0) == good else "down"


def _todo(todo: Todo, workspace: routes.Workspace) -> dict[str, str]:
    return {
        "measure": todo.measure,
        **_both(todo.definition.name),
        "count": charts.value_text(todo.count, Unit.COUNT, "en"),
        "href": _href(todo.link, workspace),
    }
