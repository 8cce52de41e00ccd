"""A supplier's orders."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.supplier.orders import status_tabs
from components.supplier.paste import paste_dialog
from components.ui import base
from components.ui.text import t
from state.shell import ShellState
from state.supplier.orders import WRITE, OrdersState
from state.supplier.pasting import BulkShipState

ROUTE = "/supplier/[merchant]/orders"
TITLE = N_("Orders")
LOAD = OrdersState.load


def page() -> rx.Component:
    """Return the page."""
    many = base.button(t("Ship many"), icon_name="truck", on_click=BulkShipState.begin)
    return rx.fragment(
        list_page(
            OrdersState,
            hint=t("Your parts of the stores' orders: accept, ship, done."),
            head_actions=(rx.cond(ShellState.may.contains(WRITE), many),),
            extra=status_tabs(),
            empty_hint=N_("Orders appear here when stores sell your goods."),
        ),
        paste_dialog(
            BulkShipState,
            title=t("Ship many"),
            hint=t("Order number, carrier, tracking number. Each order is shipped whole."),
            sample="26112500003093-1, 顺丰, SF1234567890123",
            label=t("Ship"),
        ),
    )
