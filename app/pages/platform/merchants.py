"""The platform's merchants."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.platform.merchants import MerchantsState

ROUTE = "/platform/[merchant]/merchants"
TITLE = N_("Merchants")
LOAD = MerchantsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(MerchantsState, hint=t("Companies that supply, distribute, or do both."))
