"""One customer and what they bought."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.record import record_page
from components.ui import base
from components.ui.text import t
from state.distributor.customers import ORDER_STATUS, CustomerState
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/customers/[customer]"
TITLE = N_("Customer")
LOAD = CustomerState.load

_State = CustomerState


def page() -> rx.Component:
    """Return the page."""
    return record_page(_State, _content(), back=ShellState.path + "/customers")


def _content() -> rx.Component:
    facts = _State.facts
    return rx.el.div(
        base.page_head(
            facts["name"],
            hint=rx.el.span(facts["store"], " · ", facts["phone"], class_name="num"),
            back=ShellState.path + "/customers",
        ),
        rx.el.div(
            _figure(t("Paid orders"), facts["orders"]),
            _figure(t("Spent"), base.amounts(_State.spent)),
            _figure(t("Average order"), base.amounts(_State.average)),
            _figure(t("Last order"), rx.cond(facts["last_at"] != "", facts["last_at"], "—")),
            class_name="kpis",
        ),
        base.card(_orders(), title=t("Orders"), class_name="flush"),
        class_name="stack",
    )


def _figure(label: rx.Var[str], value: Any) -> rx.Component:
    return rx.el.div(
        rx.el.span(label, class_name="kpi-label"),
        rx.el.span(value, class_name="kpi-value"),
        class_name="kpi",
    )


def _orders() -> rx.Component:
    heads = (t("Number"), t("Goods"), t("Status"), t("Total"), t("Ordered"))
    table = rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*(rx.el.th(head, scope="col") for head in heads))),
            rx.el.tbody(rx.foreach(_State.orders, _row)),
            class_name="table",
        ),
        class_name="table-wrap",
    )
    return rx.cond(
        _State.orders.length() > 0,
        table,
        base.empty(t("No orders yet"), name="shopping-bag"),
    )


def _row(row: rx.Var[dict[str, str]]) -> rx.Component:
    href = ShellState.path + "/orders/" + row["number"].to(str)
    return rx.el.tr(
        rx.el.td(rx.link(row["number"], href=href, class_name="cell-link"), class_name="c-title"),
        rx.el.td(row["goods"]),
        rx.el.td(base.badge(row["status"], ORDER_STATUS)),
        rx.el.td(row["total_cents"], class_name="num"),
        rx.el.td(row["placed_at"], class_name="c-moment"),
    )
