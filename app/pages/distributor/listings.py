"""A distributor's listings."""

import reflex as rx

from app.kit.i18n import N_
from components.distributor.pricing import priced_dialog
from components.lists import list_page
from components.ui import base
from components.ui.text import t
from state.distributor.listings import ListingsState
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/listings"
TITLE = N_("Listings")
LOAD = ListingsState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        ListingsState,
        hint=t("What your stores sell, at your prices. Stock and costs follow the supplier."),
        head_actions=(
            base.link_button(
                t("Choose products"),
                ShellState.path + "/sourcing",
                kind="primary",
                icon_name="layout-grid",
            ),
        ),
        dialogs={
            "reprice": priced_dialog(
                ListingsState,
                title=N_("New prices"),
                button=N_("Set these prices"),
                with_store=False,
            )
        },
        empty_hint=N_("Choose products from the pool: one click lists them."),
    )
