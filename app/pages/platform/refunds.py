"""Refunds of all stores."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.platform.payments import RefundsState

ROUTE = "/platform/[merchant]/refunds"
TITLE = N_("Refunds")
LOAD = RefundsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        RefundsState,
        hint=t("Refunds to buyers. Unclear responses are queried again at the provider."),
        empty_hint=N_("No refunds yet."),
    )
