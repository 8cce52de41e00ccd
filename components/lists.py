"""The page of a declared list: toolbar, table, bulk bar, pages, dialogs, all from declarations."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.actions import action_dialog, permitted
from components.bulk import bulk_dialogs, will_change
from components.choice import record_choice
from components.list_table import Cells, State, bulk_actions, shown_columns, table
from components.ui import base, forms
from components.ui.links import file_link
from components.ui.text import ENGLISH, t
from components.unsaved import edits, merge_dialog
from state.screens import Action
from state.shell import ShellState


def list_page(
    state: State,
    *,
    hint: Any = None,
    extra: rx.Component | None = None,
    head_actions: tuple[rx.Component, ...] = (),
    empty_hint: str = "",
    cells: Cells | None = None,
    body: rx.Component | None = None,
    tools: tuple[rx.Component, ...] = (),
    dialogs: Mapping[str, rx.Component] | None = None,
    level: int = 1,
) -> rx.Component:
    """Return the whole of a list's page; ``level`` 2 where it is a part of a page.

    ``body`` shows the rows otherwise than as the table, ``tools`` stand at the toolbar's end, and
    ``dialogs`` names actions that bring a dialog of their own.
    """
    own = dialogs or {}
    new = [a for a in state.actions if a.on == "list"]
    makers = [permitted(a, _maker(state, a)) for a in new]
    return rx.el.div(
        base.page_head(t(state.resource.title), *head_actions, *makers, hint=hint, level=level),
        extra or rx.fragment(),
        rx.el.section(
            _toolbar(state, tools),
            _chips(state),
            _bulk_bar(state),
            rx.cond(
                state.loaded,
                rx.cond(state.total > 0, body or table(state, cells), _nothing(state, empty_hint)),
                rx.el.div(base.skeleton(8), class_name="pad"),
            ),
            _sums(state),
            _pager(state),
            class_name="card list",
            custom_attrs={"data-console-list": state.resource.name},
        ),
        *(
            own.get(a.name)
            or action_dialog(state, a, note=will_change(state) if a.takes_many else None)
            for a in state.actions
            if a.asks or a.takes_many
        ),
        merge_dialog(state) if edits(state.actions) else rx.fragment(),
        bulk_dialogs(state) if bulk_actions(state) else rx.fragment(),
        class_name="stack",
    )


def _maker(state: State, action: Action) -> rx.Component:
    return base.button(
        t(action.label),
        kind="primary",
        icon_name=action.icon,
        on_click=state.ask(action.name, ""),
        custom_attrs={"data-action": action.name},
    )


# Toolbar ---------------------------------------------------------------------------------------


def _toolbar(state: State, tools: tuple[rx.Component, ...]) -> rx.Component:
    return rx.el.div(
        _search(state) if state.resource.search else rx.fragment(),
        *_folding(state),
        rx.cond(
            state.narrowed,
            base.button(t("Clear"), kind="quiet", icon_name="x", on_click=state.clear),
        ),
        rx.el.div(*tools, _views(state), _columns(state), _export(state), class_name="toolbar-end"),
        class_name="toolbar",
        role="search",
    )


_PARTS = ("product", "category", "supplier")
"""Filters that are met by a part of a row, whose amounts are of the whole."""


def _chips(state: State) -> rx.Component:
    """Return what another page's link narrowed the list to; each can be taken away."""

    def chip(f: Any) -> rx.Component:
        named = state.named.get(f.key, ["", ""]).to(list[str])
        return rx.cond(
            state.chosen.get(f.key, "") != "",
            rx.el.button(
                rx.el.span(t(f.label), ": ", rx.cond(ENGLISH, named[1], named[0])),
                base.icon("x", 13),
                type="button",
                on_click=state.narrow(f.key, ""),
                aria_label=t("Take this filter away: %(name)s", name=t(f.label)),
                class_name="list-chip",
                custom_attrs={"data-chip": f.key},
            ),
        )

    links = [f for f in state.resource.filters if f.kind == "link"]
    if not links:
        return rx.fragment()
    some = state.chosen.get(links[0].key, "") != ""
    for f in links[1:]:
        some = some | (state.chosen.get(f.key, "") != "")
    return rx.cond(some, rx.el.div(*(chip(f) for f in links), class_name="list-chips"))


def _sums(state: State) -> rx.Component:
    """Return what the amounts of all rows that match come to."""
    columns = [c for c in state.resource.columns if c.total]
    if not columns:
        return rx.fragment()
    parts = [f for f in state.resource.filters if f.kind == "link" and f.key in _PARTS]
    whole = rx.fragment()
    if parts:
        some = state.chosen.get(parts[0].key, "") != ""
        for f in parts[1:]:
            some = some | (state.chosen.get(f.key, "") != "")
        whole = rx.cond(
            some,
            rx.el.p(
                t("Amounts are of whole orders, including other products in them."),
                class_name="help",
            ),
        )
    return rx.cond(
        state.sums.length() > 0,
        rx.el.div(
            rx.el.b(t("All rows that match")),
            *(
                rx.cond(
                    state.sums.contains(c.key),
                    rx.el.span(t(c.label), " ", rx.el.b(state.sums[c.key], class_name="num"),
                               custom_attrs={"data-sum": c.key}),
                )
                for c in columns
            ),
            whole,
            class_name="list-sums",
        ),
    )  # fmt: skip


def _search(state: State) -> rx.Component:
    return rx.el.form(
        base.icon("search"),
        rx.el.input(
            name="q",
            type="search",
            key=state.q,
            default_value=state.q,
            placeholder=t(state.resource.search_hint or N_("Search")),
            aria_label=t("Search"),
            class_name="input search-input",
            auto_complete="off",
            on_blur=state.search,
        ),
        on_submit=lambda data: state.search(data.to(dict[str, str])["q"]),
        class_name="search",
    )


def _folding(state: State) -> list[rx.Component]:
    """Return the filters; on a phone they fold behind a button that says how many are chosen."""
    filters = [f for f in state.resource.filters if f.kind != "link"]
    if not filters:
        return []
    group = f"filters-{state.resource.name}"
    unfold = rx.el.button(
        base.icon("sliders-horizontal"),
        rx.el.span(t("Filters")),
        rx.cond(state.filtered > 0, rx.el.span(state.filtered, class_name="filter-count num")),
        type="button",
        on_click=state.fold_filters,
        aria_expanded=state.filters_open,
        aria_controls=group,
        class_name="btn btn-plain unfold",
    )
    folded = rx.cond(state.filters_open, "filters open", "filters")
    return [unfold, rx.el.div(*(_filter(state, f) for f in filters), id=group, class_name=folded)]


def _filter(state: State, f: Any) -> rx.Component:
    if f.kind == "dates":
        return rx.el.div(
            rx.el.span(t(f.label), class_name="soft"),
            *(
                rx.el.input(
                    type="date",
                    value=state.chosen.get(f"{f.key}_{end}", ""),
                    on_change=lambda value, end=end: state.narrow(f"{f.key}_{end}", value),
                    aria_label=t(f.label),
                    class_name="input date",
                )
                for end in ("from", "to")
            ),
            class_name="filter dates",
        )
    if f.options_sql:
        return rx.el.div(
            record_choice(
                state,
                f.key,
                value=state.chosen.get(f.key, ""),
                label=t(f.label),
                pick=lambda value: state.narrow(f.key, value),
                empty=t(f.label),
            ),
            class_name="filter",
            custom_attrs={"data-filter": f.key},
        )
    fixed = [forms.option(t(label), value) for value, label in f.choices]
    return rx.el.div(
        rx.el.select(
            rx.el.option(t(f.label), value="*"),
            *fixed,
            value=state.chosen.get(f.key, "*"),
            on_change=lambda value: state.narrow(f.key, value),
            aria_label=t(f.label),
            class_name="input",
        ),
        class_name="select filter",
        custom_attrs={"data-filter": f.key},
    )


def _menu_button(name: str, label: Any) -> rx.Component:
    return rx.popover.trigger(base.icon_button(name, label))


def _columns(state: State) -> rx.Component:
    return rx.popover.root(
        _menu_button("columns-3", t("Columns")),
        rx.popover.content(
            rx.el.fieldset(
                rx.el.legend(t("Columns")),
                *(
                    rx.el.label(
                        rx.el.input(
                            type="checkbox",
                            checked=state.columns.contains(c.key),
                            on_change=state.show_column(c.key),
                        ),
                        rx.el.span(t(c.label)),
                        class_name="check",
                    )
                    for c in shown_columns(state)
                ),
                class_name="menu",
            ),
            class_name="popover",
        ),
    )


def _views(state: State) -> rx.Component:
    return rx.popover.root(
        _menu_button("bookmark", t("Saved views")),
        rx.popover.content(
            rx.el.div(
                rx.el.h3(t("Saved views")),
                rx.foreach(
                    state.views,
                    lambda view: rx.el.div(
                        rx.link(view["name"], href=rx.State.router.url.path + "?" + view["query"]),
                        base.icon_button(
                            "trash-2", t("Delete"), on_click=state.drop_view(view["id"])
                        ),
                        class_name="row-between",
                    ),
                ),
                rx.el.form(
                    rx.el.input(
                        name="name",
                        placeholder=t("Name of this view"),
                        aria_label=t("Name of this view"),
                        class_name="input",
                    ),
                    base.button(t("Save"), type="submit"),
                    on_submit=state.save_view,
                    reset_on_submit=True,
                    class_name="inline-form",
                ),
                class_name="menu",
            ),
            class_name="popover",
        ),
    )


def _export(state: State) -> rx.Component:
    def link(fmt: str, label: str) -> rx.Component:
        address = (
            "/download"
            + ShellState.path
            + f"/{state.resource.name}.{fmt}?columns="
            + state.columns.join(",")
            + "&"
            + state.export_query
        )
        return file_link(base.icon("download"), label, href=address, class_name="menu-item")

    return rx.popover.root(
        _menu_button("download", t("Export")),
        rx.popover.content(
            rx.el.div(
                rx.el.h3(t("Export")),
                link("xlsx", "Excel (.xlsx)"),
                link("csv", "CSV (.csv)"),
                class_name="menu",
            ),
            class_name="popover",
        ),
    )


# Below the toolbar ----------------------------------------------------------------------------


def _nothing(state: State, hint: str) -> rx.Component:
    return rx.cond(
        state.narrowed,
        base.empty(
            t("Nothing matches"),
            t("Try other words, or clear the filters."),
            base.button(t("Clear"), on_click=state.clear),
            name="search-x",
        ),
        base.empty(t("Nothing here yet"), t(hint) if hint else None),
    )


def _bulk_bar(state: State) -> rx.Component:
    actions = bulk_actions(state)
    if not actions:
        return rx.fragment()
    buttons = [
        permitted(
            a,
            base.button(
                t(a.label),
                kind="danger" if a.danger else "plain",
                icon_name=a.icon,
                on_click=state.ask(a.name, ""),
                once=True,
                custom_attrs={"data-bulk": a.name},
            ),
        )
        for a in actions
    ]
    count = rx.cond(state.whole, state.total, state.selected.length())
    every = rx.cond(
        ~state.whole
        & (state.selected.length() == state.rows.length())
        & (state.total > state.rows.length()),
        base.button(
            t("Select all %(count)s that match", count=state.total),
            kind="quiet",
            on_click=state.pick_whole,
        ),
    )
    return rx.cond(
        state.selected.length() > 0,
        rx.el.div(
            rx.el.strong(t("%(count)s selected", count=count)),
            every,
            rx.el.div(*buttons, class_name="actions"),
            class_name="bulk-bar",
            role="region",
            aria_label=t("Selected rows"),
        ),
    )


def _pager(state: State) -> rx.Component:
    return rx.cond(
        state.total > 0,
        rx.el.nav(
            rx.el.span(
                t(
                    "%(first)s–%(last)s of %(total)s",
                    first=state.first,
                    last=state.last,
                    total=rx.cond(state.total >= 10_000, "10,000+", state.total.to_string()),
                ),
                class_name="soft num",
            ),
            rx.el.div(
                base.icon_button(
                    "chevron-left",
                    t("Previous page"),
                    disabled=state.page <= 1,
                    on_click=state.turn_by(-1),
                ),
                rx.el.span(state.page, " / ", state.pages, class_name="num"),
                base.icon_button(
                    "chevron-right",
                    t("Next page"),
                    disabled=state.page >= state.pages,
                    on_click=state.turn_by(1),
                ),
                class_name="pager-buttons",
            ),
            class_name="pager",
            aria_label=t("Pagination"),
        ),
    )
