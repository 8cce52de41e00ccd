"""A distributor's stores."""

import reflex as rx

from app.kit.i18n import N_
from components.checklist import checklist
from components.lists import list_page
from components.ui.text import t
from state.distributor.stores import StoresState

ROUTE = "/distributor/[merchant]/stores"
TITLE = N_("Stores")
LOAD = StoresState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        StoresState,
        hint=t("Each store has a link of its own, its look and its usual prices."),
        extra=checklist("distributor", StoresState.asking + StoresState.marks.to_string()),
        empty_hint=N_("Open your first store: a name and a link are enough."),
    )
