"""The supplier's saved analyses."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import analyses_page
from state.supplier.figures import SupplierAnalysesState

ROUTE = "/supplier/[merchant]/analyses"
TITLE = N_("Saved analyses")
LOAD = SupplierAnalysesState.load


def page() -> rx.Component:
    """Return the page."""
    return analyses_page(SupplierAnalysesState)
