"""The ledger's postings from and to the distributor's accounts."""

import reflex as rx

from app.kit.i18n import N_
from components.distributor.money import money_tabs
from components.lists import list_page
from components.ui.text import t
from state.distributor.ledger import PostingsState

ROUTE = "/distributor/[merchant]/ledger/postings"
TITLE = N_("Postings")
LOAD = PostingsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        PostingsState,
        hint=t("Every movement on your accounts; nothing is ever changed, only reversed."),
        extra=money_tabs("ledger/postings"),
        empty_hint=N_("With the first paid order the first posting appears here."),
    )
