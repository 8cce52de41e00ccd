"""The ledger's transactions, of all accounts or of one."""

import reflex as rx

from app.kit.i18n import N_
from app.words import ACCOUNT_KIND, PARTY_ROLE
from components.lists import list_page
from components.record import here
from components.ui import base
from components.ui.text import t, word
from state.platform.ledger import TransactionsState

ROUTE = "/platform/[merchant]/ledger/transactions"
TITLE = N_("Ledger transactions")
LOAD = TransactionsState.load

account = TransactionsState.account


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        TransactionsState,
        hint=t("Transactions are never edited; a correction is another transaction."),
        extra=rx.cond(account.kind != "", _account()),
        head_actions=(base.link_button(t("Accounts"), here("ledger"), icon_name="book-open"),),
    )


def _account() -> rx.Component:
    return base.note(
        rx.el.span(
            t("Only the account"),
            " ",
            rx.el.b(rx.cond(account.party != "", account.party, t("Platform"))),
            " · ",
            word(account.role, PARTY_ROLE),
            " · ",
            word(account.kind, ACCOUNT_KIND),
            ": ",
            rx.el.b(account.balance, class_name="num"),
        ),
        "info",
        base.button(t("Show all"), on_click=TransactionsState.clear),
    )
