"""Composition root."""

import reflex as rx


def index() -> rx.Component:
    """Show that it runs."""
    return rx.heading("Tongshang")


app = rx.App()
app.add_page(index, route="/")
