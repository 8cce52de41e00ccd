"""Specs × values, and the matrix of SKUs that they make."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.ui import base
from components.ui.text import t
from state.shell import ShellState
from state.supplier.product import COSTS, ProductState


def skus_card() -> rx.Component:
    """Return the builder of specs and the matrix below it."""
    return base.card(
        rx.el.div(rx.foreach(ProductState.specs, _spec), class_name="specs"),
        rx.cond(
            ProductState.specs.length() < 3,
            base.button(t("Add a spec"), icon_name="plus", on_click=ProductState.add_spec,
                        custom_attrs={"data-form-changes": ""}),
        ),
        _fault(ProductState.errors.get("spec_names", "")),
        _fault(ProductState.errors.get("skus", "")),
        _matrix(),
        rx.el.p(t("Rows that are switched off are not sold; new rows that are switched off are "
                  "not created."),
                class_name="help"),
        title=t("Specs and SKUs"),
    )  # fmt: skip


def _fault(error: Any) -> rx.Component:
    return rx.cond(error != "", rx.el.p(error, class_name="fault", role="alert"))


def _spec(spec: Any, place: Any) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(t("Spec %(place)s", place=place + 1), class_name="sr-only"),
        rx.el.input(
            default_value=spec.name,
            on_blur=lambda typed: ProductState.name_spec(place, typed),
            placeholder=t("Such as colour"),
            aria_label=t("Name of the spec"),
            max_length=40,
            class_name="input spec-name",
            key=f"name-{ProductState.form_key}",
        ),
        rx.el.div(
            rx.foreach(spec.options, lambda value: _value(place, value)),
            rx.el.span(
                rx.el.input(
                    on_blur=lambda typed: ProductState.add_values(place, typed),
                    placeholder=t("Add values: Enter or a comma"),
                    aria_label=t("Add values"),
                    class_name="input",
                ),
                class_name="value-new",
                custom_attrs={"data-editor-values": ""},
            ),
            class_name="spec-values",
        ),
        base.icon_button("trash-2", t("Remove the spec"), on_click=ProductState.drop_spec(place),
                         custom_attrs={"data-form-changes": ""}),
        class_name="spec",
    )  # fmt: skip


def _value(place: Any, value: Any) -> rx.Component:
    return rx.el.span(
        rx.el.input(
            default_value=value,
            on_blur=lambda typed: rx.cond(
                typed == value, rx.noop(), ProductState.rename_value(place, value, typed)
            ),
            aria_label=t("option|Value"),
            max_length=40,
            class_name="value-input",
            custom_attrs={"size": rx.cond(value.length() < 3, 4, value.length() + 3)},
        ),
        rx.el.button(
            base.icon("x", 13),
            type="button",
            aria_label=t("Remove %(value)s", value=value),
            on_click=ProductState.drop_value(place, value),
            custom_attrs={"data-form-changes": ""},
        ),
        class_name="value",
        key=value,
    )


# Matrix ----------------------------------------------------------------------------------------

_COLUMNS = (
    ("code", N_("SKU code"), "text"),
    ("supply", N_("Supply price ¥"), "decimal"),
    ("suggested", N_("Suggested price ¥"), "decimal"),
    ("cost", N_("Own cost ¥"), "decimal"),
    ("on_hand", N_("On hand"), "numeric"),
    ("low_at", N_("Low-stock level"), "numeric"),
)


def _permitted(cell: str, shown: rx.Component) -> rx.Component:
    if cell != "cost":
        return shown
    return rx.cond(ShellState.may.contains(COSTS), shown, rx.fragment())


def _matrix() -> rx.Component:
    heads = [_permitted(cell, _head(cell, label)) for cell, label, _ in _COLUMNS]
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("SKU"), scope="col"), *heads, rx.el.th(t("On sale"), scope="col")
                )
            ),
            rx.el.tbody(rx.foreach(ProductState.rows, _row)),
            class_name="sku-matrix",
        ),
        class_name="table-wrap",
    )


def _head(cell: str, label: str) -> rx.Component:
    fill = rx.cond(
        ProductState.rows.length() > 1,
        rx.el.button(
            base.icon("arrow-down-to-line", 13),
            type="button",
            title=t("Fill down from the first row"),
            aria_label=t("Fill down from the first row: %(column)s", column=t(label)),
            on_click=ProductState.fill_down(cell),
            class_name="fill",
            custom_attrs={"data-form-changes": "", "data-fill-down": cell},
        ),
    )
    return rx.el.th(rx.el.span(t(label), fill, class_name="sku-matrix-head"), scope="col")


def _row(row: Any) -> rx.Component:
    cells = [
        _permitted(cell, rx.el.td(
            rx.el.span(t(label), class_name="phone-label", aria_hidden="true"),
            _cell(row, cell, label, mode),
            class_name=f"m-{cell}",
        ))
        for cell, label, mode in _COLUMNS
    ]  # fmt: skip
    on_sale = rx.el.input(
        type="checkbox",
        name="active-" + row["place"],
        value="1",
        default_checked=row["active"] == "1",
        on_change=lambda on: ProductState.switch(row["place"].to(int), on),
        role="switch",
        aria_label=t("On sale"),
        class_name="switch",
    )
    return rx.el.tr(
        rx.el.th(rx.cond(row["label"] == "", t("Single SKU"), row["label"]), scope="row"),
        *cells,
        rx.el.td(
            rx.el.span(t("On sale"), class_name="phone-label", aria_hidden="true"),
            on_sale,
            class_name="m-active",
        ),
        key=row["key"],
    )


def _cell(row: Any, cell: str, label: str, mode: str) -> rx.Component:
    name = f"{cell}-" + row["place"]
    control = rx.el.input(
        name=name,
        default_value=row[cell],
        on_blur=lambda typed: ProductState.type_cell(row["place"].to(int), cell, typed),
        input_mode=mode,
        auto_complete="off",
        aria_label=t(label),
        aria_invalid=row[f"e_{cell}"] != "",
        class_name="input" + (" num" if mode != "text" else ""),
        custom_attrs={"data-cell": cell},
    )
    shown = rx.fragment(
        control,
        rx.cond(
            row[f"e_{cell}"] != "",
            rx.el.p(row[f"e_{cell}"], class_name="fault", role="alert"),
        ),
    )
    if cell != "on_hand":
        return shown
    # What is on hand of a SKU that exists changes by movements alone, with a reason.
    stock = rx.link(
        row["on_hand"],
        href=ShellState.path + "/stock/" + row["id"],
        class_name="cell-link num",
    )
    return rx.cond(row["id"] == "", shown, stock)
