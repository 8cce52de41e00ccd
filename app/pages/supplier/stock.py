"""What a supplier holds."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.supplier.paste import paste_dialog
from components.ui import base
from components.ui.text import t
from state.shell import ShellState
from state.supplier.pasting import BulkCountState
from state.supplier.stock import WRITE, StockState

ROUTE = "/supplier/[merchant]/stock"
TITLE = N_("Stock")
LOAD = StockState.load


def page() -> rx.Component:
    """Return the page."""
    count = base.button(
        t("Enter a count"), icon_name="clipboard-list", on_click=BulkCountState.begin
    )
    return rx.fragment(
        list_page(
            StockState,
            hint=t("Lowest stock first. Every change keeps its reason."),
            head_actions=(rx.cond(ShellState.may.contains(WRITE), count),),
            empty_hint=N_("SKUs appear here when you create products."),
        ),
        paste_dialog(
            BulkCountState,
            title=t("Enter a count"),
            hint=t("SKU code and the units that you counted. The difference is recorded."),
            sample="QI000-01, 48",
            label=t("Record"),
        ),
    )
