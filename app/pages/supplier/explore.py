"""The supplier's explorer."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.explorer import explorer_page
from state.supplier.figures import SupplierExplorer

ROUTE = "/supplier/[merchant]/explore"
TITLE = N_("Explorer")
LOAD = SupplierExplorer.load


def page() -> rx.Component:
    """Return the page."""
    return explorer_page(SupplierExplorer)
