"""What became of the distributor's mailed reports."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import deliveries_page
from state.distributor.figures import DistributorDeliveriesState

ROUTE = "/distributor/[merchant]/deliveries"
TITLE = N_("Deliveries")
LOAD = DistributorDeliveriesState.load


def page() -> rx.Component:
    """Return the page."""
    return deliveries_page(DistributorDeliveriesState)
