"""A panel of figures: its head with tools, and its chart, bars, cohorts, segments or table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from components.ui import base
from components.ui.charts import about, chart, pick, spark
from components.ui.links import file_link
from components.ui.text import t

OnPick = Callable[[Any, Any, Any, Any], Any]
"""What happens when a point or a row is chosen: panel, row, and where on the window."""


@dataclass(frozen=True)
class Frame:
    """Where panels stand: the workspace's kind, and what can be done with them."""

    scope: str
    on_pick: OnPick
    files: Any
    """The start of the addresses of a panel's files."""
    query: Any
    on_table: Callable[[Any], Any] | None = None
    empty: Callable[[Any], rx.Component] | None = None
    """What an empty panel offers to do."""


def panel(drawn: Any, frame: Frame) -> rx.Component:
    """Return one panel; ``drawn`` is a var of a ``Drawing``."""
    return rx.el.section(
        _head(drawn, frame),
        rx.cond(drawn.lead != "", _lead(drawn)),
        rx.match(
            drawn.kind,
            ("plot", _plot(drawn, frame)),
            ("bars", _bars(drawn, frame)),
            ("cohort", _cohorts(drawn, frame)),
            ("segments", _segments(drawn, frame)),
            ("table", _table(drawn, frame)),
            _empty(drawn, frame),
        ),
        rx.cond(
            (drawn.note != "") & (drawn.kind != "empty"),
            rx.el.p(drawn.note, class_name="panel-note"),
        ),
        key=drawn.name,
        class_name=rx.cond(drawn.wide, "card panel panel-wide", "card panel"),
        aria_label=drawn.title,
        custom_attrs={
            "data-chart-panel": drawn.name,
            "data-chart-title": drawn.title,
            "data-kind": drawn.kind,
        },
    )


# Head --------------------------------------------------------------------------------------------


def _head(drawn: Any, frame: Frame) -> rx.Component:
    return rx.el.div(
        rx.el.h2(drawn.title, about(drawn.about, drawn.title)),
        rx.el.div(
            _tools(drawn, frame),
            rx.el.button(
                base.icon("maximize-2", 15),
                type="button",
                aria_label=t("Full screen"),
                title=t("Full screen"),
                class_name="icon-btn small fill",
                custom_attrs={"data-chart-fill": ""},
            ),
            class_name="panel-tools",
            custom_attrs={"data-chart-no-picture": ""},
        ),
        class_name="card-head",
    )


def _tools(drawn: Any, frame: Frame) -> rx.Component:
    start = frame.files + "/" + drawn.name
    table = (
        rx.popover.close(
            rx.el.button(
                base.icon("table-2"),
                rx.el.span(t("Chart or table")),
                type="button",
                on_click=frame.on_table(drawn.name),
                class_name="menu-item",
            )
        )
        if frame.on_table is not None
        else rx.fragment()
    )
    return rx.popover.root(
        rx.popover.trigger(base.icon_button("ellipsis", t("More actions"), class_name="small")),
        rx.popover.content(
            rx.el.div(
                rx.cond(
                    drawn.href != "",
                    rx.link(
                        base.icon("list"),
                        t("Open the rows"),
                        href=drawn.href,
                        class_name="menu-item",
                    ),
                ),
                table,
                rx.cond(drawn.kind != "empty", _files(drawn, start, frame.query)),
                class_name="menu",
            ),
            class_name="popover",
            align="end",
            aria_label=drawn.title,
        ),
    )


def _files(drawn: Any, start: Any, query: Any) -> rx.Component:
    picture = rx.popover.close(
        rx.el.button(
            base.icon("image"),
            rx.el.span(t("Picture (PNG)")),
            type="button",
            class_name="menu-item",
            custom_attrs={"data-chart-png": drawn.name},
        )
    )
    files = (("csv", "file-text", "CSV"), ("xlsx", "sheet", "Excel"))
    return rx.fragment(
        picture,
        *(
            rx.popover.close(
                file_link(
                    base.icon(icon),
                    rx.el.span(label),
                    href=start + f".{fmt}?" + query,
                    class_name="menu-item",
                    custom_attrs={"data-file": fmt},
                )
            )
            for fmt, icon, label in files
        ),
    )


def _lead(drawn: Any) -> rx.Component:
    return rx.el.p(
        rx.el.b(drawn.lead, class_name="num"), change(drawn.change, drawn.tone), class_name="lead"
    )


def change(text: Any, tone: Any) -> rx.Component:
    """Return a change in the colour of good or bad news."""
    return rx.el.span(
        text, class_name=rx.match(tone, ("up", "up num"), ("down", "down num"), "faint num")
    )


# Bodies ------------------------------------------------------------------------------------------


def _plot(drawn: Any, frame: Frame) -> rx.Component:
    return rx.fragment(
        rx.el.ul(rx.foreach(drawn.heads, _legend), class_name="marks"),
        chart(
            drawn.figure,
            scope=frame.scope,
            label=t("%(title)s: arrow keys move, Enter selects", title=drawn.title),
            on_point=lambda row, x, y: frame.on_pick(drawn.name, row, x, y),
        ),
    )


def _legend(head: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="line-mark line-mark-" + head.mark, aria_hidden="true"),
        head.text,
        about(head.about, head.text),
    )


def _picked(drawn: Any, line: Any, frame: Frame, *inside: Any, class_name: str) -> rx.Component:
    return rx.cond(
        line.picks,
        pick(
            *inside,
            on_pick=lambda x, y: frame.on_pick(drawn.name, line.row, x, y),
            current=line.chosen == "yes",
            class_name=class_name,
        ),
        rx.el.div(*inside, class_name=class_name),
    )


def _bars(drawn: Any, frame: Frame) -> rx.Component:
    def bar(line: Any) -> rx.Component:
        inside = (
            rx.el.span(line.label, class_name="gauge-label"),
            rx.el.span(
                rx.el.b(line.cells[0].text),
                change(line.cells[1].text, line.cells[1].tone),
                class_name="gauge-figures num",
            ),
            rx.cond(
                line.share != "",
                rx.el.span(
                    rx.cond(
                        line.share != "0.0%",
                        rx.el.span(class_name="gauge-fill", style={"width": line.share}),
                    ),
                    rx.cond(
                        line.before != "",
                        rx.el.span(class_name="gauge-before", style={"left": line.before}),
                    ),
                    class_name="gauge-track",
                    aria_hidden="true",
                ),
            ),
        )
        row = _picked(drawn, line, frame, *inside, class_name="gauge-row")
        return rx.el.li(row, class_name="gauge chosen-" + line.chosen)

    return rx.el.ol(rx.foreach(drawn.lines, bar), class_name="gauges")


def _segments(drawn: Any, frame: Frame) -> rx.Component:
    def tile(line: Any) -> rx.Component:
        inside = (
            rx.el.span(line.label, class_name="segment-name"),
            rx.el.b(line.cells[0].text, class_name="num"),
            rx.el.span(line.cells[1].text, class_name="num soft"),
            rx.el.span(line.cells[2].text, class_name="num faint"),
        )
        style = {"--tint": line.cells[0].tint.to_string() + "%", "--share": line.share}
        row = _picked(drawn, line, frame, *inside, class_name="segment-tile")
        return rx.el.li(row, class_name="segment", style=style)

    return rx.el.ul(rx.foreach(drawn.lines, tile), class_name="segment-tiles")


def _heads(drawn: Any, class_name: str = "") -> rx.Component:
    return rx.el.thead(
        rx.el.tr(
            rx.foreach(
                drawn.heads,
                lambda head: rx.el.th(
                    head.text,
                    about(head.about, head.text),
                    scope="col",
                    class_name=rx.cond(head.right, "right", ""),
                ),
            )
        ),
        class_name=class_name,
    )


def _cohorts(drawn: Any, frame: Frame) -> rx.Component:
    def row(line: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(_picked(drawn, line, frame, line.label, class_name="cell-pick"), scope="row"),
            rx.foreach(
                line.cells,
                lambda cell: rx.el.td(
                    cell.text, class_name="num", style={"--tint": cell.tint.to_string() + "%"}
                ),
            ),
        )

    return rx.el.div(
        rx.el.table(_heads(drawn), rx.el.tbody(rx.foreach(drawn.lines, row)), class_name="cohorts"),
        class_name="figures-wrap",
        tab_index=0,
        role="group",
        aria_label=drawn.title,
    )


def _table(drawn: Any, frame: Frame) -> rx.Component:
    def row(line: Any) -> rx.Component:
        label = rx.el.span(line.label, class_name="figure-label")
        return rx.el.tr(
            rx.el.th(
                rx.el.div(
                    _picked(drawn, line, frame, label, class_name="cell-pick"),
                    spark(line.path, line.area, "0 0 88 24"),
                    class_name="figure-name",
                ),
                scope="row",
            ),
            rx.foreach(
                line.cells,
                lambda cell: rx.el.td(
                    change_cell(cell), class_name=rx.cond(cell.right, "right num", "num")
                ),
            ),
            class_name="chosen-" + line.chosen,
        )

    return rx.el.div(
        rx.el.table(_heads(drawn), rx.el.tbody(rx.foreach(drawn.lines, row)), class_name="figures"),
        class_name="figures-wrap",
        tab_index=0,
        role="group",
        aria_label=drawn.title,
    )


def change_cell(cell: Any) -> rx.Component:
    """Return a value of a table; a change in its colour."""
    return rx.el.span(cell.text, class_name=rx.match(cell.tone, ("up", "up"), ("down", "down"), ""))


def _empty(drawn: Any, frame: Frame) -> rx.Component:
    offer = frame.empty(drawn) if frame.empty is not None else rx.fragment()
    return rx.el.div(
        base.icon("chart-no-axes-column", 22),
        rx.el.p(rx.cond(drawn.note != "", drawn.note, t("Nothing to show for these days."))),
        offer,
        class_name="panel-empty",
    )
