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
        hint=t("What suppliers push to the pool waits here for your word."),
        empty_hint=N_("All reviewed. Choose another status to see what was decided."),
    )
