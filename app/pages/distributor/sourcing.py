"""The product pool, where a distributor chooses what to sell (选品)."""

import reflex as rx

from app.kit.i18n import N_
from components.checklist import checklist
from components.distributor.pricing import priced_dialog
from components.list_table import table
from components.lists import list_page
from components.ui import base
from components.ui.text import ENGLISH, t
from state.distributor.sourcing import SourcingState
from state.shell import ShellState

ROUTE = "/distributor/[merchant]/sourcing"
TITLE = N_("Product pool")
LOAD = SourcingState.load

_State = SourcingState


def page() -> rx.Component:
    """Return the page."""
    return list_page(
        _State,
        hint=t("Everything that suppliers offer. What you list follows them: stock, texts, costs."),
        extra=rx.el.div(
            checklist("distributor", _State.asking + _State.marks.to_string()), class_name="bare"
        ),
        tools=(_switch(),),
        body=rx.cond(_State.as_table, table(_State), _cards()),
        dialogs={
            "list": priced_dialog(
                _State, title=N_("List in my store"), button=N_("List"), with_store=True
            )
        },
        empty_hint=N_("Suppliers have pushed nothing to the pool yet."),
    )


def _switch() -> rx.Component:
    def choice(name: str, label: rx.Var[str], table_wanted: bool) -> rx.Component:
        return base.icon_button(
            name,
            label,
            on_click=_State.show_as(table_wanted),
            aria_pressed=_State.as_table == table_wanted,
            class_name="seg",
        )

    return rx.el.div(
        choice("layout-grid", t("As cards"), False),
        choice("rows-3", t("As a table"), True),
        class_name="view-switch",
        role="group",
    )


def _cards() -> rx.Component:
    everything = rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=_State.selected.length() == _State.rows.length(),
            on_change=_State.pick_page,
        ),
        rx.el.span(t("Select this page")),
        class_name="check cards-all",
    )
    return rx.el.div(
        everything, rx.el.ul(rx.foreach(_State.rows, _card), class_name="cards"), class_name="bare"
    )


def _card(row: rx.Var[dict[str, str]]) -> rx.Component:
    href = ShellState.path + "/sourcing/" + row["id"].to(str)
    picture = rx.cond(
        row["picture"] != "", "/media/" + row["picture"].to(str) + "/480.webp", "/no-picture.svg"
    )
    return rx.el.li(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=_State.selected.contains(row["id"]),
                on_change=_State.pick(row["id"]),
                aria_label=t("Select %(title)s", title=_title(row)),
            ),
            class_name="card-pick",
        ),
        rx.link(
            rx.el.img(src=picture, alt="", loading="lazy", width="480", height="480"),
            href=href,
            tab_index=-1,
            custom_attrs={"aria-hidden": "true"},
            class_name="card-picture",
        ),
        rx.el.div(
            rx.link(_title(row), href=href, class_name="cell-link card-title"),
            rx.el.p(row["supplier"], class_name="faint"),
            _prices(row),
            _foot(row),
            class_name="card-body",
        ),
        class_name=rx.cond(_State.selected.contains(row["id"]), "good-card picked", "good-card"),
        custom_attrs={"data-row": row["id"]},
        key=row["id"],
    )


def _title(row: rx.Var[dict[str, str]]) -> rx.Var[str]:
    return rx.cond(ENGLISH, row["title_en"], row["title"])  # type: ignore[return-value]


def _prices(row: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.dl(
        rx.el.div(rx.el.dt(t("Supply from")), rx.el.dd(row["supply"], class_name="num")),
        rx.el.div(rx.el.dt(t("Suggested")), rx.el.dd(row["suggested"], class_name="num")),
        rx.el.div(rx.el.dt(t("Margin rate")), rx.el.dd(row["margin"], class_name="num up")),
        class_name="card-prices",
    )


def _foot(row: rx.Var[dict[str, str]]) -> rx.Component:
    stock = rx.cond(
        row["stock"] == "0",
        rx.el.span(t("Sold out"), class_name="badge badge-bad"),
        rx.el.span(t("%(count)s in stock", count=row["stock"]), class_name="faint num"),
    )
    take = base.button(
        t("List"),
        icon_name="plus",
        on_click=_State.ask("quick", row["id"]),
        custom_attrs={"data-action": "quick"},
        aria_label=t("List %(title)s with the store's usual price", title=_title(row)),
    )
    may = ShellState.may.contains("distributor:listings:write")
    done = rx.el.span(base.icon("check", 13), t("Listed"), class_name="badge badge-good")
    return rx.el.div(
        stock,
        rx.cond(row["listed"] == "YES", done, rx.cond(may, take)),
        class_name="row-between",
    )
