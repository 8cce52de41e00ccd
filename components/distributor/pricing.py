"""A pricing rule as inputs, what it would make of the selection, and what was refused."""

from typing import Any

import reflex as rx

from app.kit.i18n import plural
from components.ui import forms
from components.ui.dialogs import dialog
from components.ui.text import t, word
from components.unsaved import unsaved
from state.distributor import pricing as rules
from state.screens import Field

_SKIPPED = plural(
    "%(count)s is skipped",
    "%(count)s are skipped",
)

_WAIT_MS = 350


def rule_inputs(
    state: Any, *, with_store: bool = False, prefix: str = "", again: bool = False
) -> rx.Component:
    """Return the inputs of a rule; each tells ``state.weigh``, which answers with a preview.

    ``again`` asks what becomes of what is listed already.
    """
    markup = state.terms.get("kind", "") == "markup"
    return rx.el.div(
        _store(state, prefix) if with_store else rx.fragment(),
        _choice(state, rules.KIND_FIELD, prefix),
        rx.cond(
            markup,
            rx.el.div(
                _typed(state, rules.PERCENT_FIELD, "%", prefix),
                _typed(state, rules.ADD_FIELD, "¥", prefix),
                _choice(state, rules.CHARM_FIELD, prefix),
                class_name="form-thirds",
            ),
        ),
        _choice(state, rules.POLICY_FIELD, prefix),
        _again(state) if again else rx.fragment(),
        class_name="stack tight",
    )


def _again(state: Any) -> rx.Component:
    def tick(f: Field) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                type="checkbox",
                name=f.name,
                value="true",
                checked=state.terms.get(f.name, "") != "",
                on_change=lambda on: state.weigh(f.name, rx.cond(on, "true", "")),
            ),
            rx.el.span(t(f.label)),
            class_name="check",
        )

    return rx.el.div(
        tick(rules.UPDATE_FIELD),
        rx.cond(state.terms.get("update", "") != "", tick(rules.WAKE_FIELD)),
        class_name="stack-s",
    )


def _field(state: Any, f: Field, control: rx.Component, prefix: str) -> rx.Component:
    return forms.field(
        t(f.label), control, name=prefix + f.name, error=state.errors.get(f.name, "")
    )


def _select(state: Any, f: Field, options: list[Any], prefix: str) -> rx.Component:
    return rx.el.div(
        rx.el.select(
            *options,
            name=f.name,
            id=f"f-{prefix}{f.name}",
            value=state.terms.get(f.name, ""),
            on_change=lambda value: state.weigh(f.name, value),
            class_name="input",
        ),
        class_name="select",
    )


def _choice(state: Any, f: Field, prefix: str) -> rx.Component:
    options = [forms.option(t(label), code) for code, label in f.words]
    return _field(state, f, _select(state, f, options, prefix), prefix)


def _store(state: Any, prefix: str) -> rx.Component:
    stores = rx.foreach(
        state.choices.get("stores", []).to(list[list[str]]),
        lambda pair: rx.el.option(pair[1], value=pair[0]),
    )
    return _field(state, rules.STORE_FIELD, _select(state, rules.STORE_FIELD, [stores], prefix),
                  prefix)  # fmt: skip


def _typed(state: Any, f: Field, sign: str, prefix: str) -> rx.Component:
    # Another store brings its own usual rule, and with it new inputs.
    control = rx.el.input(
        name=f.name,
        id=f"f-{prefix}{f.name}",
        key=f.name + state.terms.get("store", ""),
        default_value=state.terms.get(f.name, ""),
        on_change=lambda value: state.weigh(f.name, value).debounce(_WAIT_MS),
        input_mode="decimal",
        auto_complete="off",
        class_name="input",
    )
    kind = "percent" if sign == "%" else "money"
    inside = [rx.el.span(sign, aria_hidden="true"), control]
    return _field(state, f, rx.el.div(*inside, class_name=f"affix affix-{kind}"), prefix)


def priced_dialog(state: Any, *, title: str, button: str, with_store: bool) -> rx.Component:
    """Return the dialog that prices the selected rows by a rule, with its preview."""
    return dialog(
        rx.el.form(
            unsaved(f"{state.__name__}:{state.priced_action}"),
            rx.el.div(
                rule_inputs(state, with_store=with_store, again=with_store),
                _preview(state),
                class_name="priced",
            ),
            forms.form_buttons(t(button), cancel=state.dismiss),
            on_submit=state.submit,
            custom_attrs={"data-form": state.priced_action},
        ),
        is_open=state.asking == state.priced_action,
        on_close=state.dismiss,
        title=t(title),
        wide=True,
    )


def _preview(state: Any) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h3(t("Preview")),
            rx.el.span(
                t("%(count)s will be priced", count=state.fine),
                rx.cond(
                    state.refused > 0,
                    rx.el.span(
                        t(
                            _SKIPPED,
                            count=state.refused,
                        ),
                        class_name="badge badge-warn",
                    ),
                ),
                class_name="preview-count",
            ),
            class_name="row-between",
        ),
        rx.cond(
            state.fits > state.fine + state.refused,
            rx.el.p(
                t(
                    "These are the first %(count)s of %(total)s; the rule holds for all.",
                    count=state.fine + state.refused,
                    total=state.fits,
                ),
                class_name="help",
            ),
        ),
        rx.el.ul(rx.foreach(state.previews, _preview_row), class_name="preview-rows"),
        rx.el.p(
            t("Margin: of the SKU with the smallest one, after commission and payment fee."),
            title=t(rules.MARGIN_HELP),
            class_name="help",
        ),
        class_name="preview",
        aria_live="polite",
    )


def _preview_row(row: rx.Var[dict[str, str]]) -> rx.Component:
    money = rx.el.span(
        rx.el.span(
            rx.cond(row["was"] != "", rx.fragment(row["was"], " → ")),
            row["prices"],
            class_name="num",
        ),
        rx.cond(
            row["margin"] != "",
            rx.el.span(row["margin"], " · ", row["margin_rate"], class_name="soft num"),
        ),
        class_name="preview-money",
    )
    return rx.el.li(
        rx.el.span(
            row["title"],
            rx.cond(row["paused"] != "", rx.el.span(t("Paused"), class_name="badge badge-plain")),
            rx.cond(row["problem"] != "", rx.el.span(row["problem"], class_name="fault")),
            class_name="preview-title",
        ),
        money,
    )


def sku_prices(state: Any, *, offered: bool) -> rx.Component:
    """Return the table of a product's SKUs with a price to type and its division beside it."""
    heads = [t("SKU"), t("Supply price"), t("Suggested"), t("In stock"), t("Retail price"),
             t("Commission and fee"), t("My margin")]  # fmt: skip
    cells = [rx.el.th(head, scope="col", class_name="" if place == 0 else "right")
             for place, head in enumerate(heads)]  # fmt: skip
    if offered:
        cells.append(rx.el.th(t("Offered"), scope="col"))
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*cells)),
            rx.el.tbody(rx.foreach(state.skus, lambda sku: _sku_row(state, sku, offered))),
            class_name="table sku-prices",
        ),
        class_name="table-wrap",
    )


def _cell(label: str, *shown: Any, number: bool = True) -> rx.Component:
    return rx.el.td(
        rx.el.span(t(label), class_name="phone-label", aria_hidden="true"),
        *shown,
        class_name="right num" if number else "",
    )


def _sku_row(state: Any, sku: rx.Var[dict[str, str]], offered: bool) -> rx.Component:
    name = rx.cond(sku["spec_values"] != "", sku["spec_values"], sku["code"])
    margin = rx.el.span(
        rx.el.b(sku["margin"]),
        rx.el.small(sku["margin_rate"], title=t(rules.MARGIN_HELP)),
        class_name=rx.cond(sku["loss"] != "", "two-lines down", "two-lines"),
    )
    cells = [
        rx.el.td(
            rx.el.span(name, rx.el.small(sku["code"], class_name="faint"), class_name="two-lines"),
            class_name="c-title",
        ),
        _cell("Supply price", _supply(sku)),
        _cell("Suggested", _band(sku)),
        _cell("In stock", rx.cond(sku["available"] == "0", rx.el.span("0", class_name="down"),
                                  sku["available"])),
        _cell("Retail price", _price_input(state, sku, name)),
        _cell("Commission and fee", _fees(sku)),
        _cell("My margin", margin),
    ]  # fmt: skip
    if offered:
        cells.append(_cell("Offered", _offer(sku, name), number=False))
    return rx.el.tr(*cells, key=sku["id"], custom_attrs={"data-row": sku["id"]})


def _fees(sku: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.span(
        sku["commission"],
        rx.cond(sku["fee"] != "", rx.el.small("+ ", sku["fee"], class_name="faint")),
        class_name="two-lines",
    )


def _supply(sku: rx.Var[dict[str, str]]) -> rx.Component:
    was = sku.get("was_cents", "")
    return rx.el.span(
        sku["supply_cents"],
        rx.cond(was != "", rx.el.small(t("was %(price)s", price=was), class_name="warn-text")),
        class_name="two-lines",
    )


def _band(sku: rx.Var[dict[str, str]]) -> rx.Component:
    floor, cap = sku.get("floor_cents", ""), sku.get("cap_cents", "")
    kind = rx.cond(sku.get("band_kind", "") == "ENFORCED", t("enforced"), t("suggested"))
    return rx.el.span(
        sku["suggested_retail_cents"],
        rx.cond(
            (floor != "") | (cap != ""),
            rx.el.small(floor, " – ", cap, " ", kind, class_name="faint"),
        ),
        class_name="two-lines",
    )


def _price_input(state: Any, sku: rx.Var[dict[str, str]], name: Any) -> rx.Component:
    field = "price-" + sku["id"].to(str)
    fault = rx.cond(state.errors.get(field, "") != "", state.errors.get(field, ""), sku["problem"])
    return rx.el.span(
        rx.el.span(
            rx.el.span("¥", aria_hidden="true"),
            rx.el.input(
                name=field,
                key=sku["key"],
                default_value=sku["typed"],
                on_change=lambda value: state.price(sku["id"], value).debounce(_WAIT_MS),
                input_mode="decimal",
                auto_complete="off",
                aria_label=t("Retail price of %(sku)s", sku=name),
                class_name="input",
            ),
            class_name="affix affix-money price-input",
        ),
        rx.cond(fault != "", rx.el.small(fault, class_name="fault", role="alert")),
        class_name="two-lines",
    )


def _offer(sku: rx.Var[dict[str, str]], name: Any) -> rx.Component:
    return rx.el.input(
        type="checkbox",
        name="offer-" + sku["id"].to(str),
        key="offer-" + sku["key"].to(str),
        default_checked=sku["is_offered"] != "",
        role="switch",
        aria_label=t("Offer %(sku)s", sku=name),
        class_name="switch",
    )


__all__ = ["priced_dialog", "rule_inputs", "sku_prices", "word"]
