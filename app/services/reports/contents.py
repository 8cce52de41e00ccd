"""What a report tells its receiver: figures computed as them, at the moment of sending."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from app.access import Actor
from app.analytics import questions, views
from app.analytics.charts import Reader
from app.analytics.choices import choices
from app.analytics.dashboards import Tile, open_dashboard
from app.analytics.explorer import ask
from app.analytics.periods import Preset
from app.analytics.results import Panel
from app.analytics.views import DIMENSIONS, View
from app.kit.errors import Forbidden
from app.kit.i18n import N_
from app.services.reports.due import looks_back_from

DASHBOARD, EXPLORE = "dashboard", "explore"
"""The pages on which a report's figures can be looked at further."""


@dataclass(frozen=True)
class Wanted:
    """What a schedule sends for a due moment; ``question`` of an analysis, else a view."""

    schedule_id: UUID
    name: str
    due_at: datetime
    question: Mapping[str, str] | None
    query: Mapping[str, str]


@dataclass(frozen=True)
class Contents:
    """The figures. ``page`` leads to the same ones, below the workspace."""

    view: View
    tiles: tuple[Tile, ...]
    panels: tuple[Panel, ...]
    filters: tuple[tuple[str, str], ...]
    """Dimension's and value's name, in the receiver's language."""
    page: str
    said: tuple[str, ...] = ()
    """What had to be left out, as message ids."""


async def contents_of(actor: Actor, wanted: Wanted) -> Contents:
    """Return what the actor may see of a report. Raises Forbidden where that is nothing."""
    made = _dashboard if wanted.question is None else _analysis
    return await made(actor, wanted)


async def _dashboard(actor: Actor, wanted: Wanted) -> Contents:
    view = views.parse(wanted.query, looks_back_from(wanted.due_at))
    found = await open_dashboard(actor, view)
    # A panel or a figure that says that there is nothing is left to the page.
    tiles = tuple(tile for tile in found.tiles if tile.value is not None)
    if not found.tiles and not found.panels:
        raise Forbidden()
    panels = tuple(panel for panel in found.panels if panel.rows)
    page = f"{DASHBOARD}?{urlencode(_fixed(found.view).query())}"
    return Contents(found.view, tiles, panels, await _named(actor, found.view), page)


async def _analysis(actor: Actor, wanted: Wanted) -> Contents:
    actor.require(f"{actor.scope}:analytics:read")
    at = looks_back_from(wanted.due_at)
    left = questions.settled(actor, questions.parse(wanted.question or {}, at))
    if not left.question.measures:
        raise Forbidden()
    panel = replace(await ask(actor, left.question), title=wanted.name)
    view = left.question.view
    said = questions.query_of(replace(left.question, view=_fixed(view)))
    page = f"{EXPLORE}?{urlencode(said)}"
    return Contents(view, (), (panel,), await _named(actor, view), page, left.lost)


def _fixed(view: View) -> View:
    """Return a view of the same days whenever it is opened, so that it shows what was mailed."""
    return replace(view, period=replace(view.period, preset=Preset.CUSTOM))


UNKNOWN = N_("Unknown")


async def _named(actor: Actor, view: View) -> tuple[tuple[str, str], ...]:
    reader = Reader.of(view, actor.locale)
    found: list[tuple[str, str]] = []
    for dimension, value in view.filters.items():
        known = await choices(actor, view, dimension)
        named = next((choice for choice in known if choice.key == value), None)
        label = reader.say(UNKNOWN)
        if named is not None:
            label = named.label_en if actor.locale == "en" else named.label
        found.append((reader.say(DIMENSIONS[dimension]), label))
    return tuple(found)
