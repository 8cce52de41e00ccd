"""One payment with its provider's messages."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import (
    CALLBACK_OUTCOME,
    PAYMENT_PROVIDER,
    PAYMENT_STATUS,
    REFUND_REASON,
    REFUND_STATUS,
    TRANSACTION_KIND,
)
from components.record import here, record_page
from components.ui import base
from components.ui.tables import Cell, small_table
from components.ui.text import t, word
from state.platform.payments import PaymentState
from state.shell import ShellState

ROUTE = "/platform/[merchant]/payments/[number]"
TITLE = N_("record|Payment")
LOAD = PaymentState.load

payment = PaymentState.payment


def page() -> rx.Component:
    """Return the page."""
    return record_page(
        PaymentState,
        base.page_head(
            rx.el.span(
                payment.number, " ", base.badge(payment.status, PAYMENT_STATUS), class_name="titled"
            ),
            hint=rx.el.span(payment.store, " · ", payment.created_at),
            back=here("payments"),
        ),
        rx.cond(
            payment.unwanted,
            base.note(
                t("No order took this money: it was paid twice or too late, and is given back."),
                "warn",
            ),
        ),
        rx.el.div(
            rx.el.div(_callbacks(), _refunds(), _transactions(), class_name="stack"),
            rx.el.div(_facts(), class_name="stack"),
            class_name="columns",
        ),
        back=here("payments"),
    )


def _facts() -> rx.Component:
    order = rx.cond(
        ShellState.may.contains("platform:orders:read"),
        rx.link(payment.order, href=here("orders/", payment.order), class_name="cell-link num"),
        payment.order,
    )
    return base.card(
        base.facts(
            (t("Amount"), rx.el.b(payment.amount, class_name="num")),
            (t("Refunded"), rx.cond(payment.refunded != "", payment.refunded, "–")),
            (t("Remains"), rx.el.span(payment.left, class_name="num")),
            (t("Order"), order),
            (t("Provider"), word(payment.provider, PAYMENT_PROVIDER)),
            (t("Provider's reference"), rx.cond(payment.reference != "", payment.reference, "–")),
            (t("Started at"), payment.created_at),
            (t("Paid at"), rx.cond(payment.paid_at != "", payment.paid_at, "–")),
        ),
        title=t("Facts"),
    )


def _callbacks() -> rx.Component:
    return base.card(
        rx.cond(
            payment.callbacks.length() > 0,
            rx.foreach(payment.callbacks, _callback),
            rx.el.p(
                t(
                    "No notification received. Payments without an answer are queried at the "
                    "provider."
                ),
                class_name="soft",
            ),
        ),
        title=t("Provider notifications"),
    )


def _callback(message: Any) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            base.badge(message["outcome"], CALLBACK_OUTCOME),
            rx.el.b(message["kind"]),
            rx.el.span(message["at"], class_name="soft num"),
            rx.el.span(message["event"], class_name="faint num"),
        ),
        rx.el.pre(message["body"], tab_index=0),
        class_name="fold parcel message",
    )


def _refunds() -> rx.Component:
    table = small_table(
        [
            Cell(t("Refund"), lambda r: r["number"], "c-title"),
            Cell(t("Reason"), lambda r: word(r["reason"], REFUND_REASON)),
            Cell(t("Status"), lambda r: base.badge(r["status"], REFUND_STATUS)),
            Cell(t("Attempts"), lambda r: r["attempts"], "right num"),
            Cell(t("Amount"), lambda r: r["amount"], "right num"),
            Cell(t("When"), lambda r: r["at"], "c-moment"),
        ],
        payment.refunds,
    )
    return rx.cond(
        payment.refunds.length() > 0, base.card(table, title=t("Refunds"), class_name="flush")
    )


def _transactions() -> rx.Component:
    def when(entry: Any) -> rx.Component:
        return rx.link(
            entry["at"], href=here("ledger/transactions/", entry["id"]), class_name="cell-link"
        )

    table = small_table(
        [
            Cell(t("When"), when, "c-moment"),
            Cell(t("Kind"), lambda e: word(e["kind"], TRANSACTION_KIND)),
            Cell(t("Amount moved"), lambda e: e["amount"], "right num"),
        ],
        payment.transactions,
    )
    return rx.cond(
        payment.transactions.length() > 0,
        base.card(table, title=t("In the ledger"), class_name="flush"),
    )
