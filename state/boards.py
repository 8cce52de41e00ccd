"""What a dashboard puts on the wire: small rows of texts in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app import routes
from app.analytics.charts import (
    Drawing,
    Reader,
    about_measure,
    change_text,
    province_text,
    sparkline,
    tone_of,
    value_text,
)
from app.analytics.choices import Choice
from app.analytics.dashboards import Tile, Todo
from app.analytics.measures import Link, Unit
from app.analytics.periods import PRESET_NAMES, Preset
from app.analytics.views import COMPARISON_NAMES, DIMENSIONS, View
from app.kit.i18n import N_


@dataclass
class TileView:
    """A key figure."""

    measure: str
    name: str
    about: str
    value: str
    exact: str
    """The integer behind the text; empty where there is no value."""
    change: str = ""
    tone: str = ""
    before: str = ""
    note: str = ""
    path: str = ""
    area: str = ""
    href: str = ""


@dataclass
class ReachView:
    """Days and a currency that have sales."""

    currency: str
    first: str
    last: str


@dataclass
class TodoView:
    """Work that waits."""

    measure: str
    name: str
    count: str
    href: str


@dataclass
class Chip:
    """A filter of the view."""

    dimension: str
    name: str
    value: str


@dataclass
class Menu:
    """What a click on a point or a row offers, and where on the window."""

    x: int = 0
    y: int = 0
    title: str = ""
    narrow: str = ""
    """What narrowing by it is called; empty where it cannot."""
    href: str = ""
    """The rows behind it."""


@dataclass
class FilterView:
    """A dimension with the values to choose from, each with its label."""

    dimension: str
    name: str
    chosen: str
    options: list[list[str]] = field(default_factory=list[list[str]])


UNKNOWN = N_("Unknown")
PRESETS = tuple((f"{key}", name) for key, name in PRESET_NAMES.items() if key is not Preset.CUSTOM)
"""The periods that one click chooses, with their names."""
CUSTOM = (f"{Preset.CUSTOM}", PRESET_NAMES[Preset.CUSTOM])
COMPARISONS = tuple((f"{key}", name) for key, name in COMPARISON_NAMES.items())
"""With what a period is compared."""


def href_of(link: Link | None, workspace: routes.Workspace) -> str:
    """Return the address of a list; nothing for no link."""
    return routes.console(workspace, link.path) if link else ""


def tile_view(tile: Tile, workspace: routes.Workspace, reader: Reader) -> TileView:
    """Return a key figure as it is shown."""
    measure, spark = tile.definition, sparkline(tile.series)
    before = ""
    if tile.previous is not None:
        text = value_text(tile.previous, measure.unit, reader)
        before = reader.say(N_("Before: %(value)s"), value=text)
    return TileView(
        tile.measure,
        reader.say(measure.name),
        about_measure(tile.measure, reader),
        value_text(tile.value, measure.unit, reader),
        "" if tile.value is None else str(tile.value),
        "" if tile.change_bps is None else change_text(tile.change_bps, reader),
        tone_of(tile.measure, tile.change_bps),
        before,
        reader.say(tile.note, **tile.note_params) if tile.note else "",
        spark.line,
        spark.area,
        href_of(tile.link, workspace),
    )


def todo_view(todo: Todo, workspace: routes.Workspace, reader: Reader) -> TodoView:
    """Return waiting work as it is shown."""
    count = value_text(todo.count, Unit.COUNT, reader)
    name = reader.say(todo.definition.name)
    return TodoView(todo.measure, name, count, href_of(todo.link, workspace))


def label_in(dimension: str, choice: Choice, reader: Reader) -> str:
    """Return what a value is called in the reader's language."""
    if dimension == "province":
        return province_text(choice.label, reader.locale)
    return choice.label_en if reader.locale == "en" else choice.label


def chips_of(view: View, known: Mapping[str, Sequence[Choice]], reader: Reader) -> list[Chip]:
    """Return the view's filters as chips; a value without figures has no name here."""
    found: list[Chip] = []
    for dimension, value in view.filters.items():
        named = next((c for c in known.get(dimension, ()) if c.key == value), None)
        label = label_in(dimension, named, reader) if named else reader.say(UNKNOWN)
        found.append(Chip(dimension, reader.say(DIMENSIONS[dimension]), label))
    return found


def filter_view(dimension: str, view: View, found: Sequence[Choice], reader: Reader) -> FilterView:
    """Return a dimension with its values to choose from."""
    return FilterView(
        dimension,
        reader.say(DIMENSIONS[dimension]),
        view.filters.get(dimension, ""),
        [[choice.key, label_in(dimension, choice, reader)] for choice in found],
    )


def tiles_in_a_row(count: int) -> int:
    """Return into how many columns key figures fit best, with the fewest places left free."""
    return min((5, 4, 6), key=lambda columns: -count % columns) if count > 4 else max(count, 1)


def without_gaps(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return panels of which none stands alone in a row made for two: such a one is wide."""
    alone: Drawing | None = None
    for drawing in drawings:
        if drawing.wide:
            if alone is not None:
                alone.wide = True
            alone = None
        else:
            alone = drawing if alone is None else None
    if alone is not None:
        alone.wide = True
    return list(drawings)
