"""The page of a dashboard: what is shown, work that waits, key figures, panels."""

from typing import Any

import reflex as rx

from components.board_tools import elsewhere, toolbar
from components.panels import Frame, change, panel
from components.ui import base
from components.ui.charts import about, spark, ticker
from components.ui.text import speaker, t
from state.checklists import ChecklistState
from state.dashboards import DashboardState
from state.shell import ShellState
from state.viewing import ViewState

State = type[DashboardState]
LIVE_SECONDS = 30


def dashboard_page(state: State, *extra: rx.Component) -> rx.Component:
    """Return the whole page; ``extra`` stands above the figures, such as a set-up guide."""
    scope = state.permission.split(":", maxsplit=1)[0]
    # Figures that are all zero say nothing beside the steps that lead to the first sale.
    begins = state.quiet & ChecklistState.shown
    settled = rx.State.is_hydrated & ~state.busy  # type: ignore[operator]
    return rx.el.div(
        base.page_head(t("Dashboard"), hint=_said(state)),
        *extra,
        toolbar(state),
        rx.cond(
            state.failed & ~state.busy,
            base.note(
                t("The figures could not be loaded."),
                "bad",
                base.button(t("Try again"), on_click=state.load),
            ),
        ),
        _todos(state),
        rx.cond(state.elsewhere.length() > 0, elsewhere(state, t("No sales in these days"))),
        rx.cond(begins, rx.fragment(), rx.cond(state.loaded, _tiles(state), _tiles_to_come())),
        rx.cond(state.quiet & ~begins & (state.elsewhere.length() == 0), _next_steps(state, scope)),
        rx.cond(begins, rx.fragment(), _panels(state, scope)),
        point_menu(state),
        rx.cond(state.partial & state.loaded, ticker(LIVE_SECONDS, state.tick)),
        speaker(state.speak),
        class_name="stack board",
        custom_attrs={"aria-busy": rx.cond(settled, "false", "true")},
    )


def _panels(state: State, scope: str) -> rx.Component:
    return rx.cond(
        state.panels.length() > 0,
        rx.el.div(
            rx.foreach(state.panels, lambda drawn: panel(drawn, _frame(state, scope))),
            class_name=rx.cond(state.busy, "panels stale", "panels"),
        ),
        _panels_to_come(),
    )


def _frame(state: State, scope: str) -> Frame:
    return Frame(
        scope,
        state.pick,
        state.files,
        state.query,
        state.as_table,
        lambda drawn: _instead(state, drawn),
    )


def _said(state: State) -> rx.Component:
    return rx.cond(
        state.loaded,
        rx.el.span(
            state.first,
            " – ",
            state.last,
            rx.cond(state.partial, t(" (today so far)"), ""),
            rx.cond(state.before != "", " · " + t("compared with %(days)s", days=state.before), ""),
            " · ",
            t("as of %(moment)s", moment=state.refreshed_at),
            rx.cond(
                state.closed_through != "",
                " · " + t("closed through %(day)s", day=state.closed_through),
                "",
            ),
            rx.cond(
                state.live_at != "",
                rx.el.span(
                    rx.el.span(key=state.live_at, class_name="live-dot", aria_hidden="true"),
                    t("updated %(time)s", time=state.live_at),
                    class_name="live",
                    custom_attrs={"data-live": state.live_at},
                ),
            ),
            class_name="num",
        ),
        rx.el.span("\u00a0"),
    )


# Figures -----------------------------------------------------------------------------------------


def _todos(state: State) -> rx.Component:
    return rx.cond(
        state.todos.length() > 0,
        rx.el.ul(
            rx.foreach(
                state.todos,
                lambda todo: rx.el.li(
                    rx.link(
                        rx.el.b(todo.count, class_name="num"),
                        rx.el.span(todo.name),
                        base.icon("arrow-right", 14),
                        href=todo.href,
                        class_name="todo",
                        custom_attrs={"data-todo": todo.measure},
                    )
                ),
            ),
            class_name="todos not-printed",
            aria_label=t("Waiting for you"),
        ),
    )


def _tiles(state: State) -> rx.Component:
    return rx.el.div(
        rx.foreach(state.tiles, _tile),
        class_name=rx.cond(state.busy, "kpis stale", "kpis"),
        style={"--tiles": state.tile_columns.to_string()},
    )


def _tile(tile: Any) -> rx.Component:
    inside = (
        rx.el.span(tile.name, class_name="kpi-label"),
        rx.el.span(
            tile.value,
            # A new value is mounted anew, and shows so for a moment.
            key=tile.value,
            class_name="kpi-value",
            custom_attrs={"data-measure": tile.measure, "data-exact": tile.exact},
        ),
        rx.el.span(
            rx.cond(
                tile.note != "",
                rx.el.span(tile.note, class_name="kpi-note"),
                rx.el.span(change(tile.change, tile.tone), title=tile.before),
            ),
            spark(tile.path, tile.area),
            class_name="kpi-foot",
        ),
    )
    return rx.el.div(
        rx.cond(
            tile.href != "",
            rx.link(*inside, href=tile.href, class_name="kpi"),
            rx.el.div(*inside, class_name="kpi"),
        ),
        about(tile.about, tile.name),
        key=tile.measure,
        class_name="kpi-box",
    )


def _tiles_to_come() -> rx.Component:
    bones = (
        rx.el.div(
            rx.el.span(class_name="skeleton-line"), rx.el.span(class_name="skeleton-line"),
            class_name="kpi skeleton",
        )
        for _ in range(6)
    )  # fmt: skip
    return rx.el.div(*bones, class_name="kpis", aria_label=t("Loading"), role="status")


def _panels_to_come() -> rx.Component:
    bones = (
        rx.el.div(
            *(rx.el.div(class_name="skeleton-line") for _ in range(6)),
            class_name=f"card panel skeleton {'panel-wide' if place == 0 else ''}",
        )
        for place in range(5)
    )
    return rx.el.div(*bones, class_name="panels", aria_hidden="true")


# Nothing to show ---------------------------------------------------------------------------------


def _instead(state: State, drawn: Any) -> rx.Component:
    """Return what to do about an empty panel."""
    return rx.cond(
        state.chips.length() > 0,
        base.button(t("Clear filters"), on_click=state.clear),
        rx.cond(
            # A panel that says why it is empty would not be filled by more days.
            (drawn.note == "") & (state.preset != "90d") & (state.preset != "year"),
            base.button(t("Show 90 days"), on_click=state.choose("90d")),
        ),
    )


_STEPS = {
    "platform": ("merchants", "building-2"),
    "supplier": ("products", "package"),
    "distributor": ("sourcing", "store"),
}


def _next_steps(state: State, scope: str) -> rx.Component:
    hints = {
        "platform": (
            t("Approve merchants and their products; figures come with the first order."),
            t("Go to the merchants"),
        ),
        "supplier": (
            t("Put products into the pool; distributors list them, and orders come to you."),
            t("Go to your products"),
        ),
        "distributor": (
            t("List products and share your store; the first sale shows here at once."),
            t("Choose products"),
        ),
    }
    page, icon = _STEPS[scope]
    hint, label = hints[scope]
    return rx.cond(
        state.chips.length() == 0,
        base.card(
            base.empty(
                t("No sales in these days"),
                hint,
                base.link_button(label, ShellState.path + f"/{page}", kind="primary"),
                base.button(t("Show 90 days"), on_click=state.choose("90d")),
                name=icon,
            )
        ),
    )


# The menu of a point -----------------------------------------------------------------------------


def point_menu(state: type[ViewState]) -> rx.Component:
    """Return the menu of a chosen point or row: narrow by it, open the rows behind it."""
    menu = state.menu
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                type="button",
                tab_index=-1,
                aria_label=t("Available actions"),
                class_name="menu-anchor",
                style={
                    "left": menu.x.to_string() + "px",
                    "top": menu.y.to_string() + "px",
                },
            )
        ),
        rx.popover.content(
            rx.el.div(
                rx.el.h3(menu.title),
                rx.cond(
                    menu.narrow != "",
                    rx.el.button(
                        base.icon("list-filter"),
                        rx.el.span(menu.narrow),
                        type="button",
                        on_click=state.narrow_by_chosen,
                        class_name="menu-item",
                        custom_attrs={"data-menu": "narrow"},
                    ),
                ),
                rx.cond(
                    menu.href != "",
                    rx.link(
                        base.icon("list"),
                        rx.el.span(t("Open the rows")),
                        href=menu.href,
                        class_name="menu-item",
                        custom_attrs={"data-menu": "rows"},
                    ),
                ),
                class_name="menu",
            ),
            class_name="popover",
            aria_label=menu.title,
            side="bottom",
        ),
        open=state.menu_open,
        on_open_change=state.close_menu,
    )
