"""One SKU's stock: figures, a form for movements, and all that moved it."""

from typing import Any

import reflex as rx

from app.words import MOVEMENT_REASON, STOCK_STATUS
from components.actions import form_field
from components.house.audit import history_link
from components.ui import base, forms
from components.ui.text import t, word
from components.unsaved import unsaved
from state.shell import ShellState
from state.supplier.stock import ADJUST_FIELDS, WRITE, SkuStockState


def sku_stock_page() -> rx.Component:
    """Return the page of one SKU."""
    back = base.link_button(t("Back to stock"), ShellState.path + "/stock")
    missing = base.card(
        base.empty(t("This SKU was not found"), t("It may belong to another workspace."), back)
    )
    return rx.cond(
        SkuStockState.loaded,
        rx.cond(SkuStockState.missing, missing, _sku()),
        rx.el.div(base.skeleton(8), class_name="card pad"),
    )


def _sku() -> rx.Component:
    sku = SkuStockState.sku
    title = rx.el.span(
        rx.el.span(sku["code"], class_name="num"),
        base.badge(sku["state"], STOCK_STATUS),
        class_name="title-badge",
    )
    product = rx.link(
        rx.el.span(sku["product"], " ", sku["specs"]),
        href=ShellState.path + "/products/" + sku["product_id"],
        class_name="cell-link",
    )
    figures = rx.el.div(
        _figure(t("On hand"), sku["on_hand"]),
        _figure(t("Reserved for orders"), sku["reserved"]),
        _figure(t("Available"), sku["available"]),
        _figure(t("Low-stock level"), sku["low_at"]),
        class_name="kpis",
    )
    return rx.el.div(
        base.page_head(
            title,
            history_link("supplier", sku["id"]),
            hint=product,
            back=ShellState.path + "/stock",
        ),
        figures,
        rx.el.div(
            rx.el.div(_moves(), class_name="stack"),
            rx.cond(ShellState.may.contains(WRITE), _form()),
            class_name="columns",
        ),
        class_name="stack",
    )


def _figure(label: Any, value: Any) -> rx.Component:
    return rx.el.div(
        rx.el.span(label, class_name="kpi-label"),
        rx.el.span(value, class_name="kpi-value"),
        class_name="kpi",
    )


def _form() -> rx.Component:
    return base.card(
        rx.el.form(
            unsaved("adjust:" + SkuStockState.sku["id"], round=SkuStockState.round),
            *(form_field(SkuStockState, f) for f in ADJUST_FIELDS),
            forms.form_buttons(t("Record")),
            on_submit=SkuStockState.record,
            key=SkuStockState.round.to_string(),
            class_name="form-stack",
            custom_attrs={"data-form": "adjust"},
        ),
        title=t("Adjust"),
    )


def _moves() -> rx.Component:
    heads = (t("Time"), t("Units changed"), t("On hand after"), t("Reason"), t("Note"))
    return base.card(
        rx.el.div(
            rx.el.table(
                rx.el.thead(rx.el.tr(*(
                    rx.el.th(head, scope="col", class_name="right" if place in (1, 2) else "")
                    for place, head in enumerate(heads)
                ))),
                rx.el.tbody(rx.foreach(SkuStockState.moves, _move)),
                class_name="table",
            ),
            class_name="table-wrap",
        ),
        title=t("Movements"),
        class_name="flush",
    )  # fmt: skip


def _move(move: Any) -> rx.Component:
    order = rx.link(
        move["reference"],
        href=ShellState.path + "/orders/" + move["reference"],
        class_name="cell-link num",
    )

    def labelled(label: Any) -> rx.Component:
        return rx.el.span(label, class_name="phone-label", aria_hidden="true")

    return rx.el.tr(
        rx.el.td(move["at"], class_name="c-moment"),
        rx.el.td(
            labelled(t("Units changed")),
            rx.el.span(move["delta"], class_name=rx.cond(move["up"] != "", "up", "down")),
            class_name="right num",
        ),
        rx.el.td(labelled(t("On hand after")), move["balance"], class_name="right num"),
        rx.el.td(labelled(t("Reason")), word(move["reason"], MOVEMENT_REASON)),
        rx.el.td(
            rx.cond(move["reason"] == "SHIPMENT", order, move["reference"]),
            " ",
            rx.el.span(move["note"], class_name="soft"),
        ),
    )
