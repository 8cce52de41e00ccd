"""What became of the supplier's mailed reports."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import deliveries_page
from state.supplier.figures import SupplierDeliveriesState

ROUTE = "/supplier/[merchant]/deliveries"
TITLE = N_("Deliveries")
LOAD = SupplierDeliveriesState.load


def page() -> rx.Component:
    """Return the page."""
    return deliveries_page(SupplierDeliveriesState)
