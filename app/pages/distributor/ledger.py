"""What the distributor has earned: balances and shares."""

import reflex as rx

from app.kit.i18n import N_
from components.distributor.money import money_tabs
from components.house.money import balance_cards
from components.lists import list_page
from components.ui.text import t
from state.distributor.ledger import SharesState

ROUTE = "/distributor/[merchant]/ledger"
TITLE = N_("Balance")
LOAD = SharesState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        SharesState,
        hint=t("Your share of each order: what remains after supply price, commission and fee."),
        extra=rx.fragment(
            balance_cards(SharesState.balances, SharesState.due), money_tabs("ledger")
        ),
        empty_hint=N_("With the first paid order your first share appears here."),
    )
