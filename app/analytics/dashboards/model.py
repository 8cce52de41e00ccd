"""What a dashboard is: tiles, panels, and work that waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from app.access import Scope
from app.analytics.measures import MEASURES, Link, Measure
from app.analytics.periods import Period
from app.analytics.results import Panel
from app.analytics.views import View


@dataclass(frozen=True)
class Tile:
    """One figure. ``value`` and ``previous`` are in the measure's unit; None means undefined."""

    measure: str
    value: int | None
    previous: int | None = None
    change_bps: int | None = None
    series: tuple[int | None, ...] = ()
    """For a sparkline; empty for a balance."""
    link: Link | None = None
    note: str = ""
    """Why there is no value, as a message id."""
    note_params: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def definition(self) -> Measure:
        """The measure's name, formula and unit."""
        return MEASURES[self.measure]


@dataclass(frozen=True)
class Todo:
    """Work that waits, and where it is done."""

    measure: str
    count: int
    link: Link | None

    @property
    def definition(self) -> Measure:
        """The measure's name and formula."""
        return MEASURES[self.measure]


@dataclass(frozen=True)
class Dashboard:
    """All that a dashboard shows; names and titles are gettext message ids."""

    scope: Scope
    view: View
    tiles: tuple[Tile, ...]
    panels: tuple[Panel, ...]
    todos: tuple[Todo, ...]
    refreshed_at: datetime
    """Of when the figures are."""
    closed_through: date | None
    """The last day that comes from the snapshot; None where there is none and all are live."""

    @property
    def period(self) -> Period:
        """The days that it is about."""
        return self.view.period

    def tile(self, measure: str) -> Tile:
        """Return the tile of a measure. Raises KeyError where the actor may not see it."""
        for tile in self.tiles:
            if tile.measure == measure:
                return tile
        raise KeyError(measure)

    def panel(self, name: str) -> Panel:
        """Return a panel by its name. Raises KeyError where the actor may not see it."""
        for panel in self.panels:
            if panel.name == name:
                return panel
        raise KeyError(name)
