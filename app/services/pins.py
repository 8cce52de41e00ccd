"""Analyses that stand on a dashboard, answered for the days and filters that it shows."""

import asyncio
from dataclasses import replace

from app.access import Actor
from app.analytics import questions
from app.analytics.explorer import Question, ask
from app.analytics.results import Panel
from app.analytics.views import View
from app.kit.errors import TradeError
from app.services import analyses

PIN = "pin-"
"""How the name of such a panel begins; the analysis' id follows."""


async def pinned_panels(actor: Actor, view: View, name: str = "") -> tuple[Panel, ...]:
    """Return the pinned analyses as panels, or only the panel of that ``name``.

    One that the actor may not see at all is left out.
    """
    found = await analyses.pinned(actor)
    if name:
        found = [saved for saved in found if _name(saved) == name]
    panels = await asyncio.gather(*(_panel(actor, saved, view) for saved in found))
    return tuple(panel for panel in panels if panel is not None)


async def _panel(actor: Actor, saved: analyses.Saved, view: View) -> Panel | None:
    question = questions.parse(saved.question, view.period.at)
    left = questions.settled(actor, _seen_through(question, view)).question
    if not left.measures:
        return None
    try:
        panel = await ask(actor, left)
    except TradeError:
        # What cannot be asked for these days says so in the explorer; a dashboard goes without.
        return None
    return replace(panel, name=_name(saved), title=saved.name, wide=False)


def _name(saved: analyses.Saved) -> str:
    return f"{PIN}{saved.id}"


def _seen_through(question: Question, view: View) -> Question:
    """Return a question for the dashboard's days; its own filters hold as well."""
    filters = {**question.view.filters, **view.filters}
    return replace(question, view=replace(view, filters=filters))
