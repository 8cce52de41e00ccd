"""What the distributor has earned: balances and shares."""

import reflex as rx

from app.kit.i18n import N_
from components.lists import list_page
from components.ui import base
from components.ui.text import t
from state.distributor.ledger import SharesState
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/ledger"
TITLE = N_("Balance")
LOAD = SharesState.load


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        SharesState,
        hint=t("Your share of each order: what remains after supply price, commission and fee."),
        extra=rx.el.div(
            _balance("PENDING", t("Pending"), t("Waits until the buyer has received the goods.")),
            _balance("AVAILABLE", t("Available"), t("Can be paid out.")),
            _balance("IN_PAYOUT", t("In payout"), t("On its way to your bank account.")),
            _balance("PAID_OUT", t("Paid out"), t("Since the beginning.")),
            class_name="kpis",
        ),
        head_actions=(
            base.link_button(
                t("Postings"), ShellState.path + "/ledger/postings", icon_name="book-open"
            ),
        ),
        empty_hint=N_("With the first paid order your first share appears here."),
    )


def _balance(kind: str, label: rx.Var[str], hint: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.span(label, class_name="kpi-label"),
        rx.el.span(SharesState.balances.get(kind, "—"), class_name="kpi-value"),
        rx.el.span(hint, class_name="kpi-foot"),
        class_name="kpi",
        custom_attrs={"data-balance": kind},
    )
