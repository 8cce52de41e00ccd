"""The table of a declared list: its header, its rows with their cells and buttons."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import reflex as rx

from components.actions import action_attributes, permitted
from components.ui import base
from components.ui.text import ENGLISH, t, word
from state.listing import ListState
from state.screens import Action
from state.shell import ShellState

State = type[ListState]
Cells = Mapping[str, Callable[[Any], Any]]
"""Column → what shows a row's cell, for columns that are more than a text."""


def table(state: State, cells: Cells | None = None) -> rx.Component:
    """Return the rows as a table; ``cells`` draws some columns its own way."""
    head: list[rx.Component] = []
    if bulk_actions(state):
        head.append(
            rx.el.th(
                rx.el.input(
                    type="checkbox",
                    checked=state.selected.length() == state.rows.length(),
                    on_change=state.pick_page,
                    aria_label=t("Select all rows of this page"),
                ),
                class_name="pick",
            )
        )
    head += [_header(state, c) for c in shown_columns(state)]
    if _row_actions(state):
        head.append(rx.el.th(rx.el.span(t("Actions"), class_name="sr-only")))
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*head)),
            rx.el.tbody(rx.foreach(state.rows, lambda row: _row(state, row, cells or {}))),
            class_name="table",
        ),
        class_name="table-wrap",
    )


def shown_columns(state: State) -> list[Any]:
    """Return the columns that can be shown; silent ones only feed others."""
    return [c for c in state.resource.columns if not c.silent]


def bulk_actions(state: State) -> list[Action]:
    """Return what can be done with several rows at once."""
    return [a for a in state.actions if a.on in ("rows", "bulk")]


def _row_actions(state: State) -> list[Action]:
    return [a for a in state.actions if a.on in ("row", "rows")]


_RIGHT = {"money", "range", "quantity", "rate"}


def _header(state: State, column: Any) -> rx.Component:
    label = t(column.label)
    if column.sort:
        label = rx.el.button(
            t(column.label),
            rx.cond(
                state.sort == column.key,
                base.icon("arrow-up", 13),
                rx.cond(state.sort == f"-{column.key}", base.icon("arrow-down", 13)),
            ),
            type="button",
            on_click=state.order_by(column.key),
            class_name="sort",
        )
    order = rx.match(
        state.sort, (column.key, "ascending"), (f"-{column.key}", "descending"), "none"
    )
    return rx.cond(
        state.columns.contains(column.key),
        rx.el.th(
            label,
            scope="col",
            class_name="right" if column.kind in _RIGHT else "",
            custom_attrs={"aria-sort": order} if column.sort else {},
            **({"title": t(column.help)} if column.help else {}),
        ),
        rx.fragment(),
    )


def _row(state: State, row: rx.Var[dict[str, str]], own: Cells) -> rx.Component:
    cells: list[rx.Component] = []
    if bulk_actions(state):
        cells.append(
            rx.el.td(
                rx.el.input(
                    type="checkbox",
                    checked=state.selected.contains(row["id"]),
                    on_change=state.pick(row["id"]),
                    aria_label=t("Select this row"),
                ),
                class_name="pick",
            )
        )
    cells += [_cell(state, c, row, own) for c in shown_columns(state)]
    if _row_actions(state):
        cells.append(
            rx.el.td(
                rx.cond(
                    state.marks.contains(row["id"]),
                    _mark(state, row),
                    rx.el.div(
                        *(_row_button(state, a, row) for a in _row_actions(state)),
                        class_name="row-actions",
                    ),
                ),
                class_name="last",
            )
        )
    return rx.el.tr(*cells, custom_attrs={"data-row": row["id"]}, key=row["id"])


def _mark(state: State, row: rx.Var[dict[str, str]]) -> rx.Component:
    """Return what was done with a row since the list was read, and what takes it back."""
    undo = rx.el.button(
        base.icon("undo-2", 14),
        t("Undo"),
        type="button",
        on_click=state.ask(state.undos[row["id"]], row["id"]),
        class_name="btn btn-row",
        custom_attrs={"data-undo": row["id"], **base.ONCE},
    )
    return rx.el.div(
        rx.el.span(base.icon("check", 13), state.marks[row["id"]], class_name="badge badge-good"),
        rx.cond(state.undos.contains(row["id"]), undo),
        class_name="row-actions",
        custom_attrs={"data-mark": row["id"]},
    )


def _cell(state: State, column: Any, row: rx.Var[dict[str, str]], own: Cells) -> rx.Component:
    value = row[column.key]
    shown: Any = value
    if column.kind == "status" and column.words:
        shown = base.badge(value, column.words)
    elif column.key in own:
        shown = own[column.key](row)
    elif column.words:
        shown = word(value, column.words)
    elif column.kind in ("names", "titles"):
        shown = rx.cond(ENGLISH, row[f"{column.key}_en"], value)
    elif column.kind == "picture":
        shown = base.picture(value)
    if column.link:
        shown = rx.link(shown, href=_address(column.link, row), class_name="cell-link")
    number = column.kind in _RIGHT
    kind = "title" if column.kind == "titles" else column.kind
    class_name = f"c-{kind}" + (" right num" if number else "")
    if not column.on_phone:
        class_name += " not-on-phone"
    return rx.cond(
        state.columns.contains(column.key),
        rx.el.td(
            rx.el.span(t(column.label), class_name="phone-label", aria_hidden="true"),
            shown,
            # On a phone, where every cell is a line of its own, empty ones are left out.
            class_name=rx.cond(value == "", class_name + " nothing", class_name),
        ),
        rx.fragment(),
    )


def _address(pattern: str, row: rx.Var[dict[str, str]]) -> Any:
    """Return the address below the workspace that a link such as ``orders/{number}`` names."""
    address: Any = ShellState.path + "/"
    for place, part in enumerate(re.split(r"\{(\w+)\}", pattern)):
        address = address + (row[part].to(str) if place % 2 else part)
    return address


def _row_button(state: State, action: Action, row: rx.Var[dict[str, str]]) -> rx.Component:
    props: dict[str, Any] = {
        "on_click": state.ask(action.name, row["id"]),
        "custom_attrs": action_attributes(action, row["id"]),
    }
    if action.only_icon:
        shown = base.icon_button(action.icon, t(action.label), **props)
    else:
        kind = "btn btn-row btn-row-danger" if action.danger else "btn btn-row"
        shown = rx.el.button(t(action.label), type="button", class_name=kind, **props)
    if action.when is not None:
        key, codes = action.when
        fits = row[key] == codes[0]
        for code in codes[1:]:
            fits = fits | (row[key] == code)
        shown = rx.cond(fits, shown, rx.fragment())
    return permitted(action, shown)
