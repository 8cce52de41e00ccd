"""Charts in a page. In a module of its own: Plotly is heavy, and only pages with charts load it."""

from typing import Any

import reflex as rx
from reflex.style import resolved_color_mode

from app.kit.tokens import ACCENTS, DARK, LIGHT

LIBRARY = "$/public/charts.js"
_DRAWN_WITH = ("accent", "ink", "soft", "faint", "line", "line-strong", "surface")


def _colours(scope: str) -> dict[str, dict[str, str]]:
    """Return the tokens that figures name, in both themes: Plotly knows no CSS variables."""
    return {
        theme: {
            name: value
            for name, value in (tokens | {"accent": ACCENTS[scope][theme == "dark"]}).items()
            if name in _DRAWN_WITH or name.startswith("series-")
        }
        for theme, tokens in (("light", LIGHT), ("dark", DARK))
    }


def _point(row: rx.Var[int], x: rx.Var[int], y: rx.Var[int]) -> list[rx.Var[int]]:
    return [row, x, y]


def _place(x: rx.Var[int], y: rx.Var[int]) -> list[rx.Var[int]]:
    return [x, y]


class Chart(rx.Component):
    """The component of ``assets/charts.js`` that draws a figure."""

    library = LIBRARY
    tag = "Chart"
    lib_dependencies: list[str] = ["plotly.js-basic-dist-min@3.7.0"]

    figure: rx.Var[dict[str, Any]]
    colours: rx.Var[dict[str, dict[str, str]]]
    mode: rx.Var[str]
    label: rx.Var[str]
    on_point: rx.EventHandler[_point]


class Ticker(rx.Component):
    """The component of ``assets/charts.js`` that ticks while somebody looks."""

    library = LIBRARY
    tag = "Ticker"

    seconds: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


def chart(figure: rx.Var[Any], *, scope: str, label: Any, on_point: Any) -> rx.Component:
    """Draw a Plotly figure that names its colours; a point that is chosen tells its row."""
    return Chart.create(
        figure=figure.to(dict[str, Any]),
        colours=_colours(scope),
        mode=resolved_color_mode,
        label=label,
        on_point=on_point,
    )


def ticker(seconds: int, on_tick: Any) -> rx.Component:
    """Call ``on_tick`` every so many seconds, but only while somebody can see the page."""
    return Ticker.create(seconds=seconds, on_tick=on_tick)


class Pick(rx.Component):
    """The button of ``assets/charts.js`` that also tells where on the window it was pressed."""

    library = LIBRARY
    tag = "Pick"

    on_pick: rx.EventHandler[_place]
    current: rx.Var[bool]


def pick(*inside: Any, on_pick: Any, current: Any = False, class_name: Any = "pick-row") -> Any:
    """Return a button that tells where it was pressed; ``current`` marks the one chosen."""
    return Pick.create(*inside, on_pick=on_pick, current=current, class_name=class_name)


def about(text: rx.Var[str], name: Any) -> rx.Component:
    """Return the button whose tooltip says what a figure means; nothing for no text."""
    return rx.cond(
        text != "",
        rx.el.button(
            rx.icon("info", size=14, custom_attrs={"aria-hidden": "true"}),
            type="button",
            aria_label=name + ": " + text,
            class_name="about",
            custom_attrs={"data-chart-about": text, "data-chart-no-picture": ""},
        ),
    )


def spark(path: rx.Var[str], area: rx.Var[str], box: str = "0 0 120 32") -> rx.Component:
    """Return a sparkline; nothing for no path."""
    return rx.cond(
        path != "",
        rx.el.svg(
            rx.el.svg.path(d=area, class_name="spark-area"),
            rx.el.svg.path(d=path, class_name="spark-line"),
            view_box=box,
            class_name="spark",
            custom_attrs={"aria-hidden": "true", "preserveAspectRatio": "none"},
        ),
    )
