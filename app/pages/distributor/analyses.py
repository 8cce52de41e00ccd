"""The distributor's saved analyses."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import analyses_page
from state.distributor.figures import DistributorAnalysesState

ROUTE = "/distributor/[merchant]/analyses"
TITLE = N_("Saved analyses")
LOAD = DistributorAnalysesState.load


def page() -> rx.Component:
    """Return the page."""
    return analyses_page(DistributorAnalysesState)
