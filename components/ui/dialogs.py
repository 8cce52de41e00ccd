"""Dialogs: keyboard-trapped and read out, as Radix does it, in the house's look."""

from typing import Any

import reflex as rx

from components.ui.base import icon
from components.ui.text import t


def dialog(
    *body: Any, is_open: Any, on_close: Any, title: Any, hint: Any = None, wide: bool = False
) -> rx.Component:
    """Return a dialog that shows while ``is_open``; Escape and a click outside close it."""
    under = (
        rx.dialog.description(hint, class_name="hint")
        if hint is not None
        else rx.dialog.description("", class_name="sr-only")
    )
    return rx.dialog.root(
        rx.dialog.content(
            rx.el.div(
                rx.dialog.title(title, class_name="dialog-title"),
                rx.el.button(
                    icon("x", 18),
                    type="button",
                    aria_label=t("Close"),
                    on_click=on_close,
                    class_name="icon-btn",
                ),
                class_name="dialog-head",
            ),
            under,
            *body,
            class_name="dialog dialog-wide" if wide else "dialog",
        ),
        open=is_open,
        on_open_change=on_close,
    )
