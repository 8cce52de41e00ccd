"""One ledger transaction with its postings."""

import reflex as rx

from app.kit.i18n import N_
from app.words import TRANSACTION_KIND
from components.platform.money import move
from components.record import here, record_page
from components.ui import base
from components.ui.tables import Cell, small_table
from components.ui.text import t, word
from state.platform.ledger import TransactionState
from state.shell import ShellState

ROUTE = "/platform/[merchant]/ledger/transactions/[transaction]"
TITLE = N_("Ledger transaction")
LOAD = TransactionState.load

entry = TransactionState.entry

SOURCES = (
    ("payment", N_("Payment")),
    ("refund", N_("Refund")),
    ("split", N_("Share of an order part")),
)


def page() -> rx.Component:
    """Return the page."""
    table = small_table(
        [
            Cell(t("From → to"), move, "c-title"),
            Cell(t("Amount"), lambda posting: rx.el.b(posting.amount), "right num"),
        ],
        entry.postings,
    )
    return record_page(
        TransactionState,
        base.page_head(
            word(entry.kind, TRANSACTION_KIND),
            hint=rx.el.span(entry.at, " · ", entry.total),
            back=here("ledger/transactions"),
        ),
        rx.el.div(
            base.card(table, title=t("Postings"), class_name="flush"),
            base.card(_facts(), title=t("Where it comes from")),
            class_name="columns",
        ),
        back=here("ledger/transactions"),
    )


def _facts() -> rx.Component:
    order = rx.link(entry.order, href=here("orders/", entry.order), class_name="cell-link num")
    payment = rx.link(
        entry.payment, href=here("payments/", entry.payment), class_name="cell-link num"
    )
    may_orders = ShellState.may.contains("platform:orders:read")
    may_payments = ShellState.may.contains("platform:payments:read")
    return base.facts(
        (t("Event"), rx.el.span(word(entry.source, SOURCES), " ", entry.source_number)),
        (t("Order"), rx.cond((entry.order != "") & may_orders, order, "–")),
        (t("record|Payment"), rx.cond((entry.payment != "") & may_payments, payment, "–")),
        (t("When"), entry.at),
        (t("Note"), rx.cond(entry.memo != "", entry.memo, "–")),
        (t("Key"), rx.el.small(entry.id, class_name="faint")),
    )
