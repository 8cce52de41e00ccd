"""What became of the platform's mailed reports."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import deliveries_page
from state.platform.figures import PlatformDeliveriesState

ROUTE = "/platform/[merchant]/deliveries"
TITLE = N_("Deliveries")
LOAD = PlatformDeliveriesState.load


def page() -> rx.Component:
    """Return the page."""
    return deliveries_page(PlatformDeliveriesState)
