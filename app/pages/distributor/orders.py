"""Orders of own stores."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.distributor.orders import OrdersState

ROUTE = "/distributor/[merchant]/orders"
TITLE = N_("Orders")
LOAD = OrdersState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        OrdersState,
        hint=t("Suppliers ship them; your margin is what remains after all shares."),
        empty_hint=N_("Share your store's link: the first order appears here."),
    )
