"""The platform's mailed reports."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import schedules_page
from state.platform.figures import PlatformSchedulesState

ROUTE = "/platform/[merchant]/reports"
TITLE = N_("Scheduled reports")
LOAD = PlatformSchedulesState.load


def page() -> rx.Component:
    """Return the page."""
    return schedules_page(PlatformSchedulesState)
