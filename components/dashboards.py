"""The page of a dashboard: period, work that waits, key figures, charts."""

from typing import Any

import reflex as rx
from reflex.style import resolved_color_mode

from app.kit.i18n import N_
from components.ui import base
from components.ui.charts import chart
from components.ui.text import ENGLISH, t
from state.dashboards import DashboardState

PRESETS = (
    ("today", N_("Today")),
    ("7d", N_("7 days")),
    ("30d", N_("30 days")),
    ("90d", N_("90 days")),
)

State = type[DashboardState]


def dashboard_page(state: State, *extra: rx.Component) -> rx.Component:
    """Return the whole page; ``extra`` stands above the figures, such as a set-up guide."""
    return rx.el.div(
        base.page_head(t("Dashboard"), _periods(state), hint=_about(state)),
        *extra,
        _todos(state),
        rx.cond(
            state.loaded,
            rx.el.div(rx.foreach(state.tiles, _tile), class_name="kpis"),
            base.card(base.skeleton(4)),
        ),
        rx.el.div(
            rx.foreach(state.panels, lambda panel: _panel(state, panel)),
            # A new theme or language mounts this anew, and the charts are drawn for it. Resolved:
            # the plain mode is "system" for whoever never chose one.
            rx.el.span(
                key=resolved_color_mode.to(str) + rx.cond(ENGLISH, "en", "zh"),
                on_mount=state.draw(resolved_color_mode, rx.cond(ENGLISH, "en", "zh")),
                class_name="sr-only",
            ),
            class_name="panels",
        ),
        class_name="stack",
    )


def _about(state: State) -> rx.Component:
    return rx.cond(
        state.loaded,
        rx.el.span(
            state.first,
            " – ",
            state.last,
            rx.cond(state.partial, t(" (today so far)"), ""),
            " · ",
            t("compared with %(days)s", days=state.compared),
            " · ",
            t("as of %(moment)s", moment=state.refreshed_at),
            class_name="num",
        ),
        rx.el.span("\u00a0"),
    )


def _periods(state: State) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            *(
                rx.el.button(
                    t(label),
                    type="button",
                    on_click=state.choose(key),
                    class_name=rx.cond(state.preset == key, "seg here", "seg"),
                    custom_attrs={"aria-pressed": rx.cond(state.preset == key, "true", "false")},
                )
                for key, label in PRESETS
            ),
            class_name="segments",
            role="group",
            aria_label=t("Period"),
        ),
        _chosen_days(state),
        class_name="actions",
    )


def _chosen_days(state: State) -> rx.Component:
    def day(name: str, value: Any, label: str) -> rx.Component:
        return rx.el.label(
            rx.el.span(t(label)),
            rx.el.input(
                type="date",
                name=name,
                default_value=value,
                key=value,
                required=True,
                class_name="input",
            ),
            class_name="field",
        )

    return rx.popover.root(
        rx.popover.trigger(base.icon_button("calendar-days", t("Choose days"))),
        rx.popover.content(
            rx.el.form(
                day("from", state.first, N_("From")),
                day("to", state.last, N_("To")),
                base.button(t("Show"), kind="primary", type="submit"),
                on_submit=state.choose_days,
                class_name="menu pad days-form",
            ),
            class_name="popover",
            align="end",
        ),
    )


def _todos(state: State) -> rx.Component:
    return rx.cond(
        state.todos.length() > 0,
        rx.el.ul(
            rx.foreach(
                state.todos,
                lambda todo: rx.el.li(
                    rx.link(
                        rx.el.b(todo["count"], class_name="num"),
                        rx.el.span(rx.cond(ENGLISH, todo["en"], todo["zh"])),
                        base.icon("arrow-right", 14),
                        href=todo["href"],
                        class_name="todo",
                        custom_attrs={"data-todo": todo["measure"]},
                    )
                ),
            ),
            class_name="todos",
            aria_label=t("Waiting for you"),
        ),
    )


def _tile(tile: rx.Var[dict[str, str]]) -> rx.Component:
    formula = rx.cond(ENGLISH, tile["formula_en"], tile["formula_zh"])
    change = rx.cond(
        tile["change"] != "",
        rx.el.span(
            tile["change"],
            class_name=rx.match(
                tile["direction"], ("up", "up num"), ("down", "down num"), "faint num"
            ),
        ),
    )
    inside = (
        rx.el.span(
            rx.cond(ENGLISH, tile["en"], tile["zh"]),
            rx.el.span(
                base.icon("info", 13),
                title=formula,
                class_name="formula",
                role="img",
                aria_label=formula,
            ),
            class_name="kpi-label",
        ),
        rx.el.span(
            rx.cond(ENGLISH, tile["value_en"], tile["value_zh"]),
            class_name="kpi-value",
            custom_attrs={"data-measure": tile["measure"], "data-exact": tile["exact"]},
        ),
        rx.el.span(change, _spark(tile), class_name="kpi-foot"),
    )
    return rx.cond(
        tile["href"] != "",
        rx.link(*inside, href=tile["href"], class_name="kpi"),
        rx.el.div(*inside, class_name="kpi"),
    )


def _spark(tile: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.cond(
        tile["line"] != "",
        rx.el.svg(
            rx.el.svg.path(d=tile["area"], class_name="spark-area"),
            rx.el.svg.path(d=tile["line"], class_name="spark-line"),
            view_box="0 0 120 32",
            class_name="spark",
            custom_attrs={"aria-hidden": "true", "preserveAspectRatio": "none"},
        ),
    )


def _panel(state: State, panel: rx.Var[dict[str, Any]]) -> rx.Component:
    title = rx.cond(ENGLISH, panel["en"].to(str), panel["zh"].to(str))
    return rx.el.section(
        rx.el.div(rx.el.h2(title), class_name="card-head"),
        chart(
            panel["figure"],
            label=title,
            on_click=lambda points: state.open_point(
                panel["name"].to(str),
                points.to(list[dict[str, Any]])[0]["curveNumber"].to(int),
                points.to(list[dict[str, Any]])[0]["pointNumber"].to(int),
            ),
        ),
        class_name=rx.cond(panel["wide"].to(bool), "card panel-wide", "card"),
        custom_attrs={"data-panel": panel["name"].to(str)},
    )
