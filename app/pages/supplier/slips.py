"""Packing slips, for printing."""

import reflex as rx

from app.kit.i18n import N_
from components.supplier.slips import slips_page
from state.supplier.order import SlipsState

ROUTE = "/supplier/[merchant]/slips"
TITLE = N_("Packing slips")
LOAD = SlipsState.load


def page() -> rx.Component:
    """Return the page."""
    return slips_page()
