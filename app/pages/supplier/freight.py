"""What shipping costs."""

import reflex as rx

from app.kit.i18n import N_
from components.supplier.freight import freight_page
from state.supplier.freight import FreightState

ROUTE = "/supplier/[merchant]/freight"
TITLE = N_("Freight")
LOAD = FreightState.load


def page() -> rx.Component:
    """Return the page."""
    return freight_page()
