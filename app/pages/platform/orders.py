"""The platform's orders."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.platform.orders import OrdersState

ROUTE = "/platform/[merchant]/orders"
TITLE = N_("Orders")
LOAD = OrdersState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        OrdersState,
        hint=t("Every order of every store, from placement to settled split."),
        empty_hint=N_("Orders appear here as soon as somebody buys in a store."),
    )
