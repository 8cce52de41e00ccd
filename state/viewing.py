"""A view of the figures on a page: what is looked at, how it is changed, what a click offers.

Dashboards and the explorer share it. All of a view stands in the address, so it can be shared,
gone back to and reloaded; a change leads to another address.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from app import routes
from app.analytics import periods, views
from app.analytics.charts import Reader, label_of
from app.analytics.choices import Choice, choices, currencies, dimensions_of
from app.analytics.reach import reaches
from app.analytics.results import Panel, Row
from app.analytics.views import Comparison, View
from app.kit.clock import now
from app.kit.i18n import N_
from app.kit.parameters import day_of
from state.base import ConsoleState
from state.boards import Chip, FilterView, Menu, ReachView, chips_of, filter_view, href_of
from state.gate import OF_SCREEN, acting, needs
from state.going import go


class ViewState(ConsoleState, mixin=True):
    """Mix in; define ``_go``, ``_panels_shown`` and ``_say_again``."""

    permission: ClassVar[str] = ""

    preset: str = periods.Preset.MONTH
    first: str = ""
    last: str = ""
    partial: bool = False
    comparison: str = Comparison.WEEKDAY
    before: str = ""
    currency: str = "CNY"
    currencies: list[str] = []
    elsewhere: list[ReachView] = []
    """Days and currencies that have sales, where those that are shown have nothing."""
    chips: list[Chip] = []
    filters: list[FilterView] = []
    files: str = ""
    """The start of the addresses of this page's files."""
    query: str = ""
    loaded: bool = False
    busy: bool = True
    failed: bool = False
    """Reading did not come to its end."""
    menu: Menu = Menu()
    menu_open: bool = False
    _view: View | None = None
    _known: dict[str, list[Choice]] = {}
    _said_in: str = ""
    """The language in which the page was said."""
    _chosen: tuple[str, int] = ("", 0)
    _ahead: list[dict[str, str]] = []
    """The queries that choices have led to and that were not entered yet."""

    def _lead(self, page: str, query: Mapping[str, str]) -> Any:
        """Lead to a page's address; entering it reads the figures."""
        self._ahead = [*self._ahead, {name: str(value) for name, value in query.items()}]
        return go(routes.console(acting().workspace, f"{page}?{urlencode(query)}"))

    def _is_overtaken(self, params: dict[str, str]) -> bool:
        """Say whether the reader has chosen further since, so that this address is not read."""
        places = [place for place, query in enumerate(self._ahead) if query == params]
        self._ahead = self._ahead[places[-1] + 1 :] if places else []
        return bool(self._ahead)

    def _go(self, view: View) -> Any:
        """Lead to the address of a view; entering it reads the figures."""
        raise NotImplementedError

    def _panels_shown(self) -> Sequence[Panel]:
        """Return the panels on the page."""
        raise NotImplementedError

    def _say_again(self) -> None:
        """Say everything anew, in another language."""
        raise NotImplementedError

    def _say_view(self, view: View) -> None:
        """Say what is about to be shown."""
        period, shift = view.period, view.shift
        self._view, self.busy, self.failed, self.menu_open = view, True, True, False
        self._said_in = acting().locale
        self.preset, self.first, self.last = period.preset, f"{period.first}", f"{period.last}"
        self.partial, self.comparison, self.currency = (
            period.is_partial, str(view.comparison), view.currency
        )  # fmt: skip
        self.before = f"{period.first - shift} – {period.last - shift}" if shift else ""
        self.query = urlencode(view.query())

    async def _name(self, view: View) -> None:
        """Find out what the filters' values are called, and which currencies there are."""
        actor = acting().actor
        found = await asyncio.gather(*(choices(actor, view, name) for name in view.filters))
        self._known = dict(zip(view.filters, map(list, found), strict=True))
        self.currencies = list(await currencies(actor))

    async def _look_elsewhere(self, *, is_empty: bool) -> None:
        """Find out where there are sales, if there is nothing here that a filter could hide."""
        view = self._shown()
        found = await reaches(acting().actor) if is_empty and not view.filters else []
        days = [(reach.currency, reach.latest(view.period.at)) for reach in found]
        self.elsewhere = [
            ReachView(currency, f"{period.first}", f"{period.last}") for currency, period in days
        ]

    @rx.event
    @needs(OF_SCREEN)
    async def show_reach(self, place: int) -> Any:
        """Show days and the currency in which there are sales."""
        if not 0 <= place < len(self.elsewhere):
            return None
        reach = self.elsewhere[place]
        first, last = date.fromisoformat(reach.first), date.fromisoformat(reach.last)
        period = periods.custom(first, last, now())
        return self._go(replace(self._shown(), period=period, currency=reach.currency))

    def _say_chips(self, view: View) -> None:
        self.chips = chips_of(view, self._known, self._reader)

    @property
    def _reader(self) -> Reader:
        return Reader.of(self._shown(), acting().locale)

    def _shown(self) -> View:
        return self._view or views.parse({}, now())

    @rx.event
    @needs(OF_SCREEN)
    async def speak(self) -> None:
        """Say everything anew if the browser has been switched to another language."""
        if self._said_in not in ("", acting().locale):
            self._said_in = acting().locale
            self._say_again()

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
        first, last = (day_of(str(data.get(end))) for end in ("from", "to"))
        if first is None or last is None:
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
    async def open_filters(self, is_open: bool = True) -> None:
        """Find out by what the view can be narrowed, when the menu opens."""
        if not is_open:
            return
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
        panel = next((panel for panel in self._panels_shown() if panel.name == name), None)
        if panel is None or not 0 <= row < len(panel.rows):
            return None
        return panel, panel.rows[row]

    def _narrowing(self, panel: Panel, row: Row) -> str:
        """Return what narrowing by a row is called; nothing where it cannot be."""
        reader = self._reader
        if panel.dimension in dimensions_of(acting().actor) and row.key is not None:
            if reader.filters.get(panel.dimension) == row.key:
                return reader.say(N_("Remove filter"))
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
