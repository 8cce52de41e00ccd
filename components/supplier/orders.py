"""A supplier's orders: the tabs above the list, and the parts of an order's page."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import (
    ORDER_EVENT,
    PARCEL_CARRIER,
    PART_STATUS,
    SPLIT_KIND,
    SPLIT_STATE,
    TRACKING_STATE,
)
from components.actions import form_field
from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import t, word
from components.unsaved import unsaved
from state.shell import ShellState
from state.supplier.order import OrderState
from state.supplier.orders import REASON, SHIP_FIELDS, WRITE, OrdersState

TABS = (
    ("PAID", N_("To accept")),
    ("ACCEPTED", N_("To ship")),
    ("PARTLY_SHIPPED", N_("Partly shipped")),
    ("SHIPPED", N_("Shipped")),
    ("RECEIVED", N_("Received")),
    ("COMPLETED", N_("Completed")),
    ("REJECTED", N_("Refused")),
)


def status_tabs() -> rx.Component:
    """Return the statuses with how many parts stand in each; a click narrows the list."""

    def tab(code: str, label: Any) -> rx.Component:
        here = OrdersState.chosen.get("status", "*") == code
        count = OrdersState.counts.get(code, "")
        return rx.el.button(
            rx.el.span(label),
            rx.cond(count != "", rx.el.span(count, class_name="tab-count num")),
            type="button",
            on_click=OrdersState.narrow("status", code),
            class_name=rx.cond(here, "tab here", "tab"),
            aria_pressed=here,
            custom_attrs={"data-tab": code},
        )

    tabs = [tab(code, t(label)) for code, label in TABS]
    return rx.el.div(
        tab("*", t("All")), *tabs, class_name="tabs", role="group", aria_label=t("Status")
    )


# One order -------------------------------------------------------------------------------------


def order_page() -> rx.Component:
    """Return the page of one part."""
    return rx.cond(
        OrderState.loaded,
        rx.cond(OrderState.missing, _missing(), _order()),
        rx.el.div(base.skeleton(8), class_name="card pad"),
    )


def _missing() -> rx.Component:
    back = base.link_button(t("Back to orders"), ShellState.path + "/orders")
    return base.card(
        base.empty(t("This order was not found"), t("It may belong to another workspace."), back)
    )


def _order() -> rx.Component:
    order = OrderState.order
    title = rx.el.span(
        rx.el.span(order["number"], class_name="num"),
        base.badge(order["status"], PART_STATUS),
        class_name="title-badge",
    )
    placed = rx.el.span(order["store"], " · ", t("Placed"), " ", order["placed"])
    return rx.el.div(
        base.page_head(title, *_actions(), hint=placed, back=ShellState.path + "/orders"),
        rx.el.div(
            rx.el.div(_goods(), _parcels(), class_name="stack"),
            rx.el.div(_buyer_note(), _address(), _earns(), _history(), class_name="stack"),
            class_name="columns",
        ),
        _ship_dialog(),
        _reject_dialog(),
        class_name="stack",
    )


def _actions() -> list[rx.Component]:
    status = OrderState.order["status"]
    may = ShellState.may.contains(WRITE)
    refused = (status == "REJECTED") | status.startswith("WITHDRAWN")
    ship = (status == "ACCEPTED") | (status == "PARTLY_SHIPPED")
    return [
        rx.cond(
            (status != "PENDING_PAYMENT") & (status != "CLOSED") & ~refused,
            base.button(
                t("Packing slip"), icon_name="printer", on_click=OrderState.print_slip
            ),
        ),
        rx.cond(
            may & (status == "PAID"),
            rx.fragment(
                base.button(t("Refuse"), icon_name="x", on_click=OrderState.ask("reject")),
                base.button(t("Accept"), kind="primary", icon_name="check",
                            on_click=OrderState.accept, custom_attrs={"data-action": "accept"}),
            ),
        ),
        rx.cond(
            may & ship,
            base.button(t("Ship"), kind="primary", icon_name="truck",
                        on_click=OrderState.ask("ship"), custom_attrs={"data-action": "ship"}),
        ),
    ]  # fmt: skip


def _goods() -> rx.Component:
    heads = (t("Goods"), t("Ordered units"), t("Shipped"), t("Supply price"), t("Total"))
    return base.card(
        rx.el.div(
            rx.el.table(
                rx.el.thead(rx.el.tr(*(
                    rx.el.th(head, scope="col", class_name="right" if place else "")
                    for place, head in enumerate(heads)
                ))),
                rx.el.tbody(rx.foreach(OrderState.lines, _line)),
                class_name="table goods",
            ),
            class_name="table-wrap",
        ),
        rx.el.dl(
            _sum(t("Supply price"), OrderState.order["supply"]),
            _sum(t("Freight"), OrderState.order["freight"]),
            _sum(t("Total"), OrderState.order["total"], strong=True),
            rx.cond(
                OrderState.order["returned"] != "",
                _sum(t("Taken back by refunds"), OrderState.order["returned"]),
            ),
            class_name="sums",
        ),
        title=t("Goods"),
        class_name="flush",
    )  # fmt: skip


def _sum(label: Any, amount: Any, *, strong: bool = False) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label),
        rx.el.dd(amount, class_name="num"),
        class_name="sum strong" if strong else "sum",
    )


def _line(line: Any) -> rx.Component:
    def number(label: Any, value: Any) -> rx.Component:
        return rx.el.td(
            rx.el.span(label, class_name="phone-label", aria_hidden="true"),
            value,
            class_name="right num",
        )

    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                base.picture(line["picture"], size=44),
                rx.el.div(
                    rx.el.span(line["title"], class_name="strong"),
                    rx.el.span(line["specs"], class_name="soft"),
                    rx.el.span(line["code"], class_name="faint num"),
                    class_name="goods-name",
                ),
                class_name="goods-cell",
            ),
            class_name="c-title",
        ),
        number(
            t("Ordered units"),
            rx.el.span(
                line["quantity"],
                rx.cond(
                    line["cancelled"] != "",
                    rx.el.small(
                        t("%(count)s refunded, not to be shipped", count=line["cancelled"]),
                        class_name="down block",
                    ),
                ),
            ),
        ),
        number(t("Shipped"), rx.el.span(line["shipped"], " / ", line["quantity"])),
        number(t("Supply price"), line["unit"]),
        number(t("Total"), line["supply"]),
        key=line["id"],
    )


def _parcels() -> rx.Component:
    return rx.cond(
        OrderState.parcels.length() > 0,
        base.card(rx.foreach(OrderState.parcels, _parcel), title=t("Parcels")),
    )


def _parcel(parcel: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                rx.el.b(word(parcel.carrier, PARCEL_CARRIER)),
                rx.el.span(parcel.tracking, class_name="num"),
                base.icon_button(
                    "copy", t("Copy the tracking number"),
                    on_click=rx.set_clipboard(parcel.tracking),
                ),
                class_name="parcel-name",
            ),
            rx.el.span(parcel.goods, class_name="soft"),
            class_name="parcel-head",
        ),
        base.timeline(parcel.tracks, lambda track: word(track["kind"], TRACKING_STATE)),
        class_name="parcel",
    )  # fmt: skip


def _address() -> rx.Component:
    order = OrderState.order
    phone = rx.el.span(
        rx.el.span(order["phone"], class_name="num"),
        rx.cond(
            order["masked"] != "",
            base.button(t("Show"), kind="quiet", on_click=OrderState.show_phone,
                        custom_attrs={"data-show-phone": ""}),
        ),
        class_name="phone",
    )  # fmt: skip
    copy = base.button(t("Copy"), icon_name="copy", on_click=OrderState.copy_address)
    known = rx.el.address(
        rx.el.span(order["recipient"], class_name="strong"),
        phone,
        rx.el.span(order["region"]),
        rx.el.span(order["street"]),
        class_name="address",
    )
    return base.card(
        rx.cond(
            order["recipient"] != "",
            known,
            rx.el.p(t("The address is shown once the order is paid."), class_name="soft"),
        ),
        title=t("Ship to"),
        actions=rx.cond(order["recipient"] != "", copy),
    )


def _buyer_note() -> rx.Component:
    note = OrderState.order["note"]
    return rx.cond(
        note != "",
        base.card(rx.el.p(note, class_name="wrapped"), title=t("The buyer's note")),
    )


def _earns() -> rx.Component:
    return rx.cond(
        OrderState.shares.length() > 0,
        base.card(
            rx.foreach(OrderState.shares, _share),
            rx.el.p(
                t("Pending shares become available some days after the buyer has received"
                  " everything."), class_name="help"),
            title=t("Your share"),
        ),
    )  # fmt: skip


def _share(share: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(word(share["kind"], SPLIT_KIND)),
            base.badge(share["state"], SPLIT_STATE),
            class_name="share-name",
        ),
        rx.el.div(
            rx.el.span(share["amount"], class_name="num strong"),
            rx.cond(share["back"] != "",
                    rx.el.span(t("taken back"), " ", share["back"], class_name="soft num")),
            rx.cond(share["due"] != "",
                    rx.el.span(t("available from"), " ", share["due"], class_name="faint")),
            class_name="share-sum",
        ),
        class_name="row-between share",
    )  # fmt: skip


def _history() -> rx.Component:
    return base.card(
        base.timeline(OrderState.events, lambda event: word(event["kind"], ORDER_EVENT)),
        title=t("History"),
    )


# Dialogs ---------------------------------------------------------------------------------------


def _ship_dialog() -> rx.Component:
    error = OrderState.errors.get("quantity", "")
    return dialog(
        rx.el.form(
            unsaved("ship:" + OrderState.order["number"]),
            rx.el.fieldset(
                rx.el.legend(t("In this parcel"), class_name="legend"),
                rx.foreach(OrderState.lines, _units),
                class_name="units",
            ),
            rx.cond(error != "", rx.el.p(error, class_name="fault", role="alert")),
            *(form_field(OrderState, f) for f in SHIP_FIELDS),
            forms.form_buttons(t("Ship"), cancel=OrderState.dismiss),
            on_submit=OrderState.ship,
            custom_attrs={"data-form": "ship"},
        ),
        is_open=OrderState.asking == "ship",
        on_close=OrderState.dismiss,
        title=t("Ship"),
        hint=t("Everything that is left is filled in; lower a number to send several parcels."),
    )


def _units(line: Any) -> rx.Component:
    return rx.cond(
        line["left"] != "0",
        rx.el.label(
            rx.el.span(
                rx.el.span(line["title"], " ", line["specs"]),
                rx.el.small(line["code"], class_name="faint num"),
                class_name="goods-name",
            ),
            rx.el.span(
                rx.el.input(
                    name="units-" + line["id"],
                    default_value=line["left"],
                    input_mode="numeric",
                    class_name="input num",
                    auto_complete="off",
                ),
                " / ",
                line["left"],
                class_name="units-input num",
            ),
            class_name="units-row",
            key=line["id"] + line["left"],
        ),
    )


def _reject_dialog() -> rx.Component:
    return dialog(
        rx.el.form(
            unsaved("reject:" + OrderState.order["number"]),
            form_field(OrderState, REASON),
            forms.form_buttons(t("Refuse"), cancel=OrderState.dismiss, danger=True),
            on_submit=OrderState.reject,
            custom_attrs={"data-form": "reject"},
        ),
        is_open=OrderState.asking == "reject",
        on_close=OrderState.dismiss,
        title=t("Decline this order"),
        hint=t("This cannot be undone. The reserved stock is released."),
    )
