"""Product review: the list."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.platform.products import ProductsState

ROUTE = "/platform/[merchant]/products"
TITLE = N_("Product review")
LOAD = ProductsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        ProductsState,
        hint=t("Products that suppliers push to the pool are reviewed here."),
        empty_hint=N_("All reviewed. Choose another status to see what was decided."),
    )
