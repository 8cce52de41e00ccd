"""Payments of all stores."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.platform.payments import PaymentsState

ROUTE = "/platform/[merchant]/payments"
TITLE = N_("Payments")
LOAD = PaymentsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        PaymentsState,
        hint=t("Every payment attempt, and the provider's response."),
        empty_hint=N_("Payments appear here when buyers start to pay."),
    )
