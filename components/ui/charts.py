"""The chart frame. In a module of its own: Plotly is heavy, and only pages with charts load it."""

from typing import Any

import reflex as rx
from plotly.graph_objs import Figure
from plotly.graph_objs.layout import Template

CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False}


def chart(figure: rx.Var[Any], *, label: Any, on_click: Any) -> rx.Component:
    """Draw a Plotly figure that is a plain dictionary; a click on a point leads to its rows."""
    return rx.el.div(
        rx.plotly.basic(
            data=figure.to(Figure),
            template=rx.Var.create({}).to(Template),
            config=CONFIG,
            on_click=on_click,
            use_resize_handler=True,
            style={"width": "100%"},
        ),
        class_name="chart",
        role="img",
        aria_label=label,
    )
