"""Customers with an account in an own store."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui.text import t
from state.distributor.customers import CustomersState

ROUTE = "/distributor/[merchant]/customers"
TITLE = N_("Customers")
LOAD = CustomersState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        CustomersState,
        hint=t("People with an account in one of your stores. Guests are in the orders."),
        empty_hint=N_("Customers who register in your store appear here."),
    )
