"""The inbox of suppliers' changes."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.distributor.changes import ChangesState

ROUTE = "/distributor/[merchant]/changes"
TITLE = N_("Supplier changes")
LOAD = ChangesState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        ChangesState,
        hint=t("What suppliers changed, and how each listing responded under its own policy."),
        empty_hint=N_("Supplier price changes appear here."),
    )
