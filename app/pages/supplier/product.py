"""The editor of a supplier's product; ``products/new`` is that of a new one."""

import reflex as rx

from app.kit.i18n import N_
from components.supplier.editor import editor
from state.supplier.product import ProductState

ROUTE = "/supplier/[merchant]/products/[product]"
TITLE = N_("Product")
LOAD = ProductState.load


def page() -> rx.Component:
    """Return the page."""
    return editor()
