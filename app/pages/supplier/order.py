"""One part of an order."""

import reflex as rx

from app.kit.i18n import N_
from components.supplier.orders import order_page
from state.supplier.order import OrderState

ROUTE = "/supplier/[merchant]/orders/[number]"
TITLE = N_("Order")
LOAD = OrderState.load


def page() -> rx.Component:
    """Return the page."""
    return order_page()
