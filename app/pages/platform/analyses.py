"""The platform's saved analyses."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import analyses_page
from state.platform.figures import PlatformAnalysesState

ROUTE = "/platform/[merchant]/analyses"
TITLE = N_("Saved analyses")
LOAD = PlatformAnalysesState.load


def page() -> rx.Component:
    """Return the page."""
    return analyses_page(PlatformAnalysesState)
