"""What stands above a dashboard's figures: days, comparison, filters, saved views, files."""

from typing import Any

import reflex as rx

from app.kit.i18n import N_
from components.ui import base, forms
from components.ui.links import file_link
from components.ui.text import t, word
from state.boards import COMPARISONS, CUSTOM, PRESETS
from state.dashboards import PAGE, DashboardState
from state.house.roles import BUILT_IN
from state.shell import ShellState
from state.viewing import ViewState

State = type[DashboardState]
Viewed = type[ViewState]


def toolbar(state: State) -> rx.Component:
    """Return the line of controls and the chips of the filters below it."""
    return rx.el.div(
        rx.el.div(
            *controls(state),
            rx.el.div(
                currency(state), _views(state), _mail(state), _files(state), class_name="board-end"
            ),
            class_name="board-tools",
        ),
        rx.cond(state.chips.length() > 0, chips(state)),
        class_name="board-head",
    )


def controls(state: Viewed) -> tuple[rx.Component, ...]:
    """Return what chooses days, comparison and filters of a view."""
    return _days(state), _comparison(state), _filters(state)


def _mail(state: State) -> rx.Component:
    scope = state.permission.split(":", maxsplit=1)[0]
    return rx.cond(
        ShellState.may.contains(f"{scope}:analytics:write"),
        rx.link(
            base.icon("mail-plus", 18),
            href=ShellState.path + "/reports?new=dashboard&" + state.query,
            class_name="icon-btn",
            aria_label=t("Mail it regularly"),
            title=t("Mail it regularly"),
            custom_attrs={"data-tool": "mail"},
        ),
    )


def _button(icon: str, label: Any, name: str, **props: Any) -> rx.Component:
    return rx.popover.trigger(
        rx.el.button(
            base.icon(icon, 15),
            rx.el.span(label),
            base.icon("chevron-down", 14),
            type="button",
            class_name="btn btn-plain",
            custom_attrs={"data-tool": name},
            **props,
        )
    )


def _item(label: Any, here: Any, on_click: Any, **attrs: str) -> rx.Component:
    return rx.popover.close(
        rx.el.button(
            rx.cond(here, base.icon("check", 15), rx.el.span(class_name="no-icon")),
            rx.el.span(label),
            type="button",
            on_click=on_click,
            class_name="menu-item",
            custom_attrs={"aria-pressed": rx.cond(here, "true", "false"), **attrs},
        )
    )


def _days(state: Viewed) -> rx.Component:
    def day(name: str, value: Any, label: str) -> rx.Component:
        return rx.el.label(
            rx.el.span(t(label)),
            rx.el.input(
                type="date", name=name, default_value=value, key=value, required=True,
                class_name="input",
            ),
            class_name="field",
        )  # fmt: skip

    return rx.popover.root(
        _button("calendar-days", word(state.preset, (*PRESETS, CUSTOM)), "days"),
        rx.popover.content(
            rx.el.div(
                *(
                    _item(t(label), state.preset == key, state.choose(key), **{"data-preset": key})
                    for key, label in PRESETS
                ),
                class_name="menu menu-columns",
            ),
            rx.el.form(
                day("from", state.first, N_("From")),
                day("to", state.last, N_("To")),
                rx.popover.close(base.button(t("Show"), kind="primary", type="submit")),
                on_submit=state.choose_days,
                class_name="days-form",
            ),
            class_name="popover",
            aria_label=t("Period"),
        ),
    )


def _comparison(state: Viewed) -> rx.Component:
    return rx.popover.root(
        _button("git-compare-arrows", word(state.comparison, COMPARISONS), "comparison"),
        rx.popover.content(
            rx.el.div(
                *(
                    _item(t(label), state.comparison == key, state.compare(key),
                          **{"data-compare": key})
                    for key, label in COMPARISONS
                ),
                class_name="menu",
            ),
            class_name="popover",
            aria_label=t("Comparison"),
        ),
    )  # fmt: skip


def _filters(state: Viewed) -> rx.Component:
    def dimension(f: Any) -> rx.Component:
        return rx.el.label(
            rx.el.span(f.name),
            rx.el.div(
                rx.el.select(
                    rx.el.option(t("All"), value=""),
                    rx.foreach(f.options, lambda o: rx.el.option(o[1], value=o[0])),
                    value=f.chosen,
                    on_change=lambda value: state.narrow(f.dimension, value),
                    class_name="input",
                    custom_attrs={"data-filter": f.dimension},
                ),
                class_name="select",
            ),
            class_name="field",
        )

    return rx.popover.root(
        _button("list-filter", t("Filter"), "filter"),
        rx.popover.content(
            rx.el.div(
                rx.cond(
                    state.filters.length() > 0,
                    rx.foreach(state.filters, dimension),
                    rx.el.p(t("There is nothing to filter by in these days."), class_name="soft"),
                ),
                class_name="filter-form",
            ),
            class_name="popover",
            aria_label=t("Filter"),
        ),
        # On the root, since a trigger with a handler of its own is wrapped into a second button.
        on_open_change=state.open_filters,
    )


def chips(state: Viewed) -> rx.Component:
    """Return the filters of a view, each with what takes it away."""
    return rx.el.div(
        rx.foreach(
            state.chips,
            lambda chip: rx.el.span(
                rx.el.span(chip.name, class_name="soft"),
                rx.el.b(chip.value),
                rx.el.button(
                    base.icon("x", 14),
                    type="button",
                    aria_label=t("Remove filter: %(name)s", name=chip.name),
                    on_click=state.narrow(chip.dimension, ""),
                    custom_attrs={"data-chart-chip": chip.dimension},
                ),
                class_name="narrowing",
            ),
        ),
        base.button(t("Clear all"), kind="quiet", on_click=state.clear),
        class_name="narrowed",
        role="group",
        aria_label=t("Filters"),
    )


def currency(state: Viewed) -> rx.Component:
    """Return the choice of currency, where there is one."""
    return rx.cond(
        state.currencies.length() > 1,
        rx.el.div(
            rx.el.select(
                rx.foreach(state.currencies, lambda one: rx.el.option(one, value=one)),
                value=state.currency,
                on_change=state.pay_in,
                aria_label=t("Currency"),
                class_name="input",
            ),
            class_name="select currency",
        ),
    )


# Saved views -------------------------------------------------------------------------------------


def _views(state: State) -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            base.icon_button("bookmark", t("Saved views"), custom_attrs={"data-tool": "views"})
        ),
        rx.popover.content(
            rx.el.div(
                rx.el.h3(t("Saved views")),
                rx.foreach(state.views, lambda view: _view(state, view)),
                rx.cond(
                    state.views.length() == 0,
                    rx.el.p(
                        t("Save periods and filters that you use often."), class_name="soft pad-s"
                    ),
                ),
                class_name="menu",
            ),
            _save_form(state),
            class_name="popover",
            align="end",
            aria_label=t("Saved views"),
        ),
        on_open_change=state.open_views,
    )


def _view(state: State, view: Any) -> rx.Component:
    return rx.el.div(
        rx.popover.close(
            rx.link(
                rx.el.span(view["name"], class_name="view-name"),
                rx.cond(
                    view["default"] != "",
                    rx.el.span(t("Default"), class_name="badge badge-info"),
                ),
                rx.cond(
                    view["role"] != "",
                    rx.el.span(word(view["role"], BUILT_IN), class_name="badge"),
                ),
                href=ShellState.path + f"/{PAGE}?" + view["query"],
                class_name="menu-item",
                custom_attrs={"data-view": view["name"]},
            )
        ),
        rx.cond(
            (view["role"] == "") | (state.roles.length() > 0),
            base.icon_button(
                "trash-2", t("Delete this view"), on_click=state.drop_view(view["id"]),
                class_name="small",
            ),
        ),
        class_name="view-row",
    )  # fmt: skip


def _save_form(state: State) -> rx.Component:
    role = rx.cond(
        state.roles.length() > 0,
        rx.el.label(
            rx.el.span(t("For")),
            rx.el.div(
                rx.el.select(
                    rx.el.option(t("Only me"), value=""),
                    role_options(state.roles),
                    name="role",
                    class_name="input",
                ),
                class_name="select",
            ),
            class_name="field",
        ),
    )
    return rx.el.form(
        forms.field(
            t("Save the current view as"),
            forms.text_input("name", max_length=60, required=True),
            name="name",
            error=state.view_fault,
        ),
        role,
        rx.el.label(
            rx.el.input(type="checkbox", name="default", value="1"),
            rx.el.span(t("Use as the default view")),
            class_name="check",
        ),
        base.button(t("Save"), kind="primary", type="submit"),
        on_submit=state.save_view,
        reset_on_submit=True,
        class_name="view-form",
    )


def role_options(roles: Any) -> rx.Component:
    """Return the roles to choose from, as ``role_choices`` of ``state.sharing`` makes them."""
    return rx.foreach(
        roles,
        lambda role: forms.option(
            rx.cond(role[1] != "", word(role[1], BUILT_IN), role[2]), role[0]
        ),
    )


def _files(state: State) -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            base.icon_button("download", t("Export"), custom_attrs={"data-tool": "files"})
        ),
        rx.popover.content(
            rx.el.div(
                rx.popover.close(
                    file_link(
                        base.icon("sheet"),
                        rx.el.span(t("All panels (Excel)")),
                        href=state.files + f"/{PAGE}.xlsx?" + state.query,
                        class_name="menu-item",
                        custom_attrs={"data-file": "all"},
                    )
                ),
                rx.popover.close(
                    rx.el.button(
                        base.icon("printer"),
                        rx.el.span(t("Print")),
                        type="button",
                        class_name="menu-item",
                        custom_attrs={"data-chart-print": ""},
                    )
                ),
                class_name="menu",
            ),
            class_name="popover",
            align="end",
            aria_label=t("Export"),
        ),
    )


def elsewhere(state: Viewed, title: rx.Var[str]) -> rx.Component:
    """Return the way to the days and currencies that have sales, where these have nothing."""
    return base.card(
        base.empty(
            title,
            t("There are sales in other days or another currency:"),
            rx.foreach(
                state.elsewhere,
                lambda reach, place: base.button(
                    reach.currency + " · " + reach.first + " – " + reach.last,
                    kind="primary",
                    on_click=state.show_reach(place),
                ),
            ),
            name="calendar-search",
        )
    )
