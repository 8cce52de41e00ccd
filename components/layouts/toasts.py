"""What stands above every page: short notices, and what is said while the server is away."""

import reflex as rx

from components.ui.text import t


def toaster() -> rx.Component:
    """Return the place where toasts appear, named in the reader's language."""
    return rx.toast.provider(custom_attrs={"containerAriaLabel": t("Notices")})
