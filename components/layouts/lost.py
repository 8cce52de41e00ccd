"""The page for an address that leads nowhere."""

import reflex as rx

from app import routes
from components.ui import base
from components.ui.text import t


def lost() -> rx.Component:
    """Return the page; it stands outside every workspace, so it needs no state."""
    return rx.el.main(
        rx.el.h1(t("Page not found"), class_name="sr-only"),
        base.card(
            base.empty(
                t("Page not found"),
                t("The address may be mistyped, or what was here has moved."),
                base.link_button(t("To your workspaces"), routes.WORKSPACES, kind="primary"),
                name="search-x",
            )
        ),
        class_name="content",
    )
