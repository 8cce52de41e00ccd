"""The page of one record: what it shows while it loads, when it is there, and when it is not."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from components.ui import base
from components.ui.text import t


def detail_page(state: Any, content: Callable[[], rx.Component], *, back: Any) -> rx.Component:
    """Return the page of a ``DetailState``; ``back`` is the address of its list."""
    return rx.cond(
        state.loaded,
        rx.cond(state.missing, _missing(back), content()),
        rx.el.div(base.skeleton(10), class_name="card pad"),
    )


def _missing(back: Any) -> rx.Component:
    return base.card(
        base.empty(
            t("This was not found"),
            t("It may have been removed, or it belongs to another workspace."),
            base.link_button(t("Back to the list"), back, icon_name="arrow-left"),
            name="search-x",
        )
    )
