"""Packing slips for printing: one sheet each, without any price."""

from typing import Any

import reflex as rx

from components.ui import base
from components.ui.text import t
from state.shell import ShellState
from state.supplier.order import SlipsState


def slips_page() -> rx.Component:
    """Return the slips with a button to print them; only they are printed."""
    return rx.el.div(
        rx.el.div(
            base.page_head(
                t("Packing slips"),
                base.button(t("Print"), kind="primary", icon_name="printer",
                            on_click=rx.call_script("window.print()")),
                hint=t("One slip for each order, to enclose in the parcel; it shows no prices."),
                back=ShellState.path + "/orders",
            ),
            class_name="not-printed",
        ),
        rx.cond(
            SlipsState.loaded,
            rx.cond(
                SlipsState.slips.length() > 0,
                rx.el.div(rx.foreach(SlipsState.slips, _slip), class_name="slips"),
                base.card(base.empty(t("No slips"), t("Choose orders in the list first."),
                                     name="printer")),
            ),
            base.skeleton(8),
        ),
        class_name="stack",
    )  # fmt: skip


def _slip(slip: Any) -> rx.Component:
    heads = (t("SKU code"), t("Goods"), t("Specs"), t("Units"), "✓")
    return rx.el.article(
        rx.el.header(
            rx.el.div(rx.el.h2(slip.store), rx.el.p(t("Packing slip"), class_name="soft")),
            rx.el.div(
                rx.el.b(slip.number, class_name="num"),
                rx.el.p(slip.placed, class_name="soft num"),
                class_name="right",
            ),
            class_name="row-between",
        ),
        rx.el.address(
            rx.el.b(slip.recipient), " ", rx.el.span(slip.phone, class_name="num"),
            rx.el.br(), slip.address,
        ),
        rx.cond(
            slip.note != "",
            rx.el.p(rx.el.b(t("The buyer's note")), " ", slip.note, class_name="wrapped"),
        ),
        rx.el.table(
            rx.el.thead(rx.el.tr(*(rx.el.th(head, scope="col") for head in heads))),
            rx.el.tbody(rx.foreach(slip.lines, _line)),
        ),
        rx.el.footer(t("Units in all: %(units)s", units=slip.units)),
        class_name="slip",
        key=slip.number,
    )  # fmt: skip


def _line(line: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(line["code"], class_name="num"),
        rx.el.td(line["title"]),
        rx.el.td(line["specs"]),
        rx.el.td(rx.el.b(line["units"]), class_name="num"),
        rx.el.td(rx.el.span(class_name="tick-box")),
    )
