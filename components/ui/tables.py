"""Small tables inside a page: they look like lists and fold into cards on a phone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx


@dataclass(frozen=True)
class Cell:
    """One column: its heading and what stands there for a row."""

    label: Any
    shown: Callable[[Any], Any]
    kind: str = ""
    """Class names such as ``right num``, ``c-code`` or ``c-title``."""


def small_table(cells: Sequence[Cell], rows: Any) -> rx.Component:
    """Return a table of the rows of a var."""
    heads = [
        rx.el.th(cell.label, scope="col", class_name="right" if "right" in cell.kind else "")
        for cell in cells
    ]

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            *(
                rx.el.td(
                    rx.el.span(cell.label, class_name="phone-label", aria_hidden="true"),
                    rx.el.div(cell.shown(row), class_name="cell-value"),
                    class_name=cell.kind,
                )
                for cell in cells
            )
        )

    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*heads)), rx.el.tbody(rx.foreach(rows, line)), class_name="table"
        ),
        class_name="table-wrap",
    )
