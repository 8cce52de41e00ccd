"""What a supplier earns."""

import reflex as rx

from app.kit.i18n import N_
from components.house.money import balance_cards
from components.lists import list_page
from components.supplier.money import money_tabs
from components.ui.text import t
from state.supplier.money import SharesState

ROUTE = "/supplier/[merchant]/ledger"
TITLE = N_("Balance")
LOAD = SharesState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        SharesState,
        hint=t("What each order brings you, and when it becomes available."),
        extra=rx.fragment(
            balance_cards(SharesState.balances, SharesState.due), money_tabs("ledger")
        ),
    )
