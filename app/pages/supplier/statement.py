"""A supplier's months."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.supplier.money import money_tabs
from components.ui.text import t
from state.supplier.money import StatementState

ROUTE = "/supplier/[merchant]/ledger/statement"
TITLE = N_("Statement")
LOAD = StatementState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        StatementState,
        hint=t("Opening balance, income and payouts, closing balance: month by month."),
        extra=money_tabs("ledger/statement"),
    )
