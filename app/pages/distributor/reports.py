"""The distributor's mailed reports."""

import reflex as rx

from app.kit.i18n import N_
from components.figures.lists import schedules_page
from state.distributor.figures import DistributorSchedulesState

ROUTE = "/distributor/[merchant]/reports"
TITLE = N_("Scheduled reports")
LOAD = DistributorSchedulesState.load


def page() -> rx.Component:
    """Return the page."""
    return schedules_page(DistributorSchedulesState)
