"""One order as the platform sees it."""

import reflex as rx

from app.kit.i18n import N_
from components.platform import order
from components.record import here, record_page
from state.platform.orders import OrderState

ROUTE = "/platform/[merchant]/orders/[number]"
TITLE = N_("Order")
LOAD = OrderState.load


def page() -> rx.Component:
    """Return the page."""
    return record_page(
        OrderState,
        order.head(),
        rx.el.div(
            rx.el.div(order.parts(), order.money(), class_name="stack"),
            rx.el.div(
                order.sums(), order.buyer(), order.paid(), order.history(), class_name="stack"
            ),
            class_name="columns",
        ),
        back=here("orders"),
    )
