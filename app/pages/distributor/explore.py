"""The distributor's explorer."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.explorer import explorer_page
from state.distributor.figures import DistributorExplorer

ROUTE = "/distributor/[merchant]/explore"
TITLE = N_("Explorer")
LOAD = DistributorExplorer.load


def page() -> rx.Component:
    """Return the page."""
    return explorer_page(DistributorExplorer)
