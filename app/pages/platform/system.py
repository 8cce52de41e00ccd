"""The installation's health."""

import reflex as rx

from app.kit.i18n import N_
from components.house.system import checks_card, parts_card, sizes_card
from components.lists import list_page
from components.ui import base
from components.ui.text import t
from state.platform.system import JobsState, SystemState

ROUTE = "/platform/[merchant]/system"
TITLE = N_("System health")
LOAD = SystemState.load


def page() -> rx.Component:
    """Return the page."""
    return rx.el.div(
        base.page_head(
            t("System health"),
            base.button(t("Refresh"), icon_name="refresh-cw", on_click=SystemState.look_again),
            hint=t("The system's components, its job queue, and the consistency of the books."),
        ),
        rx.el.div(parts_card(), sizes_card(), class_name="columns"),
        checks_card(),
        list_page(JobsState, level=2, empty_hint=N_("Finished jobs leave the queue.")),
        class_name="stack",
    )
