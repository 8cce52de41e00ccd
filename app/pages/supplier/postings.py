"""The postings of a supplier's accounts."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.supplier.money import money_tabs
from components.ui.text import t
from state.supplier.money import PostingsState

ROUTE = "/supplier/[merchant]/ledger/postings"
TITLE = N_("Postings")
LOAD = PostingsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        PostingsState,
        hint=t("Every movement of your accounts. Nothing is ever changed here, only corrected."),
        extra=money_tabs("ledger/postings"),
    )
