"""The explorer's page: what is asked at the left, its answer as chart and table at the right."""

from typing import Any

import reflex as rx

from components.board_tools import chips, controls, currency, elsewhere
from components.dashboards import point_menu
from components.figures.saving import save_dialog
from components.panels import Frame, panel
from components.ui import base
from components.ui.charts import about
from components.ui.text import speaker, t, word
from state.exploring import LIMITS, ExploreState
from state.questions import CHART_ICONS, CHARTS, GRAIN_WORDS
from state.shell import ShellState

State = type[ExploreState]


def explorer_page(state: State) -> rx.Component:
    """Return the whole page."""
    scope = state.permission.split(":", maxsplit=1)[0]
    return rx.el.div(
        base.page_head(_title(state), *_actions(state, scope), hint=_said(state)),
        rx.el.div(
            rx.el.div(*controls(state), currency(state), class_name="board-tools"),
            rx.cond(state.chips.length() > 0, chips(state)),
            class_name="board-head",
        ),
        rx.el.div(
            _builder(state),
            _answer(state, scope),
            class_name="explorer",
        ),
        point_menu(state),
        save_dialog(state),
        speaker(state.speak),
        class_name="stack board",
        custom_attrs={"aria-busy": rx.cond(rx.State.is_hydrated & ~state.busy, "false", "true")},  # type: ignore[operator]
    )


def _title(state: State) -> Any:
    return rx.cond(state.saved_name != "", state.saved_name, t("Explorer"))


def _said(state: State) -> rx.Component:
    return rx.cond(
        state.loaded,
        rx.el.span(
            rx.cond(
                state.saved_id != "",
                rx.fragment(
                    t("Saved by %(name)s", name=state.saved_owner),
                    rx.cond(state.changed, " · " + t("unsaved changes"), ""),
                    " · ",
                ),
            ),
            state.first,
            " – ",
            state.last,
            rx.cond(state.partial, t(" (today so far)"), ""),
            rx.cond(state.before != "", " · " + t("compared with %(days)s", days=state.before), ""),
            " · ",
            t("as of %(moment)s", moment=state.as_of),
            class_name="num",
        ),
        rx.el.span("\u00a0"),
    )


def _actions(state: State, scope: str) -> tuple[rx.Component, ...]:
    mail = base.button(
        t("Mail it regularly"),
        icon_name="mail-plus",
        on_click=state.schedule,
        custom_attrs={"data-action": "schedule"},
    )
    same = base.button(
        t("Save changes"),
        kind="primary",
        icon_name="save",
        on_click=state.ask_name("same"),
        custom_attrs={"data-action": "save-same"},
    )
    new = base.button(
        rx.cond(state.saved_id != "", t("Save as new"), t("Save")),
        kind="plain",
        icon_name="bookmark-plus",
        on_click=state.ask_name("new"),
        custom_attrs={"data-action": "save-new"},
    )
    return (
        rx.cond(ShellState.may.contains(f"{scope}:analytics:write"), mail),
        new,
        rx.cond(state.is_mine & state.changed, same),
    )


# The question ------------------------------------------------------------------------------------


def _builder(state: State) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            base.icon("sliders-horizontal", 15), rx.el.b(t("Question")), class_name="builder-head"
        ),
        rx.el.div(
            _measures(state),
            _dimensions(state),
            _grains(state),
            _charts(state),
            _order(state),
            class_name="builder-parts",
        ),
        class_name="card flush builder",
        open=True,
        aria_label=t("Question"),
    )


def _part(title: Any, *inside: Any, hint: Any = None) -> rx.Component:
    under = rx.el.p(hint, class_name="help") if hint is not None else rx.fragment()
    return rx.el.fieldset(rx.el.legend(title), under, *inside, class_name="builder-part")


def _measures(state: State) -> rx.Component:
    def row(one: Any) -> rx.Component:
        box = rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=one.chosen != "",
                on_change=state.measure(one.key),
                custom_attrs={"data-measure-option": one.key},
            ),
            rx.el.span(one.name),
            class_name=rx.cond(one.fits != "", "check", "check faint"),
            title=rx.cond(one.fits != "", "", t("Not available by the chosen dimensions.")),
        )
        return rx.el.li(box, about(one.about, one.name))

    return _part(
        t("Measures"),
        rx.el.ul(rx.foreach(state.measures, row), class_name="builder-list", tab_index=0),
    )


def _dimensions(state: State) -> rx.Component:
    def chip(one: Any) -> rx.Component:
        return rx.el.button(
            one.name,
            type="button",
            on_click=state.divide(one.key),
            class_name=rx.cond(one.chosen != "", "pill here", "pill"),
            custom_attrs={
                "aria-pressed": rx.cond(one.chosen != "", "true", "false"),
                "data-divide": one.key,
            },
        )

    return _part(
        t("Divided by"),
        rx.cond(
            state.dimensions.length() > 0,
            rx.el.div(rx.foreach(state.dimensions, chip), class_name="pills"),
            rx.el.p(t("These measures cannot be divided."), class_name="soft"),
        ),
    )


def _grains(state: State) -> rx.Component:
    return _part(
        t("Over time"),
        _select(
            rx.foreach(state.grains, lambda one: rx.el.option(word(one, GRAIN_WORDS), value=one)),
            state.grain,
            state.over_time,
            t("Over time"),
            "grain",
        ),
    )


def _charts(state: State) -> rx.Component:
    def choice(key: str, label: str) -> rx.Component:
        return rx.cond(
            state.charts.contains(key),
            rx.el.button(
                base.icon(CHART_ICONS[key], 16),
                rx.el.span(t(label)),
                type="button",
                on_click=state.draw_as(key),
                class_name=rx.cond(state.chart == key, "pill here", "pill"),
                custom_attrs={
                    "aria-pressed": rx.cond(state.chart == key, "true", "false"),
                    "data-chart": key,
                },
            ),
        )

    return _part(
        t("Shown as"),
        rx.el.div(*(choice(str(key), label) for key, label in CHARTS), class_name="pills"),
    )


def _order(state: State) -> rx.Component:
    sorts = _select(
        rx.fragment(
            rx.el.option(t("Usual order"), value=""),
            rx.foreach(state.sorts, lambda one: rx.el.option(one[1], value=one[0])),
        ),
        state.sort,
        state.sort_by,
        t("Sorted by"),
        "sort",
    )
    rows = _select(
        rx.fragment(*(rx.el.option(count, value=count) for count in LIMITS)),
        state.rows,
        state.take,
        t("Rows"),
        "rows",
    )
    return rx.el.div(
        _part(t("Sorted by"), sorts), _part(t("Rows"), rows), class_name="builder-pair"
    )


def _select(options: Any, value: Any, on_change: Any, label: Any, name: str) -> rx.Component:
    return rx.el.div(
        rx.el.select(
            options,
            value=value,
            on_change=on_change,
            aria_label=label,
            class_name="input",
            custom_attrs={"data-choice": name},
        ),
        class_name="select",
    )


# The answer --------------------------------------------------------------------------------------


def _answer(state: State, scope: str) -> rx.Component:
    frame = Frame(scope, state.pick, state.files, state.query)
    return rx.el.div(
        rx.foreach(state.lost, lambda said: base.note(said, "warn")),
        rx.cond(
            state.loaded,
            rx.el.div(
                rx.cond(
                    state.elsewhere.length() > 0,
                    elsewhere(state, t("Nothing to show for these days.")),
                    rx.cond(
                        state.both | (state.drawing.kind == "empty"), panel(state.drawing, frame)
                    ),
                ),
                rx.cond(state.drawing.kind != "empty", _rows(state, frame)),
                class_name=rx.cond(state.busy, "stack stale", "stack"),
            ),
            base.card(base.skeleton(10)),
        ),
        class_name="stack explored",
    )


def _rows(state: State, frame: Frame) -> rx.Component:
    return rx.el.div(
        panel(state.table, frame),
        rx.cond(
            state.more > 0,
            rx.el.div(
                base.button(
                    t("Show more (%(count)s left)", count=state.more),
                    kind="quiet",
                    icon_name="chevron-down",
                    on_click=state.show_more,
                ),
                class_name="more-rows",
            ),
        ),
        class_name="answer-rows",
    )
