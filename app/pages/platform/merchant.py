"""One merchant as the platform sees it."""

import reflex as rx

from app.kit.i18n import N_
from components.platform import merchant
from components.record import here, record_page
from state.platform.merchants import MerchantState

ROUTE = "/platform/[merchant]/merchants/[code]"
TITLE = N_("Merchant")
LOAD = MerchantState.load


def page() -> rx.Component:
    """Return the page."""
    return record_page(
        MerchantState,
        merchant.head(),
        merchant.notes(),
        merchant.figures(),
        rx.el.div(
            rx.el.div(
                merchant.balances(), merchant.stores(), merchant.history(), class_name="stack"
            ),
            rx.el.div(merchant.details(), merchant.members(), class_name="stack"),
            class_name="columns",
        ),
        back=here("merchants"),
    )
