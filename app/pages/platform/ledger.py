"""The ledger: where all the money stands, account by account."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.record import here
from components.ui import base
from components.ui.text import t
from state.platform.ledger import AccountsState

ROUTE = "/platform/[merchant]/ledger"
TITLE = N_("Ledger")
LOAD = AccountsState.load

figures = AccountsState.figures


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        AccountsState,
        hint=t("Double entry: every amount moves from one account to another."),
        extra=rx.el.div(
            rx.cond(
                figures.balanced,
                rx.fragment(),
                base.note(t("The accounts do not sum to zero. Run tongshang verify."), "bad"),
            ),
            _figures(),
            class_name="stack",
        ),
        head_actions=(
            base.link_button(t("All transactions"), here("ledger/transactions"), icon_name="list"),
        ),
    )


def _figures() -> rx.Component:
    return rx.el.div(
        _figure(t("Held at the provider"), figures.held, t("for all parties")),
        _figure(t("Pending"), figures.pending, t("owed to merchants, not yet due")),
        _figure(t("Available"), figures.available, t("owed to merchants, due")),
        _figure(t("Platform commission"), figures.earned, t("the platform's income"),
                t("Commission of all paid orders − what refunds took back − subsidies."
                  " Payment fees are not part of it.")),
        _figure(t("Payment fees"), figures.fees, t("kept by the provider, not income"),
                t("The provider's fees as the rules estimate them − fees given back with"
                  " refunds.")),
        _figure(t("Not allocated"), figures.unallocated, t("waiting to be refunded")),
        class_name="kpis",
    )  # fmt: skip


def _figure(label: Any, value: Any, foot: Any, meaning: Any = None) -> rx.Component:
    return rx.el.div(
        rx.el.span(label, class_name="kpi-label"),
        rx.el.span(base.amounts(value), class_name="kpi-value"),
        rx.el.span(foot, class_name="kpi-foot"),
        class_name="kpi",
        **({} if meaning is None else {"title": meaning}),
    )
