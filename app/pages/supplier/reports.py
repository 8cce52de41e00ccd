"""The supplier's mailed reports."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import schedules_page
from state.supplier.figures import SupplierSchedulesState

ROUTE = "/supplier/[merchant]/reports"
TITLE = N_("Scheduled reports")
LOAD = SupplierSchedulesState.load


def page() -> rx.Component:
    """Return the page."""
    return schedules_page(SupplierSchedulesState)
