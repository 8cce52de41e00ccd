"""A supplier's money: the balances, and the ways between shares, postings and statement."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.ui import base
from components.ui.text import t
from state.shell import ShellState
from state.supplier.money import SharesState

_PAGES = (
    ("ledger", N_("Shares")),
    ("ledger/postings", N_("Postings")),
    ("ledger/statement", N_("Statement")),
)
_CARDS = (
    ("PENDING", "hourglass", N_("Pending"), N_("Until the buyer's time for complaints is over")),
    ("AVAILABLE", "wallet", N_("Available"), N_("Can be paid out")),
    ("IN_PAYOUT", "send", N_("In payout"), N_("On its way to your bank")),
    ("PAID_OUT", "circle-check", N_("Paid out"), N_("Has arrived")),
)


def money_tabs(here: str) -> rx.Component:
    """Return the links between the pages about money."""
    links = [
        rx.link(
            t(label),
            href=ShellState.path + "/" + page,
            class_name="tab here" if page == here else "tab",
            aria_current="page" if page == here else "false",
        )
        for page, label in _PAGES
    ]
    return rx.el.nav(*links, class_name="tabs", aria_label=t("Balance"))


def balance_cards() -> rx.Component:
    """Return the balances as a supplier, in one row of cards."""
    return rx.el.div(*(_card(*card) for card in _CARDS), class_name="kpis")


def _card(kind: str, name: str, label: str, hint: str) -> rx.Component:
    amount: Any = SharesState.balances.get(kind, "—")
    return rx.el.div(
        rx.el.span(base.icon(name, 15), t(label), class_name="kpi-label"),
        rx.el.span(amount, class_name="kpi-value", custom_attrs={"data-balance": kind}),
        rx.el.span(t(hint), class_name="kpi-foot"),
        class_name="kpi",
    )
