"""What stands above every page: short notices, and what is said while the server is away."""

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors

from components.ui import base
from components.ui.text import t


def toaster() -> rx.Component:
    """Return the place where toasts appear, named in the reader's language."""
    return rx.toast.provider(custom_attrs={"containerAriaLabel": t("Notices")})


@rx.memo
def connection_notice() -> rx.Component:
    """Say that the server does not answer, as long as it does not; the page tries by itself."""
    return rx.el.div(
        rx.cond(
            has_too_many_connection_errors,
            rx.el.div(
                base.icon("unplug", 18),
                rx.el.span(
                    rx.el.b(t("The server does not answer at the moment.")),
                    " ",
                    t("This page reconnects by itself; until then nothing can be saved."),
                ),
                class_name="offline",
            ),
        ),
        role="status",
        aria_live="assertive",
    )
