"""One split rule with its versions."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from app.words import FEE_BEARER, SPLIT_BASE, SWITCHED
from components.actions import action_button
from components.house.audit import history_link
from components.record import here, record_page
from components.ui import base
from components.ui.tables import Cell, small_table
from components.ui.text import ENGLISH, t, word
from state.platform.rules import RuleState

ROUTE = "/platform/[merchant]/rules/[rule]"
TITLE = N_("Split rule")
LOAD = RuleState.load

rule = RuleState.rule

STANDING = (
    ("NOW", N_("In force")),
    ("LATER", N_("Later")),
    ("BEFORE", N_("Replaced")),
)


def page() -> rx.Component:
    """Return the page."""
    return record_page(
        RuleState,
        base.page_head(
            rx.el.span(rule.name, " ", base.badge(rule.status, SWITCHED), class_name="titled"),
            history_link("platform", rule.id),
            action_button(RuleState, "off", rule.id, kind="plain", fits=rule.status == "ON"),
            action_button(RuleState, "on", rule.id, fits=rule.status == "OFF"),
            action_button(RuleState, "edit", rule.id, kind="primary"),
            hint=t("Orders keep the version that was in force when they were placed."),
            back=here("rules"),
        ),
        base.card(_conditions(), title=t("Applies to")),
        base.card(_versions(), title=t("Versions"), class_name="flush"),
        back=here("rules"),
    )


def _conditions() -> rx.Component:
    def condition(value: Any) -> Any:
        return rx.cond(value != "", value, rx.el.span(t("all"), class_name="soft"))

    return base.facts(
        (t("Category"), condition(rx.cond(ENGLISH, rule.category_en, rule.category_zh))),
        (t("Supplier"), condition(rule.supplier)),
        (t("Distributor"), condition(rule.distributor)),
        (t("Store"), condition(rule.store)),
        (t("Product"), condition(rule.product)),
    )


def _versions() -> rx.Component:
    return small_table(
        [
            Cell(t("Version"), lambda v: rx.el.b("v", v.version), "c-title num"),
            Cell(t("State"), lambda v: base.badge(v.standing, STANDING)),
            Cell(t("Effective from"), lambda v: v.effective_at, "c-moment"),
            Cell(t("Commission"), _terms),
            Cell(t("Payment fee"), lambda v: rx.el.span(v.fee_rate, " · ",
                                                        word(v.fee_bearer, FEE_BEARER))),
            Cell(t("On refunds"), lambda v: rx.cond(v.keeps_commission, t("commission is kept"),
                                                    t("commission is returned"))),
            Cell(t("By"), lambda v: rx.cond(v.by != "", v.by, "–")),
        ],
        rule.versions,
    )  # fmt: skip


def _terms(version: Any) -> rx.Component:
    def extra(value: Any, message: str) -> rx.Component:
        return rx.cond(value != "", rx.el.span(" · ", t(message, amount=value)))

    return rx.el.span(
        rx.el.b(version.rate, class_name="num"),
        " · ",
        word(version.base, SPLIT_BASE),
        rx.cond(version.after_discount, "", rx.el.span(" · ", t("before discounts"))),
        extra(version.fixed, N_("plus %(amount)s")),
        extra(version.least, N_("at least %(amount)s")),
        extra(version.most, N_("at most %(amount)s")),
    )
