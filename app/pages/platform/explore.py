"""The platform's explorer."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.explorer import explorer_page
from state.platform.figures import PlatformExplorer

ROUTE = "/platform/[merchant]/explore"
TITLE = N_("Explorer")
LOAD = PlatformExplorer.load


def page() -> rx.Component:
    """Return the page."""
    return explorer_page(PlatformExplorer)
