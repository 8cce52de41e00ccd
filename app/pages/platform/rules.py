"""Split rules in the operator's order, and the question which one applies."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.choice import record_choice
from components.lists import list_page
from components.record import here
from components.ui import base, forms
from components.ui.text import t, word
from state.platform.rules import RulesState, RuleTesterState

ROUTE = "/platform/[merchant]/rules"
TITLE = N_("Split rules")
LOAD = RulesState.load

REASONS = (
    ("inactive", N_("switched off")),
    ("category_id", N_("another category")),
    ("supplier_id", N_("another supplier")),
    ("distributor_id", N_("another distributor")),
    ("product_id", N_("another product")),
    ("store_id", N_("another store")),
    ("not_yet_effective", N_("not yet in force")),
)
_CHOSEN = (
    ("category", N_("Category")),
    ("supplier", N_("Supplier")),
    ("distributor", N_("Distributor")),
    ("store", N_("Store")),
)

answer = RuleTesterState.answer


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        RulesState,
        hint=t("Checked from top to bottom for each order line; the first match applies."),
        extra=_tester(),
    )


def _tester() -> rx.Component:
    fields = [
        forms.field(
            t(label),
            record_choice(
                RuleTesterState,
                name,
                value=RuleTesterState.asked_for.get(name, ""),
                label=t(label),
                pick=lambda value, name=name: RuleTesterState.ask_for(name, value),
                empty="—",
                name=name,
            ),
            name=name,
        )
        for name, label in _CHOSEN
    ]
    product = forms.field(
        t("Product"),
        forms.text_input("product", placeholder=t("Title or SKU code")),
        name="product",
        error=RuleTesterState.fault,
    )
    return rx.el.details(
        rx.el.summary(base.icon("flask-conical"), rx.el.b(t("Which rule applies?"))),
        rx.el.form(
            rx.el.div(*fields, product, class_name="ask"),
            base.button(t("Check rules"), type="submit", kind="primary"),
            on_submit=RuleTesterState.try_rules,
            class_name="stack-s",
            custom_attrs={"data-form": "tester"},
        ),
        rx.cond(answer.asked, _answer()),
        class_name="fold card flush tester",
    )


def _answer() -> rx.Component:
    applied = rx.el.p(
        rx.el.b(rx.link(answer.rule, href=here("rules/", answer.rule_id), class_name="cell-link")),
        " · v",
        answer.version,
        " · ",
        rx.el.b(answer.rate, class_name="num"),
    )
    return rx.el.div(
        rx.cond(
            answer.product != "",
            rx.el.p(t("For the product %(title)s:", title=answer.product), class_name="soft"),
        ),
        rx.foreach(RuleTesterState.passed, _passed),
        rx.cond(
            answer.rule != "",
            rx.el.div(base.icon("check"), applied, class_name="verdict good"),
            rx.el.div(
                base.icon("minus"),
                rx.el.p(t("No rule matches, so nothing is charged.")),
                class_name="verdict",
            ),
        ),
        class_name="answer",
        role="status",
    )


def _passed(rule: Any) -> rx.Component:
    return rx.el.div(
        base.icon("x"),
        rx.el.p(rule["name"], rx.el.span(" – ", word(rule["reason"], REASONS), class_name="soft")),
        class_name="verdict",
    )
