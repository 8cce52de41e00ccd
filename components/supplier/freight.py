"""The freight template: four amounts, and one row for each province."""

from typing import Any

import reflex as rx

from components.actions import form_field
from components.ui import base
from components.ui.text import ENGLISH, t
from components.unsaved import merge_dialog, unsaved
from state.shell import ShellState
from state.supplier.freight import FIELDS, WRITE, FreightState


def freight_page() -> rx.Component:
    """Return the page."""
    return rx.cond(
        FreightState.loaded,
        _form(),
        rx.el.div(base.skeleton(8), class_name="card pad"),
    )


def _form() -> rx.Component:
    save = rx.cond(
        ShellState.may.contains(WRITE), base.button(t("Save"), kind="primary", type="submit")
    )
    nothing_yet = t("You have no template yet: buyers pay no freight for your goods until you"
                    " save one.")  # fmt: skip
    form = rx.el.form(
        unsaved("freight", state=FreightState, part="freight", round=FreightState.round),
        base.page_head(
            t("Freight"),
            save,
            hint=t("What a buyer pays you for shipping, once for each order. Orders that were"
                   " placed keep what they paid."),
        ),
        rx.cond(FreightState.is_new, base.note(nothing_yet, "warn")),
        base.card(
            rx.el.div(*(form_field(FreightState, f) for f in FIELDS), class_name="form-grid"),
            title=t("Freight charges"),
        ),
        base.card(
            rx.el.p(
                t("A surcharge is paid on top, also where freight is free. To a province that is"
                  " switched off nobody can order your goods."), class_name="help"),
            rx.el.div(rx.foreach(FreightState.regions, _region), class_name="regions"),
            title=t("Provinces"),
        ),
        on_submit=FreightState.save,
        no_validate=True,
        key=FreightState.round.to_string(),
        class_name="stack",
        custom_attrs={"data-form": "freight"},
    )  # fmt: skip
    return rx.fragment(form, merge_dialog(FreightState))


def _region(region: Any) -> rx.Component:
    name = rx.cond(ENGLISH, region["en"], region["zh"])
    extra = rx.el.div(
        rx.el.span("+¥", aria_hidden="true"),
        rx.el.input(
            name="extra-" + region["code"],
            default_value=region["extra"],
            input_mode="decimal",
            placeholder="0",
            auto_complete="off",
            aria_label=t("Surcharge for %(name)s", name=name),
            class_name="input num",
        ),
        class_name="affix affix-extra",
    )
    refused = rx.el.label(
        rx.el.input(
            type="checkbox",
            name="refused-" + region["code"],
            value="1",
            default_checked=region["refused"] != "",
        ),
        rx.el.span(t("No delivery")),
        class_name="check",
    )
    return rx.el.div(
        rx.el.span(name, class_name="region-name"),
        extra,
        refused,
        rx.cond(region["fault"] != "", rx.el.p(region["fault"], class_name="fault", role="alert")),
        class_name="region",
        key=region["code"],
    )
