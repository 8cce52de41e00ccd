"""The parts of an order's page."""

from typing import Any

import reflex as rx

from app import routes
from app.words import (
    ACTOR_SCOPE,
    BUYER_KIND,
    ORDER_EVENT,
    ORDER_STATUS,
    PART_STATUS,
    PAYMENT_PROVIDER,
    PAYMENT_STATUS,
    REFUND_REASON,
    REFUND_STATUS,
    TRACKING_STATE,
)
from components.actions import action_button
from components.house.audit import history_link
from components.platform.money import part_money
from components.record import here, poll_button
from components.ui import base
from components.ui.links import outside_link
from components.ui.tables import Cell, small_table
from components.ui.text import ENGLISH, t, word
from state.platform.orders import OrderState
from state.shell import ShellState

order = OrderState.order


def head() -> rx.Component:
    """Return number, status, and where and when it was placed."""
    return base.page_head(
        rx.el.span(order.number, " ", base.badge(order.status, ORDER_STATUS), class_name="titled"),
        # Its payments, refunds and parts have its number in their names.
        history_link("platform", order.number),
        hint=rx.el.span(order.store, " · ", order.placed_at),
        back=here("orders"),
    )


def parts() -> rx.Component:
    """Return a card for each supplier's part."""
    return rx.fragment(rx.foreach(order.parts, _part))


def _part(part: Any) -> rx.Component:
    supplier = rx.link(
        part.supplier, href=here("merchants/", part.supplier_code), class_name="cell-link"
    )
    return base.card(
        rx.el.div(
            rx.el.div(
                rx.el.h2(part.number, " ", base.badge(part.status, PART_STATUS)),
                rx.el.p(supplier, class_name="soft"),
            ),
            rx.el.div(
                action_button(OrderState, "cancel", part.id, kind="plain",
                              fits=part.status == "PAID"),
                action_button(OrderState, "refund_freight", part.id, kind="plain",
                              fits=part.refundable & (part.freight_left_cents > 0)),
                action_button(OrderState, "refund_part", part.id, kind="plain",
                              fits=part.refundable),
                class_name="actions",
            ),
            class_name="card-head",
        ),
        _lines(part),
        rx.foreach(part.parcels, _parcel),
        class_name="flush part",
        custom_attrs={"data-part": part.number},
    )  # fmt: skip


def _lines(part: Any) -> rx.Component:
    def what(line: Any) -> rx.Component:
        return rx.el.div(
            base.picture(line.picture),
            rx.el.div(
                rx.el.b(line.title),
                rx.el.p(line.spec, " ", rx.el.span(line.sku, class_name="faint"),
                        class_name="soft"),
            ),
            class_name="with-picture",
        )  # fmt: skip

    def many(line: Any) -> rx.Component:
        return rx.el.span(
            line.quantity,
            rx.cond(
                (line.shipped > 0) & (line.shipped < line.quantity),
                rx.el.small(" ", t("%(count)s shipped", count=line.shipped), class_name="soft"),
            ),
            rx.cond(
                line.cancelled > 0,
                rx.el.small(
                    " ",
                    t("%(count)s refunded, not to be shipped", count=line.cancelled),
                    class_name="down",
                ),
            ),
        )

    return small_table(
        [
            Cell(t("Product"), what, "c-title"),
            Cell(t("Quantity"), many, "right num"),
            Cell(t("Unit price"), lambda line: line.retail, "right num"),
            Cell(t("Total"), lambda line: rx.el.b(line.total), "right num"),
            Cell(t("Refunded"), lambda line: line.refunded, "right num"),
            Cell("", lambda line: _refund(part, line), "last"),
        ],
        part.lines,
    )


def _refund(part: Any, line: Any) -> rx.Component:
    return action_button(
        OrderState,
        "refund_line",
        line.id,
        kind="row",  # type: ignore[arg-type]
        fits=part.refundable & (line.left_cents > 0),
        small=True,
    )


def _parcel(parcel: Any) -> rx.Component:
    latest = rx.cond(
        parcel.tracks.length() > 0,
        base.badge(parcel.tracks[0].state, TRACKING_STATE),
    )
    return rx.el.details(
        rx.el.summary(
            base.icon("truck"),
            rx.el.b(rx.cond(ENGLISH, parcel.carrier_en, parcel.carrier_zh)),
            rx.el.span(parcel.number, class_name="num"),
            latest,
        ),
        rx.el.ol(
            rx.foreach(
                parcel.tracks,
                lambda track: rx.el.li(
                    rx.el.div(word(track.state, TRACKING_STATE), class_name="timeline-text"),
                    rx.cond(track.text != "", rx.el.p(track.text, class_name="soft")),
                    rx.el.time(track.at, class_name="faint num"),
                ),
            ),
            class_name="timeline",
        ),
        class_name="fold parcel",
    )


def money() -> rx.Component:
    """Return where the money goes, part by part."""
    return base.card(
        rx.cond(
            order.paid_at != "",
            rx.el.div(rx.foreach(order.parts, part_money), class_name="stack"),
            rx.el.p(t("The money is divided when the order is paid."), class_name="soft"),
        ),
        title=t("Where the money goes"),
        id="money",
    )


def sums() -> rx.Component:
    """Return what the buyer pays."""

    def line(label: Any, amount: Any, *, strong: bool = False) -> rx.Component:
        class_name = "row-between strong" if strong else "row-between"
        row = rx.el.div(rx.el.dt(label), rx.el.dd(amount, class_name="num"), class_name=class_name)
        return rx.cond(amount != "", row)

    return base.card(
        rx.el.dl(
            line(t("Goods"), order.goods),
            line(t("Discount"), order.discount),
            line(t("Freight"), order.freight),
            line(t("Total"), order.total, strong=True),
            line(t("Paid"), order.paid),
            line(t("Refunded"), order.refunded),
            class_name="sums",
        ),
        title=t("Amounts"),
    )


def buyer() -> rx.Component:
    """Return who buys, where it goes, and in whose store."""
    seller = rx.link(
        order.distributor, href=here("merchants/", order.distributor_code), class_name="cell-link"
    )
    return base.card(
        base.facts(
            (t("Buyer"), rx.el.span(word(order.buyer_kind, BUYER_KIND), " ", order.buyer)),
            (t("Recipient"), order.recipient),
            (t("buyer|Phone"), rx.el.span(order.phone, class_name="num")),
            (t("Address"), order.address),
            (t("Note"), rx.cond(order.buyer_note != "", order.buyer_note, "–")),
            (t("Store"), outside_link(order.store, href=routes.store("") + order.store_slug,
                                      new_tab=True, class_name="cell-link")),
            (t("Distributor"), seller),
        ),
        title=t("Buyer and store"),
    )  # fmt: skip


def paid() -> rx.Component:
    """Return payments and refunds, for those who may read them."""
    return rx.cond(
        ShellState.may.contains("platform:payments:read"),
        base.card(
            rx.cond(
                order.payments.length() == 0,
                rx.el.p(t("No payment was started."), class_name="soft"),
            ),
            rx.foreach(order.payments, _payment),
            rx.foreach(order.refunds, _refunded),
            rx.cond(order.is_refunding, poll_button(OrderState.look)),
            title=t("Payments and refunds"),
        ),
    )


def _payment(payment: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.link(payment["number"], href=here("payments/", payment["number"]),
                    class_name="cell-link num"),
            rx.el.p(
                word(payment["provider"], PAYMENT_PROVIDER),
                " · ",
                payment["at"],
                class_name="faint num",
            ),
            rx.cond(
                payment["unwanted"] != "",
                rx.el.p(t("Paid twice or too late: given back."), class_name="fault"),
            ),
        ),
        rx.el.div(
            rx.el.b(payment["amount"], class_name="num"),
            base.badge(payment["status"], PAYMENT_STATUS),
            class_name="end",
        ),
        class_name="row-between entry",
    )  # fmt: skip


def _refunded(refund: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(refund["number"], class_name="num"),
            rx.el.p(word(refund["reason"], REFUND_REASON), class_name="soft wrapped"),
            rx.el.p(refund["at"], class_name="faint num"),
        ),
        rx.el.div(
            rx.el.b("-", refund["amount"], class_name="num"),
            base.badge(refund["status"], REFUND_STATUS),
            class_name="end",
        ),
        class_name="row-between entry",
    )


def history() -> rx.Component:
    """Return all that happened, newest first."""

    def what(event: Any) -> rx.Component:
        return rx.el.span(
            word(event["kind"], ORDER_EVENT),
            rx.el.span(
                " · ",
                rx.cond(event["who"] != "", event["who"], word(event["scope"], ACTOR_SCOPE)),
                class_name="soft",
            ),
            rx.cond(
                event["parts"] != "",
                rx.el.span(event["parts"], class_name="faint num block"),
            ),
        )

    return base.card(base.timeline(order.events, what), title=t("Timeline"))
